//! What this build can encode and decode, and how to make one.

use crate::fallback::{FallbackDecoder, FallbackEncoder, MakeDecoder, MakeEncoder};
#[cfg(all(feature = "platform-codecs", target_os = "android"))]
use crate::platform::mediacodec;
#[cfg(all(feature = "platform-codecs", target_vendor = "apple"))]
use crate::platform::videotoolbox;
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

/// Every implementation of this build, video first, in order of preference. A platform's codec is listed
/// where it is built in; whether the device has it shows when one is made.
pub fn available() -> Vec<CodecInfo> {
    let video = video_codecs().iter().flat_map(|&codec| {
        implementations(codec).iter().map(move |&implementation| CodecInfo {
            name: codec.mime_type(),
            kind: CodecKind::Video,
            implementation,
            encode: true,
            decode: true,
        })
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
        #[cfg(any(
            feature = "h264",
            all(feature = "platform-codecs", any(target_os = "android", target_vendor = "apple"))
        ))]
        VideoCodec::H264,
        #[cfg(any(feature = "vp8", all(feature = "platform-codecs", target_os = "android")))]
        VideoCodec::Vp8,
    ]
}

/// A new video encoder. The first frame it makes is a key frame. Where the build has several
/// implementations, the platform's goes first; one that does not start or fails later is replaced by the
/// next, beginning with a key frame.
///
/// # Errors
/// [`CodecError::Unavailable`] when this build lacks `codec`, [`CodecError::Init`] when the library
/// refuses `config`.
pub fn video_encoder(codec: VideoCodec, config: &EncoderConfig) -> Result<Box<dyn VideoEncoder>, CodecError> {
    Ok(Box::new(FallbackEncoder::new(codec, encoders(codec), config)?))
}

/// A new video decoder. It starts at a key frame. Implementations follow each other as for
/// [`video_encoder`].
///
/// # Errors
/// [`CodecError::Unavailable`] when this build lacks `codec`, [`CodecError::Init`] when the library
/// does not start.
pub fn video_decoder(codec: VideoCodec) -> Result<Box<dyn VideoDecoder>, CodecError> {
    Ok(Box::new(FallbackDecoder::new(codec, decoders(codec))?))
}

fn encoders(codec: VideoCodec) -> &'static [MakeEncoder] {
    const H264: &[MakeEncoder] = &[
        #[cfg(all(feature = "platform-codecs", target_os = "android"))]
        |config| Ok(Box::new(mediacodec::Encoder::new(VideoCodec::H264, config)?)),
        #[cfg(all(feature = "platform-codecs", target_vendor = "apple"))]
        |config| Ok(Box::new(videotoolbox::Encoder::new(config)?)),
        #[cfg(feature = "h264")]
        |config| Ok(Box::new(crate::h264::Encoder::new(config)?)),
    ];
    const VP8: &[MakeEncoder] = &[
        #[cfg(all(feature = "platform-codecs", target_os = "android"))]
        |config| Ok(Box::new(mediacodec::Encoder::new(VideoCodec::Vp8, config)?)),
        #[cfg(feature = "vp8")]
        |config| Ok(Box::new(crate::vp8::Encoder::new(config)?)),
    ];
    match codec {
        VideoCodec::H264 => H264,
        VideoCodec::Vp8 => VP8,
    }
}

fn decoders(codec: VideoCodec) -> &'static [MakeDecoder] {
    const H264: &[MakeDecoder] = &[
        #[cfg(all(feature = "platform-codecs", target_os = "android"))]
        || Ok(Box::new(mediacodec::Decoder::new(VideoCodec::H264)?)),
        #[cfg(all(feature = "platform-codecs", target_vendor = "apple"))]
        || Ok(Box::new(videotoolbox::Decoder::new())),
        #[cfg(feature = "h264")]
        || Ok(Box::new(crate::h264::Decoder::new()?)),
    ];
    const VP8: &[MakeDecoder] = &[
        #[cfg(all(feature = "platform-codecs", target_os = "android"))]
        || Ok(Box::new(mediacodec::Decoder::new(VideoCodec::Vp8)?)),
        #[cfg(feature = "vp8")]
        || Ok(Box::new(crate::vp8::Decoder::new()?)),
    ];
    match codec {
        VideoCodec::H264 => H264,
        VideoCodec::Vp8 => VP8,
    }
}

/// The names of what [`encoders`] and [`decoders`] make.
fn implementations(codec: VideoCodec) -> &'static [&'static str] {
    match codec {
        VideoCodec::H264 => &[
            #[cfg(all(feature = "platform-codecs", target_os = "android"))]
            mediacodec::IMPLEMENTATION,
            #[cfg(all(feature = "platform-codecs", target_vendor = "apple"))]
            videotoolbox::IMPLEMENTATION,
            #[cfg(feature = "h264")]
            crate::h264::IMPLEMENTATION,
        ],
        VideoCodec::Vp8 => &[
            #[cfg(all(feature = "platform-codecs", target_os = "android"))]
            mediacodec::IMPLEMENTATION,
            #[cfg(feature = "vp8")]
            crate::vp8::IMPLEMENTATION,
        ],
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
