//! What a build says it has, and what it makes of wishes it cannot fulfil.

mod common;

use duet_codecs::{CodecError, CodecKind, VideoCodec, available, video_codecs, video_decoder, video_encoder};

#[test]
fn every_listed_codec_can_be_made_and_names_itself_as_listed() {
    let list = available();
    for (&codec, info) in video_codecs().iter().zip(&list) {
        let encoder = video_encoder(codec, &common::config(320, 240, 300_000)).expect("encoder");
        let decoder = video_decoder(codec).expect("decoder");
        assert_eq!((encoder.codec(), decoder.codec()), (codec, codec));
        assert_eq!(
            (encoder.implementation(), decoder.implementation()),
            (info.implementation, info.implementation)
        );
        assert_eq!((info.name, info.kind), (codec.mime_type(), CodecKind::Video));
    }
    let audio = list.last().expect("Opus is always there");
    assert_eq!((audio.name, audio.kind), ("audio/opus", CodecKind::Audio));
    assert_eq!(list.len(), video_codecs().len() + 1);
}

#[test]
fn a_codec_that_is_not_in_the_build_is_unavailable() {
    for codec in [VideoCodec::H264, VideoCodec::Vp8] {
        if video_codecs().contains(&codec) {
            continue;
        }
        let wanted = CodecError::Unavailable(codec.mime_type());
        assert_eq!(video_encoder(codec, &common::config(320, 240, 300_000)).err(), Some(wanted.clone()));
        assert_eq!(video_decoder(codec).err(), Some(wanted));
    }
}

#[test]
fn impossible_settings_are_refused() {
    for &codec in video_codecs() {
        for (width, height) in [(0, 0), (8, 8), (100_000, 16), (641, 480), (u32::MAX, u32::MAX)] {
            let made = video_encoder(codec, &common::config(width, height, 300_000));
            assert!(matches!(made.err(), Some(CodecError::Init { .. })), "{codec} {width}x{height}");
        }
    }
}
