//! One encoded frame to the payloads of its packets.

use bytes::{Bytes, BytesMut};

use super::{PayloadFormat, h264, vp8};

/// Largest payload unless told otherwise, in bytes.
///
/// A datagram must stay below 1280 bytes, the least that every IPv6 path carries whole (RFC 8200):
/// 1280 - 40 (IPv6) - 8 (UDP) = 1232. Off that go 36 for TURN (a Send indication with an IPv6 peer;
/// channel data needs only 4), 16 for the SRTP tag, 12 + 4 + 4 for the RTP header and a
/// transport-wide sequence number. 1160 are left. The two bytes an RTX packet adds (RFC 4588) come
/// out of the 32 that a channel saves, and channels are always bound before media flows.
pub const DEFAULT_MAX_PAYLOAD: usize = 1160;

/// Smallest limit a packetizer takes: below this, headers outweigh the picture.
pub const MIN_MAX_PAYLOAD: usize = 100;

/// Largest limit a packetizer takes: an aggregated unit's length has 16 bits.
const MAX_MAX_PAYLOAD: usize = 65_000;

/// What a frame grows by at most for every full payload: a descriptor of VP8 (4), a fragment's or
/// an aggregate's header of H.264 (2 or 3) and rounding to even parts.
const OVERHEAD: usize = 8;

/// Cuts encoded frames of one stream into payloads.
///
/// All payloads of a frame are slices of one allocation, and those of one picture or NAL unit
/// are equally large: an even train of packets queues less than full packets and a stub.
#[derive(Debug)]
pub struct Packetizer {
    format: PayloadFormat,
    max_payload: usize,
    /// 15 bits, counts frames of VP8 (RFC 7741).
    picture_id: u16,
    buffer: BytesMut,
    ends: Vec<usize>,
}

impl Packetizer {
    /// A packetizer with payloads of at most [`DEFAULT_MAX_PAYLOAD`] bytes.
    pub fn new(format: PayloadFormat) -> Packetizer {
        Packetizer {
            format,
            max_payload: DEFAULT_MAX_PAYLOAD,
            picture_id: 0,
            buffer: BytesMut::new(),
            ends: Vec::new(),
        }
    }

    /// What it writes.
    pub fn format(&self) -> PayloadFormat {
        self.format
    }

    /// Sets the largest payload in bytes, from the next frame on; at least [`MIN_MAX_PAYLOAD`].
    pub fn set_max_payload(&mut self, bytes: usize) {
        self.max_payload = bytes.clamp(MIN_MAX_PAYLOAD, MAX_MAX_PAYLOAD);
    }

    /// Cuts one encoded frame: an Annex B access unit of H.264, or a VP8 frame. Access unit
    /// delimiters are dropped. A frame that holds nothing to send gives no payload.
    pub fn packetize(&mut self, frame: &[u8]) -> Payloads<'_> {
        let max = self.max_payload;
        self.ends.clear();
        self.buffer.reserve(frame.len() + OVERHEAD * (frame.len() / (max / 2) + 2));
        match self.format {
            PayloadFormat::H264 => h264::packetize(frame, max, &mut self.buffer, &mut self.ends),
            PayloadFormat::Vp8 => {
                vp8::packetize(frame, self.picture_id, max, &mut self.buffer, &mut self.ends);
                self.picture_id = (self.picture_id + 1) & 0x7fff;
            }
        }
        Payloads { data: self.buffer.split().freeze(), at: 0, ends: self.ends.iter() }
    }
}

/// One packet's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The bytes behind the RTP header, before encryption.
    pub data: Bytes,
    /// The RTP marker bit: set on the last packet of a frame.
    pub marker: bool,
}

/// The payloads of one frame, in sending order.
#[derive(Debug)]
pub struct Payloads<'a> {
    data: Bytes,
    at: usize,
    ends: std::slice::Iter<'a, usize>,
}

impl Iterator for Payloads<'_> {
    type Item = Payload;

    fn next(&mut self) -> Option<Payload> {
        let &end = self.ends.next()?;
        let data = self.data.slice(self.at..end);
        self.at = end;
        Some(Payload { data, marker: self.ends.len() == 0 })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

impl ExactSizeIterator for Payloads<'_> {}

/// Cuts `bytes` into as few parts of at most `max` bytes as possible, whose sizes differ by at
/// most one. No bytes give no part.
pub(super) fn even_parts(bytes: &[u8], max: usize) -> impl Iterator<Item = &[u8]> {
    let mut parts = bytes.len().div_ceil(max);
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let size = rest.len().div_ceil(parts.max(1));
        let (part, after) = rest.split_at(size);
        parts = parts.saturating_sub(1);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}
