//! `socketio-room`: rooms of two. `join` and `leave` a room; hear `joined`, `full`, `leaved` of oneself and
//! `otherjoin`, `bye` of the other one. Descriptions and candidates go to the others as `message`. Who was
//! there first offers when somebody comes; who comes second hears the offer without a word before it.

use serde_json::{Value, json};

use super::names::{Names, from, one_call_only};
use super::offers::{Sdp, fingerprint_of};
use super::translator::{Out, Words};
use crate::message::{
    CallId, Candidate, DescriptionKind, DeviceId, ErrorCode, ErrorInfo, IceCandidate, Join, Joined,
    PeerJoined, PeerLeft, RoomId, RoomPeer, UserId,
};
use crate::{Envelope, Message};

/// Rooms left before it was heard whether we are inside: an answer takes a round trip.
const MAX_LEFT: usize = 8;

#[derive(Debug)]
pub(super) struct Rooms {
    names: Names,
    stage: Stage,
    /// Rooms that are to be left should the server say that we are inside. Leaving before that would be
    /// leaving for two others who are there.
    left: Vec<RoomId>,
}

#[derive(Debug)]
enum Stage {
    Outside,
    /// Whether there is room will be heard.
    Entering {
        room: RoomId,
    },
    Alone {
        room: RoomId,
    },
    With {
        room: RoomId,
        other: Other,
    },
}

#[derive(Debug)]
struct Other {
    name: UserId,
    call: CallId,
    fingerprint: Option<String>,
}

impl Rooms {
    pub(super) fn new(seed: u128) -> Self {
        Rooms { names: Names::new(seed), stage: Stage::Outside, left: Vec::new() }
    }

    fn room(&self) -> Option<&RoomId> {
        match &self.stage {
            Stage::Outside => None,
            Stage::Entering { room } | Stage::Alone { room } | Stage::With { room, .. } => Some(room),
        }
    }

    /// Somebody is there; the call with them begins.
    fn meet(&mut self, room: RoomId, fingerprint: Option<String>) -> RoomPeer {
        let (call, name) = (self.names.call(), self.names.person());
        let peer = RoomPeer { user: name.clone(), device: DeviceId(name.0.clone()), call: call.clone() };
        self.stage = Stage::With { room, other: Other { name, call, fingerprint } };
        peer
    }

    fn joined(&mut self, out: &mut Out) {
        let Stage::Entering { room } = &self.stage else { return };
        let room = room.clone();
        self.stage = Stage::Alone { room: room.clone() };
        out.deliver(Envelope::from(Message::Joined(Joined { room, stay: None, peer: None })));
    }

    fn full(&mut self, out: &mut Out) {
        if let Stage::Entering { .. } = self.stage {
            self.stage = Stage::Outside;
            let info = ErrorInfo {
                code: ErrorCode::RoomFull,
                message: "two are in the room already".into(),
                fatal: false,
                about: None,
                call: None,
            };
            out.deliver(Envelope::from(Message::Error(info)));
        }
    }

    /// Whether the answer to a join was about a room left meanwhile; leaves it then.
    fn is_left(&mut self, answer: &str, room: &str, out: &mut Out) -> bool {
        let Some(place) = self.left.iter().position(|left| left.as_str() == room) else { return false };
        match answer {
            "joined" => out.emit("leave", [Value::from(room)]),
            "full" => {}
            _ => return false,
        }
        self.left.remove(place);
        true
    }

    fn join(&mut self, join: &Join, out: &mut Out) {
        let room = &join.room;
        if !matches!(self.stage, Stage::Outside) || self.left.len() == MAX_LEFT {
            return out.deliver(one_call_only(join.stay.clone()));
        }
        self.stage = Stage::Entering { room: room.clone() };
        match self.left.iter().position(|left| left == room) {
            // The answer is on its way.
            Some(place) => drop(self.left.remove(place)),
            None => out.emit("join", [Value::from(room.as_str())]),
        }
    }

    /// Somebody came: they wait for our offer.
    fn other_joined(&mut self, out: &mut Out) {
        let room = match &self.stage {
            Stage::Alone { room } | Stage::With { room, .. } => room.clone(),
            Stage::Outside | Stage::Entering { .. } => return,
        };
        let peer = Some(self.meet(room.clone(), None));
        out.deliver(Envelope::from(Message::Joined(Joined { room, stay: None, peer })));
    }

    fn bye(&mut self, out: &mut Out) {
        if let Stage::With { room, other } = &self.stage {
            let (room, call) = (room.clone(), other.call.clone());
            self.stage = Stage::Alone { room: room.clone() };
            out.deliver(Envelope::from(Message::PeerLeft(PeerLeft { room, call, gone: false })));
        }
    }

