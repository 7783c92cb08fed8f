//! The rate itself: down at once and by as much as needed, up by what is known of the link.

use std::time::Duration;

use crate::Time;
use crate::send::trendline::Usage;

/// Share of the measured capacity to send at once the queue is empty. The rest is room for the
/// encoder's jitter; GoogCC stays at 0.85, which is its means of draining.
const SHARE: f64 = 0.9;
/// Below this share of the capacity the queue drains by itself and nothing is cut.
const SAFE_SHARE: f64 = 0.82;
/// While a queue stands, the rate falls by the queue's length over this: a queue of 200 ms halves
/// the rate, which drains it in about as long.
const DRAIN: Duration = Duration::from_millis(400);
/// The rate never falls below this share of the capacity for draining, or the picture stops.
const MIN_DRAIN: f64 = 0.4;
/// A queue shorter than this counts as empty.
const EMPTY: Duration = Duration::from_millis(20);
/// A queue above this is not added to.
const HOLD: Duration = Duration::from_millis(45);
/// A queue that does not drain within this is given up on: the route has changed.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);
/// A queue that is still this share of itself this long after less was sent, while all that is sent
/// arrives, is someone else's: a download that fills it whatever we do.
const FOREIGN_SHARE: f64 = 0.85;
const FOREIGN_AFTER: Duration = Duration::from_millis(300);
/// Then the delay says nothing about our rate for this long, unless the queue empties: yielding would
/// only give the call away. Past it, delay counts again, at the price of a short dip; the empty-queue
/// delay has nearly been learned anew by then.
const FOREIGN_LIFE: Duration = Duration::from_secs(12);
/// Growth per second beside another flow, which yields by and by.
const FOREIGN_GROWTH: f64 = 0.03;
/// Time that feedback and its processing add to the round trip before a cut can be seen to work.
const FEEDBACK: Duration = Duration::from_millis(100);
/// Growth per second while nothing is known of the link. Detection takes about 0.3 s, so that
/// the overshoot is about 15 % and the queue it leaves about 40 ms.
const STARTUP: f64 = 0.5;
/// Growth per second while frames show that the link carries much more.
const FAST: f64 = 1.5;
/// Growth per second while nothing is known but frames show less than is sent, which they only do on
/// a link that is full, or that jitters.
const DOUBTFUL: f64 = 0.1;
/// Share of that showing up to which growth is fast, and how far it must exceed the last
/// congestion to be news.
const HINT_SHARE: f64 = 0.7;
const HINT_NEWS: f64 = 1.4;
/// Growth per second below, at, and far above the last capacity: back quickly, linger (from 0.95 to
/// 1.05 takes 7 s, so that a steady link is tested rarely), then ever faster, as CUBIC does.
const BELOW: f64 = 0.3;
const NEAR: f64 = 0.015;
const ABOVE: f64 = 0.5;
/// The least growth, in bits per second each second: what matters little to a fast call brings a starved
/// one back.
const LEAST_GROWTH: f64 = 8_000.0;
/// The delay of the loop these were chosen for; growth slows in proportion on longer paths, where more
/// is sent before the answer comes.
const LOOP: Duration = Duration::from_millis(150);
/// The longest time one step of growth covers.
const MAX_STEP: Duration = Duration::from_millis(200);
/// Growth stops at this multiple of what arrives, and a little, so that the rate does not run away
/// while the application sends less (GoogCC's values).
const ACKED_FACTOR: f64 = 1.5;
const ACKED_EXTRA: f64 = 10_000.0;
/// Sending below this share of the target, and all of it arriving, means that the application
/// limits the rate: what arrives then says nothing about the capacity.
const LIMITED_SHARE: f64 = 0.6;
/// All arrives as fast as it is sent if at least this share does; a queue of ours that grows by 100 ms
/// within the half second of measurement takes more.
const ARRIVING_SHARE: f64 = 0.9;
/// What arrives exceeds what is sent by more than this while a queue of ours empties.
const DRAINING_SHARE: f64 = 1.1;
/// A cut for delay that we did not cause.
const BLIND_CUT: f64 = 0.85;
/// After fast growth that ended in congestion, showings are not believed for this long, doubling
/// each time up to half a minute: some links always show more than they carry.
const FIRST_DISTRUST: Duration = Duration::from_secs(5);
const MAX_DISTRUST: Duration = Duration::from_secs(30);
/// Fast growth this recent is to blame for congestion.
const BLAME: Duration = Duration::from_secs(2);
/// Ordinary pacing over the rate: spreads a key frame without delaying it much.
const PACING: f64 = 2.5;
/// Pacing over the known capacity: what would only wait in the link's queue, in front of our
/// audio, waits here instead, behind it.
const PACING_CAPACITY: f64 = 1.25;

