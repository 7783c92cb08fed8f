//! What every connection shares.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::ServerConfig;
use crate::hub::Hub;
use crate::limits::Gate;

/// One server's shared parts.
pub(crate) struct App {
    pub(crate) config: ServerConfig,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<Gate>,
    /// Turns true when the server stops. Each connection subscribes, so that the server can wait
    /// until the last one is gone.
    pub(crate) stopping: watch::Sender<bool>,
}

impl App {
    pub(crate) fn new(config: ServerConfig) -> Arc<Self> {
        Arc::new(App {
            hub: Arc::new(Hub::new(config.limits)),
            gate: Gate::new(&config.limits),
            config,
            stopping: watch::Sender::new(false),
        })
    }
}
