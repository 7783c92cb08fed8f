//! What spans calls: busy, both ends ringing each other, messages of calls not yet seen or over.

mod memory;
mod types;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::config::Config;
use crate::effect::{Effect, Signal};
use crate::id::{CallId, PeerName, RoomName};
use crate::input::{DeclineReason, HostInput, Input, MediaKinds, SignalingInput, UserInput, WireInput};
use crate::mutation::{Rule, broken};
use crate::state::{CallState, Signaling};
use memory::Memory;

pub use types::{LineEffect, LineError, Party, Placed, RoomInput, RoomPeer, Tagged};

/// The most calls a session has at a time. A person is in one and may be ringing or leaving a few more;
/// beyond that a host has lost count.
pub const MAX_CALLS: usize = 8;

/// The most effects that may wait to be polled. All calls ending at once make 64; a driver that lets four
/// times as many pile up does not poll at all.
const MAX_QUEUED: usize = 256;

/// The calls of one session; as pure as a [`Call`], and with the same contract: after every input poll
/// until [`Lines::poll_effect`] says `None`. Calls that are over are forgotten by themselves.
///
/// **Busy**: while there is any call, an invite is declined as busy without a word to the host.
///
/// **Glare**: two people who ring each other have two calls for one wish. The call with the smaller id
/// survives. Its caller drops the other's invite and is answered soon; the other end ends its own call as
/// [`GlareLost`](crate::EndReason::GlareLost) and accepts the survivor, for its person wants this very
/// talk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    config: Config,
    signaling: Signaling,
    lines: BTreeMap<CallId, Line>,
    over: Memory,
    effects: VecDeque<Tagged>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    call: Call,
    party: Party,
}

impl Lines {
    /// No calls yet; each will follow `config`.
    pub fn new(config: Config) -> Self {
        Lines {
            config,
            signaling: Signaling::Up,
            lines: BTreeMap::new(),
            over: Memory::default(),
            effects: VecDeque::new(),
        }
    }

    /// Rings `peer`; or answers, if `peer` is ringing here.
    ///
    /// # Errors
    ///
    /// See [`LineError`]; nothing has changed then.
    pub fn ring(&mut self, call: CallId, peer: PeerName, media: MediaKinds) -> Result<Placed, LineError> {
        if let Some(theirs) = self.ring_with(&peer, CallState::Incoming) {
            // No invite has left this end, so there is nothing to settle: ringing back is answering.
            self.input(&theirs, Input::User(UserInput::Accept { media }));
            return Ok(Placed::Answered(theirs));
        }
        if let Some(ours) = self.ring_with(&peer, CallState::Outgoing) {
            return Err(LineError::AlreadyRinging(ours));
        }
        self.check_room_for(&call)?;
        self.open(Call::outgoing(call, self.config, media), Party::Peer(peer));
        Ok(Placed::Ringing)
    }

    /// Enters `room` and waits there. `call` is this end's name for the call; the service may have another,
    /// see [`RoomPeer::call`].
    ///
    /// # Errors
    ///
    /// See [`LineError`]; nothing has changed then.
    pub fn join(&mut self, call: CallId, room: RoomName, media: MediaKinds) -> Result<(), LineError> {
        if let Some(there) = self.room_call(&room) {
            return Err(LineError::AlreadyInRoom(there.clone()));
        }
        self.check_room_for(&call)?;
        self.open(Call::room(call, self.config, media), Party::Room { room, with: None });
        Ok(())
    }

