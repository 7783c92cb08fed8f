//! Names for what a system leaves unnamed, and messages that nobody there has said.

use crate::message::{CallId, ErrorCode, ErrorInfo, UserId};
use crate::{Envelope, Message};

/// Names for what has none: calls and people. All come from one random number.
#[derive(Debug)]
pub(super) struct Names {
    seed: u128,
    used: u128,
}

impl Names {
    pub(super) fn new(seed: u128) -> Self {
        Names { seed, used: 0 }
    }

    /// A call nobody else knows by this name.
    pub(super) fn call(&mut self) -> CallId {
        self.used += 1;
        CallId(format!("{:032x}", self.seed.wrapping_add(self.used)))
    }

    /// Somebody who did not say who they are.
    pub(super) fn person(&self) -> UserId {
        UserId(format!("peer-{}", self.used))
    }

    /// What tells two of us apart.
    pub(super) fn mark(&self) -> String {
        format!("{:032x}", self.seed)
    }
}

/// A message of `who`.
pub(super) fn from(who: &UserId, message: Message) -> Envelope {
    let mut envelope = Envelope::from(message);
    envelope.from = Some(who.clone());
    envelope
}

/// Refuses a second call where there can be one only.
pub(super) fn one_call_only(call: Option<CallId>) -> Envelope {
    Envelope::from(Message::Error(ErrorInfo {
        code: ErrorCode::Unexpected,
        message: "there is a call already, and this system knows one at a time".into(),
        fatal: false,
        about: None,
        call,
    }))
}
