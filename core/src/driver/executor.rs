//! Where the host wants its callbacks.

use std::sync::Arc;

/// What an [`Executor`] is given: one event, on its way to its handlers.
pub type EventTask = Box<dyn FnOnce() + Send>;

/// Runs event handlers where the host wants them: on an app's main thread, a dispatch queue, an event loop.
///
/// It is called on the engine's event thread, under no lock, with one task for each event. It may run the
/// task at once or any time later, on any thread, even after the engine was closed: one after the other, in
/// the order in which they came, for they are the order of events. A task that is dropped instead of run
/// delays the events of its object by one, and the last one is then never told.
#[derive(Clone)]
pub struct Executor(Arc<dyn Fn(EventTask) + Send + Sync>);

impl Executor {
    /// An executor that hands every task to `run`.
    pub fn new(run: impl Fn(EventTask) + Send + Sync + 'static) -> Self {
        Executor(Arc::new(run))
    }

    pub(super) fn run(&self, task: EventTask) {
        (self.0)(task);
    }
}

/// The same executor, not only an equal one.
impl PartialEq for Executor {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Executor {}

impl std::fmt::Debug for Executor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Executor")
    }
}
