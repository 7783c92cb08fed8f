//! What a storm is made of, drawn from its seed.

use std::time::Duration;

use duet_call::{CallWaiting, Config, ConnectPolicy, DeviceNews, Thermal, Wish};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::peer::scripted::HostId;

/// One storm: who takes part, and what happens to them.
#[derive(Debug)]
pub(super) struct Plan {
    /// Who is at each host; two hosts of one person are two devices.
    pub(super) users: Vec<&'static str>,
    pub(super) signaling: Signaling,
    pub(super) calls: Config,
    pub(super) video: bool,
    /// Share of peer connections that fail by themselves.
    pub(super) failures: f64,
    /// In the order of time.
    pub(super) acts: Vec<(Duration, Act)>,
    /// When the faults end.
    pub(super) length: Duration,
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Signaling {
    /// Over the real service, whose connections break and which loses its memory.
    Service,
    /// Carried by the hosts, who lose, repeat, delay and reorder.
    Carried { loss: f64, repeat: f64, delay_ms: u64 },
}

/// Something that happens. Calls are picked among those the host has at that moment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Ring {
        host: HostId,
        to: &'static str,
    },
    Join {
        host: HostId,
        room: &'static str,
    },
    Accept {
        host: HostId,
        pick: usize,
    },
    Decline {
        host: HostId,
        pick: usize,
    },
    HangUp {
        host: HostId,
        pick: usize,
    },
    DropHandle {
        host: HostId,
        pick: usize,
    },
    Talk {
        host: HostId,
        pick: usize,
        wish: Wish,
    },
    Toggle {
        host: HostId,
        pick: usize,
        video: bool,
        on: bool,
    },
    /// A push message of the last call that rings there.
    Push {
        host: HostId,
    },
    Device {
        host: HostId,
        news: DeviceNews,
    },
    /// Other addresses; the engine is told after a while, or never.
    Move {
        host: HostId,
        told: Option<Duration>,
        half_open: bool,
    },
    /// No path for media between two.
    Path {
        a: HostId,
        b: HostId,
        back: Duration,
    },
    /// No network at all.
    Away {
        host: HostId,
        back: Duration,
    },
    Cut {
        host: HostId,
    },
    Stall {
        host: HostId,
        back: Duration,
    },
    Slow {
        host: HostId,
        delay: Duration,
    },
    Restart {
        politely: bool,
        back: Duration,
    },
    /// Nothing is carried between the hosts.
    Partition {
        back: Duration,
    },
    /// The clock goes on in one step: everybody slept.
    Jump {
        by: Duration,
    },
    /// One host sleeps.
    Suspend {
        host: HostId,
        back: Duration,
    },
    /// One host is gone without a word, and starts again.
    Crash {
        host: HostId,
        back: Duration,
    },
    /// The person signs out, and in again.
    SignOut {
        host: HostId,
        back: Duration,
    },
}

const ROOMS: [&str; 2] = ["tea", "coffee"];
const MUTED: [DeviceNews; 9] = [
    DeviceNews::PhoneCallBegan,
    DeviceNews::PhoneCallEnded,
    DeviceNews::AudioFocusLost,
    DeviceNews::AudioFocusRegained,
    DeviceNews::Background,
    DeviceNews::Foreground,
    DeviceNews::Thermal(Thermal::Warm),
    DeviceNews::Thermal(Thermal::Hot),
    DeviceNews::Thermal(Thermal::Normal),
];

