//! What a call knows about itself.

use std::ffi::c_char;
use std::time::Duration;

use duet_core::CallStats;

use super::call::DuetCall;
use super::config::DuetVideoCodec;
use super::entry::entry;
use super::error::DuetError;
use super::memory::{self, Versioned, field};
use crate::objects::with_call;

/// Pictures out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetVideoSendStats {
    /// The codec agreed on.
    pub codec: DuetVideoCodec,
    /// Width of the last encoded frame, in pixels.
    pub width: u32,
    /// Height of the last encoded frame, in pixels.
    pub height: u32,
    /// Frames the host pushed.
    pub frames_pushed: u64,
    /// Frames encoded.
    pub frames_encoded: u64,
    /// Frames pushed and not sent: replaced by a newer one, or the network was full.
    pub frames_dropped: u64,
    /// Key frames encoded.
    pub key_frames: u64,
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
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetVideoRecvStats {
    /// The codec received.
    pub codec: DuetVideoCodec,
    /// Width of the last decoded frame, in pixels.
    pub width: u32,
    /// Height of the last decoded frame, in pixels.
    pub height: u32,
    /// Frames decoded.
    pub frames_decoded: u64,
    /// Frames received and never shown: incomplete, undecodable or no buffer free.
    pub frames_dropped: u64,
    /// Key frames decoded.
    pub key_frames: u64,
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
    /// Gaps between shown frames longer than three times the average and the average + 150 ms.
    pub freezes: u64,
}

/// Sound out.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetAudioSendStats {
    /// RTP packets sent.
    pub packets_sent: u64,
    /// Payload bytes sent.
    pub bytes_sent: u64,
}

/// Sound in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetAudioRecvStats {
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
    /// Average time a sample spent in the jitter buffer, in us.
    pub jitter_delay_us: u64,
    /// Sum of squared samples (full scale 1.0) times seconds.
    pub energy: f64,
}

/// A snapshot of a call's statistics; counters start at zero with the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetCallStats {
    /// `sizeof(DuetCallStats)`, set by the host.
    pub size: usize,
    /// There was a first measurement of the round trip.
    pub has_rtt: bool,
    /// Round trip over the selected path, in us.
    pub rtt_us: u64,
    /// What the network is believed to carry from here, in bit/s, audio and video together.
    pub available_send_bps: u64,
    /// The DTLS version, e.g. `1.2`; empty until connected.
    pub dtls: [c_char; 8],
    /// The ICE connection state (W3C `RTCIceConnectionState`).
    pub ice_state: [c_char; 24],
    /// The selected candidate pair, e.g. `host/udp A -> host B`; empty until connected.
    pub ice_pair: [c_char; 160],
    /// The encoder at work, e.g. `openh264`; empty before the first frame.
    pub encoder: [c_char; 24],
    /// Pictures out.
    pub outbound_video: DuetVideoSendStats,
    /// Pictures in.
    pub inbound_video: DuetVideoRecvStats,
    /// Sound out.
    pub outbound_audio: DuetAudioSendStats,
    /// Sound in.
    pub inbound_audio: DuetAudioRecvStats,
}

// SAFETY: repr(C), size first; numbers, bools and enums with a zero may be zero.
unsafe impl Versioned for DuetCallStats {}

/// A snapshot of the statistics; after the end, the last one. Never waits for the network.
///
/// @param stats Set its `size`.
///
/// # Safety
/// `stats` points to a struct of its `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_stats(call: DuetCall, stats: *mut DuetCallStats) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            let now = DuetCallStats::from(call.object.stats());
            // SAFETY: the caller's promise.
            unsafe { memory::write("stats", stats, &now) }
        })
    })
}

impl From<CallStats> for DuetCallStats {
    fn from(stats: CallStats) -> Self {
        let CallStats { outbound_video, inbound_video, outbound_audio, inbound_audio, .. } = stats;
        DuetCallStats {
            size: size_of::<DuetCallStats>(),
            has_rtt: stats.rtt.is_some(),
            rtt_us: micros(stats.rtt.unwrap_or_default()),
            available_send_bps: stats.available_send_bps,
            dtls: field(stats.dtls.as_deref().unwrap_or("")),
            ice_state: field(&stats.ice_state),
            ice_pair: field(stats.ice_pair.as_deref().unwrap_or("")),
            encoder: field(outbound_video.encoder),
            outbound_video: DuetVideoSendStats {
                codec: outbound_video.codec.into(),
                width: outbound_video.width,
                height: outbound_video.height,
                frames_pushed: outbound_video.frames_pushed,
                frames_encoded: outbound_video.frames_encoded,
                frames_dropped: outbound_video.frames_dropped,
                key_frames: outbound_video.key_frames,
                target_bps: outbound_video.target_bps,
                packets_sent: outbound_video.packets_sent,
                bytes_sent: outbound_video.bytes_sent,
                retransmitted: outbound_video.retransmitted,
                pli_received: outbound_video.pli_received,
            },
            inbound_video: DuetVideoRecvStats {
                codec: inbound_video.codec.into(),
                width: inbound_video.width,
                height: inbound_video.height,
                frames_decoded: inbound_video.frames_decoded,
                frames_dropped: inbound_video.frames_dropped,
                key_frames: inbound_video.key_frames,
                packets_received: inbound_video.packets_received,
                bytes_received: inbound_video.bytes_received,
                packets_lost: inbound_video.packets_lost,
                nacks_sent: inbound_video.nacks_sent,
                plis_sent: inbound_video.plis_sent,
                freezes: inbound_video.freezes,
            },
            outbound_audio: DuetAudioSendStats {
                packets_sent: outbound_audio.packets_sent,
                bytes_sent: outbound_audio.bytes_sent,
            },
            inbound_audio: DuetAudioRecvStats {
                packets_received: inbound_audio.packets_received,
                packets_lost: inbound_audio.packets_lost,
                packets_discarded: inbound_audio.packets_discarded,
                samples: inbound_audio.samples,
                concealed_samples: inbound_audio.concealed_samples,
                silent_concealed_samples: inbound_audio.silent_concealed_samples,
                concealment_events: inbound_audio.concealment_events,
                jitter_delay_us: micros(inbound_audio.jitter_delay),
                energy: inbound_audio.energy,
            },
        }
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap_or(u64::MAX)
}
