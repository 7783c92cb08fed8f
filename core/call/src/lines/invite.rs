//! Ringing and being rung: who is let in, and whose place an invite takes.

use std::time::Duration;

use super::{LineEffect, LineError, Lines, MAX_CALLS, Party, Placed, Sender, Tagged, is_accepted};
use crate::call::Call;
use crate::config::CallWaiting;
use crate::effect::{Effect, Signal};
use crate::id::{CallId, PeerName};
use crate::input::{DeclineReason, Input, MediaKinds, UserInput, WireInput};
use crate::mutation::{Rule, broken};
use crate::state::{CallState, Signaling};

/// What is known of a call that rings here.
#[derive(Clone, Copy)]
struct Ring<'a> {
    from: &'a Sender,
    call: &'a CallId,
    media: MediaKinds,
    expires_in: Duration,
    /// Known from a push message only.
    pushed: bool,
}

impl Lines {
    /// Rings `peer`; or answers, if `peer` is ringing here.
    ///
    /// # Errors
    ///
    /// See [`LineError`]; nothing has changed then.
    pub fn ring(&mut self, call: CallId, peer: PeerName, media: MediaKinds) -> Result<Placed, LineError> {
        if let Some(theirs) = self.ring_with(&peer, |state| state == CallState::Incoming) {
            // No invite has left this end, so there is nothing to settle: ringing back is answering.
            self.input(&theirs, Input::User(UserInput::Accept { media }));
            return Ok(Placed::Answered(theirs));
        }
        if let Some(ours) = self.ring_with(&peer, |state| state == CallState::Outgoing) {
            return Err(LineError::AlreadyRinging(ours));
        }
        if let Some(ours) = self.ring_with(&peer, is_accepted) {
            return Err(LineError::AlreadyTalking(ours));
        }
        self.check_room_for(&call)?;
        self.open(Call::outgoing(call, self.config, media), Party::Peer(peer), None);
        Ok(Placed::Ringing)
    }

    /// `from` rings here. `expires_in` is how much longer the invite is worth ringing; one that is worth
    /// nothing any more, repeated, or of a call that is over, is dropped.
    pub fn invite(&mut self, from: &Sender, call: &CallId, media: MediaKinds, expires_in: Duration) {
        if expires_in.is_zero() {
            return;
        }
        if let Some(line) = self.lines.get_mut(call) {
            if !line.call.is_caller() && line.party == Party::Peer(from.peer.clone()) {
                line.device = line.device.take().or_else(|| from.device.clone());
                self.input(call, Input::Wire(WireInput::Invite { media, expires_in }));
            }
            return;
        }
        self.rung(Ring { from, call, media, expires_in, pushed: false });
    }

    /// A push message says that `from` rings here; the invite itself will come later. Signaling may be down.
    /// Until the invite comes, an answer waits for it; a decline waits for signaling only. Of a call that is
    /// known already, or in a session that is over, it does nothing.
    pub fn push(&mut self, from: &Sender, call: &CallId, media: MediaKinds, expires_in: Duration) {
        let known = self.lines.contains_key(call) || self.signaling == Signaling::Gone;
        if !expires_in.is_zero() && !known {
            self.rung(Ring { from, call, media, expires_in, pushed: true });
        }
    }

    fn rung(&mut self, ring: Ring<'_>) {
        if self.over.contains(ring.call) {
            return;
        }
        let peer = &ring.from.peer;
        if let Some(ours) = self.ring_with(peer, |state| state == CallState::Outgoing) {
            if broken(Rule::GlareWithoutOrder) || ours < *ring.call && !broken(Rule::GlareBothGiveWay) {
                self.refuse(ring, DeclineReason::Glare);
            } else {
                self.replace(&ours, Input::GlareLost, true, ring);
            }
        } else if let Some(old) = self.ring_with(peer, is_accepted) {
            self.replace(&old, Input::Recalled, true, ring);
        } else if let Some(old) = self.ring_with(peer, |state| state == CallState::Incoming) {
            self.replace(&old, Input::Recalled, false, ring);
        } else if self.has_a_line_free() {
            self.take_in(ring, None, false);
        } else {
            self.refuse(ring, DeclineReason::Busy);
        }
    }

    /// Declines a call of which the host hears nothing.
    fn refuse(&mut self, ring: Ring<'_>, reason: DeclineReason) {
        self.over.remember(ring.call.clone());
        if broken(Rule::GlareLoserNotTold) && reason == DeclineReason::Glare {
            return;
        }
        self.queue(Tagged {
            call: ring.call.clone(),
            party: Party::Peer(ring.from.peer.clone()),
            device: ring.from.device.clone(),
            effect: LineEffect::Call(Effect::Send(Signal::Decline { reason })),
        });
    }

    /// A new caller may ring.
    fn has_a_line_free(&self) -> bool {
        match self.config.waiting {
            CallWaiting::Busy => self.lines.is_empty() || broken(Rule::BusyIsRung),
            CallWaiting::Allow => {
                self.lines.len() < MAX_CALLS && self.calls().all(|call| call.state() != CallState::Incoming)
            }
        }
    }

    /// The call between this end and `peer` that rings or was rung, if there is one in such a state.
    fn ring_with(&self, peer: &PeerName, wanted: impl Fn(CallState) -> bool) -> Option<CallId> {
        let with = |party: &Party| matches!(party, Party::Peer(theirs) if theirs == peer);
        let mut lines = self.lines.iter();
        lines.find(|(_, line)| wanted(line.call.state()) && with(&line.party)).map(|(id, _)| id.clone())
    }

    /// The call `old` ends by `end`, and the one that rings takes its place.
    fn replace(&mut self, old: &CallId, end: Input, accept: bool, ring: Ring<'_>) {
        let Some(ended) = self.lines.get(old).map(|line| line.call.clone()) else { return };
        self.take_in(ring, Some(old.clone()), accept);
        if let Some(line) = self.lines.get_mut(ring.call) {
            line.call.inherit(&ended);
        }
        if !broken(Rule::GlareLoserGoesOn) {
            self.input(old, end);
        }
        if accept {
            self.input(ring.call, Input::User(UserInput::Accept { media: ended.media() }));
        }
    }

    fn take_in(&mut self, ring: Ring<'_>, instead_of: Option<CallId>, accepted: bool) {
        let Ring { from, call, media, expires_in, pushed } = ring;
        let party = Party::Peer(from.peer.clone());
        self.queue(Tagged {
            call: call.clone(),
            party: party.clone(),
            device: from.device.clone(),
            effect: LineEffect::Incoming { media, instead_of, accepted },
        });
        let make = if pushed { Call::pushed } else { Call::incoming };
        self.open(make(call.clone(), self.config, media, expires_in), party, from.device.clone());
    }
}
