//! The receiving half.

use std::sync::Arc;
use std::time::Duration;

use duet_codecs::VideoCodec;
use duet_media::Time;
use duet_media::frame::Rotation;
use duet_media::recv::rtx::unwrap_rtx;
use duet_media::recv::{NackGenerator, NackOutcome};
use duet_media::rtp::rotation_of;
use duet_media::send::KeyframeThrottle;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};
use rtc::rtp;

use super::super::super::sdp::{Negotiated, VideoFormat};
use super::super::super::{KindStats, MediaSink, PeerStats, RtpPacket};
use super::Rtcp;

/// Hands received packets to the sink, and asks for what is missing.
pub(super) struct Receiver {
    sink: Arc<dyn MediaSink>,
    /// Who asks, in feedback messages: any source of ours.
    own_ssrc: u32,
    audio_type: Option<u8>,
    video_types: Vec<VideoFormat>,
    orientation: Option<u8>,
    video_ssrc: Option<u32>,
    nack: NackGenerator,
    nack_allowed: bool,
    key_frames: KeyframeThrottle,
    key_frame_due: bool,
    audio_gaps: Gaps,
    audio: KindStats,
    video: KindStats,
    plis: u64,
    nacks: u64,
}

/// Counts what never came (RFC 3550 appendix A.3).
#[derive(Debug, Default)]
struct Gaps {
    first: Option<u16>,
    highest: u64,
    received: u64,
}

enum Meaning {
    Audio,
    Video(VideoFormat),
    Repair(VideoFormat),
}

impl Receiver {
    pub(super) fn new(own_ssrc: u32, sink: Arc<dyn MediaSink>) -> Self {
        Receiver {
            sink,
            own_ssrc,
            audio_type: None,
            video_types: Vec::new(),
            orientation: None,
            video_ssrc: None,
            nack: NackGenerator::new(),
            nack_allowed: false,
            key_frames: KeyframeThrottle::new(),
            key_frame_due: false,
            audio_gaps: Gaps::default(),
            audio: KindStats::default(),
            video: KindStats::default(),
            plis: 0,
            nacks: 0,
        }
    }

    pub(super) fn set_terms(&mut self, terms: &Negotiated) {
        self.audio_type = terms.audio.as_ref().map(|audio| audio.payload_type);
        self.video_types = terms.video.as_ref().map(|video| video.codecs.clone()).unwrap_or_default();
        self.orientation = terms.video.as_ref().and_then(|video| video.extensions.orientation);
        self.nack_allowed = self.video_types.iter().any(|format| format.nack);
    }

    pub(super) fn set_rtt(&mut self, rtt: Duration) {
        self.nack.set_rtt(rtt);
        self.key_frames.set_rtt(rtt);
    }

    /// Somebody cannot decode.
    pub(super) fn want_key_frame(&mut self, now: Time) {
        self.key_frame_due |= self.key_frames.request(now);
    }

    pub(super) fn on_packet(&mut self, packet: rtp::Packet, now: Time) {
        match self.meaning(packet.header.payload_type) {
            Some(Meaning::Audio) => self.on_audio(packet, now),
            Some(Meaning::Video(format)) => self.on_video(packet, format.codec, now),
            Some(Meaning::Repair(format)) => self.on_repair(packet, format.codec, now),
            None => {}
        }
    }

    /// Requests that are due.
    pub(super) fn poll(&mut self, now: Time, rtcp: &mut Vec<Rtcp>) {
        let Some(media_ssrc) = self.video_ssrc else { return };
        if self.nack_allowed {
            let missing = self.nack.poll(now);
            if !missing.is_empty() {
                self.nacks += missing.len() as u64;
                rtcp.push(Box::new(TransportLayerNack {
                    sender_ssrc: self.own_ssrc,
                    media_ssrc,
                    nacks: nack_pairs_from_sequence_numbers(missing),
                }));
            }
        }
        if self.nack.take_lost() {
            self.sink.lost_video();
            self.key_frame_due |= self.key_frames.request(now);
        }
        self.key_frame_due |= self.key_frames.poll(now);
        if std::mem::take(&mut self.key_frame_due) {
            self.plis += 1;
            rtcp.push(Box::new(PictureLossIndication { sender_ssrc: self.own_ssrc, media_ssrc }));
        }
    }

    /// When [`poll`](Self::poll) next has something to do.
    pub(super) fn next_timeout(&self) -> Option<Time> {
        self.video_ssrc?;
        [self.nack.next_timeout(), self.key_frames.next_timeout()].into_iter().flatten().min()
    }

