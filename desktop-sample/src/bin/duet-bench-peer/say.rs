//! Lines for the bench.

use std::io::Write;

use duet_core::{CallStats, Time};
use serde_json::{Value, json};

/// One line on stdout, at once.
pub(crate) fn say(line: &Value) {
    let mut out = std::io::stdout().lock();
    // Without a reader there is no bench any more; stdin ends too.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A time as text: numbers of this size lose digits in other languages.
pub(crate) fn time(time: Time) -> String {
    time.as_nanos().to_string()
}

/// Statistics under their W3C names.
pub(crate) fn stats(stats: &CallStats, now: Time) -> Value {
    let (heard, seen) = (&stats.inbound_audio, &stats.inbound_video);
    let (shown, said) = (&stats.outbound_video, &stats.outbound_audio);
    let codec = shown.codec.or(seen.codec).map(|codec| codec.mime_type());
    json!({
        "ev": "stats",
        "t_ns": time(now),
        "codecs": codec.into_iter().collect::<Vec<_>>(),
        "in_audio": {
            "totalSamplesReceived": heard.samples,
            "concealedSamples": heard.concealed_samples,
            "silentConcealedSamples": heard.silent_concealed_samples,
            "concealmentEvents": heard.concealment_events,
            "packetsReceived": heard.packets_received,
            "packetsLost": heard.packets_lost,
            "jitterBufferMs": heard.jitter_delay.as_secs_f64() * 1e3,
        },
        "in_video": {
            "framesDecoded": seen.frames_decoded,
            "framesDropped": seen.frames_dropped,
            "nackCount": seen.nacks_sent,
            "pliCount": seen.plis_sent,
            "packetsReceived": seen.packets_received,
            "packetsLost": seen.packets_lost,
            "bytesReceived": seen.bytes_received,
            "keyFramesDecoded": seen.key_frames,
            "freezeCount": seen.freezes,
            "frameWidth": seen.width,
            "frameHeight": seen.height,
        },
        "out_video": {
            "encoderImplementation": shown.encoder,
            "framesPushed": shown.frames_pushed,
            "framesEncoded": shown.frames_encoded,
            "framesDropped": shown.frames_dropped,
            "keyFramesEncoded": shown.key_frames,
            "frameWidth": shown.width,
            "frameHeight": shown.height,
            "targetBitrate": shown.target_bps,
            "packetsSent": shown.packets_sent,
            "bytesSent": shown.bytes_sent,
            "retransmittedPacketsSent": shown.retransmitted,
            "pliCount": shown.pli_received,
        },
        "out_audio": { "packetsSent": said.packets_sent, "bytesSent": said.bytes_sent },
        "pair": {
            "availableOutgoingBitrate": stats.available_send_bps,
            "currentRoundTripTime": stats.rtt.map(|rtt| rtt.as_secs_f64()),
        },
    })
}
