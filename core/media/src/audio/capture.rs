//! Any block of microphone sound to 20 ms frames of 48 kHz mono.

use super::resample::Resampler;
use super::{AudioBlock, AudioError, ENGINE_RATE, Samples};

/// Samples of one frame for the encoder: 20 ms, the Opus frame WebRTC peers expect (RFC 7587).
pub const CAPTURE_FRAME: usize = 960;

/// Samples that are mixed down at a time, so that a block of any length needs no more room.
const PIECE: usize = 480;

/// Turns blocks of any format and length into 48 kHz mono frames of [`CAPTURE_FRAME`] samples.
///
/// Stereo is mixed to the mean of both channels. Delay: at 48 kHz nothing but the frame's own
/// filling; at other rates the filter (4 ms at 8 and 16 kHz, 1.5 ms at 44.1 kHz) and less than
/// 2.5 ms of blocking. Buffers are made when the rate changes, never per block.
#[derive(Default)]
pub struct CaptureConverter {
    rate: u32,
    resampler: Option<Resampler>,
    frame: Frame,
}

impl CaptureConverter {
    /// A converter that has heard nothing yet.
    pub fn new() -> CaptureConverter {
        CaptureConverter::default()
    }

    /// Takes a block, and calls `frame` with each frame (full scale 1.0) that it completes, in
    /// order. The format may differ from the last block's: at a new rate up to 2.5 ms and the
    /// filter's tail of the old sound are dropped.
    ///
    /// # Errors
    /// [`AudioError`] when the format is not supported; the block is then ignored.
    pub fn push(
        &mut self,
        block: AudioBlock<'_>,
        mut frame: impl FnMut(&[f32; CAPTURE_FRAME]),
    ) -> Result<(), AudioError> {
        let frames = block.frames()?;
        self.follow(block.rate);
        let channels = usize::from(block.channels);
        let mut mono = [0.0; PIECE];
        for start in (0..frames).step_by(PIECE) {
            let mono = &mut mono[..PIECE.min(frames - start)];
            let range = start * channels..(start + mono.len()) * channels;
            match block.samples {
                Samples::I16(samples) => mix(&samples[range], channels, from_i16, mono),
                Samples::F32(samples) => mix(&samples[range], channels, from_f32, mono),
            }
            match &mut self.resampler {
                None => self.frame.push(mono, &mut frame),
                Some(resampler) => {
                    resampler.push(mono, |converted| self.frame.push(converted, &mut frame));
                }
            }
        }
        Ok(())
    }

    fn follow(&mut self, rate: u32) {
        if self.rate != rate {
            self.rate = rate;
            self.resampler = (rate != ENGINE_RATE).then(|| Resampler::new(rate, ENGINE_RATE));
        }
    }
}

/// The frame being filled.
struct Frame {
    samples: Box<[f32; CAPTURE_FRAME]>,
    filled: usize,
}

impl Frame {
    fn push(&mut self, mut samples: &[f32], emit: &mut impl FnMut(&[f32; CAPTURE_FRAME])) {
        while !samples.is_empty() {
            let room = &mut self.samples[self.filled..];
            let (now, later) = samples.split_at(samples.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.filled += now.len();
            samples = later;
            if self.filled == CAPTURE_FRAME {
                self.filled = 0;
                emit(&self.samples);
            }
        }
    }
}

impl Default for Frame {
    fn default() -> Self {
        Frame { samples: Box::new([0.0; CAPTURE_FRAME]), filled: 0 }
    }
}

fn mix<T: Copy>(from: &[T], channels: usize, sample: impl Fn(T) -> f32, mono: &mut [f32]) {
    if channels == 1 {
        for (out, &one) in mono.iter_mut().zip(from) {
            *out = sample(one);
        }
    } else {
        for (out, pair) in mono.iter_mut().zip(from.chunks_exact(2)) {
            *out = 0.5 * (sample(pair[0]) + sample(pair[1]));
        }
    }
}

fn from_i16(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

fn from_f32(sample: f32) -> f32 {
    // One NaN from a host would live on in the resampler and the encoder for good.
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}
