//! Estimates how much the path carries, from transport-wide feedback.

use std::time::Duration;

use crate::Time;
use crate::send::PacketKind;
use crate::send::acked::RateWindow;
use crate::send::aimd::{Aimd, Observation};
use crate::send::delay::DelayMonitor;
use crate::send::history::{Fate, History};
use crate::send::loss::{Advice, LossController};
use crate::send::trains::Trains;

/// What arrives is measured over half a second, as in libwebrtc when it is warm.
const ACKED_WINDOW: Duration = Duration::from_millis(500);
/// And over this to see a drop: six frames, four or fewer feedback reports.
const RECENT: Duration = Duration::from_millis(200);
/// Retransmissions are taken off the encoder's rate by their average over a second.
const RETRANSMISSION_WINDOW: Duration = Duration::from_secs(1);
/// Share of the target that retransmissions may take from the encoder.
const MAX_RETRANSMISSION_SHARE: f64 = 0.4;
/// A cut for loss goes below what arrives, so that the trial shows a clear difference even where a short
/// queue drops the peaks of the frames.
const LOSS_CUT: f64 = 0.85;
/// Without any feedback for this long and a round trip, while packets leave, the path is away: ten
/// reports at the usual 50 to 100 ms.
const SILENCE: Duration = Duration::from_millis(600);
/// During silence the rate halves at once and again every second, down to a sixteenth. Sending goes
/// on, because the first packet through is how the path's return is noticed.
const SILENCE_STEP: Duration = Duration::from_secs(1);
const SILENCE_HALVINGS: u32 = 4;
/// The round trip until it is known.
const FIRST_RTT: Duration = Duration::from_millis(100);
/// A longer round trip is believed by this fraction more with each report: twice within three seconds.
const RTT_MEMORY: u32 = 64;
/// Arrival times beyond this many microseconds (140 years) are nonsense, and would overflow.
const MAX_ARRIVAL: i64 = 1 << 52;
/// Unreported packets filled in at most, where a report was lost: half a second at 10 Mbit/s.
const MAX_GAP: u64 = 512;
/// Pieces they are counted in: a gap is one or two reports long, so a piece is about 10 ms.
const GAP_PIECES: i64 = 10;

/// Limits of the estimate, all in bits per second on the wire, everything included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstimatorConfig {
    /// Where to start.
    pub start_bps: u64,
    /// Never below this.
    pub min_bps: u64,
    /// Never above this.
    pub max_bps: u64,
}

/// A snapshot for statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EstimatorStats {
    /// Bits per second to send in total.
    pub target_bps: u64,
    /// Bits per second that arrive at the other side; zero until known.
    pub acked_bps: u64,
    /// The link's capacity at the last congestion, if there was any.
    pub capacity_bps: Option<u64>,
    /// What frames show of the capacity, if they show anything.
    pub hint_bps: Option<u64>,
    /// Time a packet waits in queues of the path.
    pub queue_delay: Duration,
    /// Share of packets lost lately, 0 to 1.
    pub loss: f64,
    /// Share that is lost at any rate and accepted, 0 to 1.
    pub inherent_loss: f64,
    /// Round-trip time in use.
    pub rtt: Duration,
    /// Whether a queue is being drained.
    pub draining: bool,
    /// Times the rate was cut, for delay and for loss.
    pub cuts: u64,
}

/// Send-side bandwidth estimation over transport-wide feedback
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
///
/// The shape is GoogCC's: a trend of the delay with an adaptive threshold, rates cut to what
/// arrives, growth bounded by what arrives. Deliberate differences from libwebrtc:
/// - the queue is measured and drained on purpose after a cut, then the rate returns to 0.9 of
///   the capacity at once, instead of staying at 0.85 and creeping up;
/// - growth lingers near the last capacity and accelerates above it, and is fast while frames, as
///   packet trains, show a far larger capacity, instead of probing with padding;
/// - a queue that does not answer to a lower rate is another flow's, and is not yielded to;
/// - loss is answered by an experiment: only loss that a lower rate cures lowers the rate;
/// - packets of a lost report are filled in, so that lost feedback does not look like a slow link;
/// - silence lowers the rate only while it lasts.
///
/// Every packet that carries a transport-wide number must be told, retransmissions and padding
/// included.
#[derive(Debug)]
pub struct BandwidthEstimator {
    config: EstimatorConfig,
    history: History,
    acked: RateWindow,
    /// By sending time, of the packets that reports spoke of: the same packets as in `acked`.
    sent: RateWindow,
    retransmitted: RateWindow,
    delay: DelayMonitor,
    loss: LossController,
    trains: Trains,
    aimd: Aimd,
    last_report: Option<LastReport>,
    feedback_at: Option<Time>,
    unanswered_since: Option<Time>,
    silence_halvings: u32,
    rtt: Option<Duration>,
    feedback_rtt: Option<Duration>,
    /// Feedback on packets before this number is of an older route.
    route_start: u64,
    next_id: u64,
    cuts: u64,
}

