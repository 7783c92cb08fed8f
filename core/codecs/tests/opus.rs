//! What the Opus encoder and decoder promise.

mod common;

use common::Random;
use duet_codecs::{AudioEncoder, CodecError, MIN_PACKET_BUFFER, audio_decoder, audio_encoder};

const FRAME: usize = 960;
const RATE: f32 = 48_000.0;

/// 20 ms of a tone, continuing at frame `n`.
fn tone(hz: f32, n: usize) -> Vec<f32> {
    (0..FRAME).map(|i| 0.3 * (std::f32::consts::TAU * hz * (n * FRAME + i) as f32 / RATE).sin()).collect()
}

/// 20 ms of something like a voice: harmonics of a gliding pitch, swelling four times a second.
fn voice(n: usize) -> Vec<f32> {
    (0..FRAME)
        .map(|i| {
            let t = (n * FRAME + i) as f32 / RATE;
            let phase = std::f32::consts::TAU * (140.0 * t + 3.0 * (5.0 * t).sin());
            let harmonics: f32 = (1..20).map(|k| (phase * k as f32).sin() / k as f32).sum();
            0.2 * harmonics * (0.55 + 0.45 * (std::f32::consts::TAU * 4.0 * t).sin())
        })
        .collect()
}

fn packet(encoder: &mut dyn AudioEncoder, pcm: &[f32]) -> Vec<u8> {
    let mut out = [0; 1275];
    let length = encoder.encode(pcm, &mut out).expect("encode");
    out[..length].to_vec()
}

fn energy(pcm: &[f32]) -> f32 {
    pcm.iter().map(|s| s * s).sum()
}

/// How much of `pcm` is a tone of `hz`, and how much is not, in dB.
fn tone_to_rest(pcm: &[f32], hz: f32) -> f32 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, sample) in pcm.iter().enumerate() {
        let angle = std::f32::consts::TAU * hz * i as f32 / RATE;
        re += sample * angle.cos();
        im += sample * angle.sin();
    }
    let tone = 2.0 * (re * re + im * im) / pcm.len() as f32;
    10.0 * (tone / (energy(pcm) - tone).max(1e-9)).log10()
}

#[test]
fn a_tone_comes_back_at_its_frequency() {
    for hz in [300.0, 440.0, 1000.0] {
        let (mut encoder, mut decoder) =
            (audio_encoder().expect("encoder"), audio_decoder().expect("decoder"));
        let mut heard = Vec::new();
        for n in 0..50 {
            let packet = packet(encoder.as_mut(), &tone(hz, n));
            let mut pcm = [0.0; 5760];
            assert_eq!(decoder.decode(&packet, &mut pcm), Ok(FRAME));
            heard.extend_from_slice(&pcm[..FRAME]);
        }
        let snr = tone_to_rest(&heard[24_000..], hz);
        assert!(snr > 20.0, "{hz} Hz: {snr:.1} dB");
        assert!(tone_to_rest(&heard[24_000..], hz * 1.5) < 0.0);
    }
}

#[test]
fn the_bit_rate_is_about_what_was_asked_for() {
    for rate in [16_000, 32_000, 64_000] {
        let mut encoder = audio_encoder().expect("encoder");
        encoder.set_bitrate(rate).expect("rate");
        let bytes: usize = (0..100).map(|n| packet(encoder.as_mut(), &voice(n)).len()).sum();
        let ratio = bytes as f32 * 4.0 / rate as f32;
        // The rate is variable: an easy voice needs less.
        assert!((0.5..1.2).contains(&ratio), "{rate}: {ratio}");
    }
}

#[test]
fn concealment_fills_a_gap_with_sound_that_fades() {
    let (mut encoder, mut decoder) = (audio_encoder().expect("encoder"), audio_decoder().expect("decoder"));
    let mut pcm = [0.0; FRAME];
    for n in 0..25 {
        decoder.decode(&packet(encoder.as_mut(), &tone(300.0, n)), &mut pcm).expect("decode");
    }
    let before = energy(&pcm);
    assert_eq!(decoder.conceal(&mut pcm), Ok(FRAME));
    let first = energy(&pcm);
    assert!(first > before * 0.2 && first < before * 2.0, "{first} after {before}");
    for _ in 0..50 {
        decoder.conceal(&mut pcm).expect("conceal");
    }
    assert!(energy(&pcm) < before * 0.05);
    let mut short = [0.0; 480];
    assert_eq!(decoder.conceal(&mut short), Ok(480), "10 ms is fine too");
}

