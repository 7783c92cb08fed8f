//! Media transport control, jitter buffers and frames of Duet.
//!
//! Everything here is pure: no clock, no socket, no thread, no await. Time enters as an argument
//! ([`Time`]); packets and frames enter and leave by value. That is what lets whole calls run on
//! virtual time in tests, and what makes a recorded input replay to the same output.
//!
//! | module | job |
//! |---|---|
//! | [`frame`] | video frames: host layouts, I420, pool, conversion, scaling |
//! | [`audio`] | PCM blocks: host formats to 48 kHz mono and back, levels |
//! | [`rtp`] | payload formats (RFC 6184 H.264, RFC 7741 VP8): packetize and assemble |
//! | [`send`] | bandwidth estimation, pacer, retransmission, key-frame throttle |
//! | [`recv`] | loss detection and NACK, RTX unwrap, video frame buffer, audio jitter buffer |
#![forbid(unsafe_code)]

pub mod audio;
pub mod frame;
pub mod recv;
pub mod rtp;
pub mod send;
mod time;

pub use time::Time;
