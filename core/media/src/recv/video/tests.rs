use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::frame::Rotation;
use crate::rtp::{Packetizer, PayloadFormat};

const START: Time = Time::from_millis(1_000);
const WAIT: Duration = Duration::from_millis(300);
/// 90 kHz ticks between frames at 30 fps.
const TICKS: u32 = 3_000;

/// A sender of frames whose content tells their number.
struct Sender {
    packetizer: Packetizer,
    seq: u16,
    timestamp: u32,
    frames: u32,
}

impl Sender {
    fn new(format: PayloadFormat) -> Sender {
        Sender { packetizer: Packetizer::new(format), seq: 65_530, timestamp: u32::MAX - 5_000, frames: 0 }
    }

    fn frame(&mut self, key: bool, size: usize) -> (Vec<u8>, Vec<RtpPacket>) {
        let number = (self.frames % 200) as u8 + 2;
        self.frames += 1;
        self.timestamp = self.timestamp.wrapping_add(TICKS);
        let data = match (self.packetizer.format(), key) {
            (PayloadFormat::Vp8, _) => {
                let mut data = vec![number; size];
                data[0] = if key { 0x10 } else { 0x11 };
                data
            }
            (PayloadFormat::H264, true) => {
                let parameters = [0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65];
                [&parameters[..], &vec![number; size]].concat()
            }
            (PayloadFormat::H264, false) => [&[0, 0, 0, 1, 0x41][..], &vec![number; size]].concat(),
        };
        let mut packets = Vec::new();
        for payload in self.packetizer.packetize(&data) {
            packets.push(RtpPacket {
                seq: self.seq,
                timestamp: self.timestamp,
                marker: payload.marker,
                rotation: None,
                payload: payload.data,
            });
            self.seq = self.seq.wrapping_add(1);
        }
        (data, packets)
    }

    /// A key frame and `deltas` others, of about `packets` packets each.
    fn group(&mut self, deltas: usize, packets: usize) -> Vec<(Vec<u8>, Vec<RtpPacket>)> {
        (0..=deltas).map(|n| self.frame(n == 0, packets * 1_000)).collect()
    }
}

fn receiver(format: PayloadFormat) -> VideoReceiver {
    let mut receiver = VideoReceiver::new(format);
    receiver.set_max_wait(WAIT);
    receiver
}

fn insert(receiver: &mut VideoReceiver, packets: &[RtpPacket], now: Time) {
    for packet in packets {
        receiver.insert(packet.clone(), now).unwrap();
    }
}

fn poll_all(receiver: &mut VideoReceiver, now: Time) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| receiver.poll(now)).map(|frame| frame.data).collect()
}

fn ms(millis: u64) -> Time {
    START + Duration::from_millis(millis)
}

#[test]
fn a_frame_is_delivered_with_the_packet_that_completes_it() {
    for format in [PayloadFormat::H264, PayloadFormat::Vp8] {
        let mut receiver = receiver(format);
        let mut sender = Sender::new(format);
        for (n, (data, packets)) in sender.group(20, 3).into_iter().enumerate() {
            let (last, first) = packets.split_last().unwrap();
            insert(&mut receiver, first, ms(n as u64 * 33));
            assert_eq!(receiver.poll(ms(n as u64 * 33)), None);
            insert(&mut receiver, std::slice::from_ref(last), ms(n as u64 * 33 + 5));
            let frame = receiver.poll(ms(n as u64 * 33 + 5)).unwrap();
            assert_eq!((frame.data == data, frame.key), (true, n == 0), "{format:?} {n}");
            assert_eq!(frame.timestamp, last.timestamp);
            assert_eq!((frame.first_arrival, frame.arrival), (ms(n as u64 * 33), ms(n as u64 * 33 + 5)));
            assert_eq!((frame.packets as usize, frame.last_seq), (packets.len(), last.seq));
            assert_eq!(receiver.next_timeout(ms(n as u64 * 33 + 5)), None);
            assert!(!receiver.needs_key_frame(ms(n as u64 * 33 + 5)));
        }
        let counters = receiver.counters();
        assert_eq!((counters.frames, counters.key_frames, counters.dropped), (21, 1, 0));
    }
}

