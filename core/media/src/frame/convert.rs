//! Between host layouts and I420, and between sizes.

mod packed;
mod planar;
mod scale;

pub use scale::scale_i420;

use super::{ColorSpace, FrameError, I420Frame, I420Ref, PackedFormat, Pixels, Plane, VideoFrame};
use crate::time::Time;

/// Copies `source` into `target` as I420, resizing `target` to the same dimensions and taking over
/// rotation, colour and capture time. Packed pixels become the `color` that `source` names.
///
/// # Errors
/// [`FrameError`] when `source` is not valid; `target` is then unchanged.
pub fn copy_to_i420(source: &VideoFrame<'_>, target: &mut I420Frame) -> Result<(), FrameError> {
    source.validate()?;
    target.resize(source.width, source.height)?;
    target.rotation = source.rotation;
    target.color = source.color;
    target.time = source.capture_time;
    match source.pixels {
        Pixels::Yuv420 { y, u, v } => planar::copy(y, u, v, target),
        Pixels::Packed { format, data, row_stride } => packed::read(format, data, row_stride, target),
    }
    Ok(())
}

/// Writes `source`, taken as BT.601 limited range, as 32-bit opaque pixels into `target`, whose rows
/// begin every `row_stride` bytes. [`I420Frame::write_packed`] heeds the frame's own colour.
///
/// # Errors
/// [`FrameError::ShortPlane`] when `target` is too short for `row_stride` and the frame's size,
/// [`FrameError::BadStride`] when a row does not fit `row_stride`.
pub fn write_packed(
    source: I420Ref<'_>,
    format: PackedFormat,
    target: &mut [u8],
    row_stride: usize,
) -> Result<(), FrameError> {
    write_packed_as(source, ColorSpace::Bt601Limited, format, target, row_stride)
}

impl I420Frame {
    /// Writes the frame as 32-bit opaque pixels into `target`, whose rows begin every `row_stride`
    /// bytes. The rotation is not applied.
    ///
    /// # Errors
    /// [`FrameError`] when the frame was never sized, `target` is too short for `row_stride` and the
    /// frame's size, or a row does not fit `row_stride`.
    pub fn write_packed(
        &self,
        format: PackedFormat,
        target: &mut [u8],
        row_stride: usize,
    ) -> Result<(), FrameError> {
        write_packed_as(self.as_ref(), self.color, format, target, row_stride)
    }
}

fn write_packed_as(
    source: I420Ref<'_>,
    color: ColorSpace,
    format: PackedFormat,
    target: &mut [u8],
    row_stride: usize,
) -> Result<(), FrameError> {
    validate(&source)?;
    let (width, height) = (source.width as usize, source.height as usize);
    Plane { data: target, row_stride, pixel_stride: 4 }.check("packed", width, height)?;
    packed::write(source, color, format, target, row_stride);
    Ok(())
}

fn validate(source: &I420Ref<'_>) -> Result<(), FrameError> {
    let plane = |data, row_stride| Plane { data, row_stride, pixel_stride: 1 };
    let frame = VideoFrame {
        pixels: Pixels::Yuv420 {
            y: plane(source.y, source.y_stride),
            u: plane(source.u, source.u_stride),
            v: plane(source.v, source.v_stride),
        },
        width: source.width,
        height: source.height,
        rotation: Default::default(),
        color: Default::default(),
        capture_time: Time::ZERO,
    };
    frame.validate()
}

#[cfg(test)]
mod tests;
