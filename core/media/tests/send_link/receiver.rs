use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use duet_media::Time;
use duet_media::recv::NackGenerator;

use super::{Body, Control, Packet, Report, Scenario};

/// How often a key frame is asked for again while it is missing.
const KEY_FRAME_RETRY: Duration = Duration::from_millis(200);
/// Without a decoded frame for this long, a key frame is asked for.
const STALLED: Duration = Duration::from_millis(600);

/// Assembles frames, asks for what is missing and reports arrivals.
pub struct Receiver {
    nack: NackGenerator,
    feedback_ms: u64,
    arrivals: BTreeMap<u64, i64>,
    reported_to: Option<u64>,
    frames: BTreeMap<u64, Frame>,
    decoded: Option<u64>,
    key_asked_at: Option<Time>,
    key_needed: bool,
    progress_at: Time,
    ticks: u64,
}

struct Frame {
    created_us: u64,
    first_seq: u16,
    have: HashSet<usize>,
    count: usize,
    key: bool,
}

impl Receiver {
    pub fn new(scenario: &Scenario) -> Self {
        let mut nack = NackGenerator::new();
        nack.set_rtt(Duration::from_millis(scenario.delay_ms * 2));
        Receiver {
            nack,
            feedback_ms: scenario.feedback_ms,
            arrivals: BTreeMap::new(),
            reported_to: None,
            frames: BTreeMap::new(),
            decoded: None,
            key_asked_at: None,
            key_needed: false,
            progress_at: Time::ZERO,
            ticks: 0,
        }
    }

    pub fn on_packet(&mut self, packet: &Packet, arrival_us: u64, now: Time, report: &mut Report) {
        let newest = self.arrivals.last_key_value().map_or(u64::from(packet.transport_seq), |(id, _)| *id);
        let newest = self.reported_to.map_or(newest, |reported| newest.max(reported - 1));
        let ahead = packet.transport_seq.wrapping_sub(newest as u16) as i16;
        self.arrivals.insert(newest.saturating_add_signed(i64::from(ahead)), arrival_us as i64 - 5_000_000);
        match packet.body {
            Body::Audio => report.on_audio(packet.created_us, arrival_us),
            Body::Other => {}
            Body::Video { seq, frame, index, count, key } => {
                self.nack.on_packet(seq, now, packet.repeated);
                if self.decoded.is_some_and(|decoded| frame <= decoded) {
                    return;
                }
                let entry = self.frames.entry(frame).or_insert_with(|| Frame {
                    created_us: packet.created_us,
                    first_seq: seq.wrapping_sub(index as u16),
                    have: HashSet::new(),
                    count,
                    key,
                });
                if entry.have.insert(index) {
                    report.on_video_bytes(arrival_us, packet.size);
                }
                self.decode(now, report);
            }
        }
    }

    pub fn step(&mut self, now: Time, report: &mut Report) -> Vec<Control> {
        let mut messages = Vec::new();
        let requests = self.nack.poll(now);
        if !requests.is_empty() {
            messages.push(Control::Nack(requests.to_vec()));
        }
        if self.nack.take_lost() || now.since(self.progress_at) > STALLED {
            self.key_needed = true;
        }
        if self.key_needed && self.key_asked_at.is_none_or(|at| now.since(at) > KEY_FRAME_RETRY) {
            self.key_asked_at = Some(now);
            report.key_requests += 1;
            messages.push(Control::KeyFrame);
        }
        if self.ticks.is_multiple_of(self.feedback_ms) {
            messages.extend(self.feedback());
        }
        self.ticks += 1;
        messages
    }

    fn feedback(&mut self) -> Option<Control> {
        let (&first, _) = self.arrivals.first_key_value()?;
        let (&last, _) = self.arrivals.last_key_value()?;
        let from = self.reported_to.unwrap_or(first).min(first);
        let arrivals = std::mem::take(&mut self.arrivals);
        self.reported_to = Some(last + 1);
        Some(Control::Feedback((from..=last).map(|id| (id as u16, arrivals.get(&id).copied())).collect()))
    }

    fn decode(&mut self, now: Time, report: &mut Report) {
        loop {
            let next = self.decoded.map_or(0, |decoded| decoded + 1);
            let whole = |frame: &Frame| frame.have.len() == frame.count;
            let key = self.frames.iter().rev().find(|(_, frame)| frame.key && whole(frame));
            let number = match (key, self.frames.get(&next)) {
                (_, Some(frame)) if whole(frame) && (frame.key || next > 0) => next,
                (Some((&number, _)), _) => number,
                _ => return,
            };
            let Some(frame) = self.frames.remove(&number) else {
                return;
            };
            report.on_decoded(frame.created_us, now.as_micros());
            if frame.key {
                self.nack.forget_before(frame.first_seq);
                self.key_needed = false;
                self.key_asked_at = None;
            }
            self.progress_at = now;
            self.decoded = Some(number);
            self.frames.retain(|&other, _| other > number);
        }
    }
}
