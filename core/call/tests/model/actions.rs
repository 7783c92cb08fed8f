//! Everything that can happen next, and the model that `stateright` explores.

use duet_call::TimerId;
use stateright::{Model, Property};

use crate::adapter::{Event, Fact, Id, Who, Word};
use crate::faults::{Fault, Faults};
use crate::graph::Graph;
use crate::ledger::{Ledger, Side, Signaling};
use crate::link::{Cost, facts};
use crate::scenario::{Meet, Order};
use crate::world::{Packet, State, World};

/// A step of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    User(Who, Event),
    Deliver(Packet),
    DeliverAndKeep(Packet),
    Lose(Packet),
    Timer(Who, Id, TimerId),
    Link(Who, Id, Fact, Cost),
    /// The first description arrives, of that side: its peer connection is the one to connect with.
    Describe(Who, Id, Who),
    SignalingLost(Who),
    SignalingRestored(Who),
    /// The session cannot be resumed: the service has forgotten it.
    SessionForgotten(Who),
    SignalingGone(Who),
    NetworkChanged(Who),
}

impl Action {
    /// Happens sooner or later, without help of the users and whatever the network does.
    pub fn inevitable(self) -> bool {
        matches!(
            self,
            Action::Deliver(_)
                | Action::Timer(..)
                | Action::SignalingRestored(_)
                | Action::Link(_, _, _, Cost::Inevitable)
        )
    }

    /// After this a glare need not leave a call.
    fn meddles(self) -> bool {
        !matches!(
            self,
            Action::Deliver(_)
                | Action::DeliverAndKeep(_)
                | Action::User(_, Event::Ring { .. } | Event::Accept(_))
                | Action::Link(_, _, Fact::Connected, _)
        )
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.start()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.deliveries(state, actions);
        for who in 0..state.sides.len() as Who {
            self.users(state, who, actions);
            self.nature(state, who, actions);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        self.act(&mut state, action);
        if self.scenario.watch_glare {
            state.meddled |= action.meddles();
        }
        self.conclude(&mut state);
        if self.wanted.is_empty() {
            self.graph.edge(last, action, &state);
        } else if let Some(fault) = self.wanted.get(&Graph::name(&state)) {
            state.faults.note(*fault);
        }
        let told =
            state.faults == Faults::default() || *self.first.get_or_init(|| state.digest) == state.digest;
        told.then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Fault::properties()
    }
}

impl World {
    fn deliveries(&self, state: &State, actions: &mut Vec<Action>) {
        for (place, packet) in state.net.iter().enumerate() {
            let before = &state.net[..place];
            let first = match self.scenario.order {
                Order::Any => !before.contains(packet),
                Order::Kept => before.iter().all(|earlier| earlier.to != packet.to),
            };
            if !first || state.sides[usize::from(packet.to)].signaling != Signaling::Up {
                continue;
            }
            actions.push(Action::Deliver(*packet));
            if state.left.copies > 0 {
                actions.push(Action::DeliverAndKeep(*packet));
            }
            if state.left.losses > 0 {
                actions.push(Action::Lose(*packet));
            }
        }
    }

    fn users(&self, state: &State, who: Who, actions: &mut Vec<Action>) {
        let side = &state.sides[usize::from(who)];
        let mut rings = false;
        let mut idle = true;
        for (call, ledger) in side.open_calls() {
            idle = false;
            if ledger.rings_here() && self.scenario.meet == Meet::Ring {
                rings = true;
                actions.push(Action::User(who, Event::Accept(call)));
                actions.push(Action::User(who, Event::Decline(call)));
            } else {
                actions.push(Action::User(who, Event::HangUp(call)));
            }
        }
        let next = self.scenario.calls[usize::from(who)].get(usize::from(side.started));
        if let Some(call) = next.copied()
            && (idle || self.scenario.reckless || rings && self.scenario.watch_glare)
            && side.signaling != Signaling::Gone
        {
            let start = match self.scenario.meet {
                Meet::Ring => Event::Ring { call, to: Who::from(who == 0) },
                Meet::Room => Event::Join { call },
            };
            actions.push(Action::User(who, start));
        }
    }

