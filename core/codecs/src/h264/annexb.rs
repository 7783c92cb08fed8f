//! Just enough Annex B (H.264 annex B.1) to know what an access unit holds.

/// What was found in one access unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// A slice of an IDR picture: decoding may start here.
    pub idr: bool,
    /// A slice of any kind: a picture is to come out.
    pub slice: bool,
    /// Any NAL unit at all.
    pub any: bool,
}

const NAL_SLICE: u8 = 1;
const NAL_IDR: u8 = 5;

/// Scans `data` for NAL units. Stops at the first slice, which decides: slices of IDR and other
/// pictures never share an access unit.
pub(super) fn contents(data: &[u8]) -> Contents {
    let mut found = Contents::default();
    let mut rest = data;
    while let Some(header) = next_header(&mut rest) {
        found.any = true;
        let kind = header & 0x1F;
        if (NAL_SLICE..=NAL_IDR).contains(&kind) {
            found.slice = true;
            found.idr = kind == NAL_IDR;
            break;
        }
    }
    found
}

/// Moves `rest` past the next start code and its NAL unit header, which it gives.
fn next_header(rest: &mut &[u8]) -> Option<u8> {
    let start = rest.windows(3).position(|w| w == [0, 0, 1])?;
    let header = *rest.get(start + 3)?;
    *rest = &rest[start + 4..];
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_before_an_idr_slice_are_a_key_frame() {
        let found = contents(&[0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 3, 0, 0, 1, 0x65, 4]);
        assert_eq!(found, Contents { idr: true, slice: true, any: true });
    }

    #[test]
    fn a_plain_slice_is_no_key_frame() {
        let found = contents(&[0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x41, 1]);
        assert_eq!(found, Contents { idr: false, slice: true, any: true });
    }

    #[test]
    fn bytes_without_a_start_code_hold_nothing() {
        assert_eq!(contents(&[1, 2, 3, 4, 0, 0]), Contents::default());
        assert_eq!(contents(&[0, 0, 1]), Contents::default());
        assert_eq!(contents(&[]), Contents::default());
    }
}
