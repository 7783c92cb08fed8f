//! 10 ms blocks of 48 kHz mono to any block a loudspeaker asks for.

use super::resample::Resampler;
use super::{AudioBlockMut, AudioError, ENGINE_RATE, SamplesMut};

/// Samples that are asked of the source at a time: 10 ms.
pub const PLAYOUT_BLOCK: usize = 480;

/// Fills blocks of any format and length from a source of 48 kHz mono.
///
/// Delay: at 48 kHz only the part of a 10 ms block that the host has not asked for yet; at other
/// rates the filter as well (4 ms at 8 and 16 kHz, 1.5 ms at 44.1 kHz). The source is asked as
/// late as possible, 10 ms at a time. Buffers are made when the rate changes, never per block.
#[derive(Default)]
pub struct PlayoutConverter {
    rate: u32,
    resampler: Option<Resampler>,
    /// Sound at the host's rate that no block has taken yet, from `taken` on.
    ready: Vec<f32>,
    taken: usize,
}

impl PlayoutConverter {
    /// A converter that has played nothing yet.
    pub fn new() -> PlayoutConverter {
        PlayoutConverter::default()
    }

    /// Fills the whole of `block`, calling `source` for the next 10 ms (full scale 1.0) as often
    /// as needed. The format may differ from the last block's: at a new rate less than 10 ms of
    /// sound that was asked for already is dropped.
    ///
    /// # Errors
    /// [`AudioError`] when the format is not supported; the block is then left as it was and the
    /// source is not called.
    pub fn fill(
        &mut self,
        block: AudioBlockMut<'_>,
        mut source: impl FnMut(&mut [f32; PLAYOUT_BLOCK]),
    ) -> Result<(), AudioError> {
        block.frames()?;
        self.follow(block.rate);
        let channels = usize::from(block.channels);
        match block.samples {
            SamplesMut::I16(out) => self.write(out, channels, to_i16, &mut source),
            SamplesMut::F32(out) => self.write(out, channels, |sample| sample, &mut source),
        }
        Ok(())
    }

    fn follow(&mut self, rate: u32) {
        if self.rate != rate {
            self.rate = rate;
            self.resampler = (rate != ENGINE_RATE).then(|| Resampler::new(ENGINE_RATE, rate));
            self.ready.clear();
            self.taken = 0;
        }
    }

    fn write<T: Copy>(
        &mut self,
        mut out: &mut [T],
        channels: usize,
        sample: impl Fn(f32) -> T,
        source: &mut impl FnMut(&mut [f32; PLAYOUT_BLOCK]),
    ) {
        while !out.is_empty() {
            if self.taken == self.ready.len() {
                self.refill(source);
            }
            let ready = &self.ready[self.taken..];
            let frames = ready.len().min(out.len() / channels);
            let (now, later) = out.split_at_mut(frames * channels);
            for (frame, &one) in now.chunks_exact_mut(channels).zip(ready) {
                frame.fill(sample(one));
            }
            self.taken += frames;
            out = later;
        }
    }

    fn refill(&mut self, source: &mut impl FnMut(&mut [f32; PLAYOUT_BLOCK])) {
        let mut block = [0.0; PLAYOUT_BLOCK];
        source(&mut block);
        self.ready.clear();
        self.taken = 0;
        match &mut self.resampler {
            None => self.ready.extend_from_slice(&block),
            // The steps are a fraction of the block, so each block gives something.
            Some(resampler) => {
                resampler.push(&block, |converted| self.ready.extend_from_slice(converted));
            }
        }
    }
}

/// Rounds to the nearest step and saturates; what is not a number becomes silence.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}
