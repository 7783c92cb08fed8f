//! The calls that are over, so that late messages do not bring them back.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::id::CallId;

/// How many are remembered. A late invite is late by seconds; nobody takes part in 32 calls meanwhile.
const CAPACITY: usize = 32;

/// The ids of the last calls that ended, or were ended before they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Memory(VecDeque<CallId>);

impl Memory {
    pub(super) fn remember(&mut self, call: CallId) {
        if self.contains(&call) {
            return;
        }
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(call);
    }

    pub(super) fn contains(&self, call: &CallId) -> bool {
        self.0.contains(call)
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
    fn remembering_twice_takes_one_place() {
        let mut memory = Memory::default();
        memory.remember(id(0));
        (0..CAPACITY).for_each(|_| memory.remember(id(1)));
        assert!(memory.contains(&id(0)));
    }
}
