//! Sent video packets, kept so that they can be sent again.

use std::time::Duration;

use crate::Time;

/// Packets kept per stream: two seconds of 5 Mbit/s. A power of two, so that the slot is a mask.
const SLOTS: usize = 1024;
/// A packet older than this can no longer help: the receiver gives up after about as long.
const MAX_AGE: Duration = Duration::from_secs(1);
/// Times one packet is sent again. At 30 % loss, ten tries fail once in 170 000.
const MAX_TRIES: u8 = 10;
/// Least time between two copies. Repeats of one request come in the same millisecond; below this
/// a round trip is a local network, where 10 ms are not noticed.
const MIN_GAP: Duration = Duration::from_millis(10);
/// Once a copy was lost too, only requests this close together count as one: a receiver on a lossy
/// path says each request twice, 10 ms apart, and both deserve an answer then, because the picture
/// stands still.
const URGENT_GAP: Duration = Duration::from_millis(5);
/// Share of the target that retransmissions may take. 20 % random loss needs 25 %, with repeats
/// 31 %; a congested queue that wants more is better served by a key frame.
const BUDGET_SHARE: f64 = 0.4;
/// How much unused budget may be saved up: losses come in bursts, and 400 ms of the share let
/// several whole frames be repeated at once.
const BUDGET_DEPTH: Duration = Duration::from_millis(400);
/// Bytes that are always allowed in one burst, so that a low rate can still repeat one frame.
const MIN_BUDGET: f64 = 6_000.0;

/// Packets of one stream by 16-bit sequence number, with a budget for sending them again.
///
/// The caller puts what [`take_for_nack`](Self::take_for_nack) returns into the pacer, as RTX
/// (RFC 4588) or as it is.
#[derive(Debug)]
pub struct RetransmitCache<P> {
    slots: Box<[Option<Slot<P>>]>,
    newest: Option<u16>,
    target_bps: u64,
    tokens: f64,
    refilled_at: Time,
    starved: bool,
    stats: RetransmitStats,
}

/// Counts since the start, for statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetransmitStats {
    /// Packets sent again.
    pub sent: u64,
    /// Bytes sent again.
    pub sent_bytes: u64,
    /// Requests ignored because a copy was on its way.
    pub deduplicated: u64,
    /// Requests for packets that are gone, too old or tried too often.
    pub missed: u64,
    /// Requests refused because the budget was spent.
    pub over_budget: u64,
}

#[derive(Debug)]
struct Slot<P> {
    seq: u16,
    packet: P,
    size: usize,
    sent_at: Time,
    copied_at: Option<Time>,
    tries: u8,
}

impl<P: Clone> RetransmitCache<P> {
    /// An empty cache whose budget follows `target_bps`, the total send rate in bits per second.
    pub fn new(target_bps: u64) -> Self {
        RetransmitCache {
            slots: (0..SLOTS).map(|_| None).collect(),
            newest: None,
            target_bps,
            tokens: f64::INFINITY,
            refilled_at: Time::ZERO,
            starved: false,
            stats: RetransmitStats::default(),
        }
    }

    /// Sets the total send rate in bits per second that the budget is a share of.
    pub fn set_target(&mut self, target_bps: u64, now: Time) {
        self.refill(now);
        self.target_bps = target_bps;
    }

    /// Remembers a packet of `size` bytes that leaves at `now`.
    pub fn insert(&mut self, seq: u16, packet: P, size: usize, now: Time) {
        self.newest = Some(seq);
        self.slots[slot(seq)] = Some(Slot { seq, packet, size, sent_at: now, copied_at: None, tries: 0 });
    }

    /// The packet to send again for a NACK of `seq`, or `None`: unknown, too old, tried too often,
    /// a copy left less than one `rtt` ago (or just now, when an earlier copy was lost as well), or
    /// the budget is spent.
    pub fn take_for_nack(&mut self, seq: u16, now: Time, rtt: Duration) -> Option<P> {
        self.refill(now);
        let slot = self.slots[slot(seq)]
            .as_mut()
            .filter(|slot| slot.seq == seq && now.since(slot.sent_at) <= MAX_AGE && slot.tries < MAX_TRIES);
        let Some(slot) = slot else {
            self.stats.missed += 1;
            return None;
        };
        let gap = if slot.tries < 2 { rtt.max(MIN_GAP) } else { URGENT_GAP };
        if slot.copied_at.is_some_and(|at| now.since(at) < gap) {
            self.stats.deduplicated += 1;
            return None;
        }
        if self.tokens < slot.size as f64 {
            self.stats.over_budget += 1;
            self.starved = true;
            return None;
        }
        self.tokens -= slot.size as f64;
        slot.copied_at = Some(now);
        slot.tries += 1;
        self.stats.sent += 1;
        self.stats.sent_bytes += slot.size as u64;
        Some(slot.packet.clone())
    }

