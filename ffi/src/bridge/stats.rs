//! What a call knows about itself.

use duet_core as core;

use super::config::VideoCodec;
use super::duration::Duration;

/// A snapshot of a call's statistics; counters start at zero with the call.
#[derive(Clone, Debug, uniffi::Record)]
pub struct CallStats {
    /// Round trip over the selected path; none before the first measurement.
    pub rtt: Option<Duration>,
    /// What the network is believed to carry from here, in bit/s, audio and video together.
    pub available_send_bps: i64,
    /// The DTLS version, e.g. `1.2`, once connected.
    pub dtls: Option<String>,
    /// The ICE connection state (W3C `RTCIceConnectionState`).
    pub ice_state: String,
    /// The selected candidate pair.
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
#[derive(Clone, Debug, uniffi::Record)]
pub struct VideoSendStats {
    /// The codec agreed on.
    pub codec: Option<VideoCodec>,
    /// The encoder at work; empty before the first frame.
    pub encoder: String,
    /// Frames the host pushed.
    pub frames_pushed: i64,
    /// Frames encoded.
    pub frames_encoded: i64,
    /// Frames pushed and not sent: replaced by a newer one, or the network was full.
    pub frames_dropped: i64,
    /// Key frames encoded.
    pub key_frames: i64,
    /// Width of the last encoded frame, in pixels.
    pub width: i32,
    /// Height of the last encoded frame, in pixels.
    pub height: i32,
    /// What the encoder aims at, in bit/s.
    pub target_bps: i64,
    /// RTP packets sent, retransmissions not counted.
    pub packets_sent: i64,
    /// Payload bytes sent, retransmissions not counted.
    pub bytes_sent: i64,
    /// RTP packets sent again on request.
    pub retransmitted: i64,
    /// Key frames the other side asked for.
    pub pli_received: i64,
}

/// Pictures in.
#[derive(Clone, Debug, uniffi::Record)]
pub struct VideoRecvStats {
    /// The codec received.
    pub codec: Option<VideoCodec>,
    /// Frames decoded.
    pub frames_decoded: i64,
    /// Frames received and never shown: incomplete, undecodable or no buffer free.
    pub frames_dropped: i64,
    /// Key frames decoded.
    pub key_frames: i64,
    /// Width of the last decoded frame, in pixels.
    pub width: i32,
    /// Height of the last decoded frame, in pixels.
    pub height: i32,
    /// RTP packets received.
    pub packets_received: i64,
    /// Payload bytes received.
    pub bytes_received: i64,
    /// Packets that never came, retransmissions included.
    pub packets_lost: i64,
    /// Requests for retransmission sent.
    pub nacks_sent: i64,
    /// Requests for a key frame sent.
    pub plis_sent: i64,
    /// Gaps between shown frames longer than three times the average and the average + 150 ms.
    pub freezes: i64,
}

/// Sound out.
#[derive(Clone, Debug, uniffi::Record)]
pub struct AudioSendStats {
    /// RTP packets sent.
    pub packets_sent: i64,
    /// Payload bytes sent.
    pub bytes_sent: i64,
}

/// Sound in.
#[derive(Clone, Debug, uniffi::Record)]
pub struct AudioRecvStats {
    /// RTP packets received.
    pub packets_received: i64,
    /// Packets that never came.
    pub packets_lost: i64,
    /// Packets that came too late to be played.
    pub packets_discarded: i64,
    /// Samples handed to the host, at 48 kHz.
    pub samples: i64,
    /// Of these, invented ones.
    pub concealed_samples: i64,
    /// Of these, invented ones that are silence.
    pub silent_concealed_samples: i64,
    /// Times concealment began.
    pub concealment_events: i64,
    /// Average time a sample spent in the jitter buffer.
    pub jitter_delay: Duration,
    /// Sum of squared samples (full scale 1.0) times seconds.
    pub energy: f64,
}

impl From<core::CallStats> for CallStats {
    fn from(stats: core::CallStats) -> Self {
        let (video_out, video_in) = (stats.outbound_video, stats.inbound_video);
        let (audio_out, audio_in) = (stats.outbound_audio, stats.inbound_audio);
        CallStats {
            rtt: stats.rtt.map(Duration::from),
            available_send_bps: long(stats.available_send_bps),
            dtls: stats.dtls,
            ice_state: stats.ice_state,
            ice_pair: stats.ice_pair,
            outbound_video: VideoSendStats {
                codec: video_out.codec.map(VideoCodec::from_core),
                encoder: video_out.encoder.into(),
                frames_pushed: long(video_out.frames_pushed),
                frames_encoded: long(video_out.frames_encoded),
                frames_dropped: long(video_out.frames_dropped),
                key_frames: long(video_out.key_frames),
                width: pixels(video_out.width),
                height: pixels(video_out.height),
                target_bps: long(video_out.target_bps),
                packets_sent: long(video_out.packets_sent),
                bytes_sent: long(video_out.bytes_sent),
                retransmitted: long(video_out.retransmitted),
                pli_received: long(video_out.pli_received),
            },
            inbound_video: VideoRecvStats {
                codec: video_in.codec.map(VideoCodec::from_core),
                frames_decoded: long(video_in.frames_decoded),
                frames_dropped: long(video_in.frames_dropped),
                key_frames: long(video_in.key_frames),
                width: pixels(video_in.width),
                height: pixels(video_in.height),
                packets_received: long(video_in.packets_received),
                bytes_received: long(video_in.bytes_received),
                packets_lost: long(video_in.packets_lost),
                nacks_sent: long(video_in.nacks_sent),
                plis_sent: long(video_in.plis_sent),
                freezes: long(video_in.freezes),
            },
            outbound_audio: AudioSendStats {
                packets_sent: long(audio_out.packets_sent),
                bytes_sent: long(audio_out.bytes_sent),
            },
            inbound_audio: AudioRecvStats {
                packets_received: long(audio_in.packets_received),
                packets_lost: long(audio_in.packets_lost),
                packets_discarded: long(audio_in.packets_discarded),
                samples: long(audio_in.samples),
                concealed_samples: long(audio_in.concealed_samples),
                silent_concealed_samples: long(audio_in.silent_concealed_samples),
                concealment_events: long(audio_in.concealment_events),
                jitter_delay: audio_in.jitter_delay.into(),
                energy: audio_in.energy,
            },
        }
    }
}

/// Signed numbers are the ones these languages are at home with.
fn long(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn pixels(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
