//! Everybody and everything in one storm.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use duet_call::EndReason;
use duet_signal::Message;
use duet_signal::message::{MediaKinds, UserId};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, advance, sleep, sleep_until};

use super::bytes::ByteNet;
use super::gate::Gate;
use super::plan::{Act, Plan, Signaling};
use super::record::{Origin, Record};
use super::trace::Trace;
use crate::driver::{Chance, Platform, Pump, Tasks};
use crate::peer::scripted::{Fabric, HostId};
use crate::{
    CallEvent, CallOptions, CallState, CustomConfig, Engine, Session, SessionConfig, SessionEvent,
    SessionState,
};

/// One storm's world; clones are the same one.
#[derive(Clone)]
pub(super) struct World(Arc<Inner>);

struct Inner {
    plan: Plan,
    trace: Trace,
    fabric: Fabric,
    net: ByteNet,
    hosts: Mutex<Vec<Host>>,
    records: Mutex<Vec<Record>>,
    rng: Mutex<StdRng>,
    partition: AtomicBool,
    /// The faults are over.
    calm: AtomicBool,
    /// Everybody leaves: nobody signs in any more.
    leaving: AtomicBool,
    /// Messages may have been lost for good: the two ends need not have heard the same.
    lossy: AtomicBool,
    broken: Mutex<Vec<String>>,
}

/// One device with its engine.
#[derive(Default)]
struct Host {
    gate: Arc<Gate>,
    engine: Option<Engine>,
    /// The last is the one in use; calls of the others may go on.
    sessions: Vec<Session>,
    /// How many sessions there were before.
    signed_in: u32,
    suspended: bool,
}

impl World {
    /// The storm of a seed.
    pub(super) fn new(seed: u64, aloud: bool) -> World {
        let mut rng = StdRng::seed_from_u64(seed);
        let plan = Plan::draw(&mut rng);
        World::of(plan, rng, aloud)
    }

    /// A storm with a plan of one's own; `rng` decides what the plan leaves open.
    pub(super) fn of(plan: Plan, mut rng: StdRng, aloud: bool) -> World {
        let trace = Trace::new(aloud);
        trace.note(&format!("{plan:?}"));
        let note = {
            let trace = trace.clone();
            move |what: String| trace.note(&what)
        };
        let dice = Chance::seeded(rng.random());
        let fabric = Fabric::new(note, move || dice.share(), plan.failures);
        let net = ByteNet::new(trace.clone(), plan.users.len());
        let world = World(Arc::new(Inner {
            hosts: Mutex::new(Vec::new()),
            records: Mutex::new(Vec::new()),
            rng: Mutex::new(rng),
            partition: AtomicBool::new(false),
            calm: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            lossy: AtomicBool::new(matches!(plan.signaling, Signaling::Carried { loss, .. } if loss > 0.0)),
            broken: Mutex::new(Vec::new()),
            plan,
            trace,
            fabric,
            net,
        }));
        world.0.net.heal();
        if world.is_carried() {
            world.0.net.stop_service(false);
        }
        world.hosts().resize_with(world.0.plan.users.len(), Host::default);
        for host in 0..world.0.plan.users.len() {
            world.start_engine(host);
        }
        world
    }

    pub(super) fn trace(&self) -> &Trace {
        &self.0.trace
    }

    pub(super) fn fabric(&self) -> &Fabric {
        &self.0.fabric
    }

    pub(super) fn is_lossy(&self) -> bool {
        self.0.lossy.load(Ordering::Relaxed)
    }