    /// Forgets every packet before `seq`, the first of a key frame that makes them useless.
    pub fn forget_before(&mut self, seq: u16) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|slot| (slot.seq.wrapping_sub(seq) as i16) < 0) {
                *slot = None;
            }
        }
    }

    /// True once after a request was refused for want of budget: more is missing than can be sent
    /// again, so a key frame is the shorter way.
    #[must_use]
    pub fn take_starved(&mut self) -> bool {
        std::mem::take(&mut self.starved)
    }

    /// Counts since the start.
    pub fn stats(&self) -> RetransmitStats {
        self.stats
    }

    fn refill(&mut self, now: Time) {
        let per_second = self.target_bps as f64 / 8.0 * BUDGET_SHARE;
        let depth = (per_second * BUDGET_DEPTH.as_secs_f64()).max(MIN_BUDGET);
        let earned = per_second * now.since(self.refilled_at).as_secs_f64();
        self.tokens = (self.tokens + earned).min(depth);
        self.refilled_at = now;
    }
}

fn slot(seq: u16) -> usize {
    usize::from(seq) & (SLOTS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(50);

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn cache_of(seqs: impl IntoIterator<Item = u16>) -> RetransmitCache<u16> {
        let mut cache = RetransmitCache::new(1_000_000);
        for seq in seqs {
            cache.insert(seq, seq, 1000, ms(0));
        }
        cache
    }

    #[test]
    fn a_requested_packet_comes_back() {
        assert_eq!(cache_of([7]).take_for_nack(7, ms(10), RTT), Some(7));
    }

    #[test]
    fn a_packet_is_not_repeated_within_a_round_trip() {
        let mut cache = cache_of([7]);
        assert!(cache.take_for_nack(7, ms(10), RTT).is_some());
        assert!(cache.take_for_nack(7, ms(59), RTT).is_none());
        assert!(cache.take_for_nack(7, ms(60), RTT).is_some());
        assert_eq!(cache.stats().deduplicated, 1);
    }

    #[test]
    fn after_a_copy_was_lost_both_halves_of_a_doubled_request_are_answered() {
        let mut cache = cache_of([7]);
        let sent: Vec<u64> = [10, 20, 70, 71, 80]
            .into_iter()
            .filter(|&at| cache.take_for_nack(7, ms(at), RTT).is_some())
            .collect();
        assert_eq!(sent, [10, 70, 80]);
    }

    #[test]
    fn tries_are_limited() {
        let mut cache = cache_of([7]);
        let sent = (1..=12).filter(|n| cache.take_for_nack(7, ms(n * 60), RTT).is_some()).count();
        assert_eq!(sent, usize::from(MAX_TRIES));
    }

    #[test]
    fn an_old_packet_is_not_sent_again() {
        assert_eq!(cache_of([7]).take_for_nack(7, ms(1001), RTT), None);
    }

    #[test]
    fn a_number_of_an_earlier_cycle_is_not_mistaken_for_its_slot() {
        let mut cache = cache_of([7]);
        assert_eq!(cache.take_for_nack(7 + SLOTS as u16, ms(10), RTT), None);
        cache.insert(7 + SLOTS as u16, 0, 1000, ms(10));
        assert_eq!(cache.take_for_nack(7, ms(10), RTT), None);
    }

    #[test]
    fn a_storm_of_requests_stays_within_the_share_of_the_target() {
        let mut cache = cache_of(0..1000);
        let mut bytes = 0;
        for t in 0..1000u64 {
            if cache.take_for_nack(t as u16, ms(t), RTT).is_some() {
                bytes += 1000;
            }
        }
        // 40 % of 1 Mbit/s for a second, and what was saved up.
        assert!((50_000..=71_000).contains(&bytes), "{bytes}");
        assert!(cache.take_starved());
        assert!(!cache.take_starved());
    }

    #[test]
    fn a_low_rate_can_still_repeat_a_frame() {
        let mut cache = cache_of(0..4);
        cache.set_target(30_000, ms(0));
        assert_eq!((0..4).filter_map(|seq| cache.take_for_nack(seq, ms(1), RTT)).count(), 4);
    }

    #[test]
    fn a_key_frame_makes_what_was_before_it_useless_across_the_wrap() {
        let mut cache = cache_of([0xfffe, 0xffff, 0, 1]);
        cache.forget_before(0);
        assert_eq!(cache.take_for_nack(0xffff, ms(10), RTT), None);
        assert_eq!(cache.take_for_nack(0, ms(10), RTT), Some(0));
    }
}
