//! A caller and two devices that ring, in every order of answers and messages.

mod common;

use std::collections::VecDeque;

use common::*;
use duet_call::*;
use proptest::prelude::*;

fn id() -> CallId {
    CallId::from("c")
}

/// A caller and two devices of the one who is rung: sessions 0, 1 and 2. Each pair keeps its order.
struct Three {
    sides: [Lines; 3],
    /// Under way, by receiver and sender.
    wires: [[VecDeque<Said>; 3]; 3],
    /// Which of the caller's peer connections each side has.
    peers: [Option<usize>; 3],
    /// Whose answer the caller's peer connection has.
    answered: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Said {
    Signal(Signal),
    /// An answer to the offer of the caller's peer connection with this number.
    Answer(usize),
    Offer(usize),
}

impl Three {
    fn new(policy: ConnectPolicy) -> Self {
        let lines = || Lines::new(Config { policy, ..Config::default() });
        let mut three = Three {
            sides: [lines(), lines(), lines()],
            wires: Default::default(),
            peers: [None; 3],
            answered: None,
        };
        let placed = three.sides[0].ring(id(), PeerName::from("bob"), MEDIA);
        assert_eq!(placed, Ok(Placed::Ringing));
        three.drain(0);
        three
    }

    fn sender(side: usize) -> Sender {
        let (peer, device) = [("ann", "a"), ("bob", "1"), ("bob", "2")][side];
        Sender { peer: PeerName::from(peer), device: Some(DeviceId::from(device)) }
    }

    fn give(&mut self, side: usize, input: Input) {
        self.sides[side].input(&id(), input);
        self.drain(side);
    }

    fn deliver(&mut self, to: usize, from: usize) -> bool {
        let Some(said) = self.wires[to][from].pop_front() else { return false };
        let (lines, sender, call) = (&mut self.sides[to], Three::sender(from), id());
        match said {
            Said::Signal(Signal::Invite { media, expires_in }) => {
                lines.invite(&sender, &call, media, expires_in);
            }
            Said::Signal(signal) => {
                if let Some(message) = heard(signal) {
                    lines.wire(&sender, &call, message);
                }
            }
            Said::Offer(number) => {
                // A peer connection knows one other end for life.
                if lines.description(&sender, &call) == Passage::Take && self.peers[to].is_none() {
                    self.peers[to] = Some(number);
                    self.wires[from][to].push_back(Said::Answer(number));
                }
            }
            Said::Answer(number) => {
                let ours = self.peers[0] == Some(number);
                if lines.description(&sender, &call) == Passage::Take && ours {
                    assert!(self.answered.replace(from).is_none(), "two answers to one offer");
                    lines.input(&call, CONNECTED);
                }
            }
        }
        self.drain(to);
        true
    }

    fn drain(&mut self, side: usize) {
        while let Some(Tagged { device, effect, .. }) = self.sides[side].poll_effect() {
            if side != 0 && effect == LineEffect::Call(Effect::ClosePeer) {
                self.peers[side] = None;
            }
            let said = match effect {
                LineEffect::Call(Effect::Send(signal)) => Some(Said::Signal(signal)),
                LineEffect::Call(Effect::StartPeer { offerer: true, .. }) => {
                    let number = self.peers[0].map_or(0, |number| number + 1);
                    (self.peers[0], self.answered) = (Some(number), None);
                    Some(Said::Offer(number))
                }
                LineEffect::TellOthers { but, signal } => {
                    let other = if but.as_str() == "1" { 2 } else { 1 };
                    self.wires[other][0].push_back(Said::Signal(signal));
                    None
                }
                LineEffect::Call(_) | LineEffect::Incoming { .. } => None,
            };
            let Some(said) = said else { continue };
            let receivers = match (side, device) {
                (0, None) => vec![1, 2],
                (0, Some(device)) => vec![if device.as_str() == "1" { 1 } else { 2 }],
                (_, _) => vec![0],
            };
            receivers.into_iter().for_each(|to| self.wires[to][side].push_back(said));
        }
    }

    fn settle(&mut self) {
        while [(0, 1), (0, 2), (1, 0), (2, 0)].into_iter().any(|(to, from)| self.deliver(to, from)) {}
    }

    /// The side the caller's call is with.
    fn party(&self) -> Option<usize> {
        self.sides[0].party_device(&id()).map(|device| if device.as_str() == "1" { 1 } else { 2 })
    }

    fn state(&self, side: usize) -> Option<CallState> {
        self.sides[side].get(&id()).map(Call::state)
    }
}

fn heard(signal: Signal) -> Option<WireInput> {
    Some(match signal {
        Signal::Ringing => WireInput::Ringing,
        Signal::Accept { media } => WireInput::Accept { media },
        Signal::Anew => WireInput::Anew,
        Signal::AcceptedElsewhere => WireInput::AcceptedElsewhere,
        Signal::DeclinedElsewhere => WireInput::DeclinedElsewhere,
        Signal::Decline { reason } => WireInput::Decline { reason },
        Signal::Cancel => WireInput::Cancel,
        Signal::HangUp => WireInput::HangUp,
        Signal::MediaState(sources) => WireInput::MediaState(sources),
        Signal::Talk(word) => WireInput::Talk(word),
        Signal::Invite { .. } | Signal::Join | Signal::Leave => return None,
    })
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Deliver(usize, usize),
    Do(usize, Input),
}

fn step() -> impl Strategy<Value = Step> {
    let ways = prop::sample::select(vec![(0, 1), (0, 2), (1, 0), (2, 0)]);
    prop_oneof![
        8 => ways.prop_map(|(to, from)| Step::Deliver(to, from)),
        3 => (1..3usize).prop_map(|side| Step::Do(side, ACCEPT)),
        1 => (1..3usize).prop_map(|side| Step::Do(side, DECLINE)),
        1 => (0..3usize).prop_map(|side| Step::Do(side, HANG_UP)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn however_two_devices_answer_the_caller_talks_to_one_and_all_agree(
        steps in prop::collection::vec(step(), 0..40), private in any::<bool>(),
    ) {
        let mut three =
            Three::new(if private { ConnectPolicy::AfterAccept } else { ConnectPolicy::WhileRinging });
        for step in steps {
            match step {
                Step::Deliver(to, from) => drop(three.deliver(to, from)),
                Step::Do(side, input) => three.give(side, input),
            }
            if three.state(0) == Some(CallState::Connected) {
                prop_assert_eq!(three.answered, three.party(), "talks to one, calls another");
            }
        }
        three.settle();
        let accepted = |side: usize| three.state(side).is_some_and(|state| state != CallState::Incoming);
        match three.state(0) {
            None => prop_assert!(three.state(1).is_none() && three.state(2).is_none()),
            Some(CallState::Outgoing) => prop_assert!(!accepted(1) && !accepted(2)),
            Some(_) => {
                let with = three.party().expect("the call is with somebody");
                prop_assert!(accepted(with) && three.state(3 - with).is_none());
                prop_assert_eq!(three.state(0), Some(CallState::Connected));
                prop_assert_eq!(three.peers[with], three.peers[0], "the same peer connection");
            }
        }
    }
}
