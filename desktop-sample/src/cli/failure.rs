//! Why a command did not do what was asked, and the exit code that says so.

use std::fmt;

use duet_core::{EndReason, Error, ErrorKind};

use crate::sink::SinkError;
use crate::source::SourceError;

/// A kind of failure for scripts and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    kind: Kind,
    message: String,
}

/// What scripts tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Usage,
    Signaling,
    Room,
}

impl Failure {
    /// The call failed: exit code 1.
    pub fn call(message: impl Into<String>) -> Self {
        Failure { kind: Kind::Call, message: message.into() }
    }

    /// Something unusable was asked for: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { kind: Kind::Usage, message: message.into() }
    }

    /// The signaling service cannot be used: exit code 3.
    pub fn signaling(message: impl Into<String>) -> Self {
        Failure { kind: Kind::Signaling, message: message.into() }
    }

    /// A call that ended for `reason` before it came to anything.
    pub fn ended(reason: EndReason, message: impl Into<String>) -> Self {
        let kind = match reason {
            EndReason::RoomFull => Kind::Room,
            EndReason::SignalingLost | EndReason::Unauthorized | EndReason::Replaced => Kind::Signaling,
            _ => Kind::Call,
        };
        Failure { kind, message: message.into() }
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self.kind {
            Kind::Call => 1,
            Kind::Usage => 2,
            Kind::Signaling => 3,
            Kind::Room => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::InvalidArgument | ErrorKind::Unsupported | ErrorKind::Codec => Kind::Usage,
            ErrorKind::Signaling | ErrorKind::Unauthorized => Kind::Signaling,
            ErrorKind::RoomFull | ErrorKind::NameTaken => Kind::Room,
            _ => Kind::Call,
        };
        Failure { kind, message: error.to_string() }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Failure::usage(error.to_string())
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        Failure::usage(error.to_string())
    }
}
