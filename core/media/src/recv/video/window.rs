//! The received packets from the next undelivered one on, in sequence order, with holes.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::Time;
use crate::frame::Rotation;
use crate::rtp::PayloadInfo;

/// Packets held at most: 12 s of 1.5 Mbps or 1 s of 18 Mbps, more than any wait for a
/// retransmission. Beyond that the oldest are given up.
pub(super) const MAX_PACKETS: u64 = 2_048;

/// What came with one sequence number.
#[derive(Debug)]
pub(super) struct Arrived {
    pub at: Time,
    pub content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// Part of a frame.
    Media(Media),
    /// Nothing but padding: the number is used up, the frames around it are whole.
    Padding,
    /// Bytes that no frame can be made of.
    Malformed,
}

#[derive(Debug)]
pub(super) struct Media {
    pub timestamp: u32,
    pub marker: bool,
    pub rotation: Option<Rotation>,
    pub info: PayloadInfo,
    pub payload: Bytes,
}

/// A stretch of the sequence line. Positions are extended sequence numbers.
#[derive(Debug, Default)]
pub(super) struct Window {
    slots: VecDeque<Option<Arrived>>,
    start: u64,
    bytes: usize,
    keys: usize,
}

impl Window {
    /// Position of the next undelivered packet.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// One past the newest packet; `start` when there is none.
    pub(super) fn end(&self) -> u64 {
        self.start + self.slots.len() as u64
    }

    /// Payload bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a packet is held that belongs to a key frame.
    pub(super) fn has_key(&self) -> bool {
        self.keys > 0
    }

    pub(super) fn get(&self, position: u64) -> Option<&Arrived> {
        let index = position.checked_sub(self.start)?;
        self.slots.get(usize::try_from(index).ok()?)?.as_ref()
    }

    pub(super) fn media(&self, position: u64) -> Option<&Media> {
        match &self.get(position)?.content {
            Content::Media(media) => Some(media),
            Content::Padding | Content::Malformed => None,
        }
    }

    /// Puts a packet at its place, which lies at or after `start` and less than
    /// [`MAX_PACKETS`] behind it; false when the place is taken.
    pub(super) fn insert(&mut self, position: u64, arrived: Arrived) -> bool {
        let index = (position - self.start) as usize;
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        let slot = &mut self.slots[index];
        if slot.is_some() {
            return false;
        }
        if let Content::Media(media) = &arrived.content {
            self.bytes += media.payload.len();
            self.keys += usize::from(media.info.key);
        }
        *slot = Some(arrived);
        true
    }

    /// Forgets everything before `position`; gives how many frames ended there.
    pub(super) fn advance(&mut self, position: u64) -> u64 {
        let mut frames = 0;
        while self.start < position {
            let Some(slot) = self.slots.pop_front() else {
                self.start = position;
                break;
            };
            self.start += 1;
            if let Some(Arrived { content: Content::Media(media), .. }) = slot {
                self.bytes -= media.payload.len();
                self.keys -= usize::from(media.info.key);
                frames += u64::from(media.marker);
            }
        }
        frames
    }

    /// Forgets everything and starts anew at `position`; gives how many frames ended there.
    pub(super) fn restart(&mut self, position: u64) -> u64 {
        let frames = self.advance(self.end());
        self.start = position;
        frames
    }

    /// When the first packet behind `position` came.
    pub(super) fn first_arrival_after(&self, position: u64) -> Option<Time> {
        (position + 1..self.end()).filter_map(|behind| Some(self.get(behind)?.at)).min()
    }
}
