//! What a call knows about itself. Names follow W3C webrtc-stats where it has one.

use std::time::Duration;

use duet_codecs::VideoCodec;

/// A snapshot of a call's statistics. Counters start at zero with the call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallStats {
    /// Round trip over the selected path; `None` before the first measurement.
    pub rtt: Option<Duration>,
    /// What the network is believed to carry from here, in bit/s, audio and video together.
    pub available_send_bps: u64,
    /// The DTLS version, e.g. `1.2`, once connected.
    pub dtls: Option<String>,
    /// The ICE connection state (W3C `RTCIceConnectionState`).
    pub ice_state: String,
    /// The selected candidate pair, e.g. `host/udp A -> host B`.
    pub ice_pair: Option<String>,
    /// Pictures out.
    pub outbound_video: VideoSendStats,
    /// Pictures in.
    pub inbound_video: VideoRecvStats,
    /// Sound out.
    pub outbound_audio: AudioSendStats,
    /// Sound in.
    pub inbound_audio: AudioRecvStats,
}

/// Pictures out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VideoSendStats {
    /// The codec agreed on.
    pub codec: Option<VideoCodec>,
    /// The encoder at work, e.g. `openh264`; empty before the first frame.
    pub encoder: &'static str,
    /// Frames the host pushed.
    pub frames_pushed: u64,
    /// Frames encoded.
    pub frames_encoded: u64,
    /// Frames pushed and not sent: replaced by a newer one, or the network was full.
    pub frames_dropped: u64,
    /// Key frames encoded.
    pub key_frames: u64,
    /// Width of the last encoded frame, in pixels.
    pub width: u32,
    /// Height of the last encoded frame, in pixels.
    pub height: u32,
    /// What the encoder aims at, in bit/s.
    pub target_bps: u64,
    /// RTP packets sent, retransmissions not counted.
    pub packets_sent: u64,
    /// Payload bytes sent, retransmissions not counted.
    pub bytes_sent: u64,
    /// RTP packets sent again on request.
    pub retransmitted: u64,
    /// Key frames the other side asked for.
    pub pli_received: u64,
}

/// Pictures in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VideoRecvStats {
    /// The codec received.
    pub codec: Option<VideoCodec>,
    /// Frames decoded.
    pub frames_decoded: u64,
    /// Frames received and never shown: incomplete, undecodable or no buffer free.
    pub frames_dropped: u64,
    /// Key frames decoded.
    pub key_frames: u64,
    /// Width of the last decoded frame, in pixels.
    pub width: u32,
    /// Height of the last decoded frame, in pixels.
    pub height: u32,
    /// RTP packets received.
    pub packets_received: u64,
    /// Payload bytes received.
    pub bytes_received: u64,
    /// Packets that never came, retransmissions included.
    pub packets_lost: u64,
    /// Requests for retransmission sent.
    pub nacks_sent: u64,
    /// Requests for a key frame sent.
    pub plis_sent: u64,
    /// Gaps between shown frames longer than three times the average and the average + 150 ms
    /// (W3C `freezeCount`).
    pub freezes: u64,
}

/// Sound out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioSendStats {
    /// RTP packets sent.
    pub packets_sent: u64,
    /// Payload bytes sent.
    pub bytes_sent: u64,
}

/// Sound in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioRecvStats {
    /// RTP packets received.
    pub packets_received: u64,
    /// Packets that never came.
    pub packets_lost: u64,
    /// Packets that came too late to be played.
    pub packets_discarded: u64,
    /// Samples handed to the host, at 48 kHz.
    pub samples: u64,
    /// Of these, invented ones.
    pub concealed_samples: u64,
    /// Of these, invented ones that are silence.
    pub silent_concealed_samples: u64,
    /// Times concealment began.
    pub concealment_events: u64,
    /// Average time a sample spent in the jitter buffer.
    pub jitter_delay: Duration,
    /// Sum of squared samples (full scale 1.0) times seconds (W3C `totalAudioEnergy`).
    pub energy: f64,
}
