//! Error codes and the message behind the last one.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use duet_core::{ErrorKind, audio::AudioError, frame::FrameError};

/// Success, as a number beside `DuetError`: `if (duet_call_hang_up(call) != DUET_OK) ...`.
pub const DUET_OK: i32 = 0;

/// What a function returns. Numbers are stable and never reused. `duet_last_error` has the words.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetError {
    /// It worked.
    None = 0,
    /// An argument is NULL, out of range or not valid UTF-8.
    InvalidArgument = 1,
    /// The handle is 0, was freed, or stands for an object of another kind.
    InvalidHandle = 2,
    /// The buffer is too small; the function says how much is needed. Nothing was written or lost.
    BufferTooSmall = 3,
    /// The signaling service cannot be reached or does not answer properly.
    Signaling = 4,
    /// The signaling service refused the user.
    Unauthorized = 5,
    /// Two are in the room already.
    RoomFull = 6,
    /// The other user is not there.
    NotFound = 7,
    /// The object was closed.
    Closed = 8,
    /// Too many requests are waiting; try again.
    Overloaded = 9,
    /// A codec is missing or failed.
    Codec = 10,
    /// The operating system refused a resource, or a bug in Duet.
    Internal = 11,
    /// Somebody of that name is connected already.
    NameTaken = 12,
    /// The signaling system has no word for it; or this build cannot read such native pictures.
    Unsupported = 13,
}

/// Why an entry refuses: a code for programs, words for people.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: DuetError,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: DuetError, message: impl Into<String>) -> Self {
        Failure { code, message: message.into() }
    }

    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Failure::new(DuetError::InvalidArgument, message)
    }
}

impl From<ErrorKind> for DuetError {
    fn from(kind: ErrorKind) -> Self {
        match kind {
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
        }
    }
}

impl From<duet_core::Error> for Failure {
    fn from(error: duet_core::Error) -> Self {
        Failure::new(error.kind().into(), error.to_string())
    }
}

impl From<FrameError> for Failure {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::NativeUnsupported => Failure::new(DuetError::Unsupported, error.to_string()),
            _ => Failure::argument(error.to_string()),
        }
    }
}

impl From<AudioError> for Failure {
    fn from(error: AudioError) -> Self {
        Failure::argument(error.to_string())
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Keeps the words for `duet_last_error` and gives the code.
pub(crate) fn remember(failure: Failure) -> DuetError {
    let text = CString::new(failure.message.replace('\0', " ")).unwrap_or_default();
    LAST.with(|last| *last.borrow_mut() = text);
    failure.code
}

/// What the last function that failed on this thread had to say, in English: never NULL, empty if
/// none has failed. Valid until the next function fails on this thread; not to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn duet_last_error() -> *const c_char {
    // A thread that is ending has lost its messages.
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

/// The name of an error code, e.g. `invalid-handle`; `unknown` for a number that is none. A static
/// string; any thread.
#[unsafe(no_mangle)]
pub extern "C" fn duet_error_name(code: i32) -> *const c_char {
    let name = match code {
        0 => c"none",
        1 => c"invalid-argument",
        2 => c"invalid-handle",
        3 => c"buffer-too-small",
        4 => c"signaling",
        5 => c"unauthorized",
        6 => c"room-full",
        7 => c"not-found",
        8 => c"closed",
        9 => c"overloaded",
        10 => c"codec",
        11 => c"internal",
        12 => c"name-taken",
        13 => c"unsupported",
        _ => c"unknown",
    };
    name.as_ptr()
}
