//! The engine's own tokio runtime; a host needs none.

use std::future::Future;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::{EngineConfig, Error};

/// Owns the runtime. Dropping it stops every task without waiting, from any thread, even from
/// inside another runtime.
pub(crate) struct Tasks {
    runtime: Option<Runtime>,
    handle: Handle,
    #[cfg(test)]
    gate: Option<std::sync::Arc<crate::storms::Gate>>,
}

impl Tasks {
    pub(crate) fn start(config: &EngineConfig) -> Result<Self, Error> {
        if !(1..=16).contains(&config.worker_threads) {
            return Err(Error::InvalidArgument(format!(
                "{} worker threads are out of range; use 1 to 16",
                config.worker_threads
            )));
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(config.worker_threads)
            // Name resolution is the only blocking work; idle helpers leave soon.
            .max_blocking_threads(4)
            .thread_keep_alive(std::time::Duration::from_secs(1))
            .thread_name("duet-net")
            .enable_all()
            .build()
            .map_err(|error| Error::System { what: "network threads", reason: error.to_string() })?;
        let handle = runtime.handle().clone();
        Ok(Tasks {
            runtime: Some(runtime),
            handle,
            #[cfg(test)]
            gate: None,
        })
    }

    /// Tasks on the current runtime, which a test may suspend and end by `gate`.
    #[cfg(test)]
    pub(crate) fn behind(gate: std::sync::Arc<crate::storms::Gate>) -> Self {
        Tasks { runtime: None, handle: Handle::current(), gate: Some(gate) }
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        #[cfg(test)]
        if let Some(gate) = &self.gate {
            self.handle.spawn(gate.guard(task));
            return;
        }
        self.handle.spawn(task);
    }

    /// Tasks alive now.
    pub(crate) fn alive(&self) -> usize {
        self.handle.metrics().num_alive_tasks()
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