#[test]
fn packets_in_any_order_give_the_frames_in_order() {
    for format in [PayloadFormat::H264, PayloadFormat::Vp8] {
        let mut receiver = receiver(format);
        let group = Sender::new(format).group(5, 2);
        let packets: Vec<_> = group.iter().flat_map(|(_, packets)| packets.clone()).collect();
        for packet in packets.into_iter().rev() {
            insert(&mut receiver, &[packet], START);
        }
        let frames: Vec<_> = group.into_iter().map(|(data, _)| data).collect();
        assert_eq!(poll_all(&mut receiver, START), frames);
    }
}

#[test]
fn the_first_frame_delivered_is_a_key_frame() {
    for format in [PayloadFormat::H264, PayloadFormat::Vp8] {
        let mut receiver = receiver(format);
        let mut sender = Sender::new(format);
        let (_, delta) = sender.frame(false, 2_000);
        insert(&mut receiver, &delta, START);
        assert_eq!(receiver.poll(START), None);
        assert!(!receiver.needs_key_frame(START), "the key frame's packets may be late");
        assert_eq!(receiver.next_timeout(START), Some(ms(50)));
        assert!(receiver.needs_key_frame(ms(50)));
        let (key, packets) = sender.frame(true, 2_000);
        insert(&mut receiver, &packets, ms(60));
        assert_eq!(poll_all(&mut receiver, ms(60)), [key]);
        assert!(!receiver.needs_key_frame(ms(60)));
        assert_eq!(receiver.counters().dropped, 1);
    }
}

#[test]
fn a_missing_packet_is_waited_for_and_delivered_when_it_comes() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let group = Sender::new(PayloadFormat::Vp8).group(3, 3);
    insert(&mut receiver, &group[0].1, START);
    insert(&mut receiver, &[group[1].1[0].clone(), group[1].1[2].clone()], ms(33));
    insert(&mut receiver, &group[2].1, ms(66));
    assert_eq!(poll_all(&mut receiver, ms(66)).len(), 1);
    assert_eq!(receiver.next_timeout(ms(66)), Some(ms(333)));
    assert!(!receiver.needs_key_frame(ms(66)));
    insert(&mut receiver, &group[1].1[1..2], ms(332));
    assert_eq!(poll_all(&mut receiver, ms(332)), [group[1].0.clone(), group[2].0.clone()]);
    assert_eq!(receiver.next_timeout(ms(332)), None);
}

#[test]
fn a_packet_that_never_comes_ends_in_a_key_frame_request() {
    for format in [PayloadFormat::H264, PayloadFormat::Vp8] {
        let mut receiver = receiver(format);
        let mut sender = Sender::new(format);
        let group = sender.group(3, 2);
        insert(&mut receiver, &group[0].1, START);
        insert(&mut receiver, &group[1].1[1..], ms(33));
        insert(&mut receiver, &group[2].1, ms(66));
        assert_eq!(poll_all(&mut receiver, ms(332)).len(), 1);
        assert!(!receiver.needs_key_frame(ms(332)));
        assert_eq!(poll_all(&mut receiver, ms(333)).len(), 0);
        assert!(receiver.needs_key_frame(ms(333)));
        let late = receiver.insert(group[1].1[0].clone(), ms(340));
        assert_eq!(late, Ok(Inserted::Late));
        insert(&mut receiver, &group[3].1, ms(350));
        assert_eq!(poll_all(&mut receiver, ms(350)).len(), 0, "a delta frame is of no use");
        let after = sender.group(1, 2);
        insert(&mut receiver, &after[0].1, ms(400));
        insert(&mut receiver, &after[1].1, ms(433));
        assert_eq!(poll_all(&mut receiver, ms(433)), [after[0].0.clone(), after[1].0.clone()]);
        assert!(!receiver.needs_key_frame(ms(433)));
        let counters = receiver.counters();
        assert_eq!((counters.gaps, counters.dropped, counters.late), (1, 3, 1));
    }
}

#[test]
fn while_a_key_frame_is_coming_none_is_asked_for() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut sender = Sender::new(PayloadFormat::Vp8);
    let key = sender.group(0, 4).remove(0).1;
    insert(&mut receiver, &key[..2], START);
    receiver.poll(START);
    assert!(!receiver.needs_key_frame(ms(299)));
    assert_eq!(receiver.next_timeout(START), Some(ms(300)));
    assert!(receiver.needs_key_frame(ms(300)));
    insert(&mut receiver, &key[2..], ms(310));
    assert_eq!(poll_all(&mut receiver, ms(310)).len(), 1);
    assert!(!receiver.needs_key_frame(ms(310)));
}