    /// Timers, the media path, the connection to the service.
    fn nature(&self, state: &State, who: Who, actions: &mut Vec<Action>) {
        let side = &state.sides[usize::from(who)];
        for (call, ledger) in side.open_calls() {
            actions.extend(ledger.armed().map(|timer| Action::Timer(who, call, timer)));
            if ledger.has_peer() && ledger.with.is_none() {
                let meets = |(_, side): &(Who, &Side)| {
                    ledger.link.and_then(|link| side.linked(link)).is_some_and(Ledger::has_peer)
                };
                let others = (0..).zip(&state.sides).filter(|(other, _)| *other != who).filter(meets);
                actions.extend(others.map(|(other, _)| Action::Describe(who, call, other)));
            }
            for (fact, cost) in facts(state, who, ledger) {
                let affordable = match cost {
                    Cost::Inevitable | Cost::Free => true,
                    Cost::Break => state.left.breaks > 0,
                    Cost::Failure => state.left.failures > 0,
                };
                if affordable {
                    actions.push(Action::Link(who, call, fact, cost));
                }
            }
        }
        let busy = side.open_calls().next().is_some();
        if busy && state.left.moves > 0 {
            actions.push(Action::NetworkChanged(who));
        }
        match side.signaling {
            Signaling::Up if busy && state.left.outages > 0 => actions.push(Action::SignalingLost(who)),
            Signaling::Up | Signaling::Gone => {}
            Signaling::Down => {
                actions.push(Action::SignalingRestored(who));
                if state.left.amnesia > 0 && !side.forgotten {
                    actions.push(Action::SessionForgotten(who));
                    actions.push(Action::SignalingGone(who));
                }
            }
        }
    }

    fn act(&self, state: &mut State, action: Action) {
        match action {
            Action::User(who, event) => self.give(state, who, event),
            Action::Deliver(packet) => {
                state.take(packet);
                self.arrive(state, packet);
            }
            Action::DeliverAndKeep(packet) => {
                state.left.copies -= 1;
                self.arrive(state, packet);
            }
            Action::Lose(packet) => {
                state.left.losses -= 1;
                state.take(packet);
            }
            Action::Timer(who, call, timer) => self.give(state, who, Event::Timer(call, timer)),
            Action::Link(who, call, fact, cost) => {
                match cost {
                    Cost::Inevitable | Cost::Free => {}
                    Cost::Break => state.left.breaks -= 1,
                    Cost::Failure => state.left.failures -= 1,
                }
                self.give(state, who, Event::Link(call, fact));
            }
            Action::Describe(who, call, from) => {
                self.give(state, who, Event::Description { from, call });
            }
            Action::SignalingLost(who) => {
                state.left.outages -= 1;
                state.sides[usize::from(who)].signaling = Signaling::Down;
                self.give(state, who, Event::SignalingLost);
            }
            Action::SignalingRestored(who) => self.restore(state, who),
            Action::SessionForgotten(who) => {
                state.left.amnesia -= 1;
                state.sides[usize::from(who)].forgotten = true;
                self.vanish(state, who);
            }
            Action::SignalingGone(who) => {
                state.left.amnesia -= 1;
                state.sides[usize::from(who)].signaling = Signaling::Gone;
                state.held.retain(|packet| packet.from != who);
                self.vanish(state, who);
                self.give(state, who, Event::SignalingGone);
            }
            Action::NetworkChanged(who) => {
                state.left.moves -= 1;
                self.give(state, who, Event::NetworkChanged);
            }
        }
    }

    fn arrive(&self, state: &mut State, packet: Packet) {
        let Packet { to, from, call, word } = packet;
        debug_assert!(!matches!(word, Word::Join | Word::Leave));
        self.give(state, to, Event::Wire { from, call, word });
    }

    /// The service forgets `who`, and what it had for them.
    fn vanish(&self, state: &mut State, who: Who) {
        state.net.retain(|packet| packet.to != who);
        if self.scenario.meet == Meet::Room {
            state.leave(who);
        }
    }
}

impl State {
    fn take(&mut self, packet: Packet) {
        let place = self.net.iter().position(|each| *each == packet).expect("it is under way");
        self.net.remove(place);
    }
}
