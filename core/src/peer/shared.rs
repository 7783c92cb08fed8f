//! What the handle, the actor and the packet path share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::PeerStats;
use super::outbox::Outbox;
use super::sdp::Negotiated;

/// One connection's meeting point. Every lock is held for a few instructions only.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Packets to send.
    pub outbox: Outbox,
    /// Wakes the packet path.
    pub wake: Arc<Notify>,
    stats: Mutex<PeerStats>,
    terms: Mutex<Terms>,
    terms_version: AtomicU64,
    key_frame_wanted: AtomicBool,
    route_changed: AtomicBool,
    congested: AtomicBool,
}

/// What was agreed on, and the streams we send.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// The latest agreement.
    pub negotiated: Arc<Negotiated>,
}

impl Shared {
    /// The statistics of this moment.
    pub(super) fn stats(&self) -> PeerStats {
        lock(&self.stats).clone()
    }

    /// Changes the statistics.
    pub(super) fn with_stats<T>(&self, act: impl FnOnce(&mut PeerStats) -> T) -> T {
        let done = act(&mut lock(&self.stats));
        #[cfg(test)]
        super::tests::changed();
        done
    }

    /// A new agreement for the packet path.
    pub(super) fn set_terms(&self, terms: Terms) {
        *lock(&self.terms) = terms;
        self.terms_version.fetch_add(1, Ordering::Release);
        self.wake.notify_one();
    }

    /// The latest agreement, if it is newer than `seen`.
    pub(super) fn newer_terms(&self, seen: &mut u64) -> Option<Terms> {
        let version = self.terms_version.load(Ordering::Acquire);
        (version != *seen).then(|| {
            *seen = version;
            lock(&self.terms).clone()
        })
    }

    /// We want a key frame from the other side.
    pub(super) fn want_key_frame(&self) {
        self.key_frame_wanted.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Whether a key frame was wanted since the last call.
    pub(super) fn take_key_frame_wanted(&self) -> bool {
        self.key_frame_wanted.swap(false, Ordering::AcqRel)
    }

    /// Packets take another way from now on.
    pub(super) fn set_route_changed(&self) {
        self.route_changed.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Whether the way changed since the last call.
    pub(super) fn take_route_changed(&self) -> bool {
        self.route_changed.swap(false, Ordering::AcqRel)
    }

    /// Whether so much waits that the encoder should skip frames.
    pub(super) fn is_congested(&self) -> bool {
        self.congested.load(Ordering::Relaxed)
    }

    /// Publishes whether too much waits.
    pub(super) fn set_congested(&self, congested: bool) {
        self.congested.store(congested, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
