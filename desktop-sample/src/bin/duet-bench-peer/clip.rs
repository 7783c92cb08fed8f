//! The pictures and the sound every peer of the bench sends.

use std::f64::consts::TAU;
use std::path::Path;

use duet_core::Time;
use duet_core::frame::{FrameError, VideoFrame};
use duet_desktop::stamp;

/// Samples a second; the sound repeats after one.
pub(crate) const RATE: u32 = 48_000;
/// Samples in 10 ms.
pub(crate) const BLOCK: usize = 480;

/// Raw I420 pictures in memory, played to and fro.
pub(crate) struct Clip {
    data: Vec<u8>,
    width: u32,
    height: u32,
}

impl Clip {
    pub(crate) fn load(path: &Path, width: u32, height: u32) -> Result<Self, String> {
        let data = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let clip = Clip { data, width, height };
        if clip.count() < 2 || !clip.data.len().is_multiple_of(clip.picture_len()) {
            return Err(format!("{} does not hold whole {width}x{height} pictures", path.display()));
        }
        Ok(clip)
    }

    /// Picture `number` with its number on it. Stamped in place: a stamp always covers the last one.
    pub(crate) fn picture(&mut self, number: u64, time: Time) -> Result<VideoFrame<'_>, FrameError> {
        let (length, index) = (self.picture_len(), to_and_fro(self.count(), number));
        let picture = &mut self.data[index * length..][..length];
        stamp::write(picture, self.width as usize, number as u32);
        VideoFrame::i420(self.width, self.height, picture, time)
    }

    fn picture_len(&self) -> usize {
        self.width as usize * self.height as usize * 3 / 2
    }

    fn count(&self) -> usize {
        self.data.len() / self.picture_len()
    }
}

/// 0, 1 ... count - 1, count - 2 ... 1, 0, 1 ...
fn to_and_fro(count: usize, number: u64) -> usize {
    let cycle = 2 * count - 2;
    let place = (number % cycle as u64) as usize;
    if place < count { place } else { cycle - place }
}

/// One second of sound: a hum of two tones, and a burst in the first 50 ms.
pub(crate) fn sound() -> Vec<i16> {
    let tone = |hz: f64, sample: u32| (TAU * hz * f64::from(sample) / f64::from(RATE)).sin();
    let value = |sample: u32| {
        let burst = if sample < RATE / 20 { 0.45 * tone(1_500.0, sample) } else { 0.0 };
        0.10 * tone(300.0, sample) + 0.05 * tone(710.0, sample) + burst
    };
    (0..RATE).map(|sample| (value(sample) * 32_767.0) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_played_to_and_fro() {
        let order: Vec<usize> = (0..9).map(|number| to_and_fro(4, number)).collect();
        assert_eq!(order, [0, 1, 2, 3, 2, 1, 0, 1, 2]);
    }

    #[test]
    fn the_burst_is_in_the_first_fifty_milliseconds() {
        let sound = sound();
        let loudest = |range: std::ops::Range<usize>| sound[range].iter().map(|s| s.abs()).max();
        assert!(loudest(0..2_400) > Some(16_000));
        assert!(loudest(2_400..48_000) < Some(5_000));
    }
}
