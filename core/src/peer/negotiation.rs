//! Perfect negotiation (W3C webrtc-pc section 10.7) and the candidate queue, as a plain value.
//!
//! The actor does one thing at a time, so "an offer is being made" needs no flag of its own. The
//! transport has no implicit rollback: the polite side is told to roll back first.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use duet_signal::message::{DescriptionKind, IceCandidate};

use super::sdp::IceTags;

/// Candidates kept for a description that is still to come. A browser trickles about a dozen a generation.
const MAX_QUEUED: usize = 256;
/// How long an answer to our offer may take before a restart takes the offer for lost: far more than
/// signaling needs to cross the world and back, and little of the minute a call survives without a path.
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);

/// Where an offer/answer exchange stands, and which candidates wait.
#[derive(Debug)]
pub(super) struct Negotiation {
    polite: bool,
    state: SignalingState,
    /// The number of our next offer.
    next_exchange: u32,
    /// An offer is due as soon as the exchange at hand is over.
    offer_due: Option<OfferKind>,
    /// The generation of the description applied last; `None` before the first.
    remote: Option<IceTags>,
    /// An offer was answered and both were applied: from here on there is something to go back to.
    agreed: bool,
    /// We ignored an offer: its candidates may belong to no description we shall see.
    ignoring: bool,
    queued: VecDeque<IceCandidate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalingState {
    Stable,
    HaveLocalOffer { kind: OfferKind, since: Instant, exchange: u32 },
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
    /// Nothing was exchanged yet. `first_exchange` is the number of our first offer: a random one, so that
    /// an answer to an earlier connection of the same call is not taken for one to this.
    pub(super) fn new(polite: bool, first_exchange: u32) -> Self {
        Negotiation {
            polite,
            state: SignalingState::Stable,
            next_exchange: first_exchange,
            offer_due: None,
            remote: None,
            agreed: false,
            ignoring: false,
            queued: VecDeque::new(),
        }
    }

    /// Somebody wants an offer made; it becomes due.
    pub(super) fn want_offer(&mut self, kind: OfferKind) {
        self.offer_due = self.offer_due.max(Some(kind));
    }

    /// Somebody wants a new path; an offer for it becomes due where it can help. True: our own offer is
    /// to be rolled back now, for its answer is overdue.
    #[must_use]
    pub(super) fn want_restart(&mut self, now: Instant) -> bool {
        match self.state {
            // There is no path to replace yet.
            SignalingState::Stable if !self.agreed => false,
            SignalingState::HaveLocalOffer { since, .. }
                if self.agreed && now.saturating_duration_since(since) >= ANSWER_PATIENCE =>
            {
                self.state = SignalingState::Stable;
                self.want_offer(OfferKind::IceRestart);
                true
            }
            // Its answer is the new path.
            SignalingState::HaveLocalOffer { kind: OfferKind::IceRestart, .. } => false,
            _ => {
                self.want_offer(OfferKind::IceRestart);
                false
            }
        }
    }

    /// Whether an exchange was ever completed.
    pub(super) fn has_agreed(&self) -> bool {
        self.agreed
    }

    /// The offer to make now, if one is due and the way is free.
    pub(super) fn take_due_offer(&mut self) -> Option<OfferKind> {
        (self.state == SignalingState::Stable).then(|| self.offer_due.take()).flatten()
    }

    /// Our offer was applied locally. Gives the number of the exchange it opens.
    pub(super) fn offered(&mut self, kind: OfferKind, now: Instant) -> u32 {
        let exchange = self.next_exchange;
        self.next_exchange = exchange.wrapping_add(1);
        self.state = SignalingState::HaveLocalOffer { kind, since: now, exchange };
        exchange
    }

    /// Decides about a description of the other side. `exchange` is the number it carries, if any.
    pub(super) fn judge(&mut self, kind: DescriptionKind, exchange: Option<u32>) -> Verdict {
        match (kind, self.state) {
            (DescriptionKind::Offer, SignalingState::Stable) => Verdict::Apply,
            (DescriptionKind::Offer, SignalingState::HaveLocalOffer { kind: own, .. }) if self.polite => {
                // A restart we gave up is still wanted, unless their offer turns out to be one; plain
                // media is settled by their offer.
                if own == OfferKind::IceRestart {
                    self.want_offer(own);
                }
                self.state = SignalingState::Stable;
                Verdict::RollBackAndApply
            }
            (DescriptionKind::Offer, SignalingState::HaveLocalOffer { .. }) => {
                self.ignoring = true;
                Verdict::Ignore
            }
            (DescriptionKind::Offer, SignalingState::HaveRemoteOffer) => Verdict::Ignore,
            // The answer to an offer that was taken back.
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer { exchange: ours, .. })
                if exchange.is_some_and(|theirs| theirs != ours) =>
            {
                Verdict::Ignore
            }
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer { .. }) => Verdict::Apply,
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
        self.agreed |= kind == DescriptionKind::Answer;
        self.ignoring = false;
        if self.offer_due == Some(OfferKind::IceRestart) && self.is_restart(&tags) {
            // New credentials of theirs are the restart that was wanted, whoever offered it.
            self.offer_due = None;
        }
        self.remote = Some(tags);
        let (ready, waiting) = std::mem::take(&mut self.queued).into_iter().partition(|c| self.belongs(c));
        self.queued = waiting;
        Vec::from(ready)
    }

