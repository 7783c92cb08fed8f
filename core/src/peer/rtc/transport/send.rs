//! The sending half.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use duet_media::Time;
use duet_media::frame::Rotation;
use duet_media::recv::rtx::wrap_rtx;
use duet_media::rtp::orientation_byte;
use duet_media::send::{
    BandwidthEstimator, EstimatorConfig, KeyframeThrottle, Pacer, PacketKind, RetransmitCache,
};
use rtc::interceptor::{Packet, TaggedPacket};
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::rtp;
use tokio::sync::mpsc;

use super::super::super::outbox::Outgoing;
use super::super::super::sdp::{self, Negotiated, VideoFormat};
use super::super::super::shared::Shared;
use super::super::super::{KindStats, PeerConfig, PeerEvent, PeerStats};
use super::reports;
use super::{Rtcp, Streams, tagged};

/// What surrounds a payload on the wire: IPv4 and UDP 28, RTP 12, header extensions 8, SRTP 16 bytes.
const OVERHEAD: usize = 64;
/// Sender reports. They carry the clock that synchronises sound and picture, and measure the round trip;
/// RFC 3550's five seconds would leave a short call without.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Rates are told when the encoder's changes by this share ...
const RATE_STEP: f64 = 0.03;
/// ... or this often.
const RATE_INTERVAL: Duration = Duration::from_millis(500);
/// Weight of a new round-trip sample (RFC 6298 uses the same).
const RTT_WEIGHT: u32 = 8;
/// Sound until it was measured: 32 kbit/s Opus in packets of 20 ms, with headers.
const FIRST_AUDIO_BPS: f64 = 58_000.0;
/// Bytes allocated at one time for transport-wide numbers: a thousand packets.
const NUMBER_BLOCK: usize = 2_048;

/// Header extensions of a kind of media, ready to be written.
#[derive(Clone, Debug, PartialEq)]
struct Extensions {
    transport_cc: Option<u8>,
    mid: Option<(u8, Bytes)>,
    orientation: Option<u8>,
}

impl From<&sdp::Extensions> for Extensions {
    fn from(agreed: &sdp::Extensions) -> Self {
        Extensions {
            transport_cc: agreed.transport_cc,
            mid: agreed.mid.as_ref().map(|(id, mid)| (*id, Bytes::copy_from_slice(mid.as_bytes()))),
            orientation: agreed.orientation,
        }
    }
}

/// A packet waiting in the pacer.
enum Queued {
    Media(Outgoing),
    Repeat(u16, Content),
}

/// What a packet carries; of video, kept for retransmission.
#[derive(Clone, Debug)]
struct Content {
    payload: Bytes,
    timestamp: u32,
    marker: bool,
    rotation: Option<Rotation>,
}

/// One stream we send.
#[derive(Debug)]
struct Stream {
    ssrc: u32,
    seq: u16,
    clock_rate: u32,
    packets: u32,
    octets: u32,
    /// RTP time and capture time of the latest packet.
    latest: Option<(u32, Time)>,
    reported_at: Option<Time>,
    /// The other side has reported on this stream, so it knows where it belongs.
    known: bool,
}

/// Sends what the outbox has.
pub(super) struct Sender {
    shared: Arc<Shared>,
    events: mpsc::Sender<PeerEvent>,
    audio: Stream,
    video: Stream,
    rtx: Stream,
    audio_format: Option<(u8, Extensions)>,
    video_format: Option<(VideoFormat, Extensions)>,
    taken: VecDeque<Outgoing>,
    pacer: Pacer<Queued>,
    estimator: BandwidthEstimator,
    cache: RetransmitCache<Content>,
    key_frames: KeyframeThrottle,
    key_frame_due: bool,
    transport_seq: u16,
    numbers: BytesMut,
    rtt: Option<Duration>,
    audio_bps: f64,
    audio_bytes: usize,
    payload_share: f64,
    metered_at: Time,
    told: (f64, Time),
    stats: (KindStats, KindStats),
    nacks: u64,
    plis: u64,
}

