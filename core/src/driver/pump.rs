//! One thread per engine calls the host back, or its executor, in order, holding no lock.
//!
//! Invariant: a callback may do anything, including closing the object it was called for and
//! dropping its own [`Subscription`].

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::executor::Executor;
use crate::Error;

/// Events kept for a host that has not subscribed yet. State machines end long before; what floods
/// (frame-ready) is coalesced.
pub(super) const BACKLOG: usize = 256;

/// Receives the engine's pump; cheap to clone.
#[derive(Clone)]
pub(crate) struct Pump {
    shared: Arc<PumpShared>,
}

struct PumpShared {
    state: Mutex<PumpState>,
    wake: Condvar,
    /// Where handlers run, if not on the pump's own thread.
    executor: Option<Executor>,
    /// Wakes a pump that is a task.
    #[cfg(test)]
    notify: tokio::sync::Notify,
}

struct PumpState {
    /// One entry per undelivered event, so that events of different objects keep their order.
    ready: VecDeque<Arc<dyn Deliver>>,
    stopped: bool,
}

trait Deliver: Send + Sync {
    /// Hands the oldest undelivered event to the handlers.
    fn deliver_one(&self);
}

impl Pump {
    /// Starts the thread.
    pub(crate) fn start(executor: Option<Executor>) -> Result<Self, Error> {
        let shared = Arc::new(PumpShared::new(executor));
        let worker = shared.clone();
        thread::Builder::new()
            .name("duet-events".into())
            .spawn(move || worker.run())
            .map_err(|error| Error::System { what: "a thread for events", reason: error.to_string() })?;
        Ok(Pump { shared })
    }

    /// A pump that is a task, for tests on virtual time.
    #[cfg(test)]
    pub(crate) fn task() -> (Self, impl Future<Output = ()> + Send + use<>) {
        let shared = Arc::new(PumpShared::new(None));
        let worker = shared.clone();
        (Pump { shared }, async move { worker.run_as_task().await })
    }

    /// Delivers what is queued, then ends the thread. Returns at once.
    pub(crate) fn stop(&self) {
        lock(&self.shared.state).stopped = true;
        self.shared.wake();
    }

    /// A port whose events this pump delivers.
    pub(crate) fn port<E: Clone + Send + 'static>(&self) -> Arc<EventPort<E>> {
        EventPort::new(self.clone())
    }

    /// `false` of a pump that has stopped: nobody would take it out again.
    fn schedule(&self, port: Arc<dyn Deliver>) -> bool {
        let mut state = lock(&self.shared.state);
        if state.stopped {
            return false;
        }
        state.ready.push_back(port);
        drop(state);
        self.shared.wake();
        true
    }
}

impl PumpShared {
    fn new(executor: Option<Executor>) -> Self {
        PumpShared {
            state: Mutex::new(PumpState { ready: VecDeque::new(), stopped: false }),
            wake: Condvar::new(),
            executor,
            #[cfg(test)]
            notify: tokio::sync::Notify::new(),
        }
    }

    fn wake(&self) {
        self.wake.notify_one();
        #[cfg(test)]
        self.notify.notify_one();
    }

    #[cfg(test)]
    async fn run_as_task(&self) {
        loop {
            let (port, stopped) = {
                let mut state = lock(&self.state);
                (state.ready.pop_front(), state.stopped)
            };
            match port {
                Some(port) => port.deliver_one(),
                None if stopped => return,
                None => self.notify.notified().await,
            }
        }
    }

    fn run(&self) {
        loop {
            let mut state = lock(&self.state);
            let port = loop {
                if let Some(port) = state.ready.pop_front() {
                    break port;
                }
                if state.stopped {
                    return;
                }
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            match &self.executor {
                None => port.deliver_one(),
                // A panicking executor must not end the events of every other call.
                Some(executor) => {
                    let run = || executor.run(Box::new(move || port.deliver_one()));
                    if catch_unwind(AssertUnwindSafe(run)).is_err() {
                        log::error!("an executor panicked");
                    }
                }
            }
        }
    }
}

type Handler<E> = Arc<dyn Fn(E) + Send + Sync>;

/// The events of one object: queued here, delivered by the pump to whoever subscribed.
/// Events emitted before anybody subscribes wait for the first subscriber.
pub(crate) struct EventPort<E> {
    pump: Pump,
    state: Mutex<PortState<E>>,
    this: Weak<EventPort<E>>,
}

struct PortState<E> {
    queue: VecDeque<E>,
    handlers: Vec<(u64, Handler<E>)>,
    next_id: u64,
    /// After the last event the handlers go, and with them whatever they captured.
    last_queued: bool,
}

impl<E: Clone + Send + 'static> EventPort<E> {
    pub(crate) fn new(pump: Pump) -> Arc<Self> {
        Arc::new_cyclic(|this| EventPort {
            pump,
            state: Mutex::new(PortState {
                queue: VecDeque::new(),
                handlers: Vec::new(),
                next_id: 0,
                last_queued: false,
            }),
            this: this.clone(),
        })
    }

