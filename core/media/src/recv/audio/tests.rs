//! Whole streams on virtual time, with a codec that copies PCM.

use std::f32::consts::TAU;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::Time;

/// Copies 16-bit PCM. A payload is the packet's own sound, then a copy of the one before.
#[derive(Default)]
struct Copying {
    fec: bool,
    fails: bool,
}

impl PacketDecoder for Copying {
    fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Option<usize> {
        if self.fails {
            return None;
        }
        if packet.len() <= 2 {
            pcm[..960].fill(0.0);
            return Some(960);
        }
        Some(read(&packet[..packet.len() / 2], pcm))
    }

    fn decode_fec(&mut self, packet: &[u8], pcm: &mut [f32]) -> Option<usize> {
        (self.fec && packet.len() > 2).then(|| read(&packet[packet.len() / 2..], pcm))
    }

    fn conceal(&mut self, pcm: &mut [f32]) -> Option<usize> {
        pcm.fill(0.1);
        Some(pcm.len())
    }
}

fn read(bytes: &[u8], pcm: &mut [f32]) -> usize {
    for (sample, bytes) in pcm.iter_mut().zip(bytes.chunks_exact(2)) {
        *sample = f32::from(i16::from_le_bytes([bytes[0], bytes[1]])) / 32_768.0;
    }
    bytes.len() / 2
}

/// The sound that is sent: a voice-like tone.
fn source(n: i64) -> f32 {
    let t = n as f32 / 48_000.0;
    0.3 * (TAU * 150.0 * t).sin() + 0.2 * (TAU * 300.0 * t).sin() + 0.1 * (TAU * 450.0 * t).sin()
}

fn payload(start: i64, length: i64) -> Bytes {
    let own = start..start + length;
    let before = start - length..start;
    own.chain(before).flat_map(|n| ((source(n) * 32_768.0) as i16).to_le_bytes()).collect()
}

/// A generator of random numbers that is the same in every run.
struct Random(u64);

