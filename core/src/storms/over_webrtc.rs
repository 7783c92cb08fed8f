//! Two whole engines, the real connections between them, and a network that loses, delays, stops and moves.
//!
//! Real time, for the codecs and their threads are real; nothing sleeps but the microphone and the camera,
//! at their own pace. `DUET_SEED=7 cargo test -p duet-core over_webrtc -- --nocapture` runs one seed.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc;

use crate::audio::{AudioBlock, Samples};
use crate::driver::{Chance, Platform, Pump, Tasks};
use crate::frame::VideoFrame;
use crate::peer::{Link, MakePeer, MediaSink, Peer, PeerConfig, PeerError, PeerEvent, PeerPort};
use crate::transport::socket::Tcp;
use crate::{
    Call, CallConfig, CallEvent, CallOptions, CallState, ConnectPolicy, CustomConfig, Ended, EndedBy, Engine,
    EngineConfig, IceConfig, Session, SessionEvent,
};

/// How many seeds.
const SEEDS: u64 = 30;
/// Seeds at a time: they mostly wait.
const AT_ONCE: usize = 8;
/// Recovery takes seconds; this is for a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(60);
/// A microphone's pace.
const BLOCK: Duration = Duration::from_millis(20);

/// What the network does in a call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing passes until an end has noticed.
    Outage,
    /// A device has other addresses; the engine is told, or finds out.
    Move { host: usize, told: bool },
    /// Much is lost for a while.
    Burst { loss: f64 },
}

/// How a call ends.
#[derive(Clone, Copy, Debug)]
enum Parting {
    HangUp {
        host: usize,
    },
    /// While nothing passes between the connections.
    HangUpInOutage {
        host: usize,
    },
    CloseSession {
        host: usize,
    },
    DropHandle {
        host: usize,
    },
    Decline,
    Cancel,
}

#[derive(Debug)]
struct Plan {
    policy: ConnectPolicy,
    delays_ms: [u64; 2],
    loss: f64,
    faults: Vec<Fault>,
    parting: Parting,
}

impl Plan {
    fn draw(rng: &mut StdRng) -> Plan {
        let host = rng.random_range(0..2);
        let fault = |rng: &mut StdRng| match rng.random_range(0..4) {
            0 => Fault::Outage,
            1 | 2 => Fault::Move { host: rng.random_range(0..2), told: rng.random_bool(0.7) },
            _ => Fault::Burst { loss: rng.random_range(0.1..0.3) },
        };
        Plan {
            policy: if rng.random() { ConnectPolicy::WhileRinging } else { ConnectPolicy::AfterAccept },
            delays_ms: [rng.random_range(0..80), rng.random_range(0..80)],
            loss: if rng.random() { rng.random_range(0.0..0.08) } else { 0.0 },
            faults: (0..rng.random_range(0..3)).map(|_| fault(rng)).collect(),
            parting: match rng.random_range(0..12) {
                0 => Parting::Decline,
                1 => Parting::Cancel,
                2 | 3 => Parting::CloseSession { host },
                4 | 5 => Parting::DropHandle { host },
                6 | 7 => Parting::HangUpInOutage { host },
                _ => Parting::HangUp { host },
            },
        }
    }
}

/// Connections of the webrtc crate, over a network with faults.
struct Impaired(Link);

#[async_trait]
impl MakePeer for Impaired {
    async fn make(
        &self,
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        sink: Arc<dyn MediaSink>,
    ) -> Result<Arc<dyn PeerPort>, PeerError> {
        Ok(Arc::new(Peer::with_link(config, events, sink, self.0.clone()).await?))
    }
}

/// One side.
struct Host {
    engine: Engine,
    session: Session,
    link: Link,
    incoming: std::sync::mpsc::Receiver<Call>,
}

type Other = Arc<OnceLock<Session>>;

