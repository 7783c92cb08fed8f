//! A hint of the link's capacity from packets that left together.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;

/// Packets sent this close together form a train: the pacer releases a frame in well under it.
const MAX_SEND_GAP: Duration = Duration::from_millis(2);
/// Bytes after the first packet of a train, below which its length says nothing.
const MIN_BYTES: usize = 300;
/// Transport-wide feedback counts in quarters of a millisecond: nothing shorter can be measured.
const MIN_LENGTH_US: i64 = 250;
/// Trains whose median is taken: half a second of 30 frames per second.
const TRAINS: usize = 15;
/// Trains needed before the median is believed.
const MIN_TRAINS: usize = 5;
/// A train older than this no longer speaks of the present link.
const MAX_AGE: Duration = Duration::from_secs(2);

/// Measures how far the link spreads packets that were sent at once.
///
/// A queue that serves one packet after another spreads a train to its own rate, so the train
/// shows the capacity even while far less is sent. Links that deliver in bursts (Wi-Fi, token
/// buckets) show more than they can carry: the figure is a hint that decides how bravely to climb,
/// never a rate to send at. libwebrtc sends probe clusters for this; a video frame is one for free.
#[derive(Debug, Default)]
pub(crate) struct Trains {
    rates: VecDeque<(Time, f64)>,
    open: Option<Train>,
}

#[derive(Clone, Copy, Debug)]
struct Train {
    last_id: u64,
    last_sent: Time,
    first_arrival: i64,
    last_arrival: i64,
    bytes: usize,
}

impl Trains {
    /// A packet that arrived, in sending order; times in microseconds of the receiver's clock.
    pub fn on_packet(&mut self, id: u64, size: usize, sent_at: Time, arrival: i64) {
        if let Some(train) = &mut self.open {
            let adjacent = id == train.last_id + 1
                && sent_at.since(train.last_sent) <= MAX_SEND_GAP
                && arrival >= train.last_arrival;
            if adjacent {
                train.bytes += size;
                train.last_arrival = arrival;
                train.last_id = id;
                train.last_sent = sent_at;
                return;
            }
        }
        let start = Train {
            last_id: id,
            last_sent: sent_at,
            first_arrival: arrival,
            last_arrival: arrival,
            bytes: 0,
        };
        if let Some(done) = self.open.replace(start) {
            self.close(done);
        }
    }

    /// The median rate of recent trains in bits per second.
    pub fn rate(&mut self, now: Time) -> Option<f64> {
        while self.rates.front().is_some_and(|&(at, _)| now.since(at) > MAX_AGE) {
            self.rates.pop_front();
        }
        if self.rates.len() < MIN_TRAINS {
            return None;
        }
        let mut sorted = [0.0; TRAINS];
        for (to, &(_, rate)) in sorted.iter_mut().zip(&self.rates) {
            *to = rate;
        }
        let sorted = &mut sorted[..self.rates.len()];
        sorted.sort_unstable_by(f64::total_cmp);
        Some(sorted[sorted.len() / 2])
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.rates.clear();
        self.open = None;
    }

    fn close(&mut self, train: Train) {
        if train.bytes < MIN_BYTES {
            return;
        }
        let length = (train.last_arrival - train.first_arrival).max(MIN_LENGTH_US);
        if self.rates.len() == TRAINS {
            self.rates.pop_front();
        }
        self.rates.push_back((train.last_sent, train.bytes as f64 * 8e6 / length as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(trains: &mut Trains, count: u64, spread_us: i64) {
        for frame in 0..count {
            for packet in 0..3 {
                let sent = Time::from_millis(frame * 33);
                let arrival = frame as i64 * 33_000 + packet as i64 * spread_us;
                trains.on_packet(frame * 3 + packet, 1000, sent, arrival);
            }
        }
    }

    #[test]
    fn frames_show_the_capacity_of_the_link() {
        let mut trains = Trains::default();
        // 1000 bytes every 4 ms are 2 Mbit/s, while only 0.7 Mbit/s are sent.
        frames(&mut trains, 10, 4000);
        assert_eq!(trains.rate(Time::from_millis(330)), Some(2e6));
    }

    #[test]
    fn nothing_is_claimed_from_few_trains_or_old_ones() {
        let mut trains = Trains::default();
        frames(&mut trains, 4, 4000);
        assert_eq!(trains.rate(Time::from_millis(130)), None);
        frames(&mut trains, 10, 4000);
        assert_eq!(trains.rate(Time::from_millis(5000)), None);
    }

    #[test]
    fn packets_sent_apart_are_no_train() {
        let mut trains = Trains::default();
        for n in 0..100 {
            trains.on_packet(n, 1000, Time::from_millis(n * 10), n as i64 * 10_000);
        }
        assert_eq!(trains.rate(Time::from_millis(1000)), None);
    }

    #[test]
    fn a_gap_in_the_train_ends_it() {
        let mut trains = Trains::default();
        for n in 0..100 {
            trains.on_packet(n * 2, 1000, Time::from_millis(5), n as i64 * 100);
        }
        assert_eq!(trains.rate(Time::from_millis(10)), None);
    }
}
