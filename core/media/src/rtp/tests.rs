use bytes::Bytes;
use proptest::prelude::*;

use super::annexb::nal_units;
use super::*;

fn annex_b(units: &[&[u8]]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&[0, 0, 0, 1], *unit].concat()).collect()
}

/// A NAL unit with the given header whose bytes hold no start code and do not end in zero.
fn unit(head: u8, length: usize) -> Vec<u8> {
    (0..length).map(|n| if n == 0 { head } else { (n % 250) as u8 + 2 }).collect()
}

fn cut(format: PayloadFormat, frame: &[u8]) -> Vec<Bytes> {
    let mut packetizer = Packetizer::new(format);
    let payloads: Vec<_> = packetizer.packetize(frame).collect();
    for (n, payload) in payloads.iter().enumerate() {
        assert_eq!(payload.marker, n + 1 == payloads.len());
        assert!(!payload.data.is_empty() && payload.data.len() <= DEFAULT_MAX_PAYLOAD);
        inspect(format, &payload.data).unwrap();
    }
    payloads.into_iter().map(|payload| payload.data).collect()
}

fn join(format: PayloadFormat, payloads: &[Bytes]) -> Result<Vec<u8>, PayloadError> {
    let mut frame = Vec::new();
    assemble(format, payloads.iter().map(|payload| &payload[..]), &mut frame)?;
    Ok(frame)
}

fn assert_even(payloads: &[Bytes]) {
    let sizes = payloads.iter().map(Bytes::len);
    assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
}

#[test]
fn an_h264_key_frame_is_a_stap_of_parameter_sets_and_even_fragments() {
    let (sps, pps, idr) = (unit(0x67, 12), unit(0x68, 4), unit(0x65, 5_000));
    let frame = annex_b(&[&[0x09, 0xf0], &sps, &pps, &idr]);
    let payloads = cut(PayloadFormat::H264, &frame);
    assert_eq!(payloads[0], [&[0x78, 0, 12], &sps[..], &[0, 4], &pps[..]].concat());
    assert_eq!(payloads.len(), 6);
    assert_even(&payloads[1..]);
    let heads: Vec<_> = payloads[1..].iter().map(|p| (p[0], p[1])).collect();
    assert_eq!(heads, [(0x7c, 0x85), (0x7c, 0x05), (0x7c, 0x05), (0x7c, 0x05), (0x7c, 0x45)]);
    assert_eq!(join(PayloadFormat::H264, &payloads), Ok(annex_b(&[&sps, &pps, &idr])));
}

#[test]
fn an_h264_unit_that_fits_travels_as_it_is() {
    let slice = unit(0x41, 1_160);
    assert_eq!(cut(PayloadFormat::H264, &annex_b(&[&slice])), [slice]);
}

#[test]
fn an_h264_unit_one_byte_too_large_is_cut_in_halves() {
    let payloads = cut(PayloadFormat::H264, &annex_b(&[&unit(0x41, 1_161)]));
    assert_eq!(payloads.iter().map(Bytes::len).collect::<Vec<_>>(), [582, 582]);
}

#[test]
fn h264_payloads_tell_where_frames_begin_and_which_are_key() {
    let info = |payload: &[u8]| {
        let info = inspect(PayloadFormat::H264, payload).unwrap();
        (info.start, info.key)
    };
    assert_eq!(info(&[0x41, 1]), (FrameStart::Unknown, false));
    assert_eq!(info(&[0x65, 1]), (FrameStart::Unknown, true));
    assert_eq!(info(&[0x67, 1]), (FrameStart::Yes, false));
    assert_eq!(info(&[0x78, 0, 1, 0x67, 0, 1, 0x68]), (FrameStart::Yes, false));
    assert_eq!(info(&[0x78, 0, 1, 0x67, 0, 1, 0x65]), (FrameStart::Yes, true));
    assert_eq!(info(&[0x7c, 0x85, 1]), (FrameStart::Unknown, true));
    assert_eq!(info(&[0x7c, 0x05, 1]), (FrameStart::No, true));
    assert_eq!(info(&[0x5c, 0x41, 1]), (FrameStart::No, false));
}

