//! Carries the connection's callbacks to the actor.

use std::sync::Arc;

use tokio::sync::mpsc;
use webrtc::data_channel::DataChannel;
use webrtc::peer_connection::{
    PeerConnectionEventHandler, RTCIceCandidateInit, RTCIceConnectionState, RTCIceGatheringState,
    RTCPeerConnectionIceEvent, RTCPeerConnectionState,
};

/// What the transport tells the actor. Few by nature: as many as there are addresses and state changes.
pub(super) enum Signal {
    /// A local candidate.
    Candidate(RTCIceCandidateInit),
    /// There are no more local candidates in this generation.
    GatheringDone,
    /// The ICE state changed.
    Ice(RTCIceConnectionState),
    /// The connection's state changed.
    Connection(RTCPeerConnectionState),
    /// The other side made a data channel.
    Channel(Arc<dyn DataChannel>),
    /// A data channel can be used.
    ChannelOpen(Arc<dyn DataChannel>),
    /// The other side closed a data channel.
    ChannelClosed(Arc<dyn DataChannel>),
    /// The driver stopped; nothing works any more.
    DriverEnded,
}

/// Holds no reference to the connection, so that none leads back to itself.
pub(super) struct Handler(pub(super) mpsc::UnboundedSender<Signal>);

impl Handler {
    fn tell(&self, signal: Signal) {
        // Nobody listens any more when the connection is being closed.
        let _ = self.0.send(signal);
    }
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        match event.candidate.to_json() {
            Ok(candidate) => self.tell(Signal::Candidate(candidate)),
            Err(error) => log::warn!("a local candidate cannot be written: {error}"),
        }
    }

    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            self.tell(Signal::GatheringDone);
        }
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        self.tell(Signal::Ice(state));
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.tell(Signal::Connection(state));
    }

    async fn on_data_channel(&self, channel: Arc<dyn DataChannel>) {
        self.tell(Signal::Channel(channel));
    }
}