    pub(crate) fn pump(&self) -> &Pump {
        &self.pump
    }

    /// Queues an event; never blocks on a handler. Nothing is accepted after [`EventPort::emit_last`].
    pub(crate) fn emit(&self, event: E) {
        self.push(event, false, |_, _| false);
    }

    /// Queues an event unless `same` finds an equal one undelivered, which it may update.
    pub(crate) fn emit_coalesced(&self, event: E, same: impl Fn(&mut E, &E) -> bool) {
        self.push(event, false, same);
    }

    /// Queues the final event; afterwards every handler is dropped.
    pub(crate) fn emit_last(&self, event: E) {
        self.push(event, true, |_, _| false);
    }

    fn push(&self, event: E, last: bool, same: impl Fn(&mut E, &E) -> bool) {
        let mut state = lock(&self.state);
        if state.last_queued || state.queue.iter_mut().any(|queued| same(queued, &event)) {
            return;
        }
        // A full queue has a delivery scheduled for each of its places already.
        let full = state.queue.len() == BACKLOG;
        if full {
            state.queue.pop_front();
        }
        state.queue.push_back(event);
        state.last_queued = last;
        let subscribed = !state.handlers.is_empty();
        drop(state);
        if full {
            log::warn!("a host that takes no events lost one");
        } else if subscribed && let Some(port) = self.this.upgrade() {
            self.pump.schedule(port);
        }
    }

    /// Adds a handler; it is called on the pump thread until the subscription is dropped. Where no more events
    /// can come, the handler is dropped at once.
    pub(crate) fn subscribe(&self, handler: impl Fn(E) + Send + Sync + 'static) -> Subscription {
        let mut state = lock(&self.state);
        if state.last_queued && state.queue.is_empty() {
            return Subscription { end: None };
        }
        let id = state.next_id;
        state.next_id += 1;
        let waiting = if state.handlers.is_empty() { state.queue.len() } else { 0 };
        state.handlers.push((id, Arc::new(handler)));
        drop(state);
        let port = self.this.clone();
        let delivered = (0..waiting).filter_map(|_| port.upgrade()).all(|port| self.pump.schedule(port));
        if !delivered {
            self.unsubscribe(id);
        }
        Subscription {
            end: Some(Box::new(move || {
                if let Some(port) = port.upgrade() {
                    port.unsubscribe(id);
                }
            })),
        }
    }

    fn unsubscribe(&self, id: u64) {
        let mut state = lock(&self.state);
        let removed = state.handlers.iter().position(|(other, _)| *other == id);
        let handler = removed.map(|index| state.handlers.remove(index));
        drop(state);
        // The handler may own the last reference to objects that lock again when dropped.
        drop(handler);
    }
}

impl<E: Clone + Send + 'static> Deliver for EventPort<E> {
    fn deliver_one(&self) {
        let _inside = Inside::enter();
        let mut state = lock(&self.state);
        if state.handlers.is_empty() {
            return;
        }
        let Some(event) = state.queue.pop_front() else { return };
        let handlers: Vec<Handler<E>> = state.handlers.iter().map(|(_, handler)| handler.clone()).collect();
        let finished = state.last_queued && state.queue.is_empty();
        drop(state);
        for handler in &handlers {
            // A panicking host callback must not end the events of every other call.
            if catch_unwind(AssertUnwindSafe(|| handler(event.clone()))).is_err() {
                log::error!("an event handler panicked");
            }
        }
        if finished {
            let handlers = std::mem::take(&mut lock(&self.state).handlers);
            drop(handlers);
        }
    }
}

