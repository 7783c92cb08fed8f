//! Who is here, what waits for them, and which rooms there are.
//!
//! All state, no socket. One lock, held for a few map look-ups at a time and never across an await.
//! A connection acts through its [`Seat`].

mod seat;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duet_signal::message::{ErrorCode, Resume, SessionToken, UserId};

use crate::config::Limits;
use state::State;

pub(crate) use seat::{Batch, Seat};

/// The state of one server.
#[derive(Debug)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

/// Something asked for is not done, and why; goes to the client as an `error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) text: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Refusal { code, text: text.into() }
    }
}

/// The connection no longer has the session: another took it over, or the hub ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// A session opened for a connection.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) seat: Seat,
    pub(crate) token: SessionToken,
    pub(crate) resumed: bool,
    /// The highest number received from the client.
    pub(crate) received: u64,
}

impl Hub {
    pub(crate) fn new(limits: Limits) -> Self {
        Hub { state: Mutex::new(State::new(limits)) }
    }

    /// Resumes the session asked for where that is possible, or else starts a new one.
    pub(crate) fn open(self: &Arc<Self>, user: &UserId, resume: Option<&Resume>) -> Result<Opened, Refusal> {
        let entry = {
            let mut state = self.lock();
            match resume.and_then(|resume| state.resume(user, resume)) {
                Some(entry) => entry,
                None => state.create(user)?,
            }
        };
        let seat = Seat::new(Arc::clone(self), user.clone(), entry.device, entry.link, entry.sent);
        Ok(Opened { seat, token: entry.token, resumed: entry.resumed, received: entry.received })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the server with it; the maps are whole between calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
