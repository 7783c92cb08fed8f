use std::time::Duration;

/// Waits between attempts to reach the signaling service: at once for a hiccup, then gently.
/// A little chance keeps a thousand clients of one restarted server from returning together.
#[derive(Debug)]
pub(super) struct Backoff {
    attempt: usize,
    schedule: &'static [u64],
}

/// Attempts before a first connection is given up: a person is waiting for the answer.
pub(super) const FIRST_CONNECT_MS: &[u64] = &[0, 250, 750];
/// Attempts after a connection was lost, some 60 s in all, the service's resume window and more.
pub(super) const RECONNECT_MS: &[u64] =
    &[0, 100, 300, 1000, 2000, 3000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000];

impl Backoff {
    pub(super) fn new(schedule: &'static [u64]) -> Self {
        Backoff { attempt: 0, schedule }
    }

    /// The next wait, or `None` when all attempts are used up. `chance` is 0.0 to 1.0.
    pub(super) fn next(&mut self, chance: f64) -> Option<Duration> {
        let base = *self.schedule.get(self.attempt)?;
        self.attempt += 1;
        Some(Duration::from_millis((base as f64 * (0.8 + 0.4 * chance)) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_is_at_once_and_the_last_is_the_end() {
        let mut backoff = Backoff::new(FIRST_CONNECT_MS);
        assert_eq!(backoff.next(0.5), Some(Duration::ZERO));
        assert_eq!(backoff.next(0.5), Some(Duration::from_millis(250)));
        assert_eq!(backoff.next(1.0), Some(Duration::from_millis(900)));
        assert_eq!(backoff.next(0.5), None);
    }

    #[test]
    fn a_lost_connection_is_sought_for_about_a_minute() {
        let total: u64 = RECONNECT_MS.iter().sum();
        assert!((50_000..=70_000).contains(&total));
    }
}