impl Sender {
    pub(super) fn new(
        config: &PeerConfig,
        streams: Streams,
        shared: Arc<Shared>,
        events: mpsc::Sender<PeerEvent>,
    ) -> Self {
        let estimator = BandwidthEstimator::new(EstimatorConfig {
            start_bps: config.start_bps,
            min_bps: config.min_bps,
            max_bps: config.max_bps,
        });
        Sender {
            shared,
            events,
            audio: Stream::new(streams.audio, 48_000),
            video: Stream::new(streams.video, 90_000),
            rtx: Stream::new(streams.rtx, 90_000),
            audio_format: None,
            video_format: None,
            taken: VecDeque::new(),
            pacer: Pacer::new(estimator.pacing_bps()),
            cache: RetransmitCache::new(estimator.target_bps()),
            estimator,
            key_frames: KeyframeThrottle::new(),
            key_frame_due: false,
            transport_seq: rand::random(),
            numbers: BytesMut::new(),
            rtt: None,
            audio_bps: FIRST_AUDIO_BPS,
            audio_bytes: 0,
            payload_share: 0.94,
            metered_at: Time::ZERO,
            told: (0.0, Time::ZERO),
            stats: Default::default(),
            nacks: 0,
            plis: 0,
        }
    }

    /// What may be sent from now on, and how.
    pub(super) fn set_terms(&mut self, terms: &Negotiated) {
        let audio = terms.audio.as_ref().filter(|audio| audio.send);
        self.audio_format = audio.map(|audio| (audio.payload_type, (&audio.extensions).into()));
        let video = terms.video.as_ref().filter(|video| video.send);
        let before = self.video_format.as_ref().map(|(format, _)| *format);
        self.video_format =
            video.and_then(|video| Some((*video.codecs.first()?, (&video.extensions).into())));
        if before.is_some_and(|before| self.video_format.as_ref().is_none_or(|(now, _)| *now != before)) {
            // Packets of another codec must not be sent under this one's number.
            self.pacer.clear_video();
        }
    }

    /// The network is another one: what was learned of the old one is worth nothing.
    pub(super) fn on_route_changed(&mut self) {
        self.estimator.reset();
        self.rtt = None;
    }

    /// The smoothed round trip.
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    pub(super) fn on_transport_feedback(&mut self, feedback: &TransportLayerCc, now: Time) {
        self.estimator.on_feedback(reports::arrivals(feedback), now);
        self.apply_rates(now);
    }

    pub(super) fn on_nack(&mut self, nack: &TransportLayerNack, now: Time) {
        if nack.media_ssrc != self.video.ssrc {
            return;
        }
        let rtt = self.estimator.rtt();
        for seq in nack.nacks.iter().flat_map(|pair| pair.into_iter()) {
            self.nacks += 1;
            if let Some(kept) = self.cache.take_for_nack(seq, now, rtt) {
                let size = kept.payload.len() + OVERHEAD;
                self.pacer.push(Queued::Repeat(seq, kept), PacketKind::Retransmission, size, now);
            }
        }
        if self.cache.take_starved() {
            self.key_frame_due |= self.key_frames.request(now);
        }
    }

    /// PLI or FIR for any of our streams.
    pub(super) fn on_key_frame_request(&mut self, streams: impl IntoIterator<Item = u32>, now: Time) {
        if streams.into_iter().any(|ssrc| ssrc == self.video.ssrc) {
            self.plis += 1;
            self.key_frame_due |= self.key_frames.request(now);
        }
    }

    pub(super) fn on_reports(&mut self, blocks: &[ReceptionReport], now: Time) {
        for block in blocks {
            let known =
                [&mut self.audio, &mut self.video].into_iter().find(|stream| stream.ssrc == block.ssrc);
            let Some(stream) = known else { continue };
            stream.known = true;
            let Some(sample) = reports::round_trip(block.last_sender_report, block.delay, now) else {
                continue;
            };
            let rtt = self.rtt.map_or(sample, |rtt| (rtt * (RTT_WEIGHT - 1) + sample) / RTT_WEIGHT);
            self.rtt = Some(rtt);
            self.estimator.on_rtt(rtt);
            self.key_frames.set_rtt(rtt);
        }
        self.rtx.known |= self.video.known;
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now: Time) {
        self.estimator.on_tick(now);
        self.measure_audio(now);
        self.apply_rates(now);
    }