/// The newest packet that a report covered.
#[derive(Clone, Copy, Debug)]
struct LastReport {
    id: u64,
    arrival: Option<i64>,
}

impl BandwidthEstimator {
    /// An estimator that has seen nothing.
    pub fn new(config: EstimatorConfig) -> Self {
        BandwidthEstimator {
            config,
            history: History::new(),
            acked: RateWindow::new(ACKED_WINDOW),
            sent: RateWindow::new(ACKED_WINDOW),
            retransmitted: RateWindow::new(RETRANSMISSION_WINDOW),
            delay: DelayMonitor::new(),
            loss: LossController::new(),
            trains: Trains::default(),
            aimd: new_aimd(config, config.start_bps),
            last_report: None,
            feedback_at: None,
            unanswered_since: None,
            silence_halvings: 0,
            rtt: None,
            feedback_rtt: None,
            route_start: 0,
            next_id: 0,
            cuts: 0,
        }
    }

    /// A packet of `size` bytes on the wire leaves with the transport-wide number `seq`.
    pub fn on_packet_sent(&mut self, seq: u16, size: usize, kind: PacketKind, now: Time) {
        self.next_id = self.history.insert(seq, size, now) + 1;
        if kind == PacketKind::Retransmission {
            self.retransmitted.push(micros(now), size);
        }
        self.unanswered_since.get_or_insert(now);
    }

    /// Takes in one feedback report: for each packet, in sequence order, its number and when it
    /// arrived in microseconds of the receiver's clock, or `None` when it had not arrived.
    /// Unknown, repeated and outdated numbers are ignored.
    pub fn on_feedback(&mut self, reports: impl IntoIterator<Item = (u16, Option<i64>)>, now: Time) {
        let mut newest_sent = None;
        let mut known = false;
        let mut gap_bytes = 0;
        for (seq, arrival) in reports {
            let Some(sent) = self.history.reported(seq).filter(|sent| sent.id >= self.route_start) else {
                continue;
            };
            known = true;
            let packet = *sent;
            match arrival {
                Some(arrival) if packet.fate != Fate::Received && arrival.abs() < MAX_ARRIVAL => {
                    sent.fate = Fate::Received;
                    self.fill_gap(packet.id, Some(arrival), &mut gap_bytes);
                    self.on_arrival(packet.id, packet.size, packet.sent_at, arrival, packet.fate);
                    newest_sent = newest_sent.max(Some(packet.sent_at));
                }
                None if packet.fate == Fate::Unknown => {
                    sent.fate = Fate::Lost;
                    self.fill_gap(packet.id, None, &mut gap_bytes);
                    self.sent.push(micros(packet.sent_at), packet.size);
                    self.loss.on_lost(packet.sent_at);
                }
                _ => {}
            }
        }
        if !known {
            return;
        }
        if let Some(sent_at) = newest_sent {
            self.observe_rtt(now.since(sent_at));
            self.silence_halvings = 0;
            self.unanswered_since = None;
            self.feedback_at = Some(now);
        }
        self.control(now);
    }

    /// Lets time pass without feedback; to be called about every 50 to 100 ms.
    pub fn on_tick(&mut self, now: Time) {
        let patience = SILENCE + self.rtt();
        let Some(since) = self.unanswered_since else {
            return;
        };
        let since = self.feedback_at.map_or(since, |feedback_at| since.max(feedback_at));
        let silent = now.since(since);
        if silent < patience {
            return;
        }
        let steps = (silent - patience).as_nanos() / SILENCE_STEP.as_nanos() + 1;
        self.silence_halvings = (steps as u32).min(SILENCE_HALVINGS);
    }

