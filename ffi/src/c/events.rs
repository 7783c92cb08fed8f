//! What sessions and calls tell their host.

use std::ffi::{CString, c_char, c_void};
use std::sync::LazyLock;

use duet_core::{
    CallEvent, CallState, EndReason, Ended, EndedBy, Phase, SessionEvent, SessionState, VideoNews,
};

use super::call::DuetCall;
use super::error::DuetError;
use super::memory::{self, Versioned};
use crate::objects::{self, Object, Watched};

/// Where a session stands.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetSessionState {
    /// Not connected yet.
    Connecting = 0,
    /// Connected: can ring and be rung. Sessions over the host's own signaling always are.
    Connected = 1,
    /// The connection broke and is being made anew; calls go on.
    Reconnecting = 2,
    /// Over.
    Closed = 3,
}

/// What a session tells its host.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetSessionEventKind {
    /// The session is in another state: `state`.
    State = 0,
    /// Somebody rings: `call`, which is the host's to free. Set its event handler, then accept or
    /// decline it. A call that is not `DUET_CALL_STATE_INCOMING` any more took the place of one of
    /// ours with that person, because both rang at once: it is accepted already.
    Incoming = 1,
    /// The service is gone for good, and the session with it: `error` and `message`. Calls that are
    /// connected go on until they are hung up.
    Failed = 2,
}

/// An event of a session. Valid during the callback only.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetSessionEvent {
    /// The size of this struct in the library.
    pub size: usize,
    /// What happened, and which of the fields below mean something.
    pub kind: DuetSessionEventKind,
    /// The new state.
    pub state: DuetSessionState,
    /// The call that rings.
    pub call: DuetCall,
    /// Why the session failed.
    pub error: DuetError,
    /// The same in words; NULL for other events.
    pub message: *const c_char,
}

/// Where a call stands.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetCallState {
    /// In a room, alone.
    Waiting = 0,
    /// Rings at the other end.
    Outgoing = 1,
    /// Rings here.
    Incoming = 2,
    /// Accepted; media is not connected yet.
    Connecting = 3,
    /// In the call.
    Connected = 4,
    /// In the call; media was lost and is being recovered.
    Reconnecting = 5,
    /// Over.
    Ended = 6,
}

/// What a call tells its host.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetCallEventKind {
    /// The call is in another state: `state`.
    State = 0,
    /// It rings at the other end.
    RemoteRinging = 1,
    /// What the other end sends: `audio`, `video`, `screen`.
    RemoteMedia = 2,
    /// Who holds the call has changed: `held_locally`, `held_remotely`.
    Held = 3,
    /// About pictures in a call that had none: `video_news`.
    Video = 4,
    /// Media flows for the first time: `setup_us`.
    Connected = 5,
    /// A new remote frame can be pulled. Several frames may have come.
    FrameReady = 6,
    /// The call is over: `ended_by`, `reason`, `reason_name`, `phase`, `duration_ms` and the facts after
    /// them. Always the last event, exactly once.
    Ended = 7,
}

/// About pictures in a call that had none.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetVideoNews {
    /// The other end would like pictures: ask the person, then `duet_call_answer_video`.
    Asked = 0,
    /// Both want them.
    Agreed = 1,
    /// They are not wanted, or nobody answered, or the question was taken back.
    Declined = 2,
    /// There were pictures; one of the ends wants no more.
    Stopped = 3,
}

/// Who ended a call.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetEndedBy {
    /// The person or host at this end.
    Local = 0,
    /// The other end.
    Remote = 1,
    /// Nobody: time ran out.
    Timeout = 2,
    /// The service, the network or the engine.
    System = 3,
}

/// How far a call had come when it ended.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetPhase {
    /// It rang, here or there.
    Ringing = 0,
    /// Alone in the room.
    Waiting = 1,
    /// Accepted, media not yet connected.
    Connecting = 2,
    /// In the call.
    Connected = 3,
    /// Had been connected; media was lost.
    Reconnecting = 4,
}

