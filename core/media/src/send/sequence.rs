//! 16-bit sequence numbers as positions on an endless line.

/// Where an endless count starts, so that a few numbers before the first one still fit.
pub(crate) const ORIGIN: u64 = 1 << 16;

/// The position with the low 16 bits `seq` that is nearest to `near` (RFC 3550 appendix A.1 calls
/// it the extended sequence number). Half a cycle away counts as behind.
pub(crate) fn extend(seq: u16, near: u64) -> u64 {
    let ahead = i64::from(seq.wrapping_sub(near as u16) as i16);
    near.saturating_add_signed(ahead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_after_the_wrap_is_ahead() {
        assert_eq!(extend(2, ORIGIN + 0xfffe), ORIGIN + 0x1_0002);
    }

    #[test]
    fn a_number_before_the_wrap_is_behind() {
        assert_eq!(extend(0xfffe, ORIGIN + 0x1_0002), ORIGIN + 0xfffe);
    }

    proptest! {
        #[test]
        fn any_position_within_half_a_cycle_is_found_again(
            near in ORIGIN..1u64 << 40,
            ahead in -0x8000i64..0x8000,
        ) {
            let wanted = near.saturating_add_signed(ahead);
            prop_assert_eq!(extend(wanted as u16, near), wanted);
        }
    }
}
