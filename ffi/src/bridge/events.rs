//! What calls tell their host.

use std::sync::Arc;

use duet_core as core;

use super::call::NativeCall;
use super::duration::Duration;
use super::error::DuetError;

/// What a session tells the layers above.
#[derive(uniffi::Enum)]
pub enum NativeSessionEvent {
    /// The session is in another state.
    State {
        /// The new state.
        state: SessionState,
    },
    /// Somebody rings.
    Incoming {
        /// The call.
        call: Arc<NativeCall>,
    },
    /// The service is gone for good.
    Failed {
        /// Why.
        error: Arc<NativeFailure>,
    },
}

/// An error inside an event.
#[derive(uniffi::Object)]
pub struct NativeFailure(pub(crate) core::Error);

#[uniffi::export]
impl NativeFailure {
    /// Throws it.
    pub fn raise(&self) -> Result<(), DuetError> {
        Err(self.0.clone().into())
    }
}

/// What a call tells its host.
#[derive(Clone, Debug, uniffi::Enum)]
pub enum CallEvent {
    /// The call is in another state.
    State {
        /// The new state.
        state: CallState,
    },
    /// It rings at the other end.
    RemoteRinging,
    /// What the other end sends.
    RemoteMedia {
        /// Its microphone is open.
        audio: bool,
        /// It sends pictures.
        video: bool,
        /// The pictures are a screen's.
        screen: bool,
    },
    /// Who holds the call has changed.
    Held {
        /// This end does.
        local: bool,
        /// The other end does.
        remote: bool,
    },
    /// About pictures in a call that had none.
    Video {
        /// What became of the wish for them.
        news: VideoNews,
    },
    /// Media flows for the first time.
    Connected {
        /// Time since the call was accepted, or since the other one was in the room.
        setup: Duration,
    },
    /// A new remote picture can be pulled. Several may have come.
    FrameReady,
    /// The call is over. Always the last event, exactly once.
    Ended {
        /// How it ended.
        how: Ended,
    },
}

/// How a call ended.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Ended {
    /// Who ended it.
    pub by: EndedBy,
    /// Why.
    pub reason: EndReason,
    /// How far the call had come.
    pub phase: Phase,
    /// How long media had been connected.
    pub duration: Duration,
    /// It was answered; or, in a room, somebody was there.
    pub accepted: bool,
    /// How often a connected call had to recover its media, or to move to another network.
    pub recoveries: i32,
}

/// Enums that read the same on both sides.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident { $($(#[$word:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
        pub enum $name { $($(#[$word])* $variant),+ }

        impl From<core::$name> for $name {
            fn from(value: core::$name) -> Self {
                match value { $(core::$name::$variant => $name::$variant),+ }
            }
        }
    };
}

mirror! {
    /// Where a session stands.
    SessionState {
        /// Not connected yet.
        Connecting,
        /// Connected: can ring and be rung. Sessions over the host's own signaling always are.
        Connected,
        /// The connection broke and is being made anew; calls go on.
        Reconnecting,
        /// Over.
        Closed,
    }
}

mirror! {
    /// Where a call stands.
    CallState {
        /// In a room, alone.
        Waiting,
        /// Rings at the other end.
        Outgoing,
        /// Rings here.
        Incoming,
        /// Accepted; media is not connected yet.
        Connecting,
        /// In the call.
        Connected,
        /// In the call; media was lost and is being recovered.
        Reconnecting,
        /// Over.
        Ended,
    }
}

mirror! {
    /// About pictures in a call that had none.
    VideoNews {
        /// The other end would like pictures: ask the person.
        Asked,
        /// Both want them.
        Agreed,
        /// They are not wanted, or nobody answered, or the question was taken back.
        Declined,
        /// There were pictures; one of the ends wants no more.
        Stopped,
    }
}

mirror! {
    /// Who ended a call.
    EndedBy {
        /// The person or host at this end.
        Local,
        /// The other end.
        Remote,
        /// Nobody: time ran out.
        Timeout,
        /// The service, the network or the engine.
        System,
    }
}

mirror! {
    /// How far a call had come when it ended.
    Phase {
        /// It rang, here or there.
        Ringing,
        /// Alone in the room.
        Waiting,
        /// Accepted, media not yet connected.
        Connecting,
        /// In the call.
        Connected,
        /// Had been connected; media was lost.
        Reconnecting,
    }
}

mirror! {
    /// Why a call ended.
    EndReason {
        /// Somebody hung up.
        HangUp,
        /// The callee did not want to answer.
        Declined,
        /// The callee is in another call.
        Busy,
        /// Nobody answered.
        RingTimeout,
        /// The caller gave up ringing.
        Cancelled,
        /// Another device of the callee answered.
        AcceptedElsewhere,
        /// Another device of the callee declined.
        DeclinedElsewhere,
        /// Both ends rang each other; the other of the two calls goes on.
        GlareLost,
        /// The other one rang anew: their new call takes the place of this one.
        Recalled,
        /// Two are in the room already.
        RoomFull,
        /// The other one left the room.
        PeerLeft,
        /// The other one is not connected to the service.
        NotFound,
        /// The invite reached no device of the other one in time.
        Unreachable,
        /// This user may not do that.
        Unauthorized,
        /// Too many calls, rooms or messages.
        RateLimited,
        /// The service refused for another reason.
        Refused,
        /// The signaling connection is gone for good.
        SignalingLost,
        /// A newer connection of the same user took over.
        Replaced,
        /// Media did not connect in time.
        ConnectTimeout,
        /// ICE found no way, or lost it and found no new one.
        IceFailed,
        /// The DTLS handshake failed.
        DtlsFailed,
        /// The two ends have no codec in common.
        NoCommonCodec,
        /// The other end vanished without a word.
        PeerGone,
        /// The callee could not take part in the call.
        RemoteFailed,
        /// The engine failed; its log says more.
        Internal,
    }
}

impl From<core::CallEvent> for CallEvent {
    fn from(event: core::CallEvent) -> Self {
        match event {
            core::CallEvent::State(state) => CallEvent::State { state: state.into() },
            core::CallEvent::RemoteRinging => CallEvent::RemoteRinging,
            core::CallEvent::RemoteMedia { audio, video, screen } => {
                CallEvent::RemoteMedia { audio, video, screen }
            }
            core::CallEvent::Held { local, remote } => CallEvent::Held { local, remote },
            core::CallEvent::Video(news) => CallEvent::Video { news: news.into() },
            core::CallEvent::Connected { setup } => CallEvent::Connected { setup: setup.into() },
            core::CallEvent::FrameReady => CallEvent::FrameReady,
            core::CallEvent::Ended(ended) => CallEvent::Ended {
                how: Ended {
                    by: ended.by.into(),
                    reason: ended.reason.into(),
                    phase: ended.phase.into(),
                    duration: ended.duration.into(),
                    accepted: ended.facts.accepted,
                    recoveries: ended.facts.recoveries.into(),
                },
            },
        }
    }
}
