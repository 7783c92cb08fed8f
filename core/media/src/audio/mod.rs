//! PCM between the host and the engine: any block in or out, 48 kHz mono float inside.
//!
//! A host talks in [`AudioBlock`]s and [`AudioBlockMut`]s: interleaved s16 or f32, 8 to 48 kHz,
//! mono or stereo, any length. [`CaptureConverter`] turns what a microphone gives into the 20 ms
//! frames an Opus encoder takes; [`PlayoutConverter`] turns 10 ms of decoded sound into whatever
//! a loudspeaker asks for. Both keep their buffers, so that nothing is allocated per block, and
//! both follow a format that changes from one block to the next.
//!
//! | format of the host | delay added by capture | delay added by playout |
//! |---|---|---|
//! | 48 kHz | none | none |
//! | 44.1 kHz | 1.5 ms filter, < 2.5 ms blocking | the same |
//! | 16 kHz and below | 4 ms filter at 8 and 16 kHz, < 2.5 ms blocking | the same |

mod block;
mod capture;
mod level;
mod playout;
mod resample;

#[cfg(test)]
mod tests;

pub use block::{AudioBlock, AudioBlockMut, AudioError, Samples, SamplesMut};
pub use capture::{CAPTURE_FRAME, CaptureConverter};
pub use level::{AudioLevel, SILENT_DBOV};
pub use playout::{PLAYOUT_BLOCK, PlayoutConverter};

/// Samples per second of all sound inside the engine.
pub const ENGINE_RATE: u32 = 48_000;
