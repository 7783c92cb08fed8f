use duet_media::send::EstimatorStats;

use super::{Body, Packet, Scenario};

/// What happened, second by second.
pub struct Report {
    pub seconds: Vec<Second>,
    /// Decoded frames: when, and how old, in microseconds.
    pub decoded: Vec<(u64, u64)>,
    pub skipped: u64,
    pub key_requests: u64,
}

#[derive(Clone, Default)]
pub struct Second {
    pub frames: u64,
    pub video_bytes: usize,
    pub audio_sent: u64,
    pub audio_received: u64,
    pub audio_max_ms: u64,
    pub repeated: u64,
    pub video_packets: u64,
    pub queue_max_ms: u64,
    pub stats: EstimatorStats,
}

impl Report {
    pub fn new(seconds: u64) -> Self {
        Report {
            seconds: vec![Second::default(); seconds as usize],
            decoded: Vec::new(),
            skipped: 0,
            key_requests: 0,
        }
    }

    pub fn on_sent(&mut self, now_us: u64, packet: &Packet) {
        let second = self.second(now_us);
        match packet.body {
            Body::Audio => second.audio_sent += 1,
            Body::Video { .. } if packet.repeated => second.repeated += 1,
            Body::Video { .. } => second.video_packets += 1,
            Body::Other => {}
        }
    }

    pub fn on_audio(&mut self, created_us: u64, arrival_us: u64) {
        let second = self.second(created_us);
        second.audio_received += 1;
        second.audio_max_ms = second.audio_max_ms.max((arrival_us - created_us) / 1_000);
    }

    pub fn on_video_bytes(&mut self, arrival_us: u64, bytes: usize) {
        self.second(arrival_us).video_bytes += bytes;
    }

    pub fn on_decoded(&mut self, created_us: u64, now_us: u64) {
        self.second(now_us).frames += 1;
        self.decoded.push((now_us, now_us - created_us));
    }

    pub fn on_state(&mut self, now_us: u64, stats: EstimatorStats, queue_us: u64) {
        let second = self.second(now_us);
        second.stats = stats;
        second.queue_max_ms = second.queue_max_ms.max(queue_us / 1_000);
    }

    /// The worst one-way delay of audio in these seconds, in milliseconds.
    pub fn audio_max_ms(&self, seconds: std::ops::Range<usize>) -> u64 {
        self.seconds[seconds].iter().map(|second| second.audio_max_ms).max().unwrap_or(0)
    }

    /// Share of the audio packets of these seconds that never came.
    pub fn audio_lost(&self, seconds: std::ops::Range<usize>) -> f64 {
        let seconds = &self.seconds[seconds];
        let sent: u64 = seconds.iter().map(|second| second.audio_sent).sum();
        let received: u64 = seconds.iter().map(|second| second.audio_received).sum();
        1.0 - received as f64 / sent.max(1) as f64
    }

    /// The fewest frames decoded in one of these seconds.
    pub fn fps_min(&self, seconds: std::ops::Range<usize>) -> u64 {
        self.seconds[seconds].iter().map(|second| second.frames).min().unwrap_or(0)
    }

    /// Frames decoded per second, on average over these seconds.
    pub fn fps_mean(&self, seconds: std::ops::Range<usize>) -> f64 {
        let seconds = &self.seconds[seconds];
        seconds.iter().map(|second| second.frames).sum::<u64>() as f64 / seconds.len() as f64
    }

    /// Bits per second of video that arrived, on average.
    pub fn video_bps(&self, seconds: std::ops::Range<usize>) -> u64 {
        let seconds = &self.seconds[seconds];
        seconds.iter().map(|second| second.video_bytes as u64 * 8).sum::<u64>() / seconds.len() as u64
    }

    /// The lowest target at the end of one of these seconds.
    pub fn target_min(&self, seconds: std::ops::Range<usize>) -> u64 {
        self.seconds[seconds].iter().map(|second| second.stats.target_bps).min().unwrap_or(0)
    }