#[test]
fn a_key_frame_ahead_of_a_hole_is_delivered_at_once() {
    for format in [PayloadFormat::H264, PayloadFormat::Vp8] {
        let mut receiver = receiver(format);
        let mut sender = Sender::new(format);
        let group = sender.group(3, 2);
        insert(&mut receiver, &group[0].1, START);
        insert(&mut receiver, &group[2].1, ms(33));
        assert_eq!(poll_all(&mut receiver, ms(33)).len(), 1);
        let next = sender.group(1, 2);
        insert(&mut receiver, &group[3].1, ms(40));
        insert(&mut receiver, &next[0].1, ms(66));
        insert(&mut receiver, &next[1].1, ms(70));
        assert_eq!(poll_all(&mut receiver, ms(70)), [next[0].0.clone(), next[1].0.clone()]);
        assert_eq!(receiver.insert(group[1].1[0].clone(), ms(80)), Ok(Inserted::Late));
    }
}

#[test]
fn a_lost_end_of_a_frame_is_a_hole_too() {
    let mut receiver = receiver(PayloadFormat::H264);
    let group = Sender::new(PayloadFormat::H264).group(2, 2);
    insert(&mut receiver, &group[0].1, START);
    let (_, all_but_last) = group[1].1.split_last().unwrap();
    insert(&mut receiver, all_but_last, ms(33));
    insert(&mut receiver, &group[2].1, ms(66));
    assert_eq!(poll_all(&mut receiver, ms(66)).len(), 1);
    assert_eq!(receiver.next_timeout(ms(66)), Some(ms(366)));
}

#[test]
fn after_a_decode_error_only_a_key_frame_helps() {
    let mut receiver = receiver(PayloadFormat::H264);
    let mut sender = Sender::new(PayloadFormat::H264);
    let group = sender.group(2, 2);
    insert(&mut receiver, &group[0].1, START);
    assert_eq!(poll_all(&mut receiver, START).len(), 1);
    receiver.on_decode_error(ms(10));
    assert!(receiver.needs_key_frame(ms(10)));
    insert(&mut receiver, &group[1].1, ms(33));
    insert(&mut receiver, &group[2].1, ms(66));
    assert_eq!(receiver.poll(ms(66)), None);
    let (key, packets) = sender.frame(true, 100);
    insert(&mut receiver, &packets, ms(100));
    assert_eq!(poll_all(&mut receiver, ms(100)), [key]);
}

#[test]
fn a_key_frame_without_parameter_sets_begins_where_a_frame_ended() {
    let mut receiver = receiver(PayloadFormat::H264);
    let mut sender = Sender::new(PayloadFormat::H264);
    let group = sender.group(0, 2);
    insert(&mut receiver, &group[0].1, START);
    assert_eq!(poll_all(&mut receiver, START).len(), 1);
    receiver.on_decode_error(START);
    receiver.insert_padding(sender.seq, START);
    let bare = RtpPacket {
        seq: sender.seq.wrapping_add(1),
        timestamp: 7,
        marker: true,
        rotation: None,
        payload: Bytes::from_static(&[0x65, 1, 2, 3]),
    };
    insert(&mut receiver, &[bare], ms(33));
    assert_eq!(poll_all(&mut receiver, ms(33)), [[0, 0, 0, 1, 0x65, 1, 2, 3]]);
}

#[test]
fn padding_between_frames_and_inside_them_is_no_hole() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut sender = Sender::new(PayloadFormat::Vp8);
    let mut packets = Vec::new();
    let mut paddings = Vec::new();
    for n in 0..4 {
        packets.extend(sender.frame(n == 0, 2_500).1);
        paddings.push(sender.seq);
        sender.seq = sender.seq.wrapping_add(1);
    }
    let marked = paddings.pop().unwrap();
    for packet in &packets {
        insert(&mut receiver, std::slice::from_ref(packet), START);
    }
    for seq in paddings {
        receiver.insert_padding(seq, START);
    }
    let empty = RtpPacket { seq: marked, timestamp: 1, marker: false, rotation: None, payload: Bytes::new() };
    insert(&mut receiver, &[empty], START);
    assert_eq!(poll_all(&mut receiver, START).len(), 4);
}

#[test]
fn a_frame_is_turned_as_the_last_of_its_packets_that_says_so_has_it() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut sender = Sender::new(PayloadFormat::Vp8);
    let turns = [Some(Rotation::Deg90), None, Some(Rotation::Deg0)];
    for (n, turn) in turns.into_iter().enumerate() {
        let mut packets = sender.frame(n == 0, 2_500).1;
        packets[0].rotation = turn.and(Some(Rotation::Deg180));
        packets.last_mut().unwrap().rotation = turn;
        insert(&mut receiver, &packets, START);
        assert_eq!(receiver.poll(START).unwrap().rotation, turn);
    }
}