    /// `from` rings here. `expires_in` is how much longer the invite is worth ringing; one that is worth
    /// nothing any more, repeated, or of a call that is over, is dropped.
    pub fn invite(&mut self, from: &PeerName, call: &CallId, media: MediaKinds, expires_in: Duration) {
        if expires_in.is_zero() || self.over.contains(call) || self.lines.contains_key(call) {
            return;
        }
        match self.ring_with(from, CallState::Outgoing) {
            Some(ours) if broken(Rule::GlareBothGiveWay) => {
                self.give_way(&ours, from, call, media, expires_in)
            }
            Some(ours) if ours < *call || broken(Rule::GlareWithoutOrder) => self.over.remember(call.clone()),
            Some(ours) => self.give_way(&ours, from, call, media, expires_in),
            None if self.lines.is_empty() || broken(Rule::BusyIsRung) => {
                self.take_in(from, call, media, expires_in, None)
            }
            None => {
                self.over.remember(call.clone());
                let busy = Signal::Decline { reason: DeclineReason::Busy };
                let party = Party::Peer(from.clone());
                self.push(call.clone(), party, LineEffect::Call(Effect::Send(busy)));
            }
        }
    }

    /// A message from the other end of a call; `call` is the name on the wire. From anybody else, or of an
    /// unknown call, it does nothing; except that a call whose end came first will not ring.
    pub fn wire(&mut self, from: &PeerName, call: &CallId, message: WireInput) {
        let known = self.lines.iter().find(|(id, line)| line.wire_id(id) == call);
        match known {
            Some((id, line)) if line.party.peer() == Some(from) => {
                let id = id.clone();
                self.input(&id, Input::Wire(message));
            }
            Some(_) => {}
            None => self.unknown(call, message),
        }
    }

    /// A message about a room this end is in or enters. Of any other room it does nothing.
    pub fn room(&mut self, room: &RoomName, input: RoomInput) {
        let Some(id) = self.room_call(room).cloned() else { return };
        let Some(line) = self.lines.get_mut(&id) else { return };
        let message = match input {
            RoomInput::Joined { with } => {
                let peer = with.is_some();
                with.map_or(Some(WireInput::Joined { peer }), |with| {
                    line.meet(with, WireInput::Joined { peer })
                })
            }
            RoomInput::PeerJoined(with) => line.meet(with, WireInput::PeerJoined),
            RoomInput::PeerLeft { call: Some(call) } if *line.wire_id(&id) != call => None,
            RoomInput::PeerLeft { .. } => Some(WireInput::PeerLeft),
            RoomInput::Full => Some(WireInput::RoomFull),
            RoomInput::Refused(refusal) => Some(WireInput::Refused(refusal)),
        };
        if let Some(message) = message {
            self.input(&id, Input::Wire(message));
        }
    }

    /// Anything else that happened to one call, by the name this end knows it by: users, peers, timers, and
    /// what the service says of it ([`WireInput::Refused`], [`WireInput::AcceptedElsewhere`] ...). Of a call
    /// that is over it does nothing.
    pub fn input(&mut self, call: &CallId, input: Input) {
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
                | Input::TimerFired(_),
            ) => {}
        }
    }

    /// The signaling connection says something; every call hears it, later ones too.
    pub fn signaling(&mut self, input: SignalingInput) {
        self.signaling = match (self.signaling, input) {
            (Signaling::Gone, _) | (_, SignalingInput::LostForGood(_)) => Signaling::Gone,
            (Signaling::Up | Signaling::Down, SignalingInput::Lost) => Signaling::Down,
            (Signaling::Up | Signaling::Down, SignalingInput::Restored) => Signaling::Up,
        };
        self.broadcast(Input::Signaling(input));
    }

    /// The device's network changed; every call hears it.
    pub fn network_changed(&mut self) {
        self.broadcast(Input::Host(HostInput::NetworkChanged));
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

    /// This end's name for the call in a room.
    pub fn room_call(&self, room: &RoomName) -> Option<&CallId> {
        let in_room = |line: &Line| matches!(&line.party, Party::Room { room: theirs, .. } if theirs == room);
        self.lines.iter().find(|(_, line)| in_room(line)).map(|(id, _)| id)
    }

    /// This end's name for the call that `peer` calls `call` on the wire.
    pub fn local_id(&self, peer: &PeerName, call: &CallId) -> Option<&CallId> {
        let is_it = |id: &CallId, line: &Line| line.wire_id(id) == call && line.party.peer() == Some(peer);
        self.lines.iter().find(|(id, line)| is_it(id, line)).map(|(id, _)| id)
    }

    /// The calls that are not over, in the order of their ids.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.lines.values().map(|line| &line.call)
    }
}

