//! Throughput over a sliding window, on whichever clock the caller uses.

use std::collections::VecDeque;
use std::time::Duration;

/// Packets kept. Half a second of 20 Mbit/s in 1200-byte packets is about 1000.
const MAX_ENTRIES: usize = 2048;

/// Bytes by time, and the rate over the last part of them.
#[derive(Debug)]
pub(crate) struct RateWindow {
    entries: VecDeque<(i64, usize)>,
    bytes: usize,
    length: i64,
}

impl RateWindow {
    /// A window of the last `length` of the clock.
    pub fn new(length: Duration) -> Self {
        RateWindow { entries: VecDeque::new(), bytes: 0, length: length.as_micros() as i64 }
    }

    /// Adds `size` bytes at `at` microseconds. An earlier time than the newest counts as the newest;
    /// a much earlier one is another clock, or a wrapped one, and starts the window again.
    pub fn push(&mut self, at: i64, size: usize) {
        if self.entries.back().is_some_and(|&(newest, _)| at < newest - 2 * self.length) {
            self.clear();
        }
        let at = self.entries.back().map_or(at, |&(newest, _)| at.max(newest));
        self.entries.push_back((at, size));
        self.bytes += size;
        while let Some(&(oldest, size)) = self.entries.front() {
            if at - oldest <= self.length && self.entries.len() <= MAX_ENTRIES {
                break;
            }
            self.entries.pop_front();
            self.bytes -= size;
        }
    }

    /// Bits per second over the whole window; `None` until half of it is covered.
    pub fn rate(&self) -> Option<f64> {
        let span = self.span();
        (span >= self.length / 2).then(|| {
            let first = self.entries.front().map_or(0, |&(_, size)| size);
            bps(self.bytes - first, span)
        })
    }

    /// Bits per second over the last `length`; `None` with fewer than five packets, or when they
    /// cover less than a third of it.
    pub fn recent_rate(&self, length: Duration) -> Option<f64> {
        let length = length.as_micros() as i64;
        let newest = self.entries.back()?.0;
        let mut bytes = 0;
        let mut count = 0;
        let mut oldest = (newest, 0);
        for &(at, size) in self.entries.iter().rev() {
            if newest - at > length {
                break;
            }
            bytes += size;
            count += 1;
            oldest = (at, size);
        }
        let span = newest - oldest.0;
        (count >= 5 && span >= length / 3).then(|| bps(bytes - oldest.1, span))
    }

    /// Bits per second up to the time `now` microseconds, counting the silence since the last packet.
    pub fn rate_until(&mut self, now: i64) -> f64 {
        self.push(now, 0);
        bps(self.bytes, self.length)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    fn span(&self) -> i64 {
        match (self.entries.front(), self.entries.back()) {
            (Some(&(oldest, _)), Some(&(newest, _))) => newest - oldest,
            _ => 0,
        }
    }
}

fn bps(bytes: usize, micros: i64) -> f64 {
    bytes as f64 * 8e6 / micros.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(packets: i64, gap: i64, size: usize) -> RateWindow {
        let mut window = RateWindow::new(Duration::from_millis(500));
        for n in 0..packets {
            window.push(n * gap, size);
        }
        window
    }

    #[test]
    fn a_steady_stream_has_its_rate() {
        // 1250 bytes every 10 ms are 1 Mbit/s.
        let window = filled(200, 10_000, 1250);
        assert!((window.rate().unwrap_or_default() - 1e6).abs() < 1.0);
    }

    #[test]
    fn no_rate_is_claimed_from_a_short_look() {
        assert_eq!(filled(20, 10_000, 1250).rate(), None);
    }

    #[test]
    fn the_recent_rate_sees_a_drop_before_the_whole_window_does() {
        let mut window = filled(100, 10_000, 1250);
        for n in 1..=4 {
            window.push(990_000 + n * 50_000, 1250);
        }
        let recent = window.recent_rate(Duration::from_millis(200)).unwrap_or_default();
        assert!((recent - 200_000.0).abs() < 1.0, "{recent}");
        assert!(window.rate().unwrap_or_default() > 600_000.0);
    }

    #[test]
    fn arrivals_out_of_order_do_not_shorten_the_window() {
        let mut window = filled(100, 10_000, 1250);
        let before = window.rate();
        window.push(900_000, 0);
        assert_eq!(window.rate(), before);
    }

    #[test]
    fn a_clock_that_starts_again_is_followed() {
        let mut window = RateWindow::new(Duration::from_millis(500));
        for start in [1_000_000_000_000, 0] {
            for n in 0..100 {
                window.push(start + n * 10_000, 1250);
            }
            assert!((window.rate().unwrap_or_default() - 1e6).abs() < 1.0);
        }
    }

    #[test]
    fn silence_counts_when_asked_for() {
        let mut window = filled(100, 10_000, 1250);
        assert_eq!(window.rate_until(2_000_000), 0.0);
    }
}
