//! The world: two sides, what is under way between them, and what one event does to all of it.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use duet_call::Rule;

use crate::adapter::{Address, Event, Id, Out, SERVICE, Who, Word, bits, person};
use crate::faults::{Fault, Faults};
use crate::graph::{Graph, Words};
use crate::ledger::{CALLS, Ledger, Peer, Side, Signaling, Stage};
use crate::link::partner;
use crate::pool::Pool;
use crate::scenario::{Bounds, Meet, Order, Scenario};
use crate::service::Room;

/// The model: one scenario, with the machines and the graph that its exploration finds.
pub struct World {
    pub scenario: Scenario,
    pub pool: Pool,
    pub graph: Graph,
    /// Faulty states of the explored graph, by their names there, to be found again with the way to them.
    pub wanted: HashMap<u64, Fault>,
    /// The first state with a fault; of the others nothing is told, so that the way told is the shortest.
    pub first: OnceLock<u64>,
}

/// A state of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub sides: Vec<Side>,
    pub net: Vec<Packet>,
    /// Written while signaling was down, by rooms' connections that keep their order.
    pub held: Vec<Packet>,
    pub room: Room,
    pub left: Bounds,
    /// Something happened after which a glare need not leave a call.
    pub meddled: bool,
    pub faults: Faults,
    /// The hash of all of the above.
    pub digest: u64,
}

/// A message under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Packet {
    pub to: Who,
    pub from: Who,
    pub call: Id,
    pub word: Word,
}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.digest.hash(hasher);
    }
}

impl World {
    pub fn new(scenario: Scenario, broken: Option<Rule>) -> Self {
        let pool = Pool::new((scenario.config)(), scenario.people, broken);
        World { scenario, pool, graph: Graph::default(), wanted: HashMap::new(), first: OnceLock::new() }
    }

    pub fn start(&self) -> State {
        let mut state = State {
            sides: vec![Side::new(self.pool.start()); self.scenario.people.len()],
            net: Vec::new(),
            held: Vec::new(),
            room: Room::default(),
            left: self.scenario.bounds,
            meddled: false,
            faults: Faults::default(),
            digest: 0,
        };
        self.conclude(&mut state);
        state
    }

    /// `event` happens to `who`.
    pub fn give(&self, state: &mut State, who: Who, event: Event) {
        let side = &mut state.sides[usize::from(who)];
        let step = self.pool.step(side.machine, event);
        side.machine = step.next;
        know(side, event);
        for out in step.outs.iter() {
            self.observe(state, who, event, *out);
        }
        if let Event::Wire { call, word: Word::Invite, .. } = event {
            refuse_later(&mut state.sides[usize::from(who)].calls[usize::from(call)]);
        }
    }

