//! A WAV file as a microphone: played again and again, in its own rate and channels.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use duet_core::audio::{AudioBlock, Samples};
use hound::{SampleFormat, WavReader, WavSpec};

use super::{Sound, SourceError};

/// Rates the engine takes, in hertz.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
/// Blocks a second.
const BLOCKS: u64 = 100;

/// A WAV file of 8, 16, 24 or 32-bit integers or 32-bit floats, mono or stereo, 8 to 48 kHz.
pub struct WavFile {
    reader: WavReader<BufReader<File>>,
    path: String,
    spec: WavSpec,
    /// Samples for each channel played since the start.
    played: u64,
    blocks: u64,
    block: Vec<f32>,
}

impl WavFile {
    /// Opens `path` and checks that a call can carry it and that it is whole.
    ///
    /// # Errors
    /// [`SourceError`] that says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let name = path.as_ref().display().to_string();
        let file = File::open(&path)
            .map_err(|error| SourceError::Unreadable { path: name.clone(), reason: error.to_string() })?;
        let reader = WavReader::new(BufReader::new(file)).map_err(|error| bad_format(&name, &error))?;
        let spec = reader.spec();
        check(&name, spec)?;
        let mut wav = WavFile { reader, path: name, spec, played: 0, blocks: 0, block: Vec::new() };
        wav.check_length()?;
        Ok(wav)
    }

    /// Rate, channels and bits.
    pub fn spec(&self) -> WavSpec {
        self.spec
    }

    /// Reads the very last sample, which a file that was cut off does not have.
    fn check_length(&mut self) -> Result<(), SourceError> {
        let frames = self.reader.duration();
        if frames == 0 {
            return Err(SourceError::Empty { path: self.path.clone(), unit: "samples" });
        }
        self.seek(frames - 1)?;
        let mut last = Vec::new();
        if self.read(usize::from(self.spec.channels), &mut last).is_err() {
            return Err(SourceError::Truncated {
                path: self.path.clone(),
                whole: format!("less than the {frames} samples its header promises"),
                unit: "samples",
            });
        }
        self.seek(0)
    }

    fn seek(&mut self, frame: u32) -> Result<(), SourceError> {
        self.reader
            .seek(frame)
            .map_err(|error| SourceError::Unreadable { path: self.path.clone(), reason: error.to_string() })
    }

    /// Appends up to `count` samples; fewer at the end of the file.
    fn read(&mut self, count: usize, into: &mut Vec<f32>) -> Result<usize, SourceError> {
        let before = into.len();
        let path = &self.path;
        let bad = |error: hound::Error| bad_format(path, &error);
        match self.spec.sample_format {
            SampleFormat::Float => {
                for sample in self.reader.samples::<f32>().take(count) {
                    into.push(sample.map_err(bad)?.clamp(-1.0, 1.0));
                }
            }
            SampleFormat::Int => {
                let scale = 1.0 / f64::from(1u32 << (self.spec.bits_per_sample - 1)) as f32;
                for sample in self.reader.samples::<i32>().take(count) {
                    into.push(sample.map_err(bad)? as f32 * scale);
                }
            }
        }
        Ok(into.len() - before)
    }
}

impl Sound for WavFile {
    fn block(&mut self) -> Result<AudioBlock<'_>, SourceError> {
        let (rate, channels) = (u64::from(self.spec.sample_rate), usize::from(self.spec.channels));
        // 11.025 kHz has no whole number of samples in 10 ms: blocks differ by one.
        self.blocks += 1;
        let frames = self.blocks * rate / BLOCKS - self.played;
        self.played += frames;
        let wanted = frames as usize * channels;
        let mut block = std::mem::take(&mut self.block);
        block.clear();
        while block.len() < wanted {
            if self.read(wanted - block.len(), &mut block)? == 0 {
                self.seek(0)?;
            }
        }
        self.block = block;
        Ok(AudioBlock {
            samples: Samples::F32(&self.block),
            rate: self.spec.sample_rate,
            channels: self.spec.channels,
        })
    }
}

fn check(path: &str, spec: WavSpec) -> Result<(), SourceError> {
    let refuse = |found: String, remedy| Err(SourceError::Samples { path: path.to_owned(), found, remedy });
    if !(1..=2).contains(&spec.channels) {
        return refuse(format!("{} channels", spec.channels), "mix it to mono or stereo (ffmpeg -ac 1)");
    }
    if !RATES.contains(&spec.sample_rate) {
        let found = format!("{} samples a second", spec.sample_rate);
        return refuse(found, "resample it to 8000 to 48000 Hz (ffmpeg -ar 48000)");
    }
    match (spec.sample_format, spec.bits_per_sample) {
        (SampleFormat::Int, 8 | 16 | 24 | 32) | (SampleFormat::Float, 32) => Ok(()),
        (format, bits) => refuse(
            format!("{bits}-bit {format:?} samples"),
            "convert it to 16-bit integers (ffmpeg -c:a pcm_s16le)",
        ),
    }
}

