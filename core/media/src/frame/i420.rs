use super::{ColorSpace, FrameError, Rotation, VideoFrame, check_dimensions};
use crate::time::Time;

/// An owned I420 frame: three tight planes in one allocation, with metadata.
#[derive(Clone, Debug, Default)]
pub struct I420Frame {
    data: Vec<u8>,
    width: u32,
    height: u32,
    /// Rotation to apply when showing the frame.
    pub rotation: Rotation,
    /// Colour matrix and range.
    pub color: ColorSpace,
    /// Capture time (local frames) or the time the frame was decoded (remote frames).
    pub time: Time,
    /// RTP timestamp, 90 kHz. Zero for local frames not yet encoded.
    pub rtp_timestamp: u32,
}

/// Borrowed I420 planes with their row strides, e.g. inside a decoder's own buffer.
#[derive(Clone, Copy, Debug)]
pub struct I420Ref<'a> {
    /// Luma rows.
    pub y: &'a [u8],
    /// Blue-difference chroma rows.
    pub u: &'a [u8],
    /// Red-difference chroma rows.
    pub v: &'a [u8],
    /// Bytes between luma rows.
    pub y_stride: usize,
    /// Bytes between rows of `u`.
    pub u_stride: usize,
    /// Bytes between rows of `v`.
    pub v_stride: usize,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl I420Frame {
    /// A black frame.
    ///
    /// # Errors
    /// [`FrameError`] when a dimension is odd or out of range.
    pub fn black(width: u32, height: u32) -> Result<Self, FrameError> {
        let mut frame = I420Frame::default();
        frame.resize(width, height)?;
        let (y, u, v) = frame.planes_mut();
        y.fill(16);
        u.fill(128);
        v.fill(128);
        Ok(frame)
    }

    /// Changes the size; allocates only when the frame grows. Pixels are unspecified afterwards.
    ///
    /// # Errors
    /// [`FrameError`] when a dimension is odd or out of range.
    pub fn resize(&mut self, width: u32, height: u32) -> Result<(), FrameError> {
        check_dimensions(width, height)?;
        self.data.resize(width as usize * height as usize * 3 / 2, 0);
        self.width = width;
        self.height = height;
        Ok(())
    }

    /// Width in pixels; zero for a default frame that was never sized.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels; zero for a default frame that was never sized.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// All bytes: Y, then U, then V, without padding.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// All bytes, mutable: Y, then U, then V, without padding.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// The planes, mutable: Y, U, V.
    pub fn planes_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let luma = self.width as usize * self.height as usize;
        let (y, chroma) = self.data.split_at_mut(luma);
        let (u, v) = chroma.split_at_mut(luma / 4);
        (y, u, v)
    }

    /// The planes, borrowed.
    pub fn as_ref(&self) -> I420Ref<'_> {
        let (w, luma) = (self.width as usize, self.width as usize * self.height as usize);
        let (y, chroma) = self.data.split_at(luma);
        let (u, v) = chroma.split_at(luma / 4);
        I420Ref {
            y,
            u,
            v,
            y_stride: w,
            u_stride: w / 2,
            v_stride: w / 2,
            width: self.width,
            height: self.height,
        }
    }

    /// This frame as one a host could push.
    ///
    /// # Errors
    /// [`FrameError`] for a default frame that was never sized.
    pub fn as_video_frame(&self) -> Result<VideoFrame<'_>, FrameError> {
        let mut frame = VideoFrame::i420(self.width, self.height, &self.data, self.time)?;
        frame.rotation = self.rotation;
        frame.color = self.color;
        Ok(frame)
    }

    /// Takes size and pixels from `source`; metadata stays.
    ///
    /// # Errors
    /// [`FrameError`] when a dimension is odd or out of range.
    pub fn copy_from(&mut self, source: I420Ref<'_>) -> Result<(), FrameError> {
        self.resize(source.width, source.height)?;
        let (w, cw) = (source.width as usize, source.width as usize / 2);
        let (y, u, v) = self.planes_mut();
        copy_rows(source.y, source.y_stride, y, w);
        copy_rows(source.u, source.u_stride, u, cw);
        copy_rows(source.v, source.v_stride, v, cw);
        Ok(())
    }
}

fn copy_rows(source: &[u8], stride: usize, target: &mut [u8], width: usize) {
    if stride == width {
        target.copy_from_slice(&source[..target.len()]);
        return;
    }
    for (to, from) in target.chunks_exact_mut(width).zip(source.chunks(stride)) {
        to.copy_from_slice(&from[..width]);
    }
}