    /// Everything that may leave now.
    pub(super) fn poll(&mut self, now: Time, out: &mut VecDeque<TaggedPacket>, rtcp: &mut Vec<Rtcp>) {
        self.take_outbox(now);
        while let Some((packet, kind)) = self.pacer.pop(now) {
            if let Some(packet) = self.build(packet, kind, now) {
                out.push_back(packet);
            }
        }
        if self.pacer.take_video_loss() {
            // The gap shows the other side that something is missing.
            self.video.seq = self.video.seq.wrapping_add(1);
            self.key_frame_due |= self.key_frames.request_local(now);
        }
        self.key_frame_due |= self.key_frames.poll(now);
        if self.key_frame_due && self.events.try_send(PeerEvent::KeyFrameRequested).is_ok() {
            self.key_frame_due = false;
        }
        for stream in [&mut self.audio, &mut self.video] {
            rtcp.extend(stream.report(now));
        }
        self.shared.set_congested(self.pacer.is_congested(now));
    }

    /// When [`poll`](Self::poll) next has something to do, reports apart.
    pub(super) fn next_timeout(&self, now: Time) -> Option<Time> {
        [self.pacer.next_send_time(now), self.key_frames.next_timeout()].into_iter().flatten().min()
    }

    pub(super) fn publish(&self, stats: &mut PeerStats) {
        copy_sent(&mut stats.audio, &self.stats.0);
        copy_sent(&mut stats.video, &self.stats.1);
        stats.rtt = self.rtt;
        stats.target_bps = self.estimator.target_bps();
        stats.retransmitted = u64::from(self.rtx.packets);
        stats.nacks_received = self.nacks;
        stats.plis_received = self.plis;
    }

    fn take_outbox(&mut self, now: Time) {
        self.shared.outbox.take(&mut self.taken);
        while let Some(packet) = self.taken.pop_front() {
            let size = packet.payload.len() + OVERHEAD;
            let kind = match (packet.video, &self.video_format, &self.audio_format) {
                (true, Some(_), _) => PacketKind::Video,
                (false, _, Some(_)) => PacketKind::Audio,
                _ => continue,
            };
            self.pacer.push(Queued::Media(packet), kind, size, now);
        }
    }

    /// Gives a packet its header and numbers, and tells everyone who counts.
    fn build(&mut self, packet: Queued, kind: PacketKind, now: Time) -> Option<TaggedPacket> {
        let (stream, payload_type, extensions, content) = match packet {
            Queued::Media(packet) if packet.video => {
                let (format, extensions) = self.video_format.as_ref()?;
                let size = packet.payload.len() + OVERHEAD;
                let seq = self.video.seq;
                if packet.key {
                    self.key_frames.on_keyframe(now);
                    self.cache.forget_before(seq);
                }
                let content = Content::of(&packet);
                if format.nack {
                    self.cache.insert(seq, content.clone(), size, now);
                }
                self.video.latest = Some((packet.timestamp, packet.captured));
                count_sent(&mut self.stats.1, packet.payload.len());
                let share = packet.payload.len() as f64 / size as f64;
                self.payload_share += (share - self.payload_share) / 128.0;
                (&mut self.video, format.payload_type, extensions, content)
            }
            Queued::Media(packet) => {
                let (payload_type, extensions) = self.audio_format.as_ref()?;
                self.audio.latest = Some((packet.timestamp, packet.captured));
                self.audio_bytes += packet.payload.len() + OVERHEAD;
                count_sent(&mut self.stats.0, packet.payload.len());
                (&mut self.audio, *payload_type, extensions, Content::of(&packet))
            }
            Queued::Repeat(seq, kept) => {
                let (format, extensions) = self.video_format.as_ref()?;
                // Without a retransmission format nothing is repeated: the original's number may not
                // be used again under the same key.
                let payload = wrap_rtx(seq, &kept.payload);
                (&mut self.rtx, format.rtx?, extensions, Content { payload, ..kept })
            }
        };
        let Content { payload, timestamp, marker, rotation } = content;
        let size = payload.len() + OVERHEAD;
        let mut header = rtp::Header {
            version: 2,
            marker,
            payload_type,
            sequence_number: stream.seq,
            timestamp,
            ssrc: stream.ssrc,
            ..Default::default()
        };
        stream.seq = stream.seq.wrapping_add(1);
        stream.packets = stream.packets.wrapping_add(1);
        stream.octets = stream.octets.wrapping_add(payload.len() as u32);
        if let Some((id, mid)) = extensions.mid.as_ref().filter(|_| !stream.known) {
            // RFC 8843 section 15: until the other side shows that it knows the stream.
            header.set_extension(*id, mid.clone()).ok()?;
        }
        if let Some((id, rotation)) = extensions.orientation.zip(rotation) {
            header.set_extension(id, Bytes::copy_from_slice(&[orientation_byte(rotation)])).ok()?;
        }
        if let Some(id) = extensions.transport_cc {
            if self.numbers.capacity() < 2 {
                self.numbers.reserve(NUMBER_BLOCK);
            }
            self.numbers.put_u16(self.transport_seq);
            header.set_extension(id, self.numbers.split().freeze()).ok()?;
            self.estimator.on_packet_sent(self.transport_seq, size, kind, now);
            self.transport_seq = self.transport_seq.wrapping_add(1);
        }
        Some(tagged(std::time::Instant::now(), Packet::Rtp(rtp::Packet { header, payload })))
    }

