//! What an encoder and a decoder of the same codec promise each other.

mod common;

use common::{FPS, Source, TICKS, config, moving_picture, psnr_y};
use duet_codecs::{CodecError, EncoderConfig, VideoCodec, video_codecs, video_decoder};
use duet_media::frame::{I420Frame, I420Ref};

#[test]
fn what_is_encoded_can_be_recognised_when_decoded() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(640, 480, 1_500_000));
        let mut decoder = video_decoder(codec).expect("decoder");
        let mut worst = f64::MAX;
        for n in 0..60 {
            let data = source.frame(false);
            let decoded = decoder.decode(&data).expect("decode").expect("a picture per frame, without delay");
            let quality = psnr_y(source.picture.as_ref(), decoded);
            // The first second pays for the key frame.
            if n >= 30 {
                worst = worst.min(quality);
            }
        }
        assert!(worst > 33.0, "{codec}: {worst:.1} dB");
    }
}

#[test]
fn only_the_first_frame_is_a_key_frame_until_one_is_asked_for() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(320, 240, 400_000));
        let keys: Vec<bool> = (0..40)
            .map(|n| {
                source.frame(n == 25);
                source.out.key
            })
            .collect();
        let wanted: Vec<bool> = (0..40).map(|n| n == 0 || n == 25).collect();
        assert_eq!(keys, wanted, "{codec}");
    }
}

#[test]
fn a_forced_key_frame_is_decodable_on_its_own() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(640, 480, 1_000_000));
        for _ in 0..5 {
            source.frame(false);
        }
        let data = source.frame(true);
        let mut late = video_decoder(codec).expect("decoder");
        let decoded = late.decode(&data).expect("decode").expect("picture");
        let quality = psnr_y(source.picture.as_ref(), decoded);
        assert!(quality > 28.0, "{codec}: {quality:.1} dB");
    }
}

#[test]
fn the_rate_is_met_and_follows_changes_in_mid_stream() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(640, 480, 1_500_000));
        // A second to settle after the start and after each change.
        for target in [1_500_000, 300_000, 1_500_000] {
            source.encoder.set_rates(target, FPS).expect("rates");
            let _settle: usize = (0..30).map(|_| source.frame(false).len()).sum();
            let bytes: usize = (0..90).map(|_| source.frame(false).len()).sum();
            let rate = bytes as f64 * 8.0 / 3.0;
            let error = rate / f64::from(target) - 1.0;
            assert!(error.abs() < 0.15, "{codec}: {rate:.0} bit/s for {target}");
        }
    }
}

#[test]
fn a_lower_frame_rate_gets_larger_frames() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(640, 480, 600_000));
        let at_30: usize = (0..60).map(|_| source.frame(false).len()).skip(30).sum();
        source.encoder.set_rates(600_000, 15.0).expect("rates");
        let mut picture = I420Frame::default();
        let mut at_15 = 0;
        for n in 0..60 {
            picture.clone_from(&moving_picture(640, 480, n));
            let timestamp = 60 * TICKS + u64::from(n) * 2 * TICKS;
            assert!(
                source.encoder.encode(picture.as_ref(), timestamp, false, &mut source.out).expect("encode")
            );
            at_15 += if n >= 30 { source.out.data.len() } else { 0 };
        }
        let ratio = at_15 as f64 / at_30 as f64;
        assert!((1.6..2.4).contains(&ratio), "{codec}: {ratio:.2}");
    }
}

#[test]
fn a_new_size_begins_with_a_key_frame_and_the_decoder_follows() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(640, 480, 1_000_000));
        let mut decoder = video_decoder(codec).expect("decoder");
        for (width, height) in [(640, 480), (320, 240), (1280, 720), (642, 362), (640, 480)] {
            source.configure(config(width, height, 1_000_000));
            for n in 0..5 {
                let data = source.frame(false);
                assert_eq!(source.out.key, n == 0, "{codec} {width}x{height} frame {n}");
                let decoded = decoder.decode(&data).expect("decode").expect("picture");
                assert_eq!((decoded.width, decoded.height), (width, height));
                let quality = psnr_y(source.picture.as_ref(), decoded);
                assert!(quality > 25.0, "{codec} {width}x{height}: {quality:.1} dB");
            }
            // The same settings again change nothing.
            source.configure(config(width, height, 1_000_000));
            source.frame(false);
            assert!(!source.out.key);
            decoder.decode(&source.out.data).expect("decode");
        }
    }
}

