use std::collections::VecDeque;

use super::{Body, Packet, Rng, Scenario};

/// A bottleneck: random loss, a tail-drop queue, a rate, a delay.
pub struct Link {
    rates: Vec<(u64, u64)>,
    queue_ms: u64,
    delay_us: u64,
    jitter_us: u64,
    loss: f64,
    queue: VecDeque<(u64, Packet)>,
    bytes: usize,
    free_us: u64,
    rate: u64,
    last_arrival_us: u64,
    flying: VecDeque<(u64, Packet)>,
    download: Option<Download>,
}

/// A greedy TCP flow through the same queue: slow growth, halved by each loss.
struct Download {
    from_us: u64,
    to_us: u64,
    window: f64,
    in_flight: usize,
    halved_us: u64,
    acks: VecDeque<u64>,
}

const TCP_PACKET: usize = 1_400;

impl Link {
    pub fn new(scenario: &Scenario) -> Self {
        Link {
            rates: scenario.rates.clone(),
            queue_ms: scenario.queue_ms,
            delay_us: scenario.delay_ms * 1_000,
            jitter_us: scenario.jitter_ms * 1_000,
            loss: scenario.loss,
            queue: VecDeque::new(),
            bytes: 0,
            free_us: 0,
            rate: 0,
            last_arrival_us: 0,
            flying: VecDeque::new(),
            download: scenario.download.clone().map(|seconds| Download {
                from_us: seconds.start * 1_000_000,
                to_us: seconds.end * 1_000_000,
                window: 10.0,
                in_flight: 0,
                halved_us: 0,
                acks: VecDeque::new(),
            }),
        }
    }

    pub fn send(&mut self, packet: Packet, now_us: u64, rng: &mut Rng) {
        self.set_rate(now_us);
        let room = (self.rate * self.queue_ms / 8_000) as usize;
        if self.rate == 0 || self.bytes > room || rng.chance(self.loss) {
            return;
        }
        self.bytes += packet.size;
        self.queue.push_back((now_us, packet));
    }

    pub fn arrived(&mut self, now_us: u64, rng: &mut Rng) -> Vec<(u64, Packet)> {
        self.set_rate(now_us);
        self.push_download(now_us);
        while let Some((queued_us, packet)) = self.queue.front().filter(|_| self.rate > 0) {
            let done = self.free_us.max(*queued_us) + packet.size as u64 * 8_000_000 / self.rate;
            if done > now_us {
                break;
            }
            self.free_us = done;
            let jitter = (rng.unit().powi(3) * self.jitter_us as f64) as u64;
            let arrival = (done + self.delay_us + jitter).max(self.last_arrival_us);
            self.last_arrival_us = arrival;
            if let Some((_, packet)) = self.queue.pop_front() {
                self.bytes -= packet.size;
                match (&packet.body, &mut self.download) {
                    (Body::Other, Some(download)) => download.acks.push_back(done + 2 * self.delay_us),
                    _ => self.flying.push_back((arrival, packet)),
                }
            }
        }
        let ready = self.flying.iter().take_while(|(at, _)| *at <= now_us).count();
        self.flying.drain(..ready).collect()
    }

    /// How long a packet sent now would wait.
    pub fn queue_us(&self) -> u64 {
        self.bytes as u64 * 8_000_000 / self.rate.max(1)
    }

    fn push_download(&mut self, now_us: u64) {
        let Some(download) = &mut self.download else {
            return;
        };
        while download.acks.front().is_some_and(|at| *at <= now_us) {
            download.acks.pop_front();
            download.in_flight -= 1;
            download.window += 1.0 / download.window;
        }
        if !(download.from_us..download.to_us).contains(&now_us) {
            return;
        }
        let room = (self.rate * self.queue_ms / 8_000) as usize;
        while (download.in_flight as f64) < download.window {
            if self.bytes > room {
                if now_us - download.halved_us > 100_000 {
                    download.window = (download.window / 2.0).max(2.0);
                    download.halved_us = now_us;
                }
                break;
            }
            download.in_flight += 1;
            self.bytes += TCP_PACKET;
            let packet = Packet {
                transport_seq: 0,
                size: TCP_PACKET,
                created_us: now_us,
                body: Body::Other,
                repeated: false,
            };
            self.queue.push_back((now_us, packet));
        }
    }

    fn set_rate(&mut self, now_us: u64) {
        let current = self.rates.iter().rev().find(|(from_ms, _)| from_ms * 1_000 <= now_us);
        self.rate = current.map_or(0, |&(_, rate)| rate);
        if self.rate == 0 {
            self.queue.clear();
            self.bytes = 0;
        }
    }
}

/// A path that only delays.
pub struct Wire<T> {
    flying: VecDeque<(u64, T)>,
}

impl<T> Default for Wire<T> {
    fn default() -> Self {
        Wire { flying: VecDeque::new() }
    }
}

impl<T> Wire<T> {
    pub fn send(&mut self, message: T, arrival_us: u64) {
        self.flying.push_back((arrival_us, message));
    }

    pub fn arrived(&mut self, now_us: u64) -> Vec<T> {
        let ready = self.flying.iter().take_while(|(at, _)| *at <= now_us).count();
        self.flying.drain(..ready).map(|(_, message)| message).collect()
    }
}
