//! Everything a call may ask of its driver.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ended::Ended;
use crate::input::{DeclineReason, MediaKinds, RemoteMedia};
use crate::state::CallState;
use crate::timers::TimerId;

/// Something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Send a signaling message.
    Send(Signal),
    /// Make the peer connection and start to negotiate. At most once a call. Descriptions and candidates
    /// that arrived earlier wait for it.
    StartPeer {
        /// This end makes the offer.
        offerer: bool,
        /// This end gives way when both offer (W3C perfect negotiation).
        polite: bool,
    },
    /// Offer new ICE credentials (RFC 8445 section 9). Nothing to do while an own offer with new
    /// credentials is still unanswered and not older than a second, or before the first description was
    /// exchanged.
    RestartIce,
    /// The call is accepted and connected: let pictures and sound pass, both ways. At most once a call.
    ReleaseMedia,
    /// Say [`Input::TimerFired`](crate::Input::TimerFired) after this time.
    StartTimer(TimerId, Duration),
    /// Forget that timer.
    CancelTimer(TimerId),
    /// Tell the host.
    Notify(Notice),
    /// Close the peer connection.
    ClosePeer,
    /// The call is over; nothing follows.
    Ended(Ended),
}

/// A signaling message of a call; descriptions and candidates are the peer connection's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// Please ring.
    Invite {
        /// What this end wants to send and receive.
        media: MediaKinds,
        /// How long the invite is worth ringing, from now.
        expires_in: Duration,
    },
    /// It rings here.
    Ringing,
    /// Answered.
    Accept {
        /// What this end will send and receive.
        media: MediaKinds,
    },
    /// Not answered.
    Decline {
        /// Why.
        reason: DeclineReason,
    },
    /// Stop ringing.
    Cancel,
    /// The call is over.
    HangUp,
    /// Enter the room.
    Join,
    /// Leave the room.
    Leave,
}

/// News for the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// The call is in another state. The first state is not announced but for [`CallState::Waiting`],
    /// which is when the service has confirmed that this end is in the room.
    State(CallState),
    /// It rings at the other end.
    RemoteRinging,
    /// What the other end sends.
    RemoteMedia(RemoteMedia),
    /// Connected for the first time; media is released.
    Connected,
}
