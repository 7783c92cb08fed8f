//! What comes from a client of a foreign dialect: how fast, how faulty, and when last.

use std::time::Duration;

use duet_signal::MAX_MESSAGE_BYTES;
use duet_signal::message::ErrorCode;
use tokio::time::Instant;

use crate::config::Limits;
use crate::hub::Refusal;
use crate::limits::TokenBucket;

/// Counts what one client sends.
#[derive(Debug)]
pub(crate) struct Intake {
    bucket: TokenBucket,
    per_second: u32,
    faults_left: u32,
    told_to_slow_down: bool,
    pub(crate) pulse: Pulse,
}

impl Intake {
    pub(crate) fn new(limits: &Limits, pulse: Pulse, now: Instant) -> Self {
        Intake {
            bucket: TokenBucket::new(limits, now),
            per_second: limits.messages_per_second,
            faults_left: limits.faults,
            told_to_slow_down: false,
            pulse,
        }
    }

    /// Counts a message. Returns from when on to read further if the client sends too fast, and once
    /// in a while the refusal that tells it so.
    pub(crate) fn count(&mut self, now: Instant) -> (Option<Instant>, Option<Refusal>) {
        self.pulse.heard(now);
        let wait = self.bucket.take(now);
        let tell = wait.is_some() && !self.told_to_slow_down;
        self.told_to_slow_down = wait.is_some();
        let text = || format!("too many messages; at most {} a second are read", self.per_second);
        (wait, tell.then(|| Refusal::new(ErrorCode::RateLimited, text())))
    }

    /// Whether a refusal was one fault too many. What only comes too early or too late is no fault.
    pub(crate) fn is_last_straw(&mut self, refusal: &Refusal) -> bool {
        if matches!(refusal.code, ErrorCode::Malformed | ErrorCode::TooLarge) {
            self.faults_left = self.faults_left.saturating_sub(1);
        }
        self.faults_left == 0
    }
}

/// Refuses a text that is larger than any dialect needs.
pub(crate) fn check_size(bytes: usize) -> Result<(), Refusal> {
    if bytes <= MAX_MESSAGE_BYTES {
        return Ok(());
    }
    let text = format!("{bytes} bytes are too many; at most {MAX_MESSAGE_BYTES} are allowed");
    Err(Refusal::new(ErrorCode::TooLarge, text))
}

/// Signs of life.
#[derive(Debug)]
pub(crate) struct Pulse {
    every: Option<Duration>,
    patience: Duration,
    ping_at: Option<Instant>,
    heard: Instant,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Nothing,
    /// Ask for a sign of life.
    Ping,
    /// The client is gone.
    Silent,
}

impl Pulse {
    /// Asks for a sign of life every so often, and gives a client up after so much silence.
    pub(crate) fn asking(every: Duration, patience: Duration, now: Instant) -> Self {
        Pulse { every: Some(every), patience, ping_at: Some(now + every), heard: now }
    }

    /// Only listens, and gives a client up after so much silence.
    pub(crate) fn listening(patience: Duration, now: Instant) -> Self {
        Pulse { every: None, patience, ping_at: None, heard: now }
    }

    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = self.heard.max(now);
    }

    /// When to ask [`Pulse::beat`] next.
    pub(crate) fn due(&self) -> Instant {
        let silent = self.heard + self.patience;
        self.ping_at.map_or(silent, |ping| ping.min(silent))
    }

    pub(crate) fn beat(&mut self, now: Instant) -> Beat {
        if now >= self.heard + self.patience {
            return Beat::Silent;
        }
        match self.ping_at {
            Some(at) if at <= now => {
                self.ping_at = self.every.map(|every| now + every);
                Beat::Ping
            }
            _ => Beat::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_client_is_asked_and_then_given_up() {
        let start = Instant::now();
        let mut pulse = Pulse::asking(25 * SECOND, 45 * SECOND, start);
        assert_eq!(pulse.due(), start + 25 * SECOND);
        assert_eq!(pulse.beat(start + 25 * SECOND), Beat::Ping);
        assert_eq!(pulse.due(), start + 45 * SECOND);
        assert_eq!(pulse.beat(start + 45 * SECOND), Beat::Silent);
        pulse.heard(start + 45 * SECOND);
        assert_eq!(pulse.beat(start + 45 * SECOND), Beat::Nothing);
    }

    #[test]
    fn only_malformed_and_oversized_messages_count_towards_the_end() {
        let now = Instant::now();
        let limits = Limits { faults: 2, ..Limits::default() };
        let mut intake = Intake::new(&limits, Pulse::listening(SECOND, now), now);
        let refusal = |code| Refusal::new(code, "");
        assert!(!intake.is_last_straw(&refusal(ErrorCode::NotInRoom)));
        assert!(!intake.is_last_straw(&refusal(ErrorCode::Malformed)));
        assert!(intake.is_last_straw(&refusal(ErrorCode::TooLarge)));
    }
}
