//! Video and audio codecs of Duet behind four small traits.
//!
//! Every encoder and decoder belongs to one thread at a time (`Send`, not `Sync`), works on
//! caller-owned buffers and allocates nothing per frame once warm. [`available`] lists what this
//! build has; [`video_encoder`] and its siblings make one.
//!
//! | module | job |
//! |---|---|
//! | `h264` | H.264 constrained baseline by openh264 (feature `h264`, on by default) |
//! | `vp8` | VP8 by libvpx (feature `vp8`) |
//! | `opus` | Opus by opus-pure |
//! | `platform` | MediaCodec on Android, VideoToolbox on Apple's systems (feature `platform-codecs`) |
//! | `native` | pictures in the platform's own memory |
//! | `fallback` | an implementation that fails is replaced by the next: the platform's by the software's |
//!
//! Built for Android, `h264` and `vp8` are C and C++ that need the NDK's headers; `platform-codecs` needs Rust
//! only.
//!
//! Decoders never show a picture built on one they missed, as far as the bitstream tells: after an
//! error they refuse everything up to the next key frame, with [`CodecError::Corrupt`].
#![deny(unsafe_op_in_unsafe_fn)]

mod audio;
mod error;
mod fallback;
mod native;
#[cfg(any(test, all(feature = "platform-codecs", any(target_os = "android", target_vendor = "apple"))))]
mod platform;
mod registry;
mod video;

#[cfg(feature = "h264")]
mod h264;
mod opus;
#[cfg(any(
    feature = "h264",
    feature = "vp8",
    all(feature = "platform-codecs", any(target_os = "android", target_vendor = "apple"))
))]
mod picture;
#[cfg(feature = "vp8")]
mod vp8;

pub use audio::{AudioCodec, AudioDecoder, AudioEncoder};
pub use error::CodecError;
pub use native::{NativeBuffer, NativeKind, ReleaseNative};
pub use opus::MIN_PACKET_BUFFER;
pub use registry::{
    CodecInfo, CodecKind, audio_decoder, audio_encoder, available, video_codecs, video_decoder, video_encoder,
};
pub use video::{DecodedFrame, EncodedFrame, EncoderConfig, VideoCodec, VideoDecoder, VideoEncoder};
