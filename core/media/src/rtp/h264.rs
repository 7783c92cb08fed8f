//! RFC 6184, packetization mode 1.

use bytes::{BufMut, BytesMut};

use super::annexb::nal_units;
use super::packetizer::even_parts;
use super::{FrameStart, PayloadError, PayloadInfo};

/// NAL unit types (ITU-T H.264, table 7-1; RFC 6184, table 1).
const IDR: u8 = 5;
const SPS: u8 = 7;
const ACCESS_UNIT_DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

const TYPE_MASK: u8 = 0x1f;
/// Forbidden bit and importance, which an FU indicator shares with its unit.
const HEAD_MASK: u8 = 0xe0;
const FU_START: u8 = 0x80;
const FU_END: u8 = 0x40;

const START_CODE: [u8; 4] = [0, 0, 0, 1];

/// Writes the payloads of an Annex B access unit one after the other, and where each ends.
pub(super) fn packetize(frame: &[u8], max: usize, out: &mut BytesMut, ends: &mut Vec<usize>) {
    let mut units = nal_units(frame).filter(|unit| travels(unit)).peekable();
    while let Some(unit) = units.next() {
        if unit.len() > max {
            fragment(unit, max, out, ends);
            continue;
        }
        // Aggregation header, then two bytes of length for each unit (RFC 6184, section 5.7).
        let mut total = 1 + 2 + unit.len();
        let alone = units.peek().is_none_or(|next| total + 2 + next.len() > max);
        if alone {
            out.put_slice(unit);
        } else {
            let header = out.len();
            out.put_u8(0);
            let mut importance = unit[0];
            put_aggregated(unit, out);
            while let Some(next) = units.next_if(|next| total + 2 + next.len() <= max) {
                total += 2 + next.len();
                importance = importance.max(next[0]);
                put_aggregated(next, out);
            }
            out[header] = (importance & HEAD_MASK) | STAP_A;
        }
        ends.push(out.len());
    }
}

/// Reads the headers of a payload, and checks that [`append`] can take it.
pub(super) fn inspect(payload: &[u8]) -> Result<PayloadInfo, PayloadError> {
    let &head = payload.first().ok_or(PayloadError::Truncated)?;
    let (mut idr, mut sps) = (false, false);
    let mut see = |kind: u8| {
        idr |= kind == IDR;
        sps |= kind == SPS;
    };
    let mut begins_unit = true;
    match head & TYPE_MASK {
        kind @ 1..=23 => see(kind),
        STAP_A => {
            for unit in aggregated(payload) {
                see(unit?[0] & TYPE_MASK);
            }
        }
        FU_A => {
            let fragment = Fragment::read(payload)?;
            see(fragment.head & TYPE_MASK);
            begins_unit = fragment.first;
        }
        kind => return Err(PayloadError::UnsupportedNal(kind)),
    }
    // Parameter sets stand before the slices, so one can only be missed together with an access
    // unit delimiter or supplemental information, which no decoder misses.
    let start = match (sps && begins_unit, begins_unit) {
        (true, _) => FrameStart::Yes,
        (_, true) => FrameStart::Unknown,
        (_, false) => FrameStart::No,
    };
    Ok(PayloadInfo { start, key: idr })
}

pub(super) fn assemble<'a>(
    payloads: impl IntoIterator<Item = &'a [u8]>,
    frame: &mut Vec<u8>,
) -> Result<(), PayloadError> {
    let mut open = None;
    for payload in payloads {
        append(payload, &mut open, frame)?;
    }
    if open.is_some() { Err(PayloadError::FragmentOrder) } else { Ok(()) }
}