#[test]
fn planes_may_have_wide_rows() {
    for &codec in video_codecs() {
        let tight = moving_picture(320, 240, 7);
        let pad = |plane: &[u8], width: usize| -> Vec<u8> {
            let rows = plane.chunks(width).flat_map(|row| row.iter().copied().chain([255; 13]));
            // Nothing behind the last row's last sample may be read.
            rows.take((width + 13) * (plane.len() / width) - 13).collect()
        };
        let planes = tight.as_ref();
        let (y, u, v) = (pad(planes.y, 320), pad(planes.u, 160), pad(planes.v, 160));
        let wide =
            I420Ref { y: &y, u: &u, v: &v, y_stride: 333, u_stride: 173, v_stride: 173, ..tight.as_ref() };
        let mut source = Source::new(codec, config(320, 240, 1_000_000));
        assert!(source.encoder.encode(wide, 0, true, &mut source.out).expect("encode"));
        let from_wide = source.out.data.clone();
        let mut source = Source::new(codec, config(320, 240, 1_000_000));
        assert!(source.encoder.encode(tight.as_ref(), 0, true, &mut source.out).expect("encode"));
        assert!(from_wide == source.out.data, "{codec}");
    }
}

#[test]
fn a_picture_that_does_not_fit_the_settings_is_refused() {
    for &codec in video_codecs() {
        let mut source = Source::new(codec, config(320, 240, 500_000));
        let good = moving_picture(320, 240, 0);
        let short = I420Ref { v: &good.as_ref().v[..19_199], ..good.as_ref() };
        let refused = source.encoder.encode(short, 0, false, &mut source.out);
        assert_eq!(refused, Err(CodecError::ShortBuffer { needed: 19_200, actual: 19_199 }));
        let narrow = I420Ref { y_stride: 319, ..good.as_ref() };
        assert!(source.encoder.encode(narrow, 0, false, &mut source.out).is_err());
        let other = moving_picture(640, 480, 0);
        assert!(source.encoder.encode(other.as_ref(), 0, false, &mut source.out).is_err());
        assert!(source.frame(false).len() > 100, "{codec} goes on");
    }
}

#[test]
fn the_quantiser_is_told_and_rises_when_bits_are_scarce() {
    for &codec in video_codecs() {
        let qp = |rate| {
            let mut source = Source::new(codec, config(640, 480, rate));
            for _ in 0..30 {
                source.frame(false);
            }
            source.out.qp.expect("qp")
        };
        let (rich, poor) = (qp(3_000_000), qp(150_000));
        assert!(poor > rich, "{codec}: {poor} against {rich}");
        assert!(poor <= if codec == VideoCodec::H264 { 51 } else { 127 });
    }
}

#[test]
fn screen_content_encodes_and_decodes_too() {
    for &codec in video_codecs() {
        let settings = EncoderConfig { screen: true, ..config(640, 480, 1_000_000) };
        let mut source = Source::new(codec, settings);
        let mut decoder = video_decoder(codec).expect("decoder");
        for _ in 0..20 {
            let data = source.frame(false);
            let decoded = decoder.decode(&data).expect("decode").expect("picture");
            assert!(psnr_y(source.picture.as_ref(), decoded) > 25.0, "{codec}");
        }
    }
}

#[test]
fn h264_speaks_constrained_baseline_in_annex_b() {
    if !video_codecs().contains(&VideoCodec::H264) {
        return;
    }
    let mut source = Source::new(VideoCodec::H264, config(640, 480, 1_000_000));
    let key = source.frame(false);
    assert!(key.starts_with(&[0, 0, 0, 1, 0x67, 66]), "the SPS comes first, profile 66");
    assert_eq!(key[6] & 0x40, 0x40, "constraint_set1: constrained baseline");
    let kinds = nal_kinds(&key);
    assert_eq!(kinds, [7, 8, 5], "SPS, PPS, one slice");
    assert_eq!(nal_kinds(&source.frame(false)), [1]);
    assert_eq!(nal_kinds(&source.frame(true)), [7, 8, 5], "again with every key frame");
}

fn nal_kinds(data: &[u8]) -> Vec<u8> {
    data.windows(4).filter(|w| w[..3] == [0, 0, 1]).map(|w| w[3] & 0x1F).collect()
}
