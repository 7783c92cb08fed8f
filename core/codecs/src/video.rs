use std::fmt;
use std::str::FromStr;

use duet_media::frame::I420Ref;

use crate::CodecError;

/// A video codec this project knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VideoCodec {
    /// H.264 constrained baseline, packetization mode 1 (RFC 6184).
    H264,
    /// VP8 (RFC 6386, RFC 7741).
    Vp8,
}

impl VideoCodec {
    /// The media type as SDP and statistics spell it.
    pub const fn mime_type(self) -> &'static str {
        match self {
            VideoCodec::H264 => "video/H264",
            VideoCodec::Vp8 => "video/VP8",
        }
    }
}

impl fmt::Display for VideoCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            VideoCodec::H264 => "h264",
            VideoCodec::Vp8 => "vp8",
        })
    }
}

impl FromStr for VideoCodec {
    type Err = CodecError;

    fn from_str(name: &str) -> Result<Self, CodecError> {
        match name.to_ascii_lowercase().as_str() {
            "h264" | "openh264" => Ok(VideoCodec::H264),
            "vp8" => Ok(VideoCodec::Vp8),
            _ => Err(CodecError::Unavailable("this video codec")),
        }
    }
}

/// What a video encoder is made for. Size may change later, by [`VideoEncoder::configure`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EncoderConfig {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Expected frames per second, 1 to 60.
    pub fps: f32,
    /// Target bits per second.
    pub bitrate_bps: u32,
    /// True for screen content: text stays sharp, motion may suffer.
    pub screen: bool,
    /// Threads the encoder may use, at least 1.
    pub threads: u32,
}

/// One encoded frame, in a buffer that is reused from call to call.
#[derive(Clone, Debug, Default)]
pub struct EncodedFrame {
    /// H.264: Annex B access unit. VP8: one frame.
    pub data: Vec<u8>,
    /// Whether decoding may start here.
    pub key: bool,
    /// Average quantiser, on the codec's own scale (H.264 0 to 51, VP8 0 to 127); `None` if unknown.
    pub qp: Option<u8>,
}

/// A decoded picture inside the decoder's own buffer; copy it before decoding on.
pub type DecodedFrame<'a> = I420Ref<'a>;

/// Turns pictures into a bitstream, one thread at a time.
pub trait VideoEncoder: Send {
    /// Which codec it writes.
    fn codec(&self) -> VideoCodec;

    /// The implementation's name for statistics, e.g. `openh264` (W3C `encoderImplementation`).
    fn implementation(&self) -> &'static str;

    /// Applies new settings. A new size makes the next frame a key frame.
    ///
    /// # Errors
    /// [`CodecError`] when the library refuses; the old settings stay.
    fn configure(&mut self, config: &EncoderConfig) -> Result<(), CodecError>;

    /// Changes rates in mid-stream; cheap enough for every bandwidth estimate.
    ///
    /// # Errors
    /// [`CodecError`] when the library refuses.
    fn set_rates(&mut self, bitrate_bps: u32, fps: f32) -> Result<(), CodecError>;

    /// Encodes `picture`, which has the configured size, into `out`, reusing its buffer.
    /// Gives `false` when the rate control dropped the frame. `timestamp` is 90 kHz and increasing.
    ///
    /// # Errors
    /// [`CodecError`] when the library fails; the caller may make a new encoder.
    fn encode(
        &mut self,
        picture: I420Ref<'_>,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<bool, CodecError>;
}

/// Turns a bitstream into pictures, one thread at a time.
pub trait VideoDecoder: Send {
    /// Which codec it reads.
    fn codec(&self) -> VideoCodec;

    /// The implementation's name for statistics, e.g. `libvpx` (W3C `decoderImplementation`).
    fn implementation(&self) -> &'static str;

    /// Decodes one complete frame. `None` when it gives no picture (e.g. parameter sets only).
    ///
    /// # Errors
    /// [`CodecError::Corrupt`] when the bytes cannot be decoded: ask the sender for a key frame.
    fn decode(&mut self, data: &[u8]) -> Result<Option<DecodedFrame<'_>>, CodecError>;
}
