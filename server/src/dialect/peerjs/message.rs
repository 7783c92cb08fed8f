//! Messages of PeerJS: JSON texts with a type, a sender the server stamps, a receiver and a payload.

use duet_signal::message::ErrorCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hub::Refusal;

/// The first message to a client.
pub(super) const OPEN: &str = r#"{"type":"OPEN"}"#;

/// What a client says; other fields are not passed on.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    pub(super) dst: Option<String>,
    #[serde(default)]
    payload: Option<Value>,
}

impl Said {
    /// Whether it is for another client.
    pub(super) fn is_for_others(&self) -> bool {
        matches!(self.kind.as_str(), "OFFER" | "ANSWER" | "CANDIDATE" | "LEAVE")
    }

    /// Whether it may wait for a client that is not there yet. That somebody left is no news then.
    pub(super) fn may_wait(&self) -> bool {
        self.kind != "LEAVE"
    }

    /// Whether the client takes leave of the server itself.
    pub(super) fn is_goodbye(&self) -> bool {
        self.kind == "LEAVE" && self.dst.is_none()
    }

    /// The text that is passed on.
    pub(super) fn stamped(&self, from: &str) -> String {
        match &self.payload {
            Some(payload) => {
                json!({ "type": self.kind, "src": from, "dst": self.dst, "payload": payload }).to_string()
            }
            None => json!({ "type": self.kind, "src": from, "dst": self.dst }).to_string(),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Said, Refusal> {
    serde_json::from_str(text)
        .map_err(|_| Refusal::new(ErrorCode::Malformed, "not a message of PeerJS: JSON with a type"))
}

/// A client's connection, or a message of it, failed for good.
pub(super) fn error(text: &str) -> String {
    json!({ "type": "ERROR", "payload": { "msg": text } }).to_string()
}

/// Somebody else has the id.
pub(super) fn id_taken() -> String {
    json!({ "type": "ID-TAKEN", "payload": { "msg": "ID is taken" } }).to_string()
}

/// The one that was written to is gone.
pub(super) fn leave(gone: &str, to: &str) -> String {
    json!({ "type": "LEAVE", "src": gone, "dst": to }).to_string()
}

/// The one that was written to did not come in time.
pub(super) fn expire(absent: &str, to: &str) -> String {
    json!({ "type": "EXPIRE", "src": absent, "dst": to }).to_string()
}