impl Lines {
    /// The call by which `peer` is rung or rings, if there is one in that state.
    fn ring_with(&self, peer: &PeerName, state: CallState) -> Option<CallId> {
        let is_it = |line: &Line| {
            line.call.state() == state && matches!(&line.party, Party::Peer(theirs) if theirs == peer)
        };
        self.lines.iter().find(|(_, line)| is_it(line)).map(|(id, _)| id.clone())
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

    /// The outgoing call `ours` loses against the incoming one, which is accepted in its place.
    fn give_way(
        &mut self,
        ours: &CallId,
        from: &PeerName,
        call: &CallId,
        media: MediaKinds,
        expires_in: Duration,
    ) {
        let wanted = self.lines.get(ours).map_or(media, |line| line.call.media());
        self.take_in(from, call, media, expires_in, Some(ours.clone()));
        if !broken(Rule::GlareLoserGoesOn) {
            self.input(ours, Input::GlareLost);
        }
        self.input(call, Input::User(UserInput::Accept { media: wanted }));
    }

    fn take_in(
        &mut self,
        from: &PeerName,
        call: &CallId,
        media: MediaKinds,
        expires_in: Duration,
        instead_of: Option<CallId>,
    ) {
        let party = Party::Peer(from.clone());
        self.push(call.clone(), party.clone(), LineEffect::Incoming { media, instead_of });
        self.open(Call::incoming(call.clone(), self.config, media, expires_in), party);
    }

    fn open(&mut self, call: Call, party: Party) {
        let id = call.id().clone();
        self.lines.insert(id.clone(), Line { call, party });
        self.collect(&id);
        if self.signaling == Signaling::Down {
            self.input(&id, Input::Signaling(SignalingInput::Lost));
        }
    }

    /// A call that ends before it is seen must not ring when its invite comes late.
    fn unknown(&mut self, call: &CallId, message: WireInput) {
        match message {
            WireInput::Cancel if broken(Rule::LateInviteRings) => {}
            WireInput::Cancel
            | WireInput::HangUp
            | WireInput::AcceptedElsewhere
            | WireInput::DeclinedElsewhere => self.over.remember(call.clone()),
            WireInput::Ringing
            | WireInput::Accept { .. }
            | WireInput::Decline { .. }
            | WireInput::Joined { .. }
            | WireInput::PeerJoined
            | WireInput::PeerLeft
            | WireInput::RoomFull
            | WireInput::Refused(_)
            | WireInput::MediaState(_) => {}
        }
    }

    fn broadcast(&mut self, input: Input) {
        let ids: Vec<CallId> = self.lines.keys().cloned().collect();
        ids.iter().for_each(|id| self.input(id, input));
    }

    /// Takes over a call's effects, and forgets the call once it is over.
    fn collect(&mut self, id: &CallId) {
        let Some(mut line) = self.lines.remove(id) else { return };
        while let Some(effect) = line.call.poll_effect() {
            self.push(id.clone(), line.party.clone(), LineEffect::Call(effect));
        }
        if line.call.state() == CallState::Ended {
            self.over.remember(id.clone());
        } else {
            self.lines.insert(id.clone(), line);
        }
    }

    fn push(&mut self, call: CallId, party: Party, effect: LineEffect) {
        assert!(self.effects.len() < MAX_QUEUED, "poll_effect until None after every input");
        self.effects.push_back(Tagged { call, party, effect });
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

    /// `with` is in the room: what the call hears of it. After a service forgot and was told again, the same
    /// two meet under another name, and their call goes on; somebody new means that the other one is gone.
    fn meet(&mut self, with: RoomPeer, message: WireInput) -> Option<WireInput> {
        let Party::Room { with: known, .. } = &mut self.party else { return None };
        match known {
            Some(old) if old.peer != with.peer => Some(WireInput::PeerLeft),
            Some(_) | None => {
                *known = Some(with);
                Some(message)
            }
        }
    }
}