thread_local! {
    /// This thread is inside a handler.
    // clippy does not see through the macro where threads' variables are the library's.
    #[cfg_attr(target_os = "android", expect(clippy::missing_const_for_thread_local))]
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// A stay inside a handler, perhaps within another one.
struct Inside {
    before: bool,
}

impl Inside {
    fn enter() -> Self {
        Inside { before: INSIDE.replace(true) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.before);
    }
}

/// How long a host's thread may wait that would wait for `timeout`: not at all inside a handler, for it may be what
/// would be waited for.
pub(crate) fn patience(timeout: Duration) -> Duration {
    if INSIDE.get() { Duration::ZERO } else { timeout }
}

/// Ends the callbacks of one handler when dropped. A callback that is running finishes.
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    end: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl Subscription {
    /// Keeps the handler for as long as the object it was added to lives.
    pub fn detach(mut self) {
        self.end = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            end();
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscription")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(5);

    #[test]
    fn events_before_the_first_subscriber_wait_for_it_in_order() {
        let pump = Pump::start(None).expect("pump");
        let port = EventPort::new(pump.clone());
        (0..5).for_each(|n| port.emit(n));
        let (sender, receiver) = mpsc::channel();
        let _subscription = port.subscribe(move |n: i32| sender.send(n).expect("test is listening"));
        let got: Vec<i32> = (0..5).map(|_| receiver.recv_timeout(DEADLINE).expect("event")).collect();
        assert_eq!(got, [0, 1, 2, 3, 4]);
        pump.stop();
    }

    #[test]
    fn a_handler_that_comes_too_late_for_any_event_is_dropped_at_once() {
        let pump = Pump::start(None).expect("pump");
        let (over, unheard) = (EventPort::new(pump.clone()), EventPort::new(pump.clone()));
        let (sender, receiver) = mpsc::channel();
        over.subscribe(move |n: i32| sender.send(n).expect("test is listening")).detach();
        over.emit_last(1);
        receiver.recv_timeout(DEADLINE).expect("the last event");
        unheard.emit_last(2);
        pump.stop();
        for port in [over, unheard] {
            let (sender, receiver) = mpsc::channel();
            let _subscription = port.subscribe(move |n: i32| sender.send(n).expect("test is listening"));
            let said = receiver.recv_timeout(DEADLINE);
            assert_eq!(said, Err(mpsc::RecvTimeoutError::Disconnected), "nobody is left to say anything");
        }
    }

    #[test]
    fn a_handler_may_drop_its_own_subscription_and_emit_again() {
        let pump = Pump::start(None).expect("pump");
        let port = EventPort::new(pump.clone());
        let slot: Arc<Mutex<Option<Subscription>>> = Arc::default();
        let (sender, receiver) = mpsc::channel();
        let (inner_slot, inner_port) = (slot.clone(), port.clone());
        let subscription = port.subscribe(move |n: i32| {
            drop(lock(&inner_slot).take());
            inner_port.emit(n + 1);
            sender.send(n).expect("test is listening");
        });
        *lock(&slot) = Some(subscription);
        port.emit(1);
        assert_eq!(receiver.recv_timeout(DEADLINE), Ok(1));
        // The sender lived in the handler, which is gone once its subscription is.
        assert_eq!(receiver.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Disconnected));
        pump.stop();
    }

    #[test]
    fn a_panicking_handler_does_not_end_the_pump() {
        let pump = Pump::start(None).expect("pump");
        let port = EventPort::new(pump.clone());
        let (sender, receiver) = mpsc::channel();
        let _subscription = port.subscribe(move |n: i32| {
            assert_ne!(n, 1, "a host's bug");
            sender.send(n).expect("test is listening");
        });
        port.emit(1);
        port.emit(2);
        assert_eq!(receiver.recv_timeout(DEADLINE), Ok(2));
        pump.stop();
    }

    #[test]
    fn equal_events_coalesce_and_the_last_event_drops_the_handlers() {
        let pump = Pump::start(None).expect("pump");
        let port = EventPort::new(pump.clone());
        for _ in 0..3 {
            port.emit_coalesced(7, |queued, new| queued == new);
        }
        port.emit_last(8);
        port.emit(9);
        let (sender, receiver) = mpsc::channel();
        port.subscribe(move |n: i32| sender.send(n).expect("test is listening")).detach();
        assert_eq!(receiver.recv_timeout(DEADLINE), Ok(7));
        assert_eq!(receiver.recv_timeout(DEADLINE), Ok(8));
        assert_eq!(receiver.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Disconnected));
        pump.stop();
    }

    #[test]
    fn a_late_executor_gets_the_events_of_all_objects_in_order_even_after_the_end() {
        let (tasks, waiting) = mpsc::channel();
        let executor = Executor::new(move |task| tasks.send(task).expect("test is listening"));
        let pump = Pump::start(Some(executor)).expect("pump");
        let (one, other) = (EventPort::new(pump.clone()), EventPort::new(pump.clone()));
        let told = Arc::new(Mutex::new(Vec::new()));
        for port in [&one, &other] {
            let told = told.clone();
            port.subscribe(move |n: i32| lock(&told).push(n)).detach();
        }
        [(&one, 1), (&other, 2), (&one, 3)].iter().for_each(|(port, n)| port.emit(*n));
        other.emit_last(4);
        let late: Vec<_> =
            (0..4).map(|_| waiting.recv_timeout(DEADLINE).expect("a task for each event")).collect();
        assert!(lock(&told).is_empty());
        pump.stop();
        drop((one, other, pump));
        late.into_iter().for_each(|task| task());
        assert_eq!(*lock(&told), [1, 2, 3, 4]);
    }

    #[test]
    fn an_executor_that_panics_or_drops_a_task_loses_no_other_event() {
        let (sender, receiver) = mpsc::channel();
        let (count, counted) = (Mutex::new(0), sender.clone());
        let executor = Executor::new(move |task| {
            *lock(&count) += 1;
            let now = *lock(&count);
            assert_ne!(now, 1, "a host's bug");
            task();
            counted.send(-1).expect("test is listening");
        });
        let pump = Pump::start(Some(executor)).expect("pump");
        let port = EventPort::new(pump.clone());
        port.subscribe(move |n: i32| sender.send(n).expect("test is listening")).detach();
        (1..=3).for_each(|n| port.emit(n));
        let got: Vec<i32> = (0..4).map(|_| receiver.recv_timeout(DEADLINE).expect("event")).collect();
        assert_eq!(got, [1, -1, 2, -1]);
        pump.stop();
    }
}