    fn message(&mut self, data: &Value, out: &mut Out) {
        if let Some(sdp) = Sdp::from_json(data) {
            self.description(sdp, out);
        } else if let Some(candidate) = candidate_from_json(data)
            && let Stage::With { other, .. } = &self.stage
        {
            let message = Candidate { call: other.call.clone(), candidate: Some(candidate) };
            out.deliver(from(&other.name, Message::Candidate(message)));
        }
    }

    fn description(&mut self, sdp: Sdp, out: &mut Out) {
        let fingerprint = fingerprint_of(&sdp.sdp);
        let new_in = match &self.stage {
            Stage::Alone { room } => Some(room.clone()),
            // Another certificate: somebody who came unseen after one who left unseen.
            Stage::With { room, other }
                if other.fingerprint.is_some() && other.fingerprint != fingerprint =>
            {
                Some(room.clone())
            }
            Stage::With { .. } => None,
            Stage::Outside | Stage::Entering { .. } => return,
        };
        if let Some(room) = new_in {
            if sdp.kind != DescriptionKind::Offer {
                return;
            }
            let peer = self.meet(room.clone(), None);
            out.deliver(Envelope::from(Message::PeerJoined(PeerJoined { room, stay: None, peer })));
        }
        if let Stage::With { other, .. } = &mut self.stage {
            other.fingerprint = fingerprint;
            out.deliver(from(&other.name, sdp.into_message(other.call.clone())));
        }
    }

    fn tell(&self, data: Value, out: &mut Out) {
        if let Stage::With { room, .. } = &self.stage {
            out.emit("message", [Value::from(room.as_str()), data]);
        }
    }

    fn is_with(&self, call: &CallId) -> bool {
        matches!(&self.stage, Stage::With { other, .. } if other.call == *call)
    }

    fn leave(&mut self, left: &RoomId, out: &mut Out) {
        if self.room() != Some(left) {
            return;
        }
        match std::mem::replace(&mut self.stage, Stage::Outside) {
            Stage::Entering { room } => self.left.push(room),
            _ => out.emit("leave", [Value::from(left.as_str())]),
        }
    }
}

impl Words for Rooms {
    fn entered(&mut self, out: &mut Out) {
        // With the last connection the server has forgotten us.
        self.left.clear();
        if let Some(room) = self.room() {
            out.emit("join", [Value::from(room.as_str())]);
        }
    }

    fn event(&mut self, name: &str, arguments: &[Value], out: &mut Out) {
        let in_room = arguments.first().and_then(Value::as_str);
        if in_room.is_some_and(|room| self.is_left(name, room, out)) {
            return;
        }
        if in_room.is_none() || in_room != self.room().map(RoomId::as_str) {
            return;
        }
        match name {
            "joined" => self.joined(out),
            "full" => self.full(out),
            "otherjoin" => self.other_joined(out),
            "bye" => self.bye(out),
            "message" => {
                if let Some(data) = arguments.get(1) {
                    self.message(data, out);
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, envelope: &Envelope, out: &mut Out) -> bool {
        match &envelope.message {
            Message::Join(join) => self.join(join, out),
            Message::Leave(leave) => self.leave(&leave.room, out),
            Message::Description(description) if self.is_with(&description.call) => {
                self.tell(Sdp::from(description).to_json(), out);
            }
            Message::Candidate(Candidate { call, candidate: Some(candidate) }) if self.is_with(call) => {
                self.tell(candidate_to_json(candidate), out);
            }
            // Leaving, which follows, is hanging up.
            Message::HangUp(_) | Message::Description(_) | Message::Candidate(_) => {}
            _ => return false,
        }
        true
    }
}

/// `{"type":"candidate","label","id","candidate"}`.
fn candidate_to_json(candidate: &IceCandidate) -> Value {
    json!({
        "type": "candidate",
        "label": candidate.sdp_m_line_index,
        "id": candidate.sdp_mid,
        "candidate": candidate.candidate,
    })
}

fn candidate_from_json(data: &Value) -> Option<IceCandidate> {
    if data.get("type")?.as_str()? != "candidate" {
        return None;
    }
    let candidate = data.get("candidate")?.as_str().filter(|text| !text.is_empty())?.to_owned();
    let label = data.get("label").and_then(Value::as_u64).and_then(|label| u16::try_from(label).ok());
    let id = data.get("id").and_then(Value::as_str).map(str::to_owned);
    Some(IceCandidate { candidate, sdp_mid: id, sdp_m_line_index: label, username_fragment: None })
}
