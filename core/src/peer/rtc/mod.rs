//! The only place that names the webrtc crates.
//!
//! Deliberate differences from what they do by default:
//! * No stock congestion controller, pacer, NACK or TWCC sender: [`transport`] does all of that, and
//!   takes media from the outbox and hands it to the sink without a detour over tracks and channels.
//! * [`runtime`] owns every task, so that closing leaves none behind, and lets the packet path be
//!   woken through the timer the driver sleeps on.
//! * [`socket`] repeats DTLS handshake datagrams: the handshake of the DTLS crate can lose its
//!   retransmission timer under loss and then never completes.
//! * Local addresses are ours to choose ([`interfaces`]), anew on every ICE restart.

mod actor;
mod builder;
mod handler;
mod interfaces;
#[cfg(test)]
mod link;
mod rounds;
mod runtime;
mod socket;
mod tasks;
mod transport;

pub(super) use actor::{Command, Connection};
#[cfg(test)]
pub(super) use interfaces::AllInterfaces;
#[cfg(test)]
pub(crate) use link::Link;
