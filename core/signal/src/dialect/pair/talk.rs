//! A call with somebody: the connection that answered, or the one made in its place.

use super::{Outcome, Say};
use crate::dialect::names::from;
use crate::dialect::offers::{Sdp, fingerprint_of, media_of};
use crate::message::{Accept, CallId, DescriptionKind, DeviceId, IceCandidate, MediaKinds, RoomId, UserId};
use crate::{Envelope, Message};

/// The connection that answers a call, and the one made in its place.
pub(super) const FIRST: &str = "1";
pub(super) const SECOND: &str = "2";

/// A call that somebody is in beside us.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) call: CallId,
    pub(super) with: UserId,
    pub(super) room: Option<RoomId>,
    /// Of the other one.
    pub(super) fingerprint: Option<String>,
    pub(super) by_caller: bool,
    /// The offer heard last, and our answer to it: who repeats the one hears the other again.
    pub(super) heard: Option<String>,
    pub(super) answer: Option<Sdp>,
    pub(super) held: Vec<IceCandidate>,
    /// Both descriptions are known there.
    pub(super) agreed: bool,
    /// What the other one's connection has shown.
    pub(super) life: Life,
    /// What their description carries.
    pub(super) media: MediaKinds,
}

/// Whether the other one's connection can be found; only a caller has to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It has named a candidate.
    Shown,
    /// It has answered and named none yet: the session has the answer, but not the acceptance.
    Unknown,
    /// It named none in time: the session makes another connection.
    Renewed,
}

impl Talk {
    pub(super) fn new(call: CallId, with: UserId, room: Option<RoomId>, theirs: &Sdp) -> Self {
        Talk {
            call,
            with,
            room,
            fingerprint: fingerprint_of(&theirs.sdp),
            by_caller: false,
            heard: None,
            answer: None,
            held: Vec::new(),
            agreed: false,
            life: Life::Shown,
            media: media_of(&theirs.sdp),
        }
    }

    /// By which the session tells the connection made anew from the first one; of one that called us it
    /// knows no device.
    pub(super) fn device(&self) -> Option<&'static str> {
        match (self.by_caller, self.life) {
            (false, _) => None,
            (true, Life::Shown | Life::Unknown) => Some(FIRST),
            (true, Life::Renewed) => Some(SECOND),
        }
    }

    /// That they answered our call.
    pub(super) fn accepted(&self) -> Envelope {
        let accept = Accept { call: self.call.clone(), media: self.media, over: Vec::new() };
        of_device(from(&self.with, Message::Accept(accept)), self.device())
    }

    /// Their description, for the connection.
    pub(super) fn described(&mut self, heard: Sdp) -> Outcome {
        self.media = media_of(&heard.sdp);
        if heard.kind == DescriptionKind::Offer {
            self.heard = Some(heard.sdp.clone());
            self.answer = None;
        }
        let description = from(&self.with, heard.into_message(self.call.clone()));
        Outcome { deliver: vec![of_device(description, self.device())], ..Outcome::default() }
    }

    /// Says the candidates that waited.
    pub(super) fn release(&mut self, outcome: &mut Outcome) {
        if self.agreed {
            let by_caller = self.by_caller;
            let held = std::mem::take(&mut self.held).into_iter();
            outcome.say.extend(held.map(|candidate| Say::Candidate { candidate, by_caller }));
        }
    }
}

/// A message of one of their connections.
pub(super) fn of_device(mut envelope: Envelope, device: Option<&str>) -> Envelope {
    envelope.from_device = device.map(DeviceId::from);
    envelope
}
