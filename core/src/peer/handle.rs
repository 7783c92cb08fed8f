//! The handle others hold.

use std::sync::Arc;

use bytes::Bytes;
use duet_media::Time;
use duet_signal::message::IceCandidate;
use tokio::sync::{mpsc, oneshot, watch};

use super::rtc::{Command, Connection};
use super::shared::Shared;
use super::{FrameInfo, MediaSink, PeerConfig, PeerError, PeerEvent, PeerStats, SessionDescription};

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
    /// Opens sockets and starts the connection's task on the current tokio runtime. Nothing is sent
    /// before [`start_offer`](Self::start_offer) or an offer of the other side.
    ///
    /// `events` should be read promptly: the connection's control waits for it (media does not).
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

    /// Makes an offer, at once or when the exchange at hand is over.
    pub(crate) fn start_offer(&self) {
        self.command(Command::Offer);
    }

    /// A description from the other side.
    pub(crate) fn remote_description(&self, description: SessionDescription) {
        self.command(Command::Description(description));
    }

    /// A candidate from the other side; `None` when there are no more.
    pub(crate) fn remote_candidate(&self, candidate: Option<IceCandidate>) {
        self.command(Command::Candidate(candidate));
    }

    /// Looks for a new path, with an offer of ours.
    pub(crate) fn restart_ice(&self) {
        self.command(Command::RestartIce);
    }

    /// Sends a text over the control channel; dropped while it is not open. What is said right before
    /// [`close`](Self::close) still leaves.
    pub(crate) fn send_control(&self, message: String) {
        self.command(Command::Control(message));
    }

    /// Sends the packets of one video frame; `payloads` is emptied and keeps its capacity. Never blocks.
    /// False: the frame was dropped, and what follows cannot be decoded before a key frame.
    pub(crate) fn send_video(&self, payloads: &mut Vec<Bytes>, frame: FrameInfo) -> bool {
        let accepted = self.shared.outbox.push_video(payloads, frame);
        self.shared.wake.notify_one();
        accepted
    }

    /// Sends an Opus packet; `timestamp` is 48 kHz, `marker` starts a talk spurt. Never blocks. False:
    /// this or an older packet was dropped.
    pub(crate) fn send_audio(&self, payload: Bytes, timestamp: u32, marker: bool, captured: Time) -> bool {
        let accepted = self.shared.outbox.push_audio(payload, timestamp, marker, captured);
        self.shared.wake.notify_one();
        accepted
    }

    /// Whether so much video waits, or so old, that the encoder should skip frames (about 120 ms).
    pub(crate) fn is_congested(&self) -> bool {
        self.shared.is_congested()
    }

    /// Asks the other side for a key frame; throttled.
    pub(crate) fn request_key_frame(&self) {
        self.shared.want_key_frame();
    }

    /// The counters of this moment.
    pub(crate) fn stats(&self) -> PeerStats {
        let mut stats = self.shared.with_stats(|stats| stats.clone());
        stats.outbox_dropped = self.shared.outbox.dropped();
        stats
    }

    /// Closes the connection and waits until its tasks and sockets are gone. Idempotent. The task that
    /// reads the events may call it.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        let (done, wait) = oneshot::channel();
        if self.commands.send(Command::Close(done)).await.is_ok() {
            // An error means that the task ended already.
            let _ = wait.await;
        }
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
