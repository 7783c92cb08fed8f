//! The audio jitter buffer: packets in whenever they come, 10 ms of sound out whenever asked.
//!
//! What is played next is one of: the packet that is due; a lost packet rebuilt from the
//! redundancy in the one after it; concealment, which fades to silence; silence. The buffer
//! measures how late packets come relative to the fastest ones, and keeps the delay at which
//! nearly all of them are in time: it stretches or shortens sound by whole periods of it, which
//! is hardly heard. After a stall it is back at that delay within about a second.

mod buffer;
mod delay;
mod packets;
mod stretch;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use buffer::AudioJitterBuffer;

/// Samples of one pull: 10 ms at 48 kHz.
pub const PULL: usize = 480;

/// Samples a packet can hold at most: 120 ms at 48 kHz, the longest Opus packet (RFC 6716).
pub const MAX_PACKET_SAMPLES: usize = 5_760;

/// Turns packets of one stream into 48 kHz mono PCM (full scale 1.0).
///
/// `None` means that it could not; the buffer then goes on with the next best.
pub trait PacketDecoder {
    /// Decodes `packet` to the front of `pcm` ([`MAX_PACKET_SAMPLES`] long); gives the samples.
    fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Option<usize>;

    /// Rebuilds the packet before `packet`, which lasted `pcm.len()` samples and was lost, from
    /// redundancy in `packet`; gives the samples.
    fn decode_fec(&mut self, packet: &[u8], pcm: &mut [f32]) -> Option<usize>;

    /// Continues the sound by `pcm.len()` samples, at most 480; gives the samples.
    fn conceal(&mut self, pcm: &mut [f32]) -> Option<usize>;
}

/// What the best part of a block of sound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Played {
    /// Nothing was sent, or nothing came for so long that concealment faded out.
    Silence,
    /// Invented, because a packet is missing.
    Concealed,
    /// What the sender said.
    Decoded,
}

/// Settings of an [`AudioJitterBuffer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioConfig {
    /// Ticks of the RTP timestamp per second; must divide 48 000. Opus has 48 000 (RFC 7587).
    pub clock_rate: u32,
    /// Least delay to aim for. The default, one 20 ms packet, is what the grid of 10 ms pulls
    /// and 20 ms packets costs when the network adds nothing.
    pub min_delay: Duration,
    /// Largest delay to aim for, at most 300 ms: beyond that people talk over each other, and
    /// late packets are the lesser evil.
    pub max_delay: Duration,
}

impl Default for AudioConfig {
    fn default() -> Self {
        AudioConfig {
            clock_rate: 48_000,
            min_delay: Duration::from_millis(20),
            max_delay: Duration::from_millis(300),
        }
    }
}

/// What an [`AudioJitterBuffer`] counted since it was made. Names and meanings are those of W3C
/// `RTCInboundRtpStreamStats`; samples are at 48 kHz.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AudioRecvCounters {
    /// Packets inserted, whatever became of them.
    pub packets: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came too late to be played, or were skipped to catch up.
    pub discarded: u64,
    /// Samples played since the first packet (`totalSamplesReceived`).
    pub samples: u64,
    /// Samples invented because a packet was missing (`concealedSamples`).
    pub concealed_samples: u64,
    /// Concealed samples that were silent (`silentConcealedSamples`).
    pub silent_concealed_samples: u64,
    /// Times concealment began (`concealmentEvents`).
    pub concealment_events: u64,
    /// Samples of lost packets that were rebuilt from the next packet; not concealed.
    pub fec_samples: u64,
    /// Samples added to play slower (`insertedSamplesForDeceleration`).
    pub inserted_samples: u64,
    /// Samples removed to catch up (`removedSamplesForAcceleration`).
    pub removed_samples: u64,
    /// Time that all emitted samples together spent here (`jitterBufferDelay`).
    pub jitter_buffer_delay: Duration,
    /// Samples that came out of packets (`jitterBufferEmittedCount`).
    pub emitted_samples: u64,
    /// Sum of squared samples times seconds (`totalAudioEnergy`).
    pub energy: f64,
}

impl AudioRecvCounters {
    /// Mean time a sample spent in the buffer.
    pub fn mean_delay(&self) -> Duration {
        let samples = u128::from(self.emitted_samples.max(1));
        let nanos = self.jitter_buffer_delay.as_nanos() / samples;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Samples at 48 kHz that last as long as `duration`.
fn samples(duration: Duration) -> i64 {
    // Any real duration fits; a longer one is as good as for ever.
    i64::try_from(duration.as_nanos() * 6 / 125_000).unwrap_or(i64::MAX / 4)
}

/// How long `samples` at 48 kHz last; nothing when negative.
fn duration(samples: i64) -> Duration {
    Duration::from_nanos(u64::try_from(samples).unwrap_or(0) * 62_500 / 3)
}
