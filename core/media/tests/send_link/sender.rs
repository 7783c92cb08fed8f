use duet_media::Time;
use duet_media::send::{
    BandwidthEstimator, EstimatorConfig, EstimatorStats, KeyframeThrottle, Pacer, PacketKind, RetransmitCache,
};

use super::{Body, Control, Packet, Rng, Scenario};

/// 100 bytes of Opus, headers of RTP, SRTP, UDP and IP included.
const AUDIO_BYTES: usize = 100;
const AUDIO_BPS: u64 = 50 * AUDIO_BYTES as u64 * 8;
const FPS: u64 = 30;
const KEY_FACTOR: f64 = 6.0;
const MAX_PACKET: usize = 1_200;
/// A few bytes of picture are always made.
const MIN_VIDEO_BPS: u64 = 30_000;

/// An encoder that follows its rate with jitter, and the parts under test.
pub struct Sender {
    estimator: BandwidthEstimator,
    pacer: Pacer<Packet>,
    cache: RetransmitCache<Packet>,
    throttle: KeyframeThrottle,
    video_max_bps: u64,
    key_wanted: bool,
    transport_seq: u16,
    seq: u16,
    frame: u64,
    skipped: u64,
    ticks: u64,
    next_video: u64,
}

impl Sender {
    pub fn new(scenario: &Scenario) -> Self {
        let config =
            EstimatorConfig { start_bps: scenario.start_bps, min_bps: 80_000, max_bps: scenario.max_bps };
        let estimator = BandwidthEstimator::new(config);
        Sender {
            pacer: Pacer::new(estimator.pacing_bps()),
            cache: RetransmitCache::new(estimator.target_bps()),
            estimator,
            throttle: KeyframeThrottle::new(),
            video_max_bps: scenario.video_max_bps,
            key_wanted: true,
            transport_seq: 0xff00,
            seq: 0xff80,
            frame: 0,
            skipped: 0,
            ticks: 0,
            next_video: 0,
        }
    }

    pub fn on_control(&mut self, message: Control, now: Time) {
        match message {
            Control::Feedback(reports) => self.estimator.on_feedback(reports, now),
            Control::Nack(seqs) => {
                let rtt = self.estimator.rtt();
                for seq in seqs {
                    if let Some(packet) = self.cache.take_for_nack(seq, now, rtt) {
                        let size = packet.size + 2;
                        let packet = Packet { size, repeated: true, ..packet };
                        self.pacer.push(packet, PacketKind::Retransmission, size, now);
                    }
                }
            }
            Control::KeyFrame => self.key_wanted |= self.throttle.request(now),
        }
    }

    /// One millisecond: makes what is due, and returns the packets that leave.
    pub fn step(&mut self, now: Time, rng: &mut Rng) -> Vec<Packet> {
        let millis = self.ticks;
        self.ticks += 1;
        if millis.is_multiple_of(50) {
            self.estimator.on_tick(now);
        }
        self.throttle.set_rtt(self.estimator.rtt());
        self.pacer.set_rate(self.estimator.pacing_bps(), now);
        self.cache.set_target(self.estimator.target_bps(), now);
        if self.pacer.take_video_loss() || self.cache.take_starved() {
            self.key_wanted |= self.throttle.request_local(now);
        }
        self.key_wanted |= self.throttle.poll(now);
        if millis.is_multiple_of(20) {
            let packet = self.packet(AUDIO_BYTES, now, Body::Audio);
            self.pacer.push(packet, PacketKind::Audio, AUDIO_BYTES, now);
        }
        if millis * FPS >= self.next_video * 1_000 {
            self.next_video += 1;
            self.make_frame(now, rng);
        }
        self.release(now)
    }

    pub fn stats(&mut self, now: Time) -> EstimatorStats {
        self.estimator.stats(now)
    }

    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn make_frame(&mut self, now: Time, rng: &mut Rng) {
        let key = self.key_wanted;
        if key && self.frame > 0 {
            self.pacer.clear_video();
        } else if self.pacer.is_congested(now) {
            self.skipped += 1;
            return;
        }
        let rate = self.estimator.video_bps(AUDIO_BPS, now).clamp(MIN_VIDEO_BPS, self.video_max_bps);
        let mut bytes = rate as f64 / 8.0 / FPS as f64 * (0.7 + 0.6 * rng.unit());
        if key {
            bytes *= KEY_FACTOR;
            self.key_wanted = false;
            self.throttle.on_keyframe(now);
            self.cache.forget_before(self.seq);
        }
        let count = (bytes as usize).div_ceil(MAX_PACKET).max(1);
        for index in 0..count {
            let body = Body::Video { seq: self.seq, frame: self.frame, index, count, key };
            let packet = self.packet((bytes as usize / count).max(60), now, body);
            let size = packet.size;
            self.seq = self.seq.wrapping_add(1);
            self.pacer.push(packet, PacketKind::Video, size, now);
        }
        self.frame += 1;
    }

    fn release(&mut self, now: Time) -> Vec<Packet> {
        let mut released = Vec::new();
        while let Some((mut packet, kind)) = self.pacer.pop(now) {
            packet.transport_seq = self.transport_seq;
            self.transport_seq = self.transport_seq.wrapping_add(1);
            self.estimator.on_packet_sent(packet.transport_seq, packet.size, kind, now);
            if let (Body::Video { seq, .. }, false) = (&packet.body, packet.repeated) {
                self.cache.insert(*seq, packet.clone(), packet.size, now);
            }
            released.push(packet);
        }
        released
    }

    fn packet(&self, size: usize, now: Time, body: Body) -> Packet {
        Packet { transport_seq: 0, size, created_us: now.as_micros(), body, repeated: false }
    }
}
