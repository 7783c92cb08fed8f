//! Perfect negotiation (W3C webrtc-pc section 10.7) and the candidate queue, as a plain value.
//!
//! The actor does one thing at a time, so "an offer is being made" needs no flag of its own. The
//! transport has no implicit rollback: the polite side is told to roll back first.

use std::collections::VecDeque;

use duet_signal::message::{DescriptionKind, IceCandidate};

use super::sdp::IceTags;

/// Candidates kept for a description that is still to come. A browser trickles about a dozen a generation.
const MAX_QUEUED: usize = 256;

/// Where an offer/answer exchange stands, and which candidates wait.
#[derive(Debug)]
pub(super) struct Negotiation {
    polite: bool,
    state: SignalingState,
    /// An offer is due as soon as the exchange at hand is over.
    offer_due: Option<OfferKind>,
    /// The generation of the description applied last; `None` before the first.
    remote: Option<IceTags>,
    /// We ignored an offer: its candidates may belong to no description we shall see.
    ignoring: bool,
    queued: VecDeque<IceCandidate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalingState {
    Stable,
    HaveLocalOffer(OfferKind),
    HaveRemoteOffer,
}

/// What an offer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OfferKind {
    /// To agree on media.
    Media,
    /// To find a new path as well.
    IceRestart,
}

/// What to do with a description of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Apply it; answer it if it is an offer.
    Apply,
    /// Roll our own offer back, then apply and answer this one.
    RollBackAndApply,
    /// Forget it.
    Ignore,
}

impl Negotiation {
    /// Nothing was exchanged yet.
    pub(super) fn new(polite: bool) -> Self {
        Negotiation {
            polite,
            state: SignalingState::Stable,
            offer_due: None,
            remote: None,
            ignoring: false,
            queued: VecDeque::new(),
        }
    }

    /// Somebody wants an offer made; it becomes due.
    pub(super) fn want_offer(&mut self, kind: OfferKind) {
        self.offer_due = self.offer_due.max(Some(kind));
    }

    /// The offer to make now, if one is due and the way is free.
    pub(super) fn take_due_offer(&mut self) -> Option<OfferKind> {
        (self.state == SignalingState::Stable).then(|| self.offer_due.take()).flatten()
    }

    /// Our offer was applied locally.
    pub(super) fn offered(&mut self, kind: OfferKind) {
        self.state = SignalingState::HaveLocalOffer(kind);
    }

