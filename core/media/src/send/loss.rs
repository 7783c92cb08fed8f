//! Tells loss that sending less would cure from loss that it would not.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;

/// Loss is judged over this much sending time: 100 packets of an ordinary call.
const WINDOW: Duration = Duration::from_millis(600);
/// Packets needed for a judgement.
const MIN_PACKETS: u32 = 24;
/// Loss above what the path is known to lose anyway that raises suspicion. Below it,
/// retransmission copes, and libwebrtc too only holds its rate between 2 and 10 %.
const MARGIN: f64 = 0.08;
/// Standard deviations of chance added to the margin: loss is judged twenty times a second, so that two
/// would be exceeded by chance every few seconds.
const SIGMAS: f64 = 3.0;
/// After a cut, loss must fall to this share of what it was to prove that the cut was right: a cut to
/// what arrives cures congestion wholly, while chance alone brings a high reading halfway back.
const CURED_SHARE: f64 = 0.45;
/// Sending time that a trial looks at after its effect can be seen. 150 packets tell 20 % from 12 %.
const TRIAL: Duration = Duration::from_millis(700);
/// A trial without enough packets ends undecided.
const TRIAL_LIMIT: Duration = Duration::from_secs(4);
/// How long the result of a trial is believed. The next one costs a dip of a second.
const INHERENT_LIFE: Duration = Duration::from_secs(60);
/// A run of losses longer than this is a path that was away, not a full queue: a queue that drops
/// still serves a packet every few milliseconds.
const BLACKOUT: Duration = Duration::from_millis(250);
/// Losses remembered in a run, against a flood of them.
const MAX_RUN: usize = 2048;
/// Outcomes are counted in buckets of this much sending time.
const BUCKET: Duration = Duration::from_millis(50);
/// Buckets kept: the window and the longest trial.
const BUCKETS: usize = 100;

/// What the caller should do about loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Advice {
    /// Nothing.
    None,
    /// Send no more than what arrives, to see whether that cures the loss.
    Cut,
    /// The cut did not help: go back to this rate.
    Restore(f64),
}

/// Judges the losses that feedback reports.
///
/// A full queue and a bad radio lose alike; what differs is how they answer to a lower rate. So on
/// heavy loss without growing delay the rate is cut once to what arrives, and when the loss stays,
/// it is the path's own: the rate is restored and that much loss accepted.
///
/// Deliberate difference from libwebrtc, whose first controller halves its rate on any random loss
/// above 10 % and whose second fits a model of inherent loss; this is the experiment the model
/// stands for.
#[derive(Debug)]
pub(crate) struct LossController {
    buckets: VecDeque<Bucket>,
    run: VecDeque<Time>,
    inherent: f64,
    inherent_until: Time,
    judged_from: Time,
    trial: Option<Trial>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    start: Time,
    packets: u32,
    lost: u32,
}

#[derive(Clone, Copy, Debug)]
struct Trial {
    from: Time,
    before: f64,
    restore: f64,
}

impl LossController {
    pub fn new() -> Self {
        LossController {
            buckets: VecDeque::new(),
            run: VecDeque::new(),
            inherent: 0.0,
            inherent_until: Time::ZERO,
            judged_from: Time::ZERO,
            trial: None,
        }
    }

    /// A packet was reported missing; in sending order.
    pub fn on_lost(&mut self, sent_at: Time) {
        if self.run.len() < MAX_RUN {
            self.run.push_back(sent_at);
        }
    }

    /// A packet was reported received; in sending order.
    pub fn on_received(&mut self, sent_at: Time) {
        let blackout = match (self.run.front(), self.run.back()) {
            (Some(&first), Some(&last)) => last.since(first) > BLACKOUT,
            _ => false,
        };
        while let Some(lost_at) = self.run.pop_front() {
            if !blackout {
                self.count(lost_at, 1);
            }
        }
        self.count(sent_at, 0);
    }

    /// A packet reported missing before has arrived after all.
    pub fn on_found(&mut self, sent_at: Time) {
        self.run.retain(|&lost_at| lost_at != sent_at);
        let bucket = self.buckets.iter_mut().rev().find(|bucket| bucket.start <= sent_at);
        if let Some(bucket) = bucket {
            bucket.lost = bucket.lost.saturating_sub(1);
        }
    }

    /// Share of packets lost lately, 0 to 1.
    pub fn loss(&self) -> f64 {
        let (packets, lost) = self.count_since(self.newest() - WINDOW);
        f64::from(lost) / f64::from(packets.max(1))
    }

    /// Loss that the path is known to have at any rate, 0 to 1.
    pub fn inherent(&self) -> f64 {
        self.inherent
    }

    /// Judges, while sending at `target` bits per second with effects visible after `response`.
    pub fn judge(&mut self, target: f64, response: Duration, now: Time) -> Advice {
        if now >= self.inherent_until {
            self.inherent = 0.0;
        }
        match self.trial {
            Some(trial) => self.judge_trial(trial, response, now),
            None => self.judge_window(target, now),
        }
    }