#[test]
fn the_redundancy_in_the_next_packet_beats_concealment() {
    let mut encoder = audio_encoder().expect("encoder");
    encoder.set_expected_loss(20).expect("loss");
    let packets: Vec<_> = (0..200).map(|n| packet(encoder.as_mut(), &voice(n))).collect();
    let (mut whole, mut fec, mut plc) =
        (audio_decoder().expect("a"), audio_decoder().expect("b"), audio_decoder().expect("c"));
    let (mut with_fec, mut with_plc, mut lost) = (0.0, 0.0, 0);
    let difference = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
    for n in 0..packets.len() - 1 {
        let (mut truth, mut a, mut b) = ([0.0; FRAME], [0.0; FRAME], [0.0; FRAME]);
        whole.decode(&packets[n], &mut truth).expect("decode");
        if n % 10 == 7 && fec.decode_fec(&packets[n + 1], &mut a) == Ok(FRAME) {
            plc.conceal(&mut b).expect("conceal");
            with_fec += difference(&truth, &a);
            with_plc += difference(&truth, &b);
            lost += 1;
        } else {
            fec.decode(&packets[n], &mut a).expect("decode");
            plc.decode(&packets[n], &mut b).expect("decode");
        }
    }
    assert!(lost >= 10, "only {lost} packets had redundancy");
    assert!(with_fec < with_plc * 0.5, "{with_fec} against {with_plc}");
}

#[test]
fn a_packet_without_redundancy_says_so() {
    let (mut encoder, mut decoder) = (audio_encoder().expect("encoder"), audio_decoder().expect("decoder"));
    encoder.set_expected_loss(0).expect("loss");
    let mut pcm = [0.0; FRAME];
    for n in 0..20 {
        let packet = packet(encoder.as_mut(), &voice(n));
        assert!(matches!(decoder.decode_fec(&packet, &mut pcm), Err(CodecError::Corrupt { .. })));
        decoder.decode(&packet, &mut pcm).expect("decode");
    }
}

#[test]
fn wrong_buffer_sizes_are_refused() {
    let (mut encoder, mut decoder) = (audio_encoder().expect("encoder"), audio_decoder().expect("decoder"));
    let mut out = [0; 1275];
    let short = CodecError::ShortBuffer { needed: FRAME, actual: 480 };
    assert_eq!(encoder.encode(&[0.0; 480], &mut out), Err(short));
    assert!(matches!(encoder.encode(&[0.0; 1920], &mut out), Err(CodecError::ShortBuffer { .. })));
    let short = CodecError::ShortBuffer { needed: MIN_PACKET_BUFFER, actual: 100 };
    assert_eq!(encoder.encode(&[0.0; FRAME], &mut out[..100]), Err(short));
    let packet = packet(encoder.as_mut(), &voice(0));
    let short = CodecError::ShortBuffer { needed: FRAME, actual: 959 };
    assert_eq!(decoder.decode(&packet, &mut [0.0; 959]), Err(short));
    assert!(matches!(decoder.conceal(&mut []), Err(CodecError::ShortBuffer { .. })));
    assert!(matches!(decoder.conceal(&mut [0.0; 100]), Err(CodecError::ShortBuffer { .. })));
    assert!(matches!(decoder.decode_fec(&packet, &mut [0.0; 5761]), Err(CodecError::ShortBuffer { .. })));
    assert_eq!(decoder.decode(&packet, &mut [0.0; FRAME]), Ok(FRAME), "and it goes on");
}

#[test]
fn random_bytes_never_panic_and_the_decoder_goes_on() {
    let (mut encoder, mut decoder) = (audio_encoder().expect("encoder"), audio_decoder().expect("decoder"));
    let good = packet(encoder.as_mut(), &voice(3));
    let mut random = Random(20_261_121);
    let mut pcm = [0.0; 5760];
    for round in 0..6000 {
        let count = random.below(120);
        let mut data = random.bytes(count);
        if round % 3 == 0 && count > 0 {
            data = good.clone();
            let at = random.below(data.len());
            data[at] = random.next() as u8;
        }
        if let Ok(samples) = decoder.decode(&data, &mut pcm) {
            assert!(samples <= 5760);
        }
        let _ = decoder.decode_fec(&data, &mut pcm[..FRAME]);
    }
    assert!(matches!(decoder.decode(&[], &mut pcm), Err(CodecError::Corrupt { .. })));
    assert_eq!(decoder.decode(&good, &mut pcm), Ok(FRAME));
    assert!(pcm[..FRAME].iter().all(|s| s.is_finite()));
}
