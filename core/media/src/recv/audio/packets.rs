//! The packets that wait to be played, in the order of their timestamps.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::Time;
use crate::send::sequence::{ORIGIN, extend};

/// Packets held at most: over 400 ms of the shortest Opus packets (2.5 ms).
const MAX_PACKETS: usize = 256;

/// A packet that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Extended sequence number.
    pub seq: u64,
    /// Unwrapped timestamp, in samples at 48 kHz.
    pub ts: i64,
    pub payload: Bytes,
    pub arrival: Time,
}

#[derive(Debug)]
pub(super) struct Packets {
    waiting: VecDeque<Waiting>,
}

impl Packets {
    pub(super) fn new() -> Packets {
        Packets { waiting: VecDeque::with_capacity(MAX_PACKETS) }
    }

    /// The packet to play first.
    pub(super) fn first(&self) -> Option<&Waiting> {
        self.waiting.front()
    }

    /// Timestamp of the packet to play last.
    pub(super) fn last_ts(&self) -> Option<i64> {
        Some(self.waiting.back()?.ts)
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() == MAX_PACKETS
    }

    /// False when this packet is here already.
    pub(super) fn insert(&mut self, packet: Waiting) -> bool {
        let at = self.waiting.partition_point(|other| other.ts < packet.ts);
        if self.waiting.get(at).is_some_and(|other| other.ts == packet.ts) {
            return false;
        }
        self.waiting.insert(at, packet);
        true
    }

    pub(super) fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    pub(super) fn clear(&mut self) -> u64 {
        let count = self.waiting.len();
        self.waiting.clear();
        count as u64
    }
}

/// Makes endless lines of the two counters in an RTP header.
#[derive(Debug)]
pub(super) struct Unwrapper {
    /// 48 kHz samples per tick of the timestamp.
    scale: i64,
    /// Of the packet with the highest timestamp: extended sequence number, timestamp as it came,
    /// and in samples.
    newest: Option<(u64, u32, i64)>,
}

impl Unwrapper {
    pub(super) fn new(clock_rate: u32) -> Unwrapper {
        Unwrapper { scale: i64::from(48_000 / clock_rate.clamp(1, 48_000)), newest: None }
    }

    /// Where a packet lies on both lines: sequence number, samples.
    pub(super) fn unwrap(&self, seq: u16, timestamp: u32) -> (u64, i64) {
        let Some((newest_seq, newest_raw, newest_ts)) = self.newest else {
            return (ORIGIN + u64::from(seq), 0);
        };
        let ticks = i64::from(timestamp.wrapping_sub(newest_raw) as i32);
        (extend(seq, newest_seq), newest_ts + ticks * self.scale)
    }

    /// Whether nothing at or behind this place was seen.
    pub(super) fn is_newest(&self, ts: i64) -> bool {
        self.newest.is_none_or(|(_, _, newest)| ts > newest)
    }

    /// Makes this packet the newest: later ones are placed relative to it.
    pub(super) fn accept(&mut self, seq: u64, timestamp: u32, ts: i64) {
        self.newest = Some((seq, timestamp, ts));
    }
}
