//! What a host or a dialect may choose about a call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::timers::Timers;

/// How calls behave; the default suits the `duet` dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// When media is set up.
    pub policy: ConnectPolicy,
    /// What can be done about lost media.
    pub recovery: Recovery,
    /// What it means that the other end closes its peer connection.
    pub closing: Closing,
    /// What a second caller hears.
    pub waiting: CallWaiting,
    /// In a room whose other one leaves: wait there for the next one, instead of ending the call.
    pub room_stay: bool,
    /// How long everything may take.
    pub timers: Timers,
}

impl Config {
    /// For dialects that cannot carry an ICE restart or a bye: lost media may still come back by
    /// itself, but a peer that stays away for 5 s has most likely just closed the page: with the 3 s after which
    /// a loss is noticed it is missed within 10 s, and who changed networks does not come back later either.
    /// Nor do they say that an invite arrived.
    pub fn without_restart() -> Self {
        let timers = Timers { reconnect: Duration::from_secs(5), invite_ack: None, ..Timers::default() };
        Config { recovery: Recovery::Wait, timers, ..Config::default() }
    }

    /// For dialects without a restart, too, in which closing the peer connection is how to hang up (PeerJS).
    pub fn closing_hangs_up() -> Self {
        Config { closing: Closing::HangUp, ..Config::without_restart() }
    }
}

/// When ICE and DTLS run in a ringing call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ConnectPolicy {
    /// While it rings, so that answering feels instant. Each side's addresses reach the other before
    /// anybody answered; media does not.
    #[default]
    WhileRinging,
    /// Only once accepted: a caller learns nothing about who does not answer.
    AfterAccept,
}

/// What a dialect offers when media is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Recovery {
    /// ICE is restarted until media is back (RFC 8445 section 9).
    #[default]
    Restart,
    /// No restart, no bye: wait, and take a peer that stays away for one who hung up.
    Wait,
}

/// What it means that the other end of an accepted call closes its peer connection. One that still rings
/// rings on: another device may answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Closing {
    /// A word says why: it hung up, or makes another connection. Who says nothing within [`Timers::closed`]
    /// has vanished.
    #[default]
    WordFollows,
    /// It has hung up.
    HangUp,
}

/// What happens to an invite while there is another call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallWaiting {
    /// It is declined as busy, without a word to the host.
    #[default]
    Busy,
    /// It rings, one at a time. Only one call talks: answering one, or resuming it, puts the others on hold.
    /// A host that would rather end them hangs them up first.
    Allow,
}
