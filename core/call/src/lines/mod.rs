//! What spans calls: busy and waiting, both ends ringing each other, several devices, messages of calls not
//! yet seen or over.

mod devices;
mod invite;
mod memory;
mod rooms;
mod types;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::call::{Call, Device};
use crate::config::{CallWaiting, Config};
use crate::effect::{Effect, Signal};
use crate::id::{CallId, DeviceId, PeerName};
use crate::input::{DeviceNews, HostInput, Input, SignalingInput, UserInput, WireInput, Wish};
use crate::mutation::{Rule, broken};
use crate::state::{CallState, Signaling};
use memory::Memory;

pub use memory::MAX_OWN_OVER;
pub use types::{LineEffect, LineError, Party, Passage, Placed, RoomInput, RoomPeer, Sender, Tagged};

/// The most calls a session has at a time. A person is in one and may be ringing or leaving a few more;
/// beyond that a host has lost count.
pub const MAX_CALLS: usize = 8;

/// The most effects that may wait to be polled. All calls ending at once make 80; a driver that lets three
/// times as many pile up does not poll at all.
const MAX_QUEUED: usize = 256;

/// The calls of one session; as pure as a [`Call`], and with the same contract: after every input poll
/// until [`Lines::poll_effect`] says `None`. Calls that are over are forgotten by themselves.
///
/// **Busy**: while there is any call, an invite is declined as busy without a word to the host; or rings,
/// see [`CallWaiting`].
///
/// **Glare**: two people who ring each other have two calls for one wish. The call with the smaller id
/// survives. Its caller declines the other's invite and is answered soon; the other end ends its own call as
/// [`GlareLost`](crate::EndReason::GlareLost) and accepts the survivor, for its person wants this very
/// talk. With the answer it names its own calls that are over, see [`Lines::own_over`]: invites of theirs
/// that come late are not taken for a recall.
///
/// **Recall**: somebody who rings again while a call of theirs rings or goes on here has lost that one,
/// say by a crash. It ends as [`Recalled`](crate::EndReason::Recalled) and the new one takes its place:
/// rings if the old one rang, is accepted at once if the old one was, muted and held as the old one was.
///
/// **Several devices**: an invite rings all devices of a person. The first that accepts has the call, the
/// first that declines has declined it; the others are told. Whatever rings, the caller's peer connection
/// is with one device at a time: the first that answered the offer, see [`Lines::route`]; when another one
/// accepts, it is closed and made anew with that one.
///
/// **Push**: [`Lines::push`] makes an incoming call of a push message, even before signaling is up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lines {
    config: Config,
    signaling: Signaling,
    device: Device,
    lines: BTreeMap<CallId, Line>,
    over: Memory,
    /// Declines that wait for signaling; at most [`MAX_CALLS`].
    unsaid: Vec<Tagged>,
    effects: VecDeque<Tagged>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Line {
    call: Call,
    party: Party,
    /// The other one's device, once the call is with one.
    device: Option<DeviceId>,
    /// The device whose description was taken while it rings there.
    early: Option<DeviceId>,
    /// The service knows nothing of the other one in the room any more, and will name them again.
    forgotten: bool,
    /// The service has given the other one up, who may be back any moment with the call there is.
    vanished: bool,
}

impl Lines {
    /// No calls yet; each will follow `config`. Signaling is up: say otherwise by [`Lines::signaling`].
    pub fn new(config: Config) -> Self {
        Lines {
            config,
            signaling: Signaling::Up,
            device: Device::default(),
            lines: BTreeMap::new(),
            over: Memory::default(),
            unsaid: Vec::new(),
            effects: VecDeque::new(),
        }
    }

    /// Anything else that happened to one call, by the name this end knows it by: users, peers, timers, and
    /// what the service says of it ([`WireInput::Delivered`], [`WireInput::Refused`] ...). Of a call that is
    /// over it does nothing.
    pub fn input(&mut self, call: &CallId, input: Input) {
        if self.takes_the_line(call, input) {
            self.hold_others(call);
        }
        match (self.lines.get_mut(call), input) {
            (Some(line), input) => {
                line.call.handle(input);
                self.collect(call);
            }
            (None, Input::Wire(message)) => self.unknown(call, message),
            (
                None,
                Input::User(_)
                | Input::Peer(_)
                | Input::Signaling(_)
                | Input::Host(_)
                | Input::GlareLost
                | Input::Recalled
                | Input::TimerFired(_),
            ) => {}
        }
    }

