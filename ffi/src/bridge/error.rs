//! Errors as Kotlin and Swift see them.

use duet_core::{Error, ErrorKind};

/// Why Duet refused; its message is for people.
#[derive(Debug, thiserror::Error, uniffi::Error)]
#[uniffi(flat_error)]
pub enum DuetError {
    /// The caller passed something unusable.
    #[error("{0}")]
    InvalidArgument(String),
    /// The signaling service cannot be reached or does not answer properly.
    #[error("{0}")]
    Signaling(String),
    /// The signaling service refused the user.
    #[error("{0}")]
    Unauthorized(String),
    /// Two are in the room already.
    #[error("{0}")]
    RoomFull(String),
    /// Somebody of that name is connected already.
    #[error("{0}")]
    NameTaken(String),
    /// The signaling system has no word for it.
    #[error("{0}")]
    Unsupported(String),
    /// The other user is not there.
    #[error("{0}")]
    NotFound(String),
    /// The object was closed.
    #[error("{0}")]
    Closed(String),
    /// Too many requests are waiting; try again.
    #[error("{0}")]
    Overloaded(String),
    /// A codec is missing or failed.
    #[error("{0}")]
    Codec(String),
    /// The operating system refused a resource, or a bug in Duet.
    #[error("{0}")]
    Internal(String),
}

impl From<Error> for DuetError {
    fn from(error: Error) -> Self {
        let make = match error.kind() {
            ErrorKind::InvalidArgument => DuetError::InvalidArgument,
            ErrorKind::Signaling => DuetError::Signaling,
            ErrorKind::Unauthorized => DuetError::Unauthorized,
            ErrorKind::RoomFull => DuetError::RoomFull,
            ErrorKind::NameTaken => DuetError::NameTaken,
            ErrorKind::Unsupported => DuetError::Unsupported,
            ErrorKind::NotFound => DuetError::NotFound,
            ErrorKind::Closed => DuetError::Closed,
            ErrorKind::Overloaded => DuetError::Overloaded,
            ErrorKind::Codec => DuetError::Codec,
            // A kind added later is internal for hosts that do not know it.
            _ => DuetError::Internal,
        };
        make(error.to_string())
    }
}
