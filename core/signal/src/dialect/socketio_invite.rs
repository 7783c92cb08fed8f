//! `socketio-invite`: ringing within a room. Whatever one says goes to all in the room, oneself included, so
//! that every word of ours comes back: `callRemote`, `acceptCall`, `hangUp` without a payload, and
//! `sendOffer(offer)`, `receiveAnswer(answer)`, `receiveCandidate(candidate)`.
//!
//! **Glare**: who calls while we call is answered, for a page hears no call while it calls. Two of us answer
//! each other, both offer, and the smaller mark gives way.
//!
//! There is no word for leaving a room: who rang in another one leaves and enters the namespace anew.
//!
//! A page has its camera only some time after the offer came, and loses candidates until then: ours wait
//! for the answer.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use super::names::{Names, from, one_call_only};
use super::offers::{Sdp, candidate_from_json, candidate_to_json};
use super::translator::{Action, Out, Words};
use crate::message::{
    Accept, CallId, CallRef, Candidate, Decline, DeclineReason, Description, DescriptionKind, ErrorCode,
    ErrorInfo, IceCandidate, Invite, MediaKinds, UserId,
};
use crate::{Envelope, Message};

/// How long an invite rings here: nobody says when it stops being worth it.
const RINGS_FOR_MS: u64 = 60_000;
/// Candidates that wait for the answer, and those remembered to tell their echo: a client has a dozen.
const MAX_CANDIDATES: usize = 64;
/// Words whose echo is awaited. A call has four.
const MAX_ECHOES: usize = 32;
/// How long the echo of a word may take: a round trip. A server from which none comes leaves the sender out.
const ECHO_TIME: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(super) struct Invites {
    names: Names,
    /// The room we wait in.
    home: String,
    call: Option<Ring>,
    echoes: Echoes,
    /// Candidates of ours, for their echoes.
    own: VecDeque<String>,
}

#[derive(Debug)]
struct Ring {
    call: CallId,
    room: String,
    caller: bool,
    accepted: bool,
    /// They called as well, and were answered.
    glare: bool,
    /// Theirs is the offer, though we called.
    gave_way: bool,
    /// Our offer, until it may be said.
    offer: Option<Sdp>,
    /// Both descriptions are known there.
    agreed: bool,
    held: Vec<IceCandidate>,
}

/// Our own words on their way back to us. A server that leaves the sender out sends none: it may say so, or
/// it shows.
#[derive(Debug, Default)]
struct Echoes {
    awaited: VecDeque<&'static str>,
    /// There are some: one has come.
    some: bool,
    none: bool,
}

impl Echoes {
    fn said(&mut self, word: &'static str) {
        if !self.none && self.awaited.len() < MAX_ECHOES {
            self.awaited.push_back(word);
        }
    }

    /// Whether a word heard is our own. Echoes come in the order in which we spoke.
    fn is_own(&mut self, word: &str) -> bool {
        let Some(place) = self.awaited.iter().position(|own| *own == word) else { return false };
        self.awaited.drain(..=place);
        self.some = true;
        true
    }

    /// The server has been silent for [`ECHO_TIME`]: what has not come back does not come any more.
    fn overdue(&mut self) {
        self.none |= !self.some && !self.awaited.is_empty();
        self.awaited.clear();
    }

    /// The server leaves the sender out.
    fn left_out(&mut self) {
        self.none = true;
        self.awaited.clear();
    }

    /// Something was heard that answers `word`: its echo would have come before.
    fn answered(&mut self, word: &str) {
        if self.awaited.iter().any(|own| *own == word) {
            self.left_out();
        }
    }
}

impl Invites {
    pub(super) fn new(user: &UserId, seed: u128) -> Self {
        Invites {
            names: Names::new(seed),
            home: user.0.clone(),
            call: None,
            echoes: Echoes::default(),
            own: VecDeque::new(),
        }
    }

    fn emit(&mut self, word: &'static str, room: &str, out: &mut Out) {
        self.echoes.said(word);
        out.emit(word, [Value::from(room)]);
        if !self.echoes.none {
            out.push(Action::WakeAfter(ECHO_TIME));
        }
    }

    fn call_of(&mut self, call: &CallId) -> Option<&mut Ring> {
        self.call.as_mut().filter(|ring| ring.call == *call)
    }

    fn rung(&mut self, out: &mut Out) {
        if let Some(ring) = &mut self.call {
            if ring.caller && !ring.accepted && !std::mem::replace(&mut ring.glare, true) {
                let room = ring.room.clone();
                self.emit("acceptCall", &room, out);
            }
            return;
        }
        let (call, media) = (self.names.call(), MediaKinds { audio: true, video: true });
        let ring = Ring::new(call.clone(), self.home.clone(), false);
        let invite = Invite { call, media, expires_in_ms: RINGS_FOR_MS };
        out.deliver(from(&ring.name(), Message::Invite(invite)));
        self.call = Some(ring);
    }

