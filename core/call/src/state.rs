//! The states of a call: what hosts see, and what the machine remembers in each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ended::{Ended, Phase};
use crate::input::MediaKinds;

/// Where a call stands, as hosts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallState {
    /// In a room, alone.
    Waiting,
    /// Rings at the other end.
    Outgoing,
    /// Rings here.
    Incoming,
    /// Accepted; media is not connected yet.
    Connecting,
    /// In the call.
    Connected,
    /// In the call; media was lost and is being recovered.
    Reconnecting,
    /// Over.
    Ended,
}

impl fmt::Display for CallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CallState::Waiting => "waiting",
            CallState::Outgoing => "outgoing",
            CallState::Incoming => "incoming",
            CallState::Connecting => "connecting",
            CallState::Connected => "connected",
            CallState::Reconnecting => "reconnecting",
            CallState::Ended => "ended",
        })
    }
}

/// A state with what only it needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum State {
    Outgoing {
        link: Link,
        heard: Heard,
    },
    /// Known from a push message only; its invite has not come yet.
    Pushed {
        /// With what it was answered meanwhile.
        answer: Option<MediaKinds>,
    },
    Incoming {
        link: Link,
    },
    Waiting {
        /// The service has confirmed that this end is in the room.
        joined: bool,
    },
    Connecting,
    Connected,
    Reconnecting {
        /// ICE restarts so far, since media was lost or the network changed last.
        restarts: u8,
    },
    Ended(Ended),
}

impl State {
    pub(crate) fn public(self) -> CallState {
        match self {
            State::Outgoing { .. } => CallState::Outgoing,
            State::Pushed { answer: None } | State::Incoming { .. } => CallState::Incoming,
            State::Waiting { .. } => CallState::Waiting,
            State::Pushed { answer: Some(_) } | State::Connecting => CallState::Connecting,
            State::Connected => CallState::Connected,
            State::Reconnecting { .. } => CallState::Reconnecting,
            State::Ended(_) => CallState::Ended,
        }
    }

    pub(crate) fn phase(self) -> Phase {
        match self {
            State::Outgoing { .. } | State::Pushed { answer: None } | State::Incoming { .. } => {
                Phase::Ringing
            }
            State::Waiting { .. } => Phase::Waiting,
            State::Pushed { answer: Some(_) } | State::Connecting => Phase::Connecting,
            State::Connected => Phase::Connected,
            State::Reconnecting { .. } => Phase::Reconnecting,
            State::Ended(ended) => ended.phase,
        }
    }

    /// There is a peer connection.
    pub(crate) fn has_peer(self) -> bool {
        match self {
            State::Outgoing { link, .. } | State::Incoming { link } => link != Link::Idle,
            State::Pushed { .. } | State::Waiting { .. } | State::Ended(_) => false,
            State::Connecting | State::Connected | State::Reconnecting { .. } => true,
        }
    }

    /// The two ends have been connected and can be told things about media.
    pub(crate) fn has_talked(self) -> bool {
        match self {
            State::Connected | State::Reconnecting { .. } => true,
            State::Outgoing { .. }
            | State::Pushed { .. }
            | State::Incoming { .. }
            | State::Waiting { .. }
            | State::Connecting
            | State::Ended(_) => false,
        }
    }
}

/// What a caller has heard of the invite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Heard {
    Nothing,
    /// A device has it.
    Delivered,
    /// It rings there.
    Ringing,
}

/// The peer connection of a call that still rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Link {
    /// Not made: it waits for the call to be accepted.
    Idle,
    /// On its way.
    Starting,
    /// Media could flow.
    Up,
    /// Was up, or failed; not yet a reason to end a call that nobody has answered.
    Down,
    /// The other end has closed it.
    Closed,
}

/// How this end came into the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Role {
    Caller,
    Callee,
    Room,
}

/// Can messages be sent?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Signaling {
    Up,
    /// It is being made anew.
    Down,
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_as_it_is_serialised() {
        let states = [
            CallState::Waiting,
            CallState::Outgoing,
            CallState::Incoming,
            CallState::Connecting,
            CallState::Connected,
            CallState::Reconnecting,
            CallState::Ended,
        ];
        for state in states {
            assert_eq!(serde_json::to_value(state).ok(), Some(state.to_string().into()));
        }
    }
}
