//! `socketio-relay`: one room for everybody. `conn` enters it and is echoed; `signalOffer`, `signalAnswer`
//! and `iceOffer` go to all others as they are. `iceAnswer` is listened to, but nobody says it.

use serde_json::Value;

use super::offers::{Sdp, candidate_from_json, candidate_to_json};
use super::pair::{Outcome, Pair, Say};
use super::translator::{Out, Words};
use crate::Envelope;
use crate::message::DescriptionKind;

/// What pages call themselves; the server only sends it back.
const NAME: &str = "room";

#[derive(Debug)]
pub(super) struct Relay(Pair);

impl Relay {
    pub(super) fn new(seed: u128) -> Self {
        Relay(Pair::new(seed))
    }

    fn obey(outcome: Outcome, out: &mut Out) {
        for say in outcome.say {
            match say {
                Say::Enter => out.emit("conn", [Value::from(NAME)]),
                Say::Description(sdp) => {
                    let event = match sdp.kind {
                        DescriptionKind::Offer => "signalOffer",
                        DescriptionKind::Answer => "signalAnswer",
                    };
                    out.emit(event, [sdp.to_json()]);
                }
                Say::Candidate { candidate, .. } => out.emit("iceOffer", [candidate_to_json(&candidate)]),
            }
        }
        out.deliver_all(outcome.deliver);
        out.wake_after(outcome.wake);
    }
}

impl Words for Relay {
    fn entered(&mut self, out: &mut Out) {
        Relay::obey(self.0.entered(), out);
    }

    fn event(&mut self, name: &str, arguments: &[Value], out: &mut Out) {
        let argument = arguments.first();
        let outcome = match name {
            "conn" => Some(self.0.confirmed()),
            // A description says itself which kind it is.
            "signalOffer" | "signalAnswer" => {
                argument.and_then(Sdp::from_json).map(|sdp| self.0.hear_description(sdp))
            }
            "iceOffer" | "iceAnswer" => {
                argument.and_then(candidate_from_json).map(|candidate| self.0.hear_candidate(candidate))
            }
            _ => None,
        };
        Relay::obey(outcome.unwrap_or_default(), out);
    }

    fn wake(&mut self, out: &mut Out) {
        Relay::obey(self.0.wake(), out);
    }

    fn say(&mut self, envelope: &Envelope, out: &mut Out) -> bool {
        let Some(outcome) = self.0.say(envelope) else { return false };
        Relay::obey(outcome, out);
        true
    }
}