#[test]
fn a_duplicate_changes_nothing_but_the_count() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let (data, packets) = Sender::new(PayloadFormat::Vp8).frame(true, 2_500);
    insert(&mut receiver, &packets[..2], START);
    assert_eq!(receiver.insert(packets[1].clone(), START), Ok(Inserted::Duplicate));
    insert(&mut receiver, &packets[2..], START);
    assert_eq!(poll_all(&mut receiver, START), [data]);
    assert_eq!(receiver.insert(packets[1].clone(), START), Ok(Inserted::Late));
    let counters = receiver.counters();
    assert_eq!((counters.packets, counters.duplicates, counters.late), (5, 1, 1));
}

#[test]
fn a_new_numbering_starts_the_stream_anew() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut sender = Sender::new(PayloadFormat::Vp8);
    insert(&mut receiver, &sender.frame(true, 2_500).1, START);
    assert_eq!(poll_all(&mut receiver, START).len(), 1);
    sender.seq = sender.seq.wrapping_add(20_000);
    sender.timestamp = 12;
    let (data, packets) = sender.frame(true, 2_500);
    assert_eq!(receiver.insert(packets[0].clone(), ms(5)), Ok(Inserted::OnProbation));
    insert(&mut receiver, &packets[1..], ms(5));
    assert_eq!(poll_all(&mut receiver, ms(5)), [data]);
    assert_eq!(receiver.counters().restarts, 1);
}

#[test]
fn a_single_stray_packet_is_ignored() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let group = Sender::new(PayloadFormat::Vp8).group(1, 2);
    insert(&mut receiver, &group[0].1, START);
    let mut stray = group[0].1[0].clone();
    stray.seq = stray.seq.wrapping_add(30_000);
    assert_eq!(receiver.insert(stray, START), Ok(Inserted::OnProbation));
    insert(&mut receiver, &group[1].1, START);
    assert_eq!(poll_all(&mut receiver, START).len(), 2);
}

#[test]
fn a_jump_of_the_timestamps_alone_has_no_effect() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut sender = Sender::new(PayloadFormat::Vp8);
    for jump in [0, 1_000_000_000, 3_000_000_000] {
        sender.timestamp = sender.timestamp.wrapping_add(jump);
        insert(&mut receiver, &sender.frame(jump == 0, 2_500).1, START);
    }
    assert_eq!(poll_all(&mut receiver, START).len(), 3);
}

#[test]
fn a_payload_that_is_not_valid_asks_for_a_key_frame_without_waiting() {
    let mut receiver = receiver(PayloadFormat::H264);
    let mut sender = Sender::new(PayloadFormat::H264);
    let group = sender.group(1, 2);
    insert(&mut receiver, &group[0].1, START);
    let mut broken = group[1].1[0].clone();
    broken.payload = Bytes::from_static(&[0x1f, 0]);
    assert!(receiver.insert(broken, ms(33)).is_err());
    insert(&mut receiver, &group[1].1[1..], ms(33));
    assert_eq!(poll_all(&mut receiver, ms(33)).len(), 1);
    assert!(receiver.needs_key_frame(ms(33)));
    assert_eq!(receiver.counters().malformed, 1);
}

#[test]
fn fragments_that_do_not_fit_together_are_not_delivered() {
    let mut receiver = receiver(PayloadFormat::H264);
    let mut sender = Sender::new(PayloadFormat::H264);
    let group = sender.group(1, 3);
    insert(&mut receiver, &group[0].1, START);
    let mut packets = group[1].1.clone();
    packets[1].payload = packets[0].payload.clone();
    insert(&mut receiver, &packets, START);
    assert_eq!(poll_all(&mut receiver, START).len(), 1);
    assert!(receiver.needs_key_frame(START));
}

#[test]
fn a_sender_without_marker_bits_ends_a_frame_by_the_next() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut group = Sender::new(PayloadFormat::Vp8).group(2, 2);
    for (_, packets) in &mut group {
        packets.last_mut().unwrap().marker = false;
        insert(&mut receiver, packets, START);
    }
    assert_eq!(poll_all(&mut receiver, START), [group[0].0.clone(), group[1].0.clone()]);
}

