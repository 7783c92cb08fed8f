//! The call as a value: its constructors, its two doors, and the steps transitions are made of.

mod transition;

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{Config, ConnectPolicy, Recovery};
use crate::effect::{Effect, Notice, Signal};
use crate::ended::{EndReason, Ended, EndedBy};
use crate::id::CallId;
use crate::input::{Input, MediaKinds};
use crate::mutation::{Rule, broken};
use crate::state::{CallState, Link, Role, Signaling, State};
use crate::timers::{Running, TimerId};

/// The most effects one input has: six from ending a call (message, leave, two timers, peer, notice) and
/// the end itself; connecting and starting stay below. A round number above leaves room to see a leak.
const MAX_EFFECTS: usize = 8;

/// One call between two ends. See the [crate's front page](crate) for the contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Call {
    id: CallId,
    config: Config,
    role: Role,
    media: MediaKinds,
    state: State,
    signaling: Signaling,
    running: Running,
    effects: VecDeque<Effect>,
}

impl Call {
    /// Rings somebody. `media` is what this end wants to send and receive.
    pub fn outgoing(id: CallId, config: Config, media: MediaKinds) -> Self {
        let link = Link::initial(config.policy);
        let mut call = Call::new(id, config, Role::Caller, media, State::Outgoing { link, ringing: false });
        call.send(Signal::Invite { media, expires_in: config.timers.ring });
        call.start_timer(TimerId::Ring, config.timers.ring);
        call.start_early_peer(link);
        call
    }

    /// Is rung by somebody. `media` is what the caller wants to send and receive; `expires_in` how much
    /// longer the invite is worth ringing.
    pub fn incoming(id: CallId, config: Config, media: MediaKinds, expires_in: Duration) -> Self {
        let link = Link::initial(config.policy);
        let mut call = Call::new(id, config, Role::Callee, media, State::Incoming { link });
        call.send(Signal::Ringing);
        call.start_timer(TimerId::InviteExpiry, expires_in.min(config.timers.invite_expiry));
        call.start_early_peer(link);
        call
    }

    /// Enters a room of two and waits there. Being in a room is having accepted whoever comes.
    pub fn room(id: CallId, config: Config, media: MediaKinds) -> Self {
        let mut call = Call::new(id, config, Role::Room, media, State::Waiting { joined: false });
        call.send(Signal::Join);
        call
    }

    /// Takes in what happened.
    ///
    /// # Panics
    ///
    /// When effects of the input before are still waiting: [`Call::poll_effect`] must have said `None`.
    pub fn handle(&mut self, input: Input) {
        assert!(self.effects.is_empty(), "poll_effect until None before the next handle");
        if let Input::TimerFired(id) = input
            && !self.running.remove(id)
        {
            return; // Was cancelled while its message was under way.
        }
        self.transition(input);
        debug_assert!(self.effects.len() <= MAX_EFFECTS, "{} effects of {input:?}", self.effects.len());
    }

    /// The next thing to do, in order; `None` when there is nothing more until the next input.
    #[must_use = "an effect that is not carried out is a broken call"]
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The call's name.
    pub fn id(&self) -> &CallId {
        &self.id
    }

    /// Where the call stands.
    pub fn state(&self) -> CallState {
        self.state.public()
    }

    /// What this end sends and receives; for a call that still rings here, what the caller wishes.
    pub fn media(&self) -> MediaKinds {
        self.media
    }

    /// How the call ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        match self.state {
            State::Ended(ended) => Some(ended),
            State::Outgoing { .. }
            | State::Incoming { .. }
            | State::Waiting { .. }
            | State::Connecting
            | State::Connected
            | State::Reconnecting { .. } => None,
        }
    }
}

/// What is said to the service and the other end when a call ends.
#[derive(Clone, Copy)]
enum Farewell {
    /// Nothing: they know, or cannot be told.
    Silent,
    /// The other end knows; a room must still be left.
    Leave,
    /// The other end must be told.
    Say(Signal),
}

/// The steps transitions are made of.
impl Call {
    fn new(id: CallId, config: Config, role: Role, media: MediaKinds, state: State) -> Self {
        Call {
            id,
            config,
            role,
            media,
            state,
            signaling: Signaling::Up,
            running: Running::default(),
            effects: VecDeque::with_capacity(MAX_EFFECTS),
        }
    }

    fn start_early_peer(&mut self, link: Link) {
        if link == Link::Starting {
            self.start_peer(self.role == Role::Caller);
        }
    }

    fn start_peer(&mut self, offerer: bool) {
        let offerer = offerer || broken(Rule::BothOffer);
        self.push(Effect::StartPeer { offerer, polite: !offerer });
    }

