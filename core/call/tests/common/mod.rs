//! What all tests share: short ways to make calls, and lists of everything that can happen to them.
#![allow(dead_code)] // Each test binary uses its own part of this.

use std::time::Duration;

use duet_call::*;

pub const MEDIA: MediaKinds = MediaKinds { audio: true, video: true };
pub const SCREEN: RemoteMedia = RemoteMedia { audio: true, video: true, screen: true };
pub const EXPIRES: Duration = Duration::from_secs(30);

pub const ACCEPT: Input = Input::User(UserInput::Accept { media: MEDIA });
pub const DECLINE: Input = Input::User(UserInput::Decline);
pub const HANG_UP: Input = Input::User(UserInput::HangUp);
pub const CONNECTED: Input = Input::Peer(PeerInput::Connected);
pub const DISCONNECTED: Input = Input::Peer(PeerInput::Disconnected);
pub const ICE_FAILED: Input = Input::Peer(PeerInput::IceFailed);
pub const NETWORK_CHANGED: Input = Input::Host(HostInput::NetworkChanged);
pub const ANSWERED: Input = Input::Wire(WireInput::Accept { media: MEDIA });
pub const PEER_JOINED: Input = Input::Wire(WireInput::PeerJoined);
pub const GONE: Input = Input::Signaling(SignalingInput::LostForGood(SignalingLoss::Unreachable));

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
        WireInput::Ringing,
        WireInput::Accept { media: MEDIA },
        WireInput::Decline { reason: DeclineReason::Declined },
        WireInput::Decline { reason: DeclineReason::Busy },
        WireInput::Decline { reason: DeclineReason::Timeout },
        WireInput::Decline { reason: DeclineReason::Failed },
        WireInput::Cancel,
        WireInput::HangUp,
        WireInput::AcceptedElsewhere,
        WireInput::DeclinedElsewhere,
        WireInput::Joined { peer: false },
        WireInput::Joined { peer: true },
        WireInput::PeerJoined,
        WireInput::PeerLeft,
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
    ];
    let signaling = [
        SignalingInput::Lost,
        SignalingInput::Restored,
        SignalingInput::LostForGood(SignalingLoss::Unreachable),
        SignalingInput::LostForGood(SignalingLoss::Unauthorized),
        SignalingInput::LostForGood(SignalingLoss::Replaced),
    ];
    let mut all = vec![ACCEPT, DECLINE, HANG_UP];
    all.extend(wire.map(Input::Wire));
    all.extend(peer.map(Input::Peer));
    all.extend(signaling.map(Input::Signaling));
    all.extend([HostInput::NetworkChanged, HostInput::Failed].map(Input::Host));
    all.push(Input::GlareLost);
    all.extend(TimerId::ALL.map(Input::TimerFired));
    all
}

/// The row of an input in the table of transitions.
pub fn label(input: Input) -> &'static str {
    match input {
        Input::User(UserInput::Accept { .. }) => "user.accept",
        Input::User(UserInput::Decline) => "user.decline",
        Input::User(UserInput::HangUp) => "user.hang-up",
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
        Input::TimerFired(TimerId::Restart) => "timer.restart",
    }
}