#[test]
fn when_the_sender_gave_up_the_wait_can_be_ended() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let group = Sender::new(PayloadFormat::Vp8).group(2, 2);
    insert(&mut receiver, &group[0].1, START);
    insert(&mut receiver, &group[2].1, ms(66));
    assert_eq!(poll_all(&mut receiver, ms(66)).len(), 1);
    receiver.stop_waiting(ms(70));
    assert!(receiver.needs_key_frame(ms(70)));
}

#[test]
fn a_returned_buffer_is_filled_again() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    let mut sender = Sender::new(PayloadFormat::Vp8);
    insert(&mut receiver, &sender.frame(true, 5_000).1, START);
    let frame = receiver.poll(START).unwrap();
    let place = frame.data.as_ptr();
    receiver.recycle(frame.data);
    insert(&mut receiver, &sender.frame(false, 3_000).1, START);
    assert_eq!(receiver.poll(START).unwrap().data.as_ptr(), place);
}

#[test]
fn a_stream_that_never_completes_a_frame_stays_within_bounds() {
    let mut receiver = receiver(PayloadFormat::Vp8);
    for n in 0..20_000_u32 {
        let packet = RtpPacket {
            seq: (n * 2) as u16,
            timestamp: n * TICKS,
            marker: true,
            rotation: None,
            payload: Bytes::from(vec![0x10; 30_000]),
        };
        receiver.insert(packet, ms(u64::from(n))).unwrap();
        receiver.poll(ms(u64::from(n)));
        let (packets, bytes) = receiver.held();
        assert!(packets <= 2_048 && bytes <= 8 << 20);
    }
}

/// Packets of foreign shape, near each other in sequence.
fn foreign() -> impl Strategy<Value = RtpPacket> {
    let payload = (prop::sample::select(vec![0x10, 0x11, 0x41, 0x65, 0x67, 0x7c, 0x90]), any::<[u8; 3]>());
    (0_u16..60, 0_u32..6, any::<bool>(), payload, 0_usize..5).prop_map(
        |(seq, timestamp, marker, (head, rest), length)| {
            let payload = [&[head], &rest[..]].concat();
            let payload = Bytes::copy_from_slice(&payload[..length.min(payload.len())]);
            RtpPacket { seq: seq.wrapping_sub(30), timestamp, marker, rotation: None, payload }
        },
    )
}

proptest! {
    #[test]
    fn foreign_packets_never_panic_and_polling_ends(
        packets in prop::collection::vec((foreign(), 0_u64..100, any::<bool>()), 0..200),
        h264 in any::<bool>(),
    ) {
        let mut receiver = receiver(if h264 { PayloadFormat::H264 } else { PayloadFormat::Vp8 });
        let mut now = START;
        let mut delivered = 0;
        for (packet, wait, error) in packets {
            now += Duration::from_millis(wait);
            let _ = receiver.insert(packet, now);
            while receiver.poll(now).is_some() {
                delivered += 1;
                if error {
                    receiver.on_decode_error(now);
                }
            }
            prop_assert!(receiver.next_timeout(now).is_none_or(|due| due > now));
        }
        prop_assert!(delivered <= 200);
    }

    #[test]
    fn with_loss_and_reordering_every_frame_delivered_is_whole_and_in_order(
        seed in prop::collection::vec((0_u32..100, 0_u64..40), 600),
        h264 in any::<bool>(),
    ) {
        let format = if h264 { PayloadFormat::H264 } else { PayloadFormat::Vp8 };
        let mut sender = Sender::new(format);
        let mut receiver = receiver(format);
        let mut frames = Vec::new();
        let mut arrivals = Vec::new();
        let mut draws = seed.into_iter();
        for n in 0..150_u64 {
            let (data, packets) = sender.frame(n % 20 == 0, 2_500);
            frames.push(data);
            for packet in packets {
                let (loss, delay) = draws.next().unwrap_or((99, 0));
                if loss >= 3 {
                    arrivals.push((n * 33 + delay, packet));
                }
            }
        }
        arrivals.sort_by_key(|(at, _)| *at);
        let mut next = 0;
        let mut must_be_key = true;
        for (at, packet) in arrivals {
            receiver.insert(packet, ms(at)).unwrap();
            while let Some(frame) = receiver.poll(ms(at)) {
                let found = (next..frames.len()).find(|&n| frames[n] == frame.data).unwrap();
                prop_assert!(frame.key || (found == next && !must_be_key));
                must_be_key = false;
                next = found + 1;
            }
        }
        prop_assert!(receiver.counters().key_frames >= 3);
    }
}
