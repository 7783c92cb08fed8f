//! The delay through the network: its trend, and how much of it is queue.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::send::trendline::{Trendline, Usage};

/// Packets of this much sending time make one point: the least delay among them. Audio alone gives
/// at least one packet to each.
const SLICE: Duration = Duration::from_millis(25);
/// The empty-queue delay is the least of the last 20 s: longer than any queue of our own making
/// lasts, short enough to forgive a route that became longer, and clocks drift by 2 ms at most.
const BASE_BUCKET_MS: f64 = 1_000.0;
const BASE_BUCKETS: usize = 20;
/// A queue shorter than this is the link's own granularity, whatever its slope.
const MIN_QUEUE_MS: f64 = 10.0;
/// And a queue shorter than this many mean steps between points is jitter. A queue that grows by 10 %
/// of the time steps by 2.5 ms.
const JITTER_STEPS: f64 = 4.0;
/// Points over which the mean step is taken: a second, so that a sudden queue is not taken for jitter.
const JITTER_POINTS: f64 = 40.0;
/// Three rising points that end this far above the empty queue, by this much in all, are congestion
/// without waiting for the line: the link fell to a fraction and its queue fills within 100 ms.
const STEEP_QUEUE_MS: f64 = 45.0;
const STEEP_RISE_MS: f64 = 25.0;
/// A delay that jumps by more is a new clock on the other side.
const CLOCK_JUMP_MS: f64 = 10_000.0;

/// Watches one-way delays. The clocks of both ends need not agree.
///
/// Deliberate differences from GoogCC's inter-arrival filter: points are the least delay of 25 ms
/// of packets rather than deltas of bursts, which keeps a frame's own serialisation and most
/// Wi-Fi jitter out; and the queue is known in absolute terms, so that it can be drained on
/// purpose.
#[derive(Debug)]
pub(crate) struct DelayMonitor {
    slice: Option<Slice>,
    trendline: Trendline,
    base: VecDeque<(f64, f64)>,
    recent: [f64; 3],
    points: usize,
    usage: Usage,
    step: f64,
}

#[derive(Clone, Copy, Debug)]
struct Slice {
    start: Time,
    least: f64,
}

impl DelayMonitor {
    pub fn new() -> Self {
        DelayMonitor {
            slice: None,
            trendline: Trendline::new(),
            base: VecDeque::new(),
            recent: [0.0; 3],
            points: 0,
            usage: Usage::Normal,
            step: 0.0,
        }
    }

    /// A packet that arrived, in sending order; `arrival` in microseconds of the receiver's clock.
    pub fn on_packet(&mut self, sent_at: Time, arrival: i64) {
        let delay = (arrival - sent_at.as_micros() as i64) as f64 / 1_000.0;
        if self.points > 0 && (delay - self.recent[2]).abs() > CLOCK_JUMP_MS {
            *self = DelayMonitor::new();
        }
        match &mut self.slice {
            Some(slice) if sent_at < slice.start + SLICE => slice.least = slice.least.min(delay),
            slice => {
                let done = slice.replace(Slice { start: sent_at, least: delay });
                if let Some(done) = done {
                    self.close(done);
                }
            }
        }
    }

    /// What the delay does.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The standing queue: the lesser of the last two points above the empty queue.
    pub fn queue(&self) -> Duration {
        let last = self.recent[1].min(self.recent[2]);
        match self.base() {
            Some(base) if self.points >= 2 => Duration::from_secs_f64((last - base).max(0.0) / 1_000.0),
            _ => Duration::ZERO,
        }
    }

    /// Forgets the trend, whose cause has been dealt with.
    pub fn restart_trend(&mut self) {
        self.trendline.restart();
        self.usage = Usage::Normal;
    }

    fn close(&mut self, slice: Slice) {
        let at = slice.start.as_micros() as f64 / 1_000.0;
        self.recent = [self.recent[1], self.recent[2], slice.least];
        self.points += 1;
        if self.points > 1 {
            self.step += ((self.recent[2] - self.recent[1]).abs() - self.step) / JITTER_POINTS;
        }
        self.update_base(at, slice.least);
        let trend = self.trendline.push(at, slice.least);
        let queue = slice.least - self.base().unwrap_or(slice.least);
        let jitter = self.step * JITTER_STEPS;
        let [first, second, third] = self.recent;
        let steep = self.points >= 3
            && first < second
            && second < third
            && third - first > STEEP_RISE_MS
            && queue > STEEP_QUEUE_MS.max(jitter);
        self.usage = match trend {
            _ if steep => Usage::Overuse,
            Usage::Overuse if queue < MIN_QUEUE_MS.max(jitter) => Usage::Normal,
            other => other,
        };
    }

    fn update_base(&mut self, at: f64, delay: f64) {
        match self.base.back_mut() {
            Some((start, least)) if at - *start < BASE_BUCKET_MS => *least = least.min(delay),
            _ => {
                if self.base.len() == BASE_BUCKETS {
                    self.base.pop_front();
                }
                self.base.push_back((at, delay));
            }
        }
    }

    fn base(&self) -> Option<f64> {
        self.base.iter().map(|&(_, least)| least).reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets every 5 ms, each with the delay that `delay_ms` gives for its number.
    fn run(monitor: &mut DelayMonitor, packets: std::ops::Range<u64>, delay_ms: impl Fn(u64) -> f64) -> bool {
        let mut overused = false;
        for n in packets {
            let sent = Time::from_millis(n * 5);
            monitor.on_packet(sent, sent.as_micros() as i64 + (delay_ms(n) * 1_000.0) as i64 - 777_000_000);
            overused |= monitor.usage() == Usage::Overuse;
        }
        overused
    }

    #[test]
    fn the_queue_is_what_exceeds_the_least_delay() {
        let mut monitor = DelayMonitor::new();
        run(&mut monitor, 0..200, |_| 20.0);
        run(&mut monitor, 200..300, |_| 90.0);
        assert_eq!(monitor.queue(), Duration::from_millis(70));
    }

    #[test]
    fn a_link_that_falls_to_a_third_is_noticed_within_a_tenth_of_a_second() {
        let mut monitor = DelayMonitor::new();
        run(&mut monitor, 0..200, |_| 20.0);
        // Each 5 ms of packets now take 15 ms.
        assert!(run(&mut monitor, 200..221, |n| 20.0 + (n - 200) as f64 * 10.0));
    }

    #[test]
    fn late_packets_among_punctual_ones_are_no_congestion() {
        let mut monitor = DelayMonitor::new();
        assert!(!run(&mut monitor, 0..4000, |n| if n % 3 == 0 { 20.0 } else { 20.0 + (n * 7 % 60) as f64 }));
    }

    #[test]
    fn a_longer_route_becomes_the_new_base() {
        let mut monitor = DelayMonitor::new();
        run(&mut monitor, 0..200, |_| 20.0);
        run(&mut monitor, 200..5000, |_| 120.0);
        assert_eq!(monitor.queue(), Duration::ZERO);
    }

    #[test]
    fn a_new_clock_on_the_other_side_starts_afresh() {
        let mut monitor = DelayMonitor::new();
        run(&mut monitor, 0..200, |_| 20.0);
        assert!(!run(&mut monitor, 200..400, |_| 3_600_000.0));
        assert_eq!(monitor.queue(), Duration::ZERO);
    }
}
