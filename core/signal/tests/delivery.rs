//! Two outboxes over a link that loses what is in flight whenever it breaks.

use std::collections::VecDeque;

use duet_signal::outbox::{Accepted, Limits, Outbox};
use proptest::prelude::*;

/// What happens next on the link; the `bool` names a side.
#[derive(Clone, Debug)]
enum Step {
    /// A side wants to send the next message.
    Send(bool),
    /// The oldest in flight towards a side arrives.
    Arrive(bool),
    /// A side sends a stand-alone acknowledgement.
    Ack(bool),
    /// The link breaks, everything in flight is lost, and the session resumes.
    Break,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Send),
        6 => any::<bool>().prop_map(Step::Arrive),
        1 => any::<bool>().prop_map(Step::Ack),
        1 => Just(Step::Break),
    ];
    proptest::collection::vec(step, 0..400)
}

/// A numbered message, if any, and an acknowledgement, if any.
type Packet = (Option<(u64, u32)>, Option<u64>);

/// One side: its outbox, what it meant to send, what it got, and what is on the way to it.
struct Side {
    outbox: Outbox<u32>,
    sent: u32,
    got: Vec<u32>,
    inbound: VecDeque<Packet>,
}

impl Side {
    fn new() -> Self {
        let limits = Limits { messages: 16, bytes: 64, ack_every: 4 };
        Side { outbox: Outbox::with_limits(limits), sent: 0, got: Vec::new(), inbound: VecDeque::new() }
    }

    fn arrive(&mut self) {
        let Some((message, ack)) = self.inbound.pop_front() else { return };
        if let Some(ack) = ack {
            self.outbox.on_ack(ack);
        }
        if let Some((seq, message)) = message {
            match self.outbox.accept(seq) {
                Accepted::Fresh => self.got.push(message),
                Accepted::Duplicate => {}
                Accepted::Gap => panic!("an ordered link made a gap at {seq}"),
            }
        }
    }
}

fn send(from: &mut Side, to: &mut Side) {
    if let Ok(seq) = from.outbox.push(from.sent, 4) {
        to.inbound.push_back((Some((seq, from.sent)), from.outbox.take_ack()));
        from.sent += 1;
    }
}

fn ack(from: &mut Side, to: &mut Side) {
    if let Some(ack) = from.outbox.take_ack() {
        to.inbound.push_back((None, Some(ack)));
    }
}

fn resume(a: &mut Side, b: &mut Side) {
    a.inbound.clear();
    b.inbound.clear();
    let (a_has, b_has) = (a.outbox.received(), b.outbox.received());
    assert!(a.outbox.can_resume(b_has) && b.outbox.can_resume(a_has));
    b.inbound.extend(a.outbox.resend_after(b_has).map(|(seq, m)| (Some((seq, *m)), None)));
    a.inbound.extend(b.outbox.resend_after(a_has).map(|(seq, m)| (Some((seq, *m)), None)));
}

proptest! {
    #[test]
    fn every_message_arrives_once_and_in_order_whatever_the_link_does(steps in steps()) {
        let (mut a, mut b) = (Side::new(), Side::new());
        for step in steps {
            match step {
                Step::Send(true) => send(&mut a, &mut b),
                Step::Send(false) => send(&mut b, &mut a),
                Step::Arrive(true) => a.arrive(),
                Step::Arrive(false) => b.arrive(),
                Step::Ack(true) => ack(&mut a, &mut b),
                Step::Ack(false) => ack(&mut b, &mut a),
                Step::Break => resume(&mut a, &mut b),
            }
            prop_assert!(a.outbox.waiting() <= 16 && b.outbox.waiting() <= 16);
        }
        resume(&mut a, &mut b);
        while !a.inbound.is_empty() || !b.inbound.is_empty() {
            a.arrive();
            b.arrive();
        }
        prop_assert_eq!(a.got, (0..b.sent).collect::<Vec<_>>());
        prop_assert_eq!(b.got, (0..a.sent).collect::<Vec<_>>());
    }

    #[test]
    fn no_numbers_from_outside_break_an_outbox(
        numbers in proptest::collection::vec((any::<u64>(), 0u8..5), 0..200),
    ) {
        let mut outbox = Outbox::with_limits(Limits { messages: 8, bytes: 32, ack_every: 4 });
        for (number, what) in numbers {
            match what {
                0 => drop(outbox.push(number, 4)),
                1 => outbox.on_ack(number),
                2 => drop(outbox.accept(number)),
                3 => drop(outbox.resend_after(number).count()),
                _ => drop(outbox.push(number, 4).map(|seq| assert_eq!(seq, outbox.last()))),
            }
            prop_assert_eq!(outbox.after(0).count(), outbox.waiting());
            prop_assert!(outbox.waiting() <= 8);
        }
    }
}
