//! The blocks of PCM a host pushes and pulls, and what can be wrong with them.

use thiserror::Error;

/// Slowest sample rate a host may use: narrowband telephony.
const MIN_RATE: u32 = 8_000;
/// Fastest sample rate a host may use: what the codec itself runs at.
const MAX_RATE: u32 = super::ENGINE_RATE;

/// Why a block of PCM was refused. The block had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AudioError {
    /// The sample rate is outside 8 000 to 48 000 Hz.
    #[error("sample rate {0} Hz is not supported; use 8000 to 48000 Hz")]
    Rate(u32),
    /// The channel count is neither 1 nor 2.
    #[error("{0} channels are not supported; use 1 (mono) or 2 (interleaved stereo)")]
    Channels(u16),
    /// The number of samples does not divide by the number of channels.
    #[error("{samples} samples do not divide into {channels} channels")]
    Length {
        /// Samples in the block, of all channels together.
        samples: usize,
        /// Channels the block claims.
        channels: u16,
    },
}

/// Interleaved samples to read.
#[derive(Clone, Copy, Debug)]
pub enum Samples<'a> {
    /// Signed 16 bit, full scale 32 768.
    I16(&'a [i16]),
    /// Float, full scale 1.0; what is beyond is clipped, what is not a number becomes silence.
    F32(&'a [f32]),
}

impl Samples<'_> {
    /// Samples of all channels together.
    pub fn len(&self) -> usize {
        match self {
            Samples::I16(samples) => samples.len(),
            Samples::F32(samples) => samples.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Interleaved samples to fill.
#[derive(Debug)]
pub enum SamplesMut<'a> {
    /// Signed 16 bit, full scale 32 768; louder sound saturates.
    I16(&'a mut [i16]),
    /// Float, full scale 1.0.
    F32(&'a mut [f32]),
}

impl SamplesMut<'_> {
    /// Samples of all channels together.
    pub fn len(&self) -> usize {
        match self {
            SamplesMut::I16(samples) => samples.len(),
            SamplesMut::F32(samples) => samples.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A block of sound that a host hands in, of any length.
#[derive(Clone, Copy, Debug)]
pub struct AudioBlock<'a> {
    /// The sound, interleaved by channel.
    pub samples: Samples<'a>,
    /// Samples per second of each channel, 8 000 to 48 000.
    pub rate: u32,
    /// 1 for mono, 2 for stereo.
    pub channels: u16,
}

impl AudioBlock<'_> {
    /// Checks the format, and gives the samples per channel.
    ///
    /// # Errors
    /// [`AudioError`] naming what is wrong.
    pub fn frames(&self) -> Result<usize, AudioError> {
        frames(self.samples.len(), self.rate, self.channels)
    }
}

/// A block that a host wants filled, of any length.
#[derive(Debug)]
pub struct AudioBlockMut<'a> {
    /// Where the sound goes, interleaved by channel.
    pub samples: SamplesMut<'a>,
    /// Samples per second of each channel, 8 000 to 48 000.
    pub rate: u32,
    /// 1 for mono, 2 for stereo: both channels get the same sound.
    pub channels: u16,
}

impl AudioBlockMut<'_> {
    /// Checks the format, and gives the samples per channel.
    ///
    /// # Errors
    /// [`AudioError`] naming what is wrong.
    pub fn frames(&self) -> Result<usize, AudioError> {
        frames(self.samples.len(), self.rate, self.channels)
    }
}

fn frames(samples: usize, rate: u32, channels: u16) -> Result<usize, AudioError> {
    if !(MIN_RATE..=MAX_RATE).contains(&rate) {
        return Err(AudioError::Rate(rate));
    }
    if !(1..=2).contains(&channels) {
        return Err(AudioError::Channels(channels));
    }
    if !samples.is_multiple_of(usize::from(channels)) {
        return Err(AudioError::Length { samples, channels });
    }
    Ok(samples / usize::from(channels))
}