impl Host {
    fn new(name: &str, plan: &Plan, link: Link, seed: u64, other: Other) -> Host {
        let tasks = Tasks::start(&EngineConfig::default()).expect("threads");
        let platform = Platform {
            dialer: Arc::new(Tcp),
            peers: Arc::new(Impaired(link.clone())),
            chance: Chance::seeded(seed),
        };
        let engine = Engine::over(tasks, Pump::start(None).expect("a thread"), platform);
        let config = CustomConfig {
            user: name.into(),
            ice: IceConfig::default(),
            incoming: CallOptions::default(),
            calls: CallConfig { policy: plan.policy, ..CallConfig::default() },
        };
        let carry = move |text: String| {
            // A session that is closed takes nothing in any more.
            let _ = other.get().expect("both are there before anybody rings").deliver(&text);
        };
        let session = engine.custom_session(config, carry).expect("a session");
        let (sender, incoming) = std::sync::mpsc::channel();
        session
            .on_event(move |event| {
                if let SessionEvent::Incoming(call) = event {
                    let _ = sender.send(call);
                }
            })
            .detach();
        Host { engine, session, link, incoming }
    }
}

/// One end of the call and what it has told.
struct End {
    call: Option<Call>,
    seen: Arc<Mutex<Vec<CallEvent>>>,
    heard: std::sync::mpsc::Receiver<()>,
}

impl End {
    fn of(call: Call) -> End {
        let seen: Arc<Mutex<Vec<CallEvent>>> = Arc::default();
        let (log, (sender, heard)) = (seen.clone(), std::sync::mpsc::channel());
        call.on_event(move |event| {
            if event != CallEvent::FrameReady {
                log.lock().expect("no panic while logging").push(event);
                let _ = sender.send(());
            }
        })
        .detach();
        End { call: Some(call), seen, heard }
    }

    fn call(&self) -> &Call {
        self.call.as_ref().expect("not dropped yet")
    }

    fn count(&self, wanted: impl Fn(&CallEvent) -> bool) -> usize {
        self.seen.lock().expect("no panic while logging").iter().filter(|event| wanted(event)).count()
    }

    fn entered(&self, state: CallState) -> usize {
        self.count(|event| *event == CallEvent::State(state))
    }

    /// Waits for the end, which comes once.
    fn ended(&self) -> Ended {
        let end = Instant::now() + DEADLINE;
        loop {
            let ended =
                self.seen.lock().expect("no panic while logging").iter().find_map(|event| match event {
                    CallEvent::Ended(ended) => Some(ended.clone()),
                    _ => None,
                });
            if let Some(ended) = ended {
                return ended;
            }
            let left = end.saturating_duration_since(Instant::now());
            self.heard.recv_timeout(left).unwrap_or_else(|_| panic!("no end; seen {:?}", self.seen));
        }
    }

    /// Media that came in: pictures decoded, packets of sound.
    fn received(&self) -> [u64; 2] {
        let stats = self.call().stats();
        [stats.inbound_video.frames_decoded, stats.inbound_audio.packets_received]
    }
}

