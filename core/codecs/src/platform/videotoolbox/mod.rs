//! Apple's codecs, by VideoToolbox: H.264 encoded and decoded by the chip, pictures as `CVPixelBuffer`s.
#![allow(non_upper_case_globals, reason = "Apple's names for statuses and formats, in patterns")]

mod decoder;
mod encoder;
pub(crate) mod native;
mod pixels;

use std::ptr::NonNull;

use objc2_core_foundation::{CFRetained, Type};

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;

use crate::{CodecError, VideoCodec};

/// As statistics call it.
pub(crate) const IMPLEMENTATION: &str = "VideoToolbox";
const CODEC: &str = VideoCodec::H264.mime_type();

/// Takes over an object that a `...Create` function made; `None` where it made none.
///
/// # Safety
/// `raw` is null, or an object that is ours to release.
unsafe fn own<T: Type>(raw: *mut T) -> Option<CFRetained<T>> {
    // SAFETY: not null, and the caller's promise.
    NonNull::new(raw).map(|raw| unsafe { CFRetained::from_raw(raw) })
}

fn init_error(step: &str, status: i32) -> CodecError {
    CodecError::Init { codec: CODEC, reason: format!("VideoToolbox could not {step} ({status})") }
}

fn failed(step: &str, status: i32) -> CodecError {
    CodecError::Failed { codec: CODEC, reason: format!("VideoToolbox could not {step} ({status})") }
}
