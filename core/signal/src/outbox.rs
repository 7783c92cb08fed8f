//! Numbering, acknowledgement, resending and de-duplication, for one side of one session.
//!
//! The connection below may break and come back at any time; the outbox makes what travels over it
//! arrive once and in order, as long as the session lives:
//!
//! * **Sending.** [`Outbox::push`] numbers a message and keeps it until the other side acknowledges
//!   it with [`Outbox::on_ack`]. A writer walks what is kept with [`Outbox::after`]; after a
//!   reconnect it starts again from what the other side says it received.
//! * **Receiving.** [`Outbox::accept`] tells whether a number is new, a repetition, or out of order.
//!   [`Outbox::take_ack`] says what to acknowledge; every message sent should carry it.
//!
//! What is kept is bounded, and no time is read: when to send a stand-alone acknowledgement is the
//! caller's choice, helped by [`Outbox::ack_due`].
//!
//! ```
//! use duet_signal::outbox::{Accepted, Outbox};
//!
//! let (mut alice, mut bob) = (Outbox::new(), Outbox::<&str>::new());
//! let seq = alice.push("hello", 5).unwrap();
//! assert_eq!(bob.accept(seq), Accepted::Fresh);
//! assert_eq!(bob.accept(seq), Accepted::Duplicate);
//! alice.on_ack(bob.take_ack().unwrap());
//! assert_eq!(alice.after(0).count(), 0);
//! ```

use std::collections::VecDeque;

/// How much an [`Outbox`] keeps and how lazily it acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most messages kept unacknowledged, at least 1.
    pub messages: usize,
    /// Most bytes kept unacknowledged, by the weights given to [`Outbox::push`].
    pub bytes: usize,
    /// [`Outbox::ack_due`] turns true after this many messages accepted without an acknowledgement.
    pub ack_every: u32,
}

impl Default for Limits {
    /// 256 messages, 1 MiB, an acknowledgement at least every 16 messages.
    ///
    /// A call's set-up is some 50 messages of which two are SDP of 5 to 10 KB, so 256 and 1 MiB hold
    /// everything that happens during any outage a session survives. 16 keeps the other side's
    /// outbox a small fraction full while most acknowledgements still ride along.
    fn default() -> Self {
        Limits { messages: 256, bytes: 1024 * 1024, ack_every: 16 }
    }
}

/// The other side does not acknowledge: more is waiting than may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{messages} messages of {bytes} bytes wait for acknowledgement; no more can be kept")]
pub struct OutboxFull {
    /// Messages kept.
    pub messages: usize,
    /// Bytes kept.
    pub bytes: usize,
}

/// What a received number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Accepted {
    /// The next one: handle the message.
    Fresh,
    /// Seen before: drop the message.
    Duplicate,
    /// One or more before it are missing: drop it too, it comes again when the sender resends.
    Gap,
}

/// One side's memory of a session: what it sent and is not yet sure of, and what it received.
///
/// `T` is whatever the caller sends: an [`crate::Envelope`], a shared one, or finished text.
#[derive(Clone, Debug)]
pub struct Outbox<T> {
    limits: Limits,
    /// Messages `acked + 1 ..= acked + kept.len()`, with their weights.
    kept: VecDeque<(T, usize)>,
    bytes: usize,
    acked: u64,
    received: u64,
    owed: u32,
}

impl<T> Outbox<T> {
    /// An empty outbox with the default [`Limits`].
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// An empty outbox with limits of one's own.
    pub fn with_limits(limits: Limits) -> Self {
        Outbox { limits, kept: VecDeque::new(), bytes: 0, acked: 0, received: 0, owed: 0 }
    }

    /// Numbers a message and keeps it until it is acknowledged. `weight` is its size in bytes, near
    /// enough. Returns its number.
    ///
    /// # Errors
    /// [`OutboxFull`]; the message is not kept and no number is used up. A single message heavier
    /// than the byte limit is taken when nothing else waits.
    pub fn push(&mut self, message: T, weight: usize) -> Result<u64, OutboxFull> {
        let full = self.kept.len() >= self.limits.messages
            || (!self.kept.is_empty() && self.bytes.saturating_add(weight) > self.limits.bytes);
        if full {
            return Err(OutboxFull { messages: self.kept.len(), bytes: self.bytes });
        }
        self.kept.push_back((message, weight));
        self.bytes += weight;
        Ok(self.last())
    }

    /// The number of the newest message sent; 0 before the first.
    pub fn last(&self) -> u64 {
        self.acked + self.kept.len() as u64
    }

    /// How many messages wait for an acknowledgement.
    pub fn waiting(&self) -> usize {
        self.kept.len()
    }

    /// The other side has everything up to `received`: forgets those. Old news and numbers never
    /// sent are harmless: the first do nothing, the second count as "all".
    pub fn on_ack(&mut self, received: u64) {
        let known = received.min(self.last());
        while self.acked < known {
            if let Some((_, weight)) = self.kept.pop_front() {
                self.bytes -= weight;
            }
            self.acked += 1;
        }
    }

    /// What is kept above `seq`, in order, with its numbers. A writer's cursor.
    pub fn after(&self, seq: u64) -> impl Iterator<Item = (u64, &T)> {
        let skip = usize::try_from(seq.saturating_sub(self.acked)).unwrap_or(usize::MAX);
        let first = self.acked + 1;
        self.kept.iter().enumerate().skip(skip).map(move |(i, (message, _))| (first + i as u64, message))
    }

