//! A connection as the rest of the engine sees it, and who makes one.
//!
//! The engine's own is [`Peer`](super::Peer); tests put scripted ones in its place.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use duet_media::Time;
use duet_signal::message::IceCandidate;
use tokio::sync::mpsc;

use super::{FrameInfo, MediaSink, Peer, PeerConfig, PeerError, PeerEvent, PeerStats, SessionDescription};

/// A connection to one peer. Every method but [`close`](Self::close) returns at once, from any thread.
#[async_trait]
pub(crate) trait PeerPort: fmt::Debug + Send + Sync {
    /// Makes an offer, at once or when the exchange at hand is over.
    fn start_offer(&self);

    /// A description from the other side.
    fn remote_description(&self, description: SessionDescription);

    /// A candidate from the other side; `None` when there are no more.
    fn remote_candidate(&self, candidate: Option<IceCandidate>);

    /// Looks for a new path, with an offer of ours.
    fn restart_ice(&self);

    /// Sends a text over the control channel; dropped while it is not open. What is said right before
    /// [`close`](Self::close) still leaves.
    fn send_control(&self, message: String);

    /// Sends the packets of one video frame; `payloads` is emptied and keeps its capacity. Never blocks.
    /// False: the frame was dropped, and what follows cannot be decoded before a key frame.
    fn send_video(&self, payloads: &mut Vec<Bytes>, frame: FrameInfo) -> bool;

    /// Sends an Opus packet; `timestamp` is 48 kHz, `marker` starts a talk spurt. Never blocks. False:
    /// this or an older packet was dropped.
    fn send_audio(&self, payload: Bytes, timestamp: u32, marker: bool, captured: Time) -> bool;

    /// Whether so much video waits, or so old, that the encoder should skip frames (about 120 ms).
    fn is_congested(&self) -> bool;

    /// Asks the other side for a key frame; throttled.
    fn request_key_frame(&self);

    /// The counters of this moment.
    fn stats(&self) -> PeerStats;

    /// Closes the connection and waits until its tasks and sockets are gone. Idempotent. The task that
    /// reads the events may call it.
    async fn close(&self);
}

/// Makes connections.
#[async_trait]
pub(crate) trait MakePeer: Send + Sync {
    /// Opens sockets and starts the connection's task on the current tokio runtime. Nothing is sent
    /// before [`start_offer`](PeerPort::start_offer) or an offer of the other side.
    ///
    /// `events` should be read promptly: the connection's control waits for it (media does not).
    ///
    /// # Errors
    /// [`PeerError::NoTurnServer`], or [`PeerError::Transport`] when the system refuses sockets.
    async fn make(
        &self,
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
    ) -> Result<Arc<dyn PeerPort>, PeerError>;
}

/// Makes the engine's own connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RealPeers;

#[async_trait]
impl MakePeer for RealPeers {
    async fn make(
        &self,
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
    ) -> Result<Arc<dyn PeerPort>, PeerError> {
        Ok(Arc::new(Peer::new(config, events, sink).await?))
    }
}
