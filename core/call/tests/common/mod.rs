//! What all tests share: short ways to make calls, and lists of everything that can happen to them.
#![allow(dead_code)] // Each test binary uses its own part of this.

use std::time::Duration;

use duet_call::*;

pub const MEDIA: MediaKinds = MediaKinds { audio: true, video: true };
pub const SCREEN: Sources = Sources { audio: true, video: true, screen: true };
pub const EXPIRES: Duration = Duration::from_secs(30);

pub const ACCEPT: Input = Input::User(UserInput::Accept { media: MEDIA });
pub const DECLINE: Input = Input::User(UserInput::Decline);
pub const HANG_UP: Input = Input::User(UserInput::HangUp);
pub const CONNECTED: Input = Input::Peer(PeerInput::Connected);
pub const DISCONNECTED: Input = Input::Peer(PeerInput::Disconnected);
pub const CLOSED: Input = Input::Peer(PeerInput::Closed);
pub const ICE_FAILED: Input = Input::Peer(PeerInput::IceFailed);
pub const NETWORK_CHANGED: Input = Input::Host(HostInput::NetworkChanged);
pub const ANSWERED: Input = Input::Wire(WireInput::Accept { media: MEDIA });
pub const PEER_JOINED: Input = Input::Wire(WireInput::PeerJoined);
pub const PEER_LEFT: Input = Input::Wire(WireInput::PeerLeft);
pub const INVITED: Input = Input::Wire(WireInput::Invite { media: MEDIA, expires_in: EXPIRES });
pub const HOLD: Input = Input::User(UserInput::Talk(Wish::Hold));
pub const RESUME: Input = Input::User(UserInput::Talk(Wish::Resume));
pub const CAMERA: Sources = Sources { audio: true, video: true, screen: false };
pub const MUTED: Sources = Sources { audio: false, video: true, screen: false };
pub const SOUND: MediaKinds = MediaKinds { audio: true, video: false };
/// Everything passes.
pub const OPEN: Flow =
    Flow { send_audio: true, send_video: VideoFlow::Full, play_audio: true, show_video: true };
/// Nothing passes.
pub const SHUT: Flow =
    Flow { send_audio: false, send_video: VideoFlow::Off, play_audio: false, show_video: false };
pub const GONE: Input = Input::Signaling(SignalingInput::LostForGood(SignalingLoss::Unreachable));

/// What the other end says about the call in progress.
pub fn word(word: Word) -> Input {
    Input::Wire(WireInput::Talk(word))
}

pub fn device(news: DeviceNews) -> Input {
    Input::Host(HostInput::Device(news))
}

pub fn stay() -> Config {
    Config { room_stay: true, ..Config::default() }
}

pub fn after_accept() -> Config {
    Config { policy: ConnectPolicy::AfterAccept, ..Config::default() }
}

/// A call and everything it asked for so far.
pub struct Driven {
    pub call: Call,
    pub log: Vec<Effect>,
}

impl Driven {
    pub fn outgoing(config: Config) -> Self {
        Driven::new(Call::outgoing(CallId::from("c"), config, MEDIA))
    }

    pub fn incoming(config: Config) -> Self {
        Driven::new(Call::incoming(CallId::from("c"), config, MEDIA, EXPIRES))
    }

    pub fn pushed(config: Config) -> Self {
        Driven::new(Call::pushed(CallId::from("c"), config, MEDIA, EXPIRES))
    }

    pub fn room(config: Config) -> Self {
        Driven::new(Call::room(CallId::from("c"), config, MEDIA))
    }

    fn new(call: Call) -> Self {
        let mut driven = Driven { call, log: Vec::new() };
        driven.drain();
        driven
    }

    /// Applies inputs one after the other, each fully polled.
    pub fn after(mut self, inputs: &[Input]) -> Self {
        inputs.iter().for_each(|input| drop(self.give(*input)));
        self
    }

    /// Applies one input; says what it made the call ask for.
    pub fn give(&mut self, input: Input) -> Vec<Effect> {
        self.call.handle(input);
        self.drain()
    }

    fn drain(&mut self) -> Vec<Effect> {
        let effects: Vec<Effect> = std::iter::from_fn(|| self.call.poll_effect()).collect();
        self.log.extend(&effects);
        effects
    }

    pub fn state(&self) -> CallState {
        self.call.state()
    }

    /// The signaling messages sent so far.
    pub fn sent(&self) -> Vec<Signal> {
        sent(&self.log)
    }

    pub fn end(&self) -> (EndedBy, EndReason, Phase) {
        let ended = self.call.ended().expect("the call is over");
        (ended.by, ended.reason, ended.phase)
    }
}

