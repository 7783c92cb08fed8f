//! Notices missing packets and asks for them, as often as the round trip allows and no longer than
//! it helps.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::send::sequence::{ORIGIN, extend};

/// A single missing packet may be out of order: that long it is waited for. Paths that reorder
/// more teach a longer wait.
const MIN_REORDER: Duration = Duration::from_millis(8);
const MAX_REORDER: Duration = Duration::from_millis(50);
/// The wait shrinks by this fraction with each gap that was a real loss.
const REORDER_DECAY: u32 = 16;
/// Packets that arrive after a gap of one and end the wait for it, as in TCP's fast retransmit.
const LATER_PACKETS: u64 = 3;
/// Before a request is repeated, its answer had this much more time than the round trip, for the
/// sender's pacer and the feedback's own delay.
const ANSWER_SLACK: Duration = Duration::from_millis(10);
const MIN_RETRY: Duration = Duration::from_millis(20);
/// Each repeat waits a quarter longer: when answers are late, a queue is in the way, and more
/// requests only lengthen it.
const BACKOFF: f64 = 1.25;
/// Requests for one packet. At 20 % loss both ways, 36 % of tries fail: ten fail once in 27 000.
const MAX_TRIES: u8 = 10;
/// A packet that is missing for longer is not worth having in a conversation.
const MAX_AGE: Duration = Duration::from_secs(1);
/// Missing packets tracked. More than this at once is not loss that requests can mend.
const MAX_MISSING: usize = 512;
/// A jump ahead by more is a new stream or a long outage: a key frame serves better.
const MAX_GAP: u64 = 1_000;
/// Packets in a row from far behind that prove that the stream started again with other numbers.
const RESTART_PROOF: u8 = 3;
/// Above this share of missing packets, each request is said twice, this far apart: a request is a
/// few bytes, and one that is lost costs a round trip. Senders ignore repeats within a round trip.
const LOSSY: f64 = 0.04;
const ECHO: Duration = Duration::from_millis(10);
/// Packets over which that share is taken: about a second of video.
const LOSS_PACKETS: f64 = 128.0;
/// The round trip until it is known.
const FIRST_RTT: Duration = Duration::from_millis(100);

/// What a packet meant to the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NackOutcome {
    /// The next packet, or one after a gap that is now asked for.
    New,
    /// A missing packet has come, late or sent again.
    Filled,
    /// A packet that came before, or was given up.
    Duplicate,
    /// The numbers jumped: everything missing was given up, the stream continues from here.
    Restarted,
}

/// Finds the gaps of one stream and decides when to ask for which packet (RFC 4585 generic NACK).
///
/// Requests repeat after a round trip and a little, with growing waits, at most ten times within a
/// second. What is given up is reported once by [`take_lost`](Self::take_lost), so that the owner
/// asks for a key frame instead. Deliberate difference from libwebrtc: the reorder wait adapts,
/// and requests back off.
#[derive(Debug)]
pub struct NackGenerator {
    highest: Option<u64>,
    missing: VecDeque<Missing>,
    next_due: Option<Time>,
    requests: Vec<u16>,
    rtt: Duration,
    reorder: Duration,
    far_behind: u8,
    loss: f64,
    lost: u64,
    lost_reported: u64,
    requested: u64,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    id: u64,
    since: Time,
    due: Time,
    wait: Duration,
    tries: u8,
    echo: bool,
}

impl Default for NackGenerator {
    fn default() -> Self {
        Self::new()
    }
}

impl NackGenerator {
    /// A generator that starts with the first packet it is told of.
    pub fn new() -> Self {
        NackGenerator {
            highest: None,
            missing: VecDeque::new(),
            next_due: None,
            requests: Vec::new(),
            rtt: FIRST_RTT,
            reorder: MIN_REORDER,
            far_behind: 0,
            loss: 0.0,
            lost: 0,
            lost_reported: 0,
            requested: 0,
        }
    }

