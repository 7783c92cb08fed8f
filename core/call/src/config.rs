//! What a host or a dialect may choose about a call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::timers::Timers;

/// How calls behave; the default suits the `duet` dialect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// When media is set up.
    pub policy: ConnectPolicy,
    /// What can be done about lost media.
    pub recovery: Recovery,
    /// How long everything may take.
    pub timers: Timers,
}

impl Config {
    /// For dialects that cannot carry an ICE restart or a bye: lost media may still come back by
    /// itself, but a peer that stays away for 10 s has most likely just closed the page.
    pub fn without_restart() -> Self {
        let timers = Timers { reconnect: Duration::from_secs(10), ..Timers::default() };
        Config { recovery: Recovery::Wait, timers, ..Config::default() }
    }
}

/// When ICE and DTLS run in a ringing call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectPolicy {
    /// While it rings, so that answering feels instant. Each side's addresses reach the other before
    /// anybody answered; media does not.
    #[default]
    WhileRinging,
    /// Only once accepted: a caller learns nothing about who does not answer.
    AfterAccept,
}

/// What a dialect offers when media is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recovery {
    /// ICE is restarted until media is back (RFC 8445 section 9).
    #[default]
    Restart,
    /// No restart, no bye: wait, and take a peer that stays away for one who hung up.
    Wait,
}
