//! Making sound shorter or longer without changing its pitch: one stretch that repeats itself is
//! left out, or played twice, with a cross-fade where the ends meet.

/// Samples of the cross-fade and of what is compared: 5 ms, a period of the lowest voices' second
/// harmonic and two of most voices.
const OVERLAP: usize = 240;
/// Shortest and longest stretch, 5 to 15 ms: whole periods of any voice from 67 Hz up are in it.
const MIN_LAG: usize = 240;
const MAX_LAG: usize = 720;

/// How alike the two ends must be (1 is equal) for the seam not to be heard.
const ALIKE: f32 = 0.7;
/// Mean square below which anything may be joined to anything: -50 dB is room noise.
const QUIET: f32 = 1e-5;
/// The search first looks at every fourth sample and lag: 12 kHz holds all pitch there is.
const COARSE: usize = 4;

/// Which seams are good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seam {
    /// Only those that are not heard.
    Smooth,
    /// The best there is: being late is worse.
    Any,
}

/// Removes up to `most` samples from near the front of `pcm`; gives how many.
pub(super) fn shorten(pcm: &mut Vec<f32>, most: usize, seam: Seam) -> usize {
    let Some(lag) = find_lag(pcm, most, seam) else {
        return 0;
    };
    for n in 0..OVERLAP {
        pcm[n] = fade(pcm[n], pcm[n + lag], n);
    }
    pcm.drain(OVERLAP..OVERLAP + lag);
    lag
}

/// Adds up to `most` samples near the front of `pcm`; gives how many.
pub(super) fn lengthen(pcm: &mut Vec<f32>, most: usize, seam: Seam) -> usize {
    let Some(lag) = find_lag(pcm, most, seam) else {
        return 0;
    };
    let length = pcm.len();
    pcm.resize(length + lag, 0.0);
    pcm.copy_within(OVERLAP..length, OVERLAP + lag);
    // The lag is no shorter than the overlap: what is read here is still as it was.
    for n in 0..OVERLAP {
        pcm[n + lag] = fade(pcm[n + lag], pcm[n], n);
    }
    lag
}

fn fade(from: f32, to: f32, at: usize) -> f32 {
    let part = (at as f32 + 0.5) / OVERLAP as f32;
    from + (to - from) * part
}

/// The distance, at most `most`, after which `pcm` is most like its beginning.
fn find_lag(pcm: &[f32], most: usize, seam: Seam) -> Option<usize> {
    let longest = pcm.len().checked_sub(OVERLAP)?.min(most).min(MAX_LAG);
    if longest < MIN_LAG {
        return None;
    }
    let energy: f32 = pcm[..longest + OVERLAP].iter().map(|sample| sample * sample).sum();
    if energy < QUIET * (longest + OVERLAP) as f32 {
        return Some(longest);
    }
    let coarse = best((MIN_LAG..=longest).step_by(COARSE), |lag| likeness(pcm, lag, COARSE))?;
    let around = coarse.0.saturating_sub(COARSE - 1).max(MIN_LAG)..=(coarse.0 + COARSE - 1).min(longest);
    let (lag, alike) = best(around, |lag| likeness(pcm, lag, 1))?;
    (seam == Seam::Any || alike >= ALIKE).then_some(lag)
}

fn best(lags: impl Iterator<Item = usize>, score: impl Fn(usize) -> f32) -> Option<(usize, f32)> {
    lags.map(|lag| (lag, score(lag))).max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Normalised correlation of the beginning with what comes `lag` later, on every `step`th sample.
fn likeness(pcm: &[f32], lag: usize, step: usize) -> f32 {
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in pcm[..OVERLAP].iter().zip(&pcm[lag..lag + OVERLAP]).step_by(step) {
        product += a * b;
        first += a * a;
        second += b * b;
    }
    product / (first * second).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn tone(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (TAU * hz * n as f32 / 48_000.0).sin()).collect()
    }

    fn largest_step(pcm: &[f32]) -> f32 {
        pcm.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_tone_loses_or_gains_whole_periods() {
        for hz in [100.0, 220.0, 440.0, 1_000.0] {
            let original = tone(hz, 960);
            let mut shorter = original.clone();
            let removed = shorten(&mut shorter, 720, Seam::Smooth);
            let mut longer = original.clone();
            let added = lengthen(&mut longer, 720, Seam::Smooth);
            for (pcm, change) in [(&shorter, removed), (&longer, added)] {
                let periods = change as f32 * hz / 48_000.0;
                assert!(change >= 240 && (periods - periods.round()).abs() < 0.05, "{hz}: {periods}");
                assert!(largest_step(pcm) < 1.2 * largest_step(&original), "{hz}");
            }
            assert_eq!((shorter.len(), longer.len()), (960 - removed, 960 + added));
            assert_eq!((shorter.last(), longer.last()), (original.last(), original.last()));
        }
    }

    #[test]
    fn silence_gives_as_much_as_is_asked_for() {
        assert_eq!(shorten(&mut vec![0.0; 960], 300, Seam::Smooth), 300);
        assert_eq!(lengthen(&mut vec![0.0; 960], 5_000, Seam::Smooth), 720);
    }

    #[test]
    fn sound_that_does_not_repeat_is_left_alone_unless_it_must_be_cut() {
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..960)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            })
            .collect();
        assert_eq!(shorten(&mut noise.clone(), 720, Seam::Smooth), 0);
        assert!(shorten(&mut noise.clone(), 720, Seam::Any) >= 240);
    }

    #[test]
    fn what_is_too_short_is_left_alone() {
        assert_eq!(shorten(&mut tone(440.0, 479), 720, Seam::Any), 0);
        assert_eq!(lengthen(&mut tone(440.0, 960), 239, Seam::Any), 0);
        assert_eq!(shorten(&mut Vec::new(), 720, Seam::Any), 0);
    }
}
