//! What is played next.

use std::time::Duration;

use bytes::Bytes;

use super::delay::{DelayEstimator, PlayedDelay};
use super::packets::{Packets, Unwrapper, Waiting};
use super::stretch::{Seam, lengthen, shorten};
use super::{
    AudioConfig, AudioRecvCounters, MAX_PACKET_SAMPLES, PULL, PacketDecoder, Played, duration, samples,
};
use crate::Time;

/// Samples that may wait at most, 400 ms: over that the oldest are skipped down to the target.
/// A call in which both sides add this much cannot be talked in.
const HARD_CAP: i64 = 19_200;
/// Samples the delay may be above the target before sound is shortened: 15 ms, the longest
/// stretch there is to remove, so that shortening never ends below the target.
const SLACK_ABOVE: i64 = 720;
/// Samples the delay may be below the target before sound is lengthened: 8 ms. With the 15 ms a
/// stretch may add this stays below [`SLACK_ABOVE`]: the two never take turns.
const SLACK_BELOW: i64 = 384;
/// Samples above the target from which on every packet is shortened, by any seam: 50 ms is what
/// people begin to notice. 300 ms are gone in 0.6 s.
const HURRY: i64 = 2_400;
/// Samples between two changes of length when there is no hurry: 60 ms keeps them unheard.
const CALM: i64 = 2_880;
/// Concealment is at full strength this long (60 ms), and silent from [`FADE_END`] on (120 ms):
/// what a decoder invents after that is noise, not speech.
const FADE_START: usize = 2_880;
const FADE_END: usize = 5_760;
/// After faded concealment sound comes back over this many samples (5 ms), without a click.
const FADE_IN: usize = 240;
/// Smallest unit of concealment: 2.5 ms, the shortest frame of Opus.
const CONCEAL_UNIT: i64 = 120;
/// Packets of up to this many bytes hold no sound: Opus in DTX (RFC 6716, section 3.1; a byte of
/// header and at most one of padding).
const DTX_BYTES: usize = 2;
/// Samples without a packet after which the stream starts anew, at its target delay: a second,
/// over twice the time between two packets of Opus in DTX.
const IDLE: i64 = 48_000;
/// Packets in a row from far back that are taken for strays; one more, and the sender's clock
/// was set back.
const STRAYS: u32 = 2;
/// Samples of a hole in the timestamps that are concealed at most, before it is jumped over.
const MAX_HOLE: i64 = 24_000;
/// Samples it takes to find whole periods of low voices: short packets are decoded ahead for it.
const STRETCH_ROOM: usize = 960;
/// Room for what was not played yet, the longest packet and the longest stretch.
const READY_ROOM: usize = 8_192;

/// The jitter buffer of one audio stream. One thread at a time; no allocation per call.
pub struct AudioJitterBuffer {
    config: AudioConfig,
    unwrapper: Unwrapper,
    packets: Packets,
    delays: DelayEstimator,
    played: PlayedDelay,
    last_arrival: Option<i64>,
    /// Packets in a row that came from too far back.
    strays: u32,
    /// Timestamp of what follows `ready`; `None` while nothing is played.
    play: Option<i64>,
    /// Samples concealed since `play` stands still because nothing is there.
    stalled: i64,
    /// Sound that was made but not pulled, and what it is.
    ready: Vec<f32>,
    ready_is: Played,
    /// Whether a packet was decoded in this pull, so that `ready` can be stretched.
    fresh: bool,
    pcm: Box<[f32; MAX_PACKET_SAMPLES]>,
    /// Of the packet played last: extended sequence number, samples, and whether it was DTX.
    last_seq: u64,
    last_samples: usize,
    dtx: bool,
    /// Samples concealed since the last packet.
    concealed_run: usize,
    /// Samples played since the length was last changed.
    since_change: i64,
    counters: AudioRecvCounters,
}

impl AudioJitterBuffer {
    /// A buffer that has seen nothing yet.
    pub fn new(config: AudioConfig) -> AudioJitterBuffer {
        AudioJitterBuffer {
            config,
            unwrapper: Unwrapper::new(config.clock_rate),
            packets: Packets::new(),
            delays: DelayEstimator::new(),
            played: PlayedDelay::new(),
            last_arrival: None,
            strays: 0,
            play: None,
            stalled: 0,
            ready: Vec::with_capacity(READY_ROOM),
            ready_is: Played::Silence,
            fresh: false,
            pcm: Box::new([0.0; MAX_PACKET_SAMPLES]),
            last_seq: 0,
            last_samples: 0,
            dtx: false,
            concealed_run: 0,
            since_change: 0,
            counters: AudioRecvCounters::default(),
        }
    }

