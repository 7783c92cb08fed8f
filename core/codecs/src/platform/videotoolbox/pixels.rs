//! Pixels in a `CVPixelBuffer`.

use duet_media::Time;
use duet_media::frame::{
    ColorSpace, FrameError, I420Frame, I420Ref, PackedFormat, Pixels, Plane, Rotation, VideoFrame,
    check_dimensions, copy_to_i420,
};
use objc2_core_video::{
    CVPixelBuffer, CVPixelBufferGetBaseAddress, CVPixelBufferGetBaseAddressOfPlane,
    CVPixelBufferGetBytesPerRow, CVPixelBufferGetBytesPerRowOfPlane, CVPixelBufferGetHeight,
    CVPixelBufferGetHeightOfPlane, CVPixelBufferGetPixelFormatType, CVPixelBufferGetPlaneCount,
    CVPixelBufferGetWidth, CVPixelBufferGetWidthOfPlane, CVPixelBufferLockBaseAddress,
    CVPixelBufferLockFlags, CVPixelBufferUnlockBaseAddress, kCVPixelFormatType_32BGRA,
    kCVPixelFormatType_420YpCbCr8BiPlanarFullRange, kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
    kCVPixelFormatType_420YpCbCr8Planar, kCVPixelFormatType_420YpCbCr8PlanarFullRange, kCVReturnSuccess,
};

/// Width and height, as a frame may have them.
pub(super) fn size(buffer: &CVPixelBuffer) -> Result<(u32, u32), FrameError> {
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (width, height) = (side(CVPixelBufferGetWidth(buffer)), side(CVPixelBufferGetHeight(buffer)));
    check_dimensions(width, height)?;
    Ok((width, height))
}

/// Copies what is in `buffer`.
pub(super) fn copy(
    buffer: &CVPixelBuffer,
    color: ColorSpace,
    target: &mut I420Frame,
) -> Result<(), FrameError> {
    let (width, height) = size(buffer)?;
    let locked =
        Locked::new(buffer, CVPixelBufferLockFlags::ReadOnly).ok_or(FrameError::NativeUnsupported)?;
    let pixels = locked.pixels(width as usize, height as usize).ok_or(FrameError::NativeUnsupported)?;
    let capture_time = Time::ZERO;
    copy_to_i420(
        &VideoFrame { pixels, width, height, rotation: Rotation::default(), color, capture_time },
        target,
    )
}

/// Writes `picture` into `buffer`, which has two planes and the picture's size; `false` when it has not.
pub(super) fn write(picture: &I420Ref<'_>, buffer: &CVPixelBuffer) -> bool {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let Some(mut locked) = Locked::new(buffer, CVPixelBufferLockFlags::empty()) else { return false };
    if CVPixelBufferGetPlaneCount(buffer) != 2 {
        return false;
    }
    let Some((luma, row)) = locked.plane_mut(0, width, height, 1) else { return false };
    for (to, from) in luma.chunks_mut(row).zip(picture.y.chunks(picture.y_stride)) {
        to[..width].copy_from_slice(&from[..width]);
    }
    let Some((chroma, row)) = locked.plane_mut(1, width / 2, height / 2, 2) else { return false };
    let (us, vs) = (picture.u.chunks(picture.u_stride), picture.v.chunks(picture.v_stride));
    for ((to, u), v) in chroma.chunks_mut(row).zip(us).zip(vs) {
        let (pairs, _) = to.as_chunks_mut::<2>();
        for ((pair, u), v) in pairs.iter_mut().zip(u).zip(v).take(width / 2) {
            *pair = [*u, *v];
        }
    }
    true
}

/// A buffer whose memory may be used until this is dropped.
struct Locked<'a> {
    buffer: &'a CVPixelBuffer,
    flags: CVPixelBufferLockFlags,
}

impl<'a> Locked<'a> {
    fn new(buffer: &'a CVPixelBuffer, flags: CVPixelBufferLockFlags) -> Option<Self> {
        // SAFETY: the buffer is alive; whoever locks for reading only reads.
        let status = unsafe { CVPixelBufferLockBaseAddress(buffer, flags) };
        (status == kCVReturnSuccess).then_some(Locked { buffer, flags })
    }

