//! Decides when each packet leaves: audio at once, the rest in order of urgency at a steady pace.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;

/// What a packet carries, which decides how urgent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PacketKind {
    /// Audio: never held.
    Audio,
    /// A repeated video packet: someone waits for it, so it goes before new video.
    Retransmission,
    /// A video packet sent for the first time.
    Video,
    /// Filling without content: only when the link would otherwise idle.
    Padding,
}

/// How far ahead of the pacing rate a burst may run. 40 ms lets an ordinary frame (33 ms of the
/// target, 13 ms of the pacing rate) leave at once, and spreads only key frames.
const BURST: Duration = Duration::from_millis(40);
/// Above this much waiting video the encoder should skip frames: 120 ms is where added delay
/// becomes annoying in a conversation, and is several ordinary frames.
const CONGESTED: Duration = Duration::from_millis(120);
/// Video older than this is dropped as a last resort. Nobody wants half-second-old frames, and
/// skipping at the encoder keeps the queue far below it.
const MAX_VIDEO_AGE: Duration = Duration::from_millis(500);
/// Bytes of waiting video. A key frame at 20 Mbit/s and six times the ordinary size is 500 kB.
const MAX_VIDEO_BYTES: usize = 1 << 20;
/// Retransmissions that wait longer are useless: the other side asked again or gave up.
const MAX_RETRANSMISSION_AGE: Duration = Duration::from_millis(250);
/// Packets waiting in the audio, retransmission and padding queues each. Two seconds of audio; the
/// queues only fill if nobody pops.
const MAX_SMALL_QUEUE: usize = 128;
/// A rate of zero would stop time; one packet a second is as good as stopped.
const MIN_RATE_BPS: u64 = 10_000;

/// A bounded priority queue that releases packets at a pacing rate.
///
/// Audio passes at once but is charged to the budget, so that video yields to it. The budget is a
/// debt: each packet moves the time at which the line is free by its length at the pacing rate,
/// and packets pass while that time is less than a burst ahead.
///
/// Deliberate differences from libwebrtc: audio is charged; the key is a time, not a byte budget;
/// stale video is dropped rather than sent ever faster, and reported so that a key frame follows.
#[derive(Debug)]
pub struct Pacer<P> {
    audio: Queue<P>,
    retransmissions: Queue<P>,
    video: Queue<P>,
    padding: Queue<P>,
    rate_bps: u64,
    free_at: Time,
    video_lost: bool,
}

#[derive(Debug)]
struct Queue<P> {
    entries: VecDeque<Entry<P>>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<P> {
    packet: P,
    size: usize,
    pushed_at: Time,
}

impl<P> Pacer<P> {
    /// An empty pacer that releases `rate_bps` bits per second
    /// ([`BandwidthEstimator::pacing_bps`](super::BandwidthEstimator::pacing_bps)).
    pub fn new(rate_bps: u64) -> Self {
        Pacer {
            audio: Queue::new(),
            retransmissions: Queue::new(),
            video: Queue::new(),
            padding: Queue::new(),
            rate_bps: rate_bps.max(MIN_RATE_BPS),
            free_at: Time::ZERO,
            video_lost: false,
        }
    }

    /// Sets the pacing rate in bits per second. A debt made at the old rate is kept in bytes.
    pub fn set_rate(&mut self, rate_bps: u64, now: Time) {
        let rate_bps = rate_bps.max(MIN_RATE_BPS);
        if rate_bps == self.rate_bps {
            return;
        }
        let debt = self.free_at.since(now).as_nanos();
        let debt = debt * u128::from(self.rate_bps) / u128::from(rate_bps);
        self.free_at = now + Duration::from_nanos(u64::try_from(debt).unwrap_or(u64::MAX));
        self.rate_bps = rate_bps;
    }

    /// Queues a packet of `size` bytes on the wire.
    ///
    /// A full queue drops: the oldest audio, retransmission or padding packet, or all waiting
    /// video (see [`take_video_loss`](Self::take_video_loss)).
    pub fn push(&mut self, packet: P, kind: PacketKind, size: usize, now: Time) {
        let entry = Entry { packet, size, pushed_at: now };
        if kind == PacketKind::Video {
            if self.video.bytes + size > MAX_VIDEO_BYTES {
                self.drop_video();
            }
            self.video.push(entry);
            return;
        }
        let queue = self.queue(kind);
        if queue.entries.len() >= MAX_SMALL_QUEUE {
            queue.pop();
        }
        queue.push(entry);
    }

