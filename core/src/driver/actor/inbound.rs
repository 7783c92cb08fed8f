//! What comes from the service or the host's own signaling.

use duet_call::{
    EndReason, EndedBy, Input, Passage, PeerName, RoomInput, RoomName, Sender, SignalingInput, WireInput,
};
use duet_signal::message::{self, CallId, ErrorCode, ErrorInfo, RoomId, RoomPeer, UserId};
use duet_signal::{Envelope, Message};

use super::{Actor, Link, end_unmade, machine_id};
use crate::call::{CallShared, Origin};
use crate::driver::line::{Line, Remote};
use crate::driver::words;
use crate::peer::SessionDescription;
use crate::session::{SessionEvent, SessionState};
use crate::transport::LinkEvent;

impl Actor {
    pub(super) fn on_link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Up { ice_servers } => {
                self.service_servers = ice_servers;
                self.ready = true;
                self.shared.set_state(SessionState::Connected);
                for call in std::mem::take(&mut self.waiting) {
                    self.place(call);
                }
            }
            LinkEvent::Lost => {
                self.shared.set_state(SessionState::Reconnecting);
                self.lines.signaling(SignalingInput::Lost);
            }
            LinkEvent::Restored { enter_again, ice_servers } => {
                self.service_servers = ice_servers;
                self.shared.set_state(SessionState::Connected);
                self.lines.signaling(SignalingInput::Restored);
                if enter_again {
                    self.rejoin();
                }
                if std::mem::take(&mut self.network_changed) {
                    self.lines.network_changed();
                }
            }
            LinkEvent::Named(user) => self.shared.set_user(user),
            LinkEvent::Message(envelope) => self.on_envelope(*envelope),
            LinkEvent::Failed(error) => self.link_failed(error),
        }
    }

    /// Enters our rooms again; where we are in, that changes nothing.
    fn rejoin(&mut self) {
        let rooms: Vec<(CallId, RoomId)> = self
            .calls
            .iter()
            .filter_map(|(id, line)| match &line.shared.origin {
                Origin::Room(room) => Some((id.clone(), room.clone())),
                Origin::Ring(_) | Origin::Incoming(..) => None,
            })
            .collect();
        for (call, room) in rooms {
            self.send(Envelope::from(Message::Join(message::Join { room, stay: Some(call) })));
        }
    }

    pub(super) fn link_failed(&mut self, error: crate::Error) {
        self.lines.signaling(SignalingInput::LostForGood(words::signaling_loss(&error)));
        let reason = match error {
            crate::Error::Unauthorized(_) => EndReason::Unauthorized,
            _ => EndReason::SignalingLost,
        };
        for call in self.waiting.drain(..) {
            end_unmade(call, EndedBy::System, reason);
        }
        self.link = Link::Gone;
        self.shared.port.emit(SessionEvent::Failed(error));
        self.shared.set_state(SessionState::Closed);
    }

    pub(super) fn on_envelope(&mut self, envelope: Envelope) {
        let Envelope { from, from_device, message, .. } = envelope;
        match message {
            Message::Error(info) => return self.on_refused(&info),
            Message::Joined(message::Joined { room, stay, peer }) => {
                let with = peer.as_ref().map(room_peer);
                return self.on_room(&room, stay.as_ref(), RoomInput::Joined { with }, peer);
            }
            Message::PeerJoined(message::PeerJoined { room, stay, peer }) => {
                let came = RoomInput::PeerJoined(room_peer(&peer));
                return self.on_room(&room, stay.as_ref(), came, Some(peer));
            }
            Message::PeerLeft(message::PeerLeft { room, call, gone }) => {
                let call = machine_id(&call);
                let left = if gone {
                    RoomInput::PeerGone { call }
                } else {
                    RoomInput::PeerLeft { call: Some(call) }
                };
                return self.lines.room(&RoomName(room.0), left);
            }
            _ => {}
        }
        if let Message::Delivered(message::CallRef { call }) = &message {
            return self.of_service(call, WireInput::Delivered);
        }
        let Some(from) = from else {
            log::warn!("a message without a sender was ignored");
            return;
        };
        let sender = Sender {
            peer: PeerName(from.0.clone()),
            device: from_device.map(|device| duet_call::DeviceId(device.0)),
        };
        if let Message::Invite(invite) = &message {
            let media = words::from_wire(invite.media);
            self.lines.invite(&sender, &machine_id(&invite.call), media, words::expiry(invite));
            return self.incoming(&invite.call, from, invite.media);
        }
        if let Message::Accept(accept) = &message {
            for over in accept.over.iter().take(duet_call::MAX_OWN_OVER) {
                self.lines.wire(&sender, &machine_id(over), WireInput::Cancel);
            }
        }
        if let Some((call, input)) = words::to_input(&message) {
            let call = machine_id(call);
            if let WireInput::Accept { .. } = input
                && let Some(line) = self.line_of(&sender, &call)
            {
                line.accepted();
            }
            return self.lines.wire(&sender, &call, input);
        }
        match message {
            Message::Description(message::Description { call, kind, sdp, exchange }) => {
                let wire = machine_id(&call);
                if self.lines.description(&sender, &wire) == Passage::Take {
                    let description = SessionDescription { kind, sdp, exchange };
                    self.hand_on(&sender, &wire, Remote::Description(description));
                    self.ask_again(&sender, &wire);
                }
            }
            Message::Candidate(message::Candidate { call, candidate }) => {
                self.candidate(sender, &machine_id(&call), Remote::Candidate(candidate));
            }
            _ => {}
        }
    }

    fn candidate(&mut self, sender: Sender, wire: &duet_call::CallId, candidate: Remote) {
        match self.lines.route(&sender, wire) {
            Passage::Take => self.hand_on(&sender, wire, candidate),
            Passage::Keep => {
                if let Some(line) = self.line_of(&sender, wire) {
                    line.keep(sender, candidate);
                }
            }
            Passage::Drop => {}
        }
    }

    fn hand_on(&mut self, sender: &Sender, wire: &duet_call::CallId, remote: Remote) {
        if let Some(line) = self.line_of(sender, wire) {
            line.remote(remote);
        }
    }

    /// It is settled which device the connection is with: candidates that were kept have their answer.
    fn ask_again(&mut self, sender: &Sender, wire: &duet_call::CallId) {
        let kept = self.line_of(sender, wire).map(Line::take_kept).unwrap_or_default();
        for (sender, candidate) in kept {
            self.candidate(sender, wire, candidate);
        }
    }

    /// What the service itself says of one of our calls, by either name.
    fn of_service(&mut self, call: &CallId, input: WireInput) {
        let is_it = |id: &CallId, line: &Line| id == call || line.wire_id == *call;
        let local = self.calls.iter().find(|(id, line)| is_it(id, line)).map(|(id, _)| id.clone());
        if let Some(id) = local {
            self.lines.input(&machine_id(&id), Input::Wire(input));
        }
    }

    /// The line of a call named on the wire, if it is with `sender`.
    fn line_of(&mut self, sender: &Sender, wire: &duet_call::CallId) -> Option<&mut Line> {
        let id = CallId(self.lines.local_id(&sender.peer, wire)?.0.clone());
        self.calls.get_mut(&id)
    }

    /// Makes the handle of an incoming call, unless the machine refused it.
    pub(super) fn incoming(&mut self, call: &CallId, from: UserId, media: message::MediaKinds) {
        if self.calls.contains_key(call) || self.lines.get(&machine_id(call)).is_none() {
            return;
        }
        let origin = Origin::Incoming(from, media);
        let shared = CallShared::new(call.clone(), origin, self.options.clone(), self.shared.clone());
        self.calls.insert(call.clone(), Line::new(shared));
    }

    /// What the service says of our stay in a room, and who is there.
    fn on_room(&mut self, room: &RoomId, stay: Option<&CallId>, input: RoomInput, peer: Option<RoomPeer>) {
        let name = RoomName(room.0.clone());
        let present = match stay {
            Some(stay) => self.lines.room_of(&machine_id(stay), &name, input),
            None => {
                self.lines.room(&name, input);
                true
            }
        };
        if let Some(peer) = peer.filter(|_| present) {
            self.meet(room, peer);
        }
    }

    /// Somebody is in our room: who, and the call's name on the wire.
    fn meet(&mut self, room: &RoomId, peer: RoomPeer) {
        let in_room = |line: &&mut Line| matches!(&line.shared.origin, Origin::Room(ours) if ours == room);
        if let Some(line) = self.calls.values_mut().find(in_room) {
            line.shared.set_peer_user(Some(peer.user));
            line.wire_id = peer.call;
            line.accepted();
        }
    }

    fn on_refused(&mut self, info: &ErrorInfo) {
        // Its words may name people.
        log::info!("the service refused: {:?}", info.code);
        log::debug!("the service refused: {}", info.message);
        let input = match info.code {
            ErrorCode::RoomFull => WireInput::RoomFull,
            code => WireInput::Refused(words::refusal(code)),
        };
        if let Some(call) = &info.call {
            self.of_service(call, input);
        } else if info.code == ErrorCode::RoomFull {
            // A service that does not name the stay: whoever is alone tried to enter.
            let alone = self.calls.values().find_map(|line| match &line.shared.origin {
                Origin::Room(room) if line.set_up_since.is_none() => Some(room.clone()),
                Origin::Room(_) | Origin::Ring(_) | Origin::Incoming(..) => None,
            });
            if let Some(room) = alone {
                self.lines.room(&RoomName(room.0), RoomInput::Full);
            }
        }
    }
}

/// The other one in a room, in the machine's words.
fn room_peer(peer: &RoomPeer) -> duet_call::RoomPeer {
    duet_call::RoomPeer {
        peer: PeerName(peer.user.0.clone()),
        device: Some(duet_call::DeviceId(peer.device.0.clone())),
        call: machine_id(&peer.call),
    }
}
