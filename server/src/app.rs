//! What every connection shares.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::ServerConfig;
use crate::counters::Counters;
use crate::dialect::peerjs::Peers;
use crate::engineio::Sessions;
use crate::hub::Hub;
use crate::limits::Gate;
use crate::rooms::Rooms;

/// One server's shared parts.
pub(crate) struct App {
    pub(crate) config: ServerConfig,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) sessions: Sessions,
    pub(crate) counters: Counters,
    /// Turns true when the server stops. Each connection subscribes, so that the server can wait
    /// until the last one is gone.
    pub(crate) stopping: watch::Sender<bool>,
}

impl App {
    pub(crate) fn new(config: ServerConfig) -> Arc<Self> {
        Arc::new(App {
            hub: Arc::new(Hub::new(config.limits)),
            gate: Gate::new(&config.limits),
            rooms: Rooms::new(config.limits),
            peers: Peers::new(config.limits),
            sessions: Sessions::default(),
            counters: Counters::default(),
            config,
            stopping: watch::Sender::new(false),
        })
    }
}

/// Ready when the server stops, or is gone.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
