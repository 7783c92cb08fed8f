//! Extra rounds for the driver of a relayed connection.
//!
//! In each round the driver flushes the relay's queue, then moves its own packets into that queue; and
//! reads what the relay unwrapped after it has flushed its answers. Then it sleeps. So a packet to a
//! relay waits for the next round, and the answer to one from a relay for the one after: until
//! something else happens, if nobody helps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock;

/// Rounds after each that had a reason: one for the answer, one for its way through the relay's queue.
const ROUNDS: u8 = 2;
/// A connection counts as relayed for this long after a packet of a relay. Consent checks come every
/// second or less.
const MEMORY: Duration = Duration::from_secs(2);

/// Decides whether the driver's next sleep ends at once.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    relayed_at_nanos: AtomicU64,
    left: AtomicU8,
}

impl Rounds {
    /// A datagram to or from a relay passed.
    pub(super) fn on_relayed(&self) {
        self.relayed_at_nanos.store(clock::now().as_nanos(), Ordering::Relaxed);
    }

    /// Whether another round is due; takes it.
    pub(super) fn take(&self) -> bool {
        let age = clock::now().as_nanos().saturating_sub(self.relayed_at_nanos.load(Ordering::Relaxed));
        let left = self.left.load(Ordering::Relaxed);
        let due = left > 0 && u128::from(age) < MEMORY.as_nanos();
        if due {
            self.left.store(left - 1, Ordering::Relaxed);
        }
        due
    }
}

/// A real sleep: when it ends, however it ends, the driver had a reason, and extra rounds follow.
pub(super) struct Sleeping(pub(super) Arc<Rounds>);

impl Drop for Sleeping {
    fn drop(&mut self) {
        self.0.left.store(ROUNDS, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_relayed_connection_gets_extra_rounds_and_only_after_a_sleep() {
        let rounds = Arc::new(Rounds::default());
        drop(Sleeping(Arc::clone(&rounds)));
        assert!(!rounds.take());
        rounds.on_relayed();
        let taken = [rounds.take(), rounds.take(), rounds.take()];
        assert_eq!(taken, [true, true, false]);
        drop(Sleeping(Arc::clone(&rounds)));
        assert!(rounds.take());
    }
}
