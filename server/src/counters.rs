//! What was refused, counted by kind; never what it said.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use duet_signal::message::ErrorCode;

use crate::hub::Refusal;
use crate::mailbox::Over;

/// How often a server has refused something since it started. Of the dialects of other systems only:
/// the `duet` dialect tells its clients with error messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// Messages that could not be read, or had wrong fields.
    pub malformed: u64,
    /// Messages that were too large.
    pub too_large: u64,
    /// Messages for a room the sender was not in, and the like.
    pub misplaced: u64,
    /// Times a client was slowed down for sending too fast, or turned away at a limit.
    pub rate_limited: u64,
    /// Third users of rooms of two, and ids that were taken.
    pub full: u64,
    /// Clients disconnected because they read too slowly.
    pub slow: u64,
    /// Clients not let in for their origin, token or key; in every dialect, for the name they asked by.
    pub unauthorized: u64,
}

/// Counts while the server runs.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    malformed: AtomicU64,
    too_large: AtomicU64,
    misplaced: AtomicU64,
    rate_limited: AtomicU64,
    full: AtomicU64,
    slow: AtomicU64,
    unauthorized: AtomicU64,
}

impl Counters {
    /// Counts a refusal and notes it.
    pub(crate) fn refused(&self, dialect: &str, refusal: &Refusal) {
        log::debug!("{dialect}: refused: {}", refusal.text);
        self.of(refusal.code).fetch_add(1, Relaxed);
    }

    /// Counts a client that was disconnected by its mailbox.
    pub(crate) fn over(&self, dialect: &str, why: Over) {
        if why == Over::Slow {
            log::debug!("{dialect}: a client reads too slowly");
            self.slow.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn snapshot(&self) -> Refused {
        Refused {
            malformed: self.malformed.load(Relaxed),
            too_large: self.too_large.load(Relaxed),
            misplaced: self.misplaced.load(Relaxed),
            rate_limited: self.rate_limited.load(Relaxed),
            full: self.full.load(Relaxed),
            slow: self.slow.load(Relaxed),
            unauthorized: self.unauthorized.load(Relaxed),
        }
    }

    fn of(&self, code: ErrorCode) -> &AtomicU64 {
        match code {
            ErrorCode::Malformed | ErrorCode::VersionUnsupported | ErrorCode::Other => &self.malformed,
            ErrorCode::TooLarge => &self.too_large,
            ErrorCode::NotInRoom | ErrorCode::NotFound | ErrorCode::Unexpected => &self.misplaced,
            ErrorCode::RateLimited => &self.rate_limited,
            ErrorCode::RoomFull | ErrorCode::Replaced => &self.full,
            ErrorCode::SlowConsumer => &self.slow,
            ErrorCode::Unauthorized => &self.unauthorized,
        }
    }
}
