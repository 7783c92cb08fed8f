//! What a connection tells, and to whom.

use std::time::Duration;

use bytes::Bytes;
use duet_codecs::VideoCodec;
use duet_media::Time;
use duet_media::frame::Rotation;
use duet_signal::message::{DescriptionKind, IceCandidate};

use super::{Hints, PeerError};

/// What happened on a connection. In order, except that [`PeerEvent::Rates`] and
/// [`PeerEvent::KeyFrameRequested`] are left out while the receiver lags.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PeerEvent {
    /// Send this to the other side.
    Description(SessionDescription),
    /// Send this to the other side; `None` ends the candidates of a generation.
    Candidate(Option<IceCandidate>),
    /// The connection's state changed.
    State(PeerState),
    /// The codec to send pictures with, after every negotiation that changes it.
    NegotiatedVideo(VideoCodec),
    /// What the other side's descriptions tell of its media, whenever that changes.
    Hints(Hints),
    /// The other side cannot decode: send a key frame. Throttled.
    KeyFrameRequested,
    /// What the network carries from here, by the latest estimate.
    Rates {
        /// Audio and video together, with all overhead, in bit/s.
        target_bps: u64,
        /// What the video encoder should produce, in bit/s.
        video_bps: u64,
        /// Round trip, once measured.
        rtt: Option<Duration>,
        /// Share of packets lost, 0 to 1.
        loss: f32,
    },
    /// The control channel can be used.
    ControlOpen,
    /// A message of the control channel.
    Control(Bytes),
    /// The other side has closed its connection, as its control channel shows.
    Closed,
    /// It does not work, or not any more. Some errors can be mended by [`PeerPort::restart_ice`](super::PeerPort::restart_ice).
    Failed(PeerError),
}

/// An offer or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionDescription {
    /// Offer or answer.
    pub kind: DescriptionKind,
    /// The text.
    pub sdp: String,
    /// The number of the exchange: an offer names it, its answer repeats it, so that an answer that comes
    /// late is not taken for one to a later offer. `None` where the other side does not number.
    pub exchange: Option<u32>,
}

/// A video frame on its way to the other side, beside its payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameInfo {
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// Decoding may start here.
    pub key: bool,
    /// When the picture was taken; it synchronises sound and picture at the other side.
    pub captured: Time,
    /// What a viewer must do to see it upright.
    pub rotation: Rotation,
}

/// State of a connection (W3C `RTCPeerConnectionState` without `new`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PeerState {
    /// Looking for a path.
    Connecting,
    /// Media can flow.
    Connected,
    /// Nothing was heard for some seconds; may come back by itself.
    Disconnected,
    /// No path.
    Failed,
    /// Closed.
    Closed,
}

/// Where received media goes.
///
/// Called on the connection's own task, one call at a time: must not block, and must not wait for the
/// connection. [`Peer`](super::Peer)'s methods other than `close` may be called.
pub(crate) trait MediaSink: Send + Sync {
    /// A video packet: original or repaired, in the order of arrival, possibly a duplicate.
    fn video(&self, packet: RtpPacket<VideoCodec>, arrival: Time);
    /// An audio packet (Opus), in the order of arrival.
    fn audio(&self, packet: RtpPacket<()>, arrival: Time);
    /// A video packet will not come any more; a key frame has been asked for.
    fn lost_video(&self);
}

/// A received RTP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RtpPacket<C> {
    /// Sequence number.
    pub seq: u16,
    /// Media time: 90 kHz for video, 48 kHz for audio.
    pub timestamp: u32,
    /// Last packet of a frame (video), start of a talk spurt (audio).
    pub marker: bool,
    /// What a viewer must do to see the picture upright, where the packet says so (video).
    pub rotation: Option<Rotation>,
    /// What the payload is.
    pub codec: C,
    /// The payload.
    pub payload: Bytes,
}
