//! Receive side: what is missing, what can be decoded, and what is played when.
//!
//! ```text
//! socket -> NackGenerator -> VideoReceiver    -> decoder -> newest-frame slot
//!              ^ unwrap_rtx
//! socket -------------------> AudioJitterBuffer <- pull, every 10 ms
//! ```
//!
//! [`nack`] notices missing packets and asks for them, [`rtx`] unwraps what is sent again
//! (RFC 4588), [`video`] assembles frames and puts them in order, [`audio`] decides what is
//! played next: a packet, its repair from the next one, concealment, or silence.

pub mod audio;
pub mod nack;
pub mod rtx;
pub mod video;

pub use audio::{AudioConfig, AudioJitterBuffer, AudioRecvCounters, PacketDecoder, Played};
pub use nack::{NackGenerator, NackOutcome};
pub use video::{Frame, Inserted, RtpPacket, VideoReceiver, VideoRecvCounters};