    /// The signaling connection says something; every call hears it, later ones too. A session whose first
    /// connection is still being made says [`SignalingInput::Lost`] first.
    pub fn signaling(&mut self, input: SignalingInput) {
        self.signaling = match (self.signaling, input) {
            (Signaling::Gone, _) | (_, SignalingInput::LostForGood(_)) => Signaling::Gone,
            (Signaling::Up | Signaling::Down, SignalingInput::Lost) => Signaling::Down,
            (Signaling::Up | Signaling::Down, SignalingInput::Restored) => Signaling::Up,
        };
        match self.signaling {
            Signaling::Up => {
                let unsaid = std::mem::take(&mut self.unsaid);
                unsaid.into_iter().for_each(|tagged| self.enqueue(tagged));
            }
            Signaling::Down => {}
            Signaling::Gone => self.unsaid.clear(),
        }
        self.broadcast(Input::Signaling(input));
    }

    /// The device's network changed; every call hears it.
    pub fn network_changed(&mut self) {
        self.broadcast(Input::Host(HostInput::NetworkChanged));
    }

    /// Something happened to the device; every call hears it, later ones too.
    pub fn device(&mut self, news: DeviceNews) {
        self.device.hear(news);
        self.broadcast(Input::Host(HostInput::Device(news)));
    }

    /// Ends every call.
    pub fn hang_up_all(&mut self) {
        self.broadcast(Input::User(UserInput::HangUp));
    }

    /// The next thing to do, in order; `None` when there is nothing more until the next input.
    #[must_use = "an effect that is not carried out is a broken call"]
    pub fn poll_effect(&mut self) -> Option<Tagged> {
        self.effects.pop_front()
    }

    /// A call that is not over, by the name this end knows it by.
    pub fn get(&self, call: &CallId) -> Option<&Call> {
        self.lines.get(call).map(|line| &line.call)
    }

    /// With whom a call is.
    pub fn party(&self, call: &CallId) -> Option<&Party> {
        self.lines.get(call).map(|line| &line.party)
    }

    /// With which of their devices, once that is settled.
    pub fn party_device(&self, call: &CallId) -> Option<&DeviceId> {
        self.lines.get(call).and_then(|line| line.device.as_ref())
    }

    /// This end's name for the call that `peer` calls `call` on the wire.
    pub fn local_id(&self, peer: &PeerName, call: &CallId) -> Option<&CallId> {
        let is_it = |id: &CallId, line: &Line| line.wire_id(id) == call && line.party.peer() == Some(peer);
        self.lines.iter().find(|(id, line)| is_it(id, line)).map(|(id, _)| id)
    }

    /// The last calls in which this end rang `peer` and that are over, the latest first, at most [`MAX_OWN_OVER`]. An
    /// [`Accept`](Signal::Accept) to `peer` names them, and who gets it takes each for cancelled, by
    /// [`WireInput::Cancel`], before the answer.
    pub fn own_over(&self, peer: &PeerName) -> impl Iterator<Item = &CallId> {
        self.over.own(peer).filter(|_| !broken(Rule::OwnCallsNotNamed))
    }

    /// The calls that are not over, in the order of their ids.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.lines.values().map(|line| &line.call)
    }
}

impl Lines {
    /// Only one call talks; this input makes `call` the one.
    fn takes_the_line(&self, call: &CallId, input: Input) -> bool {
        let Some(line) = self.lines.get(call) else { return false };
        let state = line.call.state();
        let takes = match input {
            Input::User(UserInput::Accept { .. }) => state == CallState::Incoming,
            Input::Wire(WireInput::Accept { .. } | WireInput::AcceptAnew { .. }) => {
                state == CallState::Outgoing
            }
            Input::User(UserInput::Talk(Wish::Resume)) => is_accepted(state),
            Input::User(
                UserInput::Decline
                | UserInput::HangUp
                | UserInput::SetMedia(_)
                | UserInput::Talk(Wish::Hold | Wish::AskVideo | Wish::AnswerVideo { .. } | Wish::StopVideo),
            )
            | Input::Wire(
                WireInput::Invite { .. }
                | WireInput::Delivered
                | WireInput::Ringing
                | WireInput::Anew
                | WireInput::Decline { .. }
                | WireInput::Cancel
                | WireInput::HangUp
                | WireInput::AcceptedElsewhere
                | WireInput::DeclinedElsewhere
                | WireInput::Joined { .. }
                | WireInput::PeerJoined
                | WireInput::PeerLeft
                | WireInput::PeerGone
                | WireInput::RoomFull
                | WireInput::Refused(_)
                | WireInput::MediaState(_)
                | WireInput::Talk(_),
            )
            | Input::Peer(_)
            | Input::Signaling(_)
            | Input::Host(_)
            | Input::GlareLost
            | Input::Recalled
            | Input::TimerFired(_) => false,
        };
        takes && self.config.waiting == CallWaiting::Allow
    }

    fn hold_others(&mut self, call: &CallId) {
        let is_other = |id: &CallId, line: &Line| id != call && is_accepted(line.call.state());
        let others: Vec<CallId> =
            self.lines.iter().filter(|(id, line)| is_other(id, line)).map(|(id, _)| id.clone()).collect();
        let hold = Input::User(UserInput::Talk(Wish::Hold));
        others.iter().for_each(|id| self.input(id, hold));
    }