    /// Sets the round-trip time measured by RTCP or ICE. Without it, the least time from sending to
    /// feedback is used.
    pub fn on_rtt(&mut self, rtt: Duration) {
        self.rtt = Some(rtt);
    }

    /// Changes the upper limit, in bits per second.
    pub fn set_max_bps(&mut self, max_bps: u64) {
        self.config.max_bps = max_bps.max(self.config.min_bps);
        self.aimd.set_max(self.config.max_bps as f64);
    }

    /// The route changed: what was learned of the old one is worth nothing. Starts again at the
    /// start rate, or at the present target if that is lower.
    pub fn reset(&mut self) {
        let start = self.config.start_bps.min(self.aimd.target() as u64);
        self.acked.clear();
        self.sent.clear();
        self.delay = DelayMonitor::new();
        self.loss = LossController::new();
        self.trains.clear();
        self.aimd = new_aimd(self.config, start);
        self.last_report = None;
        self.feedback_at = None;
        self.unanswered_since = None;
        self.silence_halvings = 0;
        self.rtt = None;
        self.feedback_rtt = None;
        self.route_start = self.next_id;
    }

    /// Bits per second to send in total, headers, audio and retransmissions included.
    pub fn target_bps(&self) -> u64 {
        let quiet = self.aimd.target() / f64::from(1u32 << self.silence_halvings);
        (quiet as u64).clamp(self.config.min_bps, self.config.max_bps)
    }

    /// Bits per second left for video packets sent for the first time, besides `audio_bps` of audio
    /// and the retransmissions of the last second. On the wire: headers are part of it.
    pub fn video_bps(&mut self, audio_bps: u64, now: Time) -> u64 {
        let target = self.target_bps();
        let repeats = self.retransmitted.rate_until(micros(now));
        let repeats = repeats.min(target as f64 * MAX_RETRANSMISSION_SHARE) as u64;
        target.saturating_sub(audio_bps).saturating_sub(repeats)
    }

    /// Bits per second for [`Pacer::set_rate`](super::Pacer::set_rate): 2.5 times the target, or a
    /// little over the link's capacity where that is known, so that key frames wait here, where audio
    /// overtakes them.
    pub fn pacing_bps(&self) -> u64 {
        self.aimd.pacing() as u64
    }

    /// The round-trip time in use.
    pub fn rtt(&self) -> Duration {
        self.rtt.or(self.feedback_rtt).unwrap_or(FIRST_RTT)
    }

    /// A snapshot for statistics.
    pub fn stats(&mut self, now: Time) -> EstimatorStats {
        EstimatorStats {
            target_bps: self.target_bps(),
            acked_bps: self.acked.rate().unwrap_or(0.0) as u64,
            capacity_bps: self.aimd.capacity().map(|bps| bps as u64),
            hint_bps: self.trains.rate(now).map(|bps| bps as u64),
            queue_delay: self.delay.queue(),
            loss: self.loss.loss(),
            inherent_loss: self.loss.inherent(),
            rtt: self.rtt(),
            draining: self.aimd.is_draining(),
            cuts: self.cuts,
        }
    }

    fn on_arrival(&mut self, id: u64, size: usize, sent_at: Time, arrival: i64, before: Fate) {
        self.acked.push(arrival, size);
        if before == Fate::Lost {
            self.loss.on_found(sent_at);
            return;
        }
        self.sent.push(micros(sent_at), size);
        self.loss.on_received(sent_at);
        self.delay.on_packet(sent_at, arrival);
        self.trains.on_packet(id, size, sent_at, arrival);
    }

    /// Where packets before `id` were never reported, a report was lost: counts them as arrived,
    /// evenly over the gap.
    fn fill_gap(&mut self, id: u64, arrival: Option<i64>, gap_bytes: &mut usize) {
        let last = self.last_report;
        if last.is_some_and(|last| id <= last.id) {
            return;
        }
        if let Some(last) = last {
            for missing in (last.id + 1).max(id.saturating_sub(MAX_GAP))..id {
                let unknown = self.history.get(missing).filter(|sent| sent.fate == Fate::Unknown);
                if let Some(unknown) = unknown {
                    *gap_bytes += unknown.size;
                    self.sent.push(micros(unknown.sent_at), unknown.size);
                }
            }
            if let (Some(arrival), Some(before)) = (arrival, last.arrival) {
                self.spread(before, arrival, std::mem::take(gap_bytes));
            }
        }
        let arrival = arrival.or(last.and_then(|last| last.arrival));
        self.last_report = Some(LastReport { id, arrival });
    }