#[test]
fn h264_payloads_that_are_cut_short_or_of_other_modes_are_errors() {
    let error = |payload: &[u8]| inspect(PayloadFormat::H264, payload).unwrap_err();
    assert_eq!(error(&[]), PayloadError::Truncated);
    assert_eq!(error(&[0x7c]), PayloadError::Truncated);
    assert_eq!(error(&[0x7c, 0x85]), PayloadError::Truncated);
    assert_eq!(error(&[0x7c, 0xc5, 1]), PayloadError::BadFragment);
    assert_eq!(error(&[0x7c, 0x9c, 1]), PayloadError::UnsupportedNal(28));
    assert_eq!(error(&[0x78]), PayloadError::BadLength);
    assert_eq!(error(&[0x78, 0]), PayloadError::BadLength);
    assert_eq!(error(&[0x78, 0, 0]), PayloadError::BadLength);
    assert_eq!(error(&[0x78, 0, 2, 0x67]), PayloadError::BadLength);
    assert_eq!(error(&[0x78, 0, 1, 0x67, 0]), PayloadError::BadLength);
    assert_eq!(error(&[0x78, 0, 1, 0x78]), PayloadError::UnsupportedNal(24));
    assert_eq!(error(&[0x79, 0, 1]), PayloadError::UnsupportedNal(25));
    assert_eq!(error(&[0x40, 0, 1]), PayloadError::UnsupportedNal(0));
}

#[test]
fn h264_fragments_that_do_not_continue_each_other_are_errors() {
    let payloads = cut(PayloadFormat::H264, &annex_b(&[&unit(0x65, 4_000)]));
    let join = |chosen: &[usize]| {
        let chosen: Vec<_> = chosen.iter().map(|&n| payloads[n].clone()).collect();
        join(PayloadFormat::H264, &chosen)
    };
    assert!(join(&[0, 1, 2, 3]).is_ok());
    for broken in [&[1, 2, 3][..], &[0, 1, 2], &[0, 0, 1, 2, 3], &[3]] {
        assert_eq!(join(broken), Err(PayloadError::FragmentOrder), "{broken:?}");
    }
}

#[test]
fn an_annex_b_stream_is_split_at_start_codes_of_both_lengths() {
    let stream = [0xee, 0, 0, 1, 0x67, 1, 0, 0, 0, 0, 1, 0x68, 0, 0, 1, 0, 0, 1, 0x65, 2, 0, 0];
    let units: Vec<_> = nal_units(&stream).collect();
    assert_eq!(units, [&[0x67, 1][..], &[0x68], &[0x65, 2]]);
    assert_eq!(nal_units(&[1, 2, 3, 4]).count(), 0);
    assert_eq!(nal_units(&[0, 0, 1]).count(), 0);
}

#[test]
fn a_frame_with_nothing_to_send_gives_no_payload() {
    assert!(cut(PayloadFormat::H264, &[]).is_empty());
    assert!(cut(PayloadFormat::H264, &annex_b(&[&[0x09, 0xf0]])).is_empty());
    assert!(cut(PayloadFormat::Vp8, &[]).is_empty());
}

#[test]
fn vp8_payloads_carry_a_long_picture_id_and_mark_the_first() {
    let mut packetizer = Packetizer::new(PayloadFormat::Vp8);
    for _ in 0..0x7fff {
        packetizer.packetize(&[0x10]);
    }
    let frame = vec![0x10; 3_000];
    let heads = |packetizer: &mut Packetizer| -> Vec<Vec<u8>> {
        packetizer.packetize(&frame).map(|payload| payload.data[..4].to_vec()).collect()
    };
    let first = [[0x90, 0x80, 0xff, 0xff], [0x80, 0x80, 0xff, 0xff], [0x80, 0x80, 0xff, 0xff]];
    let second = [[0x90, 0x80, 0x80, 0x00], [0x80, 0x80, 0x80, 0x00], [0x80, 0x80, 0x80, 0x00]];
    assert_eq!(heads(&mut packetizer), first);
    assert_eq!(heads(&mut packetizer), second);
}

#[test]
fn vp8_payloads_of_a_frame_are_even_and_join_to_it() {
    let frame: Vec<u8> = (0..10_000).map(|n| n as u8).collect();
    let payloads = cut(PayloadFormat::Vp8, &frame);
    assert_eq!(payloads.len(), 9);
    assert_even(&payloads);
    assert_eq!(join(PayloadFormat::Vp8, &payloads), Ok(frame));
    assert_eq!(join(PayloadFormat::Vp8, &payloads[1..]), Err(PayloadError::NoStart));
    let twice = [payloads.clone(), payloads].concat();
    assert_eq!(join(PayloadFormat::Vp8, &twice), Err(PayloadError::FragmentOrder));
}

#[test]
fn vp8_descriptors_of_every_form_are_read() {
    let body = [0x10, 7];
    for descriptor in [
        &[0x10][..],
        &[0x90, 0x00],
        &[0x90, 0x80, 0x11],
        &[0x90, 0x80, 0x91, 0x22],
        &[0x90, 0x40, 0x33],
        &[0x90, 0x20, 0x44],
        &[0x90, 0x10, 0x44],
        &[0x90, 0x30, 0x44],
        &[0xb0, 0xf0, 0x91, 0x22, 0x33, 0x44],
    ] {
        let payload = Bytes::from([descriptor, &body].concat());
        let info = inspect(PayloadFormat::Vp8, &payload).unwrap();
        assert_eq!((info.start, info.key), (FrameStart::Yes, true), "{descriptor:x?}");
        for length in 0..=descriptor.len() {
            let cut_short = inspect(PayloadFormat::Vp8, &payload[..length]);
            assert_eq!(cut_short, Err(PayloadError::Truncated));
        }
        assert_eq!(join(PayloadFormat::Vp8, &[payload]), Ok(body.to_vec()));
    }
}

