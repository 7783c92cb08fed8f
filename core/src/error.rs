use duet_codecs::CodecError;
use duet_signal::WireError;
use duet_signal::dialect::{Dialect, Feature, Unsupported};

/// Why the engine refused or gave up. [`Error::kind`] is for programs, `Display` for people.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of a signaling service cannot be used.
    #[error("{url:?} is not a signaling address ({reason}); use http(s)://host:port or ws(s)://host:port")]
    InvalidUrl {
        /// The address given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An argument is out of range.
    #[error("{0}")]
    InvalidArgument(String),
    /// The signaling service does not answer.
    #[error("no signaling at {url}: {reason}; check the address and that the server runs")]
    Unreachable {
        /// The address tried.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// The service does not know the user, or the token is missing, wrong or expired.
    #[error("the signaling service refused this user: {0}")]
    Unauthorized(String),
    /// Two are in the room already.
    #[error("the room is full: two are in it already")]
    RoomFull,
    /// The user is not connected.
    #[error("nobody of that name is connected")]
    NotFound,
    /// Somebody else is connected under this name.
    #[error("the name {0:?} is taken; choose another one")]
    NameTaken(String),
    /// The system the session talks to has no word for this.
    #[error("the {dialect} dialect cannot say that: {what}")]
    Unsupported {
        /// What was asked for.
        what: Feature,
        /// The dialect of the session.
        dialect: Dialect,
    },
    /// The session was taken over by a newer connection of the same device.
    #[error("this session continues on another connection")]
    Replaced,
    /// The service speaks another protocol or broke it.
    #[error("the signaling service does not speak this protocol: {0}")]
    Protocol(String),
    /// A message from the host's own signaling is not one of ours.
    #[error("not a Duet message: {0}")]
    Message(String),
    /// The object was closed before.
    #[error("{0} is closed")]
    Closed(&'static str),
    /// The engine's queue of requests is full; try again.
    #[error("too many requests are waiting; try again")]
    Overloaded,
    /// A codec is missing or failed.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The operating system refused a resource.
    #[error("the system refused {what}: {reason}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What the system said.
        reason: String,
    },
    /// A bug in the engine.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Coarse kinds of [`Error`]: numbers other languages can match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller passed something unusable.
    InvalidArgument,
    /// The signaling service cannot be reached or does not answer properly.
    Signaling,
    /// The signaling service refused the user.
    Unauthorized,
    /// The room is full.
    RoomFull,
    /// The name is taken.
    NameTaken,
    /// The session's dialect has no word for it.
    Unsupported,
    /// The other user is not there.
    NotFound,
    /// The object is closed.
    Closed,
    /// Too much at once.
    Overloaded,
    /// A codec is missing or failed.
    Codec,
    /// The operating system refused a resource, or a bug.
    Internal,
}

impl Error {
    /// The coarse kind.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::InvalidUrl { .. } | Error::InvalidArgument(_) | Error::Message(_) => {
                ErrorKind::InvalidArgument
            }
            Error::Unreachable { .. } | Error::Protocol(_) | Error::Replaced => ErrorKind::Signaling,
            Error::Unauthorized(_) => ErrorKind::Unauthorized,
            Error::RoomFull => ErrorKind::RoomFull,
            Error::NameTaken(_) => ErrorKind::NameTaken,
            Error::Unsupported { .. } => ErrorKind::Unsupported,
            Error::NotFound => ErrorKind::NotFound,
            Error::Closed(_) => ErrorKind::Closed,
            Error::Overloaded => ErrorKind::Overloaded,
            Error::Codec(_) => ErrorKind::Codec,
            Error::System { .. } | Error::Internal(_) => ErrorKind::Internal,
        }
    }
}

impl From<Unsupported> for Error {
    fn from(Unsupported { feature, dialect }: Unsupported) -> Self {
        Error::Unsupported { what: feature, dialect }
    }
}

impl From<WireError> for Error {
    fn from(error: WireError) -> Self {
        Error::Message(error.to_string())
    }
}