    /// Our answer was applied.
    pub(super) fn answered(&mut self) {
        self.state = SignalingState::Stable;
        self.agreed = true;
    }

    /// The offer at hand, theirs or ours, was dropped again.
    pub(super) fn dropped(&mut self) {
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

    /// Whether a description's ICE generation is another than the last. The first is no restart: a path
    /// that changed since our offer is still to be looked for.
    fn is_restart(&self, tags: &IceTags) -> bool {
        let before = self.remote.as_ref().and_then(|remote| remote.ufrag.as_ref());
        matches!((before, &tags.ufrag), (Some(before), Some(now)) if before != now)
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
        let mut negotiation = Negotiation::new(polite, 7);
        negotiation.want_offer(kind);
        assert_eq!(negotiation.take_due_offer(), Some(kind));
        negotiation.offered(kind, Instant::now());
        negotiation
    }

    /// After a first exchange.
    fn agreed(polite: bool) -> Negotiation {
        let mut negotiation = offering(polite, OfferKind::Media);
        negotiation.applied_remote(Answer, tags("first"));
        negotiation
    }

    /// Waiting for the answer to a restart offered at `now`.
    fn restarting(polite: bool, now: Instant) -> Negotiation {
        let mut negotiation = agreed(polite);
        assert!(!negotiation.want_restart(now));
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
        negotiation.offered(OfferKind::IceRestart, now);
        negotiation
    }

    #[test]
    fn the_polite_side_rolls_back_and_the_other_ignores() {
        assert_eq!(offering(true, OfferKind::Media).judge(Offer, None), Verdict::RollBackAndApply);
        assert_eq!(offering(false, OfferKind::Media).judge(Offer, None), Verdict::Ignore);
    }

    #[test]
    fn a_rolled_back_restart_is_offered_again_unless_the_winning_offer_is_one() {
        for (ufrag, again) in [("first", Some(OfferKind::IceRestart)), ("second", None)] {
            let mut negotiation = restarting(true, Instant::now());
            assert_eq!(negotiation.judge(Offer, None), Verdict::RollBackAndApply);
            negotiation.applied_remote(Offer, tags(ufrag));
            assert_eq!(negotiation.take_due_offer(), None);
            negotiation.answered();
            assert_eq!(negotiation.take_due_offer(), again);
        }
    }

    #[test]
    fn there_is_nothing_to_restart_before_the_first_exchange() {
        let mut negotiation = Negotiation::new(true, 7);
        assert!(!negotiation.want_restart(Instant::now()));
        assert_eq!(negotiation.take_due_offer(), None);
        negotiation.applied_remote(Offer, tags("a"));
        negotiation.answered();
        assert_eq!(negotiation.take_due_offer(), None);
        assert!(!negotiation.want_restart(Instant::now()));
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
    }

    #[test]
    fn a_restart_wanted_while_the_first_offer_is_out_follows_its_answer_however_late() {
        let mut negotiation = offering(false, OfferKind::Media);
        assert!(!negotiation.want_restart(Instant::now() + 30 * ANSWER_PATIENCE));
        negotiation.applied_remote(Answer, tags("a"));
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
    }

    #[test]
    fn a_second_restart_is_not_offered_when_the_first_is_answered() {
        let now = Instant::now();
        let mut negotiation = restarting(false, now);
        assert!(!negotiation.want_restart(now + ANSWER_PATIENCE / 2));
        assert_eq!(negotiation.judge(Answer, None), Verdict::Apply);
        negotiation.applied_remote(Answer, tags("second"));
        assert_eq!(negotiation.take_due_offer(), None);
    }

    #[test]
    fn an_unanswered_offer_gives_way_to_a_restart_after_a_while() {
        let now = Instant::now();
        for kind in [OfferKind::IceRestart, OfferKind::Media] {
            let mut negotiation = agreed(false);
            negotiation.offered(kind, now);
            assert!(!negotiation.want_restart(now));
            assert!(negotiation.want_restart(now + ANSWER_PATIENCE));
            assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
        }
    }

    #[test]
    fn a_restart_of_the_other_side_is_the_one_that_was_wanted() {
        let mut negotiation = agreed(false);
        assert!(!negotiation.want_restart(Instant::now()));
        negotiation.applied_remote(Offer, tags("second"));
        negotiation.answered();
        assert_eq!(negotiation.take_due_offer(), None);
    }

    #[test]
    fn an_offer_waits_for_the_exchange_at_hand() {
        let mut negotiation = offering(false, OfferKind::Media);
        negotiation.want_offer(OfferKind::IceRestart);
        negotiation.want_offer(OfferKind::Media);
        assert_eq!(negotiation.take_due_offer(), None);
        assert_eq!(negotiation.judge(Answer, None), Verdict::Apply);
        negotiation.applied_remote(Answer, tags("a"));
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
    }

    #[test]
    fn an_answer_nobody_waits_for_is_ignored() {
        assert_eq!(Negotiation::new(true, 7).judge(Answer, None), Verdict::Ignore);
    }

    #[test]
    fn a_late_answer_to_an_offer_taken_back_is_not_the_answer_to_the_next() {
        let now = Instant::now();
        let mut negotiation = agreed(false);
        let first = negotiation.offered(OfferKind::IceRestart, now);
        assert!(negotiation.want_restart(now + ANSWER_PATIENCE));
        assert_eq!(negotiation.take_due_offer(), Some(OfferKind::IceRestart));
        let second = negotiation.offered(OfferKind::IceRestart, now);
        assert_eq!(negotiation.judge(Answer, Some(first)), Verdict::Ignore);
        assert_eq!(negotiation.judge(Answer, Some(second)), Verdict::Apply);
        assert_eq!(negotiation.judge(Answer, None), Verdict::Apply, "a side that does not number");
    }

    #[test]
    fn early_candidates_wait_for_their_description() {
        let mut negotiation = Negotiation::new(false, 7);
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
        negotiation.judge(Offer, None);
        assert_eq!(negotiation.admit(candidate(Some("kept"))), None);
        assert_eq!(negotiation.admit(candidate(Some("dropped"))), None);
        assert_eq!(negotiation.judge(Answer, None), Verdict::Apply);
        assert_eq!(negotiation.applied_remote(Answer, tags("kept")), [candidate(Some("kept"))]);
    }

    #[test]
    fn the_queue_is_bounded_and_the_oldest_gives_way() {
        let mut negotiation = Negotiation::new(false, 7);
        for index in 0..=MAX_QUEUED {
            let mut one = candidate(None);
            one.sdp_m_line_index = Some(index as u16);
            negotiation.admit(one);
        }
        let ready = negotiation.applied_remote(Offer, tags("a"));
        assert_eq!((ready.len(), ready[0].sdp_m_line_index), (MAX_QUEUED, Some(1)));
    }
}
