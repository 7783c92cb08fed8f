//! Events from the engine's thread to whoever awaits them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Events kept for a host that takes none; as many as the engine itself keeps before there is a subscriber.
const BACKLOG: usize = 256;

/// The waiting end.
pub(crate) struct Events<E>(Arc<Queue<E>>);

/// The engine's end. Dropping it ends the events.
pub(crate) struct Sender<E>(Arc<Queue<E>>);

struct Queue<E> {
    state: Mutex<State<E>>,
    changed: Notify,
}

struct State<E> {
    waiting: VecDeque<E>,
    over: bool,
}

pub(crate) fn events<E>() -> (Sender<E>, Events<E>) {
    let state = Mutex::new(State { waiting: VecDeque::new(), over: false });
    let queue = Arc::new(Queue { state, changed: Notify::new() });
    (Sender(queue.clone()), Events(queue))
}

impl<E> Sender<E> {
    /// Never waits. A host that takes nothing loses the oldest event.
    pub(crate) fn send(&self, event: E) {
        self.send_unless(event, |_| false);
    }

    /// Sends unless an event that is as good waits already.
    pub(crate) fn send_unless(&self, event: E, as_good: impl Fn(&E) -> bool) {
        let mut state = self.0.lock();
        if state.waiting.iter().any(as_good) {
            return;
        }
        let lost = if state.waiting.len() == BACKLOG { state.waiting.pop_front() } else { None };
        state.waiting.push_back(event);
        drop(state);
        self.0.changed.notify_one();
        if lost.is_some() {
            log::warn!("a host that takes no events lost one");
        }
    }
}

impl<E> Drop for Sender<E> {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.changed.notify_one();
    }
}

impl<E> Events<E> {
    /// The next event; `None` after the last one. Several may wait; each event goes to one of them.
    pub(crate) async fn next(&self) -> Option<E> {
        loop {
            {
                let mut state = self.0.lock();
                let event = state.waiting.pop_front();
                if event.is_some() || state.over {
                    let more = state.over || !state.waiting.is_empty();
                    drop(state);
                    // Whoever else waits was told of one event only.
                    if more {
                        self.0.changed.notify_one();
                    }
                    return event;
                }
            }
            self.0.changed.notified().await;
        }
    }
}

impl<E> Queue<E> {
    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What is there right now.
    fn now<E>(events: &Events<E>) -> Poll<Option<E>> {
        pin!(events.next()).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn events_come_in_order_and_end_with_their_sender() {
        let (sender, events) = events();
        assert_eq!(now(&events), Poll::Pending);
        sender.send(1);
        sender.send_unless(1, |waiting| *waiting == 1);
        sender.send(2);
        assert_eq!((now(&events), now(&events)), (Poll::Ready(Some(1)), Poll::Ready(Some(2))));
        assert_eq!(now(&events), Poll::Pending);
        drop(sender);
        assert_eq!((now(&events), now(&events)), (Poll::Ready(None), Poll::Ready(None)));
    }

    #[test]
    fn a_host_that_takes_nothing_loses_the_oldest() {
        let (sender, events) = events();
        (0..=BACKLOG).for_each(|n| sender.send(n));
        assert_eq!(now(&events), Poll::Ready(Some(1)));
    }
}