    /// Whether a session can go on with a side that received up to `received`: nothing it lacks was
    /// forgotten, and it does not claim what was never sent.
    #[must_use]
    pub fn can_resume(&self, received: u64) -> bool {
        (self.acked..=self.last()).contains(&received)
    }

    /// After a reconnect: takes `received` as an acknowledgement and yields what must be sent again.
    pub fn resend_after(&mut self, received: u64) -> impl Iterator<Item = (u64, &T)> {
        self.on_ack(received);
        self.after(received)
    }

    /// Judges the number of a received message, and remembers it when it is the next one.
    pub fn accept(&mut self, seq: u64) -> Accepted {
        if seq <= self.received {
            // The other side resends because it lacks the acknowledgement: owe it one more.
            self.owed = self.owed.saturating_add(1);
            Accepted::Duplicate
        } else if seq == self.received + 1 {
            self.received = seq;
            self.owed = self.owed.saturating_add(1);
            Accepted::Fresh
        } else {
            Accepted::Gap
        }
    }

    /// The highest number received without a gap; 0 before the first.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Whether so much is unacknowledged that a stand-alone acknowledgement should go out now.
    #[must_use]
    pub fn ack_due(&self) -> bool {
        self.owed >= self.limits.ack_every
    }

    /// Whether anything received was not acknowledged yet.
    #[must_use]
    pub fn ack_owed(&self) -> bool {
        self.owed > 0
    }

    /// The acknowledgement to send now, alone or riding on a message; `None` when the other side
    /// knows already.
    pub fn take_ack(&mut self) -> Option<u64> {
        (std::mem::take(&mut self.owed) > 0).then_some(self.received)
    }
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(count: u64) -> Outbox<u64> {
        let mut outbox = Outbox::new();
        for n in 1..=count {
            assert_eq!(outbox.push(n, 1), Ok(n));
        }
        outbox
    }

    fn pending(outbox: &Outbox<u64>, seq: u64) -> Vec<u64> {
        outbox
            .after(seq)
            .map(|(seq, message)| {
                assert_eq!(seq, *message, "the number belongs to the message");
                seq
            })
            .collect()
    }

    #[test]
    fn numbers_start_at_one_and_survive_acknowledgement() {
        let mut outbox = filled(3);
        outbox.on_ack(3);
        assert_eq!(outbox.push(4, 1), Ok(4));
        assert_eq!(pending(&outbox, 0), [4]);
    }

    #[test]
    fn resending_starts_after_what_was_received() {
        let mut outbox = filled(5);
        outbox.on_ack(2);
        assert_eq!(outbox.resend_after(3).map(|(seq, _)| seq).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(pending(&outbox, 4), [5]);
        assert!(pending(&outbox, 99).is_empty());
    }

    #[test]
    fn an_acknowledgement_of_the_future_counts_as_all() {
        let mut outbox = filled(3);
        outbox.on_ack(u64::MAX);
        assert_eq!(outbox.waiting(), 0);
        assert_eq!(outbox.last(), 3);
    }

    #[test]
    fn an_old_acknowledgement_does_nothing() {
        let mut outbox = filled(3);
        outbox.on_ack(2);
        outbox.on_ack(1);
        assert_eq!(pending(&outbox, 0), [3]);
    }

    #[test]
    fn too_many_messages_are_refused_until_some_are_acknowledged() {
        let mut outbox = filled(256);
        assert_eq!(outbox.push(257, 1), Err(OutboxFull { messages: 256, bytes: 256 }));
        outbox.on_ack(1);
        assert_eq!(outbox.push(257, 1), Ok(257));
    }

    #[test]
    fn too_many_bytes_are_refused_but_one_heavy_message_passes() {
        let mut outbox = Outbox::new();
        assert_eq!(outbox.push(1, 2 * 1024 * 1024), Ok(1));
        assert!(outbox.push(2, 1).is_err());
        outbox.on_ack(1);
        assert_eq!(outbox.push(2, 1), Ok(2));
    }

    #[test]
    fn a_gap_is_not_remembered() {
        let mut outbox = Outbox::<()>::new();
        assert_eq!(outbox.accept(2), Accepted::Gap);
        assert_eq!(outbox.accept(1), Accepted::Fresh);
        assert_eq!(outbox.accept(2), Accepted::Fresh);
        assert_eq!(outbox.accept(1), Accepted::Duplicate);
        assert_eq!(outbox.received(), 2);
    }

    #[test]
    fn an_acknowledgement_is_owed_once_and_due_after_sixteen() {
        let mut outbox = Outbox::<()>::new();
        assert_eq!(outbox.take_ack(), None);
        for seq in 1..=15 {
            let _ = outbox.accept(seq);
        }
        assert!(outbox.ack_owed() && !outbox.ack_due());
        let _ = outbox.accept(16);
        assert!(outbox.ack_due());
        assert_eq!(outbox.take_ack(), Some(16));
        assert_eq!(outbox.take_ack(), None);
    }

    #[test]
    fn a_session_resumes_only_within_what_is_kept() {
        let mut outbox = filled(5);
        outbox.on_ack(2);
        assert!(!outbox.can_resume(1));
        assert!(outbox.can_resume(2) && outbox.can_resume(5));
        assert!(!outbox.can_resume(6));
    }
}
