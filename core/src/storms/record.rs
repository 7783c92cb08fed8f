//! What one end of one call has gone through.

use std::sync::{Arc, Weak};

use duet_signal::message::CallId;

use crate::call::CallShared;
use crate::peer::scripted::HostId;
use crate::{Call, CallState, Ended};

/// How an end came into a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Ring(&'static str),
    Incoming(&'static str),
    Room(&'static str),
}

impl Origin {
    /// The person at the other end of a ringing call.
    pub(super) fn party(self) -> Option<&'static str> {
        match self {
            Origin::Ring(party) | Origin::Incoming(party) => Some(party),
            Origin::Room(_) => None,
        }
    }
}

/// One end of one call.
pub(super) struct Record {
    pub(super) host: HostId,
    /// Which of the host's sessions it belongs to: each knows its own calls only.
    pub(super) session: u32,
    pub(super) id: CallId,
    pub(super) origin: Origin,
    /// The person's handle; dropping it hangs up.
    pub(super) call: Option<Call>,
    shared: Weak<CallShared>,
    /// The person accepted it.
    pub(super) accepted: bool,
    pub(super) states: Vec<CallState>,
    pub(super) held: (bool, bool),
    pub(super) ended: Option<Ended>,
    /// Its host is gone without a word.
    pub(super) crashed: bool,
}

impl Record {
    pub(super) fn new(host: HostId, session: u32, origin: Origin, call: Call) -> Self {
        Record {
            host,
            session,
            id: call.id(),
            origin,
            shared: Arc::downgrade(call.shared()),
            call: Some(call),
            accepted: false,
            states: Vec::new(),
            held: (false, false),
            ended: None,
            crashed: false,
        }
    }

    /// Where it stands.
    pub(super) fn state(&self) -> CallState {
        self.shared.upgrade().map_or(CallState::Ended, |shared| shared.state())
    }

    /// Whether anything of it is still in memory.
    pub(super) fn is_kept(&self) -> bool {
        self.shared.strong_count() > 0
    }

    /// Whether media may pass here.
    pub(super) fn is_released(&self) -> bool {
        self.shared.upgrade().is_some_and(|shared| shared.media_released())
    }

    /// Not over, as far as its host knows, and its host is there.
    pub(super) fn is_live(&self) -> bool {
        self.ended.is_none() && !self.crashed
    }

    /// Answered, connected or not.
    pub(super) fn is_talking(&self) -> bool {
        matches!(self.state(), CallState::Connecting | CallState::Connected | CallState::Reconnecting)
    }

    /// Both ends of one call, of which each knows only itself.
    pub(super) fn is_other_end_of(&self, other: &Record) -> bool {
        self.host != other.host
            && match (self.origin, other.origin) {
                (Origin::Room(here), Origin::Room(there)) => here == there,
                (Origin::Ring(_), Origin::Incoming(_)) | (Origin::Incoming(_), Origin::Ring(_)) => {
                    self.id == other.id
                }
                _ => false,
            }
    }
}