    /// Counts `bytes` as arrived evenly between two arrivals.
    fn spread(&mut self, from: i64, to: i64, bytes: usize) {
        if bytes == 0 {
            return;
        }
        for piece in 1..=GAP_PIECES {
            let at = from + (to - from) * piece / (GAP_PIECES + 1);
            self.acked.push(at, bytes / GAP_PIECES as usize);
        }
    }

    fn observe_rtt(&mut self, sample: Duration) {
        // The least, forgetting slowly: feedback adds up to its interval, queues add theirs.
        self.feedback_rtt =
            Some(self.feedback_rtt.map_or(sample, |least| sample.min(least + least / RTT_MEMORY)));
    }

    fn control(&mut self, now: Time) {
        let seen = Observation {
            now,
            usage: self.delay.usage(),
            queue: self.delay.queue(),
            acked: self.acked.rate(),
            acked_recent: self.acked.recent_rate(RECENT),
            sent: self.sent.rate(),
            hint: self.trains.rate(now),
            rtt: self.rtt(),
        };
        if self.aimd.update(&seen) {
            self.cuts += 1;
            self.delay.restart_trend();
        }
        if self.aimd.is_draining() {
            self.loss.forgive_until(now);
            return;
        }
        match self.loss.judge(self.aimd.target(), seen.rtt, now) {
            Advice::None => {}
            Advice::Cut => {
                self.cuts += 1;
                let arrives = seen.acked_recent.or(seen.acked).unwrap_or(0.0);
                let passes = self.aimd.target() * (1.0 - self.loss.loss());
                self.aimd.cut_for_loss(arrives.max(passes).min(self.aimd.target()), LOSS_CUT, now);
            }
            Advice::Restore(rate) => self.aimd.restore(rate),
        }
    }
}

fn new_aimd(config: EstimatorConfig, start_bps: u64) -> Aimd {
    let min = config.min_bps as f64;
    Aimd::new(start_bps as f64, min, (config.max_bps as f64).max(min))
}