pub fn sent(effects: &[Effect]) -> Vec<Signal> {
    let signal = |effect: &Effect| if let Effect::Send(signal) = effect { Some(*signal) } else { None };
    effects.iter().filter_map(signal).collect()
}

pub fn restarts(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| **effect == Effect::RestartIce).count()
}

/// Every input, with one value for each way it can matter. [`label`] fails to compile when one is added.
pub fn all_inputs() -> Vec<Input> {
    let wire = [
        WireInput::Invite { media: MEDIA, expires_in: EXPIRES },
        WireInput::Delivered,
        WireInput::Ringing,
        WireInput::Accept { media: MEDIA },
        WireInput::Accept { media: SOUND },
        WireInput::AcceptAnew { media: MEDIA },
        WireInput::Anew,
        WireInput::Decline { reason: DeclineReason::Declined },
        WireInput::Decline { reason: DeclineReason::Busy },
        WireInput::Decline { reason: DeclineReason::Timeout },
        WireInput::Decline { reason: DeclineReason::Glare },
        WireInput::Decline { reason: DeclineReason::Failed },
        WireInput::Cancel,
        WireInput::HangUp,
        WireInput::AcceptedElsewhere,
        WireInput::DeclinedElsewhere,
        WireInput::Joined { peer: false },
        WireInput::Joined { peer: true },
        WireInput::PeerJoined,
        WireInput::PeerLeft,
        WireInput::PeerGone,
        WireInput::RoomFull,
        WireInput::Refused(Refusal::NotFound),
        WireInput::Refused(Refusal::Unauthorized),
        WireInput::Refused(Refusal::RateLimited),
        WireInput::Refused(Refusal::Other),
        WireInput::MediaState(SCREEN),
    ];
    let peer = [
        PeerInput::Connected,
        PeerInput::Disconnected,
        PeerInput::IceFailed,
        PeerInput::DtlsFailed,
        PeerInput::NoCommonCodec,
        PeerInput::BadDescription,
        PeerInput::Closed,
    ];
    let signaling = [
        SignalingInput::Lost,
        SignalingInput::Restored,
        SignalingInput::LostForGood(SignalingLoss::Unreachable),
        SignalingInput::LostForGood(SignalingLoss::Unauthorized),
        SignalingInput::LostForGood(SignalingLoss::Replaced),
    ];
    let wishes = [
        Wish::Hold,
        Wish::Resume,
        Wish::AskVideo,
        Wish::AnswerVideo { accept: true },
        Wish::AnswerVideo { accept: false },
        Wish::StopVideo,
    ];
    let words = [Word::Hold, Word::Resume, Word::AskVideo, Word::AcceptVideo, Word::StopVideo];
    let device = [
        DeviceNews::PhoneCallBegan,
        DeviceNews::PhoneCallEnded,
        DeviceNews::AudioFocusLost,
        DeviceNews::AudioFocusRegained,
        DeviceNews::Background,
        DeviceNews::Foreground,
        DeviceNews::Thermal(Thermal::Normal),
        DeviceNews::Thermal(Thermal::Warm),
        DeviceNews::Thermal(Thermal::Hot),
    ];
    let mut all = vec![ACCEPT, DECLINE, HANG_UP];
    all.push(Input::User(UserInput::Accept { media: SOUND }));
    all.extend([MUTED, SCREEN].map(|sources| Input::User(UserInput::SetMedia(sources))));
    all.extend(wishes.map(|wish| Input::User(UserInput::Talk(wish))));
    all.extend(wire.map(Input::Wire));
    all.extend(words.map(|word| Input::Wire(WireInput::Talk(word))));
    all.extend(device.map(|news| Input::Host(HostInput::Device(news))));
    all.extend(peer.map(Input::Peer));
    all.extend(signaling.map(Input::Signaling));
    all.extend([HostInput::NetworkChanged, HostInput::Failed].map(Input::Host));
    all.extend([Input::GlareLost, Input::Recalled]);
    all.extend(TimerId::ALL.map(Input::TimerFired));
    all
}

