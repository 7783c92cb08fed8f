//! Listens to every block: how loud, which tone.

use super::ToneMeter;

/// What was heard so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Samples played, silence included.
    pub samples: u64,
    /// Sum of squared samples (full scale 1.0) times seconds: W3C `totalAudioEnergy`.
    pub energy: f64,
    /// The frequency of the strongest tone, in hertz.
    pub tone_hz: Option<f64>,
}

/// Listens to 48 kHz mono sound.
#[derive(Debug, Default)]
pub struct Ear {
    heard: Heard,
    meter: ToneMeter,
}

impl Ear {
    /// Listens to a block.
    pub fn listen(&mut self, samples: &[i16]) {
        let sum: f64 = samples.iter().map(|&sample| (f64::from(sample) / 32_768.0).powi(2)).sum();
        self.heard.energy += sum / 48_000.0;
        self.heard.samples += samples.len() as u64;
        self.meter.push(samples);
    }

    /// What was heard so far.
    pub fn heard(&self) -> Heard {
        Heard { tone_hz: self.meter.hz(), ..self.heard.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_scale_for_a_second_has_the_energy_one() {
        let mut ear = Ear::default();
        for _ in 0..100 {
            ear.listen(&[i16::MIN; 480]);
        }
        assert!((ear.heard().energy - 1.0).abs() < 1e-9);
        assert_eq!(ear.heard().samples, 48_000);
    }
}
