//! Events for a host that has a thread to wait on.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::pump::{BACKLOG, Subscription};

/// The events of one object, one after the other; ends after the last one. `next` waits for one, so it is
/// not for an event handler or a thread that must not wait.
///
/// 256 events are kept for a host that takes none; beyond it the oldest is lost.
pub struct Events<E> {
    queue: Arc<Queue<E>>,
    _subscription: Subscription,
}

struct Queue<E> {
    state: Mutex<State<E>>,
    changed: Condvar,
}

struct State<E> {
    waiting: VecDeque<E>,
    over: bool,
}

/// The engine's end; gone after the last event.
struct Sender<E>(Arc<Queue<E>>);

type Handler<E> = Box<dyn Fn(E) + Send + Sync>;

impl<E: Send + 'static> Events<E> {
    /// `subscribe` is given the handler; of those events that are `one_of_many` one at a time is kept.
    pub(crate) fn new(
        one_of_many: impl Fn(&E) -> bool + Send + Sync + 'static,
        subscribe: impl FnOnce(Handler<E>) -> Subscription,
    ) -> Self {
        let state = Mutex::new(State { waiting: VecDeque::new(), over: false });
        let queue = Arc::new(Queue { state, changed: Condvar::new() });
        let sender = Sender(queue.clone());
        let subscription = subscribe(Box::new(move |event| {
            let mut state = sender.0.lock();
            if one_of_many(&event) && state.waiting.iter().any(&one_of_many) {
                return;
            }
            let lost = if state.waiting.len() == BACKLOG { state.waiting.pop_front() } else { None };
            state.waiting.push_back(event);
            drop(state);
            sender.0.changed.notify_one();
            if lost.is_some() {
                log::warn!("a host that takes no events lost one");
            }
        }));
        Events { queue, _subscription: subscription }
    }

    /// The next event, if it comes in time.
    pub(crate) fn next_within(&self, timeout: Duration) -> Next<E> {
        let queue = &self.queue;
        let waited = queue.changed.wait_timeout_while(queue.lock(), timeout, |state| state.is_quiet());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match state.waiting.pop_front() {
            Some(event) => Next::Event(event),
            None if state.over => Next::Over,
            None => Next::TimedOut,
        }
    }
}

/// What came of waiting for an event.
pub(crate) enum Next<E> {
    Event(E),
    /// There will be no more.
    Over,
    TimedOut,
}

impl<E> State<E> {
    fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && !self.over
    }
}

impl<E> Queue<E> {
    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<E> Drop for Sender<E> {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.changed.notify_all();
    }
}

impl<E> Iterator for Events<E> {
    type Item = E;

    fn next(&mut self) -> Option<E> {
        let waited = self.queue.changed.wait_while(self.queue.lock(), |state| state.is_quiet());
        waited.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }
}

impl<E> std::fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Pump;
    use super::*;

    #[test]
    fn events_come_in_order_once_for_many_and_end_with_the_last() {
        let pump = Pump::start(None).expect("pump");
        let port = pump.port();
        let events = Events::new(|n| *n == 7, |handler| port.subscribe(handler));
        let (done, finished) = std::sync::mpsc::channel();
        port.subscribe(move |n| {
            if n == 9 {
                done.send(()).expect("test is listening")
            }
        })
        .detach();
        [1, 7, 7, 2, 7, 9].into_iter().for_each(|n| port.emit(n));
        finished.recv_timeout(std::time::Duration::from_secs(5)).expect("the pump works");
        port.emit_last(10);
        assert_eq!(events.collect::<Vec<i32>>(), [1, 7, 2, 9, 10]);
        pump.stop();
    }

    #[test]
    fn a_host_that_takes_nothing_loses_the_oldest() {
        let pump = Pump::start(None).expect("pump");
        let port = pump.port();
        let mut events = Events::new(|_| false, |handler| port.subscribe(handler));
        let (done, finished) = std::sync::mpsc::channel();
        port.subscribe(move |n| done.send(n).expect("test is listening")).detach();
        for n in 0..=BACKLOG {
            port.emit(n);
            // One by one, so that none is lost on its way.
            finished.recv_timeout(std::time::Duration::from_secs(5)).expect("the pump works");
        }
        assert_eq!(events.next(), Some(1));
        pump.stop();
    }
}
