//! Two ways to wait without polling: for a ring, and for the end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Rung by one thread, heard by another. Rings while nobody waits are kept as one.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    /// Wakes the waiting thread, or the next one that waits. Never blocks.
    pub fn ring(&self) {
        *lock(&self.rung) = true;
        self.changed.notify_one();
    }

    /// Waits for a ring, at most for `timeout`; gives whether it rang.
    pub fn wait(&self, timeout: Duration) -> bool {
        let waiting = self.changed.wait_timeout_while(lock(&self.rung), timeout, |rung| !*rung);
        let (mut rung, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rung)
    }
}

/// Tells threads to end, also those that sleep.
#[derive(Debug, Default)]
pub struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Ends every sleep, now and later.
    pub fn stop(&self) {
        *lock(&self.stopped) = true;
        self.changed.notify_all();
    }

    /// Whether it is time to end.
    pub fn stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Sleeps for `time`, or until stopped; gives whether it was stopped.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut stopped = lock(&self.stopped);
        while !*stopped {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            stopped = self.changed.wait_timeout(stopped, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *stopped
    }
}

fn lock(mutex: &Mutex<bool>) -> MutexGuard<'_, bool> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_ring_before_the_wait_is_not_lost() {
        let bell = Bell::default();
        bell.ring();
        bell.ring();
        assert!(bell.wait(LONG));
        assert!(!bell.wait(Duration::ZERO));
    }

    #[test]
    fn a_sleeper_wakes_when_stopped() {
        let stop = Arc::new(Stop::default());
        let sleeper = thread::spawn({
            let stop = stop.clone();
            move || stop.sleep(LONG)
        });
        stop.stop();
        assert!(sleeper.join().expect("sleeper"));
        assert!(stop.sleep(LONG) && stop.stopped());
    }
}