    /// A call that ends before it is seen must not ring when its invite comes late.
    fn unknown(&mut self, call: &CallId, message: WireInput) {
        match message {
            WireInput::Cancel if broken(Rule::LateInviteRings) => {}
            WireInput::Cancel
            | WireInput::HangUp
            | WireInput::AcceptedElsewhere
            | WireInput::DeclinedElsewhere => self.over.remember(call.clone()),
            WireInput::Invite { .. }
            | WireInput::Delivered
            | WireInput::Ringing
            | WireInput::Accept { .. }
            | WireInput::AcceptAnew { .. }
            | WireInput::Anew
            | WireInput::Decline { .. }
            | WireInput::Joined { .. }
            | WireInput::PeerJoined
            | WireInput::PeerLeft
            | WireInput::PeerGone
            | WireInput::RoomFull
            | WireInput::Refused(_)
            | WireInput::MediaState(_)
            | WireInput::Talk(_) => {}
        }
    }

    fn broadcast(&mut self, input: Input) {
        let ids: Vec<CallId> = self.lines.keys().cloned().collect();
        ids.iter().for_each(|id| self.input(id, input));
    }

    fn check_room_for(&self, call: &CallId) -> Result<(), LineError> {
        if self.signaling == Signaling::Gone {
            Err(LineError::SignalingGone)
        } else if self.lines.len() >= MAX_CALLS {
            Err(LineError::TooMany)
        } else if self.lines.contains_key(call) || self.over.contains(call) {
            Err(LineError::IdTaken(call.clone()))
        } else {
            Ok(())
        }
    }

    /// Takes in a new call, which hears what is known of signaling and of the device.
    fn open(&mut self, call: Call, party: Party, device: Option<DeviceId>) {
        let id = call.id().clone();
        self.lines
            .insert(id.clone(), Line { call, party, device, early: None, forgotten: false, vanished: false });
        self.collect(&id);
        if self.signaling == Signaling::Down {
            self.input(&id, Input::Signaling(SignalingInput::Lost));
        }
        for news in self.device.news() {
            self.input(&id, Input::Host(HostInput::Device(news)));
        }
    }

    /// Takes over a call's effects, and forgets the call once it is over.
    fn collect(&mut self, id: &CallId) {
        let Some(mut line) = self.lines.remove(id) else { return };
        while let Some(effect) = line.call.poll_effect() {
            let tagged = Tagged {
                call: id.clone(),
                party: line.party.clone(),
                device: line.device.clone(),
                effect: LineEffect::Call(effect),
            };
            match effect {
                // Said by a process that a push message woke, and that may be gone when signaling is up; or
                // before anything that is said later.
                Effect::Send(Signal::Decline { .. }) if self.signaling == Signaling::Down => {
                    self.unsaid.truncate(MAX_CALLS - 1);
                    self.unsaid.push(tagged);
                }
                Effect::Send(_)
                | Effect::StartPeer { .. }
                | Effect::RestartIce
                | Effect::ReleaseMedia
                | Effect::SetFlow(_)
                | Effect::AddVideo { .. }
                | Effect::StartTimer(..)
                | Effect::CancelTimer(_)
                | Effect::Notify(_)
                | Effect::ClosePeer
                | Effect::Ended(_) => self.queue(tagged),
            }
        }
        match line.call.state() {
            CallState::Ended => {
                let rung = line.party.peer().filter(|_| line.call.is_caller()).cloned();
                self.over.remember_own(id.clone(), rung);
            }
            CallState::Waiting => {
                line.leave();
                self.lines.insert(id.clone(), line);
            }
            CallState::Outgoing
            | CallState::Incoming
            | CallState::Connecting
            | CallState::Connected
            | CallState::Reconnecting => drop(self.lines.insert(id.clone(), line)),
        }
    }

    fn queue(&mut self, tagged: Tagged) {
        if matches!(tagged.effect, LineEffect::Call(Effect::Send(_)) | LineEffect::TellOthers { .. }) {
            std::mem::take(&mut self.unsaid).into_iter().for_each(|unsaid| self.enqueue(unsaid));
        }
        self.enqueue(tagged);
    }

    fn enqueue(&mut self, tagged: Tagged) {
        assert!(self.effects.len() < MAX_QUEUED, "poll_effect until None after every input");
        self.effects.push_back(tagged);
    }
}

impl Line {
    /// The call's name on the wire.
    fn wire_id<'a>(&'a self, id: &'a CallId) -> &'a CallId {
        match &self.party {
            Party::Peer(_) | Party::Room { with: None, .. } => id,
            Party::Room { with: Some(with), .. } => &with.call,
        }
    }
}

/// Somebody talks, or is about to.
fn is_accepted(state: CallState) -> bool {
    match state {
        CallState::Connecting | CallState::Connected | CallState::Reconnecting => true,
        CallState::Waiting | CallState::Outgoing | CallState::Incoming | CallState::Ended => false,
    }
}
