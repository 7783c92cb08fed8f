//! What a connection has counted.

use std::time::Duration;

use super::PeerState;

/// A snapshot of a connection's counters. They start at zero with the connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PeerStats {
    /// The connection's state; `None` before anything was exchanged.
    pub state: Option<PeerState>,
    /// ICE connection state (W3C `RTCIceConnectionState`).
    pub ice_state: String,
    /// The selected candidate pair, e.g. `host/udp 192.0.2.1:9 -> host 192.0.2.2:9`.
    pub ice_pair: Option<String>,
    /// DTLS version, e.g. `1.2`, once connected.
    pub dtls: Option<String>,
    /// Round trip from RTCP reports, smoothed.
    pub rtt: Option<Duration>,
    /// Latest estimate of what the network carries, with all overhead, in bit/s.
    pub target_bps: u64,
    /// Share of sent packets lost lately, 0 to 1.
    pub send_loss: f32,
    /// Pictures.
    pub video: KindStats,
    /// Sound.
    pub audio: KindStats,
    /// Video packets sent again.
    pub retransmitted: u64,
    /// Sequence numbers the other side asked for again.
    pub nacks_received: u64,
    /// Sequence numbers we asked for again.
    pub nacks_sent: u64,
    /// Requests for a key frame received (PLI and FIR).
    pub plis_received: u64,
    /// Requests for a key frame sent.
    pub plis_sent: u64,
    /// Packets refused by the outbox: no connection, or the encoders were too fast.
    pub outbox_dropped: u64,
}

/// Counters of one kind of media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KindStats {
    /// RTP packets sent, retransmissions not counted.
    pub packets_sent: u64,
    /// Payload bytes sent, retransmissions not counted.
    pub bytes_sent: u64,
    /// RTP packets received, with repairs, without duplicates as far as they are known.
    pub packets_received: u64,
    /// Payload bytes received, likewise.
    pub bytes_received: u64,
    /// Packets received twice.
    pub duplicates: u64,
    /// Video packets that came by retransmission.
    pub repaired: u64,
    /// Packets that never came.
    pub lost: u64,
}
