//! Records pictures.

use std::fs::File;
use std::path::{Path, PathBuf};

use duet_core::frame::{I420Frame, scale_i420};
use y4m::{Encoder, Frame, Ratio};

use super::SinkError;
use crate::pace::Rate;

/// Writes every picture given to a Y4M file of the first one's size; later sizes are scaled to it.
pub struct Y4mRecorder {
    path: PathBuf,
    rate: Rate,
    state: State,
}

enum State {
    /// The header needs the size of the first picture.
    Empty(File),
    // Without a buffer of our own: planes are large, and nothing is lost when a process is stopped.
    Recording {
        encoder: Encoder<File>,
        scaled: I420Frame,
    },
    Failed,
}

impl Y4mRecorder {
    /// Creates or replaces the file at once, so that a wrong path is known before the call.
    /// `rate` goes into the header.
    ///
    /// # Errors
    /// [`SinkError`] when the file cannot be written.
    pub fn create(path: &Path, rate: Rate) -> Result<Self, SinkError> {
        let file = File::create(path).map_err(|error| SinkError::new(path, error))?;
        Ok(Y4mRecorder { path: path.to_path_buf(), rate, state: State::Empty(file) })
    }

    /// Appends a picture.
    ///
    /// # Errors
    /// [`SinkError`] when the disk is full; later calls do nothing.
    pub fn write(&mut self, frame: &I420Frame) -> Result<(), SinkError> {
        match self.try_write(frame) {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.state = State::Failed;
                Err(SinkError::new(&self.path, reason))
            }
        }
    }

    fn try_write(&mut self, frame: &I420Frame) -> Result<(), y4m::Error> {
        if let State::Empty(_) = self.state {
            self.begin(frame)?;
        }
        let State::Recording { encoder, scaled } = &mut self.state else { return Ok(()) };
        let picture = if (frame.width(), frame.height()) == (scaled.width(), scaled.height()) {
            frame
        } else {
            scale_i420(frame.as_ref(), scaled);
            scaled
        };
        let planes = picture.as_ref();
        encoder.write_frame(&Frame::new([planes.y, planes.u, planes.v], None))
    }

    fn begin(&mut self, frame: &I420Frame) -> Result<(), y4m::Error> {
        let State::Empty(file) = std::mem::replace(&mut self.state, State::Failed) else { return Ok(()) };
        let rate = Ratio::new(self.rate.ticks as usize, self.rate.seconds as usize);
        let encoder = y4m::encode(frame.width() as usize, frame.height() as usize, rate)
            .with_colorspace(y4m::Colorspace::C420jpeg)
            .write_header(file)?;
        self.state = State::Recording { encoder, scaled: frame.clone() };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::test_path;
    use crate::source::{Pictures, Y4mFile};

    fn grey(width: u32, height: u32, luma: u8) -> I420Frame {
        let mut frame = I420Frame::black(width, height).expect("size");
        frame.planes_mut().0.fill(luma);
        frame
    }

    #[test]
    fn a_recording_plays_back_and_keeps_its_first_size() {
        let path = test_path("kept.y4m");
        let mut recorder = Y4mRecorder::create(&path, Rate::hz(30)).expect("create");
        for frame in [grey(64, 48, 50), grey(64, 48, 100), grey(32, 24, 150)] {
            recorder.write(&frame).expect("write");
        }
        let mut file = Y4mFile::open(&path).expect("open");
        assert_eq!((file.size(), file.rate()), ((64, 48), Rate::hz(30)));
        let lumas: Vec<u8> = (0..3).map(|n| file.picture(n).expect("picture").data()[64 * 24 + 9]).collect();
        assert_eq!(lumas, [50, 100, 150]);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_known_at_once() {
        let error = Y4mRecorder::create(Path::new("/nowhere/at/all.y4m"), Rate::hz(30)).err();
        assert!(error.expect("refused").to_string().contains("check the folder"));
    }
}
