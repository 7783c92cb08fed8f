//! Ticks at a fixed rate, reckoned from one start time so that they never drift.

use std::time::{Duration, Instant};

/// Ticks a second, as a fraction: 30/1, 30000/1001, 100/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Ticks.
    pub ticks: u32,
    /// Seconds.
    pub seconds: u32,
}

impl Rate {
    /// `ticks` each second.
    pub const fn hz(ticks: u32) -> Self {
        Rate { ticks, seconds: 1 }
    }

    /// The time of tick `index` after tick 0.
    pub fn offset(self, index: u64) -> Duration {
        let nanos =
            u128::from(index) * u128::from(self.seconds) * 1_000_000_000 / u128::from(self.ticks.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many ticks begin within `elapsed`, without the one at its very end.
    fn index_at(self, elapsed: Duration) -> u64 {
        let nanos = elapsed.as_nanos() * u128::from(self.ticks.max(1));
        u64::try_from(nanos / (u128::from(self.seconds.max(1)) * 1_000_000_000)).unwrap_or(u64::MAX)
    }

    /// Ticks a second.
    pub fn as_f64(self) -> f64 {
        f64::from(self.ticks) / f64::from(self.seconds.max(1))
    }
}

/// What a ticker does about ticks whose time has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late {
    /// Leaves them out, as a camera does.
    Skip,
    /// Makes up for them at once, as a sound card's buffer does; but not for more than [`MAX_BURST`].
    CatchUp,
}

/// A machine that slept for longer than this has lost the time; sound does not come out all at once.
pub const MAX_BURST: Duration = Duration::from_millis(500);

/// Gives one tick after the other; the caller waits in between.
#[derive(Debug)]
pub struct Ticker {
    start: Instant,
    rate: Rate,
    late: Late,
    next: u64,
}

impl Ticker {
    /// Ticks from now on; the first one is due at once.
    pub fn new(rate: Rate, late: Late) -> Self {
        Self::starting(Instant::now(), rate, late)
    }

    /// Ticks from `start` on.
    pub fn starting(start: Instant, rate: Rate, late: Late) -> Self {
        Ticker { start, rate, late, next: 0 }
    }

    /// The next tick, 0, 1, 2 ... with gaps only for [`Late::Skip`], and how long it is until then, as
    /// seen at `now`.
    pub fn advance(&mut self, now: Instant) -> (u64, Duration) {
        let (number, due) = self.due(now);
        (number, due.saturating_duration_since(now))
    }

    /// The next tick and its time, which may be over at `now`.
    pub fn due(&mut self, now: Instant) -> (u64, Instant) {
        let elapsed = now.saturating_duration_since(self.start);
        match self.late {
            Late::Skip => self.next = self.next.max(self.rate.index_at(elapsed)),
            Late::CatchUp => {
                let behind = elapsed.saturating_sub(self.rate.offset(self.next));
                if behind > MAX_BURST {
                    self.start += behind;
                }
            }
        }
        let due = self.start + self.rate.offset(self.next);
        self.next += 1;
        (self.next - 1, due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn ticks_do_not_drift_whatever_the_reader_does_between_them() {
        let start = Instant::now();
        let mut ticker = Ticker::starting(start, Rate::hz(30), Late::Skip);
        let mut now = start;
        for expected in 0..300 {
            let (number, wait) = ticker.advance(now);
            assert_eq!(number, expected);
            now += wait + 7 * MS;
        }
        assert_eq!((now - start - 7 * MS).as_millis(), 9966);
    }

    #[test]
    fn a_late_camera_skips_to_the_newest_picture() {
        let start = Instant::now();
        let mut ticker = Ticker::starting(start, Rate::hz(30), Late::Skip);
        assert_eq!(ticker.advance(start).0, 0);
        assert_eq!(ticker.advance(start + 120 * MS).0, 3);
        assert_eq!(ticker.advance(start + 121 * MS).0, 4);
    }

    #[test]
    fn late_sound_is_made_up_for_at_once() {
        let start = Instant::now();
        let mut ticker = Ticker::starting(start, Rate::hz(100), Late::CatchUp);
        for expected in 0..6 {
            assert_eq!(ticker.advance(start + 50 * MS), (expected, Duration::ZERO));
        }
        assert_eq!(ticker.advance(start + 50 * MS), (6, 10 * MS));
    }

    #[test]
    fn sound_does_not_make_up_for_a_suspended_machine() {
        let start = Instant::now();
        let mut ticker = Ticker::starting(start, Rate::hz(100), Late::CatchUp);
        ticker.advance(start);
        let later = start + Duration::from_secs(3600);
        assert_eq!(ticker.advance(later), (1, Duration::ZERO));
        assert_eq!(ticker.advance(later), (2, 10 * MS));
    }

    #[test]
    fn broadcast_rates_are_exact() {
        let rate = Rate { ticks: 30_000, seconds: 1_001 };
        assert_eq!(rate.offset(30_000), Duration::from_secs(1_001));
        assert!((rate.as_f64() - 29.97).abs() < 0.001);
    }
}
