//! The bounded queue between encoder threads and the transport.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use duet_media::Time;
use duet_media::frame::Rotation;

use super::FrameInfo;

/// Video packets that may wait. The transport empties the queue within a millisecond; a key frame of
/// 20 Mbit/s is 500 packets.
const MAX_VIDEO: usize = 1024;
/// Audio packets that may wait: one second. Older sound is worthless, so the oldest gives way.
const MAX_AUDIO: usize = 50;

/// A packet on its way to the transport.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outgoing {
    /// Video or audio.
    pub video: bool,
    /// The RTP payload.
    pub payload: Bytes,
    /// RTP timestamp.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
    /// First packet of a key frame.
    pub key: bool,
    /// When the content was captured.
    pub captured: Time,
    /// On the last packet of a frame: what a viewer must do to see it upright.
    pub rotation: Option<Rotation>,
}

/// Packets encoder threads have left for the transport.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    open: bool,
    video: VecDeque<Outgoing>,
    audio: VecDeque<Outgoing>,
    dropped: u64,
}

impl Outbox {
    /// Lets packets in, or refuses and forgets them (before the connection stands, and after).
    pub(super) fn set_open(&self, open: bool) {
        let mut queues = self.lock();
        queues.open = open;
        if !open {
            queues.video.clear();
            queues.audio.clear();
        }
    }

    /// Queues the packets of one frame, all or none; empties `payloads`. False if there is no room or
    /// no connection.
    pub(super) fn push_video(&self, payloads: &mut Vec<Bytes>, frame: FrameInfo) -> bool {
        let mut queues = self.lock();
        if !queues.open || queues.video.len() + payloads.len() > MAX_VIDEO {
            queues.dropped += payloads.len() as u64;
            payloads.clear();
            return false;
        }
        let last = payloads.len().saturating_sub(1);
        queues.video.extend(payloads.drain(..).enumerate().map(|(index, payload)| Outgoing {
            video: true,
            payload,
            timestamp: frame.timestamp,
            marker: index == last,
            key: frame.key && index == 0,
            captured: frame.captured,
            rotation: (index == last).then_some(frame.rotation),
        }));
        true
    }

    /// Queues an audio packet. False if there is no connection, or the oldest had to give way.
    pub(super) fn push_audio(&self, payload: Bytes, timestamp: u32, marker: bool, captured: Time) -> bool {
        let mut queues = self.lock();
        if !queues.open {
            queues.dropped += 1;
            return false;
        }
        let full = queues.audio.len() == MAX_AUDIO;
        if full {
            queues.audio.pop_front();
            queues.dropped += 1;
        }
        queues.audio.push_back(Outgoing {
            video: false,
            payload,
            timestamp,
            marker,
            key: false,
            captured,
            rotation: None,
        });
        !full
    }

    /// Moves everything that waits into `into`, audio first.
    pub(super) fn take(&self, into: &mut VecDeque<Outgoing>) {
        let mut queues = self.lock();
        into.append(&mut queues.audio);
        into.append(&mut queues.video);
    }

    /// Packets refused since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Outbox {
        let outbox = Outbox::default();
        outbox.set_open(true);
        outbox
    }

    fn info(key: bool) -> FrameInfo {
        FrameInfo { timestamp: 1, key, captured: Time::ZERO, rotation: Rotation::Deg90 }
    }

    fn frame(packets: usize) -> Vec<Bytes> {
        vec![Bytes::from_static(b"x"); packets]
    }

    #[test]
    fn audio_overtakes_and_the_last_packet_of_a_frame_is_marked_and_says_how_to_turn_it() {
        let outbox = open();
        assert!(outbox.push_video(&mut frame(2), info(true)));
        assert!(outbox.push_audio(Bytes::new(), 2, false, Time::ZERO));
        let mut taken = VecDeque::new();
        outbox.take(&mut taken);
        let marks: Vec<_> = taken.iter().map(|p| (p.video, p.marker, p.key, p.rotation)).collect();
        let turned = Some(Rotation::Deg90);
        let expected = [(false, false, false, None), (true, false, true, None), (true, true, false, turned)];
        assert_eq!(marks, expected);
    }

    #[test]
    fn a_frame_that_does_not_fit_is_dropped_whole_and_counted() {
        let outbox = open();
        assert!(outbox.push_video(&mut frame(MAX_VIDEO - 1), info(false)));
        assert!(!outbox.push_video(&mut frame(2), info(false)));
        assert_eq!(outbox.dropped(), 2);
    }

    #[test]
    fn old_sound_gives_way_to_new() {
        let outbox = open();
        for index in 0..=MAX_AUDIO {
            assert_eq!(outbox.push_audio(Bytes::new(), index as u32, false, Time::ZERO), index < MAX_AUDIO);
        }
        let mut taken = VecDeque::new();
        outbox.take(&mut taken);
        assert_eq!((taken.len(), taken[0].timestamp), (MAX_AUDIO, 1));
    }

    #[test]
    fn nothing_is_kept_while_there_is_no_connection() {
        let outbox = Outbox::default();
        assert!(!outbox.push_video(&mut frame(1), info(false)));
        assert!(!outbox.push_audio(Bytes::new(), 1, false, Time::ZERO));
        let mut taken = VecDeque::new();
        outbox.take(&mut taken);
        assert!(taken.is_empty());
    }
}