/// What is known at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observation {
    pub now: Time,
    pub usage: Usage,
    pub queue: Duration,
    /// Bits per second that arrived over half a second, and over the last part of it.
    pub acked: Option<f64>,
    pub acked_recent: Option<f64>,
    /// Bits per second at which the same packets, and those lost among them, were sent.
    pub sent: Option<f64>,
    /// Bits per second that trains of packets show.
    pub hint: Option<f64>,
    pub rtt: Duration,
}

/// The rate controller.
#[derive(Debug)]
pub(crate) struct Aimd {
    min: f64,
    max: f64,
    rate: f64,
    capacity: Option<f64>,
    capacity_before: Option<f64>,
    draining: Option<Drain>,
    drain_factor: f64,
    foreign_until: Option<Time>,
    grown_at: Option<Time>,
    fast_at: Option<Time>,
    distrust_until: Time,
    distrust: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Drain {
    since: Time,
    cut_at: Time,
    /// The rate before the first cut.
    before: f64,
    /// The queue when the last cut could first be seen.
    reference: Option<(Time, Duration)>,
}

impl Aimd {
    pub fn new(start: f64, min: f64, max: f64) -> Self {
        Aimd {
            min,
            max,
            rate: start.clamp(min, max),
            capacity: None,
            capacity_before: None,
            draining: None,
            drain_factor: 1.0,
            foreign_until: None,
            grown_at: None,
            fast_at: None,
            distrust_until: Time::ZERO,
            distrust: FIRST_DISTRUST,
        }
    }

    /// Bits per second to send now.
    pub fn target(&self) -> f64 {
        (self.rate * self.drain_factor).clamp(self.min, self.max)
    }

    /// Bits per second at which queued packets may leave.
    pub fn pacing(&self) -> f64 {
        let target = self.target();
        let free = target * PACING;
        match self.capacity {
            Some(capacity) if self.rate < capacity * PACING_CAPACITY => {
                free.min(capacity * PACING_CAPACITY).max(target * PACING_CAPACITY)
            }
            _ => free,
        }
    }

    /// The link's capacity at the last congestion.
    pub fn capacity(&self) -> Option<f64> {
        self.capacity
    }

    /// Whether a queue is being drained.
    pub fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    pub fn set_max(&mut self, max: f64) {
        self.max = max.max(self.min);
        self.rate = self.rate.min(self.max);
    }

    /// Takes in an observation. True when the rate was cut.
    pub fn update(&mut self, seen: &Observation) -> bool {
        let step = self.grown_at.replace(seen.now).map_or(Duration::ZERO, |last| seen.now.since(last));
        let settled = self
            .draining
            .is_none_or(|drain| seen.now.since(drain.cut_at) >= seen.rtt + FEEDBACK + seen.queue.min(DRAIN));
        if seen.queue < EMPTY || self.foreign_until.is_some_and(|until| seen.now >= until) {
            self.foreign_until = None;
        }
        let foreign = self.foreign_until.is_some() && all_arrives(seen);
        // While less is sent on purpose, what arrives is no measure of the link unless it differs.
        let telling = self.draining.is_none() || !arrives_as_sent(seen);
        let cut = seen.usage == Usage::Overuse && settled && telling && !foreign && self.cut(seen);
        if let Some(drain) = self.draining {
            self.drain(drain, seen);
        } else if foreign || seen.usage == Usage::Normal && seen.queue < HOLD {
            self.grow(seen, step.min(MAX_STEP));
        }
        cut
    }

    /// Of what was sent only `arrives` bits per second came: sends `share` of that.
    pub fn cut_for_loss(&mut self, arrives: f64, share: f64, now: Time) {
        self.blame_fast_growth(now);
        self.capacity_before = self.capacity.replace(arrives);
        self.rate = (arrives * share).clamp(self.min, self.rate.max(self.min));
    }

    /// Goes back to `rate`: the cut for loss was wrong, and so was the capacity learned from it.
    pub fn restore(&mut self, rate: f64) {
        self.capacity = self.capacity_before.take();
        self.rate = rate.clamp(self.rate, self.max);
    }

    fn cut(&mut self, seen: &Observation) -> bool {
        let arrived = seen.acked_recent.or(seen.acked);
        let limited = all_arrives(seen) && seen.sent.is_some_and(|sent| sent < self.rate * LIMITED_SHARE);
        let rate = match arrived {
            Some(capacity) if !limited => {
                self.capacity = Some(capacity);
                if self.rate < capacity * SAFE_SHARE {
                    return false;
                }
                capacity * SHARE
            }
            _ => self.rate * BLIND_CUT,
        };
        self.blame_fast_growth(seen.now);
        let (since, before) =
            self.draining.map_or((seen.now, self.rate), |drain| (drain.since, drain.before));
        self.draining = Some(Drain { since, cut_at: seen.now, before, reference: None });
        self.rate = rate.clamp(self.min, self.rate);
        true
    }

