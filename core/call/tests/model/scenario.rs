//! What may happen in each configuration, and how often.

use duet_call::{CallWaiting, Config, ConnectPolicy};

use crate::adapter::{Id, People};

/// One configuration of the model.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub meet: Meet,
    pub order: Order,
    pub config: fn() -> Config,
    /// Whose sides there are. All calls are with the first.
    pub people: People,
    /// The calls that the user of each side may start, one after the other.
    pub calls: &'static [&'static [Id]],
    pub bounds: Bounds,
    /// Watch for what a glare must lead to while nobody meddles: costs states.
    pub watch_glare: bool,
    /// Users ring somebody though they are in a call.
    pub reckless: bool,
    /// Takes too long without optimisation.
    pub big: bool,
}

/// How the two meet, and what that means for their messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meet {
    Ring,
    Room,
}

/// In which order messages to one side arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were sent, as on one connection to the service.
    Kept,
    Any,
}

/// How often may happen what need not happen at all; in total, for both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// A message is lost.
    pub losses: u8,
    /// A message comes twice.
    pub copies: u8,
    /// A working path breaks.
    pub breaks: u8,
    /// A path is given up for good: ICE, DTLS or codecs.
    pub failures: u8,
    /// The signaling connection of a side is lost.
    pub outages: u8,
    /// An outage ends in the loss of the session: there it is forgotten or given up.
    pub amnesia: u8,
    /// A side changes its network.
    pub moves: u8,
}

impl Scenario {
    /// Somebody in a call may be rung.
    pub fn waiting(&self) -> bool {
        (self.config)().waiting == CallWaiting::Allow
    }
}

fn waiting() -> Config {
    Config { waiting: CallWaiting::Allow, ..Config::default() }
}

fn staying() -> Config {
    Config { room_stay: true, ..Config::default() }
}

fn after_accept() -> Config {
    Config { policy: ConnectPolicy::AfterAccept, ..Config::default() }
}

const NOTHING: Bounds =
    Bounds { losses: 0, copies: 0, breaks: 0, failures: 0, outages: 0, amnesia: 0, moves: 0 };

/// One rings the other, and nothing goes wrong.
const RING: Scenario = Scenario {
    name: "",
    meet: Meet::Ring,
    order: Order::Any,
    config: Config::default,
    people: &["ann", "bob"],
    calls: &[&[0], &[]],
    bounds: NOTHING,
    watch_glare: false,
    reckless: false,
    big: false,
};

/// Every configuration.
pub fn all() -> Vec<Scenario> {
    [rings(), glares(), rooms()].concat()
}

/// One of the two rings the other.
fn rings() -> Vec<Scenario> {
    let small = Bounds { losses: 1, copies: 1, breaks: 1, ..NOTHING };
    let full = Bounds { failures: 1, outages: 1, amnesia: 1, moves: 1, ..small };
    let big = Scenario { big: true, bounds: full, ..RING };
    let devices = Scenario { people: &["ann", "bob", "bob"], calls: &[&[0], &[], &[]], big: true, ..RING };
    let third = Scenario { people: &["ann", "bob", "cat"], calls: &[&[0], &[], &[1]], big: true, ..RING };
    vec![
        Scenario { name: "ring", bounds: small, ..RING },
        Scenario { name: "ring, recovery", bounds: Bounds { losses: 2, copies: 2, ..full }, ..big },
        Scenario {
            name: "ring, more recovery",
            bounds: Bounds { breaks: 2, moves: 2, outages: 2, copies: 0, ..full },
            ..big
        },
        Scenario { name: "ring, media set up once accepted", config: after_accept, ..big },
        Scenario { name: "ring, no restarts", config: Config::without_restart, ..big },
        Scenario { name: "ring, closing hangs up", config: Config::closing_hangs_up, ..big },
        Scenario { name: "ring twice", calls: &[&[0, 1], &[]], bounds: Bounds { moves: 1, ..small }, ..big },
        Scenario {
            name: "ring and be rung",
            calls: &[&[1], &[0]],
            bounds: Bounds { moves: 1, ..small },
            order: Order::Kept,
            ..big
        },
        Scenario { name: "ring on two devices", order: Order::Kept, big: false, ..devices },
        Scenario { name: "ring on two devices, recovery", order: Order::Kept, bounds: small, ..devices },
        Scenario { name: "ring on two devices, out of order", ..devices },
        Scenario {
            name: "ring and be rung by a third, waiting",
            config: waiting,
            bounds: Bounds { losses: 1, ..NOTHING },
            ..third
        },
        Scenario { name: "ring and be rung by a third", ..third },
        Scenario { name: "ring during a call", calls: &[&[0, 1], &[]], reckless: true, bounds: small, ..big },
        Scenario {
            name: "ring each other during a call",
            order: Order::Kept,
            calls: &[&[0, 2], &[1]],
            reckless: true,
            bounds: Bounds { losses: 1, ..NOTHING },
            ..big
        },
    ]
}

/// Both ring each other.
fn glares() -> Vec<Scenario> {
    let glare = Scenario { order: Order::Kept, calls: &[&[0], &[1]], watch_glare: true, ..RING };
    let big = Scenario { big: true, ..glare };
    let copied = Bounds { copies: 1, ..NOTHING };
    vec![
        Scenario { name: "glare", ..glare },
        Scenario { name: "glare, recovery", bounds: Bounds { breaks: 1, moves: 1, ..copied }, ..big },
        Scenario { name: "glare, signaling lost", bounds: Bounds { outages: 1, ..copied }, ..big },
        Scenario { name: "glare, and who won rings again", calls: &[&[0, 2], &[1]], bounds: copied, ..big },
        Scenario { name: "glare, and who lost rings again", calls: &[&[0], &[1, 2]], bounds: copied, ..big },
        Scenario { name: "glare twice", calls: &[&[0, 2], &[1, 3]], ..big },
        Scenario { name: "glare twice, won by each", calls: &[&[0, 3], &[1, 2]], ..big },
        Scenario {
            name: "glare on two devices",
            people: &["ann", "bob", "bob"],
            calls: &[&[0], &[1], &[]],
            watch_glare: false,
            ..big
        },
        Scenario { name: "glare twice, out of order", order: Order::Any, calls: &[&[0, 2], &[1]], ..big },
        Scenario {
            name: "glare out of order",
            order: Order::Any,
            bounds: Bounds { losses: 1, ..copied },
            ..big
        },
    ]
}

/// Both enter a room.
fn rooms() -> Vec<Scenario> {
    let room = Scenario { meet: Meet::Room, order: Order::Kept, calls: &[&[0], &[2]], ..RING };
    let big = Scenario { big: true, ..room };
    let shaky = Bounds { copies: 1, breaks: 1, failures: 1, outages: 1, moves: 1, ..NOTHING };
    vec![
        Scenario { name: "room", bounds: Bounds { breaks: 1, ..NOTHING }, ..room },
        Scenario { name: "room, recovery", bounds: shaky, ..big },
        Scenario {
            name: "room, forgotten",
            bounds: Bounds { outages: 2, amnesia: 2, breaks: 1, ..NOTHING },
            ..big
        },
        Scenario {
            name: "room, again, recovery",
            calls: &[&[0, 1], &[2]],
            bounds: Bounds { copies: 1, outages: 1, ..NOTHING },
            ..big
        },
        Scenario { name: "room, staying", config: staying, bounds: shaky, ..big },
        Scenario {
            name: "room, again",
            calls: &[&[0, 1], &[2, 3]],
            bounds: Bounds { breaks: 1, ..NOTHING },
            ..big
        },
    ]
}
