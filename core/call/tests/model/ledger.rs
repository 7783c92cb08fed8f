//! What an observer notes about one side: its calls as its host and its drivers see them.

use duet_call::TimerId;

use crate::adapter::{Fact, Id, Who};
use crate::pool::Key;

/// How many calls a side can come across; their ids are smaller. The service's names for the meetings in
/// a room are further ids, which no side uses for its own.
pub const CALLS: usize = 4;

/// A side: its machine, and what was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Side {
    pub machine: Key,
    pub calls: [Ledger; CALLS],
    /// How many of its calls the user has started.
    pub started: u8,
    pub signaling: Signaling,
    /// The service no longer knows the session, and will say so.
    pub forgotten: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signaling {
    Up,
    Down,
    Gone,
}

/// A call on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    pub stage: Stage,
    /// The user here started it.
    pub mine: bool,
    /// Everything was said and done that makes it an accepted call, as far as this side can know.
    pub accepted: bool,
    /// Media may pass.
    pub released: bool,
    pub peer: Peer,
    pub offerer: bool,
    /// The name on the wire; in a room the service gives it when two meet.
    pub wire: Option<Id>,
    /// The peer connection's own name: what the call was called on the wire when it was made, and how many
    /// the caller had made for it. The other one's has the same.
    pub link: Option<(Id, u8)>,
    /// With which side it is; open while the call rings on several.
    pub with: Option<Who>,
    pub timers: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stage {
    #[default]
    Unseen,
    /// Its end came before it.
    HeardOver,
    Open,
    Over,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Peer {
    #[default]
    None,
    Starting,
    Up,
    /// Up, and made anew by an ICE restart.
    Renewing,
    Down,
    /// The other end has closed it.
    Gone,
    Closed,
}

impl Ledger {
    pub fn open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// There is a peer connection.
    pub fn has_peer(&self) -> bool {
        matches!(self.peer, Peer::Starting | Peer::Up | Peer::Renewing | Peer::Down | Peer::Gone)
    }

    /// Media could flow.
    pub fn up(&self) -> bool {
        matches!(self.peer, Peer::Up | Peer::Renewing)
    }

    /// Media does.
    pub fn live(&self) -> bool {
        self.open() && self.released
    }

    pub fn rings_here(&self) -> bool {
        self.open() && !self.mine && !self.accepted
    }

    /// The peer connection says so.
    pub fn hear(&mut self, fact: Fact) {
        self.peer = match fact {
            Fact::Connected => Peer::Up,
            Fact::Disconnected | Fact::IceFailed => Peer::Down,
            Fact::Closed => Peer::Gone,
            Fact::DtlsFailed | Fact::NoCommonCodec => self.peer,
        };
    }

    /// The armed timers.
    pub fn armed(&self) -> impl Iterator<Item = TimerId> + use<> {
        let timers = self.timers;
        TimerId::ALL.into_iter().filter(move |timer| timers & bit(*timer) != 0)
    }

    pub fn no_timers(&self) -> bool {
        self.timers == 0
    }

    /// False when it was armed already.
    pub fn arm(&mut self, timer: TimerId) -> bool {
        let news = self.timers & bit(timer) == 0;
        self.timers |= bit(timer);
        news
    }

    /// False when it was not armed.
    pub fn disarm(&mut self, timer: TimerId) -> bool {
        let was = self.timers & bit(timer) != 0;
        self.timers &= !bit(timer);
        was
    }
}

impl Side {
    pub fn new(machine: Key) -> Self {
        Side {
            machine,
            calls: [Ledger::default(); CALLS],
            started: 0,
            signaling: Signaling::Up,
            forgotten: false,
        }
    }

    /// The calls that are not over, with their ids.
    pub fn open_calls(&self) -> impl Iterator<Item = (Id, &Ledger)> {
        (0..).zip(&self.calls).filter(|(_, ledger)| ledger.open())
    }

    /// The call whose peer connection goes by that name.
    pub fn linked(&self, link: (Id, u8)) -> Option<&Ledger> {
        self.calls.iter().find(|ledger| ledger.link == Some(link))
    }

    /// The call of that name on the wire.
    pub fn by_wire(&mut self, wire: Id) -> Option<&mut Ledger> {
        self.calls.iter_mut().find(|ledger| ledger.open() && ledger.wire == Some(wire))
    }
}

fn bit(timer: TimerId) -> u8 {
    1 << TimerId::ALL.iter().position(|each| *each == timer).expect("all are listed")
}