/// Why a call ended.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetEndReason {
    /// Somebody hung up.
    HangUp = 0,
    /// The callee did not want to answer.
    Declined = 1,
    /// The callee is in another call.
    Busy = 2,
    /// Nobody answered.
    RingTimeout = 3,
    /// The caller gave up ringing.
    Cancelled = 4,
    /// Another device of the callee answered.
    AcceptedElsewhere = 5,
    /// Another device of the callee declined.
    DeclinedElsewhere = 6,
    /// Both ends rang each other; the other of the two calls goes on.
    GlareLost = 7,
    /// The other one rang anew: their new call takes the place of this one.
    Recalled = 8,
    /// Two are in the room already.
    RoomFull = 9,
    /// The other one left the room.
    PeerLeft = 10,
    /// The other one is not connected to the service.
    NotFound = 11,
    /// The invite reached no device of the other one in time.
    Unreachable = 12,
    /// This user may not do that.
    Unauthorized = 13,
    /// Too many calls, rooms or messages.
    RateLimited = 14,
    /// The service refused for another reason.
    Refused = 15,
    /// The signaling connection is gone for good.
    SignalingLost = 16,
    /// A newer connection of the same user took over.
    Replaced = 17,
    /// Media did not connect in time.
    ConnectTimeout = 18,
    /// ICE found no way, or lost it and found no new one.
    IceFailed = 19,
    /// The DTLS handshake failed.
    DtlsFailed = 20,
    /// The two ends have no codec in common.
    NoCommonCodec = 21,
    /// The other end vanished without a word.
    PeerGone = 22,
    /// The callee could not take part in the call.
    RemoteFailed = 23,
    /// The engine failed; its log says more.
    Internal = 24,
}

/// An event of a call. Valid during the callback only, but for `reason_name`, which is static.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetCallEvent {
    /// The size of this struct in the library.
    pub size: usize,
    /// What happened, and which of the fields below mean something.
    pub kind: DuetCallEventKind,
    /// The new state.
    pub state: DuetCallState,
    /// The other end's microphone is open.
    pub audio: bool,
    /// The other end sends pictures.
    pub video: bool,
    /// The pictures are a screen's.
    pub screen: bool,
    /// This end holds the call.
    pub held_locally: bool,
    /// The other end holds the call.
    pub held_remotely: bool,
    /// About pictures.
    pub video_news: DuetVideoNews,
    /// Time since the call was accepted, or since the other one was in the room, in us.
    pub setup_us: u64,
    /// Who ended the call.
    pub ended_by: DuetEndedBy,
    /// Why.
    pub reason: DuetEndReason,
    /// Why, as a word: `hang-up`, `ring-timeout` ...; NULL for other events.
    pub reason_name: *const c_char,
    /// How far the call had come.
    pub phase: DuetPhase,
    /// How long media had been connected, in ms.
    pub duration_ms: u64,
    /// How often a connected call had to recover its media, or to move to another network.
    pub recoveries: u32,
    /// It was answered; or, in a room, somebody was there.
    pub accepted: bool,
}

/// Receives a session's events, on the engine's event thread, in order. Any Duet function may be
/// called inside; nothing may be thrown out of it.
pub type DuetSessionCallback =
    Option<unsafe extern "C" fn(event: *const DuetSessionEvent, user_data: *mut c_void)>;

/// Receives a call's events, on the engine's event thread, in order. Any Duet function may be called
/// inside; nothing may be thrown out of it.
pub type DuetCallCallback = Option<unsafe extern "C" fn(event: *const DuetCallEvent, user_data: *mut c_void)>;

// SAFETY: repr(C), size first; every enum has a zero, and the rest may be zero.
unsafe impl Versioned for DuetSessionEvent {}
// SAFETY: as above.
unsafe impl Versioned for DuetCallEvent {}

