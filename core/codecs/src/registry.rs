//! What this build can encode and decode, and how to make one.

use crate::{
    AudioCodec, AudioDecoder, AudioEncoder, CodecError, EncoderConfig, VideoCodec, VideoDecoder,
    VideoEncoder, opus,
};

/// Whether a codec carries pictures or sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// One codec implementation of this build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecInfo {
    /// Media type as SDP and statistics spell it, e.g. `video/H264`.
    pub name: &'static str,
    /// Pictures or sound.
    pub kind: CodecKind,
    /// The library behind it, e.g. `openh264`.
    pub implementation: &'static str,
    /// Whether it can encode.
    pub encode: bool,
    /// Whether it can decode.
    pub decode: bool,
}

/// Every codec of this build, video first, in order of preference.
pub fn available() -> Vec<CodecInfo> {
    let video = video_codecs().iter().map(|&codec| CodecInfo {
        name: codec.mime_type(),
        kind: CodecKind::Video,
        implementation: implementation(codec),
        encode: true,
        decode: true,
    });
    let audio = CodecInfo {
        name: AudioCodec::Opus.mime_type(),
        kind: CodecKind::Audio,
        implementation: opus::IMPLEMENTATION,
        encode: true,
        decode: true,
    };
    video.chain([audio]).collect()
}

/// The video codecs of this build in order of preference. May be empty.
///
/// H.264 comes first: nearly every phone encodes it in hardware, and openh264 needs about half the
/// CPU of libvpx where there is none.
pub fn video_codecs() -> &'static [VideoCodec] {
    &[
        #[cfg(feature = "h264")]
        VideoCodec::H264,
        #[cfg(feature = "vp8")]
        VideoCodec::Vp8,
    ]
}

/// A new video encoder. The first frame it makes is a key frame.
///
/// # Errors
/// [`CodecError::Unavailable`] when this build lacks `codec`, [`CodecError::Init`] when the library
/// refuses `config`.
pub fn video_encoder(codec: VideoCodec, config: &EncoderConfig) -> Result<Box<dyn VideoEncoder>, CodecError> {
    match codec {
        #[cfg(feature = "h264")]
        VideoCodec::H264 => Ok(Box::new(crate::h264::Encoder::new(config)?)),
        #[cfg(feature = "vp8")]
        VideoCodec::Vp8 => Ok(Box::new(crate::vp8::Encoder::new(config)?)),
        #[cfg(not(all(feature = "h264", feature = "vp8")))]
        missing => {
            // Read even in a build without any video codec.
            let _ = config;
            Err(CodecError::Unavailable(missing.mime_type()))
        }
    }
}

/// A new video decoder. It starts at a key frame.
///
/// # Errors
/// [`CodecError::Unavailable`] when this build lacks `codec`, [`CodecError::Init`] when the library
/// does not start.
pub fn video_decoder(codec: VideoCodec) -> Result<Box<dyn VideoDecoder>, CodecError> {
    match codec {
        #[cfg(feature = "h264")]
        VideoCodec::H264 => Ok(Box::new(crate::h264::Decoder::new()?)),
        #[cfg(feature = "vp8")]
        VideoCodec::Vp8 => Ok(Box::new(crate::vp8::Decoder::new()?)),
        #[cfg(not(all(feature = "h264", feature = "vp8")))]
        missing => Err(CodecError::Unavailable(missing.mime_type())),
    }
}

/// A new Opus encoder: 48 kHz mono speech, 20 ms packets, 32 kbit/s, in-band FEC on, DTX off.
///
/// # Errors
/// [`CodecError::Init`] when the library does not start.
pub fn audio_encoder() -> Result<Box<dyn AudioEncoder>, CodecError> {
    Ok(Box::new(opus::Encoder::new()?))
}

/// A new Opus decoder: 48 kHz mono. Stereo packets are mixed down.
///
/// # Errors
/// [`CodecError::Init`] when the library does not start.
pub fn audio_decoder() -> Result<Box<dyn AudioDecoder>, CodecError> {
    Ok(Box::new(opus::Decoder::new()?))
}

#[cfg_attr(not(any(feature = "h264", feature = "vp8")), allow(unreachable_code))]
fn implementation(codec: VideoCodec) -> &'static str {
    match codec {
        #[cfg(feature = "h264")]
        VideoCodec::H264 => crate::h264::IMPLEMENTATION,
        #[cfg(feature = "vp8")]
        VideoCodec::Vp8 => crate::vp8::IMPLEMENTATION,
        #[cfg(not(all(feature = "h264", feature = "vp8")))]
        _ => "none",
    }
}
