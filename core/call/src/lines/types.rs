//! The words in which [`Lines`](super::Lines) and its driver speak.

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Signal};
use crate::id::{CallId, DeviceId, PeerName, RoomName};
use crate::input::{MediaKinds, Refusal};

/// From whom a message comes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sender {
    /// Who.
    pub peer: PeerName,
    /// On which of their devices; `None` where the service does not tell them apart.
    pub device: Option<DeviceId>,
}

/// With whom a call is, and so where its messages go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Party {
    /// A person who rang or is rung.
    Peer(PeerName),
    /// Whoever is in the room.
    Room {
        /// The room.
        room: RoomName,
        /// The other one in it, once there is one.
        with: Option<RoomPeer>,
    },
}

impl Party {
    /// The person at the other end, if there is one.
    pub fn peer(&self) -> Option<&PeerName> {
        match self {
            Party::Peer(peer) => Some(peer),
            Party::Room { with, .. } => with.as_ref().map(|with| &with.peer),
        }
    }
}

/// The other one in a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoomPeer {
    /// Who.
    pub peer: PeerName,
    /// On which of their devices; `None` where the service does not tell them apart.
    pub device: Option<DeviceId>,
    /// The service's name for the call between the two; messages on the wire carry this one.
    pub call: CallId,
}

/// A message about a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RoomInput {
    /// This end is in the room.
    Joined {
        /// Somebody who is there already.
        with: Option<RoomPeer>,
    },
    /// Somebody came.
    PeerJoined(RoomPeer),
    /// The other one left.
    PeerLeft {
        /// The service's name for the call that is over; `None` where the dialect has no such name.
        call: Option<CallId>,
    },
    /// The service has lost the other one and given them up. Media may flow all the same.
    PeerGone {
        /// The service's name for the call between the two.
        call: CallId,
    },
    /// Two are in the room already.
    Full,
    /// The service refused.
    Refused(Refusal),
}

/// An effect and the call it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tagged {
    /// The call, by the name this end knows it by.
    pub call: CallId,
    /// With whom it is; the address of [`Effect::Send`], of descriptions and of candidates.
    pub party: Party,
    /// On which of their devices: the rest of that address. `None`: on all there are, or the only one.
    pub device: Option<DeviceId>,
    /// What to do.
    pub effect: LineEffect,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LineEffect {
    /// Somebody rings: tell the host. The first effect of an incoming call, but for those declined as
    /// busy, of which the host hears nothing.
    Incoming {
        /// What the caller wants to send and receive.
        media: MediaKinds,
        /// The call with that person which ends and whose place this one takes: it lost a glare, or they
        /// rang anew.
        instead_of: Option<CallId>,
        /// It is accepted already, for the person had wanted or accepted the other one: there is nothing to
        /// ask.
        accepted: bool,
    },
    /// An effect of the call itself.
    Call(Effect),
    /// Send this to all devices of the party but one: the call is settled with that one.
    TellOthers {
        /// The one that knows.
        but: DeviceId,
        /// The message.
        signal: Signal,
    },
}

/// May a description or candidate of a call reach its peer connection?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[must_use]
pub enum Passage {
    /// Yes.
    Take,
    /// Not yet: keep it, beside the device it came from, until a description of some device is taken; then
    /// ask again.
    Keep,
    /// No: it is of a device the call is not with, or of no call.
    Drop,
}

/// What became of a wish to ring somebody.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[must_use]
pub enum Placed {
    /// It rings there, as the call asked for.
    Ringing,
    /// That person was ringing here, and this call of theirs was accepted instead. The call asked for
    /// never came to be.
    Answered(CallId),
}

/// Why there is no new call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Ids name one call each.
    #[error("the call id {0} was used already; take a fresh one")]
    IdTaken(CallId),
    /// That person is being rung already.
    #[error("that person is being rung already, by call {0}; hang it up first")]
    AlreadyRinging(CallId),
    /// There is a call with that person already.
    #[error("already in a call with that person, {0}; hang it up first")]
    AlreadyTalking(CallId),
    /// This end is in that room already.
    #[error("already in that room, by call {0}; hang it up first")]
    AlreadyInRoom(CallId),
    /// There are [`MAX_CALLS`](super::MAX_CALLS) calls.
    #[error("too many calls at a time; hang one up first")]
    TooMany,
    /// The session's signaling is gone for good.
    #[error("the signaling session is over; open another one")]
    SignalingGone,
}
