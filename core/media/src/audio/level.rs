//! How loud a block is, on the scale that RTP and the W3C use.

/// The level RFC 6464 gives to silence, and the lowest it can tell: -127 dBov.
pub const SILENT_DBOV: u8 = 127;

/// Loudness of a block of sound as RFC 6464 counts it: decibels *below* full scale, so that 0 is
/// the loudest and [`SILENT_DBOV`] is silence. A full-scale square wave is 0, a full-scale sine 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// Root mean square of the block, 0 to 127 dB below full scale.
    pub rms: u8,
    /// Largest absolute sample, 0 to 127 dB below full scale.
    pub peak: u8,
}

impl AudioLevel {
    /// Silence.
    pub const SILENT: AudioLevel = AudioLevel { rms: SILENT_DBOV, peak: SILENT_DBOV };

    /// Measures `samples` (full scale 1.0). An empty block is silence.
    pub fn of(samples: &[f32]) -> AudioLevel {
        let (mut sum, mut peak) = (0.0_f32, 0.0_f32);
        for &sample in samples {
            sum += sample * sample;
            peak = peak.max(sample.abs());
        }
        let mean = sum / samples.len().max(1) as f32;
        AudioLevel { rms: dbov(mean.sqrt()), peak: dbov(peak) }
    }
}

/// Decibels below full scale of an amplitude, as RFC 6464 rounds and bounds them.
fn dbov(amplitude: f32) -> u8 {
    let below = -20.0 * amplitude.log10();
    // Nothing at all is infinitely far below; the cast keeps the lowest level for it.
    below.round().clamp(0.0, f32::from(SILENT_DBOV)) as u8
}
