//! The engine's own connection, as others hold it.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duet_media::Time;
use duet_signal::message::IceCandidate;
use tokio::sync::{mpsc, oneshot, watch};

use super::rtc::{Command, Connection};
use super::shared::Shared;
use super::{
    FrameInfo, MediaSink, PeerConfig, PeerError, PeerEvent, PeerPort, PeerStats, SessionDescription,
};

/// Requests that may wait for the connection's task. It handles thousands a second; only a flood from
/// the other side fills this.
const MAX_COMMANDS: usize = 512;

/// A connection to one peer. Clones share it; it closes when the last is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    commands: mpsc::Sender<Command>,
    closing: watch::Sender<bool>,
    shared: Arc<Shared>,
}

impl Peer {
    /// See [`MakePeer::make`](super::MakePeer::make).
    ///
    /// # Errors
    /// [`PeerError::NoTurnServer`], or [`PeerError::Transport`] when the system refuses sockets.
    pub(crate) async fn new(
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
    ) -> Result<Peer, PeerError> {
        let (closing, closed) = watch::channel(false);
        let shared = Arc::new(Shared::default());
        let connection = Connection::open(config, events, sink, Arc::clone(&shared), closed).await?;
        Ok(Peer::start(connection, closing, shared))
    }

    /// Like [`new`](Self::new), over a network with the given faults.
    #[cfg(test)]
    pub(crate) async fn with_link(
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
        link: super::rtc::Link,
    ) -> Result<Peer, PeerError> {
        let (closing, closed) = watch::channel(false);
        let shared = Arc::new(Shared::default());
        let connection =
            Connection::open_over(config, events, sink, Arc::clone(&shared), closed, Some(link)).await?;
        Ok(Peer::start(connection, closing, shared))
    }

    fn start(connection: Connection, closing: watch::Sender<bool>, shared: Arc<Shared>) -> Peer {
        let (commands, inbox) = mpsc::channel(MAX_COMMANDS);
        tokio::spawn(connection.run(inbox));
        Peer { commands, closing, shared }
    }

    fn command(&self, command: Command) {
        match self.commands.try_send(command) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                log::warn!("a request to a connection was dropped: {MAX_COMMANDS} are waiting");
            }
            Err(mpsc::error::TrySendError::Closed(_)) => log::debug!("request to a closed connection"),
        }
    }
}

#[async_trait]
impl PeerPort for Peer {
    fn start_offer(&self) {
        self.command(Command::Offer);
    }

    fn remote_description(&self, description: SessionDescription) {
        self.command(Command::Description(description));
    }

    fn remote_candidate(&self, candidate: Option<IceCandidate>) {
        self.command(Command::Candidate(candidate));
    }

    fn restart_ice(&self) {
        self.command(Command::RestartIce);
    }

    fn send_control(&self, message: String) {
        self.command(Command::Control(message));
    }

    fn send_video(&self, payloads: &mut Vec<Bytes>, frame: FrameInfo) -> bool {
        let accepted = self.shared.outbox.push_video(payloads, frame);
        self.shared.wake.notify_one();
        accepted
    }

    fn send_audio(&self, payload: Bytes, timestamp: u32, marker: bool, captured: Time) -> bool {
        let accepted = self.shared.outbox.push_audio(payload, timestamp, marker, captured);
        self.shared.wake.notify_one();
        accepted
    }

    fn is_congested(&self) -> bool {
        self.shared.is_congested()
    }

    fn request_key_frame(&self) {
        self.shared.want_key_frame();
    }

    fn stats(&self) -> PeerStats {
        let mut stats = self.shared.stats();
        stats.outbox_dropped = self.shared.outbox.dropped();
        stats
    }

    async fn close(&self) {
        self.closing.send_replace(true);
        let (done, wait) = oneshot::channel();
        if self.commands.send(Command::Close(done)).await.is_ok() {
            // An error means that the task ended already.
            let _ = wait.await;
        }
    }
}