    fn accepted(&mut self, out: &mut Out) {
        let Some(ring) = self.call.as_mut().filter(|ring| ring.caller && !ring.accepted) else { return };
        ring.accepted(out);
        ring.offer(out);
        self.echoes.answered("callRemote");
    }

    fn offered(&mut self, sdp: Sdp, out: &mut Out) {
        let ours = self.names.mark();
        let Some(ring) = &mut self.call else { return };
        if ring.caller {
            let stands = ring.accepted && sdp.mark.as_ref().is_some_and(|mark| *mark <= ours);
            let settled = ring.agreed || ring.gave_way;
            if ring.glare && !settled && !stands {
                ring.gave_way = true;
                ring.offer = None;
                if !ring.accepted {
                    ring.accepted(out);
                }
                out.deliver(from(&ring.name(), sdp.into_message(ring.call.clone())));
            }
        } else if ring.accepted {
            self.echoes.answered("acceptCall");
            out.deliver(from(&ring.name(), sdp.into_message(ring.call.clone())));
        } else {
            // Somebody else in the room has accepted, and the call is theirs.
            let elsewhere = Message::AcceptedElsewhere(CallRef { call: ring.call.clone() });
            out.deliver(from(&ring.name(), elsewhere));
            self.call = None;
        }
    }

    fn answered(&mut self, sdp: Sdp, out: &mut Out) {
        let waits = |ring: &&mut Ring| ring.caller && ring.accepted && !ring.agreed && !ring.gave_way;
        let Some(ring) = self.call.as_mut().filter(waits) else { return };
        out.deliver(from(&ring.name(), sdp.into_message(ring.call.clone())));
        self.agreed(out);
    }

    fn agreed(&mut self, out: &mut Out) {
        let Some(ring) = &mut self.call else { return };
        ring.agreed = true;
        for candidate in std::mem::take(&mut ring.held) {
            self.path(&candidate, out);
        }
    }

    fn path(&mut self, candidate: &IceCandidate, out: &mut Out) {
        let Some(ring) = &self.call else { return };
        if self.own.len() == MAX_CANDIDATES {
            self.own.pop_front();
        }
        self.own.push_back(candidate.candidate.clone());
        let payload = json!({ "roomId": ring.room, "candidate": candidate_to_json(candidate) });
        out.emit("sendCandidate", [payload]);
    }

    fn hung_up(&mut self, out: &mut Out) {
        let Some(ring) = self.call.take() else { return };
        let call = ring.call.clone();
        out.deliver(from(
            &ring.name(),
            match ring.caller && !ring.accepted {
                true => Message::Decline(Decline { call, reason: DeclineReason::Declined }),
                false => Message::HangUp(CallRef { call }),
            },
        ));
        self.leave(&ring.room, out);
    }

    fn describe(&mut self, description: &Description, out: &mut Out) {
        let sdp = Sdp { mark: Some(self.names.mark()), ..Sdp::from(description) };
        let Some(ring) = self.call_of(&description.call) else { return };
        match sdp.kind {
            DescriptionKind::Offer if ring.gave_way => {}
            DescriptionKind::Offer => {
                ring.offer = Some(sdp);
                ring.offer(out);
            }
            DescriptionKind::Answer => {
                out.emit("sendAnswer", [json!({ "roomId": ring.room, "answer": sdp.to_json() })]);
                self.agreed(out);
            }
        }
    }

    fn end(&mut self, call: &CallId, out: &mut Out) {
        if self.call_of(call).is_some()
            && let Some(ring) = self.call.take()
        {
            self.emit("hangUp", &ring.room, out);
            self.leave(&ring.room, out);
        }
    }

    /// Leaves a room that is not ours, or calls in it would ring here.
    fn leave(&self, room: &str, out: &mut Out) {
        if room != self.home {
            out.enter_again();
        }
    }

    /// What was said last is not done.
    fn refused(&mut self, why: Option<&Value>, out: &mut Out) {
        let Some(ring) = self.call.take_if(|ring| ring.caller && !ring.accepted) else { return };
        let why = why.and_then(|why| why.get("message")).and_then(Value::as_str);
        out.deliver(Envelope::from(Message::Error(ErrorInfo {
            code: ErrorCode::Other,
            message: why.unwrap_or("the service refuses").to_owned(),
            fatal: false,
            about: None,
            call: Some(ring.call),
        })));
        self.leave(&ring.room, out);
    }
}

