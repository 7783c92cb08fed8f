//! The call state machine of Duet: pure, no clock, no I/O.
//!
//! A [`Call`] is a plain value that decides; a driver does. The driver turns everything that happens
//! into an [`Input`] and carries out every [`Effect`]:
//!
//! ```text
//! user intent | wire message | peer event | host event | timer fired
//!     -> Input -> Call::handle -> Effect* (Call::poll_effect until None) -> driver
//! ```
//!
//! One machine serves both ways to meet: **ring** ([`Call::outgoing`], [`Call::incoming`]) and
//! **room of two** ([`Call::room`]). [`Lines`] stands above: one per session, it owns the calls and
//! decides what spans them (busy, both ringing each other, messages of calls not yet seen).
//!
//! # Contract
//!
//! * After a constructor and after each [`Call::handle`], poll until [`Call::poll_effect`] says
//!   `None`, and carry the effects out in order.
//! * Time is the driver's: [`Effect::StartTimer`] asks for one [`Input::TimerFired`] later,
//!   [`Effect::CancelTimer`] takes that back. A timer that fires though it is not running is ignored.
//! * Any input is legal in any state; what makes no sense there is ignored. Nothing panics but an
//!   effect queue that is never polled.
//! * "Media connected" and "accepted" are two facts. [`Effect::ReleaseMedia`] comes once for each peer
//!   connection, when both hold; before it no picture or sound may leave the device or be played.
//!   [`Effect::SetFlow`] says what may pass then: mute, hold and the device's other needs are decided here.
//! * [`Effect::Ended`] comes exactly once and is the last effect of a call. By then every timer has
//!   fired or been cancelled and the peer connection, if any, has been closed.
//! * Equal calls given equal inputs stay equal. A call is serialisable at any moment and goes on from
//!   there.
//!
//! # Example
//!
//! ```
//! use duet_call::*;
//!
//! let media = MediaKinds { audio: true, video: true };
//! let mut call = Call::outgoing(CallId::from("c1"), Config::default(), media);
//!
//! // What the driver has to do first: invite, wait for an answer, and set up media meanwhile.
//! assert!(matches!(call.poll_effect(), Some(Effect::Send(Signal::Invite { .. }))));
//! assert!(matches!(call.poll_effect(), Some(Effect::StartTimer(TimerId::Ring, _))));
//! assert!(matches!(call.poll_effect(), Some(Effect::StartTimer(TimerId::InviteAck, _))));
//! assert_eq!(call.poll_effect(), Some(Effect::StartPeer { offerer: true, polite: false }));
//! assert_eq!(call.poll_effect(), None);
//!
//! // ICE and DTLS finish while it rings: no media yet.
//! call.handle(Input::Peer(PeerInput::Connected));
//! assert_eq!(call.poll_effect(), None);
//!
//! // The other side answers: now both facts hold.
//! call.handle(Input::Wire(WireInput::Accept { media }));
//! let effects: Vec<Effect> = std::iter::from_fn(|| call.poll_effect()).collect();
//! assert!(effects.contains(&Effect::ReleaseMedia));
//! assert_eq!(call.state(), CallState::Connected);
//!
//! // Hang-up works in every state, at once.
//! call.handle(Input::User(UserInput::HangUp));
//! let last = std::iter::from_fn(|| call.poll_effect()).last();
//! assert!(matches!(last, Some(Effect::Ended(Ended { reason: EndReason::HangUp, .. }))));
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod call;
mod config;
mod effect;
mod ended;
mod id;
mod input;
mod lines;
mod mutation;
mod state;
mod timers;

pub use call::Call;
pub use config::{CallWaiting, Closing, Config, ConnectPolicy, Recovery};
pub use effect::{Effect, Flow, Notice, Signal, VideoFlow, VideoNews};
pub use ended::{EndReason, Ended, EndedBy, Facts, Phase};
pub use id::{CallId, DeviceId, PeerName, RoomName};
pub use input::{
    DeclineReason, DeviceNews, HostInput, Input, MediaKinds, PeerInput, Refusal, SignalingInput,
    SignalingLoss, Sources, Thermal, UserInput, WireInput, Wish, Word,
};
pub use lines::{
    LineEffect, LineError, Lines, MAX_CALLS, MAX_OWN_OVER, Party, Passage, Placed, RoomInput, RoomPeer,
    Sender, Tagged,
};
#[cfg(feature = "mutations")]
pub use mutation::{Rule, break_rule};
pub use state::CallState;
pub use timers::{TimerId, Timers};
