//! Two who ring each other: two whole sessions, messages under way in every order.

mod common;

use std::collections::VecDeque;

use common::*;
use duet_call::*;
use proptest::prelude::*;

/// Two sessions and what is under way between them; each direction keeps its order.
struct Pair {
    sides: [Lines; 2],
    /// Messages on their way *to* each side.
    wires: [VecDeque<(CallId, Signal)>; 2],
    log: [Vec<(CallId, LineEffect)>; 2],
}

impl Pair {
    fn new(policy: ConnectPolicy) -> Self {
        let lines = || Lines::new(Config { policy, ..Config::default() });
        Pair {
            sides: [lines(), lines()],
            wires: [VecDeque::new(), VecDeque::new()],
            log: [Vec::new(), Vec::new()],
        }
    }

    fn name(side: usize) -> PeerName {
        PeerName::from(["ann", "bob"][side])
    }

    fn sender(side: usize) -> Sender {
        Sender { peer: Pair::name(side), device: None }
    }

    fn ring(&mut self, side: usize, call: &str) -> Placed {
        let placed = self.sides[side].ring(CallId::from(call), Pair::name(1 - side), MEDIA);
        self.drain(side);
        placed.expect("one call")
    }

    fn hang_up(&mut self, side: usize) {
        self.sides[side].hang_up_all();
        self.drain(side);
    }

    /// Delivers the oldest message to `side`; false when there is none.
    fn deliver(&mut self, side: usize) -> bool {
        let Some((call, signal)) = self.wires[side].pop_front() else { return false };
        let (lines, from) = (&mut self.sides[side], Pair::sender(1 - side));
        match signal {
            Signal::Invite { media, expires_in } => lines.invite(&from, &call, media, expires_in),
            Signal::Ringing => lines.wire(&from, &call, WireInput::Ringing),
            Signal::Accept { media } => lines.wire(&from, &call, WireInput::Accept { media }),
            Signal::Decline { reason } => lines.wire(&from, &call, WireInput::Decline { reason }),
            Signal::Cancel => lines.wire(&from, &call, WireInput::Cancel),
            Signal::HangUp => lines.wire(&from, &call, WireInput::HangUp),
            Signal::Anew => lines.wire(&from, &call, WireInput::Anew),
            Signal::AcceptedElsewhere => lines.wire(&from, &call, WireInput::AcceptedElsewhere),
            Signal::DeclinedElsewhere => lines.wire(&from, &call, WireInput::DeclinedElsewhere),
            Signal::MediaState(sources) => lines.wire(&from, &call, WireInput::MediaState(sources)),
            Signal::Talk(word) => lines.wire(&from, &call, WireInput::Talk(word)),
            Signal::Join | Signal::Leave => panic!("no rooms here"),
        }
        self.drain(side);
        true
    }

    fn settle(&mut self) {
        while self.deliver(0) | self.deliver(1) {}
    }

    fn drain(&mut self, side: usize) {
        while let Some(tagged) = self.sides[side].poll_effect() {
            if let LineEffect::Call(Effect::Send(signal)) = tagged.effect {
                self.wires[1 - side].push_back((tagged.call.clone(), signal));
            }
            self.log[side].push((tagged.call, tagged.effect));
        }
    }

    fn calls(&self, side: usize) -> Vec<(&str, CallState)> {
        self.sides[side].calls().map(|call| (call.id().as_str(), call.state())).collect()
    }

    /// Who offers and who gives way in the peer connection of `call`.
    fn roles(&self, side: usize, call: &str) -> Option<(bool, bool)> {
        self.log[side].iter().rev().find_map(|(id, effect)| match effect {
            LineEffect::Call(Effect::StartPeer { offerer, polite }) if id.as_str() == call => {
                Some((*offerer, *polite))
            }
            LineEffect::Call(_) | LineEffect::Incoming { .. } | LineEffect::TellOthers { .. } => None,
        })
    }

    fn ends(&self, side: usize) -> Vec<(&str, EndReason)> {
        self.log[side]
            .iter()
            .filter_map(|(call, effect)| match effect {
                LineEffect::Call(Effect::Ended(ended)) => Some((call.as_str(), ended.reason)),
                LineEffect::Call(_) | LineEffect::Incoming { .. } | LineEffect::TellOthers { .. } => None,
            })
            .collect()
    }
}

#[test]
fn the_call_with_the_smaller_id_survives_and_is_answered_by_itself() {
    let mut pair = Pair::new(ConnectPolicy::WhileRinging);
    assert_eq!(pair.ring(0, "a"), Placed::Ringing);
    assert_eq!(pair.ring(1, "b"), Placed::Ringing);
    pair.settle();
    assert_eq!(pair.calls(0), [("a", CallState::Connecting)]);
    assert_eq!(pair.calls(1), [("a", CallState::Connecting)]);
    assert_eq!(pair.ends(0), []);
    assert_eq!(pair.ends(1), [("b", EndReason::GlareLost)]);
}

#[test]
fn the_side_that_gives_way_learns_first_which_call_takes_the_place() {
    let mut pair = Pair::new(ConnectPolicy::WhileRinging);
    assert_eq!(pair.ring(0, "a"), Placed::Ringing);
    assert_eq!(pair.ring(1, "b"), Placed::Ringing);
    pair.settle();
    let position = |found: fn(&LineEffect) -> bool| pair.log[1].iter().position(|(_, effect)| found(effect));
    let told = position(|effect| {
        *effect == LineEffect::Incoming { media: MEDIA, instead_of: Some(CallId::from("b")), accepted: true }
    });
    let over = position(|effect| matches!(effect, LineEffect::Call(Effect::Ended(_))));
    assert!(told.is_some() && told < over);
}

