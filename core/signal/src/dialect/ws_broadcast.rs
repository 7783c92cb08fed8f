//! `ws-broadcast`: every text goes to all other connections as it is. `offer` and `answer` are descriptions,
//! `offer_ice` and `answer_ice` candidates of who made the one or the other.

use serde_json::{Value, json};

use super::offers::{Sdp, candidate_from_json, candidate_to_json};
use super::pair::{Outcome, Pair, Say};
use super::translator::Out;
use crate::{Envelope, Message};

#[derive(Debug)]
pub(super) struct Broadcast(Pair);

impl Broadcast {
    pub(super) fn new(seed: u128) -> Self {
        Broadcast(Pair::new(seed))
    }

    pub(super) fn entered(&mut self, out: &mut Out) {
        Broadcast::obey(self.0.entered(), out);
    }

    pub(super) fn hear(&mut self, text: &str, out: &mut Out) {
        let Ok(value) = serde_json::from_str::<Value>(text) else { return };
        let outcome = match value.get("type").and_then(Value::as_str) {
            Some("offer" | "answer") => Sdp::from_json(&value).map(|sdp| self.0.hear_description(sdp)),
            Some("offer_ice" | "answer_ice") => value
                .get("iceCandidate")
                .and_then(candidate_from_json)
                .map(|candidate| self.0.hear_candidate(candidate)),
            _ => None,
        };
        Broadcast::obey(outcome.unwrap_or_default(), out);
    }

    pub(super) fn say(&mut self, envelope: &Envelope, out: &mut Out) -> bool {
        let Some(outcome) = self.0.say(envelope) else { return false };
        Broadcast::obey(outcome, out);
        if let Message::Join(_) = envelope.message {
            // Being connected is being there.
            Broadcast::obey(self.0.confirmed(), out);
        }
        true
    }

    pub(super) fn wake(&mut self, out: &mut Out) {
        Broadcast::obey(self.0.wake(), out);
    }

    fn obey(outcome: Outcome, out: &mut Out) {
        for say in outcome.say {
            match say {
                Say::Enter => {}
                Say::Description(sdp) => out.write(sdp.to_json().to_string()),
                Say::Candidate { candidate, by_caller } => {
                    let kind = if by_caller { "offer_ice" } else { "answer_ice" };
                    let candidate = candidate_to_json(&candidate);
                    out.write(json!({ "type": kind, "iceCandidate": candidate }).to_string());
                }
            }
        }
        out.deliver_all(outcome.deliver);
        out.wake_after(outcome.wake);
    }
}
