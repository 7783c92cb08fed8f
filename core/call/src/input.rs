//! Everything that can happen to a call.

use serde::{Deserialize, Serialize};

use crate::timers::TimerId;

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// The person at this end wants something.
    User(UserInput),
    /// A signaling message of this call arrived.
    Wire(WireInput),
    /// The peer connection says something.
    Peer(PeerInput),
    /// The signaling connection says something.
    Signaling(SignalingInput),
    /// The host or the driver says something.
    Host(HostInput),
    /// Both ends rang each other and the other call survives; [`Lines`](crate::Lines) decides that.
    GlareLost,
    /// A timer asked for by [`Effect::StartTimer`](crate::Effect::StartTimer) ran out.
    TimerFired(TimerId),
}

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserInput {
    /// Answer an incoming call, with these kinds of media.
    Accept {
        /// What this end will send and receive.
        media: MediaKinds,
    },
    /// Do not answer an incoming call.
    Decline,
    /// End the call, whatever its state; declines a call that rings here, cancels one that rings there.
    HangUp,
}

/// A message of this call from the other end or from the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WireInput {
    /// It rings at the other end.
    Ringing,
    /// The other end answered.
    Accept {
        /// What the other end will send and receive.
        media: MediaKinds,
    },
    /// The other end does not answer.
    Decline {
        /// Why.
        reason: DeclineReason,
    },
    /// The caller gave up.
    Cancel,
    /// The other end hung up.
    HangUp,
    /// Another device of the user at this end answered.
    AcceptedElsewhere,
    /// Another device of the user at this end declined.
    DeclinedElsewhere,
    /// This end is in the room.
    Joined {
        /// Somebody is there already.
        peer: bool,
    },
    /// Somebody came into the room.
    PeerJoined,
    /// The other end left the room; or, for a ringing call, is no longer known to the service.
    PeerLeft,
    /// Two are in the room already.
    RoomFull,
    /// The service refused this call.
    Refused(Refusal),
    /// What the other end sends has changed.
    MediaState(RemoteMedia),
}

/// Kinds of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaKinds {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
}

/// Which sources of the other end are live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteMedia {
    /// The microphone is open.
    pub audio: bool,
    /// Pictures are sent.
    pub video: bool,
    /// The pictures are a screen's.
    pub screen: bool,
}

/// Why an invite is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineReason {
    /// The person does not want to.
    Declined,
    /// The person is in another call.
    Busy,
    /// Nobody answered in time.
    Timeout,
    /// It cannot be answered: setting up the call failed there, or a reason this version does not know.
    Failed,
}

/// Why the service refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The other end is not connected.
    NotFound,
    /// This user may not do that.
    Unauthorized,
    /// Too many calls, rooms or messages.
    RateLimited,
    /// Any other reason.
    Other,
}

/// News from the peer connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerInput {
    /// ICE has a working pair and DTLS is up; after a restart: the new pair works. Said after each
    /// successful restart, even when the old pair never broke.
    Connected,
    /// ICE has lost its pair and may find it again.
    Disconnected,
    /// ICE found no pair, or gave up on a lost one.
    IceFailed,
    /// The DTLS handshake failed, or the certificate is not the one that was announced.
    DtlsFailed,
    /// The descriptions have no codec in common.
    NoCommonCodec,
}

/// News from the signaling connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalingInput {
    /// The connection broke; it is being made anew.
    Lost,
    /// The session goes on.
    Restored,
    /// There will be no connection any more.
    LostForGood(SignalingLoss),
}

/// Why signaling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalingLoss {
    /// The server cannot be reached, or forgot the session.
    Unreachable,
    /// The token is not accepted any more.
    Unauthorized,
    /// A newer connection of the same user took the session over.
    Replaced,
}

/// News from the host or the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostInput {
    /// The device has other network interfaces or addresses than before.
    NetworkChanged,
    /// The driver could not carry out an effect; the call cannot go on.
    Failed,
}
