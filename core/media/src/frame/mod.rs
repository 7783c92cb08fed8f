//! Video frames: what a host hands in, what codecs read, what a host takes out.
//!
//! * [`VideoFrame`] borrows the host's pixels in whatever layout the camera gave them.
//! * [`I420Frame`] owns packed-plane I420; codecs read and write it, pools lend it.
//!
//! Widths and heights are even and between [`MIN_DIMENSION`] and [`MAX_DIMENSION`].

mod convert;
mod i420;
mod pool;

pub use convert::{copy_to_i420, scale_i420, write_packed};
pub use i420::{I420Frame, I420Ref};
pub use pool::{FramePool, PooledFrame};

use crate::time::Time;

/// The smallest width or height of a frame, in pixels.
pub const MIN_DIMENSION: u32 = 16;
/// The largest width or height of a frame, in pixels: H.264 level 5.2 and libvpx both go there.
pub const MAX_DIMENSION: u32 = 4096;

/// One plane of a planar or semi-planar frame, borrowed from the host.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The bytes, beginning with the first sample of the first row.
    pub data: &'a [u8],
    /// Bytes from the start of one row to the start of the next.
    pub row_stride: usize,
    /// Bytes from one sample to the next: 1 for planar, 2 for NV12, NV21 and most camera images.
    pub pixel_stride: usize,
}

/// Byte order of a packed 32-bit pixel, in memory order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedFormat {
    /// R, G, B, A.
    Rgba,
    /// B, G, R, A.
    Bgra,
}

/// The pixels of a [`VideoFrame`].
#[derive(Clone, Copy, Debug)]
pub enum Pixels<'a> {
    /// 8-bit 4:2:0 in three planes; covers I420, NV12, NV21 and Camera2's `Image` without repacking.
    Yuv420 {
        /// Luma, `width` x `height`.
        y: Plane<'a>,
        /// Blue-difference chroma, half the size in both directions.
        u: Plane<'a>,
        /// Red-difference chroma, half the size in both directions.
        v: Plane<'a>,
    },
    /// 32 bits per pixel.
    Packed {
        /// Byte order.
        format: PackedFormat,
        /// The bytes, beginning with the first pixel of the first row.
        data: &'a [u8],
        /// Bytes from the start of one row to the start of the next.
        row_stride: usize,
    },
}

/// Clockwise rotation a viewer must apply. Travels as metadata and is never baked into pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rotation {
    /// Upright.
    #[default]
    Deg0,
    /// A quarter turn.
    Deg90,
    /// A half turn.
    Deg180,
    /// Three quarter turns.
    Deg270,
}

/// How luma and chroma map to RGB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColorSpace {
    /// ITU-R BT.601, limited range: what phone cameras and WebRTC peers send unless they say otherwise.
    #[default]
    Bt601Limited,
    /// ITU-R BT.601, full range (JPEG).
    Bt601Full,
    /// ITU-R BT.709, limited range.
    Bt709Limited,
}

/// A frame the host pushes: borrowed pixels and what they mean.
#[derive(Clone, Copy, Debug)]
pub struct VideoFrame<'a> {
    /// The pixels.
    pub pixels: Pixels<'a>,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Rotation to apply when showing the frame.
    pub rotation: Rotation,
    /// Colour matrix and range.
    pub color: ColorSpace,
    /// When the camera captured it, on any monotonic clock.
    pub capture_time: Time,
}

