//! A call's sender and receiver with a bottleneck between them, on virtual time.

mod link;
mod receiver;
mod report;
mod sender;

use duet_media::Time;

use link::{Link, Wire};
use receiver::Receiver;
pub use report::Report;
use sender::Sender;

/// A step of the simulation.
const STEP_US: u64 = 1_000;

/// The path and the limits of one simulated call.
#[derive(Clone)]
pub struct Scenario {
    pub seed: u64,
    pub seconds: u64,
    /// Bits per second of the bottleneck, each from a millisecond on; 0 is an outage.
    pub rates: Vec<(u64, u64)>,
    pub queue_ms: u64,
    pub delay_ms: u64,
    /// Up to this much more delay on each packet, keeping the order.
    pub jitter_ms: u64,
    /// Random loss, 0 to 1, in both directions.
    pub loss: f64,
    /// Seconds during which a TCP download uses the same bottleneck.
    pub download: Option<std::ops::Range<u64>>,
    pub feedback_ms: u64,
    pub start_bps: u64,
    pub max_bps: u64,
    /// The encoder never makes more than this.
    pub video_max_bps: u64,
}

impl Scenario {
    /// A clean path of 20 ms each way that starts the call at `start_bps`.
    pub fn new(link_bps: u64, start_bps: u64, max_bps: u64) -> Self {
        Scenario {
            seed: 1,
            seconds: 60,
            rates: vec![(0, link_bps)],
            queue_ms: 200,
            delay_ms: 20,
            jitter_ms: 0,
            loss: 0.0,
            download: None,
            feedback_ms: 50,
            start_bps,
            max_bps,
            video_max_bps: u64::MAX,
        }
    }

    /// Runs the call and prints what happened.
    pub fn run(self, name: &str) -> Report {
        let mut rng = Rng(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut sender = Sender::new(&self);
        let mut receiver = Receiver::new(&self);
        let mut forward = Link::new(&self);
        let mut back: Wire<Control> = Wire::default();
        let mut report = Report::new(self.seconds);
        for step in 0..self.seconds * 1_000_000 / STEP_US {
            let now_us = step * STEP_US;
            let now = Time::from_nanos(now_us * 1_000);
            for message in back.arrived(now_us) {
                sender.on_control(message, now);
            }
            for packet in sender.step(now, &mut rng) {
                report.on_sent(now_us, &packet);
                forward.send(packet, now_us, &mut rng);
            }
            for (arrival_us, packet) in forward.arrived(now_us, &mut rng) {
                receiver.on_packet(&packet, arrival_us, now, &mut report);
            }
            for message in receiver.step(now, &mut report) {
                if !rng.chance(self.loss) {
                    back.send(message, now_us + self.delay_ms * 1_000);
                }
            }
            if step % 100 == 0 {
                report.on_state(now_us, sender.stats(now), forward.queue_us());
            }
        }
        report.skipped = sender.skipped();
        report.print(name, &self);
        report
    }
}

/// A packet on the forward path.
#[derive(Clone, Debug)]
pub struct Packet {
    pub transport_seq: u16,
    pub size: usize,
    pub created_us: u64,
    pub body: Body,
    pub repeated: bool,
}

#[derive(Clone, Debug)]
pub enum Body {
    Audio,
    Video {
        seq: u16,
        frame: u64,
        index: usize,
        count: usize,
        key: bool,
    },
    /// Someone else's.
    Other,
}

/// What the receiver tells the sender.
#[derive(Clone, Debug)]
pub enum Control {
    Feedback(Vec<(u16, Option<i64>)>),
    Nack(Vec<u16>),
    KeyFrame,
}

/// A small repeatable generator (xorshift64*).
pub struct Rng(u64);

impl Rng {
    /// Evenly from 0 to 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }
}
