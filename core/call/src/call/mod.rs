//! The call as a value: its constructors, its two doors, and the steps transitions are made of.

mod broken;
mod early;
mod line;
mod steps;
mod talk;
mod transition;
mod words;

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::{Config, ConnectPolicy};
use crate::effect::{Effect, Notice, Signal};
use crate::ended::{EndReason, Ended, EndedBy, Facts};
use crate::id::CallId;
use crate::input::{Input, MediaKinds};
use crate::mutation::{Rule, broken};
use crate::state::{CallState, Heard, Link, Role, Signaling, State};
use crate::timers::{Running, TimerId};
use talk::Talk;
use words::Farewell;

pub(crate) use talk::Device;

/// The most effects one input has: ten from an answer that connects at once (the other's media, two
/// timers, flow, release, two notices, media state, hold, its notice); ending stays below. A round number
/// above leaves room to see a leak.
const MAX_EFFECTS: usize = 12;

/// One call between two ends. See the [crate's front page](crate) for the contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    id: CallId,
    config: Config,
    role: Role,
    media: MediaKinds,
    state: State,
    signaling: Signaling,
    running: Running,
    talk: Talk,
    facts: Facts,
    effects: VecDeque<Effect>,
}

impl Call {
    /// Rings somebody. `media` is what this end wants to send and receive.
    pub fn outgoing(id: CallId, config: Config, media: MediaKinds) -> Self {
        let (link, heard) = (Link::initial(config.policy), Heard::Nothing);
        let mut call = Call::new(id, config, Role::Caller, media, State::Outgoing { link, heard });
        let expires_in = config.timers.ring.min(config.timers.invite_expiry);
        call.send(Signal::Invite { media, expires_in });
        call.start_timer(TimerId::Ring, config.timers.ring);
        call.await_ack();
        call.start_early_peer(link);
        call
    }

    /// Is rung by somebody. `media` is what the caller wants to send and receive; `expires_in` how much
    /// longer the invite is worth ringing.
    pub fn incoming(id: CallId, config: Config, media: MediaKinds, expires_in: Duration) -> Self {
        let link = Link::initial(config.policy);
        let mut call = Call::new(id, config, Role::Callee, media, State::Incoming { link });
        call.ring(expires_in);
        call
    }

    /// Is rung by somebody, as far as a push message says: the invite itself has not come yet, perhaps
    /// signaling is not even connected. It may be answered already; the answer goes out when the invite
    /// comes, as [`WireInput::Invite`](crate::WireInput::Invite).
    pub fn pushed(id: CallId, config: Config, media: MediaKinds, expires_in: Duration) -> Self {
        let mut call = Call::new(id, config, Role::Callee, media, State::Pushed { answer: None });
        call.start_timer(TimerId::InviteExpiry, expires_in.min(config.timers.invite_expiry));
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
        if !self.go_wrong(input) {
            self.transition(input);
        }
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
            | State::Pushed { .. }
            | State::Incoming { .. }
            | State::Waiting { .. }
            | State::Connecting
            | State::Connected
            | State::Reconnecting { .. } => None,
        }
    }

    /// This end rang.
    pub(crate) fn is_caller(&self) -> bool {
        self.role == Role::Caller
    }
}

/// What everything a call does is made of; `steps` has the larger pieces.
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
            talk: Talk::new(media),
            facts: Facts::default(),
            effects: VecDeque::with_capacity(MAX_EFFECTS),
        }
    }

    fn end(&mut self, by: EndedBy, reason: EndReason, farewell: Farewell) {
        let ended = Ended { by, reason, phase: self.state.phase(), facts: self.facts };
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
            || broken(Rule::ClosedTimerNotArmed) && id == TimerId::Closed
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
