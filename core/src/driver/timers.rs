use std::collections::BTreeMap;

use duet_call::TimerId;
use duet_signal::message::CallId;
use tokio::time::Instant;

/// The timers of a session's calls; a handful, so a scan finds the next.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeMap<(CallId, TimerId), Instant>,
}

impl Timers {
    pub(super) fn start(&mut self, call: CallId, timer: TimerId, due: Instant) {
        self.due.insert((call, timer), due);
    }

    pub(super) fn cancel(&mut self, call: &CallId, timer: TimerId) {
        self.due.remove(&(call.clone(), timer));
    }

    pub(super) fn forget(&mut self, call: &CallId) {
        self.due.retain(|(owner, _), _| owner != call);
    }

    /// When the next one runs out.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.values().min().copied()
    }

    /// Takes one that has run out.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(CallId, TimerId)> {
        // The longest overdue first: a device that slept finds several.
        let (due, _) = self.due.iter().filter(|(_, due)| **due <= now).min_by_key(|(_, due)| **due)?;
        let due = due.clone();
        self.due.remove(&due);
        Some(due)
    }
}