fn bad_format(path: &str, error: &hound::Error) -> SourceError {
    SourceError::Format { path: path.to_owned(), format: "WAV", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::sink::test_path;

    const SPEC: WavSpec =
        WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 16, sample_format: SampleFormat::Int };

    fn written(name: &str, spec: WavSpec, count: usize) -> PathBuf {
        let path = test_path(name);
        let mut writer = hound::WavWriter::create(&path, spec).expect("create");
        for index in 0..count * usize::from(spec.channels) {
            let value = (index as f64 * 0.05).sin() * 0.5;
            match (spec.sample_format, spec.bits_per_sample) {
                (SampleFormat::Float, _) => writer.write_sample(value as f32),
                (SampleFormat::Int, bits) => {
                    writer.write_sample((value * f64::from((1u32 << (bits - 1)) - 1)) as i32)
                }
            }
            .expect("write");
        }
        writer.finalize().expect("finalize");
        path
    }

    fn first_block(path: &Path) -> Vec<f32> {
        let mut wav = WavFile::open(path).expect("open");
        let AudioBlock { samples: Samples::F32(samples), .. } = wav.block().expect("block") else {
            panic!("blocks of files are float");
        };
        samples.to_vec()
    }

    #[test]
    fn every_sample_format_gives_the_same_sound() {
        let formats = [
            (SampleFormat::Int, 8),
            (SampleFormat::Int, 16),
            (SampleFormat::Int, 24),
            (SampleFormat::Int, 32),
            (SampleFormat::Float, 32),
        ];
        for (sample_format, bits_per_sample) in formats {
            let spec = WavSpec { sample_format, bits_per_sample, ..SPEC };
            let block =
                first_block(&written(&format!("fmt{bits_per_sample}{sample_format:?}.wav"), spec, 960));
            assert_eq!(block.len(), 480);
            for (index, value) in block.iter().enumerate() {
                let expected = (index as f32 * 0.05).sin() * 0.5;
                assert!((value - expected).abs() < 0.016, "{spec:?} {index}: {value} {expected}");
            }
        }
    }

    #[test]
    fn blocks_of_odd_rates_add_up_to_seconds() {
        for (sample_rate, channels) in [(8_000, 1), (11_025, 2), (22_050, 1), (44_100, 2), (48_000, 2)] {
            let spec = WavSpec { sample_rate, channels, ..SPEC };
            let mut wav =
                WavFile::open(written(&format!("rate{sample_rate}.wav"), spec, 1_000)).expect("open");
            let total: usize = (0..100)
                .map(|_| match wav.block().expect("block").samples {
                    Samples::F32(samples) => samples.len(),
                    Samples::I16(_) => 0,
                })
                .sum();
            assert_eq!(total, sample_rate as usize * usize::from(channels));
        }
    }

    #[test]
    fn a_short_file_begins_again_without_a_gap() {
        let mut wav = WavFile::open(written("loop.wav", SPEC, 300)).expect("open");
        let AudioBlock { samples: Samples::F32(samples), .. } = wav.block().expect("block") else {
            panic!("float");
        };
        assert_eq!(samples[..180], samples[300..]);
    }

    #[test]
    fn unusable_files_say_what_to_do() {
        let error = |path: PathBuf| WavFile::open(path).err().expect("refused").to_string();

        assert!(error(test_path("missing.wav")).contains("check the name"));

        let path = test_path("text.wav");
        std::fs::write(&path, b"no wave at all").expect("write");
        assert!(error(path).contains("not a usable WAV"));

        let surround = WavSpec { channels: 6, ..SPEC };
        assert!(error(written("six.wav", surround, 100)).contains("mix it to mono or stereo"));

        let fast = WavSpec { sample_rate: 96_000, ..SPEC };
        assert!(error(written("fast.wav", fast, 100)).contains("ffmpeg -ar 48000"));

        assert!(error(written("empty.wav", SPEC, 0)).contains("holds no samples"));

        let path = written("cut.wav", SPEC, 1_000);
        let bytes = std::fs::read(&path).expect("read");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("write");
        assert!(error(path).contains("cut off"));
    }
}
