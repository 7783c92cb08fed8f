//! What a call received: watched, listened to, recorded.

mod change;
mod png;
mod sound;
mod tone;
mod watch;
mod wav;
mod y4m;

pub use change::ChangeDetector;
pub use png::write_png;
pub use sound::{Ear, Heard};
pub use tone::ToneMeter;
pub use watch::{Counters, Eye, Seen};
pub use wav::WavRecorder;
pub use y4m::Y4mRecorder;

/// Why something received could not be kept. The call goes on without the recording.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {reason}; check the folder, its permissions and the free space")]
pub struct SinkError {
    /// The file.
    pub path: String,
    /// What the system said.
    pub reason: String,
}

impl SinkError {
    pub(crate) fn new(path: &std::path::Path, reason: impl std::fmt::Display) -> Self {
        SinkError { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// A file of this process alone, in the system's folder for such.
#[cfg(test)]
pub(crate) fn test_path(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("duet-desktop-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for tests");
    folder.join(name)
}