    pub(super) fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        self.0.records.lock().expect("no panic while recording")
    }

    /// A rule was broken.
    pub(super) fn broke(&self, what: String) {
        self.note(&format!("BROKEN: {what}"));
        self.0.broken.lock().expect("no panic while noting").push(what);
    }

    pub(super) fn broken(&self) -> Vec<String> {
        self.0.broken.lock().expect("no panic while noting").clone()
    }

    pub(super) fn note(&self, what: &str) {
        self.0.trace.note(what);
    }

    /// Whether a host's session in use is connected.
    pub(super) fn is_signed_in(&self, host: HostId) -> bool {
        self.hosts()[host].sessions.last().is_some_and(|s| s.state() == SessionState::Connected)
    }

    /// The storm itself, until the faults end.
    pub(super) async fn rage(&self) {
        let start = Instant::now();
        for (at, act) in &self.0.plan.acts {
            sleep_until(start + *at).await;
            self.note(&format!("{act:?}"));
            self.perform(*act).await;
            self.check_media();
        }
        sleep_until(start + self.0.plan.length).await;
        self.note("calm");
        self.0.calm.store(true, Ordering::Relaxed);
        self.0.partition.store(false, Ordering::Relaxed);
        self.0.fabric.heal();
        if self.is_carried() {
            return self.wake_all();
        }
        self.0.net.heal();
        self.wake_all();
    }

    /// Everybody hangs up what is left.
    pub(super) fn hang_up_all(&self) {
        let calls: Vec<_> = self.records().iter().filter_map(|record| record.call.clone()).collect();
        for call in calls {
            call.hang_up();
        }
    }

    /// Everybody leaves, in one of the ways there are.
    pub(super) fn leave(&self) {
        self.0.leaving.store(true, Ordering::Relaxed);
        for host in 0..self.0.plan.users.len() {
            let way = self.draw(|rng| rng.random_range(0..3));
            let (engine, sessions) = {
                let mut hosts = self.hosts();
                (hosts[host].engine.take(), std::mem::take(&mut hosts[host].sessions))
            };
            match way {
                0 => sessions.iter().for_each(Session::close),
                1 => engine.iter().for_each(Engine::close),
                _ => {}
            }
            drop(sessions);
            drop(engine);
        }
        self.records().iter_mut().for_each(|record| record.call = None);
    }

    pub(super) fn stop_service(&self) {
        self.0.net.stop_service(true);
    }

    pub(super) async fn perform(&self, act: Act) {
        match act {
            Act::Ring { host, to } => {
                self.place(host, |session, options| session.ring(to, options), Origin::Ring(to))
            }
            Act::Join { host, room } => {
                self.place(host, |session, options| session.join(room, options), Origin::Room(room));
            }
            Act::Accept { host, pick } => self.with_call(host, pick, |record, call| {
                record.accepted = true;
                call.accept(CallOptions::default());
            }),
            Act::Decline { host, pick } => self.with_call(host, pick, |_, call| call.decline()),
            Act::HangUp { host, pick } => self.with_call(host, pick, |_, call| call.hang_up()),
            Act::DropHandle { host, pick } => {
                let mut dropped = None;
                self.with_call(host, pick, |record, _| dropped = record.call.take());
            }
            Act::Talk { host, pick, wish } => self.with_call(host, pick, |_, call| {
                use duet_call::Wish;
                // A session that failed takes no wishes.
                let _ = match wish {
                    Wish::Hold => call.hold(),
                    Wish::Resume => call.resume(),
                    Wish::AskVideo => call.ask_video(),
                    Wish::AnswerVideo { accept } => call.answer_video(accept),
                    Wish::StopVideo => call.stop_video(),
                };
            }),
            Act::Toggle { host, pick, video, on } => self.with_call(host, pick, |_, call| {
                if video { call.local_video().set_enabled(on) } else { call.local_audio().set_enabled(on) }
            }),
            Act::Push { host } => self.push(host),
            Act::Device { host, news } => {
                if let Some(engine) = self.engine(host) {
                    let _ = engine.device_news(news);
                }
            }
            Act::Move { host, told, half_open } => {
                self.0.fabric.move_host(host);
                if half_open {
                    self.0.net.stall(host)
                } else {
                    self.0.net.cut(host)
                }
                if let Some(after) = told {
                    self.later(after, move |world| {
                        if let Some(engine) = world.engine(host) {
                            world.note(&format!("host {host}: the network changed"));
                            engine.network_changed();
                        }
                    });
                }
            }
            Act::Path { a, b, back } => {
                self.0.fabric.set_path(a, b, false);
                self.later(back, move |world| world.0.fabric.set_path(a, b, true));
            }
            Act::Away { host, back } => {
                self.set_away(host, true);
                self.later(back, move |world| world.set_away(host, false));
            }
            Act::Cut { host } => self.0.net.cut(host),
            Act::Stall { host, back } => {
                self.0.net.stall(host);
                self.later(back, move |world| world.0.net.flow(host));
            }
            Act::Slow { host, delay } => self.0.net.set_delay(host, delay),
            Act::Restart { politely, back } => {
                // What the old one had taken and not yet handed on is lost.
                self.0.lossy.store(true, Ordering::Relaxed);
                self.0.net.stop_service(politely);
                self.later(back, |world| {
                    // The calm may have come first.
                    if !world.0.calm.load(Ordering::Relaxed) {
                        world.0.net.stop_service(false);
                        world.0.net.start_service();
                    }
                });
            }
            Act::Partition { back } => {
                self.0.lossy.store(true, Ordering::Relaxed);
                self.0.partition.store(true, Ordering::Relaxed);
                self.later(back, |world| world.0.partition.store(false, Ordering::Relaxed));
            }
            Act::Jump { by } => advance(by).await,
            Act::Suspend { host, back } => {
                self.suspend(host);
                self.later(back, move |world| world.wake(host));
            }
            Act::Crash { host, back } => {
                self.crash(host);
                self.later(back, move |world| world.start_engine(host));
            }
            Act::SignOut { host, back } => {
                let session = self.hosts()[host].sessions.pop();
                if let Some(session) = session {
                    session.close();
                    self.later(back, move |world| world.sign_in(host));
                }
            }
        }
    }

    fn place(
        &self,
        host: HostId,
        place: impl FnOnce(&Session, CallOptions) -> Result<crate::Call, crate::Error>,
        origin: Origin,
    ) {
        if self.hosts()[host].suspended {
            return;
        }
        let Some(session) = self.hosts()[host].sessions.last().cloned() else { return };
        match place(&session, self.options()) {
            Ok(call) => drop(self.keep(host, call, origin)),
            Err(error) => self.note(&format!("host {host}: not placed: {error}")),
        }
    }

    fn options(&self) -> CallOptions {
        CallOptions { video: self.0.plan.video, ..CallOptions::default() }
    }

    /// Acts on one of the calls a person has.
    fn with_call(&self, host: HostId, pick: usize, act: impl FnOnce(&mut Record, &crate::Call)) {
        if self.hosts()[host].suspended {
            return;
        }
        let mut records = self.records();
        let mut live: Vec<&mut Record> = records
            .iter_mut()
            .filter(|record| record.host == host && record.ended.is_none())
            .filter(|record| record.call.is_some())
            .collect();
        if live.is_empty() {
            return;
        }
        let index = pick % live.len();
        let record = &mut live[index];
        if let Some(call) = record.call.clone() {
            act(record, &call);
            drop(records);
            drop(call);
        }
    }

    /// A push message brings the news of the last call that rings a host's user.
    fn push(&self, host: HostId) {
        let user = self.0.plan.users[host];
        let ringing = self.records().iter().rev().find_map(|record| {
            let rings = record.origin == Origin::Ring(user) && record.state() == CallState::Outgoing;
            rings.then(|| (record.id.clone(), record.host))
        });
        let (Some((id, from)), Some(session)) = (ringing, self.hosts()[host].sessions.last().cloned()) else {
            return;
        };
        let media = MediaKinds { audio: true, video: self.0.plan.video };
        let from = self.0.plan.users[from];
        let _ = session.expect_call(id, from, media, Duration::from_secs(30));
    }

    fn set_away(&self, host: HostId, away: bool) {
        self.0.fabric.set_away(host, away);
        self.0.net.set_offline(host, away);
        if away {
            self.0.net.cut(host);
        }
    }

    fn suspend(&self, host: HostId) {
        let mut hosts = self.hosts();
        hosts[host].suspended = true;
        hosts[host].gate.suspend();
        drop(hosts);
        self.0.fabric.set_away(host, true);
    }

    fn wake(&self, host: HostId) {
        let mut hosts = self.hosts();
        if std::mem::replace(&mut hosts[host].suspended, false) {
            hosts[host].gate.resume();
            drop(hosts);
            self.note(&format!("host {host}: awake"));
            self.0.fabric.set_away(host, false);
        }
    }

    fn wake_all(&self) {
        (0..self.0.plan.users.len()).for_each(|host| self.wake(host));
    }

    /// Nothing is said, nothing is cleaned up.
    fn crash(&self, host: HostId) {
        self.0.lossy.store(true, Ordering::Relaxed);
        let (gate, engine, sessions) = {
            let mut hosts = self.hosts();
            let host = &mut hosts[host];
            host.suspended = false;
            (host.gate.clone(), host.engine.take(), std::mem::take(&mut host.sessions))
        };
        gate.crash();
        self.0.net.cut(host);
        self.0.fabric.set_away(host, false);
        let mut gone = Vec::new();
        for record in self.records().iter_mut().filter(|record| record.host == host) {
            gone.extend(record.call.take());
            record.crashed |= record.ended.is_none();
        }
        drop((gone, sessions, engine));
    }

    fn start_engine(&self, host: HostId) {
        let engine = {
            let mut hosts = self.hosts();
            if hosts[host].engine.is_some() || self.0.leaving.load(Ordering::Relaxed) {
                return;
            }
            let gate = Arc::<Gate>::default();
            let (pump, work) = Pump::task();
            tokio::spawn(gate.guard(work));
            let platform = Platform {
                dialer: self.0.net.dialer(host),
                peers: self.0.fabric.peers(host),
                chance: Chance::seeded(self.draw(|rng| rng.random())),
            };
            let engine = Engine::over(Tasks::behind(gate.clone()), pump, platform);
            (hosts[host].gate, hosts[host].engine) = (gate, Some(engine.clone()));
            engine
        };
        self.note(&format!("host {host}: starts"));
        self.sign_in_with(host, &engine);
    }

    fn sign_in(&self, host: HostId) {
        let last = self.hosts()[host].sessions.last().map(Session::state);
        let is_in = last.is_some_and(|state| state != SessionState::Closed);
        if let Some(engine) = self.engine(host)
            && !is_in
            && !self.0.leaving.load(Ordering::Relaxed)
        {
            self.sign_in_with(host, &engine);
        }
    }

    fn sign_in_with(&self, host: HostId, engine: &Engine) {
        let user = self.0.plan.users[host];
        let session = if self.is_carried() {
            let config = CustomConfig {
                user: user.into(),
                ice: crate::IceConfig::default(),
                incoming: self.options(),
                calls: self.0.plan.calls,
            };
            let world = Arc::downgrade(&self.0);
            let carry = move |text: String| {
                if let Some(world) = world.upgrade() {
                    World(world).carry(host, text);
                }
            };
            engine.custom_session(config, carry)
        } else {
            let mut config = SessionConfig::new("http://service", user);
            config.incoming = self.options();
            config.calls = self.0.plan.calls;
            engine.session(config)
        };
        let session = session.expect("an open engine and a valid configuration");
        let (world, number) = (Arc::downgrade(&self.0), self.hosts()[host].signed_in + 1);
        session
            .on_event(move |event| {
                if let Some(world) = world.upgrade() {
                    World(world).on_session(host, number, event);
                }
            })
            .detach();
        let mut hosts = self.hosts();
        hosts[host].signed_in = number;
        hosts[host].sessions.push(session);
    }

    fn on_session(&self, host: HostId, number: u32, event: SessionEvent) {
        match event {
            SessionEvent::Incoming(call) => {
                let from = call.peer().map(|user| user.0).unwrap_or_default();
                self.note(&format!("host {host}: {from} rings, {} ({})", call.id(), call.state()));
                let from = self.0.plan.users.iter().find(|user| **user == from).copied().unwrap_or("nobody");
                let rings = call.state() == CallState::Incoming;
                let index = self.keep(host, call, Origin::Incoming(from));
                if rings {
                    self.react(index);
                }
            }
            SessionEvent::State(state) => {
                self.note(&format!("host {host}: session {state:?}"));
            }
            SessionEvent::Failed(error) => {
                self.note(&format!("host {host}: session failed: {error}"));
                self.0.lossy.store(true, Ordering::Relaxed);
                if self.hosts()[host].signed_in == number {
                    self.later(Duration::from_secs(2), move |world| world.sign_in(host));
                }
            }
        }
    }

    /// What a person does whose telephone rings.
    fn react(&self, index: usize) {
        let (what, after) = self.draw(|rng| (rng.random_range(0..10), rng.random_range(0..20_000)));
        let after = Duration::from_millis(after);
        match what {
            0..6 => self.later(after, move |world| {
                world.with_record(index, |record, call| {
                    record.accepted = true;
                    call.accept(CallOptions::default());
                });
            }),
            6 => self.later(after, move |world| world.with_record(index, |_, call| call.decline())),
            7 => self.later(after, move |world| {
                let call = world.records()[index].call.take();
                drop(call);
            }),
            _ => {}
        }
    }

    fn with_record(&self, index: usize, act: impl FnOnce(&mut Record, &crate::Call)) {
        let host = self.records()[index].host;
        if self.hosts()[host].suspended {
            return;
        }
        let mut records = self.records();
        let record = &mut records[index];
        if let Some(call) = record.call.clone() {
            act(record, &call);
            drop(records);
            drop(call);
        }
    }

    fn keep(&self, host: HostId, call: crate::Call, origin: Origin) -> usize {
        let record = Record::new(host, self.hosts()[host].signed_in, origin, call.clone());
        let index = {
            let mut records = self.records();
            records.push(record);
            records.len() - 1
        };
        let world = Arc::downgrade(&self.0);
        call.on_event(move |event| {
            if let Some(world) = world.upgrade() {
                World(world).on_call(index, event);
            }
        })
        .detach();
        index
    }

    fn on_call(&self, index: usize, event: CallEvent) {
        let (host, id) = {
            let records = self.records();
            (records[index].host, records[index].id.clone())
        };
        self.note(&format!("host {host}: {id} {event:?}"));
        for broken in super::law::on_event(&mut self.records(), index, &event) {
            self.broke(format!("host {host}, call {id}: {broken}"));
        }
        if let CallEvent::Ended(_) = event {
            let call = self.records()[index].call.take();
            drop(call);
        }
        self.check_media();
    }

    /// No media but in a call.
    pub(super) fn check_media(&self) {
        let broken = super::law::media(&self.records());
        broken.into_iter().for_each(|what| self.broke(what));
    }

    /// Carries a message from one host to the other, as well as the weather allows.
    fn carry(&self, from: HostId, text: String) {
        let Signaling::Carried { loss, repeat, delay_ms } = self.0.plan.signaling else { return };
        let envelope = duet_signal::decode(&text).expect("a message of our own");
        let Some(UserId(to)) = &envelope.to else { return };
        let Some(to) = self.0.plan.users.iter().position(|user| user == to) else { return };
        let kind = kind(&envelope.message);
        let calm = self.0.calm.load(Ordering::Relaxed);
        let copies = self.draw(|rng| {
            let lost = rng.random_bool(loss);
            let copies = if lost { 0 } else { 1 + usize::from(rng.random_bool(repeat)) };
            let times: Vec<u64> = (0..copies).map(|_| rng.random_range(0..delay_ms)).collect();
            if calm { vec![10] } else { times }
        });
        let copies = if self.0.partition.load(Ordering::Relaxed) { Vec::new() } else { copies };
        self.note(&format!("host {from}: -> {to} {kind} {copies:?} {text}"));
        for after in copies {
            let (text, kind) = (text.clone(), kind.clone());
            self.later(Duration::from_millis(after), move |world| {
                let session = world.hosts()[to].sessions.last().cloned();
                let taken = session.map(|session| session.deliver(&text).is_ok());
                world.note(&format!("host {to}: {kind} arrives, taken: {taken:?}"));
            });
        }
    }

    fn later(&self, after: Duration, act: impl FnOnce(World) + Send + 'static) {
        let world = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            sleep(after).await;
            if let Some(world) = Weak::upgrade(&world) {
                act(World(world));
            }
        });
    }

    fn is_carried(&self) -> bool {
        self.0.plan.signaling != Signaling::Service
    }

    pub(super) fn engine(&self, host: HostId) -> Option<Engine> {
        self.hosts()[host].engine.clone()
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.rng.lock().expect("no panic while drawing"))
    }

    fn hosts(&self) -> MutexGuard<'_, Vec<Host>> {
        self.0.hosts.lock().expect("no panic while holding the hosts")
    }
}

fn kind(message: &Message) -> String {
    let text = format!("{message:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// Reasons for which a call of one's own gives way to one that is accepted in its place.
pub(super) fn gives_way(reason: EndReason) -> bool {
    matches!(reason, EndReason::GlareLost | EndReason::Recalled)
}