    /// The next packet that may leave at `now`, most urgent first. Call until `None`.
    pub fn pop(&mut self, now: Time) -> Option<(P, PacketKind)> {
        self.drop_stale(now);
        let kind = self.next_kind(now)?;
        let entry = self.queue(kind).pop()?;
        let airtime = entry.size as u128 * 8 * 1_000_000_000 / u128::from(self.rate_bps);
        self.free_at = self.free_at.max(now) + Duration::from_nanos(airtime as u64);
        Some((entry.packet, kind))
    }

    /// When [`pop`](Self::pop) will next return a packet; `None` while nothing waits.
    /// Never earlier than `now`.
    pub fn next_send_time(&self, now: Time) -> Option<Time> {
        if !self.audio.entries.is_empty() {
            Some(now)
        } else if !self.retransmissions.entries.is_empty() || !self.video.entries.is_empty() {
            Some(now.max(self.free_at - BURST))
        } else if !self.padding.entries.is_empty() {
            Some(now.max(self.free_at))
        } else {
            None
        }
    }

    /// How long the waiting video and retransmissions take to leave at the present rate.
    pub fn queue_delay(&self) -> Duration {
        let bytes = (self.video.bytes + self.retransmissions.bytes) as u64;
        Duration::from_nanos(bytes.saturating_mul(8_000_000_000) / self.rate_bps)
    }

    /// Whether the frame source should skip encoding: more than about 120 ms waits, or the oldest
    /// waiting packet is that old.
    pub fn is_congested(&self, now: Time) -> bool {
        let age = self.video.entries.front().map_or(Duration::ZERO, |entry| now.since(entry.pushed_at));
        self.queue_delay().max(age) > CONGESTED
    }

    /// Drops all waiting video and retransmissions, as after a switch of the encoder or when a key
    /// frame replaces them. Not reported by [`take_video_loss`](Self::take_video_loss).
    pub fn clear_video(&mut self) {
        self.video.clear();
        self.retransmissions.clear();
    }

    /// True once after waiting video was dropped: the receiver cannot decode what follows, so a key
    /// frame must be made.
    #[must_use]
    pub fn take_video_loss(&mut self) -> bool {
        std::mem::take(&mut self.video_lost)
    }

    fn next_kind(&self, now: Time) -> Option<PacketKind> {
        if !self.audio.entries.is_empty() {
            return Some(PacketKind::Audio);
        }
        if self.free_at > now + BURST {
            return None;
        }
        if !self.retransmissions.entries.is_empty() {
            Some(PacketKind::Retransmission)
        } else if !self.video.entries.is_empty() {
            Some(PacketKind::Video)
        } else if !self.padding.entries.is_empty() && self.free_at <= now {
            Some(PacketKind::Padding)
        } else {
            None
        }
    }

    fn drop_stale(&mut self, now: Time) {
        while self.retransmissions.is_older_than(MAX_RETRANSMISSION_AGE, now) {
            self.retransmissions.pop();
        }
        if self.video.is_older_than(MAX_VIDEO_AGE, now) {
            self.drop_video();
        }
    }

    fn drop_video(&mut self) {
        self.video.clear();
        self.video_lost = true;
    }

    fn queue(&mut self, kind: PacketKind) -> &mut Queue<P> {
        match kind {
            PacketKind::Audio => &mut self.audio,
            PacketKind::Retransmission => &mut self.retransmissions,
            PacketKind::Video => &mut self.video,
            PacketKind::Padding => &mut self.padding,
        }
    }
}

impl<P> Queue<P> {
    fn new() -> Self {
        Queue { entries: VecDeque::new(), bytes: 0 }
    }

    fn push(&mut self, entry: Entry<P>) {
        self.bytes += entry.size;
        self.entries.push_back(entry);
    }

    fn pop(&mut self) -> Option<Entry<P>> {
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.size;
        Some(entry)
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    fn is_older_than(&self, age: Duration, now: Time) -> bool {
        self.entries.front().is_some_and(|entry| now.since(entry.pushed_at) > age)
    }
}

#[cfg(test)]
mod tests {
    use super::PacketKind::{Audio, Padding, Retransmission, Video};
    use super::*;

    const RATE: u64 = 1_000_000;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn drain(pacer: &mut Pacer<u32>, now: Time) -> Vec<u32> {
        std::iter::from_fn(|| pacer.pop(now)).map(|(packet, _)| packet).collect()
    }