/// The row of an input in the table of transitions.
pub fn label(input: Input) -> &'static str {
    match input {
        Input::User(UserInput::Accept { .. }) => "user.accept",
        Input::User(UserInput::Decline) => "user.decline",
        Input::User(UserInput::HangUp) => "user.hang-up",
        Input::User(UserInput::SetMedia(_)) => "user.set-media",
        Input::User(UserInput::Talk(Wish::Hold)) => "user.hold",
        Input::User(UserInput::Talk(Wish::Resume)) => "user.resume",
        Input::User(UserInput::Talk(Wish::AskVideo)) => "user.ask-video",
        Input::User(UserInput::Talk(Wish::AnswerVideo { .. })) => "user.answer-video",
        Input::User(UserInput::Talk(Wish::StopVideo)) => "user.stop-video",
        Input::Wire(WireInput::Invite { .. }) => "wire.invite",
        Input::Wire(WireInput::Delivered) => "wire.delivered",
        Input::Wire(WireInput::AcceptAnew { .. }) => "wire.accept-anew",
        Input::Wire(WireInput::Anew) => "wire.anew",
        Input::Wire(WireInput::Talk(Word::Hold)) => "wire.hold",
        Input::Wire(WireInput::Talk(Word::Resume)) => "wire.resume",
        Input::Wire(WireInput::Talk(Word::AskVideo)) => "wire.ask-video",
        Input::Wire(WireInput::Talk(Word::AcceptVideo)) => "wire.accept-video",
        Input::Wire(WireInput::Talk(Word::StopVideo)) => "wire.stop-video",
        Input::Host(HostInput::Device(DeviceNews::PhoneCallBegan)) => "host.phone-call-began",
        Input::Host(HostInput::Device(DeviceNews::PhoneCallEnded)) => "host.phone-call-ended",
        Input::Host(HostInput::Device(DeviceNews::AudioFocusLost)) => "host.audio-focus-lost",
        Input::Host(HostInput::Device(DeviceNews::AudioFocusRegained)) => "host.audio-focus-regained",
        Input::Host(HostInput::Device(DeviceNews::Background)) => "host.background",
        Input::Host(HostInput::Device(DeviceNews::Foreground)) => "host.foreground",
        Input::Host(HostInput::Device(DeviceNews::Thermal(_))) => "host.thermal",
        Input::Recalled => "recalled",
        Input::TimerFired(TimerId::InviteAck) => "timer.invite-ack",
        Input::TimerFired(TimerId::VideoAsk) => "timer.video-ask",
        Input::Wire(WireInput::Ringing) => "wire.ringing",
        Input::Wire(WireInput::Accept { .. }) => "wire.accept",
        Input::Wire(WireInput::Decline { .. }) => "wire.decline",
        Input::Wire(WireInput::Cancel) => "wire.cancel",
        Input::Wire(WireInput::HangUp) => "wire.hang-up",
        Input::Wire(WireInput::AcceptedElsewhere) => "wire.accepted-elsewhere",
        Input::Wire(WireInput::DeclinedElsewhere) => "wire.declined-elsewhere",
        Input::Wire(WireInput::Joined { peer: false }) => "wire.joined-alone",
        Input::Wire(WireInput::Joined { peer: true }) => "wire.joined-peer",
        Input::Wire(WireInput::PeerJoined) => "wire.peer-joined",
        Input::Wire(WireInput::PeerLeft) => "wire.peer-left",
        Input::Wire(WireInput::PeerGone) => "wire.peer-gone",
        Input::Wire(WireInput::RoomFull) => "wire.room-full",
        Input::Wire(WireInput::Refused(Refusal::NotFound)) => "wire.not-found",
        Input::Wire(WireInput::Refused(Refusal::Unauthorized | Refusal::RateLimited | Refusal::Other)) => {
            "wire.refused"
        }
        Input::Wire(WireInput::MediaState(_)) => "wire.media-state",
        Input::Peer(PeerInput::Connected) => "peer.connected",
        Input::Peer(PeerInput::Disconnected) => "peer.disconnected",
        Input::Peer(PeerInput::IceFailed) => "peer.ice-failed",
        Input::Peer(PeerInput::DtlsFailed) => "peer.dtls-failed",
        Input::Peer(PeerInput::NoCommonCodec) => "peer.no-common-codec",
        Input::Peer(PeerInput::BadDescription) => "peer.bad-description",
        Input::Peer(PeerInput::Closed) => "peer.closed",
        Input::Signaling(SignalingInput::Lost) => "signaling.lost",
        Input::Signaling(SignalingInput::Restored) => "signaling.restored",
        Input::Signaling(SignalingInput::LostForGood(_)) => "signaling.lost-for-good",
        Input::Host(HostInput::NetworkChanged) => "host.network-changed",
        Input::Host(HostInput::Failed) => "host.failed",
        Input::GlareLost => "glare-lost",
        Input::TimerFired(TimerId::Ring) => "timer.ring",
        Input::TimerFired(TimerId::InviteExpiry) => "timer.invite-expiry",
        Input::TimerFired(TimerId::Connect) => "timer.connect",
        Input::TimerFired(TimerId::Reconnect) => "timer.reconnect",
        Input::TimerFired(TimerId::Closed) => "timer.closed",
        Input::TimerFired(TimerId::Restart) => "timer.restart",
    }
}