/// Pushes sound and pictures at both ends, at a microphone's and a camera's pace, until `done`.
fn talk(ends: &[End; 2], what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    let (mut luma, sound, mut next) = (0_u8, [0.1_f32; 960], Instant::now());
    while !done() {
        assert!(
            Instant::now() < end,
            "not in time: {what}; {:?}; stats {:?}",
            ends.each_ref().map(|end| end.seen.clone()),
            ends.each_ref().map(|end| end.call().stats())
        );
        luma = luma.wrapping_add(5);
        let mut picture = vec![luma; 160 * 120];
        picture.resize(160 * 120 * 3 / 2, 128);
        for one in ends {
            let frame = VideoFrame::i420(160, 120, &picture, crate::Time::ZERO).expect("a valid frame");
            one.call().local_video().push(&frame).expect("a valid frame");
            let block = AudioBlock { samples: Samples::F32(&sound), rate: 48_000, channels: 1 };
            one.call().local_audio().push(block).expect("a valid block");
        }
        next += BLOCK;
        std::thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
}

/// Media comes in at both ends, newly.
fn flows(ends: &[End; 2], what: &str) {
    let before = ends.each_ref().map(End::received);
    talk(ends, what, || {
        let now = ends.each_ref().map(End::received);
        (0..2).all(|end| now[end][0] >= before[end][0] + 3 && now[end][1] >= before[end][1] + 5)
    });
}

fn run(seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let plan = Plan::draw(&mut rng);
    println!("seed {seed}: {plan:?}");
    let links = [Link::new(rng.random()), Link::new(rng.random())];
    for (link, delay) in links.iter().zip(plan.delays_ms) {
        link.set_delay(Duration::from_millis(delay)).set_loss(plan.loss);
    }
    let (to_alice, to_bob) = (Other::default(), Other::default());
    let hosts = [
        Host::new("alice", &plan, links[0].clone(), rng.random(), to_bob.clone()),
        Host::new("bob", &plan, links[1].clone(), rng.random(), to_alice.clone()),
    ];
    to_alice.set(hosts[0].session.clone()).expect("set once");
    to_bob.set(hosts[1].session.clone()).expect("set once");

    let outgoing = End::of(hosts[0].session.ring("bob", CallOptions::default()).expect("a call"));
    let incoming = End::of(hosts[1].incoming.recv_timeout(DEADLINE).expect("it rings"));
    let mut ends = [outgoing, incoming];
    for end in &ends {
        assert!(!end.call().shared().media_released(), "media before the answer");
    }
    match plan.parting {
        Parting::Decline => ends[1].call().decline(),
        Parting::Cancel => ends[0].call().hang_up(),
        _ => {
            ends[1].call().accept(CallOptions::default());
            in_call(&plan, &hosts, &links, &mut ends);
        }
    }
    let over = ends.each_ref().map(End::ended);
    for end in &ends {
        assert_eq!(end.entered(CallState::Ended), 1);
        assert_eq!(end.count(|event| matches!(event, CallEvent::Ended(_))), 1);
    }
    let by = over.each_ref().map(|ended| ended.by);
    assert!(matches!(by, [EndedBy::Local, EndedBy::Remote] | [EndedBy::Remote, EndedBy::Local]), "{over:?}");

    drop(ends);
    for host in &hosts {
        host.engine.close();
    }
    let end = Instant::now() + DEADLINE;
    while hosts.iter().any(|host| host.engine.alive().tasks > 0) {
        assert!(Instant::now() < end, "left: {:?}", hosts.each_ref().map(|host| host.engine.alive()));
        std::thread::yield_now();
    }
}

/// From the answer to the parting.
fn in_call(plan: &Plan, hosts: &[Host; 2], links: &[Link; 2], ends: &mut [End; 2]) {
    let connected = |ends: &[End; 2]| ends.iter().all(|end| end.call().state() == CallState::Connected);
    talk(ends, "both are connected", || connected(ends));
    flows(ends, "media flows at first");
    for fault in &plan.faults {
        match *fault {
            Fault::Outage => outage(plan, links, ends),
            Fault::Move { host, told } => {
                hosts[host].link.move_on();
                if told {
                    hosts[host].engine.network_changed();
                }
            }
            Fault::Burst { loss } => {
                lose(links, loss);
                flows(ends, "media flows under loss");
                lose(links, plan.loss);
            }
        }
        flows(ends, "media flows again");
        talk(ends, "both are connected again", || connected(ends));
    }
    match plan.parting {
        Parting::HangUp { host } => ends[host].call().hang_up(),
        Parting::HangUpInOutage { host } => {
            lose(links, 1.0);
            ends[host].call().hang_up();
        }
        Parting::CloseSession { host } => hosts[host].session.close(),
        Parting::DropHandle { host } => drop(ends[host].call.take()),
        Parting::Decline | Parting::Cancel => unreachable!("those have no talk"),
    }
}

/// This share of everything is lost from now on.
fn lose(links: &[Link; 2], share: f64) {
    for link in links {
        link.set_loss(share);
    }
}

/// Nothing passes until an end has noticed. (The other one follows its restarts, and may notice nothing.)
fn outage(plan: &Plan, links: &[Link; 2], ends: &[End; 2]) {
    let before = ends.each_ref().map(|end| end.entered(CallState::Reconnecting));
    lose(links, 1.0);
    talk(ends, "an end has noticed", || {
        (0..2).any(|end| ends[end].entered(CallState::Reconnecting) > before[end])
    });
    lose(links, plan.loss);
}

#[test]
fn thirty_calls_over_a_bad_network_end_in_a_legal_state() {
    let (seeds, _) = super::wanted(SEEDS);
    let next = std::sync::atomic::AtomicU64::new(seeds.start);
    let bad = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let start = Instant::now();
                    if std::panic::catch_unwind(|| run(seed)).is_err() {
                        println!(
                            "again: DUET_SEED={seed} cargo test -p duet-core over_webrtc -- --nocapture"
                        );
                        bad.lock().expect("no panic while noting").push(seed);
                    }
                    println!("seed {seed}: {:?}", start.elapsed());
                }
            });
        }
    });
    assert_eq!(bad.into_inner().expect("no panic while noting"), [0_u64; 0], "seeds in an illegal state");
}