/// Why a frame cannot be used. The call goes on; the frame is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Width or height is odd: 4:2:0 chroma has no half samples.
    #[error("a {width}x{height} frame has an odd dimension; crop it to even width and height")]
    OddDimension {
        /// Width given.
        width: u32,
        /// Height given.
        height: u32,
    },
    /// Width or height is out of range.
    #[error(
        "a {width}x{height} frame is out of range; both sides must be {MIN_DIMENSION} to {MAX_DIMENSION} pixels"
    )]
    BadDimension {
        /// Width given.
        width: u32,
        /// Height given.
        height: u32,
    },
    /// A plane holds fewer bytes than its size and strides need.
    #[error("the {plane} plane has {actual} bytes, {needed} are needed; check its size and strides")]
    ShortPlane {
        /// `y`, `u`, `v` or `packed`.
        plane: &'static str,
        /// Bytes needed.
        needed: usize,
        /// Bytes given.
        actual: usize,
    },
    /// Pictures in the platform's own memory cannot be read here.
    #[error(
        "this build cannot read that kind of native picture; push its pixels, or build for its platform with \
         the feature platform-codecs"
    )]
    NativeUnsupported,
    /// A row stride is smaller than a row, or a pixel stride is not 1 to 4.
    #[error("the {plane} plane's strides ({row_stride}, {pixel_stride}) do not fit a row of {width} samples")]
    BadStride {
        /// `y`, `u`, `v` or `packed`.
        plane: &'static str,
        /// Row stride given.
        row_stride: usize,
        /// Pixel stride given.
        pixel_stride: usize,
        /// Samples in a row.
        width: usize,
    },
}

impl<'a> VideoFrame<'a> {
    /// A frame over tightly packed I420 bytes (Y, then U, then V, no padding).
    ///
    /// # Errors
    /// [`FrameError`] when a dimension is odd or out of range, or `data` is too short.
    pub fn i420(width: u32, height: u32, data: &'a [u8], capture_time: Time) -> Result<Self, FrameError> {
        check_dimensions(width, height)?;
        let (w, h) = (width as usize, height as usize);
        let needed = w * h * 3 / 2;
        if data.len() < needed {
            return Err(FrameError::ShortPlane { plane: "i420", needed, actual: data.len() });
        }
        let (y, chroma) = data[..needed].split_at(w * h);
        let (u, v) = chroma.split_at(w * h / 4);
        let plane = |data, row_stride| Plane { data, row_stride, pixel_stride: 1 };
        let frame = VideoFrame {
            pixels: Pixels::Yuv420 { y: plane(y, w), u: plane(u, w / 2), v: plane(v, w / 2) },
            width,
            height,
            rotation: Rotation::default(),
            color: ColorSpace::default(),
            capture_time,
        };
        Ok(frame)
    }

    /// Checks dimensions, strides and buffer lengths.
    ///
    /// # Errors
    /// The first [`FrameError`] found.
    pub fn validate(&self) -> Result<(), FrameError> {
        check_dimensions(self.width, self.height)?;
        let (w, h) = (self.width as usize, self.height as usize);
        match self.pixels {
            Pixels::Yuv420 { y, u, v } => {
                y.check("y", w, h)?;
                u.check("u", w / 2, h / 2)?;
                v.check("v", w / 2, h / 2)
            }
            Pixels::Packed { data, row_stride, .. } => {
                Plane { data, row_stride, pixel_stride: 4 }.check("packed", w, h)
            }
        }
    }
}

impl Plane<'_> {
    fn check(&self, plane: &'static str, width: usize, height: usize) -> Result<(), FrameError> {
        let last_row = (width - 1).saturating_mul(self.pixel_stride);
        // The last sample of a packed pixel needs its remaining bytes too.
        let tail = if plane == "packed" { 4 } else { 1 };
        if !(1..=4).contains(&self.pixel_stride) || self.row_stride < last_row + tail {
            return Err(FrameError::BadStride {
                plane,
                row_stride: self.row_stride,
                pixel_stride: self.pixel_stride,
                width,
            });
        }
        let needed = self.row_stride.saturating_mul(height - 1).saturating_add(last_row + tail);
        if self.data.len() < needed {
            return Err(FrameError::ShortPlane { plane, needed, actual: self.data.len() });
        }
        Ok(())
    }
}

/// Whether a frame may have this size.
///
/// # Errors
/// [`FrameError`] when a dimension is odd or out of range.
pub fn check_dimensions(width: u32, height: u32) -> Result<(), FrameError> {
    let range = MIN_DIMENSION..=MAX_DIMENSION;
    if !range.contains(&width) || !range.contains(&height) {
        return Err(FrameError::BadDimension { width, height });
    }
    if !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return Err(FrameError::OddDimension { width, height });
    }
    Ok(())
}
