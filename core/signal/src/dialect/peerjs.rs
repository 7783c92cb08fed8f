//! `peerjs`: the media connections of PeerServer. Every text is an object of `type`, `src`, `dst`, `payload`;
//! the server fills `src` in.
//!
//! An offer is the invite, an answer the acceptance: ours waits until the person has answered. There is no
//! word for the end of a call but a data channel that closes; `LEAVE`, which clients understand though they
//! never say it, tells the rest: that a call is declined, or not wanted any more.
//!
//! **A page hears the end of answered calls only.** So a call is declined by an answer that takes nothing of
//! the offer and carries a `reason`, by which ours know it, and the end after it.
//!
//! **`LEAVE` is about a person**: a page ends all calls with them. It is not said while another call with
//! them lives, as after a glare; ours name the call in it, and end that one only. What is declined meanwhile
//! ends alone: a page closes the connection that an `OFFER` names again, and makes none of one without a type.

use std::time::Duration;

use serde_json::{Value, json};

use super::names::from;
use super::offers::{Sdp, candidate_from_json, candidate_to_json, media_of, rejecting};
use super::translator::{Action, Out, Refusal};
use crate::message::{
    Accept, CallId, CallRef, Candidate, Decline, DeclineReason, DescriptionKind, ErrorCode, ErrorInfo,
    IceCandidate, Invite, UserId,
};
use crate::{Envelope, Message};

/// What begins the name of a media connection.
const PREFIX: &str = "mc_";
/// How long an offer rings here: nobody says when it stops being worth it.
const RINGS_FOR_MS: u64 = 60_000;
/// Calls known at a time; more than a session has.
const MAX_CALLS: usize = 16;
/// Candidates that wait for our answer.
const MAX_HELD: usize = 64;
/// The longest name of a call.
const MAX_NAME: usize = 128;

#[derive(Debug, Default)]
pub(super) struct PeerJs {
    calls: Vec<Media>,
    /// The server has greeted us once: it does not greet a name that comes back.
    greeted: bool,
}

#[derive(Debug)]
struct Media {
    call: CallId,
    connection: String,
    peer: UserId,
    caller: bool,
    answered: bool,
    /// Our answer, until the person has answered.
    answer: Option<Sdp>,
    /// The answer that declines, until another one was said.
    refusal: Option<Sdp>,
    held: Vec<IceCandidate>,
}

impl PeerJs {
    /// How often the server wants to hear from us; it drops who is silent for 90 s.
    pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

    pub(super) fn heartbeat() -> String {
        r#"{"type":"HEARTBEAT"}"#.into()
    }

    pub(super) fn opened(&mut self, out: &mut Out) {
        if self.greeted {
            out.push(Action::Ready);
        }
    }

    pub(super) fn hear(&mut self, text: &str, out: &mut Out) {
        let Ok(value) = serde_json::from_str::<Value>(text) else { return };
        let Some(kind) = value.get("type").and_then(Value::as_str) else { return };
        let payload = value.get("payload").unwrap_or(&Value::Null);
        let reason = || payload.get("msg").and_then(Value::as_str).unwrap_or("no reason given").to_owned();
        match kind {
            "OPEN" if !std::mem::replace(&mut self.greeted, true) => return out.push(Action::Ready),
            "ID-TAKEN" => return out.push(Action::Refused(Refusal::NameTaken)),
            "INVALID-KEY" => return out.push(Action::Refused(Refusal::Unauthorized(reason()))),
            "ERROR" => {
                let reason = reason();
                return out.push(match reason.to_ascii_lowercase().contains("key provided") {
                    true => Action::Refused(Refusal::Unauthorized(reason)),
                    // Too many clients: that passes.
                    false => Action::Broken(reason),
                });
            }
            _ => {}
        }
        let Some(src) = value.get("src").and_then(Value::as_str).map(UserId::from) else { return };
        match kind {
            "OFFER" => self.offered(src, payload, out),
            "ANSWER" => self.answered(&src, payload, out),
            "CANDIDATE" => self.path(&src, payload, out),
            "LEAVE" => self.left(&src, payload, out),
            "EXPIRE" => self.expired(&src, out),
            _ => {}
        }
    }

