//! Video and audio codecs of Duet behind four small traits.
//!
//! Every encoder and decoder belongs to one thread at a time (`Send`, not `Sync`), works on
//! caller-owned buffers and allocates nothing per frame once warm. [`available`] lists what this
//! build has; [`video_encoder`] and its siblings make one.

mod audio;
mod error;
mod video;

#[cfg(feature = "h264")]
mod h264;
mod opus;
#[cfg(feature = "vp8")]
mod vp8;

pub use audio::{AudioCodec, AudioDecoder, AudioEncoder};
pub use error::CodecError;
pub use video::{
    DecodedFrame, EncodedFrame, EncoderConfig, VideoCodec, VideoDecoder, VideoEncoder,
};
