//! Android's codecs, through the NDK's `AMediaCodec` (Android 8.0, API level 26, and later; on an older
//! system nothing starts here, and software takes over).
//!
//! The library must load from Android 7.0 (API level 24) on, so what came later is looked up when it is
//! needed, in `later`.

mod codec;
mod decoder;
mod encoder;
mod format;
mod later;
pub(crate) mod native;

use std::time::Duration;

pub(crate) use decoder::Decoder;
pub(crate) use encoder::Encoder;

use crate::VideoCodec;

/// As statistics call it.
pub(crate) const IMPLEMENTATION: &str = "MediaCodec";

/// How long a frame is waited for that is being encoded or decoded: less than it takes until the next comes.
const WAIT: Duration = Duration::from_millis(25);

fn mime(codec: VideoCodec) -> &'static str {
    match codec {
        VideoCodec::H264 => "video/avc",
        VideoCodec::Vp8 => "video/x-vnd.on2.vp8",
    }
}