    pub(super) fn say(&mut self, envelope: &Envelope, out: &mut Out) -> bool {
        match &envelope.message {
            Message::Invite(invite) => {
                if let Some(peer) = &envelope.to {
                    let connection = format!("{PREFIX}{}", invite.call);
                    self.add(Media::new(invite.call.clone(), connection, peer.clone(), true));
                }
            }
            Message::Accept(accept) => {
                if let Some(media) = self.of(&accept.call) {
                    media.answered = true;
                    media.release(out);
                }
            }
            Message::Description(description) => {
                let sdp = Sdp::from(description);
                match (self.of(&description.call), sdp.kind) {
                    (Some(media), DescriptionKind::Offer) => media.tell("OFFER", "sdp", sdp.to_json(), out),
                    (Some(media), DescriptionKind::Answer) => {
                        media.answer = Some(sdp);
                        media.release(out);
                    }
                    (None, _) => {}
                }
            }
            Message::Candidate(Candidate { call, candidate }) => {
                if let (Some(media), Some(candidate)) = (self.of(call), candidate) {
                    if media.caller || media.answered && media.answer.is_none() {
                        media.tell("CANDIDATE", "candidate", candidate_to_json(candidate), out);
                    } else if media.held.len() < MAX_HELD {
                        media.held.push(candidate.clone());
                    }
                }
            }
            Message::Cancel(CallRef { call }) | Message::HangUp(CallRef { call }) => {
                self.end(call, None, out)
            }
            Message::Decline(decline) => {
                if self.of(&decline.call).is_none()
                    && let Some(peer) = &envelope.to
                {
                    let connection = format!("{PREFIX}{}", decline.call);
                    self.add(Media::new(decline.call.clone(), connection, peer.clone(), false));
                }
                self.end(&decline.call, Some(decline.reason), out);
            }
            Message::Ringing(_) => {}
            _ => return false,
        }
        true
    }

    fn offered(&mut self, src: UserId, payload: &Value, out: &mut Out) {
        let Some((connection, sdp)) = media_connection(payload).zip(description(payload)) else { return };
        if sdp.kind != DescriptionKind::Offer {
            return;
        }
        let known = self.calls.iter().find(|media| media.connection == connection);
        let refusal = Some(rejecting(&sdp.sdp));
        let call = match known {
            Some(media) if media.peer == src => media.call.clone(),
            Some(_) => return,
            None => {
                let call = CallId::from(connection.strip_prefix(PREFIX).unwrap_or(&connection));
                let invite =
                    Invite { call: call.clone(), media: media_of(&sdp.sdp), expires_in_ms: RINGS_FOR_MS };
                out.deliver(from(&src, Message::Invite(invite)));
                self.add(Media { refusal, ..Media::new(call.clone(), connection, src.clone(), false) });
                call
            }
        };
        out.deliver(from(&src, sdp.into_message(call)));
    }

    fn answered(&mut self, src: &UserId, payload: &Value, out: &mut Out) {
        let Some(sdp) = description(payload).filter(|sdp| sdp.kind == DescriptionKind::Answer) else {
            return;
        };
        let Some(media) = self.connection(src, payload).filter(|media| media.caller) else { return };
        let call = media.call.clone();
        if let Some(reason) = decline_reason(payload).filter(|_| !media.answered) {
            self.calls.retain(|media| media.call != call);
            return out.deliver(from(src, Message::Decline(Decline { call, reason })));
        }
        if !std::mem::replace(&mut media.answered, true) {
            let accept = Accept { call: call.clone(), media: media_of(&sdp.sdp), over: Vec::new() };
            out.deliver(from(src, Message::Accept(accept)));
        }
        out.deliver(from(src, sdp.into_message(call)));
    }

    fn path(&mut self, src: &UserId, payload: &Value, out: &mut Out) {
        let Some(candidate) = payload.get("candidate").and_then(candidate_from_json) else { return };
        let Some(media) = self.connection(src, payload) else { return };
        let message = Candidate { call: media.call.clone(), candidate: Some(candidate) };
        out.deliver(from(src, Message::Candidate(message)));
    }

    /// All connections with them are over, or the one that is named.
    fn left(&mut self, src: &UserId, payload: &Value, out: &mut Out) {
        let named = payload.get("connectionId").and_then(Value::as_str);
        let is_over = |media: &Media| {
            media.peer == *src && named.is_none_or(|connection| media.connection == connection)
        };
        let (over, on) = std::mem::take(&mut self.calls).into_iter().partition(is_over);
        self.calls = on;
        let over: Vec<Media> = over;
        for media in over {
            let call = media.call;
            let reason = decline_reason(payload).filter(|_| media.caller && !media.answered);
            out.deliver(from(
                src,
                match reason {
                    Some(reason) => Message::Decline(Decline { call, reason }),
                    None => Message::HangUp(CallRef { call }),
                },
            ));
        }
    }

