//! Which frame is next, how long a hole is waited for, and when only a key frame helps.

use std::time::Duration;

use super::window::{Arrived, Content, MAX_PACKETS, Media, Window};
use super::{DEFAULT_MAX_WAIT, Frame, Inserted, RtpPacket, VideoRecvCounters};
use crate::Time;
use crate::rtp::{FrameStart, PayloadError, PayloadFormat, assemble, inspect};
use crate::send::sequence::{ORIGIN, extend};

/// Payload bytes held at most: four seconds of 16 Mbps. Guards against jumbo packets, which the
/// limit on their number lets through.
const MAX_BYTES: usize = 8 << 20;
/// Numbers before the first packet that are still taken, should the first have overtaken them.
const START_REORDER: u64 = 32;
/// How long a new stream has to bring the rest of its first key frame before one is asked for:
/// its first packets may overtake each other and are paced over this time.
const START_GRACE: Duration = Duration::from_millis(50);
/// Buffers kept for reuse: one being filled, one decoded, one on the way back, one spare.
const MAX_SPARE: usize = 4;

/// Assembles frames and puts them in decoding order.
///
/// After every [`insert`](Self::insert) and at every [`next_timeout`](Self::next_timeout), call
/// [`poll`](Self::poll) until it gives `None`, then ask [`needs_key_frame`](Self::needs_key_frame).
/// A frame is delivered as soon as it is whole and continues the one before, or is a key frame;
/// while nothing is missing nothing is delayed. A missing packet is waited for at most
/// `max_wait`; then, or after [`on_decode_error`](Self::on_decode_error), everything up to the
/// next key frame is dropped. A key frame that is whole ahead of a hole is delivered at once.
///
/// Continuity is by sequence number alone, so a jump of the timestamps has no effect.
/// Memory is bounded: 2048 packets, 8 MiB.
#[derive(Debug)]
pub struct VideoReceiver {
    format: PayloadFormat,
    max_wait: Duration,
    /// Whether the window's start means anything: false until the first packet.
    started: bool,
    window: Window,
    /// A place where a frame is known to begin, if it is still the window's start.
    boundary: Option<u64>,
    /// The hole that delays the next frame: where, and since when it is known.
    gap: Option<(u64, Time)>,
    /// Set while only a key frame can be decoded: the time from which on to ask for one.
    key_due: Option<Time>,
    /// When the latest packet of a key frame came.
    key_seen: Option<Time>,
    /// A packet far from all others, and so perhaps the first of a new numbering.
    probation: Option<RtpPacket>,
    spare: Vec<Vec<u8>>,
    counters: VideoRecvCounters,
}

/// What is at the start of the window.
enum Head {
    /// A whole frame, up to and without `end`.
    Whole { end: u64, key: bool },
    /// Nothing is missing so far.
    Growing,
    /// The packet at this position is missing.
    Missing(u64),
    /// The packet at this position cannot be part of a frame that is whole.
    Broken(u64),
}

impl VideoReceiver {
    /// A receiver of a stream in `format` that has seen nothing yet.
    pub fn new(format: PayloadFormat) -> VideoReceiver {
        VideoReceiver {
            format,
            max_wait: DEFAULT_MAX_WAIT,
            started: false,
            window: Window::default(),
            boundary: None,
            gap: None,
            key_due: Some(Time::ZERO),
            key_seen: None,
            probation: None,
            spare: Vec::new(),
            counters: VideoRecvCounters::default(),
        }
    }

    /// Sets how long a missing packet is waited for, from the first packet behind it on.
    pub fn set_max_wait(&mut self, max_wait: Duration) {
        self.max_wait = max_wait;
    }

    /// Takes a packet, in any order; `now` is when it arrived. An empty payload is padding.
    ///
    /// # Errors
    /// [`PayloadError`] when the payload is not valid. The frame it belongs to cannot be decoded,
    /// so that a key frame will be needed.
    pub fn insert(&mut self, packet: RtpPacket, now: Time) -> Result<Inserted, PayloadError> {
        self.counters.packets += 1;
        let Some(position) = self.locate(packet.seq, now) else {
            return self.probe(packet, now);
        };
        self.probation = None;
        self.store(position, packet, now)
    }

    /// Notes that `seq` carried no media (a probe of padding, for example), so that it is not
    /// taken for a missing part of a frame.
    pub fn insert_padding(&mut self, seq: u16, now: Time) {
        if let Some(position) = self.locate(seq, now) {
            self.put(position, Arrived { at: now, content: Content::Padding });
        }
    }

