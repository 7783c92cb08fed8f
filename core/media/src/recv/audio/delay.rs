//! How late packets come, and how long sound must therefore be held back.
//!
//! Delays are in samples at 48 kHz. The delay of a packet is its arrival minus its timestamp; the
//! two clocks have different origins, so only differences mean anything. The smallest delay of the
//! last second is the *base*: the way without queues. What a packet has above it is its lateness.

/// Samples per slot of the base's history: 100 ms.
const SLOT: i64 = 4_800;
/// Slots of history: a second follows a route change and 100 ppm of clock drift at once, and has
/// 50 packets, of which one nearly always met no queue.
const SLOTS: usize = 10;

/// Samples per step of the lateness histogram: 5 ms.
const STEP: i64 = 240;
/// Steps of the histogram: up to 320 ms, just over the largest delay that is ever aimed for.
const STEPS: usize = 64;

/// The latest packet of each period counts, the others do not: a burst after a stall is one
/// event and not 25, and the periods' maxima make a percentile of them cover the rare packet.
const PERIOD: i64 = 24_000;
/// The first periods are shorter (100 ms), so that a call settles within its first second.
const FIRST_PERIOD: i64 = 4_800;
/// How many periods are short.
const FIRST_PERIODS: u32 = 10;

/// Weight of the past against one more period: half is forgotten in 17 s, and a single stall
/// weighs 2 %, too little to move the percentile. Two more within that time do.
const MEMORY: f32 = 0.98;
/// The part of periods that must have had no packet later than the target.
const PERCENTILE: f32 = 0.95;

/// Held back on top of the percentile: the 10 ms between two pulls.
const PULL_MARGIN: i64 = 480;
/// Held back before anything is known: enough for Wi-Fi and a host that pulls in 20 ms bursts.
const FIRST_TARGET: i64 = 1_920;

/// Samples the delay may differ from the base before the sender's clock must have jumped:
/// forward by half a second without that time passing, or back, or a stall of two seconds.
const MAX_EARLY: i64 = 24_000;
const MAX_LATE: i64 = 96_000;

/// Learns the delay to aim for.
#[derive(Debug)]
pub(super) struct DelayEstimator {
    /// Number of a slot and the smallest delay in it.
    slots: [(i64, i64); SLOTS],
    base: Option<i64>,
    histogram: [f32; STEPS],
    periods: u32,
    /// When the current period began, and the greatest lateness in it.
    period: Option<(i64, i64)>,
    target: i64,
}

impl DelayEstimator {
    pub(super) fn new() -> DelayEstimator {
        DelayEstimator {
            slots: [(i64::MIN, 0); SLOTS],
            base: None,
            histogram: [0.0; STEPS],
            periods: 0,
            period: None,
            target: FIRST_TARGET,
        }
    }

    /// The delay of the fastest packets; `None` before the first.
    pub(super) fn base(&self) -> Option<i64> {
        self.base
    }

    /// How long after the fastest arrival of its packet a sample should be played.
    pub(super) fn target(&self) -> i64 {
        self.target
    }

    /// Whether a packet of this delay cannot belong to the stream so far.
    pub(super) fn is_jump(&self, delay: i64) -> bool {
        self.base.is_some_and(|base| !(-MAX_EARLY..=MAX_LATE).contains(&(delay - base)))
    }

    /// Forgets the base, but not how packets spread: the way is the same.
    pub(super) fn restart(&mut self) {
        self.slots = [(i64::MIN, 0); SLOTS];
        self.base = None;
        self.period = None;
    }

    /// Notes a packet's arrival.
    pub(super) fn on_packet(&mut self, delay: i64, now: i64) {
        let number = now / SLOT;
        let slot = &mut self.slots[(number as usize) % SLOTS];
        *slot = if slot.0 == number { (number, slot.1.min(delay)) } else { (number, delay) };
        let oldest = number - SLOTS as i64;
        let recent = self.slots.iter().filter(|(at, _)| *at > oldest);
        let base = recent.map(|&(_, least)| least).min().unwrap_or(delay);
        self.base = Some(base);
        self.note(delay - base, now);
    }

    fn note(&mut self, lateness: i64, now: i64) {
        let length = if self.periods < FIRST_PERIODS { FIRST_PERIOD } else { PERIOD };
        match self.period {
            Some((began, greatest)) if now - began < length => {
                self.period = Some((began, greatest.max(lateness)));
            }
            Some((_, greatest)) => {
                self.close_period(greatest);
                self.period = Some((now, lateness));
            }
            None => self.period = Some((now, lateness)),
        }
    }

    fn close_period(&mut self, greatest: i64) {
        // The first periods are averaged plainly, or the very first would rule for a minute.
        let memory = MEMORY.min(self.periods as f32 / (self.periods + 1) as f32);
        self.periods = self.periods.saturating_add(1);
        self.histogram.iter_mut().for_each(|weight| *weight *= memory);
        let step = (greatest / STEP).clamp(0, STEPS as i64 - 1) as usize;
        self.histogram[step] += 1.0 - memory;
        let mut sum = 0.0;
        let enough = self.histogram.iter().position(|weight| {
            sum += weight;
            sum >= PERCENTILE
        });
        let step = enough.unwrap_or(STEPS - 1) as i64;
        self.target = (step + 1) * STEP + PULL_MARGIN;
    }
}

/// Pulls whose smallest delay counts: 200 ms. A host that pulls 80 ms at once, as some do, sees
/// the delay swing by as much within a burst; only the last block of a burst tells if it was
/// enough.
const RECENT: usize = 20;
/// Pulls it takes to judge.
const ENOUGH: usize = 5;

/// The delay at which sound was played of late, as now minus timestamp.
#[derive(Debug)]
pub(super) struct PlayedDelay {
    recent: [i64; RECENT],
    count: usize,
}

impl PlayedDelay {
    pub(super) fn new() -> PlayedDelay {
        PlayedDelay { recent: [0; RECENT], count: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    pub(super) fn push(&mut self, delay: i64) {
        self.recent[self.count % RECENT] = delay;
        self.count += 1;
    }

    /// Notes that everything is from now on played `samples` later (or, if negative, earlier).
    pub(super) fn shift(&mut self, samples: i64) {
        self.recent.iter_mut().for_each(|delay| *delay += samples);
    }

    /// The smallest; `None` until it means something.
    pub(super) fn least(&self) -> Option<i64> {
        let held = &self.recent[..self.count.min(RECENT)];
        if held.len() < ENOUGH { None } else { held.iter().copied().min() }
    }
}
