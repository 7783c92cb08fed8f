//! The words in which [`Lines`](super::Lines) and its driver speak.

use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::id::{CallId, PeerName, RoomName};
use crate::input::{MediaKinds, Refusal};

/// With whom a call is, and so where its messages go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPeer {
    /// Who.
    pub peer: PeerName,
    /// The service's name for the call between the two; messages on the wire carry this one.
    pub call: CallId,
}

/// A message about a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Two are in the room already.
    Full,
    /// The service refused.
    Refused(Refusal),
}

/// An effect and the call it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// The call, by the name this end knows it by.
    pub call: CallId,
    /// With whom it is; the address of [`Effect::Send`].
    pub party: Party,
    /// What to do.
    pub effect: LineEffect,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineEffect {
    /// Somebody rings: tell the host. The first effect of an incoming call, but for those declined as
    /// busy, of which the host hears nothing.
    Incoming {
        /// What the caller wants to send and receive.
        media: MediaKinds,
        /// The outgoing call by which that person was being rung from here, and which lost. The incoming
        /// one takes its place and is accepted already: there is nothing to ask the person.
        instead_of: Option<CallId>,
    },
    /// An effect of the call itself.
    Call(Effect),
}

/// What became of a wish to ring somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