    /// The next frame in decoding order, if it is whole.
    pub fn poll(&mut self, now: Time) -> Option<Frame> {
        loop {
            if self.key_due.is_some() {
                let start = self.find_key_frame(self.window.start())?;
                self.drop_before(start);
                self.key_due = None;
                self.key_seen = None;
            }
            let head = self.head(self.window.start());
            if !matches!(head, Head::Missing(_)) {
                self.gap = None;
            }
            match head {
                Head::Whole { end, key } => match self.take(end, key) {
                    Ok(frame) => return Some(frame),
                    Err(_) => {
                        self.counters.malformed += 1;
                        self.give_up(end, now);
                    }
                },
                Head::Growing => return None,
                Head::Broken(at) => self.give_up(at + 1, now),
                Head::Missing(at) => {
                    if let Some(start) = self.find_key_frame(at + 1) {
                        self.drop_before(start);
                        continue;
                    }
                    if now < self.gap_since(at, now) + self.max_wait {
                        return None;
                    }
                    self.counters.gaps += 1;
                    self.give_up(at + 1, now);
                }
            }
        }
    }

    /// Stops waiting for the packet that delays the next frame: it will not be sent again.
    pub fn stop_waiting(&mut self, now: Time) {
        if let (None, Head::Missing(at)) = (self.key_due, self.head(self.window.start())) {
            self.counters.gaps += 1;
            self.give_up(at + 1, now);
        }
    }

    /// Says that the last frame could not be decoded: only a key frame will be delivered next.
    pub fn on_decode_error(&mut self, now: Time) {
        if self.key_due.is_none() {
            self.key_due = Some(now);
        }
    }

    /// Whether the sender should be asked for a key frame. True until one arrives: the caller
    /// limits how often it asks.
    pub fn needs_key_frame(&self, now: Time) -> bool {
        self.key_request_due().is_some_and(|due| due <= now)
    }

    /// When to call [`poll`](Self::poll) again though nothing arrived; later than `now`.
    pub fn next_timeout(&self, now: Time) -> Option<Time> {
        let gap = self.gap.map(|(_, since)| since + self.max_wait);
        [gap, self.key_request_due()].into_iter().flatten().filter(|&due| due > now).min()
    }

    /// Takes back the buffer of a frame, to be filled again.
    pub fn recycle(&mut self, mut data: Vec<u8>) {
        if self.spare.len() < MAX_SPARE {
            data.clear();
            self.spare.push(data);
        }
    }

    /// What was counted so far.
    pub fn counters(&self) -> VideoRecvCounters {
        self.counters
    }

