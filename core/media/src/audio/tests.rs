use std::f32::consts::TAU;

use super::*;

const TONE_HZ: f32 = 1_000.0;
const AMPLITUDE: f32 = 0.5;

fn tone(rate: u32, channels: u16, frames: usize) -> Vec<f32> {
    (0..frames)
        .flat_map(|n| {
            let sample = AMPLITUDE * (TAU * TONE_HZ * n as f32 / rate as f32).sin();
            std::iter::repeat_n(sample, usize::from(channels))
        })
        .collect()
}

/// A source of the same tone at 48 kHz, 10 ms at a time.
fn tone_source() -> impl FnMut(&mut [f32; PLAYOUT_BLOCK]) {
    let mut n = 0;
    move |block| {
        for sample in block {
            *sample = AMPLITUDE * (TAU * TONE_HZ * n as f32 / 48_000.0).sin();
            n += 1;
        }
    }
}

/// Frequency from the distance between the first and the last upward zero crossing.
fn frequency(samples: &[f32], rate: u32) -> f32 {
    let crossings: Vec<f32> = samples
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] < 0.0 && pair[1] >= 0.0)
        .map(|(n, pair)| n as f32 + pair[0] / (pair[0] - pair[1]))
        .collect();
    let periods = crossings.len() - 1;
    periods as f32 * rate as f32 / (crossings[periods] - crossings[0])
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
}

fn assert_tone(samples: &[f32], rate: u32) {
    let settled = &samples[rate as usize / 20..];
    assert!((frequency(settled, rate) - TONE_HZ).abs() < 1.0, "{}", frequency(settled, rate));
    let level = 20.0 * (rms(settled) / (AMPLITUDE / 2.0_f32.sqrt())).log10();
    assert!(level.abs() < 0.1, "{level} dB off");
}

fn capture(converter: &mut CaptureConverter, block: AudioBlock<'_>) -> Vec<f32> {
    let mut out = Vec::new();
    converter.push(block, |frame| out.extend_from_slice(frame)).unwrap();
    out
}

fn f32_block(samples: &[f32], rate: u32, channels: u16) -> AudioBlock<'_> {
    AudioBlock { samples: Samples::F32(samples), rate, channels }
}

#[test]
fn a_captured_tone_keeps_frequency_and_level_at_every_rate() {
    for rate in [8_000, 11_025, 12_345, 16_000, 22_050, 24_000, 32_000, 44_100, 47_999, 48_000] {
        for channels in [1, 2] {
            let mut converter = CaptureConverter::new();
            let pcm = tone(rate, channels, rate as usize);
            let out = capture(&mut converter, f32_block(&pcm, rate, channels));
            assert!(out.len() >= 48_000 - 960 - 480, "{rate}: {}", out.len());
            assert_tone(&out, 48_000);
        }
    }
}

#[test]
fn a_played_tone_keeps_frequency_and_level_at_every_rate() {
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000] {
        let mut converter = PlayoutConverter::new();
        let mut out = vec![0.0; rate as usize * 2];
        let samples = SamplesMut::F32(&mut out);
        converter.fill(AudioBlockMut { samples, rate, channels: 2 }, tone_source()).unwrap();
        let left: Vec<f32> = out.iter().copied().step_by(2).collect();
        let right: Vec<f32> = out.iter().copied().skip(1).step_by(2).collect();
        assert_eq!(left, right);
        assert_tone(&left, rate);
    }
}

#[test]
fn what_a_narrow_loudspeaker_cannot_play_does_not_fold_back() {
    let mut converter = PlayoutConverter::new();
    let mut n = 0;
    let high = move |block: &mut [f32; PLAYOUT_BLOCK]| {
        for sample in block {
            *sample = (TAU * 6_000.0 * n as f32 / 48_000.0).sin();
            n += 1;
        }
    };
    let mut out = vec![0.0; 8_000];
    let samples = SamplesMut::F32(&mut out);
    converter.fill(AudioBlockMut { samples, rate: 8_000, channels: 1 }, high).unwrap();
    assert!(rms(&out[800..]) < 1e-3, "{}", rms(&out[800..]));
}

#[test]
fn capture_gives_the_same_sound_whatever_the_block_size() {
    let pcm = tone(44_100, 1, 44_100);
    let whole = capture(&mut CaptureConverter::new(), f32_block(&pcm, 44_100, 1));
    for size in [1, 2, 7, 63, 441, 882, 1_024, 4_999, 5_000] {
        let mut converter = CaptureConverter::new();
        let mut out = Vec::new();
        for block in pcm.chunks(size) {
            out.extend(capture(&mut converter, f32_block(block, 44_100, 1)));
        }
        assert_eq!(out, whole, "blocks of {size}");
    }
}

#[test]
fn every_block_size_up_to_5000_is_taken_and_no_sample_is_lost() {
    let pcm = tone(48_000, 1, 5_000);
    let mut converter = CaptureConverter::new();
    let (mut given, mut got) = (0, 0);
    for size in 1..=5_000 {
        given += size;
        got += capture(&mut converter, f32_block(&pcm[..size], 48_000, 1)).len();
        assert_eq!(got, given / CAPTURE_FRAME * CAPTURE_FRAME);
    }
}