    #[test]
    fn packets_leave_by_urgency() {
        let mut pacer = Pacer::new(RATE);
        pacer.push(4, Padding, 0, ms(1));
        pacer.push(3, Video, 100, ms(1));
        pacer.push(2, Retransmission, 100, ms(1));
        pacer.push(1, Audio, 100, ms(1));
        assert_eq!(drain(&mut pacer, ms(1)), [1, 2, 3]);
        assert_eq!(drain(&mut pacer, ms(10)), [4]);
    }

    #[test]
    fn audio_leaves_at_once_behind_any_amount_of_video() {
        let mut pacer = Pacer::new(RATE);
        for _ in 0..100 {
            pacer.push(0, Video, 1200, ms(0));
        }
        drain(&mut pacer, ms(0));
        pacer.push(1, Audio, 100, ms(1));
        assert_eq!(pacer.next_send_time(ms(1)), Some(ms(1)));
        assert_eq!(pacer.pop(ms(1)), Some((1, Audio)));
    }

    #[test]
    fn an_ordinary_frame_leaves_at_once() {
        // 1.5 Mbit/s at 30 fps is 6250 bytes a frame.
        let mut pacer = Pacer::new(1_500_000 * 5 / 2);
        for n in 0..6 {
            pacer.push(n, Video, 1042, ms(100));
        }
        assert_eq!(drain(&mut pacer, ms(100)).len(), 6);
    }

    #[test]
    fn a_key_frame_is_spread_at_the_pacing_rate() {
        let mut pacer = Pacer::new(RATE);
        for n in 0..30 {
            pacer.push(n, Video, 1250, ms(0));
        }
        // 40 ms of 1 Mbit/s are 5000 bytes; one more packet overdraws.
        assert_eq!(drain(&mut pacer, ms(0)).len(), 5);
        assert_eq!(pacer.next_send_time(ms(0)), Some(ms(10)));
        assert_eq!(drain(&mut pacer, ms(9)).len(), 0);
        let sent: usize = (10..=100).map(|t| drain(&mut pacer, ms(t)).len()).sum();
        assert_eq!(sent, 10);
    }

    #[test]
    fn queue_delay_tells_the_frame_source_to_skip() {
        let mut pacer = Pacer::new(RATE);
        for n in 0..10 {
            pacer.push(n, Video, 1250, ms(0));
        }
        assert_eq!(pacer.queue_delay(), Duration::from_millis(100));
        assert!(!pacer.is_congested(ms(0)));
        pacer.set_rate(RATE / 2, ms(0));
        assert!(pacer.is_congested(ms(0)));
    }

    #[test]
    fn stale_video_is_dropped_and_reported_once() {
        let mut pacer = Pacer::new(MIN_RATE_BPS);
        for n in 0..10 {
            pacer.push(n, Video, 1250, ms(0));
        }
        drain(&mut pacer, ms(0));
        assert!(!pacer.take_video_loss());
        assert_eq!(pacer.pop(ms(501)), None);
        assert!(pacer.take_video_loss());
        assert!(!pacer.take_video_loss());
        assert_eq!(pacer.queue_delay(), Duration::ZERO);
    }

    #[test]
    fn a_flood_of_video_stays_bounded() {
        let mut pacer = Pacer::new(RATE);
        for n in 0..5000 {
            pacer.push(n, Video, 1250, ms(0));
            assert!(pacer.video.bytes <= MAX_VIDEO_BYTES);
        }
        assert!(pacer.take_video_loss());
    }

    #[test]
    fn a_full_retransmission_queue_drops_its_oldest() {
        let mut pacer = Pacer::new(RATE);
        for n in 0..=MAX_SMALL_QUEUE as u32 {
            pacer.push(n, Retransmission, 10, ms(0));
        }
        assert_eq!(pacer.pop(ms(0)), Some((1, Retransmission)));
    }

    #[test]
    fn a_slower_rate_stretches_the_debt() {
        let mut pacer = Pacer::new(RATE);
        pacer.push(0, Video, 12_500, ms(0));
        pacer.push(1, Video, 1250, ms(0));
        assert_eq!(drain(&mut pacer, ms(0)), [0]);
        assert_eq!(pacer.next_send_time(ms(0)), Some(ms(60)));
        pacer.set_rate(RATE / 2, ms(0));
        assert_eq!(pacer.next_send_time(ms(0)), Some(ms(160)));
    }

    #[test]
    fn an_empty_pacer_has_no_next_time() {
        assert_eq!(Pacer::<u32>::new(RATE).next_send_time(ms(3)), None);
    }
}