    /// Packets and bytes that are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> (u64, usize) {
        (self.window.end() - self.window.start(), self.window.bytes())
    }

    /// Where `seq` belongs, or `None` when it is too far from all others.
    fn locate(&mut self, seq: u16, now: Time) -> Option<u64> {
        if !self.started {
            self.start(seq, now);
        }
        let position = extend(seq, self.window.end());
        let near = self.window.start().saturating_sub(MAX_PACKETS)..self.window.end() + MAX_PACKETS;
        near.contains(&position).then_some(position)
    }

    fn start(&mut self, seq: u16, now: Time) {
        let first = ORIGIN + u64::from(seq);
        self.counters.dropped += self.window.restart(first - START_REORDER);
        self.started = true;
        self.boundary = None;
        self.gap = None;
        self.key_seen = None;
        self.key_due = Some(now + START_GRACE);
    }

    /// Two packets in a row at a new place are a new numbering; one is a stray.
    fn probe(&mut self, packet: RtpPacket, now: Time) -> Result<Inserted, PayloadError> {
        let first = match self.probation.take() {
            Some(first) if first.seq.wrapping_add(1) == packet.seq => first,
            _ => {
                self.probation = Some(packet);
                return Ok(Inserted::OnProbation);
            }
        };
        self.counters.restarts += 1;
        self.start(first.seq, now);
        let position = ORIGIN + u64::from(first.seq);
        // What is wrong with the first was not said when it came, and need not be now.
        let _ = self.store(position, first, now);
        self.store(position + 1, packet, now)
    }

    fn store(&mut self, position: u64, packet: RtpPacket, now: Time) -> Result<Inserted, PayloadError> {
        let RtpPacket { timestamp, marker, rotation, payload, .. } = packet;
        if payload.is_empty() {
            return Ok(self.put(position, Arrived { at: now, content: Content::Padding }));
        }
        match inspect(self.format, &payload) {
            Ok(info) => {
                let media = Media { timestamp, marker, rotation, info, payload };
                let inserted = self.put(position, Arrived { at: now, content: Content::Media(media) });
                if inserted == Inserted::Stored && info.key {
                    self.key_seen = Some(now);
                }
                Ok(inserted)
            }
            Err(error) => {
                self.counters.malformed += 1;
                self.put(position, Arrived { at: now, content: Content::Malformed });
                Err(error)
            }
        }
    }

    fn put(&mut self, position: u64, arrived: Arrived) -> Inserted {
        if position < self.window.start() {
            self.counters.late += 1;
            return Inserted::Late;
        }
        let now = arrived.at;
        if position >= self.window.start() + MAX_PACKETS {
            self.give_up(position + 1 - MAX_PACKETS, now);
        }
        if !self.window.insert(position, arrived) {
            self.counters.duplicates += 1;
            return Inserted::Duplicate;
        }
        if self.window.bytes() > MAX_BYTES {
            self.give_up(self.window.end(), now);
        }
        Inserted::Stored
    }

    /// What is at `start`, which is where a frame should begin.
    fn head(&self, start: u64) -> Head {
        let mut frame: Option<(u32, bool)> = None;
        for position in start..self.window.end() {
            let media = match self.window.get(position).map(|arrived| &arrived.content) {
                Some(Content::Media(media)) => media,
                Some(Content::Padding) => continue,
                Some(Content::Malformed) => return Head::Broken(position),
                None => return Head::Missing(position),
            };
            let key = match frame {
                None if media.info.start == FrameStart::No => return Head::Broken(position),
                None => media.info.key,
                // A sender that sets no marker ends a frame by beginning the next.
                Some((timestamp, key)) if timestamp != media.timestamp => {
                    return Head::Whole { end: position, key };
                }
                Some((_, key)) => key | media.info.key,
            };
            if media.marker {
                return Head::Whole { end: position + 1, key };
            }
            frame = Some((media.timestamp, key));
        }
        Head::Growing
    }

    /// Where the first whole key frame at or behind `from` begins.
    fn find_key_frame(&self, from: u64) -> Option<u64> {
        if !self.window.has_key() {
            return None;
        }
        (from..self.window.end()).find(|&start| {
            self.begins_frame(start) && matches!(self.head(start), Head::Whole { key: true, .. })
        })
    }

    fn begins_frame(&self, position: u64) -> bool {
        let Some(media) = self.window.media(position) else {
            return false;
        };
        match media.info.start {
            FrameStart::Yes => true,
            FrameStart::No => false,
            FrameStart::Unknown => self.ends_before(position),
        }
    }

    /// Whether a frame is known to end right before `position`, padding aside.
    fn ends_before(&self, position: u64) -> bool {
        let Some(media) = self.window.media(position) else {
            return false;
        };
        let mut at = position;
        while self.boundary != Some(at) {
            at -= 1;
            match self.window.get(at).map(|arrived| &arrived.content) {
                Some(Content::Padding) => {}
                Some(Content::Media(before)) => {
                    return before.marker || before.timestamp != media.timestamp;
                }
                Some(Content::Malformed) | None => return false,
            }
        }
        true
    }

    fn take(&mut self, end: u64, key: bool) -> Result<Frame, PayloadError> {
        let start = self.window.start();
        let mut data = self.spare.pop().unwrap_or_default();
        let window = &self.window;
        let media = || (start..end).filter_map(|position| window.media(position));
        assemble(self.format, media().map(|media| &media.payload[..]), &mut data)?;
        let arrivals = || (start..end).filter_map(|position| Some(window.get(position)?.at));
        let frame = Frame {
            key,
            timestamp: media().next().map_or(0, |media| media.timestamp),
            rotation: media().rev().find_map(|media| media.rotation),
            first_arrival: arrivals().min().unwrap_or_default(),
            arrival: arrivals().max().unwrap_or_default(),
            packets: media().count() as u32,
            last_seq: (end - 1) as u16,
            data,
        };
        self.window.advance(end);
        self.boundary = Some(end);
        self.counters.frames += 1;
        self.counters.key_frames += u64::from(key);
        Ok(frame)
    }

    fn gap_since(&mut self, at: u64, now: Time) -> Time {
        match self.gap {
            Some((known, since)) if known == at => since,
            _ => {
                let since = self.window.first_arrival_after(at).unwrap_or(now);
                self.gap = Some((at, since));
                since
            }
        }
    }

    /// Nothing before `position` will be delivered, and nothing behind it but from a key frame on.
    fn give_up(&mut self, position: u64, now: Time) {
        self.drop_before(position);
        self.on_decode_error(now);
    }

    fn drop_before(&mut self, position: u64) {
        self.gap = None;
        self.counters.dropped += self.window.advance(position);
    }

    fn key_request_due(&self) -> Option<Time> {
        let due = self.key_due.filter(|_| self.started)?;
        // Parts of a key frame are here: the rest may be on its way.
        match self.key_seen.filter(|_| self.window.has_key()) {
            Some(seen) => Some(due.max(seen + self.max_wait)),
            None => Some(due),
        }
    }
}
