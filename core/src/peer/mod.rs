//! One connection to one peer: negotiation, candidates, media packets, the control channel.
//!
//! Everything outside [`rtc`] speaks our own types; only `rtc` names the webrtc crates.
//!
//! * [`PeerPort`] is what the engine holds; every method but [`PeerPort::close`] returns at once, from any
//!   thread. [`Peer`] is the engine's own, [`RealPeers`] makes it.
//! * What happens is told in [`PeerEvent`]s, in order, from one task.
//! * Media goes round the event queue: encoder threads put packets into a bounded outbox, received
//!   packets go straight to a [`MediaSink`].
//!
//! ```text
//! encoder thread -> outbox -> pacer -> numbering -> SRTP -> socket
//! socket -> SRTP -> arrival report -> RTX unwrap -> loss detection -> MediaSink
//! ```

mod config;
mod error;
mod event;
mod handle;
mod negotiation;
mod outbox;
mod port;
mod rtc;
#[cfg(test)]
pub(crate) mod scripted;
mod sdp;
mod shared;
mod stats;

#[cfg(test)]
mod tests;

pub(crate) use config::PeerConfig;
pub(crate) use error::PeerError;
pub(crate) use event::{FrameInfo, MediaSink, PeerEvent, PeerState, RtpPacket, SessionDescription};
pub(crate) use handle::Peer;
pub(crate) use port::{MakePeer, PeerPort, RealPeers};
#[cfg(test)]
pub(crate) use rtc::Link;
pub(crate) use sdp::Hints;
pub(crate) use stats::{KindStats, PeerStats};