/// Gives `call` an event in the shape of C.
pub(crate) fn with_session_event(event: SessionEvent, call: impl FnOnce(&DuetSessionEvent)) {
    let mut out = DuetSessionEvent { size: size_of::<DuetSessionEvent>(), ..memory::zeroed() };
    let mut _message = CString::default();
    match event {
        SessionEvent::State(state) => {
            (out.kind, out.state) = (DuetSessionEventKind::State, state.into());
        }
        SessionEvent::Incoming(incoming) => {
            out.kind = DuetSessionEventKind::Incoming;
            out.call = objects::insert(Object::Call(Watched::new(incoming)));
        }
        SessionEvent::Failed(error) => {
            _message = CString::new(error.to_string().replace('\0', " ")).unwrap_or_default();
            (out.kind, out.error) = (DuetSessionEventKind::Failed, error.kind().into());
            out.message = _message.as_ptr();
        }
    }
    call(&out);
}

/// Gives `call` an event in the shape of C.
pub(crate) fn with_call_event(event: CallEvent, call: impl FnOnce(&DuetCallEvent)) {
    let mut out = DuetCallEvent { size: size_of::<DuetCallEvent>(), ..memory::zeroed() };
    match event {
        CallEvent::State(state) => (out.kind, out.state) = (DuetCallEventKind::State, state.into()),
        CallEvent::RemoteRinging => out.kind = DuetCallEventKind::RemoteRinging,
        CallEvent::RemoteMedia { audio, video, screen } => {
            out.kind = DuetCallEventKind::RemoteMedia;
            (out.audio, out.video, out.screen) = (audio, video, screen);
        }
        CallEvent::Held { local, remote } => {
            out.kind = DuetCallEventKind::Held;
            (out.held_locally, out.held_remotely) = (local, remote);
        }
        CallEvent::Video(news) => (out.kind, out.video_news) = (DuetCallEventKind::Video, news.into()),
        CallEvent::Connected { setup } => {
            out.kind = DuetCallEventKind::Connected;
            out.setup_us = setup.as_micros().try_into().unwrap_or(u64::MAX);
        }
        CallEvent::FrameReady => out.kind = DuetCallEventKind::FrameReady,
        CallEvent::Ended(ended) => fill_ended(&mut out, &ended),
    }
    call(&out);
}

/// `reason_name` of each reason.
static NAMES: LazyLock<Vec<(EndReason, CString)>> = LazyLock::new(|| {
    let name = |reason: &EndReason| (*reason, CString::new(reason.as_str()).unwrap_or_default());
    EndReason::ALL.iter().map(name).collect()
});

pub(crate) fn fill_ended(out: &mut DuetCallEvent, ended: &Ended) {
    out.kind = DuetCallEventKind::Ended;
    out.state = DuetCallState::Ended;
    (out.ended_by, out.reason, out.phase) = (ended.by.into(), ended.reason.into(), ended.phase.into());
    out.reason_name = NAMES
        .iter()
        .find(|(reason, _)| *reason == ended.reason)
        .map_or(c"".as_ptr(), |(_, name)| name.as_ptr());
    out.duration_ms = ended.duration.as_millis().try_into().unwrap_or(u64::MAX);
    (out.recoveries, out.accepted) = (ended.facts.recoveries.into(), ended.facts.accepted);
}

/// The same names on both sides.
macro_rules! convert {
    ($from:ident => $to:ident { $($name:ident),+ $(,)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                match value {
                    $($from::$name => $to::$name,)+
                }
            }
        }
    };
}

convert!(SessionState => DuetSessionState { Connecting, Connected, Reconnecting, Closed });
convert!(CallState => DuetCallState {
    Waiting, Outgoing, Incoming, Connecting, Connected, Reconnecting, Ended,
});
convert!(VideoNews => DuetVideoNews { Asked, Agreed, Declined, Stopped });
convert!(EndedBy => DuetEndedBy { Local, Remote, Timeout, System });
convert!(Phase => DuetPhase { Ringing, Waiting, Connecting, Connected, Reconnecting });
convert!(EndReason => DuetEndReason {
    HangUp, Declined, Busy, RingTimeout, Cancelled, AcceptedElsewhere, DeclinedElsewhere, GlareLost, Recalled,
    RoomFull, PeerLeft, NotFound, Unreachable, Unauthorized, RateLimited, Refused, SignalingLost, Replaced,
    ConnectTimeout, IceFailed, DtlsFailed, NoCommonCodec, PeerGone, RemoteFailed, Internal,
});