    /// The rate was cut because of delay: losses until `from` belong to that, and a trial proves
    /// nothing any more.
    pub fn forgive_until(&mut self, from: Time) {
        self.trial = None;
        self.judged_from = self.judged_from.max(from);
    }

    fn judge_window(&mut self, target: f64, now: Time) -> Advice {
        let (packets, lost) = self.count_since((self.newest() - WINDOW).max(self.judged_from));
        if packets < MIN_PACKETS {
            return Advice::None;
        }
        let loss = f64::from(lost) / f64::from(packets);
        self.inherent = self.inherent.min(loss + MARGIN);
        let chance = SIGMAS * (loss * (1.0 - loss) / f64::from(packets)).sqrt();
        if loss <= self.inherent + MARGIN + chance {
            return Advice::None;
        }
        self.trial = Some(Trial { from: now, before: loss, restore: target });
        Advice::Cut
    }

    fn judge_trial(&mut self, trial: Trial, response: Duration, now: Time) -> Advice {
        let (packets, lost) = self.count_since(trial.from);
        let enough = packets >= MIN_PACKETS && self.newest().since(trial.from) >= TRIAL;
        if !enough {
            if now.since(trial.from) > TRIAL_LIMIT + response {
                self.forgive_until(now);
            }
            return Advice::None;
        }
        let loss = f64::from(lost) / f64::from(packets);
        self.forgive_until(now);
        if loss < trial.before * CURED_SHARE {
            return Advice::None;
        }
        self.inherent = loss;
        self.inherent_until = now + INHERENT_LIFE;
        Advice::Restore(trial.restore)
    }

    fn count(&mut self, sent_at: Time, lost: u32) {
        match self.buckets.back_mut() {
            Some(bucket) if sent_at < bucket.start + BUCKET => {
                bucket.packets += 1;
                bucket.lost += lost;
            }
            _ => {
                if self.buckets.len() == BUCKETS {
                    self.buckets.pop_front();
                }
                self.buckets.push_back(Bucket { start: sent_at, packets: 1, lost });
            }
        }
    }

    fn count_since(&self, from: Time) -> (u32, u32) {
        let recent = self.buckets.iter().rev().take_while(|bucket| bucket.start >= from);
        recent.fold((0, 0), |(packets, lost), bucket| (packets + bucket.packets, lost + bucket.lost))
    }

    fn newest(&self) -> Time {
        self.buckets.back().map_or(Time::ZERO, |bucket| bucket.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: Duration = Duration::from_millis(150);

    /// Packets every 5 ms with a judgement after each; `lost` tells by number and by the share of
    /// the first rate that is being sent. Returns the rate after each second.
    fn run(seconds: u64, lost: impl Fn(u64, f64) -> bool) -> Vec<f64> {
        let mut controller = LossController::new();
        let mut rate = 1.0;
        let mut rates = Vec::new();
        for n in 0..seconds * 200 {
            let now = Time::from_millis(1000 + n * 5);
            if lost(n, rate) {
                controller.on_lost(now);
            } else {
                controller.on_received(now);
            }
            match controller.judge(rate, RESPONSE, now) {
                Advice::None => {}
                Advice::Cut => rate *= 0.85 * (1.0 - controller.loss()),
                Advice::Restore(before) => rate = before,
            }
            if n % 200 == 199 {
                rates.push(rate);
            }
        }
        rates
    }

    fn chance(n: u64) -> f64 {
        (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1u64 << 24) as f64
    }

    #[test]
    fn ten_percent_of_random_loss_changes_nothing() {
        assert!(run(30, |n, _| chance(n) < 0.1).iter().all(|&rate| rate > 0.99));
    }

    #[test]
    fn random_loss_of_a_fifth_costs_one_short_dip() {
        let rates = run(30, |n, _| chance(n) < 0.2);
        assert!(rates.iter().filter(|&&rate| rate < 0.99).count() <= 3, "{rates:?}");
        assert!(rates.iter().all(|&rate| rate > 0.5), "{rates:?}");
    }

    #[test]
    fn loss_that_a_lower_rate_cures_keeps_the_lower_rate() {
        // A policer passes half of the first rate.
        let rates = run(10, |n, rate| chance(n) < 1.0 - (0.5 / rate).min(1.0));
        assert!(rates[1..].iter().all(|&rate| rate < 0.6), "{rates:?}");
    }

    #[test]
    fn a_blackout_is_not_congestion() {
        let rates = run(20, |n, _| (1000..2000).contains(&n));
        assert!(rates.iter().all(|&rate| rate > 0.99), "{rates:?}");
    }

    #[test]
    fn packets_found_later_were_not_lost() {
        let mut controller = LossController::new();
        for n in 0..100u64 {
            let at = Time::from_millis(n * 5);
            if n % 2 == 0 {
                controller.on_lost(at);
            } else {
                controller.on_received(at);
            }
        }
        assert!(controller.loss() > 0.4);
        for n in (0..100u64).step_by(2) {
            controller.on_found(Time::from_millis(n * 5));
        }
        assert_eq!(controller.loss(), 0.0);
    }
}