    /// Takes a packet, in any order; `now` is when it arrived. An empty payload is ignored.
    pub fn insert(&mut self, seq: u16, timestamp: u32, payload: Bytes, now: Time) {
        if payload.is_empty() {
            return;
        }
        self.counters.packets += 1;
        let at = clock(now);
        let (seq, ts) = self.unwrapper.unwrap(seq, timestamp);
        let newest = self.unwrapper.is_newest(ts);
        let jump = self.delays.is_jump(at - ts);
        if jump && !newest && self.strays < STRAYS {
            self.strays += 1;
            self.counters.discarded += 1;
            return;
        }
        self.strays = 0;
        let idle = self.last_arrival.is_some_and(|last| at - last > IDLE);
        if jump || idle {
            self.restart();
        }
        if jump || newest {
            self.unwrapper.accept(seq, timestamp, ts);
        }
        self.last_arrival = Some(at);
        self.delays.on_packet(at - ts, at);
        if self.play.is_some_and(|play| ts < play) {
            self.counters.discarded += 1;
            return;
        }
        if self.packets.is_full() {
            self.packets.pop();
            self.counters.discarded += 1;
        }
        if !self.packets.insert(Waiting { seq, ts, payload, arrival: now }) {
            self.counters.duplicates += 1;
        }
        if self.waiting() > HARD_CAP {
            self.skip_to_target();
        }
    }

    /// Fills `out` with the next 10 ms (48 kHz mono, full scale 1.0), and says what it is.
    pub fn pull(&mut self, decoder: &mut dyn PacketDecoder, now: Time, out: &mut [f32; PULL]) -> Played {
        let at = clock(now);
        if !self.is_playing(at) {
            let rest = self.ready.len().min(PULL);
            out[..rest].copy_from_slice(&self.ready[..rest]);
            out[rest..].fill(0.0);
            self.ready.clear();
            return Played::Silence;
        }
        if let Some(play) = self.play {
            self.played.push(at - (play - self.ready.len() as i64));
        }
        let left = if self.ready.is_empty() { Played::Silence } else { self.ready_is };
        let mut is = left.max(self.fill(decoder, now));
        if self.fresh {
            self.keep_target(decoder, now);
            is = is.max(self.fill(decoder, now));
        }
        self.fresh = false;
        out.copy_from_slice(&self.ready[..PULL]);
        self.ready.drain(..PULL);
        self.since_change += PULL as i64;
        self.counters.samples += PULL as u64;
        let squares: f32 = out.iter().map(|sample| sample * sample).sum();
        self.counters.energy += f64::from(squares) / 48_000.0;
        is
    }

    /// Sets the least delay to aim for, e.g. to wait for a slower picture.
    pub fn set_min_delay(&mut self, delay: Duration) {
        self.config.min_delay = delay;
    }

    /// The delay it aims for: from the fastest arrival of a packet to its playing.
    pub fn target_delay(&self) -> Duration {
        duration(self.target())
    }

    /// The delay at which it plays now, measured as [`target_delay`](Self::target_delay) is;
    /// `None` while nothing is played.
    pub fn current_delay(&self, now: Time) -> Option<Duration> {
        let next = self.play? - self.ready.len() as i64;
        Some(duration(clock(now) - next - self.delays.base()?))
    }

    /// What was counted so far.
    pub fn counters(&self) -> AudioRecvCounters {
        self.counters
    }

    fn target(&self) -> i64 {
        let least = samples(self.config.min_delay).clamp(0, HARD_CAP);
        self.delays.target().min(samples(self.config.max_delay)).max(least)
    }

    /// Samples that wait to be played, holes counted in. The last packet counts as nothing: how
    /// long it is shows when it is decoded.
    fn waiting(&self) -> i64 {
        let (Some(first), Some(last)) = (self.packets.first(), self.packets.last_ts()) else {
            return self.ready.len() as i64;
        };
        last - self.play.unwrap_or(first.ts) + self.ready.len() as i64
    }