    /// What we said to them was not fetched in time.
    fn expired(&mut self, wanted: &UserId, out: &mut Out) {
        let waits = |media: &Media| media.peer == *wanted && media.caller && !media.answered;
        let Some(place) = self.calls.iter().position(waits) else { return };
        let info = ErrorInfo {
            code: ErrorCode::NotFound,
            message: "nobody of that name is connected".into(),
            fatal: false,
            about: None,
            call: Some(self.calls.remove(place).call),
        };
        out.deliver(Envelope::from(Message::Error(info)));
    }

    fn end(&mut self, call: &CallId, reason: Option<DeclineReason>, out: &mut Out) {
        if let Some(place) = self.calls.iter().position(|media| media.call == *call) {
            let mut over = self.calls.remove(place);
            // Of answered calls before this one nobody may have told that they are over: a data channel did.
            let crossed = matches!(reason, Some(DeclineReason::Busy | DeclineReason::Glare));
            let lives = |(at, media): (usize, &Media)| {
                media.peer == over.peer && (crossed || at >= place || !media.answered)
            };
            let leaves = !self.calls.iter().enumerate().any(lives);
            // Who called each other at once knows by itself which call is left.
            if leaves || reason != Some(DeclineReason::Glare) {
                let refused = over.refuse(reason, out);
                if refused && !leaves {
                    over.close(out);
                }
            }
            if leaves {
                over.leave(reason, out);
            }
        }
    }

    fn add(&mut self, media: Media) {
        self.calls.retain(|known| known.call != media.call);
        if self.calls.len() == MAX_CALLS {
            self.calls.remove(0);
        }
        self.calls.push(media);
    }

    fn of(&mut self, call: &CallId) -> Option<&mut Media> {
        self.calls.iter_mut().find(|media| media.call == *call)
    }

    fn connection(&mut self, src: &UserId, payload: &Value) -> Option<&mut Media> {
        let connection = media_connection(payload)?;
        self.calls.iter_mut().find(|media| media.connection == connection && media.peer == *src)
    }
}

impl Media {
    fn new(call: CallId, connection: String, peer: UserId, caller: bool) -> Self {
        Media {
            call,
            connection,
            peer,
            caller,
            answered: false,
            answer: None,
            refusal: None,
            held: Vec::new(),
        }
    }

    fn tell(&self, kind: &str, what: &str, value: Value, out: &mut Out) {
        let payload = json!({ what: value, "type": "media", "connectionId": self.connection });
        out.write(json!({ "type": kind, "dst": self.peer.as_str(), "payload": payload }).to_string());
    }

    /// Declines it, unless it was answered; returns whether it did.
    fn refuse(&mut self, reason: Option<DeclineReason>, out: &mut Out) -> bool {
        let Some(refusal) = self.refusal.take() else { return false };
        let payload = json!({
            "sdp": refusal.to_json(),
            "type": "media",
            "connectionId": self.connection,
            "reason": reason.unwrap_or(DeclineReason::Declined),
        });
        out.write(json!({ "type": "ANSWER", "dst": self.peer.as_str(), "payload": payload }).to_string());
        true
    }

    /// Makes a page close this connection and no other.
    fn close(&self, out: &mut Out) {
        let payload = json!({ "connectionId": self.connection });
        out.write(json!({ "type": "OFFER", "dst": self.peer.as_str(), "payload": payload }).to_string());
    }

    /// Tells them that it is over.
    fn leave(&self, reason: Option<DeclineReason>, out: &mut Out) {
        let mut payload = json!({ "connectionId": self.connection });
        if let Some(reason) = reason {
            payload["reason"] = json!(reason);
        }
        out.write(json!({ "type": "LEAVE", "dst": self.peer.as_str(), "payload": payload }).to_string());
    }

    /// Says what waited for the person, once both the answer and their yes are there.
    fn release(&mut self, out: &mut Out) {
        if self.answered
            && let Some(answer) = self.answer.take()
        {
            self.refusal = None;
            self.tell("ANSWER", "sdp", answer.to_json(), out);
            for candidate in std::mem::take(&mut self.held) {
                self.tell("CANDIDATE", "candidate", candidate_to_json(&candidate), out);
            }
        }
    }
}

fn decline_reason(payload: &Value) -> Option<DeclineReason> {
    serde_json::from_value(payload.get("reason")?.clone()).ok()
}

/// The name of the media connection a payload is about.
fn media_connection(payload: &Value) -> Option<String> {
    if payload.get("type")?.as_str()? != "media" {
        return None;
    }
    let name = payload.get("connectionId")?.as_str()?;
    let fits = (1..=MAX_NAME).contains(&name.chars().count()) && name != PREFIX;
    fits.then(|| name.to_owned())
}

fn description(payload: &Value) -> Option<Sdp> {
    payload.get("sdp").and_then(Sdp::from_json)
}