#[test]
fn the_side_that_wins_never_rings() {
    let mut pair = Pair::new(ConnectPolicy::AfterAccept);
    assert_eq!(pair.ring(0, "a"), Placed::Ringing);
    assert_eq!(pair.ring(1, "b"), Placed::Ringing);
    pair.settle();
    assert!(!pair.log[0].iter().any(|(_, effect)| matches!(effect, LineEffect::Incoming { .. })));
}

#[test]
fn the_side_that_wins_declines_the_other_call() {
    let mut pair = Pair::new(ConnectPolicy::WhileRinging);
    assert_eq!(pair.ring(0, "a"), Placed::Ringing);
    assert_eq!(pair.ring(1, "b"), Placed::Ringing);
    assert!(pair.deliver(0));
    let glare = Signal::Decline { reason: DeclineReason::Glare };
    assert_eq!(pair.wires[1].back(), Some(&(CallId::from("b"), glare)));
    // It comes before the invite of the survivor, which then rings as any other.
    pair.wires[1].rotate_right(1);
    assert!(pair.deliver(1));
    assert_eq!(pair.ends(1), [("b", EndReason::GlareLost)]);
    assert!(pair.deliver(1));
    assert_eq!(pair.calls(1), [("a", CallState::Incoming)]);
}

#[test]
fn a_late_invite_of_the_losing_call_does_not_ring() {
    let mut winner = Lines::new(Config::default());
    let bob = Pair::sender(1);
    assert_eq!(winner.ring(CallId::from("a"), bob.peer.clone(), MEDIA), Ok(Placed::Ringing));
    winner.wire(&bob, &CallId::from("b"), WireInput::Cancel);
    winner.wire(&bob, &CallId::from("a"), WireInput::Accept { media: MEDIA });
    while winner.poll_effect().is_some() {}
    winner.invite(&bob, &CallId::from("b"), MEDIA, EXPIRES);
    assert_eq!(winner.poll_effect(), None);
}

#[test]
fn a_losing_invite_that_is_repeated_after_the_call_does_not_ring() {
    let mut pair = Pair::new(ConnectPolicy::WhileRinging);
    assert_eq!(pair.ring(0, "a"), Placed::Ringing);
    let (bob, losing) = (Pair::sender(1), CallId::from("b"));
    pair.sides[0].invite(&bob, &losing, MEDIA, EXPIRES);
    pair.hang_up(0);
    pair.sides[0].invite(&bob, &losing, MEDIA, EXPIRES);
    assert_eq!(pair.sides[0].poll_effect(), None);
}

/// What may happen next: somebody rings, a message arrives, somebody hangs up.
#[derive(Clone, Copy, Debug)]
enum Step {
    Ring(usize),
    Deliver(usize),
    HangUp(usize),
}

fn step(hang_ups: bool) -> impl Strategy<Value = Step> {
    let weight = u32::from(hang_ups);
    prop_oneof![
        2 => (0..2usize).prop_map(Step::Ring),
        6 => (0..2usize).prop_map(Step::Deliver),
        weight => (0..2usize).prop_map(Step::HangUp),
    ]
}

fn policy() -> impl Strategy<Value = ConnectPolicy> {
    prop_oneof![Just(ConnectPolicy::WhileRinging), Just(ConnectPolicy::AfterAccept)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn exactly_one_call_survives_whatever_crosses(
        steps in prop::collection::vec(step(false), 0..20),
        ids in prop::collection::hash_set("[0-9a-f]{4}", 2),
        policy in policy(),
    ) {
        let ids: Vec<String> = ids.into_iter().collect();
        let mut pair = Pair::new(policy);
        let mut rung = [false; 2];
        for step in steps.into_iter().chain([Step::Ring(0), Step::Ring(1)]) {
            match step {
                Step::Ring(side) if rung[side] || !pair.calls(side).iter().all(|c| c.1 == CallState::Incoming) => {}
                Step::Ring(side) => {
                    rung[side] = true;
                    let _ = pair.ring(side, &ids[side]);
                }
                Step::Deliver(side) => drop(pair.deliver(side)),
                Step::HangUp(_) => unreachable!("weight 0"),
            }
        }
        pair.settle();
        prop_assert_eq!(pair.calls(0).len(), 1, "{:?}", pair.log);
        prop_assert_eq!(pair.calls(0), pair.calls(1), "{:?}", pair.log);
        prop_assert_eq!(pair.calls(0)[0].1, CallState::Connecting);
        prop_assert!(pair.ends(0).len() + pair.ends(1).len() <= 1);
        // Should both offer at once later, one of them gives way: the one who did not offer first.
        let call = pair.calls(0)[0].0;
        let (ann, bob) = (pair.roles(0, call), pair.roles(1, call));
        prop_assert!(ann.is_some() && bob == ann.map(|(offerer, polite)| (!offerer, !polite)));
    }

    #[test]
    fn both_sides_always_agree_on_which_calls_there_are(
        steps in prop::collection::vec(step(true), 0..60),
        ids in prop::collection::hash_set("[0-9a-f]{6}", 60),
        policy in policy(),
    ) {
        let mut pair = Pair::new(policy);
        for (step, id) in steps.into_iter().zip(ids) {
            match step {
                Step::Ring(side) if pair.calls(side).iter().all(|c| c.1 == CallState::Incoming) => {
                    let _ = pair.ring(side, &id);
                }
                Step::Ring(_) => {}
                Step::Deliver(side) => drop(pair.deliver(side)),
                Step::HangUp(side) => pair.hang_up(side),
            }
        }
        pair.settle();
        let names = |side: usize| pair.calls(side).into_iter().map(|c| c.0.to_owned()).collect::<Vec<_>>();
        prop_assert_eq!(names(0), names(1), "{:?}", pair.log);
        prop_assert!(names(0).len() <= 1);
    }
}