    /// Begins to play once the first packet has waited for as long as all should.
    fn is_playing(&mut self, at: i64) -> bool {
        if self.play.is_none()
            && let (Some(first), Some(base)) = (self.packets.first(), self.delays.base())
            && at - first.ts - base >= self.target()
        {
            self.play = Some(first.ts);
            self.last_seq = first.seq.wrapping_sub(1);
            self.stalled = 0;
            self.played.clear();
        }
        self.play.is_some()
    }

    /// Begins a new time line; how packets spread is remembered.
    fn restart(&mut self) {
        self.counters.discarded += self.packets.clear();
        self.delays.restart();
        self.play = None;
        self.stalled = 0;
    }

    /// Skips what is too much to catch up with, and keeps the newest.
    fn skip_to_target(&mut self) {
        let (Some(first), Some(last)) = (self.packets.first(), self.packets.last_ts()) else {
            return;
        };
        let from = self.play.unwrap_or(first.ts);
        let keep = last - self.target();
        while self.packets.first().is_some_and(|first| first.ts < keep) {
            self.packets.pop();
            self.counters.discarded += 1;
        }
        if let (Some(play), Some(first)) = (&mut self.play, self.packets.first()) {
            *play = first.ts;
            self.played.shift(from - first.ts);
            self.last_seq = first.seq.wrapping_sub(1);
            self.stalled = 0;
            // Make the seam a fade.
            self.concealed_run = self.concealed_run.max(FADE_END);
        }
    }

    /// Makes sure that `ready` lasts for a pull; gives the best of what it added.
    fn fill(&mut self, decoder: &mut dyn PacketDecoder, now: Time) -> Played {
        let mut best = Played::Silence;
        while self.ready.len() < PULL {
            self.ready_is = self.produce(decoder, now);
            best = best.max(self.ready_is);
        }
        best
    }

    /// Adds more sound to `ready`, and says what it is.
    fn produce(&mut self, decoder: &mut dyn PacketDecoder, now: Time) -> Played {
        let Some(first) = self.packets.first() else {
            self.stalled += PULL as i64;
            self.played.shift(PULL as i64);
            return self.conceal(decoder, PULL);
        };
        let (ts, missing) = (first.ts, first.seq.wrapping_sub(self.last_seq) > 1);
        let play = self.play.unwrap_or(ts);
        // A hole is as long as it is less what was concealed already while waiting.
        let covered = self.stalled.min(ts - play).max(0);
        self.stalled -= covered;
        self.played.shift(-covered);
        let play = play + covered;
        self.play = Some(play);
        let hole = ts - play;
        if !(CONCEAL_UNIT..=MAX_HOLE).contains(&hole) {
            self.played.shift(-hole);
            self.play = Some(ts);
            return self.decode(decoder, now);
        }
        if missing && hole == self.last_samples as i64 && self.repair(decoder) {
            return Played::Decoded;
        }
        let part = hole.min(PULL as i64) / CONCEAL_UNIT * CONCEAL_UNIT;
        self.play = Some(play + part);
        self.conceal(decoder, part as usize)
    }

    /// Plays the first packet.
    fn decode(&mut self, decoder: &mut dyn PacketDecoder, now: Time) -> Played {
        let Some(packet) = self.packets.pop() else {
            return self.conceal(decoder, PULL);
        };
        let decoded = decoder.decode(&packet.payload, &mut self.pcm[..]);
        let Some(length) = decoded.filter(|length| (1..=MAX_PACKET_SAMPLES).contains(length)) else {
            // As good as lost: the next packet may still hold a copy of it.
            self.counters.discarded += 1;
            self.stalled = 0;
            return self.conceal_lost(decoder);
        };
        let wait = now.since(packet.arrival) + duration(self.ready.len() as i64);
        self.counters.jitter_buffer_delay += wait * length as u32;
        self.counters.emitted_samples += length as u64;
        self.dtx = packet.payload.len() <= DTX_BYTES;
        self.last_seq = packet.seq;
        self.last_samples = length;
        self.play = Some(packet.ts + length as i64);
        self.stalled = 0;
        self.append(length);
        if self.dtx {
            return Played::Silence;
        }
        self.fresh = true;
        Played::Decoded
    }

    /// Conceals a packet that could not be decoded, unless the one after it can repair it.
    fn conceal_lost(&mut self, decoder: &mut dyn PacketDecoder) -> Played {
        let length = if self.last_samples == 0 { 2 * PULL } else { self.last_samples };
        let play = self.play.unwrap_or_default();
        let next_is_due = self.packets.first().is_some_and(|next| next.ts == play + length as i64);
        if next_is_due && self.repair(decoder) {
            return Played::Decoded;
        }
        let part = length.min(PULL);
        self.play = Some(play + part as i64);
        self.conceal(decoder, part)
    }

