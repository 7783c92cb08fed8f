//! Finds the frequency of a tone.

/// Samples a second.
const RATE: f64 = 48_000.0;
/// Samples measured together: 100 ms hold enough periods of any audible tone.
const WINDOW: usize = 4_800;
/// Quieter windows are not measured: root mean square, full scale 1.0.
const SILENCE: f64 = 0.01;
/// Windows kept for the median: the last minute.
const KEPT: usize = 600;

/// Estimates the frequency of the strongest tone from the zero crossings of 48 kHz mono sound.
#[derive(Debug, Default)]
pub struct ToneMeter {
    window: Vec<i16>,
    found: Vec<f64>,
    next: usize,
}

impl ToneMeter {
    /// Takes sound in.
    pub fn push(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let taken = samples.len().min(WINDOW - self.window.len());
            self.window.extend_from_slice(&samples[..taken]);
            samples = &samples[taken..];
            if self.window.len() == WINDOW {
                if let Some(hz) = frequency(&self.window) {
                    self.keep(hz);
                }
                self.window.clear();
            }
        }
    }

    /// The median over the last minute, in hertz; `None` when all was silent.
    pub fn hz(&self) -> Option<f64> {
        let mut sorted = self.found.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    fn keep(&mut self, hz: f64) {
        if self.found.len() < KEPT {
            self.found.push(hz);
        } else {
            self.found[self.next] = hz;
            self.next = (self.next + 1) % KEPT;
        }
    }
}

/// Upward crossings of zero, placed between samples by a straight line.
fn frequency(window: &[i16]) -> Option<f64> {
    let energy: f64 = window.iter().map(|&sample| (f64::from(sample) / 32_768.0).powi(2)).sum();
    if (energy / window.len() as f64).sqrt() < SILENCE {
        return None;
    }
    let crossings = window.windows(2).enumerate().filter(|(_, pair)| pair[0] < 0 && pair[1] >= 0);
    let mut places = crossings.map(|(index, pair)| {
        let (low, high) = (f64::from(pair[0]), f64::from(pair[1]));
        index as f64 - low / (high - low)
    });
    let first = places.next()?;
    let (count, last) = places.fold((0, first), |(count, _), place| (count + 1, place));
    (count > 0).then(|| RATE * f64::from(count) / (last - first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sound, Tone};
    use duet_core::audio::Samples;

    #[test]
    fn the_tone_source_is_heard_at_its_frequency() {
        for hz in [100.0, 440.0, 660.0, 3_000.0] {
            let (mut tone, mut meter) = (Tone::new(hz), ToneMeter::default());
            for _ in 0..100 {
                if let Samples::I16(samples) = tone.block().expect("block").samples {
                    meter.push(samples);
                }
            }
            let found = meter.hz().expect("a tone");
            assert!((found - hz).abs() < hz * 0.002, "{found} for {hz}");
        }
    }

    #[test]
    fn silence_has_no_frequency() {
        let mut meter = ToneMeter::default();
        meter.push(&[0; 48_000]);
        assert_eq!(meter.hz(), None);
    }
}