fn micros(time: Time) -> i64 {
    time.as_micros() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONFIG: EstimatorConfig =
        EstimatorConfig { start_bps: 1_000_000, min_bps: 100_000, max_bps: 3_000_000 };
    const PERIOD_MS: u64 = 50;

    /// A path of 20 ms that carries everything: five packets of 1250 bytes each 50 ms are 1 Mbit/s.
    struct Path {
        estimator: BandwidthEstimator,
        seq: u16,
        now_ms: u64,
    }

    impl Path {
        fn new(first_seq: u16) -> Self {
            Path { estimator: BandwidthEstimator::new(CONFIG), seq: first_seq, now_ms: 1_000 }
        }

        /// Sends for `periods` periods; `report` decides by number whether each report arrives.
        fn run(&mut self, periods: u64, report: impl Fn(u64) -> bool) {
            for period in 0..periods {
                let mut reports = Vec::new();
                for packet in 0..5 {
                    let at_ms = self.now_ms + packet * 10;
                    self.estimator.on_packet_sent(
                        self.seq,
                        1250,
                        PacketKind::Video,
                        Time::from_millis(at_ms),
                    );
                    reports.push((self.seq, Some(at_ms as i64 * 1_000 + 20_000)));
                    self.seq = self.seq.wrapping_add(1);
                }
                self.now_ms += PERIOD_MS;
                let now = Time::from_millis(self.now_ms);
                self.estimator.on_tick(now);
                if report(period) {
                    self.estimator.on_feedback(reports, now + Duration::from_millis(40));
                }
            }
        }

        fn stats(&mut self) -> EstimatorStats {
            self.estimator.stats(Time::from_millis(self.now_ms))
        }
    }

    #[test]
    fn what_arrives_is_known_across_the_wrap() {
        let mut path = Path::new(0xffc0);
        path.run(40, |_| true);
        assert!(path.stats().acked_bps.abs_diff(1_000_000) < 20_000, "{:?}", path.stats());
        assert_eq!(path.stats().loss, 0.0);
    }

    #[test]
    fn growth_stops_at_what_the_application_uses() {
        let mut path = Path::new(0);
        path.run(400, |_| true);
        assert!((1_400_000..=1_530_000).contains(&path.estimator.target_bps()), "{:?}", path.stats());
    }

    #[test]
    fn lost_reports_do_not_look_like_a_slow_link() {
        let mut path = Path::new(0);
        path.run(400, |period| period % 4 != 1);
        assert!(path.stats().acked_bps.abs_diff(1_000_000) < 120_000, "{:?}", path.stats());
        assert!(path.estimator.target_bps() >= 1_200_000);
        assert_eq!(path.stats().cuts, 0);
    }

    #[test]
    fn repeated_and_unknown_reports_change_nothing() {
        let mut path = Path::new(0);
        path.run(40, |_| true);
        let before = path.stats();
        let now = Time::from_millis(path.now_ms);
        path.estimator.on_feedback((0..200).map(|seq| (seq, Some(9_999_999))), now);
        path.estimator.on_feedback((5_000..6_000).map(|seq| (seq, None)), now);
        assert_eq!(path.stats(), before);
    }

    #[test]
    fn silence_lowers_the_rate_only_while_it_lasts() {
        let mut path = Path::new(0);
        path.run(40, |_| true);
        let before = path.estimator.target_bps();
        path.run(40, |_| false);
        assert!(path.estimator.target_bps() <= before / 4);
        path.run(2, |_| true);
        assert!(path.estimator.target_bps() >= before);
    }

    #[test]
    fn a_pause_of_the_application_is_no_silence() {
        let mut path = Path::new(0);
        path.run(40, |_| true);
        let before = path.estimator.target_bps();
        path.estimator.on_tick(Time::from_millis(path.now_ms + 10_000));
        assert_eq!(path.estimator.target_bps(), before);
    }

    #[test]
    fn after_a_route_change_reports_of_the_old_route_are_ignored() {
        let mut path = Path::new(0);
        path.run(40, |_| true);
        path.run(2, |_| false);
        path.estimator.reset();
        let now = Time::from_millis(path.now_ms);
        path.estimator.on_feedback((200..210).map(|seq| (seq, Some(1))), now);
        assert_eq!(path.stats().acked_bps, 0);
        assert_eq!(path.estimator.target_bps(), CONFIG.start_bps);
        path.run(40, |_| true);
        assert!(path.stats().acked_bps.abs_diff(1_000_000) < 20_000);
    }

    #[test]
    fn retransmissions_and_audio_are_taken_off_the_encoder() {
        let mut path = Path::new(0);
        let now = Time::from_millis(path.now_ms);
        let whole = path.estimator.video_bps(40_000, now);
        assert_eq!(whole, CONFIG.start_bps - 40_000);
        path.estimator.on_packet_sent(0, 12_500, PacketKind::Retransmission, now);
        assert_eq!(path.estimator.video_bps(40_000, now), whole - 100_000);
    }

    #[test]
    fn a_lower_limit_applies_at_once() {
        let mut path = Path::new(0);
        path.estimator.set_max_bps(400_000);
        assert_eq!(path.estimator.target_bps(), 400_000);
    }

    proptest! {
        #[test]
        fn no_feedback_moves_the_target_out_of_its_limits(
            first in any::<u16>(),
            rounds in proptest::collection::vec(
                (0u64..200, 0u16..40, proptest::collection::vec((any::<u16>(), any::<Option<i64>>()), 0..40)),
                0..60,
            ),
        ) {
            let mut estimator = BandwidthEstimator::new(CONFIG);
            let mut seq = first;
            let mut now_ms = 0;
            for (pause, packets, reports) in rounds {
                now_ms += pause;
                let now = Time::from_millis(now_ms);
                for _ in 0..packets {
                    estimator.on_packet_sent(seq, 1200, PacketKind::Video, now);
                    seq = seq.wrapping_add(1);
                }
                // Numbers near those sent, so that most are known.
                estimator.on_feedback(reports.into_iter().map(|(back, at)| (seq.wrapping_sub(back % 64), at)), now);
                estimator.on_tick(now);
                prop_assert!((CONFIG.min_bps..=CONFIG.max_bps).contains(&estimator.target_bps()));
                prop_assert!(estimator.pacing_bps() >= estimator.target_bps() / 2);
            }
        }
    }
}
