//! Turns any number of key-frame requests into few key frames.

use std::time::Duration;

use crate::Time;

/// The least time between two key frames. A key frame is about six ordinary frames, so one every
/// 300 ms already fills half the stream; a lost key frame is repaired by retransmission sooner.
const MIN_INTERVAL: Duration = Duration::from_millis(300);
/// The longest wait a huge or wrong round trip may cause: a frozen picture must not stay for longer.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// Throttles incoming PLI and FIR (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1) and local wishes
/// for a key frame: at most one key frame per 300 ms or round trip, whichever is longer.
///
/// Requests within one round trip after a key frame left cannot know of it and are answered by
/// it. Later ones are kept and answered by one key frame when the interval ends.
#[derive(Clone, Debug, Default)]
pub struct KeyframeThrottle {
    last: Option<Time>,
    pending: bool,
    rtt: Duration,
}

impl KeyframeThrottle {
    /// A throttle that lets the first request pass at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the round-trip time.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// The other side, or this one, asks for a key frame. True: make one with the next frame.
    /// False: it is answered by one on its way, or [`poll`](Self::poll) will ask for it later.
    #[must_use]
    pub fn request(&mut self, now: Time) -> bool {
        let known = self.last.is_some_and(|last| now.since(last) < self.rtt.min(MAX_INTERVAL));
        if !known {
            self.pending = true;
        }
        self.poll(now)
    }

    /// Like [`request`](Self::request), for a loss that this side saw itself after the last key
    /// frame, which that key frame therefore cannot mend.
    #[must_use]
    pub fn request_local(&mut self, now: Time) -> bool {
        self.pending = true;
        self.poll(now)
    }

    /// True once when a kept request is due.
    #[must_use]
    pub fn poll(&mut self, now: Time) -> bool {
        let due = self.pending && self.next_timeout().is_none_or(|at| at <= now);
        if due {
            self.pending = false;
            self.last = Some(now);
        }
        due
    }

    /// When [`poll`](Self::poll) may return true; `None` when nothing is kept.
    pub fn next_timeout(&self) -> Option<Time> {
        if !self.pending {
            return None;
        }
        Some(self.last.map_or(Time::ZERO, |last| last + self.rtt.clamp(MIN_INTERVAL, MAX_INTERVAL)))
    }

    /// The encoder made a key frame, asked for or not.
    pub fn on_keyframe(&mut self, now: Time) {
        self.last = Some(now);
        self.pending = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn with_rtt(millis: u64) -> KeyframeThrottle {
        let mut throttle = KeyframeThrottle::new();
        throttle.set_rtt(Duration::from_millis(millis));
        throttle
    }

    #[test]
    fn the_first_request_passes_at_once() {
        assert!(with_rtt(50).request(ms(1000)));
    }

    #[test]
    fn a_storm_of_requests_makes_one_key_frame_per_interval() {
        let mut throttle = with_rtt(50);
        let made = (1000..2000).filter(|&t| throttle.request(ms(t))).count();
        assert_eq!(made, 4);
    }

    #[test]
    fn a_request_that_cannot_know_of_the_last_key_frame_is_answered_by_it() {
        let mut throttle = with_rtt(100);
        assert!(throttle.request(ms(1000)));
        assert!(!throttle.request(ms(1090)));
        assert_eq!(throttle.next_timeout(), None);
    }

    #[test]
    fn a_later_request_is_kept_until_the_interval_ends() {
        let mut throttle = with_rtt(100);
        assert!(throttle.request(ms(1000)));
        assert!(!throttle.request(ms(1150)));
        assert_eq!(throttle.next_timeout(), Some(ms(1300)));
        assert!(!throttle.poll(ms(1299)));
        assert!(throttle.poll(ms(1300)));
        assert!(!throttle.poll(ms(1900)));
    }

    #[test]
    fn a_long_round_trip_stretches_the_interval_but_not_for_ever() {
        let mut throttle = with_rtt(60_000);
        assert!(throttle.request(ms(1000)));
        assert!(!throttle.request(ms(1999)));
        assert!(throttle.request(ms(2000)));
    }

    #[test]
    fn a_key_frame_made_for_another_reason_answers_what_was_kept() {
        let mut throttle = with_rtt(50);
        assert!(throttle.request(ms(1000)));
        assert!(!throttle.request(ms(1100)));
        throttle.on_keyframe(ms(1200));
        assert!(!throttle.poll(ms(1300)));
    }

    #[test]
    fn a_loss_seen_here_is_not_answered_by_the_frame_before_it() {
        let mut throttle = with_rtt(100);
        assert!(throttle.request_local(ms(1000)));
        assert!(!throttle.request_local(ms(1050)));
        assert!(throttle.poll(ms(1300)));
    }
}