    fn apply_rates(&mut self, now: Time) {
        let target = self.estimator.target_bps();
        self.pacer.set_rate(self.estimator.pacing_bps(), now);
        self.cache.set_target(target, now);
        let audio = if self.audio_format.is_some() { self.audio_bps as u64 } else { 0 };
        let video = self.estimator.video_bps(audio, now) as f64 * self.payload_share;
        let (told, at) = self.told;
        let stepped = (video - told).abs() > told * RATE_STEP;
        if !stepped && now.since(at) < RATE_INTERVAL {
            return;
        }
        let loss = self.estimator.stats(now).loss as f32;
        self.shared.with_stats(|stats| stats.send_loss = loss);
        let rates = PeerEvent::Rates { target_bps: target, video_bps: video as u64, rtt: self.rtt, loss };
        // A receiver that lags gets the next one.
        if self.events.try_send(rates).is_ok() {
            self.told = (video, now);
        }
    }

    fn measure_audio(&mut self, now: Time) {
        const WINDOW: Duration = Duration::from_secs(1);
        let elapsed = now.since(self.metered_at);
        if elapsed >= WINDOW {
            if self.metered_at > Time::ZERO {
                self.audio_bps = self.audio_bytes as f64 * 8.0 / elapsed.as_secs_f64();
            }
            self.audio_bytes = 0;
            self.metered_at = now;
        }
    }
}

impl Content {
    fn of(packet: &Outgoing) -> Self {
        Content {
            payload: packet.payload.clone(),
            timestamp: packet.timestamp,
            marker: packet.marker,
            rotation: packet.rotation,
        }
    }
}

impl Stream {
    fn new(ssrc: u32, clock_rate: u32) -> Self {
        Stream {
            ssrc,
            // RFC 3550 section 5.1: random. In the lower half, so that a replay window is not confused
            // by an early wrap (libsrtp did so).
            seq: rand::random::<u16>() >> 1,
            clock_rate,
            packets: 0,
            octets: 0,
            latest: None,
            reported_at: None,
            known: false,
        }
    }

    /// A sender report, if one is due.
    fn report(&mut self, now: Time) -> Option<Rtcp> {
        let (rtp_time, captured) = self.latest?;
        if self.reported_at.is_some_and(|at| now.since(at) < REPORT_INTERVAL) {
            return None;
        }
        self.reported_at = Some(now);
        let since = now.since(captured).as_nanos() * u128::from(self.clock_rate) / 1_000_000_000;
        Some(Box::new(SenderReport {
            ssrc: self.ssrc,
            ntp_time: reports::ntp(now),
            rtp_time: rtp_time.wrapping_add(since as u32),
            packet_count: self.packets,
            octet_count: self.octets,
            ..Default::default()
        }))
    }
}

fn count_sent(stats: &mut KindStats, bytes: usize) {
    stats.packets_sent += 1;
    stats.bytes_sent += bytes as u64;
}

fn copy_sent(into: &mut KindStats, from: &KindStats) {
    into.packets_sent = from.packets_sent;
    into.bytes_sent = from.bytes_sent;
}