#[test]
fn a_host_may_pull_blocks_of_any_size() {
    let mut whole = vec![0.0; 20_000];
    let samples = SamplesMut::F32(&mut whole);
    let block = AudioBlockMut { samples, rate: 16_000, channels: 1 };
    PlayoutConverter::new().fill(block, tone_source()).unwrap();
    for size in [1, 3, 160, 161, 1_000, 4_999] {
        let (mut converter, mut source) = (PlayoutConverter::new(), tone_source());
        let mut out = vec![0.0; 20_000];
        for block in out.chunks_mut(size) {
            let block = AudioBlockMut { samples: SamplesMut::F32(block), rate: 16_000, channels: 1 };
            converter.fill(block, &mut source).unwrap();
        }
        assert_eq!(out, whole, "blocks of {size}");
    }
}

#[test]
fn at_48_khz_nothing_is_delayed_or_changed() {
    let pcm: Vec<i16> = (0..960).map(|n| (n * 31) as i16).collect();
    let mut frames = Vec::new();
    let block = AudioBlock { samples: Samples::I16(&pcm), rate: 48_000, channels: 1 };
    CaptureConverter::new().push(block, |frame| frames.extend_from_slice(frame)).unwrap();
    let mut out = vec![0_i16; 960];
    let mut given = frames.chunks(PLAYOUT_BLOCK);
    let block = AudioBlockMut { samples: SamplesMut::I16(&mut out), rate: 48_000, channels: 1 };
    PlayoutConverter::new().fill(block, |into| into.copy_from_slice(given.next().unwrap())).unwrap();
    assert_eq!(out, pcm);
}

#[test]
fn sound_beyond_full_scale_saturates() {
    let mut out = [0_i16; 4];
    let block = AudioBlockMut { samples: SamplesMut::I16(&mut out), rate: 48_000, channels: 1 };
    PlayoutConverter::new().fill(block, |into| into[..4].copy_from_slice(&[1.0, -1.0, 3.0, -3.0])).unwrap();
    assert_eq!(out, [i16::MAX, i16::MIN, i16::MAX, i16::MIN]);
}

#[test]
fn a_sample_that_is_not_a_number_becomes_silence() {
    let mut pcm = vec![0.25; 960];
    pcm[10] = f32::NAN;
    pcm[20] = f32::INFINITY;
    pcm[30] = 7.0;
    let out = capture(&mut CaptureConverter::new(), f32_block(&pcm, 48_000, 1));
    assert_eq!((out[9], out[10], out[20], out[30]), (0.25, 0.0, 0.0, 1.0));
}

#[test]
fn stereo_is_mixed_to_the_mean_of_both_channels() {
    let pcm: Vec<i16> = [16_384, -8_192].repeat(960);
    let block = AudioBlock { samples: Samples::I16(&pcm), rate: 48_000, channels: 2 };
    let out = capture(&mut CaptureConverter::new(), block);
    assert_eq!(out, [0.125; 960]);
}

#[test]
fn the_format_may_change_from_block_to_block() {
    let mut converter = CaptureConverter::new();
    let mut out = Vec::new();
    for (rate, channels) in [(48_000, 1), (44_100, 2), (8_000, 1), (48_000, 2)].repeat(3) {
        let pcm = tone(rate, channels, rate as usize / 10);
        out.extend(capture(&mut converter, f32_block(&pcm, rate, channels)));
    }
    assert!((54_000..=57_600).contains(&out.len()), "{}", out.len());
    let mut player = PlayoutConverter::new();
    let mut source = tone_source();
    for (rate, channels) in [(48_000, 1), (44_100, 2), (8_000, 1)].repeat(3) {
        let mut out = vec![9.0; rate as usize / 10 * usize::from(channels)];
        let block = AudioBlockMut { samples: SamplesMut::F32(&mut out), rate, channels };
        player.fill(block, &mut source).unwrap();
        assert!(out.iter().all(|sample| sample.abs() <= 0.6));
    }
}

#[test]
fn a_format_that_is_not_supported_is_refused_by_name() {
    let mut converter = CaptureConverter::new();
    let pcm = [0.0; 9];
    for (rate, channels, error) in [
        (7_999, 1, AudioError::Rate(7_999)),
        (48_001, 1, AudioError::Rate(48_001)),
        (0, 1, AudioError::Rate(0)),
        (48_000, 0, AudioError::Channels(0)),
        (48_000, 3, AudioError::Channels(3)),
        (48_000, 2, AudioError::Length { samples: 9, channels: 2 }),
    ] {
        let refused = converter.push(f32_block(&pcm, rate, channels), |_| panic!("a frame"));
        assert_eq!(refused, Err(error));
        let mut out = [5.0; 9];
        let block = AudioBlockMut { samples: SamplesMut::F32(&mut out), rate, channels };
        assert_eq!(PlayoutConverter::new().fill(block, |_| panic!("asked")), Err(error));
        assert_eq!(out, [5.0; 9]);
    }
}

#[test]
fn an_empty_block_is_no_error() {
    let out = capture(&mut CaptureConverter::new(), f32_block(&[], 44_100, 2));
    assert!(out.is_empty());
}

#[test]
fn levels_are_decibels_below_full_scale() {
    assert_eq!(AudioLevel::of(&[]), AudioLevel::SILENT);
    assert_eq!(AudioLevel::of(&[0.0; 480]), AudioLevel::SILENT);
    assert_eq!(AudioLevel::of(&[1.0, -1.0, 1.0, -1.0]), AudioLevel { rms: 0, peak: 0 });
    let sine: Vec<f32> = tone(48_000, 1, 480).iter().map(|s| s / AMPLITUDE).collect();
    assert_eq!(AudioLevel::of(&sine), AudioLevel { rms: 3, peak: 0 });
    assert_eq!(AudioLevel::of(&[0.1; 480]), AudioLevel { rms: 20, peak: 20 });
    assert_eq!(AudioLevel::of(&[1e-9; 480]), AudioLevel::SILENT);
}
