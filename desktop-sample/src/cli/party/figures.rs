//! The figures of one side: while the call runs, and when it is over.

use duet_core::{CallState, Time};

use super::{Party, Role, facts};
use crate::cli::report::{AudioReport, IceReport, Report, VideoReport};
use crate::media::{Media, Outcome};

/// What the live line last showed, to tell rates.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) at: Time,
    frames: u64,
    bytes_in: u64,
    bytes_out: u64,
}

impl Party {
    /// Keeps the latest statistics; a call that is over has no path any more, but had one.
    pub(super) fn sample(&mut self) {
        if let Some(call) = &self.call
            && self.facts.ended.is_none()
        {
            let mut stats = call.stats();
            stats.ice_pair = stats.ice_pair.or(self.stats.ice_pair.take());
            stats.dtls = stats.dtls.or(self.stats.dtls.take());
            if call.state() == CallState::Ended && !self.stats.ice_state.is_empty() {
                stats.ice_state = std::mem::take(&mut self.stats.ice_state);
            }
            self.stats = stats;
        }
    }

    pub(super) fn show_figures(&mut self, now: Time) {
        let seconds = now.since(self.figures.at).as_secs_f64();
        let (stats, before) = (&self.stats, &self.figures);
        let kbps = |bytes: u64, before: u64| bytes.saturating_sub(before) as f64 * 0.008 / seconds;
        let (bytes_in, bytes_out) = (
            stats.inbound_video.bytes_received,
            stats.outbound_video.bytes_sent + stats.outbound_audio.bytes_sent,
        );
        let frames = stats.inbound_video.frames_decoded;
        let rtt = stats.rtt.map_or("-".into(), |rtt| format!("{:.1} ms", rtt.as_secs_f64() * 1e3));
        self.screen.live(format!(
            "{}x{} {:>4.1} fps, video in {:.0} kbit/s, out {:.0} of {:.0} kbit/s, RTT {rtt}",
            stats.inbound_video.width,
            stats.inbound_video.height,
            frames.saturating_sub(before.frames) as f64 / seconds,
            kbps(bytes_in, before.bytes_in),
            kbps(bytes_out, before.bytes_out),
            stats.available_send_bps as f64 / 1e3,
        ));
        self.figures = Figures { at: now, frames, bytes_in, bytes_out };
    }

    /// Stops the media threads and reports; `ok` and `error` are for the caller to fill in.
    pub(crate) fn finish(&mut self) -> (Report, Option<Outcome>) {
        self.screen.clear();
        self.sample();
        let outcome = self.media.take().map(Media::stop);
        let (seen, heard) = outcome.as_ref().map(|o| (o.seen.clone(), o.heard.clone())).unwrap_or_default();
        let (facts, stats) = (&self.facts, &self.stats);
        let received = &stats.inbound_video;
        let report = Report {
            dialect: self.dialect().as_str(),
            role: facts.role.map(Role::name),
            connect_ms: facts.connect.map(|setup| setup.as_millis() as u64),
            ended_by: facts.ended.as_ref().map(|ended| facts::ended_by(ended).to_owned()),
            video: VideoReport {
                codec: received.codec.or(stats.outbound_video.codec).map(|codec| codec.mime_type()),
                frames_decoded: received.frames_decoded,
                frames_changed: seen.changed,
                width: received.width,
                height: received.height,
                packets_sent: stats.outbound_video.packets_sent,
                fps: (seen.fps() * 10.0).round() / 10.0,
                ..VideoReport::default()
            },
            audio: AudioReport {
                codec: (stats.inbound_audio.packets_received > 0).then_some("audio/opus"),
                packets_received: stats.inbound_audio.packets_received,
                energy: heard.energy,
                packets_sent: stats.outbound_audio.packets_sent,
                tone_hz: None,
            },
            ice: IceReport { state: stats.ice_state.clone(), pair: stats.ice_pair.clone() },
            dtls: stats.dtls.clone(),
            ..Report::default()
        };
        (report, outcome)
    }
}
