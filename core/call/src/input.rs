//! Everything that can happen to a call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::timers::TimerId;

/// Something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Input {
    /// The person at this end wants something.
    User(UserInput),
    /// A signaling message of this call arrived.
    Wire(WireInput),
    /// The peer connection says something.
    Peer(PeerInput),
    /// The signaling connection says something.
    Signaling(SignalingInput),
    /// The host or the driver says something.
    Host(HostInput),
    /// Both ends rang each other and the other call survives; [`Lines`](crate::Lines) decides that.
    GlareLost,
    /// The other one rang anew and that call takes this one's place; [`Lines`](crate::Lines) decides that.
    Recalled,
    /// A timer asked for by [`Effect::StartTimer`](crate::Effect::StartTimer) ran out.
    TimerFired(TimerId),
}

/// What a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum UserInput {
    /// Answer an incoming call, with these kinds of media.
    Accept {
        /// What this end will send and receive.
        media: MediaKinds,
    },
    /// Do not answer an incoming call.
    Decline,
    /// End the call, whatever its state; declines a call that rings here, cancels one that rings there.
    HangUp,
    /// Open or close microphone, camera and screen; the other end is told. May be said before the call is
    /// connected. A kind of media the call does not have stays closed, see [`Wish::AskVideo`].
    SetMedia(Sources),
    /// Something only a call that is accepted can do.
    Talk(Wish),
}

/// What a person wants of a call that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Pause: nothing is sent or played.
    Hold,
    /// Go on.
    Resume,
    /// Add pictures to a call without; the other end is asked.
    AskVideo,
    /// The answer to [`VideoNews::Asked`](crate::VideoNews::Asked).
    AnswerVideo {
        /// Yes.
        accept: bool,
    },
    /// No pictures any more, in either direction; needs no consent. Takes back a question, too.
    StopVideo,
}

/// What two ends say to each other about a call that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The sender has paused: send nothing, nothing is heard.
    Hold,
    /// The sender goes on.
    Resume,
    /// The sender would like pictures, both ways.
    AskVideo,
    /// Yes to pictures.
    AcceptVideo,
    /// No pictures: an answer, a question taken back, or the end of those there were.
    StopVideo,
}

/// A message of this call from the other end or from the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WireInput {
    /// The invite of a call known from a push message arrived; [`Lines`](crate::Lines) says this.
    Invite {
        /// What the caller wants to send and receive.
        media: MediaKinds,
        /// How much longer the invite is worth ringing.
        expires_in: Duration,
    },
    /// The service handed the invite to a device of the other one, or to a push service for it.
    Delivered,
    /// It rings at the other end.
    Ringing,
    /// The other end answered.
    Accept {
        /// What the other end will send and receive.
        media: MediaKinds,
    },
    /// A device answered that is not the one whose peer connection was set up while it rang;
    /// [`Lines`](crate::Lines) decides that.
    AcceptAnew {
        /// What the other end will send and receive.
        media: MediaKinds,
    },
    /// The other end has closed its peer connection and makes a new one: do the same. Comes at most once,
    /// to a device that answered.
    Anew,
    /// The other end does not answer.
    Decline {
        /// Why.
        reason: DeclineReason,
    },
    /// The caller gave up.
    Cancel,
    /// The other end hung up.
    HangUp,
    /// Another device of the user at this end answered.
    AcceptedElsewhere,
    /// Another device of the user at this end declined.
    DeclinedElsewhere,
    /// This end is in the room.
    Joined {
        /// Somebody is there already.
        peer: bool,
    },
    /// Somebody came into the room.
    PeerJoined,
    /// The other end left the room; or, for a ringing call, is no longer known to the service.
    PeerLeft,
    /// The service has lost the other end and given it up: its session there is over, which says nothing of
    /// the other end itself.
    PeerGone,
    /// Two are in the room already.
    RoomFull,
    /// The service refused this call.
    Refused(Refusal),
    /// What the other end sends has changed.
    MediaState(Sources),
    /// About the call in progress.
    Talk(Word),
}

/// Kinds of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MediaKinds {
    /// Sound.
    pub audio: bool,
    /// Pictures.
    pub video: bool,
}

/// Which sources of one end are live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sources {
    /// The microphone is open.
    pub audio: bool,
    /// Pictures are sent.
    pub video: bool,
    /// The pictures are a screen's.
    pub screen: bool,
}

/// Why an invite is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclineReason {
    /// The person does not want to.
    Declined,
    /// The person is in another call.
    Busy,
    /// Nobody answered in time.
    Timeout,
    /// The person rings the caller, too, and that call goes on.
    Glare,
    /// It cannot be answered: setting up the call failed there, or a reason this version does not know.
    Failed,
}

/// Why the service refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The other end is not connected.
    NotFound,
    /// This user may not do that.
    Unauthorized,
    /// Too many calls, rooms or messages.
    RateLimited,
    /// Any other reason.
    Other,
}

/// News from the peer connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PeerInput {
    /// ICE has a working pair and DTLS is up; after a restart: the new pair works. Said after each
    /// successful restart, even when the old pair never broke.
    Connected,
    /// ICE has lost its pair and may find it again.
    Disconnected,
    /// ICE found no pair, or gave up on a lost one.
    IceFailed,
    /// The DTLS handshake failed, or the certificate is not the one that was announced.
    DtlsFailed,
    /// The descriptions have no codec in common.
    NoCommonCodec,
    /// The other end's first description cannot be used.
    BadDescription,
    /// The other end has closed its peer connection: DTLS said so (close_notify), or its control data channel
    /// is closed. It may be repeated. What that means is [`Closing`](crate::Closing).
    Closed,
}

/// News from the signaling connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SignalingInput {
    /// The connection broke; it is being made anew.
    Lost,
    /// The session goes on.
    Restored,
    /// There will be no connection any more.
    LostForGood(SignalingLoss),
}

/// Why signaling ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalingLoss {
    /// The server cannot be reached, or forgot the session.
    Unreachable,
    /// The token is not accepted any more.
    Unauthorized,
    /// A newer connection of the same user took the session over.
    Replaced,
}

/// News from the host or the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HostInput {
    /// The device has other network interfaces or addresses than before.
    NetworkChanged,
    /// The driver could not carry out an effect; the call cannot go on.
    Failed,
    /// The device has other uses for its microphone, speaker, camera or processor, or has them no more.
    /// Each pair may be repeated and may come in any state.
    Device(DeviceNews),
}

/// What happened to the device a call runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceNews {
    /// A telephone (GSM) call has begun: this call is held until it ends, and the other end told so.
    PhoneCallBegan,
    /// It is over: this call goes on, unless a person holds it.
    PhoneCallEnded,
    /// Another app has the sound: the microphone is closed and nothing is played. Pictures go on.
    AudioFocusLost,
    /// The sound is ours again.
    AudioFocusRegained,
    /// The app is not visible: the camera is closed. Sound and a shared screen go on.
    Background,
    /// The app is visible.
    Foreground,
    /// How hot the device is.
    Thermal(Thermal),
}

/// How hot a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thermal {
    /// Fit for anything.
    #[default]
    Normal,
    /// Pictures are sent smaller and less often.
    Warm,
    /// No pictures are sent.
    Hot,
}