    /// Notes what `who` did, and carries it out.
    fn observe(&self, state: &mut State, who: Who, event: Event, out: Out) {
        let number = if let (Out::StartPeer { call, .. }, Meet::Ring) = (out, self.scenario.meet) {
            connections(state, who, call)
        } else {
            0
        };
        let people = self.scenario.people;
        let only_two = state.sides.len() == 2;
        let calls = &mut state.sides[usize::from(who)].calls;
        let faults = &mut state.faults;
        match out {
            Out::Opened(call) => {
                let wire = (self.scenario.meet == Meet::Ring).then_some(call);
                calls[usize::from(call)] =
                    Ledger { stage: Stage::Open, mine: true, wire, ..Ledger::default() };
            }
            Out::Refused => {}
            Out::Answered(call) => calls[usize::from(call)].accepted = true,
            Out::Incoming { call, instead_of, accepted } => {
                let wanted = instead_of.is_some_and(|old| {
                    let old = &calls[usize::from(old)];
                    old.open() && (old.mine || old.accepted)
                });
                let others = calls.iter().filter(|ledger| ledger.open()).count();
                let free = self.scenario.waiting() || others == usize::from(instead_of.is_some());
                faults.unless(free, Fault::RangWhileBusy);
                faults.unless(wanted || !accepted, Fault::AcceptUnasked);
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.stage == Stage::Unseen, Fault::RangAgain);
                *ledger = Ledger { stage: Stage::Open, wire: Some(call), accepted, ..Ledger::default() };
            }
            Out::Send { to, call, word } => {
                let known = calls.get(usize::from(call));
                if let Word::Accept { .. } = word {
                    faults.unless(known.is_some_and(|ledger| ledger.accepted), Fault::AcceptUnasked);
                }
                let all = 0..state.sides.len() as Who;
                let receivers: Vec<Who> = match to {
                    Address::Service => vec![SERVICE],
                    Address::Side(side) => vec![side],
                    Address::Person { person: them, but } => {
                        all.filter(|side| person(people, *side) == them && Some(*side) != but).collect()
                    }
                };
                receivers.into_iter().for_each(|to| self.send(state, Packet { to, from: who, call, word }));
            }
            Out::Taken(call) => {
                if let Event::Description { from, .. } = event {
                    calls[usize::from(call)].with = Some(from);
                }
            }
            Out::StartPeer { call, offerer, polite, with } => {
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.open(), Fault::EffectAfterEnd);
                faults.unless(matches!(ledger.peer, Peer::None | Peer::Closed), Fault::PeerLeak);
                faults.unless(offerer != polite, Fault::SameRoles);
                (ledger.peer, ledger.offerer) = (Peer::Starting, offerer);
                if let Event::Wire { call, word: Word::JoinedPeer { .. } | Word::PeerJoined { .. }, .. } =
                    event
                {
                    ledger.wire = Some(call);
                }
                ledger.link = ledger.wire.map(|wire| (wire, number));
                ledger.with = if only_two { Some(1 - who) } else { with };
                let ledger = *ledger;
                let differ = partner(state, who, &ledger).is_none_or(|other| other.offerer != offerer);
                state.faults.unless(differ, Fault::SameRoles);
            }
            Out::ClosePeer(call) => {
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.has_peer(), Fault::PeerLeak);
                (ledger.peer, ledger.released) = (Peer::Closed, false);
                let comes = matches!(
                    event,
                    Event::Wire { word: Word::JoinedPeer { .. } | Word::PeerJoined { .. }, .. }
                );
                if self.scenario.meet == Meet::Room && !comes {
                    (ledger.wire, ledger.link, ledger.accepted) = (None, None, false);
                }
            }
            Out::RestartIce(call) => {
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.has_peer(), Fault::PeerLeak);
                if ledger.peer == Peer::Up {
                    ledger.peer = Peer::Renewing;
                }
            }
            Out::Release(call) => {
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.open() && !ledger.released, Fault::EffectAfterEnd);
                faults.unless(ledger.accepted, Fault::MediaBeforeAccept);
                faults.unless(ledger.up(), Fault::MediaBeforeConnection);
                ledger.released = true;
                // The other end may be over already; a device that only rings must not be heard or seen.
                let ledger = *ledger;
                let asked = partner(state, who, &ledger).is_none_or(|other| other.accepted || other.mine);
                state.faults.unless(asked, Fault::MediaBeforeAccept);
            }
            Out::StartTimer(call, timer) => {
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.open(), Fault::EffectAfterEnd);
                faults.unless(ledger.arm(timer), Fault::TimerLeak);
            }
            Out::CancelTimer(call, timer) => {
                faults.unless(calls[usize::from(call)].disarm(timer), Fault::TimerLeak);
            }
            Out::Ended(call) => {
                let ledger = &mut calls[usize::from(call)];
                faults.unless(ledger.open(), Fault::EndedTwice);
                faults.unless(ledger.no_timers(), Fault::TimerLeak);
                faults.unless(!ledger.has_peer(), Fault::PeerLeak);
                *ledger = Ledger { stage: Stage::Over, ..Ledger::default() };
            }
        }
    }

    /// A message leaves its sender.
    pub fn send(&self, state: &mut State, packet: Packet) {
        match (state.sides[usize::from(packet.from)].signaling, self.scenario.meet) {
            (Signaling::Gone, _) => {}
            (Signaling::Down, Meet::Room) => state.held.push(packet),
            (Signaling::Up | Signaling::Down, Meet::Ring) => state.carry(packet),
            (Signaling::Up, Meet::Room) if packet.to == SERVICE => state.serve(packet),
            (Signaling::Up, Meet::Room) => state.carry(packet),
        }
    }

    /// Signaling of `who` is back: what waited is sent, and rooms that forgot are entered again.
    pub fn restore(&self, state: &mut State, who: Who) {
        state.sides[usize::from(who)].signaling = Signaling::Up;
        let (waited, held) = state.held.drain(..).partition(|packet: &Packet| packet.from == who);
        state.held = held;
        Vec::into_iter(waited).for_each(|packet| self.send(state, packet));
        self.give(state, who, Event::SignalingRestored);
        if std::mem::take(&mut state.sides[usize::from(who)].forgotten) && self.scenario.meet == Meet::Room {
            let rooms: Vec<Id> = state.sides[usize::from(who)].open_calls().map(|(call, _)| call).collect();
            for call in rooms {
                self.send(state, Packet { to: SERVICE, from: who, call, word: Word::Join });
            }
        }
    }

    /// Notes what only the whole state shows, and puts it into its canonical form.
    pub fn conclude(&self, state: &mut State) {
        match self.scenario.order {
            Order::Any => state.net.sort_unstable(),
            Order::Kept => state.net.sort_by_key(|packet| packet.to),
        }
        for side in &state.sides {
            let held_back = |ledger: &Ledger| {
                ledger.open() && ledger.accepted && matches!(ledger.peer, Peer::Up) && !ledger.released
            };
            state.faults.unless(!side.calls.iter().any(held_back), Fault::MediaHeldBack);
        }
        // Stragglers of meetings in a room end by losing their peer.
        let one_call = self.scenario.meet == Meet::Room
            || (1..).zip(&state.sides[1..]).all(|(who, _)| self.live(state, who).count_ones() <= 1);
        state.faults.unless(one_call, Fault::TwoLiveCalls);
        state.faults.unless(self.one_device(state), Fault::TwoDevices);
        self.agree(state);
        let mut hasher = Words::default();
        let State { sides, net, held, room, left, meddled, faults, digest: _ } = &*state;
        (sides, net, held, room, left, meddled, faults).hash(&mut hasher);
        state.digest = hasher.finish();
    }

    /// No call is live on two devices that are connected.
    fn one_device(&self, state: &State) -> bool {
        let talks = |(who, side): (Who, &Side), call: usize| {
            side.calls[call].live() && partner(state, who, &side.calls[call]).is_some_and(Ledger::has_peer)
        };
        let count = |call: usize| (1..).zip(&state.sides[1..]).filter(|side| talks(*side, call)).count();
        self.scenario.meet == Meet::Room || (0..CALLS).all(|call| count(call) <= 1)
    }

    /// The calls that are live between the first side and that one, as either of them sees it.
    fn live(&self, state: &State, who: Who) -> u32 {
        let name = |ledger: &Ledger| ledger.link.map_or(0, |(name, _)| 1u32 << name);
        let ours = state.sides[0].calls.iter().filter(|ledger| ledger.with == Some(who));
        let all = ours.chain(&state.sides[usize::from(who)].calls);
        all.filter(|ledger| ledger.live()).fold(0, |set, ledger| set | name(ledger))
    }

    /// With nothing lost and nothing under way, both sides have the same calls; after a glare, one.
    fn agree(&self, state: &mut State) {
        let nothing_lost = state.left.losses == self.scenario.bounds.losses
            && state.left.amnesia == self.scenario.bounds.amnesia
            && state.sides.iter().all(|side| side.signaling == Signaling::Up);
        if !nothing_lost || !state.net.is_empty() || !state.held.is_empty() {
            return;
        }
        let names = |side: &Side| {
            side.open_calls()
                .fold(0, |set, (_, ledger)| set | ledger.wire.map_or(1u32 << 31, |wire| 1 << wire))
        };
        let ours = names(&state.sides[0]);
        let theirs = state.sides[1..].iter().fold(0, |set, side| set | names(side));
        let agree = match self.scenario.meet {
            Meet::Ring => ours == theirs && (self.scenario.waiting() || ours.count_ones() <= 1),
            Meet::Room => {
                let alone = |set: u32| set == 0 || set == 1 << 31;
                ours == theirs && ours != 1 << 31 || ours == 0 && alone(theirs) || theirs == 0 && alone(ours)
            }
        };
        state.faults.unless(agree, Fault::Disagreement);
        if self.scenario.watch_glare && !state.meddled && state.sides.iter().all(|side| side.started > 0) {
            state.faults.unless(ours.count_ones() == 1, Fault::GlareWithoutOneSurvivor);
        }
    }
}

