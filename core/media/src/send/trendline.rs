//! Whether the delay through the network grows: a line through the last delays, and a threshold
//! that adapts to how much the delay jitters anyway.

use std::collections::VecDeque;

/// Points of the line. At 25 ms each, 300 ms: long enough to see through jitter, short enough to
/// act before a usual 200 ms queue is full at a modest overload.
const POINTS: usize = 12;
/// Points needed before a slope is believed.
const MIN_POINTS: usize = 5;
/// Turns the slope (ms of delay per ms of time) into the unit of the thresholds: 60 deltas times a
/// gain of 4, as GoogCC does once it is warm. A 5 % overload is a slope of 0.05, or 12 here.
const GAIN: f64 = 240.0;
/// First threshold, its range, and how fast it follows the slope up and down per ms (GoogCC's
/// values; the upper end is lower, because a threshold of 600 was never seen to come down again
/// within a call).
const THRESHOLD: f64 = 12.5;
const MIN_THRESHOLD: f64 = 6.0;
const MAX_THRESHOLD: f64 = 120.0;
const FOLLOW_UP: f64 = 0.0087;
const FOLLOW_DOWN: f64 = 0.039;
/// A slope this far above the threshold is a change of the route or real congestion, not the usual
/// jitter that the threshold should learn.
const OUTLIER: f64 = 15.0;
/// The longest step the threshold adapts over, so that a pause does not swing it.
const MAX_STEP_MS: f64 = 100.0;

/// What the delay does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Usage {
    /// The delay is stable.
    #[default]
    Normal,
    /// The delay grows: more is sent than the link carries.
    Overuse,
    /// The delay falls: a queue empties.
    Underuse,
}

/// The estimator of the slope.
#[derive(Debug)]
pub(crate) struct Trendline {
    points: VecDeque<(f64, f64)>,
    threshold: f64,
    above: u32,
}

impl Trendline {
    pub fn new() -> Self {
        Trendline { points: VecDeque::with_capacity(POINTS), threshold: THRESHOLD, above: 0 }
    }

    /// Adds the least delay seen around `at`, both in milliseconds; says what the delay does.
    pub fn push(&mut self, at: f64, delay: f64) -> Usage {
        let step = self.points.back().map_or(0.0, |&(last, _)| (at - last).clamp(0.0, MAX_STEP_MS));
        if self.points.len() == POINTS {
            self.points.pop_front();
        }
        self.points.push_back((at, delay));
        if self.points.len() < MIN_POINTS {
            return Usage::Normal;
        }
        let trend = slope(&self.points) * GAIN;
        let usage = if trend > self.threshold {
            self.above += 1;
            // One point may be a late packet; two are a trend.
            if self.above >= 2 { Usage::Overuse } else { Usage::Normal }
        } else {
            self.above = 0;
            if trend < -self.threshold { Usage::Underuse } else { Usage::Normal }
        };
        self.adapt(trend.abs(), step);
        usage
    }

    /// Forgets the line but keeps the threshold, as after a cut whose effect is not yet visible.
    pub fn restart(&mut self) {
        self.points.clear();
        self.above = 0;
    }

    fn adapt(&mut self, trend: f64, step: f64) {
        if trend > self.threshold + OUTLIER {
            return;
        }
        let follow = if trend > self.threshold { FOLLOW_UP } else { FOLLOW_DOWN };
        let next = self.threshold + follow * (trend - self.threshold) * step;
        self.threshold = next.clamp(MIN_THRESHOLD, MAX_THRESHOLD);
    }
}

/// Least-squares slope.
fn slope(points: &VecDeque<(f64, f64)>) -> f64 {
    let n = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (over, under) = points.iter().fold((0.0, 0.0), |(over, under), &(x, y)| {
        (over + (x - mean_x) * (y - mean_y), under + (x - mean_x).powi(2))
    });
    if under > 0.0 { over / under } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(delays: impl IntoIterator<Item = f64>) -> Vec<Usage> {
        let mut line = Trendline::new();
        delays.into_iter().enumerate().map(|(n, delay)| line.push(n as f64 * 25.0, delay)).collect()
    }

    #[test]
    fn a_stable_delay_is_normal() {
        assert!(run([30.0; 100]).iter().all(|&usage| usage == Usage::Normal));
    }

    #[test]
    fn a_ten_percent_overload_is_seen_within_the_window() {
        let seen = run((0..POINTS).map(|n| n as f64 * 2.5));
        assert_eq!(seen.last(), Some(&Usage::Overuse));
    }

    #[test]
    fn a_draining_queue_is_underuse() {
        let seen = run((0..POINTS).map(|n| 200.0 - n as f64 * 10.0));
        assert_eq!(seen.last(), Some(&Usage::Underuse));
    }

    #[test]
    fn clock_drift_is_not_a_trend() {
        // 100 ppm.
        assert!(run((0..400).map(|n| n as f64 * 0.0025)).iter().all(|&usage| usage == Usage::Normal));
    }

    #[test]
    fn the_threshold_learns_jitter() {
        let jitter = (0..2000).map(|n| f64::from((n * 7919) % 13) * 0.6);
        let seen = run(jitter);
        assert!(seen[1000..].iter().all(|&usage| usage != Usage::Overuse));
    }
}