impl Random {
    /// Evenly spread over 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}

/// What one pull gave.
#[derive(Clone, Copy)]
struct Pull {
    at: f64,
    played: Played,
    /// Milliseconds from the fastest arrival to playing.
    delay: f64,
    target: f64,
    first: f32,
}

/// A sender, a network and a loudspeaker.
struct Sim {
    seconds: f64,
    /// Milliseconds in a packet.
    ptime: f64,
    /// Sender's clock against ours.
    drift: f64,
    first_seq: u16,
    first_timestamp: u32,
    /// Pulls at a time.
    burst: u64,
    config: AudioConfig,
    decoder: Copying,
}

impl Default for Sim {
    fn default() -> Sim {
        Sim {
            seconds: 20.0,
            ptime: 20.0,
            drift: 0.0,
            first_seq: 100,
            first_timestamp: 4_000,
            burst: 1,
            config: AudioConfig::default(),
            decoder: Copying { fec: true, fails: false },
        }
    }
}

impl Sim {
    /// Sends packet after packet; `network` gives, from the sending time in ms, the delay in ms.
    fn run(mut self, mut network: impl FnMut(f64) -> Option<f64>) -> (Vec<Pull>, AudioJitterBuffer) {
        let length = (self.ptime * 48.0) as i64;
        let mut arrivals = Vec::new();
        let mut sent = 0.0;
        let mut n = 0_i64;
        while sent < self.seconds * 1_000.0 {
            if let Some(delay) = network(sent) {
                arrivals.push((sent + delay, n));
            }
            n += 1;
            sent = n as f64 * self.ptime * (1.0 + self.drift);
        }
        arrivals.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut arrivals = arrivals.into_iter().peekable();
        let mut buffer = AudioJitterBuffer::new(self.config);
        let mut pulls = Vec::new();
        for step in 0..(self.seconds * 100.0) as u64 {
            // The device's clock is not in step with the packets.
            let at = (step / self.burst * self.burst) as f64 * 10.0 + 3.0;
            while let Some((arrival, n)) = arrivals.next_if(|(arrival, _)| *arrival <= at) {
                let ticks = n * length * i64::from(self.config.clock_rate) / 48_000;
                let timestamp = self.first_timestamp.wrapping_add(ticks as u32);
                let seq = self.first_seq.wrapping_add(n as u16);
                buffer.insert(seq, timestamp, payload(n * length, length), time(arrival));
            }
            let delay = buffer.current_delay(time(at)).map_or(0.0, |delay| delay.as_secs_f64() * 1e3);
            let target = buffer.target_delay().as_secs_f64() * 1e3;
            let mut out = [f32::NAN; PULL];
            let played = buffer.pull(&mut self.decoder, time(at), &mut out);
            assert!(out.iter().all(|sample| sample.abs() <= 1.0));
            pulls.push(Pull { at, played, delay, target, first: out[0] });
        }
        (pulls, buffer)
    }
}

fn time(ms: f64) -> Time {
    Time::from_nanos(5_000_000_000 + (ms * 1e6) as u64)
}

fn after(pulls: &[Pull], ms: f64) -> impl Iterator<Item = &Pull> {
    pulls.iter().filter(move |pull| pull.at >= ms)
}

/// The part of pulls from `ms` on in which nothing was decoded.
fn gaps(pulls: &[Pull], ms: f64) -> f64 {
    let bad = after(pulls, ms).filter(|pull| pull.played != Played::Decoded).count();
    bad as f64 / after(pulls, ms).count() as f64
}

fn mean_delay(pulls: &[Pull], ms: f64) -> f64 {
    after(pulls, ms).map(|pull| pull.delay).sum::<f64>() / after(pulls, ms).count() as f64
}

fn max_delay(pulls: &[Pull], ms: f64) -> f64 {
    after(pulls, ms).map(|pull| pull.delay).fold(0.0, f64::max)
}

#[test]
fn without_jitter_sound_is_at_most_40_ms_late_and_never_concealed() {
    for ptime in [10.0, 20.0, 40.0, 60.0] {
        let (pulls, buffer) = Sim { ptime, ..Sim::default() }.run(|_| Some(30.0));
        let counters = buffer.counters();
        assert_eq!(counters.concealed_samples, 0, "{ptime}");
        assert!(max_delay(&pulls, 1_000.0) <= 40.0, "{ptime}: {}", max_delay(&pulls, 1_000.0));
        assert!(after(&pulls, 100.0).all(|pull| pull.played == Played::Decoded));
        assert!(counters.mean_delay() <= Duration::from_millis(40), "{:?}", counters.mean_delay());
    }
}

#[test]
fn without_jitter_what_is_played_is_what_was_sent() {
    let min_delay = Duration::from_millis(40);
    let config = AudioConfig { min_delay, ..AudioConfig::default() };
    let (pulls, _) = Sim { config, ..Sim::default() }.run(|_| Some(0.0));
    let begin = pulls.iter().position(|pull| pull.played == Played::Decoded).unwrap();
    for (n, pull) in pulls[begin..].iter().enumerate() {
        assert!((pull.first - source(n as i64 * 480)).abs() < 1e-4, "{n}");
    }
}

#[test]
fn jitter_with_reordering_is_played_almost_without_concealment() {
    let mut random = Random(1);
    let (pulls, buffer) = Sim { seconds: 60.0, ..Sim::default() }.run(|_| Some(20.0 + 50.0 * random.next()));
    assert!(gaps(&pulls, 3_000.0) < 0.005, "{}", gaps(&pulls, 3_000.0));
    assert!((50.0..90.0).contains(&mean_delay(&pulls, 3_000.0)), "{}", mean_delay(&pulls, 3_000.0));
    assert!(buffer.counters().discarded < 15, "{}", buffer.counters().discarded);
}

#[test]
fn the_delay_follows_jitter_up_and_down() {
    let mut random = Random(2);
    let jitter = |sent: f64| if (20_000.0..40_000.0).contains(&sent) { 80.0 } else { 2.0 };
    let (pulls, _) = Sim { seconds: 80.0, ..Sim::default() }.run(|sent| Some(jitter(sent) * random.next()));
    let mean = |from: f64, to: f64| {
        let part: Vec<Pull> = after(&pulls, from).copied().filter(|pull| pull.at < to).collect();
        (mean_delay(&part, from), gaps(&part, from))
    };
    assert!(mean(5_000.0, 20_000.0).0 < 40.0);
    let (delay, gaps) = mean(25_000.0, 40_000.0);
    assert!(delay > 75.0 && delay < 130.0 && gaps < 0.01, "{delay} {gaps}");
    // What a bad time taught is forgotten, but not at once.
    assert!(mean(78_000.0, 80_000.0).0 < 130.0);
}

#[test]
fn lost_packets_are_rebuilt_from_the_next() {
    for loss in [0.05, 0.1, 0.2] {
        let mut random = Random(3);
        let (pulls, buffer) =
            Sim { seconds: 60.0, ..Sim::default() }.run(|_| (random.next() >= loss).then_some(20.0));
        let gaps = gaps(&pulls, 1_000.0);
        // Only a packet whose successor is lost as well is concealed.
        assert!(gaps < 1.5 * loss * loss + 0.005, "{loss}: {gaps}");
        let rebuilt = buffer.counters().fec_samples as f64 / (60.0 * 48_000.0);
        assert!((rebuilt - loss * (1.0 - loss)).abs() < 0.02, "{loss}: {rebuilt}");
    }
}

#[test]
fn without_redundancy_lost_packets_are_concealed_and_time_is_kept() {
    for loss in [0.05, 0.2] {
        let mut random = Random(4);
        let decoder = Copying::default();
        let (pulls, buffer) =
            Sim { seconds: 60.0, decoder, ..Sim::default() }.run(|_| (random.next() >= loss).then_some(20.0));
        assert!(mean_delay(&pulls, 1_000.0) < 40.0, "{}", mean_delay(&pulls, 1_000.0));
        let counters = buffer.counters();
        assert!(counters.concealment_events > 100);
        let expected = loss * 60.0 * 48_000.0;
        assert!((counters.concealed_samples as f64 / expected - 1.0).abs() < 0.2);
    }
}

#[test]
fn loss_and_jitter_together_stay_in_time() {
    let mut random = Random(5);
    let (pulls, _) = Sim { seconds: 60.0, ..Sim::default() }
        .run(|_| (random.next() >= 0.1).then(|| 20.0 + 40.0 * random.next()));
    assert!(gaps(&pulls, 3_000.0) < 0.03, "{}", gaps(&pulls, 3_000.0));
    assert!(mean_delay(&pulls, 3_000.0) < 90.0, "{}", mean_delay(&pulls, 3_000.0));
}

#[test]
fn after_a_stall_sound_is_back_at_its_target_within_a_second() {
    for stall in [100.0, 200.0, 300.0, 500.0, 900.0, 1_500.0, 3_000.0] {
        let begin = 30_000.0;
        let end = begin + stall;
        let (pulls, _) = Sim { seconds: 40.0, ..Sim::default() }.run(|sent| {
            let held = if (begin..end).contains(&sent) { end - sent } else { 0.0 };
            Some(20.0 + held)
        });
        let back = end + 20.0 + 1_000.0;
        let late = after(&pulls, back).find(|pull| pull.delay > pull.target + 40.0);
        assert!(late.is_none(), "{stall}: {:?}", late.map(|pull| (pull.at, pull.delay, pull.target)));
        assert!(max_delay(&pulls, back) < 80.0, "{stall}: {}", max_delay(&pulls, back));
        assert_eq!(gaps(&pulls, back), 0.0, "{stall}");
        let burst = max_delay(&pulls, end + 40.0);
        assert!(burst < 450.0, "{stall}: {burst} ms late after the stall");
    }
}

#[test]
fn concealment_fades_to_silence_in_120_ms() {
    let decoder = Copying::default();
    let sim = Sim { seconds: 5.0, decoder, ..Sim::default() };
    let (pulls, buffer) = sim.run(|sent| (sent < 2_000.0).then_some(20.0));
    let concealed = pulls.iter().filter(|pull| pull.played == Played::Concealed).count();
    assert_eq!(concealed, 12);
    assert!(after(&pulls, 2_300.0).all(|pull| pull.played == Played::Silence && pull.first == 0.0));
    let counters = buffer.counters();
    assert_eq!(counters.concealment_events, 1);
    assert_eq!(counters.concealed_samples - counters.silent_concealed_samples, 12 * 480);
}

#[test]
fn clock_drift_is_followed() {
    for drift in [100e-6, -100e-6] {
        let mut random = Random(6);
        let (pulls, buffer) =
            Sim { seconds: 60.0, drift, ..Sim::default() }.run(|_| Some(4.0 * random.next()));
        assert!(max_delay(&pulls, 2_000.0) < 50.0, "{drift}: {}", max_delay(&pulls, 2_000.0));
        assert_eq!(buffer.counters().concealed_samples, 0, "{drift}");
        assert_eq!(gaps(&pulls, 1_000.0), 0.0);
    }
}

#[test]
fn both_counters_may_wrap() {
    let sim = Sim { first_seq: 65_500, first_timestamp: u32::MAX - 20_000, ..Sim::default() };
    let (pulls, buffer) = sim.run(|_| Some(20.0));
    assert_eq!(gaps(&pulls, 100.0), 0.0);
    assert_eq!(buffer.counters().discarded, 0);
}

#[test]
fn a_host_that_pulls_in_bursts_hears_no_gaps() {
    for burst in [2, 4, 8] {
        let (pulls, _) = Sim { burst, ..Sim::default() }.run(|_| Some(20.0));
        assert_eq!(gaps(&pulls, 2_000.0), 0.0, "{burst}");
        assert!(max_delay(&pulls, 2_000.0) < 50.0 + 10.0 * burst as f64);
    }
}

#[test]
fn a_longer_way_is_followed_without_lasting_delay() {
    let (pulls, _) =
        Sim { seconds: 40.0, ..Sim::default() }.run(|sent| Some(if sent < 20_000.0 { 20.0 } else { 170.0 }));
    assert!(max_delay(&pulls, 24_000.0) < 60.0, "{}", max_delay(&pulls, 24_000.0));
    assert_eq!(gaps(&pulls, 24_000.0), 0.0);
    let (pulls, _) =
        Sim { seconds: 40.0, ..Sim::default() }.run(|sent| Some(if sent < 20_000.0 { 170.0 } else { 20.0 }));
    assert!(max_delay(&pulls, 21_500.0) < 60.0, "{}", max_delay(&pulls, 21_500.0));
    assert_eq!(gaps(&pulls, 24_000.0), 0.0);
}

#[test]
fn a_telephony_clock_of_8_khz_is_understood() {
    let config = AudioConfig { clock_rate: 8_000, ..AudioConfig::default() };
    let (pulls, buffer) = Sim { config, ..Sim::default() }.run(|_| Some(20.0));
    assert_eq!(gaps(&pulls, 100.0), 0.0);
    assert!(max_delay(&pulls, 1_000.0) <= 40.0);
    assert_eq!(buffer.counters().concealed_samples, 0);
}

#[test]
fn energy_is_the_sum_of_squares_times_seconds() {
    let (_, buffer) = Sim { seconds: 10.0, ..Sim::default() }.run(|_| Some(20.0));
    // Half of each amplitude's square, for 10 s.
    let expected = 10.0 * 0.5 * (0.3_f64.powi(2) + 0.2_f64.powi(2) + 0.1_f64.powi(2));
    let energy = buffer.counters().energy;
    assert!((energy / expected - 1.0).abs() < 0.03, "{energy}");
}

fn pull(buffer: &mut AudioJitterBuffer, ms: f64) -> Played {
    buffer.pull(&mut Copying { fec: true, fails: false }, time(ms), &mut [0.0; PULL])
}

fn insert(buffer: &mut AudioJitterBuffer, n: i64, ms: f64) {
    buffer.insert(n as u16, (n * 960) as u32, payload(n * 960, 960), time(ms));
}

/// A buffer that has played one second of packets without jitter.
fn warm() -> AudioJitterBuffer {
    let mut buffer = AudioJitterBuffer::new(AudioConfig::default());
    for n in 0..50 {
        insert(&mut buffer, n, n as f64 * 20.0);
        pull(&mut buffer, n as f64 * 20.0 + 5.0);
        pull(&mut buffer, n as f64 * 20.0 + 15.0);
    }
    buffer
}

#[test]
fn before_the_first_packet_there_is_silence_that_counts_nothing() {
    let mut buffer = AudioJitterBuffer::new(AudioConfig::default());
    assert_eq!(pull(&mut buffer, 0.0), Played::Silence);
    assert_eq!(buffer.counters(), AudioRecvCounters::default());
    assert_eq!(buffer.current_delay(time(0.0)), None);
}

#[test]
fn duplicates_and_late_packets_are_dropped_and_counted() {
    let mut buffer = warm();
    insert(&mut buffer, 50, 1_000.0);
    insert(&mut buffer, 50, 1_001.0);
    insert(&mut buffer, 10, 1_002.0);
    buffer.insert(51, 51 * 960, Bytes::new(), time(1_003.0));
    let counters = buffer.counters();
    assert_eq!((counters.packets, counters.duplicates, counters.discarded), (53, 1, 1));
}

#[test]
fn silence_that_is_not_sent_is_neither_concealment_nor_delay() {
    let mut buffer = warm();
    // Opus in DTX: a packet of one byte every 400 ms, then speech again.
    let mut at = 1_000.0;
    for k in 0..10 {
        let ts = (50 + k * 20) * 960;
        buffer.insert(50 + k as u16, ts, Bytes::from_static(&[0xf8]), time(at));
        for _ in 0..40 {
            assert_ne!(pull(&mut buffer, at + 5.0), Played::Concealed);
            at += 10.0;
        }
    }
    let mut decoded = 0;
    for n in 0..50_i64 {
        let ts = ((250 + n) * 960) as u32;
        buffer.insert(60 + n as u16, ts, payload(n * 960, 960), time(at));
        for offset in [5.0, 15.0] {
            decoded += usize::from(pull(&mut buffer, at + offset) == Played::Decoded);
        }
        at += 20.0;
    }
    assert!(decoded >= 96, "{decoded}");
    assert_eq!(buffer.counters().concealed_samples, 0);
    assert!(buffer.current_delay(time(at)).unwrap() <= Duration::from_millis(50));
}

#[test]
fn a_host_that_does_not_pull_costs_no_memory_and_no_delay() {
    let mut buffer = AudioJitterBuffer::new(AudioConfig::default());
    for n in 0..5_000 {
        insert(&mut buffer, n, n as f64 * 20.0);
    }
    let begin = 100_000.0;
    let mut delay = Duration::ZERO;
    for n in 0..100_i64 {
        insert(&mut buffer, 5_000 + n, begin + n as f64 * 20.0);
        pull(&mut buffer, begin + n as f64 * 20.0 + 5.0);
        assert_eq!(pull(&mut buffer, begin + n as f64 * 20.0 + 15.0), Played::Decoded);
        delay = buffer.current_delay(time(begin + n as f64 * 20.0 + 15.0)).unwrap();
    }
    assert!(delay < Duration::from_millis(50), "{delay:?}");
}

#[test]
fn a_timestamp_that_jumps_starts_the_stream_anew() {
    for jump in [10_000_000_i64, -10_000_000, 2_000_000_000] {
        let mut buffer = warm();
        let mut decoded = 0;
        for n in 50..100_i64 {
            let at = n as f64 * 20.0;
            let ts = (n * 960).wrapping_add(jump) as u32;
            buffer.insert(n as u16, ts, payload(n * 960, 960), time(at));
            for offset in [5.0, 15.0] {
                decoded += usize::from(pull(&mut buffer, at + offset) == Played::Decoded);
            }
        }
        assert!(decoded > 85, "{jump}: {decoded}");
        assert!(buffer.current_delay(time(2_000.0)).unwrap() < Duration::from_millis(50));
    }
}

#[test]
fn a_stray_packet_from_long_ago_has_no_effect() {
    let mut buffer = warm();
    buffer.insert(50_000, 0_u32.wrapping_sub(10_000_000), payload(0, 960), time(1_000.0));
    insert(&mut buffer, 50, 1_000.0);
    assert_eq!(pull(&mut buffer, 1_005.0), Played::Decoded);
    assert_eq!(pull(&mut buffer, 1_015.0), Played::Decoded);
}

#[test]
fn a_packet_that_cannot_be_decoded_is_concealed() {
    let mut buffer = warm();
    let mut failing = Copying { fec: false, fails: true };
    let before = buffer.counters().discarded;
    for n in 50..100 {
        let at = n as f64 * 20.0;
        insert(&mut buffer, n, at);
        for offset in [5.0, 15.0] {
            buffer.pull(&mut failing, time(at + offset), &mut [0.0; PULL]);
        }
    }
    let counters = buffer.counters();
    assert!(counters.discarded - before >= 45);
    assert!(counters.concealed_samples > 40_000);
    assert!(buffer.current_delay(time(2_000.0)).unwrap() < Duration::from_millis(80));
}

#[test]
fn a_decoder_that_cannot_do_anything_gives_silence_without_end() {
    struct Broken;
    impl PacketDecoder for Broken {
        fn decode(&mut self, _: &[u8], _: &mut [f32]) -> Option<usize> {
            Some(usize::MAX)
        }
        fn decode_fec(&mut self, _: &[u8], _: &mut [f32]) -> Option<usize> {
            Some(usize::MAX)
        }
        fn conceal(&mut self, _: &mut [f32]) -> Option<usize> {
            None
        }
    }
    let mut buffer = AudioJitterBuffer::new(AudioConfig::default());
    for n in 0..100 {
        insert(&mut buffer, n, n as f64 * 20.0);
        for offset in [5.0, 15.0] {
            let mut out = [f32::NAN; PULL];
            buffer.pull(&mut Broken, time(n as f64 * 20.0 + offset), &mut out);
            assert_eq!(out, [0.0; PULL]);
        }
    }
}

#[test]
fn a_larger_least_delay_is_reached_by_stretching() {
    let mut buffer = warm();
    buffer.set_min_delay(Duration::from_millis(120));
    for n in 50..150 {
        let at = n as f64 * 20.0;
        insert(&mut buffer, n, at);
        assert_eq!(pull(&mut buffer, at + 5.0), Played::Decoded);
        assert_eq!(pull(&mut buffer, at + 15.0), Played::Decoded);
    }
    let delay = buffer.current_delay(time(3_000.0)).unwrap();
    assert!((100..150).contains(&delay.as_millis()), "{delay:?}");
    assert!(buffer.counters().inserted_samples > 3_000);
}

proptest! {
    #[test]
    fn foreign_packets_never_panic_and_every_pull_ends(
        packets in prop::collection::vec((any::<u16>(), any::<u32>(), 0_usize..5, 0_u64..300), 0..300),
        near in any::<bool>(),
    ) {
        let mut buffer = AudioJitterBuffer::new(AudioConfig::default());
        let mut at = 0.0;
        for (seq, ts, length, wait) in packets {
            at += wait as f64;
            let (seq, ts) = if near { (seq % 50, (ts % 60_000) / 7) } else { (seq, ts) };
            buffer.insert(seq, ts, payload(0, 480).slice(..length * 384), time(at));
            for _ in 0..wait / 20 {
                pull(&mut buffer, at);
            }
        }
    }
}