    fn drain(&mut self, drain: Drain, seen: &Observation) {
        let age = seen.now.since(drain.cut_at);
        let visible = age >= seen.rtt + FEEDBACK;
        if visible && seen.queue < EMPTY || seen.now.since(drain.since) >= DRAIN_LIMIT {
            self.end_drain();
            return;
        }
        if visible && self.is_foreign(drain, seen) {
            self.end_drain();
            self.rate = (drain.before * BLIND_CUT).clamp(self.rate, self.max);
            self.capacity = None;
            self.foreign_until = Some(seen.now + FOREIGN_LIFE);
            return;
        }
        if let Some(capacity) =
            seen.acked_recent.filter(|_| visible && seen.queue > HOLD && !arrives_as_sent(seen))
        {
            // Our queue is not empty, so what arrives is exactly what the link carries.
            self.capacity = Some(capacity);
            self.rate = self.rate.min(capacity * SHARE).max(self.min);
        }
        let excess = seen.queue.saturating_sub(EMPTY).as_secs_f64() / DRAIN.as_secs_f64();
        self.drain_factor = (1.0 - excess).clamp(MIN_DRAIN, 1.0);
    }

    /// Whether the queue ignores that less is sent. Notes the queue to compare with.
    fn is_foreign(&mut self, drain: Drain, seen: &Observation) -> bool {
        let renew = match drain.reference {
            None => true,
            Some((at, _)) if seen.now.since(at) < FOREIGN_AFTER => false,
            Some((_, queue)) if seen.queue > HOLD && seen.queue > queue.mul_f64(FOREIGN_SHARE) => {
                return all_arrives(seen);
            }
            Some(_) => true,
        };
        if renew {
            self.draining = Some(Drain { reference: Some((seen.now, seen.queue)), ..drain });
        }
        false
    }

    fn end_drain(&mut self) {
        self.draining = None;
        self.drain_factor = 1.0;
    }

    fn grow(&mut self, seen: &Observation, step: Duration) {
        let haste = LOOP.as_secs_f64() / (seen.rtt + FEEDBACK).max(LOOP).as_secs_f64();
        let growth = (self.growth(seen) * haste).max(LEAST_GROWTH / self.rate);
        let grown = self.rate * (1.0 + growth).powf(step.as_secs_f64());
        let limit = seen.acked.map_or(self.rate, |acked| acked * ACKED_FACTOR + ACKED_EXTRA);
        self.rate = grown.min(limit).max(self.rate).min(self.max);
    }

    /// Growth per second.
    fn growth(&mut self, seen: &Observation) -> f64 {
        if self.foreign_until.is_some() {
            return FOREIGN_GROWTH;
        }
        let news = self.capacity.unwrap_or(0.0) * HINT_NEWS;
        let promising = seen.hint.is_some_and(|hint| self.rate < hint * HINT_SHARE && hint > news);
        if promising && seen.now >= self.distrust_until {
            self.fast_at = Some(seen.now);
            return FAST;
        }
        let doubtful = seen.hint.is_some_and(|hint| hint < self.rate);
        let Some(capacity) = self.capacity else {
            return if doubtful { DOUBTFUL } else { STARTUP };
        };
        let ratio = self.rate / capacity;
        if ratio < SHARE { BELOW } else { (NEAR + (ratio - 1.05).max(0.0)).min(ABOVE) }
    }

