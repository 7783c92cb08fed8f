//! An offer of ours for whoever hears it, and what comes before somebody answers.

use super::{Outcome, Say};
use crate::dialect::offers::Sdp;
use crate::message::{CallId, IceCandidate, UserId};

/// How often an offer is said again. Each answers an offer of somebody who did not hear ours; more than a
/// few come only from a room in which nobody ever agrees.
pub(super) const MAX_REPEATS: u8 = 8;

/// A call that nobody has answered yet.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) call: CallId,
    pub(super) with: UserId,
    pub(super) offer: Option<Sdp>,
    /// An answer may still be on the way.
    pub(super) fresh: bool,
    /// What a page offered meanwhile.
    pub(super) theirs: Option<Sdp>,
    repeats: u8,
    pub(super) held: Vec<IceCandidate>,
}

impl Ring {
    pub(super) fn new(call: CallId, with: UserId) -> Self {
        Ring { call, with, offer: None, fresh: true, theirs: None, repeats: 0, held: Vec::new() }
    }

    /// Says the offer again, for somebody who did not hear it.
    pub(super) fn repeat(&mut self) -> Outcome {
        let mut outcome = Outcome::default();
        if self.repeats < MAX_REPEATS
            && let Some(offer) = &self.offer
        {
            self.repeats += 1;
            outcome.say.push(Say::Description(offer.clone()));
        }
        outcome
    }
}
