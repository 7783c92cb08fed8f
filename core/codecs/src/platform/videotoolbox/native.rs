//! Pictures that a host hands in as a `CVPixelBuffer`.

use duet_media::frame::{ColorSpace, FrameError, I420Frame};
use objc2_core_video::CVPixelBuffer;

use super::pixels;
use crate::native::{NativeBuffer, NativeKind};

pub(crate) fn supports(kind: NativeKind) -> bool {
    kind == NativeKind::CvPixelBuffer
}

pub(crate) fn size(buffer: &NativeBuffer) -> Result<(u32, u32), FrameError> {
    pixels::size(pixel_buffer(buffer)?)
}

pub(crate) fn copy(
    buffer: &NativeBuffer,
    color: ColorSpace,
    target: &mut I420Frame,
) -> Result<(), FrameError> {
    pixels::copy(pixel_buffer(buffer)?, color, target)
}

/// The platform's object.
pub(super) fn pixel_buffer(buffer: &NativeBuffer) -> Result<&CVPixelBuffer, FrameError> {
    if buffer.kind() != NativeKind::CvPixelBuffer {
        return Err(FrameError::NativeUnsupported);
    }
    // SAFETY: whoever made the buffer promised that it is of its kind and valid while it is held.
    Ok(unsafe { buffer.handle().cast::<CVPixelBuffer>().as_ref() })
}