    /// The call is accepted; its peer connection stands where `link` says.
    fn accepted(&mut self, link: Link) {
        self.cancel_timer(TimerId::Ring);
        self.cancel_timer(TimerId::InviteExpiry);
        if broken(Rule::MediaWithoutConnection) {
            self.push(Effect::ReleaseMedia);
        }
        match link {
            Link::Idle => {
                self.start_peer(self.role == Role::Caller);
                self.connecting();
            }
            Link::Starting => self.connecting(),
            Link::Up if broken(Rule::EarlyConnectionForgotten) => self.connecting(),
            Link::Up => self.connected_first(),
            Link::Down => {
                self.restart_once();
                self.connecting();
            }
        }
    }

    /// Somebody is in the room.
    fn met(&mut self, offerer: bool) {
        self.start_peer(offerer);
        self.connecting();
    }

    fn connecting(&mut self) {
        self.start_timer(TimerId::Connect, self.config.timers.connect);
        self.enter(State::Connecting);
    }

    fn connected_first(&mut self) {
        self.cancel_timer(TimerId::Connect);
        self.push(Effect::ReleaseMedia);
        self.enter(State::Connected);
        self.notify(Notice::Connected);
    }

    fn connected_again(&mut self) {
        self.cancel_timer(TimerId::Restart);
        self.cancel_timer(TimerId::Reconnect);
        self.enter(State::Connected);
    }

    fn reconnecting(&mut self) {
        self.start_timer(TimerId::Reconnect, self.config.timers.reconnect);
        self.enter(State::Reconnecting { restarts: 0 });
        self.restart_scheduled(0);
    }

    /// Restarts ICE and plans the next restart, while one can be signaled.
    fn restart_scheduled(&mut self, restarts: u8) {
        self.cancel_timer(TimerId::Restart);
        if self.config.recovery == Recovery::Restart && self.signaling == Signaling::Up {
            self.push(Effect::RestartIce);
            self.start_timer(TimerId::Restart, self.config.timers.restart_pause(restarts));
            self.state = State::Reconnecting { restarts: restarts.saturating_add(1) };
        }
    }

    /// Restarts ICE outside the schedule: before the call was connected, its other timers limit it.
    fn restart_once(&mut self) {
        if self.can_restart() {
            self.push(Effect::RestartIce);
        }
    }

    /// A restart could be signaled, now or when signaling is back.
    fn can_restart(&self) -> bool {
        self.config.recovery == Recovery::Restart && self.signaling != Signaling::Gone
    }

    fn in_room(&self) -> bool {
        self.role == Role::Room
    }

    /// Media stayed lost.
    fn give_up(&mut self) {
        let (by, reason) = match (self.config.recovery, self.signaling) {
            (Recovery::Wait, _) => (EndedBy::Remote, EndReason::PeerGone),
            (Recovery::Restart, Signaling::Gone) => (EndedBy::Timeout, EndReason::SignalingLost),
            (Recovery::Restart, Signaling::Up | Signaling::Down) => (EndedBy::Timeout, EndReason::IceFailed),
        };
        self.end(by, reason, Farewell::Say(Signal::HangUp));
    }

    fn end(&mut self, by: EndedBy, reason: EndReason, farewell: Farewell) {
        let ended = Ended { by, reason, phase: self.state.phase() };
        if let Farewell::Say(signal) = farewell
            && !(broken(Rule::HangUpNotSent) && signal == Signal::HangUp)
        {
            self.send(signal);
        }
        if self.in_room() && !matches!(farewell, Farewell::Silent) {
            self.send(Signal::Leave);
        }
        if !broken(Rule::TimersOutliveCall) {
            TimerId::ALL.into_iter().for_each(|id| self.cancel_timer(id));
        }
        if self.state.has_peer() && !broken(Rule::PeerOutlivesCall) {
            self.push(Effect::ClosePeer);
        }
        self.enter(State::Ended(ended));
        self.push(Effect::Ended(ended));
        if broken(Rule::EndedTwice) {
            self.push(Effect::Ended(ended));
        }
    }

    /// Changes to a state that hosts see as another.
    fn enter(&mut self, state: State) {
        self.state = state;
        self.notify(Notice::State(state.public()));
    }

    fn start_timer(&mut self, id: TimerId, after: Duration) {
        if broken(Rule::ConnectTimerNotArmed) && id == TimerId::Connect
            || broken(Rule::ReconnectTimerNotArmed) && id == TimerId::Reconnect
            || broken(Rule::InviteNeverExpires) && id == TimerId::InviteExpiry
        {
            return;
        }
        self.running.insert(id);
        self.push(Effect::StartTimer(id, after));
    }

    fn cancel_timer(&mut self, id: TimerId) {
        if self.running.remove(id) {
            self.push(Effect::CancelTimer(id));
        }
    }

    fn send(&mut self, signal: Signal) {
        self.push(Effect::Send(signal));
    }

    fn notify(&mut self, notice: Notice) {
        self.push(Effect::Notify(notice));
    }

    fn push(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }
}

impl Link {
    fn initial(policy: ConnectPolicy) -> Link {
        match policy {
            ConnectPolicy::WhileRinging => Link::Starting,
            ConnectPolicy::AfterAccept => Link::Idle,
        }
    }
}