impl Ring {
    fn new(call: CallId, room: String, caller: bool) -> Self {
        let held = Vec::new();
        let (accepted, glare, gave_way, agreed) = (false, false, false, false);
        Ring { call, room, caller, accepted, glare, gave_way, offer: None, agreed, held }
    }

    /// Somebody takes our call.
    fn accepted(&mut self, out: &mut Out) {
        self.accepted = true;
        let media = MediaKinds { audio: true, video: true };
        let accept = Accept { call: self.call.clone(), media, over: Vec::new() };
        out.deliver(from(&self.name(), Message::Accept(accept)));
    }

    /// By which name the session knows the other one: the room's.
    fn name(&self) -> UserId {
        UserId(self.room.clone())
    }

    /// Says the offer once it is made and wanted.
    fn offer(&mut self, out: &mut Out) {
        if self.accepted
            && let Some(offer) = self.offer.take()
        {
            out.emit("sendOffer", [json!({ "offer": offer.to_json(), "roomId": self.room })]);
        }
    }
}

impl Words for Invites {
    fn entered(&mut self, out: &mut Out) {
        // Words said on the last connection do not come back on this one.
        self.echoes.awaited.clear();
        out.emit("joinRoom", [Value::from(self.home.as_str())]);
        if let Some(ring) = self.call.as_ref().filter(|ring| ring.room != self.home) {
            out.emit("joinRoom", [Value::from(ring.room.as_str())]);
        }
    }

    fn without_echo(&mut self) {
        self.echoes.left_out();
    }

    fn wake(&mut self, _: &mut Out) {
        self.echoes.overdue();
    }

    fn event(&mut self, name: &str, arguments: &[Value], out: &mut Out) {
        let argument = arguments.first();
        match name {
            "callRemote" | "acceptCall" | "hangUp" if self.echoes.is_own(name) => {}
            "refused" => self.refused(argument, out),
            "callRemote" => self.rung(out),
            "acceptCall" => self.accepted(out),
            "hangUp" => self.hung_up(out),
            // Servers of this family differ in how they pass an offer on.
            "sendOffer" | "receiveOffer" => {
                let offer =
                    argument.and_then(Sdp::from_json).filter(|sdp| sdp.kind == DescriptionKind::Offer);
                if let Some(offer) = offer {
                    self.offered(offer, out);
                }
            }
            "receiveAnswer" => {
                let answer =
                    argument.and_then(Sdp::from_json).filter(|sdp| sdp.kind == DescriptionKind::Answer);
                if let Some(answer) = answer {
                    self.answered(answer, out);
                }
            }
            "receiveCandidate" => {
                let candidate = argument.and_then(candidate_from_json);
                if let (Some(candidate), Some(ring)) = (candidate, &self.call)
                    && !self.own.contains(&candidate.candidate)
                {
                    let message = Candidate { call: ring.call.clone(), candidate: Some(candidate) };
                    out.deliver(from(&ring.name(), Message::Candidate(message)));
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, envelope: &Envelope, out: &mut Out) -> bool {
        match &envelope.message {
            Message::Invite(invite) => {
                // One that only rings here may have run out.
                if self.call.as_ref().is_some_and(|ring| ring.caller || ring.accepted) {
                    out.deliver(one_call_only(Some(invite.call.clone())));
                    return true;
                }
                let room = envelope.to.as_ref().map_or_else(|| self.home.clone(), |to| to.0.clone());
                if room != self.home {
                    out.emit("joinRoom", [Value::from(room.as_str())]);
                }
                self.emit("callRemote", &room, out);
                self.call = Some(Ring::new(invite.call.clone(), room, true));
            }
            Message::Accept(accept) => {
                if let Some(ring) = self.call_of(&accept.call) {
                    ring.accepted = true;
                    let room = ring.room.clone();
                    self.emit("acceptCall", &room, out);
                }
            }
            Message::Description(description) => self.describe(description, out),
            Message::Candidate(Candidate { call, candidate }) => {
                if let (Some(ring), Some(candidate)) = (self.call_of(call), candidate) {
                    if ring.agreed {
                        self.path(candidate, out);
                    } else if ring.held.len() < MAX_CANDIDATES {
                        ring.held.push(candidate.clone());
                    }
                }
            }
            Message::Cancel(CallRef { call }) | Message::HangUp(CallRef { call }) => self.end(call, out),
            Message::Decline(decline) => self.end(&decline.call, out),
            Message::Ringing(_) => {}
            _ => return false,
        }
        true
    }
}
