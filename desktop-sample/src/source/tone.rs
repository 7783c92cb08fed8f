//! A sine tone that breathes, so that a listener hears that it is alive.

use std::f64::consts::TAU;

use duet_core::audio::{AudioBlock, Samples};

use super::{Sound, SourceError};

/// Samples a second: what the engine works at, so that nothing is resampled.
const RATE: u32 = 48_000;
/// Samples in 10 ms.
const BLOCK: usize = 480;
/// Loudest amplitude: well audible, 9 dB below full scale.
const PEAK: f64 = 0.35;
/// How much of the amplitude swings.
const DEPTH: f64 = 0.3;
/// Swings a second: slow enough that the spectrum stays one line.
const SWING_HZ: f64 = 0.8;
/// The tone fades in over this many samples, without a click.
const FADE: f64 = 960.0;

/// A tone of one frequency, 48 kHz mono.
#[derive(Debug)]
pub struct Tone {
    hz: f64,
    sample: u64,
    block: Vec<i16>,
}

impl Tone {
    /// A tone of `hz` hertz.
    pub fn new(hz: f64) -> Self {
        Tone { hz, sample: 0, block: vec![0; BLOCK] }
    }
}

impl Sound for Tone {
    fn block(&mut self) -> Result<AudioBlock<'_>, SourceError> {
        for (index, out) in self.block.iter_mut().enumerate() {
            let sample = (self.sample + index as u64) as f64;
            let time = sample / f64::from(RATE);
            let swing = 1.0 - DEPTH * 0.5 * (1.0 - (TAU * SWING_HZ * time).cos());
            let fade = (sample / FADE).min(1.0);
            let value = PEAK * swing * fade * (TAU * (self.hz * time).fract()).sin();
            *out = (value * 32_767.0) as i16;
        }
        self.sample += BLOCK as u64;
        Ok(AudioBlock { samples: Samples::I16(&self.block), rate: RATE, channels: 1 })
    }
}
