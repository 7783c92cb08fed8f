//! The words of other signaling systems, translated to ours and back.
//!
//! A [`Translator`] is a plain value at a client's end of one connection: foreign text goes in,
//! [`Envelope`](crate::Envelope)s of the `duet` dialect come out, and the other way round. It knows no socket and no clock;
//! whoever carries the text obeys [`Action`]s and says when a connection is up.
//!
//! ```text
//! WebSocket text -> Translator::hear -> Action*  (Deliver: a message for the session; Write: an answer)
//! session        -> Translator::say  -> Action*  (Write: what the system has for it)
//! ```
//!
//! These systems leave out most of what `duet` says: who speaks, which call is meant, that somebody left.
//! What is missing is added here, so that a session sees the messages it knows.

mod engine_io;
mod names;
mod offers;
mod pair;
mod peerjs;
mod socket_io;
mod socketio_invite;
mod socketio_relay;
mod socketio_room;
mod translator;
mod ws_broadcast;

use std::fmt;
use std::str::FromStr;

pub use translator::{Action, Carrier, Refusal, Translator};

use crate::Message;

/// A signaling system.
///
/// | dialect | to call | to wait |
/// |---|---|---|
/// | `duet` | `ring(user)`, or `join(room)` | be connected, or `join(room)` |
/// | `socketio-relay` | `ring(anything)`: offers to whoever is there or comes | `join(anything)`: answers whoever offers |
/// | `ws-broadcast` | `ring(anything)`: offers to whoever is there or comes | `join(anything)`: answers whoever offers |
/// | `socketio-room` | `join(room)`, first: offers to who comes | `join(room)`, second: answers |
/// | `socketio-invite` | `ring(room)` | be connected as user `room` |
/// | `peerjs` | `ring(id)` | be connected as user `id`; with no user name, the server gives one |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Dialect {
    /// Our own, of `duet serve`.
    #[default]
    Duet,
    /// One room for everybody, over Socket.IO 4: `conn`, `signalOffer`, `signalAnswer`, `iceOffer`,
    /// `iceAnswer`. Nobody says that they leave: who is not heard for some seconds is gone.
    SocketIoRelay,
    /// Every text of a plain WebSocket goes to all others: `offer`, `answer`, `offer_ice`, `answer_ice`.
    /// Nobody says that they leave.
    WsBroadcast,
    /// Rooms of two, over Socket.IO 2: `join`, `joined`, `otherjoin`, `full`, `leave`, `leaved`, `bye`,
    /// `message`. Who was there first offers.
    SocketIoRoom,
    /// Ringing within a room, over Socket.IO 4: `joinRoom`, `callRemote`, `acceptCall`, `sendOffer`,
    /// `sendAnswer`, `sendCandidate`, `hangUp`. A user's name is the room they wait in.
    SocketIoInvite,
    /// PeerServer: its media connections, whose end is told by a data channel. A session's token is the
    /// server's API key, `peerjs` by default. Before an answer there is no such channel, and a page's library
    /// tells the end of answered connections only. So a call is declined by an `ANSWER` without media, which a
    /// page hears as `close`. A call that is given up while it rings is a `LEAVE`: our clients and pages hear
    /// it; another page's library forgets the connection without an event, so that page rings on until its
    /// person answers, and its `answer()` then throws a `TypeError`.
    PeerJs,
}

/// Something that not every signaling system can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// Ringing somebody.
    Ring,
    /// Meeting in a room.
    Room,
    /// Telling the caller that the person does not want to answer.
    Decline,
    /// Telling the other end that the call is over, at once.
    HangUp,
    /// Pausing a call.
    Hold,
    /// Asking for pictures in a call without.
    AskVideo,
    /// Telling the other end that microphone or camera are closed: mute works, but is not told.
    MediaState,
    /// Knowing a call from a push message before its invite.
    Push,
}

