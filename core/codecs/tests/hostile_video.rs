//! Bytes that no honest encoder sends in this order, or at all.

mod common;

use common::{Random, Source, config, psnr_y};
use duet_codecs::{CodecError, VideoCodec, video_codecs, video_decoder};

fn is_corrupt<T: std::fmt::Debug>(result: Result<T, CodecError>) -> bool {
    matches!(result, Err(CodecError::Corrupt { .. }))
}

#[test]
fn nothing_is_decoded_before_a_key_frame() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(320, 240, 500_000));
        source.frame(false);
        let delta = source.frame(false);
        let mut decoder = video_decoder(codec).expect("decoder");
        assert!(is_corrupt(decoder.decode(&delta)), "{codec}");
    }
}

#[test]
fn a_truncated_frame_is_an_error_and_the_next_key_frame_heals() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(640, 480, 1_000_000));
        let mut decoder = video_decoder(codec).expect("decoder");
        let first = source.frame(false);
        for part in [first.len() - 1, first.len() / 2, 40, 11, 4, 1, 0] {
            // The last byte may be trailing bits only; anything shorter is visibly damaged.
            let result = decoder.decode(&first[..part]).map(|picture| picture.is_some());
            assert!(part == first.len() - 1 || result != Ok(true), "{codec}: {part} bytes");
        }
        let key = source.frame(true);
        decoder.decode(&key).expect("decode").expect("picture");
        let delta = source.frame(false);
        assert!(is_corrupt(decoder.decode(&delta[..delta.len() / 2])), "{codec}: half a delta frame");
        let after = source.frame(false);
        assert!(is_corrupt(decoder.decode(&after)), "{codec}: refused until a key frame");
        let key = source.frame(true);
        let decoded = decoder.decode(&key).expect("decode").expect("picture");
        assert!(psnr_y(source.picture.as_ref(), decoded) > 28.0, "{codec}");
    }
}

#[test]
fn h264_reports_a_missing_reference() {
    if !video_codecs().contains(&VideoCodec::H264) {
        return;
    }
    let mut source = Source::new(VideoCodec::H264, config(640, 480, 1_000_000));
    let mut decoder = video_decoder(VideoCodec::H264).expect("decoder");
    for _ in 0..5 {
        let data = source.frame(false);
        decoder.decode(&data).expect("decode");
    }
    source.frame(false);
    let orphan = source.frame(false);
    assert!(is_corrupt(decoder.decode(&orphan)));
    let next = source.frame(false);
    assert!(is_corrupt(decoder.decode(&next)), "its successors are built on it");
    let key = source.frame(true);
    decoder.decode(&key).expect("decode").expect("picture");
    let delta = source.frame(false);
    decoder.decode(&delta).expect("decode").expect("picture");
}

#[test]
fn h264_parameter_sets_alone_give_no_picture_and_no_error() {
    if !video_codecs().contains(&VideoCodec::H264) {
        return;
    }
    let mut source = Source::new(VideoCodec::H264, config(320, 240, 500_000));
    let key = source.frame(false);
    let slice = key.windows(4).rposition(|w| w == [0, 0, 0, 1]).expect("slice");
    let mut decoder = video_decoder(VideoCodec::H264).expect("decoder");
    assert!(matches!(decoder.decode(&key[..slice]), Ok(None)));
    assert!(matches!(decoder.decode(&key[slice..]), Ok(Some(_))));
}

#[test]
fn random_bytes_never_panic_and_the_decoder_goes_on() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(320, 240, 500_000));
        let key = source.frame(false);
        let delta = source.frame(false);
        let mut decoder = video_decoder(codec).expect("decoder");
        let mut random = Random(20_261_121);
        for round in 0..1500 {
            let data = match round % 4 {
                0 => {
                    let count = random.below(400);
                    random.bytes(count)
                }
                // A valid beginning, then anything.
                1 => {
                    let count = random.below(400);
                    [&key[..random.below(60)], &random.bytes(count)].concat()
                }
                // Some bytes of a good frame turned.
                _ => {
                    let mut data = if round % 2 == 0 { key.clone() } else { delta.clone() };
                    for _ in 0..1 + random.below(8) {
                        let at = random.below(data.len());
                        data[at] = random.next() as u8;
                    }
                    data
                }
            };
            // Errors and pictures are both fine; crashes are not.
            let _ = decoder
                .decode(&data)
                .map(|picture| picture.map(|p| p.y.iter().map(|&b| u64::from(b)).sum::<u64>()));
        }
        let decoded = decoder.decode(&key).expect("goes on").expect("picture");
        assert_eq!((decoded.width, decoded.height), (320, 240), "{codec}");
    }
}
