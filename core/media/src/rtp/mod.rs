//! RTP payload formats: an encoded frame to packet payloads, and back.
//!
//! [`Packetizer`] cuts one encoded frame into payloads; [`inspect`] says what a received payload
//! is, and [`assemble`] joins the payloads of one frame. Headers, sequence numbers and encryption
//! are the transport's. Two formats: H.264 in packetization mode 1 ([`PayloadFormat::H264`],
//! RFC 6184) and VP8 ([`PayloadFormat::Vp8`], RFC 7741). [`orientation_byte`] and [`rotation_of`] carry which
//! way up a picture is, in a header extension.
//!
//! ```
//! use duet_media::rtp::{Packetizer, PayloadFormat, assemble};
//!
//! let frame = vec![0x10; 3_000];
//! let mut packetizer = Packetizer::new(PayloadFormat::Vp8);
//! let payloads: Vec<_> = packetizer.packetize(&frame).collect();
//! assert_eq!(payloads.len(), 3);
//! assert!(payloads[2].marker);
//!
//! let mut joined = Vec::new();
//! assemble(PayloadFormat::Vp8, payloads.iter().map(|p| &p.data[..]), &mut joined)?;
//! assert_eq!(joined, frame);
//! # Ok::<(), duet_media::rtp::PayloadError>(())
//! ```

mod annexb;
mod h264;
mod orientation;
mod packetizer;
mod vp8;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub use annexb::{NalUnits, nal_units};
pub use orientation::{VIDEO_ORIENTATION, orientation_byte, rotation_of};
pub use packetizer::{DEFAULT_MAX_PAYLOAD, MIN_MAX_PAYLOAD, Packetizer, Payload, Payloads};

/// How a video codec's frames travel in RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayloadFormat {
    /// RFC 6184, packetization mode 1: single NAL units, STAP-A and FU-A. Frames are Annex B.
    H264,
    /// RFC 7741. Frames are as the codec makes them.
    Vp8,
}

/// Why a received payload, or a frame made of them, cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// The payload ends before its own headers do.
    #[error("the payload ends inside its header")]
    Truncated,
    /// An aggregated NAL unit has no bytes, or more than the packet holds.
    #[error("an aggregated unit does not fit its packet")]
    BadLength,
    /// A NAL unit type that packetization mode 1 does not know (RFC 6184, table 3).
    #[error("NAL unit type {0} is not part of packetization mode 1")]
    UnsupportedNal(u8),
    /// A fragment claims to be the first and the last of its NAL unit (RFC 6184, section 5.8).
    #[error("a fragment is both first and last of its unit")]
    BadFragment,
    /// The fragments of a frame do not follow each other as they must.
    #[error("a fragment does not continue the one before")]
    FragmentOrder,
    /// The frame does not begin where a frame must.
    #[error("the frame's first packet does not begin a frame")]
    NoStart,
}

/// What one payload says about its place in the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadInfo {
    /// Whether a frame begins here.
    pub start: FrameStart,
    /// Whether it belongs to a frame that decoding can start with, as far as it can tell: H.264
    /// carries part of an IDR slice, VP8 is the first packet of a key frame.
    pub key: bool,
}

/// What a payload tells about being the first of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameStart {
    /// It is the first.
    Yes,
    /// It is not the first.
    No,
    /// H.264 does not say: it is the first if the packet before it ended a frame.
    Unknown,
}

/// Reads a received payload's headers.
///
/// # Errors
/// [`PayloadError`] when they are not valid; the packet is then as good as lost.
pub fn inspect(format: PayloadFormat, payload: &[u8]) -> Result<PayloadInfo, PayloadError> {
    match format {
        PayloadFormat::H264 => h264::inspect(payload),
        PayloadFormat::Vp8 => vp8::inspect(payload),
    }
}

/// Joins all payloads of one frame, in order, at the end of `frame`: Annex B with four-byte start
/// codes for H.264, the codec's own frame for VP8.
///
/// # Errors
/// [`PayloadError`] when a payload is not valid or they do not make one whole frame; `frame` may
/// then end in part of it.
pub fn assemble<'a>(
    format: PayloadFormat,
    payloads: impl IntoIterator<Item = &'a [u8]>,
    frame: &mut Vec<u8>,
) -> Result<(), PayloadError> {
    match format {
        PayloadFormat::H264 => h264::assemble(payloads, frame),
        PayloadFormat::Vp8 => vp8::assemble(payloads, frame),
    }
}