    /// Sets the round-trip time.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.rtt = rtt;
    }

    /// The packet `seq` arrived; `is_recovered` when by RTX or FEC and not by itself.
    pub fn on_packet(&mut self, seq: u16, now: Time, is_recovered: bool) -> NackOutcome {
        let Some(highest) = self.highest else {
            self.highest = Some(ORIGIN + u64::from(seq));
            return NackOutcome::New;
        };
        let id = extend(seq, highest);
        if id <= highest {
            return self.on_earlier(id, highest, now, is_recovered);
        }
        self.far_behind = 0;
        if id - highest > MAX_GAP {
            if is_recovered {
                return NackOutcome::Duplicate;
            }
            return self.restart(id);
        }
        let absent = (id - highest - 1) as f64;
        self.loss += (absent / (absent + 1.0) - self.loss) * ((absent + 1.0) / LOSS_PACKETS).min(1.0);
        self.add_gap(highest + 1, id, now);
        self.highest = Some(id);
        self.hurry(id, now);
        NackOutcome::New
    }

    /// The packets to ask for now. Call whenever packets arrived and at
    /// [`next_timeout`](Self::next_timeout).
    pub fn poll(&mut self, now: Time) -> &[u16] {
        self.requests.clear();
        if self.next_due.is_none_or(|due| due > now) {
            return &self.requests;
        }
        self.give_up(now);
        let first_wait = (self.rtt + ANSWER_SLACK).max(MIN_RETRY);
        for missing in self.missing.iter_mut().filter(|missing| missing.due <= now) {
            self.requests.push(missing.id as u16);
            if missing.echo {
                missing.echo = false;
                missing.due = now + missing.wait;
                continue;
            }
            missing.wait = if missing.tries == 0 { first_wait } else { missing.wait.mul_f64(BACKOFF) };
            missing.tries += 1;
            missing.echo = self.loss > LOSSY;
            missing.due = now + if missing.echo { ECHO } else { missing.wait };
        }
        self.requested += self.requests.len() as u64;
        self.refresh_due();
        &self.requests
    }

    /// When [`poll`](Self::poll) next has something to do; `None` while nothing is missing.
    pub fn next_timeout(&self) -> Option<Time> {
        self.next_due
    }

    /// True once after packets were given up: frames that need them will never be whole, so a key
    /// frame must be asked for.
    #[must_use]
    pub fn take_lost(&mut self) -> bool {
        let news = self.lost > self.lost_reported;
        self.lost_reported = self.lost;
        news
    }

    /// A key frame that begins with `seq` made everything before it unnecessary: no longer asks for
    /// it, and does not count it as lost.
    pub fn forget_before(&mut self, seq: u16) {
        let Some(highest) = self.highest else {
            return;
        };
        let id = extend(seq, highest);
        self.missing.retain(|missing| missing.id >= id);
        self.refresh_due();
    }

    /// Packets missing at present.
    pub fn missing(&self) -> usize {
        self.missing.len()
    }

    /// Packets asked for since the start, repeats included.
    pub fn requested(&self) -> u64 {
        self.requested
    }

    /// Packets given up since the start.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn on_earlier(&mut self, id: u64, highest: u64, now: Time, is_recovered: bool) -> NackOutcome {
        if let Ok(at) = self.missing.binary_search_by_key(&id, |missing| missing.id) {
            self.far_behind = 0;
            if let Some(missing) = self.missing.remove(at) {
                self.learn_reordering(missing, now, is_recovered);
            }
            self.refresh_due();
            return NackOutcome::Filled;
        }
        if is_recovered || highest - id <= MAX_GAP {
            return NackOutcome::Duplicate;
        }
        self.far_behind += 1;
        if self.far_behind < RESTART_PROOF { NackOutcome::Duplicate } else { self.restart(id) }
    }

    fn learn_reordering(&mut self, missing: Missing, now: Time, is_recovered: bool) {
        let late = now.since(missing.since);
        // What comes by itself before an answer could have come was late, not lost. Senders without
        // RTX answer in the same stream, a round trip after the request.
        if !is_recovered && (missing.tries == 0 || late < self.rtt) {
            self.reorder = self.reorder.max(late + late / 2).min(MAX_REORDER);
        } else {
            self.reorder = (self.reorder - self.reorder / REORDER_DECAY).max(MIN_REORDER);
        }
    }

    fn restart(&mut self, id: u64) -> NackOutcome {
        self.lost += self.missing.len() as u64 + 1;
        self.missing.clear();
        self.next_due = None;
        self.far_behind = 0;
        self.highest = Some(id.max(ORIGIN));
        NackOutcome::Restarted
    }

    fn add_gap(&mut self, from: u64, to: u64, now: Time) {
        // A gap of several is rarely mere reordering, unless this path was seen to reorder.
        let alone = to - from <= 1 || self.reorder > MIN_REORDER;
        let due = if alone { now + self.reorder } else { now };
        for id in from..to {
            self.missing.push_back(Missing {
                id,
                since: now,
                due,
                wait: Duration::ZERO,
                tries: 0,
                echo: false,
            });
        }
        if from < to {
            self.next_due = Some(self.next_due.map_or(due, |next| next.min(due)));
        }
        let excess = self.missing.len().saturating_sub(MAX_MISSING);
        self.missing.drain(..excess);
        self.lost += excess as u64;
    }

    /// Enough packets came after a gap: no need to wait out the reorder time.
    fn hurry(&mut self, highest: u64, now: Time) {
        if self.reorder > MIN_REORDER {
            return;
        }
        for missing in self.missing.iter_mut().rev() {
            let later = highest - missing.id;
            if later > LATER_PACKETS + 1 {
                break;
            }
            if later >= LATER_PACKETS && missing.tries == 0 && missing.due > now {
                missing.due = now;
                self.next_due = Some(now);
            }
        }
    }

    fn give_up(&mut self, now: Time) {
        let before = self.missing.len();
        self.missing.retain(|missing| {
            let exhausted = missing.tries >= MAX_TRIES && !missing.echo && missing.due <= now;
            !exhausted && now.since(missing.since) < MAX_AGE
        });
        self.lost += (before - self.missing.len()) as u64;
    }

    fn refresh_due(&mut self) {
        self.next_due = self.missing.iter().map(|missing| missing.due.min(missing.since + MAX_AGE)).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    /// A generator with a round trip of 40 ms that got `seqs`, one each millisecond from 0 on.
    fn after(seqs: impl IntoIterator<Item = u16>) -> NackGenerator {
        let mut nack = NackGenerator::new();
        nack.set_rtt(Duration::from_millis(40));
        for (at, seq) in seqs.into_iter().enumerate() {
            nack.on_packet(seq, ms(at as u64), false);
        }
        nack
    }

    #[test]
    fn a_stream_without_gaps_asks_for_nothing() {
        let mut nack = after(0..100);
        assert_eq!(nack.next_timeout(), None);
        assert!(nack.poll(ms(1000)).is_empty());
    }

    #[test]
    fn a_single_gap_waits_for_reordering() {
        let mut nack = after([10, 12]);
        assert!(nack.poll(ms(8)).is_empty());
        assert_eq!(nack.next_timeout(), Some(ms(9)));
        assert_eq!(nack.poll(ms(9)), [11]);
    }

    #[test]
    fn three_later_packets_end_the_wait() {
        let mut nack = after([10, 12, 13]);
        assert!(nack.poll(ms(2)).is_empty());
        nack.on_packet(14, ms(3), false);
        assert_eq!(nack.poll(ms(3)), [11]);
    }

    #[test]
    fn a_wide_gap_is_asked_for_at_once_across_the_wrap() {
        let mut nack = after([0xfffd, 1]);
        assert_eq!(nack.poll(ms(1)), [0xfffe, 0xffff, 0]);
    }

    #[test]
    fn on_a_lossy_path_each_request_is_said_twice() {
        let mut nack = NackGenerator::new();
        nack.set_rtt(Duration::from_millis(40));
        for n in 0..200 {
            nack.on_packet(n * 8, ms(0), false);
            nack.on_packet(n * 8 + 1, ms(0), true);
        }
        nack.forget_before(199 * 8);
        nack.on_packet(199 * 8 + 3, ms(0), false);
        let asked: Vec<u64> = (0..80).filter(|&at| !nack.poll(ms(at)).is_empty()).collect();
        assert_eq!(asked, [8, 18, 68, 78]);
    }

    #[test]
    fn requests_repeat_after_the_round_trip_and_back_off() {
        let mut nack = after([10, 13]);
        let mut asked = Vec::new();
        for at in 1..400 {
            if !nack.poll(ms(at)).is_empty() {
                asked.push(at);
            }
        }
        assert_eq!(asked, [1, 51, 114, 193, 291]);
    }

    #[test]
    fn a_late_packet_ends_the_requests() {
        let mut nack = after([10, 12]);
        assert_eq!(nack.on_packet(11, ms(5), false), NackOutcome::Filled);
        assert!(nack.poll(ms(100)).is_empty());
        assert_eq!(nack.next_timeout(), None);
    }

    #[test]
    fn a_recovered_packet_ends_the_requests() {
        let mut nack = after([10, 12]);
        nack.poll(ms(9));
        assert_eq!(nack.on_packet(11, ms(50), true), NackOutcome::Filled);
        assert!(nack.poll(ms(100)).is_empty());
    }

    #[test]
    fn a_path_that_reorders_teaches_patience() {
        let mut nack = after([10, 12]);
        nack.on_packet(11, ms(21), false);
        nack.on_packet(14, ms(100), false);
        assert_eq!(nack.next_timeout(), Some(ms(130)));
    }

    #[test]
    fn what_does_not_come_within_a_second_is_given_up_and_reported_once() {
        let mut nack = after([10, 12]);
        for at in 0..=1001 {
            nack.poll(ms(at));
        }
        assert_eq!(nack.missing(), 0);
        assert_eq!(nack.lost(), 1);
        assert!(nack.take_lost());
        assert!(!nack.take_lost());
        assert_eq!(nack.next_timeout(), None);
    }

    #[test]
    fn tries_are_limited() {
        let mut nack = after([10, 12]);
        nack.set_rtt(Duration::ZERO);
        for at in 0..1001 {
            nack.poll(ms(at));
        }
        assert!(nack.requested() <= u64::from(MAX_TRIES));
    }

    #[test]
    fn a_duplicate_is_told_as_one() {
        let mut nack = after([10, 11]);
        assert_eq!(nack.on_packet(11, ms(2), false), NackOutcome::Duplicate);
        assert_eq!(nack.on_packet(10, ms(2), true), NackOutcome::Duplicate);
    }

    #[test]
    fn a_big_jump_restarts_the_stream_and_asks_for_a_key_frame() {
        let mut nack = after([10, 12]);
        assert_eq!(nack.on_packet(5000, ms(3), false), NackOutcome::Restarted);
        assert!(nack.take_lost());
        assert_eq!(nack.missing(), 0);
        assert_eq!(nack.on_packet(5001, ms(4), false), NackOutcome::New);
    }

    #[test]
    fn one_packet_from_far_behind_is_ignored_and_three_are_a_restart() {
        let mut nack = after([30_000]);
        assert_eq!(nack.on_packet(100, ms(1), false), NackOutcome::Duplicate);
        assert_eq!(nack.on_packet(30_001, ms(2), false), NackOutcome::New);
        nack.on_packet(100, ms(3), false);
        nack.on_packet(101, ms(4), false);
        assert_eq!(nack.on_packet(102, ms(5), false), NackOutcome::Restarted);
        assert_eq!(nack.on_packet(103, ms(6), false), NackOutcome::New);
    }

    #[test]
    fn a_key_frame_ends_the_requests_before_it() {
        let mut nack = after([10, 12, 14]);
        nack.forget_before(13);
        assert_eq!(nack.poll(ms(50)), [13]);
        assert_eq!(nack.lost(), 0);
    }

    #[test]
    fn the_list_is_bounded() {
        let mut nack = after([0]);
        for n in 1..20u64 {
            nack.on_packet((n * 900) as u16, ms(n), false);
            assert!(nack.missing() <= MAX_MISSING);
        }
        assert!(nack.take_lost());
    }

    proptest! {
        #[test]
        fn every_lost_packet_is_asked_for_and_nothing_else(
            start in any::<u16>(),
            kept in proptest::collection::vec(any::<bool>(), 1..300),
        ) {
            let mut nack = NackGenerator::new();
            nack.on_packet(start, ms(0), false);
            let mut lost = Vec::new();
            let mut pending = Vec::new();
            let mut asked = std::collections::BTreeSet::new();
            for (n, kept) in kept.iter().enumerate() {
                let seq = start.wrapping_add(1 + n as u16);
                let at = ms(1 + n as u64);
                if *kept {
                    nack.on_packet(seq, at, false);
                    lost.append(&mut pending);
                } else {
                    pending.push(seq);
                }
                asked.extend(nack.poll(at));
            }
            asked.extend(nack.poll(ms(500)));
            prop_assert_eq!(asked, lost.into_iter().collect());
        }

        #[test]
        fn any_order_within_the_wait_asks_for_nothing(
            start in any::<u16>(),
            order in Just((0u16..64).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let mut nack = NackGenerator::new();
            nack.on_packet(start, ms(0), false);
            for ahead in order {
                nack.on_packet(start.wrapping_add(1 + ahead), ms(1), false);
            }
            prop_assert!(nack.poll(ms(2000)).is_empty());
            prop_assert_eq!(nack.lost(), 0);
        }

        #[test]
        fn no_sequence_of_packets_breaks_the_bounds(
            packets in proptest::collection::vec((any::<u16>(), 0u64..50, any::<bool>()), 0..500),
        ) {
            let mut nack = NackGenerator::new();
            let mut now = 0;
            for (seq, pause, recovered) in packets {
                now += pause;
                nack.on_packet(seq, ms(now), recovered);
                let missing = nack.missing();
                prop_assert!(nack.poll(ms(now)).len() <= missing);
                prop_assert!(nack.missing() <= MAX_MISSING);
                prop_assert!(nack.next_timeout().is_some() == (nack.missing() > 0));
            }
        }
    }
}