#[test]
fn only_the_first_packet_of_a_vp8_key_frame_is_key() {
    let info = |payload: &[u8]| {
        let info = inspect(PayloadFormat::Vp8, payload).unwrap();
        (info.start, info.key)
    };
    assert_eq!(info(&[0x10, 0x11]), (FrameStart::Yes, false));
    assert_eq!(info(&[0x00, 0x10]), (FrameStart::No, false));
    assert_eq!(info(&[0x11, 0x10]), (FrameStart::No, false));
}

#[test]
fn a_payload_limit_stays_within_what_the_formats_can_say() {
    for (asked, most) in [(0, MIN_MAX_PAYLOAD), (500, 500), (1_000_000, 65_000)] {
        let mut packetizer = Packetizer::new(PayloadFormat::H264);
        packetizer.set_max_payload(asked);
        let frame = annex_b(&[&unit(0x41, 200_000)]);
        assert!(packetizer.packetize(&frame).all(|payload| payload.data.len() <= most));
    }
}

#[test]
fn a_frame_is_one_allocation() {
    let mut packetizer = Packetizer::new(PayloadFormat::Vp8);
    let frame = vec![1; 100_000];
    let payloads: Vec<_> = packetizer.packetize(&frame).collect();
    let span = |p: &Payload| p.data.as_ptr_range();
    assert!(payloads.windows(2).all(|pair| span(&pair[0]).end == span(&pair[1]).start));
}

fn format() -> impl Strategy<Value = PayloadFormat> {
    prop_oneof![Just(PayloadFormat::H264), Just(PayloadFormat::Vp8)]
}

/// Foreign bytes, the first of them mostly one that leads somewhere.
fn foreign() -> impl Strategy<Value = Vec<u8>> {
    let head = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0x41, 0x65, 0x67, 0x78, 0x7c, 0x5c, 0x10, 0x80, 0x90, 0xb0])
    ];
    (head, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(head, mut rest)| {
        rest.insert(0, head);
        rest
    })
}

proptest! {
    #[test]
    fn foreign_payloads_never_panic(format in format(), payloads in prop::collection::vec(foreign(), 0..6)) {
        let mut frame = Vec::new();
        let joined = assemble(format, payloads.iter().map(Vec::as_slice), &mut frame);
        let inspected: Vec<_> = payloads.iter().map(|payload| inspect(format, payload)).collect();
        if inspected.iter().any(Result::is_err) {
            prop_assert!(joined.is_err());
        }
    }

    #[test]
    fn every_h264_frame_survives_the_way(
        lengths in prop::collection::vec((1_u8..24, 1_usize..4_000), 1..8),
        max in MIN_MAX_PAYLOAD..2_000,
    ) {
        let units: Vec<_> = lengths.iter().map(|&(kind, length)| unit(0x60 | kind, length)).collect();
        let frame = annex_b(&units.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut packetizer = Packetizer::new(PayloadFormat::H264);
        packetizer.set_max_payload(max);
        let payloads: Vec<_> = packetizer.packetize(&frame).map(|payload| payload.data).collect();
        prop_assert!(payloads.iter().all(|payload| payload.len() <= max));
        let kept: Vec<_> =
            units.iter().filter(|unit| unit[0] & 0x1f != 9).map(Vec::as_slice).collect();
        prop_assert_eq!(join(PayloadFormat::H264, &payloads), Ok(annex_b(&kept)));
    }

    #[test]
    fn foreign_bytes_never_break_the_packetizer(frame in prop::collection::vec(0_u8..4, 0..3_000), format in format()) {
        let mut packetizer = Packetizer::new(format);
        packetizer.set_max_payload(200);
        for payload in packetizer.packetize(&frame) {
            prop_assert!(payload.data.len() <= 200);
            prop_assert!(inspect(format, &payload.data).is_ok());
        }
    }

    #[test]
    fn every_vp8_frame_survives_the_way(frame in prop::collection::vec(any::<u8>(), 1..9_000), max in MIN_MAX_PAYLOAD..2_000) {
        let mut packetizer = Packetizer::new(PayloadFormat::Vp8);
        packetizer.set_max_payload(max);
        let payloads: Vec<_> = packetizer.packetize(&frame).map(|payload| payload.data).collect();
        prop_assert_eq!(payloads.len(), frame.len().div_ceil(max - 4));
        assert_even(&payloads);
        prop_assert_eq!(join(PayloadFormat::Vp8, &payloads), Ok(frame));
    }
}