/// A system has no word for what was to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {dialect} dialect cannot say that: {feature}")]
pub struct Unsupported {
    /// What.
    pub feature: Feature,
    /// Where.
    pub dialect: Dialect,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 6] = [
        Dialect::Duet,
        Dialect::SocketIoRelay,
        Dialect::WsBroadcast,
        Dialect::SocketIoRoom,
        Dialect::SocketIoInvite,
        Dialect::PeerJs,
    ];

    /// Its name on command lines and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Dialect::Duet => "duet",
            Dialect::SocketIoRelay => "socketio-relay",
            Dialect::WsBroadcast => "ws-broadcast",
            Dialect::SocketIoRoom => "socketio-room",
            Dialect::SocketIoInvite => "socketio-invite",
            Dialect::PeerJs => "peerjs",
        }
    }

    /// Whether it has words for this.
    pub fn supports(self, feature: Feature) -> bool {
        match (self, feature) {
            (Dialect::Duet, _) => true,
            (Dialect::SocketIoRelay | Dialect::WsBroadcast, Feature::Ring | Feature::Room)
            | (Dialect::SocketIoRoom, Feature::Room | Feature::HangUp)
            | (
                Dialect::SocketIoInvite | Dialect::PeerJs,
                Feature::Ring | Feature::Decline | Feature::HangUp,
            ) => true,
            (
                Dialect::SocketIoRelay
                | Dialect::WsBroadcast
                | Dialect::SocketIoRoom
                | Dialect::SocketIoInvite
                | Dialect::PeerJs,
                Feature::Ring
                | Feature::Room
                | Feature::Decline
                | Feature::HangUp
                | Feature::Hold
                | Feature::AskVideo
                | Feature::MediaState
                | Feature::Push,
            ) => false,
        }
    }

    /// That it has words for this.
    ///
    /// # Errors
    /// [`Unsupported`] when it has not.
    pub fn require(self, feature: Feature) -> Result<(), Unsupported> {
        if self.supports(feature) { Ok(()) } else { Err(Unsupported { feature, dialect: self }) }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == text).ok_or(UnknownDialect)
    }
}

/// A text names no dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write duet, socketio-relay, ws-broadcast, socketio-room, socketio-invite or peerjs")]
pub struct UnknownDialect;

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Feature::Ring => "ring somebody",
            Feature::Room => "meet in a room",
            Feature::Decline => "decline a call",
            Feature::HangUp => "hang up",
            Feature::Hold => "hold a call",
            Feature::AskVideo => "ask for pictures",
            Feature::MediaState => "tell which sources are live",
            Feature::Push => "expect a call known from a push message",
        })
    }
}

/// What it takes to say `message`; `None` for what is part of every call or needs no word.
fn feature_of(message: &Message) -> Option<Feature> {
    Some(match message {
        Message::Invite(_) | Message::Cancel(_) => Feature::Ring,
        Message::Join(_) | Message::Leave(_) => Feature::Room,
        Message::Decline(_) => Feature::Decline,
        Message::HangUp(_) => Feature::HangUp,
        Message::Hold(_) | Message::Resume(_) => Feature::Hold,
        Message::AskVideo(_) | Message::AcceptVideo(_) | Message::StopVideo(_) => Feature::AskVideo,
        Message::MediaState(_) => Feature::MediaState,
        Message::Hello(_)
        | Message::Welcome(_)
        | Message::Ack
        | Message::Error(_)
        | Message::Delivered(_)
        | Message::Ringing(_)
        | Message::Accept(_)
        | Message::Anew(_)
        | Message::AcceptedElsewhere(_)
        | Message::DeclinedElsewhere(_)
        | Message::Joined(_)
        | Message::PeerJoined(_)
        | Message::PeerLeft(_)
        | Message::Description(_)
        | Message::Candidate(_)
        | Message::Unknown => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_name() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.as_str().parse(), Ok(dialect));
        }
        assert!("socketio".parse::<Dialect>().unwrap_err().to_string().contains("socketio-relay"));
    }

    #[test]
    fn what_a_dialect_cannot_say_is_told_by_name() {
        let refused = Dialect::WsBroadcast.require(Feature::Hold).unwrap_err();
        assert_eq!(refused.to_string(), "the ws-broadcast dialect cannot say that: hold a call");
        assert_eq!(Dialect::Duet.require(Feature::Hold), Ok(()));
    }
}
