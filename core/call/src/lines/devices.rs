//! Several devices of one person: who of them has the call, and whom the peer connection is with.

use super::{LineEffect, Lines, Passage, Sender, Tagged};
use crate::effect::{Effect, Signal};
use crate::id::{CallId, DeviceId};
use crate::input::{Input, WireInput};
use crate::mutation::{Rule, broken};
use crate::state::CallState;

impl Lines {
    /// A message from the other end of a call; `call` is the name on the wire. From anybody else, or of an
    /// unknown call, it does nothing; except that a call whose end came first will not ring.
    pub fn wire(&mut self, from: &Sender, call: &CallId, message: WireInput) {
        let known = self.lines.iter().find(|(id, line)| line.wire_id(id) == call);
        match known {
            Some((id, line)) if line.party.peer() == Some(&from.peer) => {
                let id = id.clone();
                if line.call.state() == CallState::Outgoing {
                    self.ringing_device(&id, from, message);
                } else if is_other(&line.device, &from.device) {
                    self.other_device(&id, from, message);
                } else {
                    self.input(&id, Input::Wire(message));
                }
            }
            Some(_) => {}
            None => self.unknown(call, message),
        }
    }

    /// What to do with a description of a call, which came from there; `call` is the name on the wire. While
    /// it rings there, the first description taken settles which device the early peer connection is with.
    pub fn description(&mut self, from: &Sender, call: &CallId) -> Passage {
        let passage = self.route(from, call);
        if passage == Passage::Keep
            && let Some(id) = self.local_id(&from.peer, call).cloned()
            && let Some(line) = self.lines.get_mut(&id)
        {
            line.early = from.device.clone();
            return Passage::Take;
        }
        passage
    }

    /// What to do with a candidate of a call, which came from there; `call` is the name on the wire.
    pub fn route(&self, from: &Sender, call: &CallId) -> Passage {
        let line = self.local_id(&from.peer, call).and_then(|id| self.lines.get(id));
        let Some(line) = line else { return Passage::Drop };
        let rings = line.call.state() == CallState::Outgoing;
        let with = if rings { &line.early } else { &line.device };
        match (with, &from.device) {
            (None, Some(_)) if rings => Passage::Keep,
            (with, device) if is_other(with, device) => Passage::Drop,
            (Some(_) | None, Some(_) | None) => Passage::Take,
        }
    }

    /// One of the devices on which it rings says something.
    fn ringing_device(&mut self, id: &CallId, from: &Sender, message: WireInput) {
        let Some(line) = self.lines.get_mut(id) else { return };
        let (party, early) = (line.party.clone(), is_other(&line.early, &from.device));
        let others = match message {
            WireInput::Accept { media } => {
                line.device = from.device.clone();
                let message = if early && !broken(Rule::AnotherDeviceKept) {
                    WireInput::AcceptAnew { media }
                } else {
                    WireInput::Accept { media }
                };
                self.input(id, Input::Wire(message));
                Some(Signal::AcceptedElsewhere)
            }
            WireInput::Decline { .. } => {
                self.input(id, Input::Wire(message));
                Some(Signal::DeclinedElsewhere)
            }
            // It had answered; its answer was overtaken.
            WireInput::HangUp if !broken(Rule::OthersNotToldOfHangUp) => {
                self.input(id, Input::Wire(message));
                Some(Signal::AcceptedElsewhere)
            }
            // Of a device that may never have the call.
            WireInput::MediaState(_) if early => None,
            WireInput::Invite { .. }
            | WireInput::Delivered
            | WireInput::Ringing
            | WireInput::AcceptAnew { .. }
            | WireInput::Anew
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
            | WireInput::Talk(_) => {
                self.input(id, Input::Wire(message));
                None
            }
        };
        if let (Some(signal), Some(but)) = (others, from.device.clone())
            && !broken(Rule::OthersNotTold)
        {
            let effect = LineEffect::TellOthers { but, signal };
            self.queue(Tagged { call: id.clone(), party, device: None, effect });
        }
    }

    /// A device which the call is not with says something; only one that thinks it has the call is told.
    fn other_device(&mut self, id: &CallId, from: &Sender, message: WireInput) {
        let Some(line) = self.lines.get(id) else { return };
        if let WireInput::Accept { .. } = message
            && line.call.is_caller()
        {
            let effect = LineEffect::Call(Effect::Send(Signal::AcceptedElsewhere));
            let (party, device) = (line.party.clone(), from.device.clone());
            self.queue(Tagged { call: id.clone(), party, device, effect });
        }
    }
}

/// Two different devices, as far as they are known.
pub(super) fn is_other(one: &Option<DeviceId>, two: &Option<DeviceId>) -> bool {
    matches!((one, two), (Some(one), Some(two)) if one != two)
}
