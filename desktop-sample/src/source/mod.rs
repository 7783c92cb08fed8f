//! What a call sends: pictures and sound, from nothing or from files.

mod camera;
mod font;
mod layers;
mod tone;
mod wav;
mod y4m;

pub use camera::SyntheticCamera;
pub use tone::Tone;
pub use wav::WavFile;
pub use y4m::Y4mFile;

use duet_core::audio::AudioBlock;
use duet_core::frame::{FrameError, I420Frame};

use crate::pace::Rate;

/// Gives one picture after the other.
pub trait Pictures: Send {
    /// Pictures a second.
    fn rate(&self) -> Rate;

    /// Picture `number` (0, 1, 2 ... with gaps when some were left out), in a buffer that is reused.
    ///
    /// # Errors
    /// [`SourceError`] when a file cannot be read on; the source is over.
    fn picture(&mut self, number: u64) -> Result<&mut I420Frame, SourceError>;
}

/// Gives sound in blocks of 10 ms.
pub trait Sound: Send {
    /// The next 10 ms.
    ///
    /// # Errors
    /// [`SourceError`] when a file cannot be read on; the source is over.
    fn block(&mut self) -> Result<AudioBlock<'_>, SourceError>;
}

/// Why a source gives nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The system does not let us read the file.
    #[error("cannot read {path}: {reason}; check the name and its permissions")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// Not what its name promises.
    #[error("{path} is not a usable {format} file ({reason}); convert it, for example with ffmpeg")]
    Format {
        /// The file.
        path: String,
        /// `Y4M` or `WAV`.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Chroma is not 4:2:0 of 8 bits.
    #[error("{path} holds {found} pictures; convert it to 8-bit 4:2:0 (ffmpeg -pix_fmt yuv420p)")]
    Chroma {
        /// The file.
        path: String,
        /// Its colour space.
        found: String,
    },
    /// A size no call can carry.
    #[error("{path}: {reason}")]
    Size {
        /// The file.
        path: String,
        /// Which size, and what to do.
        reason: FrameError,
    },
    /// The file ends within a picture or within its sound.
    #[error("{path} is cut off after {whole}; copy it again, or cut it to whole {unit}")]
    Truncated {
        /// The file.
        path: String,
        /// How much is usable.
        whole: String,
        /// `pictures` or `samples`.
        unit: &'static str,
    },
    /// A header and nothing else.
    #[error("{path} holds no {unit}; use a file with at least one")]
    Empty {
        /// The file.
        path: String,
        /// `pictures` or `samples`.
        unit: &'static str,
    },
    /// A sample format no call can carry.
    #[error("{path} holds {found}; {remedy}")]
    Samples {
        /// The file.
        path: String,
        /// Rate, channels or bits found.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A size or a rate chosen by the user cannot be used.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Every source here can be called from its own thread.
#[cfg(test)]
const fn is_send<T: Send>() {}
#[cfg(test)]
const _: () = is_send::<(SyntheticCamera, Tone, Y4mFile, WavFile)>();
