//! Every task a connection has started, so that closing can end them all.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::{AbortHandle, JoinSet};

/// A set of tasks that end together.
#[derive(Debug, Default)]
pub(super) struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    /// Starts a task on the current runtime.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut set = self.lock();
        // Finished tasks leave the set here, so that it does not grow with their number.
        while set.try_join_next().is_some() {}
        set.spawn(task)
    }

    /// Ends all tasks and waits until they are gone.
    pub(super) async fn close(&self) {
        let mut set = std::mem::take(&mut *self.lock());
        set.shutdown().await;
    }

    fn lock(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
