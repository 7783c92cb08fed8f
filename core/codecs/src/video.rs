use std::fmt;
use std::str::FromStr;

use duet_media::frame::{ColorSpace, I420Ref};

use crate::CodecError;
use crate::native::NativeBuffer;

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
    /// What the pictures' colours mean: platform encoders write it into the stream, software ones do not.
    pub color: ColorSpace,
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
    /// The 90 kHz timestamp of the picture it shows: that of the call, or of an earlier one where the
    /// encoder works behind.
    pub timestamp: u64,
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
    /// Gives `false` when the rate control dropped the frame, or it comes later. `timestamp` is 90 kHz and
    /// increasing.
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

    /// As [`VideoEncoder::encode`], of a picture of the configured size in the platform's own memory, without
    /// copying it. `None`, and nothing was done, when this encoder cannot read that memory: the caller copies.
    ///
    /// # Errors
    /// As for [`VideoEncoder::encode`].
    fn encode_native(
        &mut self,
        picture: &NativeBuffer,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<Option<bool>, CodecError> {
        let _ = (picture, timestamp, force_key, out);
        Ok(None)
    }

    /// Gives a frame that the last call did not bring though its picture went in: where an encoder works
    /// behind, ask until `false`. It waits at most as long as [`VideoEncoder::encode`] does, and only while
    /// there is such a picture.
    ///
    /// # Errors
    /// As for [`VideoEncoder::encode`].
    fn poll_late(&mut self, out: &mut EncodedFrame) -> Result<bool, CodecError> {
        let _ = out;
        Ok(false)
    }
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