/// Appends the units of one payload. `open` is the header of the unit whose fragments are coming.
fn append(payload: &[u8], open: &mut Option<u8>, frame: &mut Vec<u8>) -> Result<(), PayloadError> {
    let &head = payload.first().ok_or(PayloadError::Truncated)?;
    let kind = head & TYPE_MASK;
    if kind == FU_A {
        let fragment = Fragment::read(payload)?;
        match (fragment.first, *open) {
            (true, None) => {
                frame.extend_from_slice(&START_CODE);
                frame.push(fragment.head);
            }
            (false, Some(unit)) if unit == fragment.head => {}
            _ => return Err(PayloadError::FragmentOrder),
        }
        frame.extend_from_slice(fragment.body);
        *open = (!fragment.last).then_some(fragment.head);
        return Ok(());
    }
    if open.is_some() {
        return Err(PayloadError::FragmentOrder);
    }
    match kind {
        1..=23 => put_unit(payload, frame),
        STAP_A => {
            for unit in aggregated(payload) {
                put_unit(unit?, frame);
            }
        }
        _ => return Err(PayloadError::UnsupportedNal(kind)),
    }
    Ok(())
}

/// Whether a unit is worth sending and can be: delimiters only repeat what the marker bit says,
/// and types from 24 on would be read as packets of another kind.
fn travels(unit: &[u8]) -> bool {
    matches!(unit[0] & TYPE_MASK, 1..=23) && unit[0] & TYPE_MASK != ACCESS_UNIT_DELIMITER
}

fn fragment(unit: &[u8], max: usize, out: &mut BytesMut, ends: &mut Vec<usize>) {
    let (head, body) = (unit[0], &unit[1..]);
    let indicator = (head & HEAD_MASK) | FU_A;
    let mut start = FU_START;
    let mut parts = even_parts(body, max - 2).peekable();
    while let Some(part) = parts.next() {
        let end = if parts.peek().is_none() { FU_END } else { 0 };
        out.put_slice(&[indicator, start | end | (head & TYPE_MASK)]);
        out.put_slice(part);
        ends.push(out.len());
        start = 0;
    }
}

fn put_aggregated(unit: &[u8], out: &mut BytesMut) {
    // Units of a STAP-A are smaller than a packet, and a packet is smaller than 64 KiB.
    out.put_u16(unit.len() as u16);
    out.put_slice(unit);
}

fn put_unit(unit: &[u8], frame: &mut Vec<u8>) {
    frame.extend_from_slice(&START_CODE);
    frame.extend_from_slice(unit);
}

/// The units of a STAP-A, none of them empty.
fn aggregated(payload: &[u8]) -> impl Iterator<Item = Result<&[u8], PayloadError>> {
    let mut rest = &payload[1..];
    // An aggregation of nothing is as wrong as one of empty units.
    let mut more = true;
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        let unit = rest.split_at_checked(2).and_then(|(length, units)| {
            units.split_at_checked(usize::from(u16::from_be_bytes([length[0], length[1]])))
        });
        match unit {
            Some((unit, after)) if !unit.is_empty() => {
                more = !after.is_empty();
                rest = after;
                // A nested aggregation or fragment is not allowed (RFC 6184, section 5.7.1).
                Some(match unit[0] & TYPE_MASK {
                    1..=23 => Ok(unit),
                    kind => Err(PayloadError::UnsupportedNal(kind)),
                })
            }
            _ => {
                more = false;
                Some(Err(PayloadError::BadLength))
            }
        }
    })
}

/// An FU-A payload (RFC 6184, section 5.8).
struct Fragment<'a> {
    first: bool,
    last: bool,
    /// Header of the fragmented unit.
    head: u8,
    body: &'a [u8],
}

impl Fragment<'_> {
    fn read(payload: &[u8]) -> Result<Fragment<'_>, PayloadError> {
        let [indicator, header, body @ ..] = payload else {
            return Err(PayloadError::Truncated);
        };
        let fragment = Fragment {
            first: header & FU_START != 0,
            last: header & FU_END != 0,
            head: (indicator & HEAD_MASK) | (header & TYPE_MASK),
            body,
        };
        if body.is_empty() {
            return Err(PayloadError::Truncated);
        }
        if fragment.first && fragment.last {
            return Err(PayloadError::BadFragment);
        }
        match header & TYPE_MASK {
            1..=23 => Ok(fragment),
            kind => Err(PayloadError::UnsupportedNal(kind)),
        }
    }
}
