//! The RTX payload format, RFC 4588: a retransmitted packet is its original sequence number
//! followed by its original payload, in a stream of its own.

use bytes::{BufMut, Bytes, BytesMut};

/// Bytes of the original sequence number in front of the payload.
pub const RTX_OVERHEAD: usize = 2;

/// Takes an RTX payload apart: the original sequence number and the original payload, without
/// copying.
///
/// `None` for a packet that repeats nothing: probes are padding only, so that what is left of
/// them after removing RTP padding is shorter than the header or ends with it.
pub fn unwrap_rtx(payload: &Bytes) -> Option<(u16, Bytes)> {
    if payload.len() <= RTX_OVERHEAD {
        return None;
    }
    let seq = u16::from_be_bytes([payload[0], payload[1]]);
    Some((seq, payload.slice(RTX_OVERHEAD..)))
}

/// The RTX payload that repeats `payload`, first sent with sequence number `seq`.
pub fn wrap_rtx(seq: u16, payload: &[u8]) -> Bytes {
    let mut rtx = BytesMut::with_capacity(RTX_OVERHEAD + payload.len());
    rtx.put_u16(seq);
    rtx.put_slice(payload);
    rtx.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_number_is_big_endian_and_comes_first() {
        assert_eq!(&wrap_rtx(0x1234, &[9])[..], &[0x12, 0x34, 9]);
    }

    #[test]
    fn probes_repeat_nothing() {
        for payload in [&[][..], &[1], &[1, 2]] {
            assert_eq!(unwrap_rtx(&Bytes::copy_from_slice(payload)), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_wrapped_comes_out_again(
            seq in any::<u16>(),
            payload in proptest::collection::vec(any::<u8>(), 1..100),
        ) {
            let unwrapped = unwrap_rtx(&wrap_rtx(seq, &payload));
            prop_assert_eq!(unwrapped, Some((seq, Bytes::from(payload))));
        }
    }
}
