//! What was sent, by transport-wide sequence number.

use crate::Time;
use crate::send::sequence::{ORIGIN, extend};

/// Packets remembered. At 1200 bytes this is two seconds of 20 Mbit/s, longer than any feedback
/// that is still of use; a power of two so that the slot is a mask.
const SLOTS: usize = 4096;

/// What became of a packet, as far as feedback has told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Not reported yet.
    Unknown,
    /// Reported missing; a later report may still bring it.
    Lost,
    /// Reported received.
    Received,
}

/// One sent packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Endless transport-wide sequence number.
    pub id: u64,
    /// Bytes on the wire.
    pub size: usize,
    /// When it left.
    pub sent_at: Time,
    /// What became of it.
    pub fate: Fate,
}

/// A ring of the newest sent packets.
#[derive(Debug)]
pub(crate) struct History {
    slots: Box<[Option<Sent>]>,
    newest: Option<u64>,
}

impl History {
    pub fn new() -> Self {
        History { slots: vec![None; SLOTS].into(), newest: None }
    }

    /// Remembers a packet; returns its endless number.
    pub fn insert(&mut self, seq: u16, size: usize, now: Time) -> u64 {
        let id = extend(seq, self.newest.unwrap_or(ORIGIN + u64::from(seq)));
        self.newest = Some(self.newest.map_or(id, |newest| newest.max(id)));
        self.slots[slot(id)] = Some(Sent { id, size, sent_at: now, fate: Fate::Unknown });
        id
    }

    /// The packet that feedback calls `seq`: feedback only speaks of the past, so the newest number
    /// sent with these 16 bits. `None` when never sent or forgotten.
    pub fn reported(&mut self, seq: u16) -> Option<&mut Sent> {
        let newest = self.newest?;
        let behind = (newest as u16).wrapping_sub(seq);
        self.get(newest.checked_sub(u64::from(behind))?)
    }

    /// The packet with this endless number, while remembered.
    pub fn get(&mut self, id: u64) -> Option<&mut Sent> {
        self.slots[slot(id)].as_mut().filter(|sent| sent.id == id)
    }
}

fn slot(id: u64) -> usize {
    id as usize & (SLOTS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn insert(history: &mut History, seq: u16) -> u64 {
        history.insert(seq, 100, Time::ZERO)
    }

    #[test]
    fn feedback_across_the_wrap_finds_its_packets() {
        let mut history = History::new();
        let before = insert(&mut history, 0xffff);
        let after = insert(&mut history, 0);
        assert_eq!(after, before + 1);
        assert_eq!(history.reported(0xffff).map(|sent| sent.id), Some(before));
        assert_eq!(history.reported(0).map(|sent| sent.id), Some(after));
    }

    #[test]
    fn a_number_never_sent_is_unknown() {
        let mut history = History::new();
        assert!(history.reported(5).is_none());
        insert(&mut history, 5);
        assert!(history.reported(6).is_none());
        assert!(history.reported(4).is_none());
    }

    #[test]
    fn old_packets_are_forgotten() {
        let mut history = History::new();
        insert(&mut history, 1);
        for seq in 2..2 + SLOTS as u16 {
            insert(&mut history, seq);
        }
        assert!(history.reported(1).is_none());
        assert!(history.reported(2 + SLOTS as u16 - 1).is_some());
    }

    proptest! {
        #[test]
        fn the_newest_packets_are_found_from_any_start(start in any::<u16>(), count in 1usize..9000) {
            let mut history = History::new();
            let mut seq = start;
            for _ in 0..count {
                insert(&mut history, seq);
                seq = seq.wrapping_add(1);
            }
            let kept = count.min(SLOTS) as u16;
            for back in 1..=kept {
                prop_assert!(history.reported(seq.wrapping_sub(back)).is_some());
            }
        }
    }
}