    /// The pixels of a picture of this size, if they are laid out in a way that we know.
    fn pixels(&self, width: usize, height: usize) -> Option<Pixels<'_>> {
        match CVPixelBufferGetPixelFormatType(self.buffer) {
            kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange
            | kCVPixelFormatType_420YpCbCr8BiPlanarFullRange => {
                let (data, row_stride) = self.plane(1, width / 2, height / 2, 2)?;
                let chroma = |data| Plane { data, row_stride, pixel_stride: 2 };
                let (u, v) = (chroma(data), chroma(data.get(1..)?));
                Some(Pixels::Yuv420 { y: self.luma(width, height)?, u, v })
            }
            kCVPixelFormatType_420YpCbCr8Planar | kCVPixelFormatType_420YpCbCr8PlanarFullRange => {
                let chroma = |index| {
                    let (data, row_stride) = self.plane(index, width / 2, height / 2, 1)?;
                    Some(Plane { data, row_stride, pixel_stride: 1 })
                };
                Some(Pixels::Yuv420 { y: self.luma(width, height)?, u: chroma(1)?, v: chroma(2)? })
            }
            kCVPixelFormatType_32BGRA => {
                let base = CVPixelBufferGetBaseAddress(self.buffer).cast::<u8>();
                let row_stride = CVPixelBufferGetBytesPerRow(self.buffer);
                if base.is_null() || row_stride < width * 4 {
                    return None;
                }
                let length = row_stride * (height - 1) + width * 4;
                // SAFETY: the buffer is locked and has `height` rows of this stride.
                let data = unsafe { std::slice::from_raw_parts(base, length) };
                Some(Pixels::Packed { format: PackedFormat::Bgra, data, row_stride })
            }
            _ => None,
        }
    }

    fn luma(&self, width: usize, height: usize) -> Option<Plane<'_>> {
        let (data, row_stride) = self.plane(0, width, height, 1)?;
        Some(Plane { data, row_stride, pixel_stride: 1 })
    }

    /// The bytes of a plane, and how many there are from row to row.
    fn plane(&self, index: usize, columns: usize, rows: usize, pixel: usize) -> Option<(&[u8], usize)> {
        let (base, length, row) = self.span(index, columns, rows, pixel)?;
        // SAFETY: the buffer is locked, and `span` saw that the plane has these bytes.
        Some((unsafe { std::slice::from_raw_parts(base, length) }, row))
    }

    /// As [`Locked::plane`], to be written.
    fn plane_mut(
        &mut self,
        index: usize,
        columns: usize,
        rows: usize,
        pixel: usize,
    ) -> Option<(&mut [u8], usize)> {
        let (base, length, row) = self.span(index, columns, rows, pixel)?;
        // SAFETY: as above; the buffer is locked for writing, and we alone have it.
        Some((unsafe { std::slice::from_raw_parts_mut(base, length) }, row))
    }

    /// Where the plane begins, and the bytes up to its last sample; `None` where it is smaller than that.
    fn span(
        &self,
        index: usize,
        columns: usize,
        rows: usize,
        pixel: usize,
    ) -> Option<(*mut u8, usize, usize)> {
        let base = CVPixelBufferGetBaseAddressOfPlane(self.buffer, index).cast::<u8>();
        let row = CVPixelBufferGetBytesPerRowOfPlane(self.buffer, index);
        let fits = index < CVPixelBufferGetPlaneCount(self.buffer)
            && CVPixelBufferGetWidthOfPlane(self.buffer, index) >= columns
            && CVPixelBufferGetHeightOfPlane(self.buffer, index) >= rows
            && row >= columns * pixel;
        (fits && !base.is_null()).then(|| (base, row * (rows - 1) + columns * pixel, row))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: locked with the same flags.
        unsafe { CVPixelBufferUnlockBaseAddress(self.buffer, self.flags) };
    }
}
