//! RFC 7741: VP8, written with one partition and a 15-bit picture id, read in every form.

use bytes::{BufMut, BytesMut};

use super::packetizer::even_parts;
use super::{FrameStart, PayloadError, PayloadInfo};

/// Payload descriptor bits (RFC 7741, section 4.2).
const EXTENDED: u8 = 0x80;
const STARTS_PARTITION: u8 = 0x10;
const PARTITION_MASK: u8 = 0x07;
const HAS_PICTURE_ID: u8 = 0x80;
const HAS_TL0_INDEX: u8 = 0x40;
const HAS_LAYER: u8 = 0x20;
const HAS_KEY_INDEX: u8 = 0x10;
const LONG_PICTURE_ID: u8 = 0x80;

/// Bytes of the descriptor that [`packetize`] writes.
const DESCRIPTOR: usize = 4;
/// The bit of a frame's first byte that is clear in key frames (RFC 6386, section 9.1).
const INTER_FRAME: u8 = 0x01;

/// Writes the payloads of a frame one after the other, and where each ends. The frame counts as
/// one partition: RFC 7741 lets a packet go on over the borders of partitions.
pub(super) fn packetize(
    frame: &[u8],
    picture_id: u16,
    max: usize,
    out: &mut BytesMut,
    ends: &mut Vec<usize>,
) {
    let mut start = STARTS_PARTITION;
    for part in even_parts(frame, max - DESCRIPTOR) {
        let [high, low] = picture_id.to_be_bytes();
        out.put_slice(&[EXTENDED | start, HAS_PICTURE_ID, LONG_PICTURE_ID | high, low]);
        out.put_slice(part);
        ends.push(out.len());
        start = 0;
    }
}

pub(super) fn inspect(payload: &[u8]) -> Result<PayloadInfo, PayloadError> {
    let (first, body) = split(payload)?;
    let key = first && body[0] & INTER_FRAME == 0;
    let start = if first { FrameStart::Yes } else { FrameStart::No };
    Ok(PayloadInfo { start, key })
}

pub(super) fn assemble<'a>(
    payloads: impl IntoIterator<Item = &'a [u8]>,
    frame: &mut Vec<u8>,
) -> Result<(), PayloadError> {
    for (n, payload) in payloads.into_iter().enumerate() {
        let (first, body) = split(payload)?;
        match (n == 0, first) {
            (true, false) => return Err(PayloadError::NoStart),
            (false, true) => return Err(PayloadError::FragmentOrder),
            (true, true) | (false, false) => frame.extend_from_slice(body),
        }
    }
    Ok(())
}

/// Whether a frame begins here, and the payload behind the descriptor, which is never empty.
fn split(payload: &[u8]) -> Result<(bool, &[u8]), PayloadError> {
    let byte = |at: usize| payload.get(at).copied().ok_or(PayloadError::Truncated);
    let head = byte(0)?;
    let mut length = 1;
    if head & EXTENDED != 0 {
        let has = byte(1)?;
        length = 2;
        if has & HAS_PICTURE_ID != 0 {
            length += if byte(length)? & LONG_PICTURE_ID != 0 { 2 } else { 1 };
        }
        length += usize::from(has & HAS_TL0_INDEX != 0);
        length += usize::from(has & (HAS_LAYER | HAS_KEY_INDEX) != 0);
    }
    match payload.get(length..) {
        Some(body) if !body.is_empty() => {
            Ok((head & STARTS_PARTITION != 0 && head & PARTITION_MASK == 0, body))
        }
        _ => Err(PayloadError::Truncated),
    }
}