    /// The longest time without a new frame in these seconds, in milliseconds.
    pub fn longest_freeze_ms(&self, seconds: std::ops::Range<usize>) -> u64 {
        let (from, to) = (seconds.start as u64 * 1_000_000, seconds.end as u64 * 1_000_000);
        let times = self.decoded.iter().map(|&(at, _)| at).filter(|at| (from..to).contains(at));
        let times: Vec<u64> = std::iter::once(from).chain(times).chain(std::iter::once(to)).collect();
        times.windows(2).map(|pair| (pair[1] - pair[0]) / 1_000).max().unwrap_or(0)
    }

    /// The time from which on, within these seconds, the picture runs smoothly: the end of the last
    /// gap of more than 150 ms, in milliseconds from the start of the range.
    pub fn smooth_after_ms(&self, seconds: std::ops::Range<usize>) -> u64 {
        let (from, to) = (seconds.start as u64 * 1_000_000, seconds.end as u64 * 1_000_000);
        let times = self.decoded.iter().map(|&(at, _)| at).filter(|at| (from..to).contains(at));
        let times: Vec<u64> = std::iter::once(from).chain(times).collect();
        let gaps = times.windows(2).filter(|pair| pair[1] - pair[0] > 150_000);
        gaps.map(|pair| (pair[1] - from) / 1_000).next_back().unwrap_or(0)
    }

    /// Percentile of the age of frames when decoded in these seconds, in milliseconds.
    pub fn frame_age_ms(&self, percentile: usize, seconds: std::ops::Range<usize>) -> u64 {
        let (from, to) = (seconds.start as u64 * 1_000_000, seconds.end as u64 * 1_000_000);
        let ages = self.decoded.iter().filter(|(at, _)| (from..to).contains(at)).map(|&(_, age)| age);
        let mut ages: Vec<u64> = ages.collect();
        ages.sort_unstable();
        ages.get(ages.len().saturating_sub(1) * percentile / 100).map_or(0, |age| age / 1_000)
    }

    /// The first second from `from` on whose target reaches `bps`.
    pub fn reaches(&self, bps: u64, from: usize) -> Option<usize> {
        (from..self.seconds.len()).find(|&at| self.seconds[at].stats.target_bps >= bps)
    }

    pub fn print(&self, name: &str, scenario: &Scenario) {
        println!("== {name}, seed {}", scenario.seed);
        println!("  s fps video_k target_k acked_k cap_k hint_k queue_ms est_q audio_ms lost rtx/pkts loss");
        for (at, second) in self.seconds.iter().enumerate() {
            let stats = &second.stats;
            println!(
                "{at:3} {:3} {:7} {:8} {:7} {:5} {:6} {:8} {:5} {:8} {:4} {:4}/{:<4} {:.2}{}",
                second.frames,
                second.video_bytes * 8 / 1_000,
                stats.target_bps / 1_000,
                stats.acked_bps / 1_000,
                stats.capacity_bps.unwrap_or(0) / 1_000,
                stats.hint_bps.unwrap_or(0) / 1_000,
                second.queue_max_ms,
                stats.queue_delay.as_millis(),
                second.audio_max_ms,
                second.audio_sent.saturating_sub(second.audio_received),
                second.repeated,
                second.video_packets,
                stats.loss,
                if stats.draining { " draining" } else { "" },
            );
        }
        let all = 0..self.seconds.len();
        let steady = 5.min(self.seconds.len() - 1)..self.seconds.len();
        println!(
            "   from 5 s: fps mean {:.2} min {}, video {} kbit/s, frame age p50/p95 {}/{} ms; \
             whole call: audio max {} ms lost {:.2} %, longest freeze {} ms, skipped {}, key requests {}, cuts {}",
            self.fps_mean(steady.clone()),
            self.fps_min(steady.clone()),
            self.video_bps(steady.clone()) / 1_000,
            self.frame_age_ms(50, steady.clone()),
            self.frame_age_ms(95, steady),
            self.audio_max_ms(all.clone()),
            self.audio_lost(all.clone()) * 100.0,
            self.longest_freeze_ms(all),
            self.skipped,
            self.key_requests,
            self.seconds.last().map_or(0, |second| second.stats.cuts),
        );
    }

    fn second(&mut self, at_us: u64) -> &mut Second {
        let last = self.seconds.len() - 1;
        &mut self.seconds[((at_us / 1_000_000) as usize).min(last)]
    }
}
