//! The calls that are over, so that late messages do not bring them back.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::id::{CallId, PeerName};

/// How many are remembered. A late invite is late by seconds; nobody takes part in 32 calls meanwhile.
const CAPACITY: usize = 32;

/// The most calls that [`Lines::own_over`](super::Lines::own_over) names. Nobody rings the same person more
/// often in the seconds that an invite may be late.
pub const MAX_OWN_OVER: usize = 4;

/// The last calls that ended, or were ended before they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Memory(VecDeque<Over>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Over {
    call: CallId,
    /// Whom this end rang.
    rung: Option<PeerName>,
}

impl Memory {
    pub(super) fn remember(&mut self, call: CallId) {
        self.remember_own(call, None);
    }

    /// A call in which this end rang `rung`.
    pub(super) fn remember_own(&mut self, call: CallId, rung: Option<PeerName>) {
        if self.contains(&call) {
            return;
        }
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(Over { call, rung });
    }

    pub(super) fn contains(&self, call: &CallId) -> bool {
        self.0.iter().any(|over| over.call == *call)
    }

    /// The last calls in which this end rang `peer`, the latest first.
    pub(super) fn own(&self, peer: &PeerName) -> impl Iterator<Item = &CallId> {
        let own = self.0.iter().rev().filter(|over| over.rung.as_ref() == Some(peer));
        own.take(MAX_OWN_OVER).map(|over| &over.call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> CallId {
        CallId(format!("c{n}"))
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut memory = Memory::default();
        (0..CAPACITY + 1).for_each(|n| memory.remember(id(n)));
        assert!(!memory.contains(&id(0)));
        assert!((1..CAPACITY + 1).all(|n| memory.contains(&id(n))));
    }

    #[test]
    fn the_latest_own_calls_to_a_person_are_named() {
        let (ann, bob) = (PeerName::from("ann"), PeerName::from("bob"));
        let mut memory = Memory::default();
        (0..MAX_OWN_OVER + 1).for_each(|n| memory.remember_own(id(n), Some(ann.clone())));
        memory.remember_own(id(10), Some(bob.clone()));
        memory.remember(id(11));
        let latest: Vec<CallId> = (1..MAX_OWN_OVER + 1).rev().map(id).collect();
        assert_eq!(memory.own(&ann).cloned().collect::<Vec<_>>(), latest);
        assert_eq!(memory.own(&bob).cloned().collect::<Vec<_>>(), [id(10)]);
    }

    #[test]
    fn remembering_twice_takes_one_place() {
        let mut memory = Memory::default();
        memory.remember(id(0));
        (0..CAPACITY).for_each(|_| memory.remember(id(1)));
        assert!(memory.contains(&id(0)));
    }
}
