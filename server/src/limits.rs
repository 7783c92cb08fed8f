//! Counting: messages in time, connections by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;

/// A bucket of tokens that fills at a steady rate; each message takes one. It may go into debt by
/// what was already read, and says how long to wait before reading on.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    /// Time in which one token comes.
    period: Duration,
    burst: u32,
    /// When the bucket was, or will be, empty at the current level: the level is
    /// `(now - empty_at) / period`, negative while in debt.
    empty_at: Instant,
}

impl TokenBucket {
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        let period = Duration::from_secs(1) / limits.messages_per_second.max(1);
        let burst = limits.message_burst.max(1);
        TokenBucket { period, burst, empty_at: now.checked_sub(period * burst).unwrap_or(now) }
    }

    /// Takes a token. Returns the time from which the next may be taken when there is none left.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Instant> {
        let full_since = now.checked_sub(self.period * self.burst).unwrap_or(self.empty_at);
        self.empty_at = self.empty_at.max(full_since) + self.period;
        (self.empty_at > now).then_some(self.empty_at)
    }
}

/// Counts connections, in all and by address.
#[derive(Debug)]
pub(crate) struct Gate {
    most: usize,
    most_per_address: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// The server has as many as it takes.
    ServerFull,
    /// This address has as many as it may.
    AddressFull,
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Gate {
            most: limits.connections,
            most_per_address: limits.connections_per_address,
            counts: Mutex::default(),
        })
    }

    /// Lets a connection in for as long as the pass lives.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Pass, Turned> {
        let address = address.to_canonical();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= self.most {
            return Err(Turned::ServerFull);
        }
        if !address.is_loopback() {
            let here = counts.by_address.entry(address).or_default();
            if *here >= self.most_per_address {
                return Err(Turned::AddressFull);
            }
            *here += 1;
        }
        counts.all += 1;
        Ok(Pass { gate: Arc::clone(self), address })
    }
}

/// A connection's place among the counted; given back when dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    gate: Arc<Gate>,
    address: IpAddr,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.gate.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let limits = Limits { messages_per_second: 10, message_burst: 3, ..Limits::default() };
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&limits, start);
        assert_eq!([(); 3].map(|()| bucket.take(start)), [None; 3]);
        let wait = bucket.take(start).expect("the burst is used up");
        assert_eq!(wait - start, Duration::from_millis(100));
        assert_eq!(bucket.take(start + Duration::from_millis(200)), None);
    }

    #[test]
    fn a_long_pause_does_not_save_up_more_than_the_burst() {
        let limits = Limits { messages_per_second: 10, message_burst: 2, ..Limits::default() };
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&limits, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!([(); 2].map(|()| bucket.take(later)), [None; 2]);
        assert!(bucket.take(later).is_some());
    }

    #[test]
    fn an_address_has_a_limit_of_its_own_and_a_pass_gives_its_place_back() {
        let gate = Gate::new(&Limits { connections: 3, connections_per_address: 2, ..Limits::default() });
        let (a, b) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let first = gate.enter(a).unwrap();
        let _second = gate.enter(a).unwrap();
        assert_eq!(gate.enter(a).unwrap_err(), Turned::AddressFull);
        let _third = gate.enter(b).unwrap();
        assert_eq!(gate.enter(b).unwrap_err(), Turned::ServerFull);
        drop(first);
        assert!(gate.enter(a).is_ok());
    }

    #[test]
    fn loopback_is_counted_in_all_only() {
        let gate = Gate::new(&Limits { connections: 2, connections_per_address: 0, ..Limits::default() });
        let _first = gate.enter([127, 0, 0, 1].into()).unwrap();
        let _second = gate.enter("::ffff:127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(gate.enter([127, 0, 0, 1].into()).unwrap_err(), Turned::ServerFull);
    }
}
