//! Duet: an embeddable engine for one-to-one audio/video calls.
//!
//! The host owns camera, microphone, screen and speaker: it pushes raw frames and PCM in and pulls
//! decoded frames and PCM out. The engine owns everything between.
//!
//! * [`Engine`] owns the threads; one per app.
//! * [`Session`] is one user's presence at a signaling service, or over the host's own signaling.
//! * [`Call`] is one call, with [`LocalVideo`], [`LocalAudio`], [`RemoteVideo`] and [`RemoteAudio`].
//!
//! No method waits for the network or a codec, but for those with `wait` in their names and the iterators of
//! events; what happens is told in events, in order, on one thread, under no lock. Any other method may be called
//! from any thread and inside any event handler.
#![forbid(unsafe_code)]

mod call;
mod clock;
mod config;
mod driver;
mod ended;
mod engine;
mod error;
mod handles;
mod peer;
mod session;
mod stats;
#[cfg(test)]
mod storms;
mod tracks;
mod transport;

pub use call::{Call, CallEvent};
pub use config::{
    CallOptions, CustomConfig, DEFAULT_MAX_KBPS, DEFAULT_START_KBPS, EngineConfig, IceConfig, SessionConfig,
};
pub use driver::{EventTask, Events, Executor, Subscription};
pub use duet_call::{
    CallState, CallWaiting, Config as CallConfig, ConnectPolicy, DeviceNews, EndReason, EndedBy, Facts,
    Phase, Thermal, Timers, VideoNews,
};
pub use duet_codecs::{CodecInfo, NativeBuffer, NativeKind, ReleaseNative, VideoCodec, available as codecs};
pub use duet_media::{Time, audio, frame};
pub use duet_signal::dialect::{Dialect, Feature, UnknownDialect};
pub use duet_signal::message::{CallId, IceServer, MediaKinds, RoomId, UserId};
pub use ended::Ended;
pub use engine::{Alive, Engine};
pub use error::{Error, ErrorKind};
pub use handles::{Handle, HandleTable, StaleHandle};
pub use session::{Session, SessionEvent, SessionState};
pub use stats::{AudioRecvStats, AudioSendStats, CallStats, VideoRecvStats, VideoSendStats};
pub use tracks::{
    FrameRef, LocalAudio, LocalVideo, NativeFrame, Played, Pushed, RemoteAudio, RemoteVideo, VideoLimits,
};

/// What the guide shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../server/docs/coming-from-a-tutorial.md")]
struct ComingFromATutorial;