    pub(super) fn publish(&self, stats: &mut PeerStats) {
        copy_received(&mut stats.audio, &self.audio);
        copy_received(&mut stats.video, &self.video);
        stats.audio.lost = self.audio_gaps.lost();
        stats.video.lost = self.nack.lost();
        stats.plis_sent = self.plis;
        stats.nacks_sent = self.nacks;
    }

    fn meaning(&self, payload_type: u8) -> Option<Meaning> {
        if self.audio_type == Some(payload_type) {
            return Some(Meaning::Audio);
        }
        self.video_types.iter().find_map(|&format| match payload_type {
            _ if format.payload_type == payload_type => Some(Meaning::Video(format)),
            _ if format.rtx == Some(payload_type) => Some(Meaning::Repair(format)),
            _ => None,
        })
    }

    fn on_audio(&mut self, packet: rtp::Packet, now: Time) {
        if packet.payload.is_empty() {
            return;
        }
        self.audio.packets_received += 1;
        self.audio.bytes_received += packet.payload.len() as u64;
        self.audio_gaps.on_packet(packet.header.sequence_number);
        self.sink.audio(received(packet, (), None), now);
    }

    fn on_video(&mut self, packet: rtp::Packet, codec: VideoCodec, now: Time) {
        if self.video_ssrc != Some(packet.header.ssrc) {
            // A new source numbers anew.
            self.video_ssrc = Some(packet.header.ssrc);
            self.nack = NackGenerator::new();
        }
        let outcome = self.nack.on_packet(packet.header.sequence_number, now, false);
        self.deliver(packet, codec, outcome, now);
    }

    /// A retransmission: its content goes where the original belonged, before anyone looks for gaps.
    fn on_repair(&mut self, mut packet: rtp::Packet, codec: VideoCodec, now: Time) {
        let Some(ssrc) = self.video_ssrc else { return };
        let Some((seq, payload)) = unwrap_rtx(&packet.payload) else { return };
        packet.header.sequence_number = seq;
        packet.header.ssrc = ssrc;
        packet.payload = payload;
        let outcome = self.nack.on_packet(seq, now, true);
        self.video.repaired += u64::from(outcome == NackOutcome::Filled);
        self.deliver(packet, codec, outcome, now);
    }

    fn deliver(&mut self, packet: rtp::Packet, codec: VideoCodec, outcome: NackOutcome, now: Time) {
        match outcome {
            NackOutcome::Duplicate => self.video.duplicates += 1,
            NackOutcome::New | NackOutcome::Filled | NackOutcome::Restarted => {
                self.video.packets_received += 1;
                self.video.bytes_received += packet.payload.len() as u64;
            }
        }
        if outcome == NackOutcome::Restarted {
            self.key_frame_due |= self.key_frames.request(now);
        }
        // Padding keeps the numbers going and says nothing.
        if !packet.payload.is_empty() {
            let rotation = self.rotation(&packet);
            self.sink.video(received(packet, codec, rotation), now);
        }
    }
}

impl Receiver {
    /// What the packet says about which way up its picture is.
    fn rotation(&self, packet: &rtp::Packet) -> Option<Rotation> {
        let orientation = packet.header.get_extension(self.orientation?)?;
        orientation.first().copied().map(rotation_of)
    }
}

impl Gaps {
    fn on_packet(&mut self, seq: u16) {
        self.received += 1;
        let Some(first) = self.first else {
            self.first = Some(seq);
            self.highest = u64::from(seq);
            return;
        };
        let step = i64::from(seq.wrapping_sub(self.highest as u16) as i16);
        let next = self.highest as i64 + step;
        self.highest = self.highest.max(next.max(i64::from(first)) as u64);
    }

    fn lost(&self) -> u64 {
        let expected = self.first.map_or(0, |first| self.highest + 1 - u64::from(first));
        expected.saturating_sub(self.received)
    }
}

fn received<C>(packet: rtp::Packet, codec: C, rotation: Option<Rotation>) -> RtpPacket<C> {
    RtpPacket {
        seq: packet.header.sequence_number,
        timestamp: packet.header.timestamp,
        marker: packet.header.marker,
        rotation,
        codec,
        payload: packet.payload,
    }
}

fn copy_received(into: &mut KindStats, from: &KindStats) {
    into.packets_received = from.packets_received;
    into.bytes_received = from.bytes_received;
    into.duplicates = from.duplicates;
    into.repaired = from.repaired;
}