impl State {
    /// A message is under way to its receiver.
    pub fn carry(&mut self, packet: Packet) {
        if self.sides[usize::from(packet.to)].signaling != Signaling::Gone {
            self.net.push(packet);
        }
    }

    /// Nothing is left of any call.
    pub fn over(&self) -> bool {
        self.sides.iter().all(|side| side.open_calls().next().is_none())
    }

    /// Media passes between the two.
    pub fn talk(&self) -> bool {
        let mut calls = self.sides[0].calls.iter();
        calls.any(|ledger| ledger.live() && partner(self, 0, ledger).is_some_and(Ledger::live))
    }

    /// What calls there are may stay as they are: connected at both ends, or waiting in a room.
    pub fn settled(&self) -> bool {
        let good = |ledger: &Ledger| ledger.live() && ledger.up() && ledger.no_timers();
        let at_rest = |(who, side): (Who, &Side)| {
            side.open_calls().all(|(_, ledger)| match ledger.link {
                Some(_) => good(ledger) && partner(self, who, ledger).is_some_and(good),
                None => ledger.wire.is_none() && ledger.no_timers(),
            })
        };
        self.net.is_empty() && self.held.is_empty() && (0..).zip(&self.sides).all(at_rest)
    }
}

/// What anybody who watches `side` knows before it reacts.
fn know(side: &mut Side, event: Event) {
    match event {
        Event::Accept(call) => side.calls[usize::from(call)].accepted = true,
        Event::Link(call, fact) => side.calls[usize::from(call)].hear(fact),
        Event::Timer(call, timer) => drop(side.calls[usize::from(call)].disarm(timer)),
        Event::Wire { call, word: Word::Accept { over }, .. } => {
            bits(over).for_each(|over| refuse_later(&mut side.calls[usize::from(over)]));
            if let Some(ledger) = side.by_wire(call)
                && ledger.mine
            {
                ledger.accepted = true;
            }
        }
        Event::Wire {
            call,
            word: Word::Cancel | Word::HangUp | Word::AcceptedElsewhere | Word::DeclinedElsewhere,
            ..
        } if usize::from(call) < CALLS => {
            refuse_later(&mut side.calls[usize::from(call)]);
        }
        Event::Wire { call, word: Word::JoinedPeer { stay } | Word::PeerJoined { stay }, .. } => {
            let ledger = &mut side.calls[usize::from(stay)];
            if ledger.open() {
                (ledger.wire, ledger.accepted) = (Some(call), true);
            }
        }
        Event::Ring { .. } | Event::Join { .. } => side.started += 1,
        Event::Decline(_)
        | Event::HangUp(_)
        | Event::Wire { .. }
        | Event::Description { .. }
        | Event::SignalingLost
        | Event::SignalingRestored
        | Event::SignalingGone
        | Event::NetworkChanged => {}
    }
}

/// A call that was not taken, or ended before it came, must not ring any more.
fn refuse_later(ledger: &mut Ledger) {
    if ledger.stage == Stage::Unseen {
        ledger.stage = Stage::HeardOver;
    }
}

/// Which of the caller's peer connections the one that `who` makes now belongs to.
fn connections(state: &State, who: Who, call: Id) -> u8 {
    let ours = &state.sides[usize::from(who)].calls[usize::from(call)];
    let caller = state.sides.iter().map(|side| &side.calls[usize::from(call)]).find(|ledger| ledger.mine);
    let next = |ledger: &Ledger| ledger.link.map_or(0, |(_, number)| number + 1);
    match caller {
        None => 0,
        Some(caller) if ours.mine || !caller.has_peer() => next(caller),
        Some(caller) => caller.link.map_or(0, |(_, number)| number),
    }
}
