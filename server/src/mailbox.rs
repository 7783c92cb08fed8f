//! What waits to be written to one client: bounded, and filled by whoever has something to tell it.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

use crate::config::Limits;

/// Texts a client has not taken yet, and whether there will be more.
#[derive(Debug)]
pub(crate) struct Mailbox {
    most: usize,
    most_bytes: usize,
    waiting: Mutex<Waiting>,
    /// There is something to take, or nothing more will come.
    filled: Notify,
    /// Nothing more will come.
    over: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    texts: VecDeque<Utf8Bytes>,
    bytes: usize,
    over: Option<Over>,
}

/// Why nothing more will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The client was told why in its own words.
    Told,
    /// The client reads too slowly; what waited for it is thrown away.
    Slow,
    /// A newer connection of the same client took its place.
    Replaced,
}

impl Mailbox {
    pub(crate) fn new(limits: &Limits) -> Self {
        Mailbox {
            most: limits.outbox_messages,
            most_bytes: limits.outbox_bytes,
            waiting: Mutex::default(),
            filled: Notify::new(),
            over: Notify::new(),
        }
    }

    /// Leaves a text for the client. One too many, and the client counts as too slow.
    pub(crate) fn post(&self, text: impl Into<Utf8Bytes>) {
        let text = text.into();
        let mut waiting = self.lock();
        if waiting.over.is_some() {
            return;
        }
        waiting.bytes += text.len();
        if waiting.texts.len() >= self.most || waiting.bytes > self.most_bytes {
            *waiting = Waiting { over: Some(Over::Slow), ..Waiting::default() };
            self.over.notify_waiters();
        } else {
            waiting.texts.push_back(text);
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// Nothing more will come; what waits is still delivered. The first reason stays.
    pub(crate) fn finish(&self, why: Over) {
        self.lock().over.get_or_insert(why);
        self.over.notify_waiters();
        self.filled.notify_one();
    }

    /// Takes up to `most` texts, if any wait.
    pub(crate) fn take(&self, most: usize) -> Vec<Utf8Bytes> {
        let mut waiting = self.lock();
        if waiting.texts.len() <= most {
            waiting.bytes = 0;
            return mem::take(&mut waiting.texts).into();
        }
        let taken: Vec<_> = waiting.texts.drain(..most).collect();
        waiting.bytes -= taken.iter().map(|text| text.len()).sum::<usize>();
        taken
    }

    /// Waits for up to `most` texts; an error once all are taken and no more will come. One waiter at
    /// a time; safe to cancel.
    pub(crate) async fn next(&self, most: usize) -> Result<Vec<Utf8Bytes>, Over> {
        loop {
            let texts = self.take(most);
            if !texts.is_empty() {
                return Ok(texts);
            }
            if let Some(why) = self.why_over() {
                return Err(why);
            }
            self.filled.notified().await;
        }
    }

    /// Waits until nothing more will come, and says why. Safe to cancel.
    pub(crate) async fn over(&self) -> Over {
        loop {
            // Before the look: what happens after it is not missed.
            let over = self.over.notified();
            if let Some(why) = self.why_over() {
                return why;
            }
            over.await;
        }
    }

    /// Why nothing more will come, if so.
    pub(crate) fn why_over(&self) -> Option<Over> {
        self.lock().over
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(messages: usize, bytes: usize) -> Mailbox {
        Mailbox::new(&Limits { outbox_messages: messages, outbox_bytes: bytes, ..Limits::default() })
    }

    #[tokio::test]
    async fn what_was_posted_before_the_end_is_delivered() {
        let mailbox = mailbox(8, 100);
        ["a", "b", "c"].iter().for_each(|text| mailbox.post(*text));
        mailbox.finish(Over::Told);
        mailbox.finish(Over::Replaced);
        mailbox.post("late");
        assert_eq!(mailbox.next(2).await.unwrap(), ["a", "b"]);
        assert_eq!(mailbox.next(2).await.unwrap(), ["c"]);
        assert_eq!(mailbox.next(2).await, Err(Over::Told));
    }

    #[tokio::test]
    async fn one_text_or_byte_too_many_makes_a_client_slow() {
        for texts in [["1", "2", "3"], ["12345", "123456", ""]] {
            let mailbox = mailbox(2, 10);
            texts.iter().for_each(|text| mailbox.post(*text));
            assert_eq!(mailbox.next(9).await, Err(Over::Slow));
        }
    }

    #[test]
    fn what_was_taken_makes_room() {
        let mailbox = mailbox(4, 10);
        ["1234", "1234"].iter().for_each(|text| mailbox.post(*text));
        assert_eq!(mailbox.take(1).len(), 1);
        mailbox.post("123456");
        assert_eq!(mailbox.why_over(), None);
    }
}
