//! Received video packets to frames a decoder can take: whole, in order, nothing missing between.

mod receiver;
mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;

use crate::Time;
use crate::frame::Rotation;

pub use receiver::VideoReceiver;

/// A received packet of video, decrypted and with padding removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpPacket {
    /// RTP sequence number.
    pub seq: u16,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// RTP marker bit: the last packet of its frame.
    pub marker: bool,
    /// Which way up the picture is, where the packet says so.
    pub rotation: Option<Rotation>,
    /// What is behind the header; empty when the packet was padding only.
    pub payload: Bytes,
}

/// A whole frame, ready to decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Annex B access unit of H.264, or a VP8 frame. Give it back by
    /// [`VideoReceiver::recycle`] to save an allocation.
    pub data: Vec<u8>,
    /// Whether decoding may start here.
    pub key: bool,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// Which way up the picture is, as the last of its packets that says so has it.
    pub rotation: Option<Rotation>,
    /// When its first packet came.
    pub first_arrival: Time,
    /// When the packet came that made it whole.
    pub arrival: Time,
    /// Packets it was made of.
    pub packets: u32,
    /// Sequence number of its last packet: nothing up to here will be asked for any more.
    pub last_seq: u16,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It waits to be part of a frame.
    Stored,
    /// It was here already.
    Duplicate,
    /// Its frame was delivered or given up before.
    Late,
    /// Its sequence number is far off; it counts if the next one follows it.
    OnProbation,
}

/// What a [`VideoReceiver`] counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoRecvCounters {
    /// Packets inserted, whatever became of them.
    pub packets: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came after their frame was delivered or given up.
    pub late: u64,
    /// Packets whose payload was not valid.
    pub malformed: u64,
    /// Frames delivered.
    pub frames: u64,
    /// Frames delivered that were key frames.
    pub key_frames: u64,
    /// Frames whose last packet came but which were not delivered.
    pub dropped: u64,
    /// Missing packets that were not waited for any longer.
    pub gaps: u64,
    /// Times the sequence numbers jumped and the stream started anew.
    pub restarts: u64,
}

/// How long a missing packet is waited for unless told otherwise: a retransmission within a
/// 150 ms round trip, asked for twice, still counts. Set it from the measured round trip by
/// [`VideoReceiver::set_max_wait`]: 250 ms + round trip gives every path two tries and slack.
pub const DEFAULT_MAX_WAIT: Duration = Duration::from_millis(400);