    /// Rebuilds the lost packet before the first one; false when that one has no copy of it.
    fn repair(&mut self, decoder: &mut dyn PacketDecoder) -> bool {
        let (Some(next), Some(play)) = (self.packets.first(), self.play) else {
            return false;
        };
        let length = self.last_samples;
        let pcm = &mut self.pcm[..length];
        if length == 0 || decoder.decode_fec(&next.payload, pcm) != Some(length) {
            return false;
        }
        self.counters.fec_samples += length as u64;
        self.counters.emitted_samples += length as u64;
        self.play = Some(play + length as i64);
        self.append(length);
        true
    }

    /// Adds what the decoder put into `pcm`, faded in if concealment had faded out.
    fn append(&mut self, length: usize) {
        let from = fade_gain(self.concealed_run);
        if from < 1.0 {
            for (n, sample) in self.pcm[..length.min(FADE_IN)].iter_mut().enumerate() {
                *sample *= from + (1.0 - from) * n as f32 / FADE_IN as f32;
            }
        }
        self.concealed_run = 0;
        self.ready.extend_from_slice(&self.pcm[..length]);
    }

    /// Adds `length` samples of invented sound, at most 10 ms.
    fn conceal(&mut self, decoder: &mut dyn PacketDecoder, length: usize) -> Played {
        let run = self.concealed_run;
        let silent = run >= FADE_END && !self.dtx;
        let pcm = &mut self.pcm[..length];
        let made = if silent { 0 } else { decoder.conceal(pcm).unwrap_or(0).min(length) };
        if made == 0 && !silent && run == 0 {
            // No help from the decoder: at least do not stop with a click.
            let last = self.ready.last().copied().unwrap_or(0.0);
            for (n, sample) in pcm.iter_mut().enumerate() {
                *sample = last * (1.0 - (n as f32 / FADE_IN as f32).min(1.0));
            }
        } else {
            pcm[made..].fill(0.0);
        }
        if !self.dtx {
            for (n, sample) in pcm[..made].iter_mut().enumerate() {
                *sample *= fade_gain(run + n);
            }
            self.counters.concealed_samples += length as u64;
            self.counters.silent_concealed_samples += if silent { length as u64 } else { 0 };
            self.counters.concealment_events += u64::from(run == 0);
            self.concealed_run = (run + length).min(FADE_END);
        }
        self.ready.extend_from_slice(pcm);
        if silent || self.dtx { Played::Silence } else { Played::Concealed }
    }

    /// Makes what is ready shorter or longer, to play at the target delay.
    fn keep_target(&mut self, decoder: &mut dyn PacketDecoder, now: Time) {
        let (Some(least), Some(base)) = (self.played.least(), self.delays.base()) else {
            return;
        };
        let excess = least - base - self.target();
        let calm = self.since_change >= CALM;
        let hurry = excess > HURRY;
        let seam = if hurry { Seam::Any } else { Seam::Smooth };
        let shorter = hurry || (excess > SLACK_ABOVE && calm);
        let longer = excess < -SLACK_BELOW && calm;
        if !shorter && !longer {
            return;
        }
        let due = self.packets.first().is_some_and(|next| Some(next.ts) == self.play);
        if due && self.ready.len() < STRETCH_ROOM {
            self.ready_is = self.decode(decoder, now);
        }
        let change = if shorter {
            // What is waiting must still last for this pull.
            let most = excess.min(self.waiting() - PULL as i64).max(0);
            let removed = shorten(&mut self.ready, most as usize, seam);
            self.counters.removed_samples += removed as u64;
            -(removed as i64)
        } else {
            let added = lengthen(&mut self.ready, MAX_PACKET_SAMPLES, seam);
            self.counters.inserted_samples += added as u64;
            added as i64
        };
        if change != 0 {
            self.played.shift(change);
            self.since_change = 0;
        }
    }
}

/// How loud concealment is after `run` samples of it.
fn fade_gain(run: usize) -> f32 {
    let faded = run.saturating_sub(FADE_START) as f32 / (FADE_END - FADE_START) as f32;
    (1.0 - faded).max(0.0)
}

/// A time as samples at 48 kHz since the clock's origin.
fn clock(now: Time) -> i64 {
    samples(now.since(Time::ZERO))
}
