//! Mono sample rate conversion in small steps, on rubato's windowed sinc.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Async, FixedAsync, Resampler as _, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

/// Filter taps at the lower of the two rates, below [`WIDE_RATE`]. 64 taps are 4 ms of delay at
/// 8 kHz and pass 90 % of the band: the last tenth of a telephone band is worth less than 4 ms.
const NARROW_TAPS: usize = 64;
/// Filter taps at the lower of the two rates, from [`WIDE_RATE`] on: 4 ms at 16 kHz and 1.5 ms at
/// 44.1 kHz, passing 93 % of the band.
const WIDE_TAPS: usize = 128;
/// Where the sharper filter costs no more delay than the short one does at 8 kHz.
const WIDE_RATE: u32 = 16_000;
/// Points the sinc is tabulated at between two samples. With linear interpolation between them
/// the error is about (pi / 256)^2 / 8 = -94 dB, below the steps of 16-bit sound.
const OVERSAMPLING: usize = 256;
/// Steps per second. 2.5 ms is the longest a sample waits for its step to fill up; shorter steps
/// spend more time in calls than in the filter.
const STEPS_PER_SECOND: u32 = 400;

/// Converts mono sound from one fixed rate to another.
pub(super) struct Resampler {
    inner: Async<f32>,
    /// Input that does not fill a step yet; its length is the step.
    step: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
}

impl Resampler {
    /// A converter for rates that the block checks have already bounded.
    pub(super) fn new(from: u32, to: u32) -> Resampler {
        let low = from.min(to);
        let taps = if low < WIDE_RATE { NARROW_TAPS } else { WIDE_TAPS };
        let parameters = SincInterpolationParameters {
            // The filter runs at the input rate: cutting at a lower output rate takes more taps.
            sinc_len: taps * from as usize / low as usize,
            f_cutoff: None,
            oversampling_factor: OVERSAMPLING,
            interpolation: SincInterpolationType::Linear,
            window: WindowFunction::Blackman,
        };
        let step = (from / STEPS_PER_SECOND) as usize;
        let ratio = f64::from(to) / f64::from(from);
        let inner = Async::new_sinc(ratio, 1.0, &parameters, step, 1, FixedAsync::Input)
            .expect("ratios between 8 and 48 kHz and a non-empty step are valid");
        let output = vec![0.0; inner.output_frames_max()];
        Resampler { inner, step: vec![0.0; step], filled: 0, output }
    }

    /// Takes `input` and gives what comes out of it, in pieces, to `emit`.
    pub(super) fn push(&mut self, mut input: &[f32], mut emit: impl FnMut(&[f32])) {
        while !input.is_empty() {
            let (now, later) = input.split_at(input.len().min(self.step.len() - self.filled));
            self.step[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            input = later;
            if self.filled == self.step.len() {
                self.filled = 0;
                let written = self.convert();
                emit(&self.output[..written]);
            }
        }
    }

    fn convert(&mut self) -> usize {
        let (frames, room) = (self.step.len(), self.output.len());
        let input = InterleavedSlice::new(&self.step[..], 1, frames).expect("one step, mono");
        let mut output =
            InterleavedSlice::new_mut(&mut self.output[..], 1, room).expect("the largest output");
        let (_, written) = self
            .inner
            .process_into_buffer(&input, &mut output, None)
            .expect("a whole step in, room for the largest output");
        written
    }
}
