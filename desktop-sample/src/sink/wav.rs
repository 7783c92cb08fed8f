//! Records sound.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::SinkError;

/// Writes 48 kHz mono 16-bit sound to a WAV file.
pub struct WavRecorder {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
}

impl WavRecorder {
    /// Creates or replaces the file at once, so that a wrong path is known before the call.
    ///
    /// # Errors
    /// [`SinkError`] when the file cannot be written.
    pub fn create(path: &Path) -> Result<Self, SinkError> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: 48_000,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(path, spec).map_err(|error| SinkError::new(path, error))?;
        Ok(WavRecorder { path: path.to_path_buf(), writer })
    }

    /// Appends sound.
    ///
    /// # Errors
    /// [`SinkError`] when the disk is full; the file is usable up to here.
    pub fn write(&mut self, samples: &[i16]) -> Result<(), SinkError> {
        for &sample in samples {
            self.writer.write_sample(sample).map_err(|error| SinkError::new(&self.path, error))?;
        }
        Ok(())
    }

    /// Completes the header.
    ///
    /// # Errors
    /// [`SinkError`] when the file cannot be written.
    pub fn finish(self) -> Result<(), SinkError> {
        self.writer.finalize().map_err(|error| SinkError::new(&self.path, error))
    }
}
