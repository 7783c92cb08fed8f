//! Which pictures are inside a codec that answers later: each goes in with a time in microseconds, by which
//! it is known again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Pictures inside at once; more than a codec for calls may hold back.
pub(crate) const MAX_PENDING: usize = 4;
/// A codec that gives nothing for so long is stuck: somebody else has to take over.
const STUCK: Duration = Duration::from_secs(1);
const TICKS_PER_SECOND: u64 = 90_000;

/// The pictures inside a codec, oldest first.
#[derive(Debug)]
pub(crate) struct Pending {
    pictures: VecDeque<Picture>,
    last_us: u64,
}

#[derive(Debug)]
struct Picture {
    us: u64,
    timestamp: u64,
    since: Instant,
}

impl Pending {
    pub(crate) fn new() -> Self {
        Pending { pictures: VecDeque::with_capacity(MAX_PENDING), last_us: 0 }
    }

    /// Whether another picture may go in.
    pub(crate) fn has_room(&self) -> bool {
        self.pictures.len() < MAX_PENDING
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// The time that the next picture, of `timestamp` (90 kHz), goes in with: strictly increasing.
    pub(crate) fn push(&mut self, timestamp: u64, now: Instant) -> u64 {
        let us = (timestamp as u128 * 1_000_000 / u128::from(TICKS_PER_SECOND)) as u64;
        self.last_us = us.max(self.last_us + 1);
        self.pictures.push_back(Picture { us: self.last_us, timestamp, since: now });
        self.last_us
    }

    /// The picture that came out with `us` is no longer inside, nor are those before it, which the codec
    /// left out. Gives its timestamp; `None` for a time that was never given.
    pub(crate) fn take(&mut self, us: u64) -> Option<u64> {
        let at = self.pictures.iter().position(|picture| picture.us == us)?;
        self.pictures.drain(..=at).next_back().map(|picture| picture.timestamp)
    }

    /// The picture pushed last did not go in.
    #[cfg(any(test, target_os = "android"))]
    pub(crate) fn drop_newest(&mut self) {
        self.pictures.pop_back();
    }

    /// Nothing of what went in will come out.
    #[cfg(any(test, target_vendor = "apple"))]
    pub(crate) fn clear(&mut self) {
        self.pictures.clear();
    }

    /// Whether nothing will come any more: it is full, and has been for long. (One that left a picture out and
    /// then got nothing to do is not stuck.)
    pub(crate) fn is_stuck(&self, now: Instant) -> bool {
        !self.has_room()
            && self.pictures.front().is_some_and(|picture| now.duration_since(picture.since) >= STUCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_again_by_its_time() {
        let (mut pending, now) = (Pending::new(), Instant::now());
        let first = pending.push(90_000, now);
        let second = pending.push(93_000, now);
        assert_eq!((first, second), (1_000_000, 1_033_333));
        assert_eq!(pending.take(first), Some(90_000));
        assert_eq!(pending.take(second), Some(93_000));
        assert!(pending.is_empty());
    }

    #[test]
    fn what_the_codec_left_out_is_forgotten_with_the_next_that_comes() {
        let (mut pending, now) = (Pending::new(), Instant::now());
        pending.push(3_000, now);
        let second = pending.push(6_000, now);
        assert_eq!(pending.take(second), Some(6_000));
        assert!(pending.is_empty());
        assert_eq!(pending.take(second), None, "a time twice, or of nobody");
    }

    #[test]
    fn times_increase_even_where_timestamps_hardly_do() {
        let (mut pending, now) = (Pending::new(), Instant::now());
        assert_eq!(pending.push(u64::MAX / 1_000, now), pending.last_us);
        let last = pending.last_us;
        assert_eq!(pending.push(0, now), last + 1);
    }

    #[test]
    fn there_is_room_for_a_few_and_a_full_second_without_an_answer_is_stuck() {
        let (mut pending, now) = (Pending::new(), Instant::now());
        assert!(!pending.is_stuck(now + STUCK));
        for n in 0..MAX_PENDING {
            assert!(pending.has_room());
            assert!(!pending.is_stuck(now + STUCK), "it may have left the others out");
            pending.push(n as u64 * 3_000, now);
        }
        assert!(!pending.has_room());
        assert!(!pending.is_stuck(now + STUCK / 2));
        assert!(pending.is_stuck(now + STUCK));
        pending.drop_newest();
        assert!(pending.has_room());
        pending.clear();
        assert!(!pending.is_stuck(now + STUCK));
    }
}
