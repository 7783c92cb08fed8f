//! Peer connections, as far as machines hear of them.

use crate::adapter::{Fact, Who};
use crate::ledger::{Ledger, Peer};
use crate::world::State;

/// What it takes for a fact to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// It comes by itself, sooner or later.
    Inevitable,
    /// It may happen at any time.
    Free,
    Break,
    Failure,
}

/// The other end of a peer connection of `who`.
pub fn partner<'a>(state: &'a State, who: Who, ledger: &Ledger) -> Option<&'a Ledger> {
    let other = state.sides[usize::from(ledger.with?)].linked(ledger.link?)?;
    (other.with == Some(who)).then_some(other)
}

/// What a peer connection may say next on side `who`, and whether it is bound to happen or has a price.
pub fn facts(state: &State, who: Who, ledger: &Ledger) -> Vec<(Fact, Cost)> {
    let other = partner(state, who, ledger);
    let there = other.is_some_and(Ledger::has_peer);
    let down_there = other.is_some_and(|other| other.peer == Peer::Down);
    let mut facts = Vec::new();
    let lost = if !there {
        Cost::Inevitable
    } else if down_there {
        Cost::Free
    } else {
        Cost::Break
    };
    if !there && matches!(ledger.peer, Peer::Up | Peer::Renewing | Peer::Down) {
        facts.push((Fact::Closed, Cost::Free));
    }
    match ledger.peer {
        Peer::None | Peer::Gone | Peer::Closed => {}
        Peer::Starting if there => {
            facts.push((Fact::Connected, Cost::Free));
            facts.extend(
                [Fact::IceFailed, Fact::DtlsFailed, Fact::NoCommonCodec].map(|fact| (fact, Cost::Failure)),
            );
        }
        Peer::Starting => {}
        Peer::Up => facts.push((Fact::Disconnected, lost)),
        Peer::Renewing => {
            facts.push((Fact::Disconnected, lost));
            if there {
                facts.push((Fact::Connected, Cost::Free));
            }
        }
        Peer::Down => {
            facts.push((Fact::IceFailed, if there { Cost::Failure } else { Cost::Inevitable }));
            if there {
                facts.push((Fact::Connected, Cost::Free));
            }
        }
    }
    facts
}
