//! H.264 between its two ways of putting NAL units one behind the other: start codes (Annex B), which RTP's
//! packetizer takes, and lengths (AVCC), which VideoToolbox takes.

use duet_media::rtp::nal_units;

use super::h264::{PPS, SPS, START_CODE, kind};

/// Bytes of a length before a NAL unit: what VideoToolbox writes, and is told we write.
pub(crate) const LENGTH_BYTES: usize = 4;
/// An access unit delimiter: the lengths say as much.
const AUD: u8 = 9;

/// Appends the NAL units of `annex_b` to `out`, each behind its length. Parameter sets and delimiters are
/// left out: they travel beside the pictures.
pub(crate) fn to_lengths(annex_b: &[u8], out: &mut Vec<u8>) {
    for unit in nal_units(annex_b).filter(|unit| !matches!(kind(unit), SPS | PPS | AUD)) {
        out.extend_from_slice(&(unit.len() as u32).to_be_bytes());
        out.extend_from_slice(unit);
    }
}

/// Turns the lengths before the NAL units in `units` into start codes, where they are. `false` when the
/// lengths do not add up; `units` is then worthless.
pub(crate) fn lengths_to_start_codes(units: &mut [u8]) -> bool {
    let mut rest = units;
    while !rest.is_empty() {
        let Some((length, behind)) = rest.split_first_chunk_mut::<LENGTH_BYTES>() else { return false };
        let wanted = u32::from_be_bytes(*length) as usize;
        if wanted == 0 || wanted > behind.len() {
            return false;
        }
        *length = START_CODE;
        rest = &mut behind[wanted..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[
        0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4, 5, 0, 0, 1,
        0x65, 6,
    ];

    #[test]
    fn pictures_go_behind_lengths_and_parameter_sets_beside_them() {
        let mut out = Vec::new();
        to_lengths(KEY, &mut out);
        assert_eq!(out, [0, 0, 0, 3, 0x65, 4, 5, 0, 0, 0, 2, 0x65, 6]);
        assert!(lengths_to_start_codes(&mut out));
        assert_eq!(out, [0, 0, 0, 1, 0x65, 4, 5, 0, 0, 0, 1, 0x65, 6]);
    }

    #[test]
    fn lengths_that_do_not_add_up_are_noticed() {
        for broken in
            [&[0, 0, 0, 4, 1][..], &[0, 0, 0, 1], &[0, 0, 1], &[0, 0, 0, 0, 1], &[255, 255, 255, 255, 1]]
        {
            assert!(!lengths_to_start_codes(&mut broken.to_vec()), "{broken:?}");
        }
        assert!(lengths_to_start_codes(&mut []));
    }
}