impl Plan {
    pub(super) fn draw(rng: &mut StdRng) -> Plan {
        let signaling = if rng.random_bool(0.5) {
            Signaling::Service
        } else {
            let rough = rng.random_bool(0.6);
            Signaling::Carried {
                loss: if rough { rng.random_range(0.0..0.25) } else { 0.0 },
                repeat: rng.random_range(0.0..0.3),
                delay_ms: *[20, 100, 500, 2_000].choose(rng).expect("not empty"),
            }
        };
        let users = match (signaling, rng.random_range(0..4)) {
            (_, 0 | 1) => vec!["alice", "bob"],
            (Signaling::Service, 2) => vec!["alice", "bob", "bob"],
            (_, _) => vec!["alice", "bob", "carol"],
        };
        let calls = Config {
            policy: if rng.random_bool(0.7) {
                ConnectPolicy::WhileRinging
            } else {
                ConnectPolicy::AfterAccept
            },
            waiting: if rng.random_bool(0.5) { CallWaiting::Busy } else { CallWaiting::Allow },
            room_stay: rng.random_bool(0.5),
            ..Config::default()
        };
        let length = Duration::from_secs(rng.random_range(20..=150));
        let mut plan = Plan {
            users,
            signaling,
            calls,
            video: rng.random_bool(0.7),
            failures: if rng.random_bool(0.2) { 0.1 } else { 0.0 },
            acts: Vec::new(),
            length,
        };
        let rooms = signaling == Signaling::Service && rng.random_bool(0.5);
        let violence = rng.random_range(0.1..0.6);
        // What happens nearly at once is what goes wrong: half of the storms come in gusts.
        let gusts: Vec<u64> =
            (0..rng.random_range(2..8)).map(|_| rng.random_range(0..length.as_millis() as u64)).collect();
        let gusty = rng.random_bool(0.5);
        for _ in 0..rng.random_range(10..=70) {
            let at = match gusts.choose(rng) {
                Some(gust) if gusty => gust + rng.random_range(0..800),
                _ => rng.random_range(0..length.as_millis() as u64),
            };
            let at = Duration::from_millis(at).min(length);
            let act = if rng.random_bool(violence) { plan.fault(rng) } else { plan.deed(rng, rooms) };
            plan.acts.push((at, act));
        }
        plan.acts.sort_by_key(|(at, _)| *at);
        plan
    }

    /// What people do.
    fn deed(&self, rng: &mut StdRng, rooms: bool) -> Act {
        let host = rng.random_range(0..self.users.len());
        let pick = rng.random_range(0..4);
        let others: Vec<&'static str> =
            self.users.iter().copied().filter(|user| *user != self.users[host]).collect();
        let wishes = [
            Wish::Hold,
            Wish::Resume,
            Wish::AskVideo,
            Wish::AnswerVideo { accept: true },
            Wish::AnswerVideo { accept: false },
            Wish::StopVideo,
        ];
        match rng.random_range(0..20) {
            0..6 if rooms => Act::Join { host, room: ROOMS.choose(rng).expect("not empty") },
            0..6 => Act::Ring { host, to: others.choose(rng).expect("somebody else") },
            6..8 => Act::Accept { host, pick },
            8 => Act::Decline { host, pick },
            9 | 10 => Act::HangUp { host, pick },
            11 => Act::DropHandle { host, pick },
            12..16 => Act::Talk { host, pick, wish: *wishes.choose(rng).expect("not empty") },
            16 => Act::Toggle { host, pick, video: rng.random(), on: rng.random() },
            17 => Act::Push { host },
            18 => Act::Device { host, news: *MUTED.choose(rng).expect("not empty") },
            _ => Act::SignOut { host, back: seconds(rng, 0..20) },
        }
    }

    /// What goes wrong.
    fn fault(&self, rng: &mut StdRng) -> Act {
        let hosts = self.users.len();
        let host = rng.random_range(0..hosts);
        let service = self.signaling == Signaling::Service;
        match rng.random_range(0..16) {
            0 | 1 => Act::Move {
                host,
                told: rng.random_bool(0.8).then(|| Duration::from_millis(rng.random_range(0..2_000))),
                half_open: rng.random(),
            },
            2 | 3 => Act::Path { a: host, b: (host + 1) % hosts, back: seconds(rng, 0..70) },
            4 => Act::Away { host, back: seconds(rng, 0..40) },
            5 | 6 if service => Act::Cut { host },
            7 if service => Act::Stall { host, back: seconds(rng, 1..60) },
            8 | 9 if service => {
                let longest = if rng.random() { 5 } else { 75 };
                Act::Restart { politely: rng.random(), back: seconds(rng, 0..longest) }
            }
            10 if service => Act::Slow { host, delay: Duration::from_millis(rng.random_range(1..1_500)) },
            5..11 => Act::Partition { back: seconds(rng, 0..30) },
            11 => Act::Jump { by: seconds(rng, 1..300) },
            12 | 13 => Act::Suspend { host, back: seconds(rng, 1..120) },
            14 => Act::Crash { host, back: seconds(rng, 0..20) },
            _ => Act::Device { host, news: *MUTED.choose(rng).expect("not empty") },
        }
    }
}

fn seconds(rng: &mut StdRng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.random_range(range.start * 1_000..range.end * 1_000))
}
