//! Events from the engine's thread to whoever awaits them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, mpsc};

/// The waiting end.
pub(crate) struct Events<E> {
    receiver: Mutex<mpsc::UnboundedReceiver<E>>,
}

/// The engine's end. Dropping it ends the events.
pub(crate) struct Sender<E> {
    sender: mpsc::UnboundedSender<E>,
}

/// A queue without a bound of its own: what floods is coalesced by [`Once`], and state events are few.
pub(crate) fn events<E>() -> (Sender<E>, Events<E>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Sender { sender }, Events { receiver: Mutex::new(receiver) })
}

impl<E> Sender<E> {
    pub(crate) fn send(&self, event: E) {
        // Nobody waits any more: the object is being freed.
        let _ = self.sender.send(event);
    }
}

impl<E> Events<E> {
    /// The next event; `None` after the last one. Several may wait; each event goes to one of them.
    pub(crate) async fn next(&self) -> Option<E> {
        self.receiver.lock().await.recv().await
    }
}

/// An event that is worth telling once until it was taken.
#[derive(Default)]
pub(crate) struct Once(AtomicBool);

impl Once {
    /// Whether to tell it.
    pub(crate) fn arm(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn taken(&self) {
        self.0.store(false, Ordering::Release);
    }
}
