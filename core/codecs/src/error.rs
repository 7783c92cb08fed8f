/// Why a codec could not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// This build has no such codec.
    #[error("{0} is not in this build; enable its cargo feature")]
    Unavailable(&'static str),
    /// The codec library could not start with these settings.
    #[error("{codec} could not start: {reason}")]
    Init {
        /// Codec name.
        codec: &'static str,
        /// The library's own words.
        reason: String,
    },
    /// The codec library failed on a frame; the instance may go on or be replaced.
    #[error("{codec} failed: {reason}")]
    Failed {
        /// Codec name.
        codec: &'static str,
        /// The library's own words.
        reason: String,
    },
    /// The bytes are not a frame of this codec, or reference one that is missing. Ask for a key frame.
    #[error("{codec} cannot decode this frame: {reason}")]
    Corrupt {
        /// Codec name.
        codec: &'static str,
        /// The library's own words.
        reason: String,
    },
    /// A caller's buffer is too small.
    #[error("the buffer holds {actual}, {needed} are needed")]
    ShortBuffer {
        /// Elements needed.
        needed: usize,
        /// Elements given.
        actual: usize,
    },
}