    fn blame_fast_growth(&mut self, now: Time) {
        let Some(fast_at) = self.fast_at.take() else {
            return;
        };
        if now.since(fast_at) < BLAME {
            self.distrust_until = now + self.distrust;
            self.distrust = (self.distrust * 2).min(MAX_DISTRUST);
        }
    }
}

/// Whether our own packets arrive as fast as they are sent: then it is not we who fill the queue.
fn all_arrives(seen: &Observation) -> bool {
    seen.acked.zip(seen.sent).is_some_and(|(acked, sent)| acked > sent * ARRIVING_SHARE)
}

/// Whether what arrives is what is sent, no more and no less: a queue of our own would add to it while it
/// empties, and a slower link would take from it.
fn arrives_as_sent(seen: &Observation) -> bool {
    all_arrives(seen) && seen.acked.zip(seen.sent).is_some_and(|(acked, sent)| acked < sent * DRAINING_SHARE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Observation = Observation {
        now: Time::ZERO,
        usage: Usage::Normal,
        queue: Duration::ZERO,
        acked: None,
        acked_recent: None,
        sent: Some(1e6),
        hint: None,
        rtt: Duration::from_millis(40),
    };

    fn controller(rate: f64) -> Aimd {
        Aimd::new(rate, 50e3, 5e6)
    }

    /// Feeds observations every 50 ms for `millis` from `from`; `see` fills them in from the target.
    fn run(aimd: &mut Aimd, from: u64, millis: u64, see: impl Fn(&mut Observation, f64)) {
        for at in (from..from + millis).step_by(50) {
            let mut seen = Observation { now: Time::from_millis(at), ..START };
            see(&mut seen, aimd.target());
            aimd.update(&seen);
        }
    }

    fn everything_arrives(seen: &mut Observation, target: f64) {
        seen.acked = Some(target);
        seen.acked_recent = Some(target);
        seen.sent = Some(target);
    }

    fn congest(seen: &mut Observation, target: f64, capacity: f64) {
        seen.usage = Usage::Overuse;
        seen.queue = Duration::from_millis(100);
        seen.acked = Some((target + capacity) / 2.0);
        seen.acked_recent = Some(capacity);
        seen.sent = Some(target);
    }

    #[test]
    fn congestion_cuts_below_what_arrives_and_drains_the_queue() {
        let mut aimd = controller(2e6);
        run(&mut aimd, 0, 50, |seen, target| congest(seen, target, 500e3));
        assert!(aimd.is_draining());
        assert!(aimd.target() < 400e3, "{}", aimd.target());
        run(&mut aimd, 50, 500, everything_arrives);
        assert!(!aimd.is_draining());
        assert!((440e3..500e3).contains(&aimd.target()), "{}", aimd.target());
    }

    #[test]
    fn a_burst_over_a_link_with_room_cuts_nothing() {
        let mut aimd = controller(300e3);
        run(&mut aimd, 0, 50, |seen, target| congest(seen, target, 500e3));
        assert_eq!(aimd.target(), 300e3);
        assert_eq!(aimd.capacity(), Some(500e3));
    }

    #[test]
    fn jitter_while_the_application_sends_little_cuts_little() {
        let mut aimd = controller(2e6);
        run(&mut aimd, 0, 50, |seen, _| {
            congest(seen, 50e3, 50e3);
        });
        assert!(aimd.rate >= 1.6e6, "{}", aimd.rate);
    }

    #[test]
    fn the_rate_does_not_run_away_from_what_is_sent() {
        let mut aimd = controller(300e3);
        run(&mut aimd, 0, 30_000, |seen, _| {
            everything_arrives(seen, 400e3);
            seen.hint = Some(20e6);
        });
        assert!(aimd.target() <= 400e3 * ACKED_FACTOR + ACKED_EXTRA);
    }

    #[test]
    fn growth_lingers_near_the_last_capacity_and_then_gathers_speed() {
        let mut aimd = controller(500e3);
        run(&mut aimd, 0, 50, |seen, target| congest(seen, target, 500e3));
        run(&mut aimd, 50, 4_000, everything_arrives);
        assert!(aimd.target() < 500e3, "{}", aimd.target());
        run(&mut aimd, 4_050, 12_000, everything_arrives);
        assert!(aimd.target() > 1e6, "{}", aimd.target());
    }

    #[test]
    fn a_link_that_shows_room_is_climbed_fast() {
        let mut aimd = controller(500e3);
        run(&mut aimd, 0, 50, |seen, target| congest(seen, target, 500e3));
        run(&mut aimd, 50, 2_500, |seen, target| {
            everything_arrives(seen, target);
            seen.hint = Some(4e6);
        });
        assert!(aimd.target() > 2e6, "{}", aimd.target());
    }

    #[test]
    fn a_link_that_shows_more_than_it_carries_is_distrusted() {
        let mut aimd = controller(500e3);
        run(&mut aimd, 0, 2_000, |seen, target| {
            everything_arrives(seen, target);
            seen.hint = Some(20e6);
        });
        run(&mut aimd, 2_000, 50, |seen, target| congest(seen, target, 1e6));
        run(&mut aimd, 2_050, 3_000, |seen, target| {
            everything_arrives(seen, target);
            seen.hint = Some(20e6);
        });
        assert!(aimd.target() < 1.05e6, "{}", aimd.target());
    }

    #[test]
    fn a_queue_that_stays_while_all_arrives_is_someone_elses_and_is_not_yielded_to() {
        let mut aimd = controller(1e6);
        run(&mut aimd, 0, 50, |seen, target| congest(seen, target, 1e6));
        run(&mut aimd, 50, 1_000, |seen, target| {
            everything_arrives(seen, target.max(900e3));
            seen.queue = Duration::from_millis(150);
        });
        assert!(!aimd.is_draining());
        assert!(aimd.target() >= 850e3, "{}", aimd.target());
    }

    #[test]
    fn a_link_that_falls_again_while_draining_is_cut_again() {
        let mut aimd = controller(2e6);
        run(&mut aimd, 0, 50, |seen, target| congest(seen, target, 1e6));
        run(&mut aimd, 400, 50, |seen, target| congest(seen, target, 200e3));
        assert!(aimd.target() <= 200e3, "{}", aimd.target());
    }
}