    /// Decides about a description of the other side.
    pub(super) fn judge(&mut self, kind: DescriptionKind) -> Verdict {
        match (kind, self.state) {
            (DescriptionKind::Offer, SignalingState::Stable) => Verdict::Apply,
            (DescriptionKind::Offer, SignalingState::HaveLocalOffer(own)) if self.polite => {
                // A restart we gave up for theirs is still wanted; plain media is settled by their offer.
                if own == OfferKind::IceRestart {
                    self.want_offer(own);
                }
                self.state = SignalingState::Stable;
                Verdict::RollBackAndApply
            }
            (DescriptionKind::Offer, SignalingState::HaveLocalOffer(_)) => {
                self.ignoring = true;
                Verdict::Ignore
            }
            (DescriptionKind::Offer, SignalingState::HaveRemoteOffer) => Verdict::Ignore,
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer(_)) => Verdict::Apply,
            (DescriptionKind::Answer, SignalingState::Stable | SignalingState::HaveRemoteOffer) => {
                Verdict::Ignore
            }
        }
    }

    /// The other side's description was applied. Gives the candidates that waited for it.
    pub(super) fn applied_remote(&mut self, kind: DescriptionKind, tags: IceTags) -> Vec<IceCandidate> {
        self.state = match kind {
            DescriptionKind::Offer => SignalingState::HaveRemoteOffer,
            DescriptionKind::Answer => SignalingState::Stable,
        };
        self.ignoring = false;
        self.remote = Some(tags);
        let (ready, waiting) = std::mem::take(&mut self.queued).into_iter().partition(|c| self.belongs(c));
        self.queued = waiting;
        Vec::from(ready)
    }

    /// Our answer was applied, or the other side's offer was dropped again.
    pub(super) fn settled(&mut self) {
        self.state = SignalingState::Stable;
    }

    /// Gives a candidate back if it can be used now; otherwise it waits, the oldest giving way.
    pub(super) fn admit(&mut self, candidate: IceCandidate) -> Option<IceCandidate> {
        if !self.ignoring && self.belongs(&candidate) {
            return Some(candidate);
        }
        if self.queued.len() == MAX_QUEUED {
            self.queued.pop_front();
        }
        self.queued.push_back(candidate);
        None
    }

    /// Whether a candidate is of the generation applied last. One that does not say is taken for it.
    fn belongs(&self, candidate: &IceCandidate) -> bool {
        let Some(remote) = &self.remote else { return false };
        match (&candidate.username_fragment, &remote.ufrag) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DescriptionKind::{Answer, Offer};

    fn tags(ufrag: &str) -> IceTags {
        IceTags { mid: None, ufrag: Some(ufrag.into()) }
    }

    fn candidate(ufrag: Option<&str>) -> IceCandidate {
        IceCandidate {
            candidate: "candidate:1 1 udp 1 192.0.2.1 1 typ host".into(),
            sdp_mid: None,
            sdp_m_line_index: Some(0),
            username_fragment: ufrag.map(str::to_owned),
        }
    }

    fn offering(polite: bool, kind: OfferKind) -> Negotiation {
        let mut negotiation = Negotiation::new(polite);
        negotiation.want_offer(kind);
        assert_eq!(negotiation.take_due_offer(), Some(kind));
        negotiation.offered(kind);
        negotiation
    }

    #[test]
    fn the_polite_side_rolls_back_and_the_other_ignores() {
        assert_eq!(offering(true, OfferKind::Media).judge(Offer), Verdict::RollBackAndApply);
        assert_eq!(offering(false, OfferKind::Media).judge(Offer), Verdict::Ignore);
    }

    #[test]
    fn a_rolled_back_restart_is_offered_again() {
        let mut negotiation = offering(true, OfferKind::IceRestart);
        negotiation.judge(Offer);
        negotiation.applied_remote(Offer, tags("a"));
        assert_eq!(negotiation.take_due_offer(), None);
        negotiation.settled();
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
    }

    #[test]
    fn an_offer_waits_for_the_exchange_at_hand() {
        let mut negotiation = offering(false, OfferKind::Media);
        negotiation.want_offer(OfferKind::IceRestart);
        negotiation.want_offer(OfferKind::Media);
        assert_eq!(negotiation.take_due_offer(), None);
        assert_eq!(negotiation.judge(Answer), Verdict::Apply);
        negotiation.applied_remote(Answer, tags("a"));
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
    }

    #[test]
    fn an_answer_nobody_waits_for_is_ignored() {
        assert_eq!(Negotiation::new(true).judge(Answer), Verdict::Ignore);
    }

    #[test]
    fn early_candidates_wait_for_their_description() {
        let mut negotiation = Negotiation::new(false);
        assert_eq!(negotiation.admit(candidate(Some("a"))), None);
        assert_eq!(negotiation.admit(candidate(Some("other"))), None);
        assert_eq!(negotiation.admit(candidate(None)), None);
        let ready = negotiation.applied_remote(Offer, tags("a"));
        assert_eq!(ready, [candidate(Some("a")), candidate(None)]);
        assert_eq!(negotiation.admit(candidate(Some("a"))), Some(candidate(Some("a"))));
    }

    #[test]
    fn candidates_of_an_ignored_offer_are_used_only_if_an_answer_claims_them() {
        let mut negotiation = offering(false, OfferKind::Media);
        negotiation.judge(Offer);
        assert_eq!(negotiation.admit(candidate(Some("kept"))), None);
        assert_eq!(negotiation.admit(candidate(Some("dropped"))), None);
        assert_eq!(negotiation.judge(Answer), Verdict::Apply);
        assert_eq!(negotiation.applied_remote(Answer, tags("kept")), [candidate(Some("kept"))]);
    }

    #[test]
    fn the_queue_is_bounded_and_the_oldest_gives_way() {
        let mut negotiation = Negotiation::new(false);
        for index in 0..=MAX_QUEUED {
            let mut one = candidate(None);
            one.sdp_m_line_index = Some(index as u16);
            negotiation.admit(one);
        }
        let ready = negotiation.applied_remote(Offer, tags("a"));
        assert_eq!((ready.len(), ready[0].sdp_m_line_index), (MAX_QUEUED, Some(1)));
    }
}
