//! Everybody and everything in one storm.
//!
//! [`hosts`]: the devices with their engines; [`act`]: what people do; [`weather`]: what befalls them all.

mod act;
mod hosts;
mod weather;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use duet_call::EndReason;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep, sleep_until};

use self::hosts::Host;
use super::bytes::ByteNet;
use super::law;
use super::plan::{Plan, Signaling};
use super::record::{Origin, Record};
use super::trace::Trace;
use crate::driver::Chance;
use crate::peer::scripted::{Fabric, HostId};
use crate::{Call, CallEvent, CallOptions, Engine, Session};

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

    pub(super) fn engine(&self, host: HostId) -> Option<Engine> {
        self.hosts()[host].engine.clone()
    }

    /// A host's session in use.
    pub(super) fn session(&self, host: HostId) -> Option<Session> {
        self.hosts()[host].sessions.last().cloned()
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

    /// No media but in a call.
    pub(super) fn check_media(&self) {
        let broken = law::media(&self.records());
        broken.into_iter().for_each(|what| self.broke(what));
    }

    fn keep(&self, host: HostId, call: Call, origin: Origin) -> usize {
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
        for broken in law::on_event(&mut self.records(), index, &event) {
            self.broke(format!("host {host}, call {id}: {broken}"));
        }
        if let CallEvent::Ended(_) = event {
            let call = self.records()[index].call.take();
            drop(call);
        }
        self.check_media();
    }

    fn options(&self) -> CallOptions {
        CallOptions { video: self.0.plan.video, ..CallOptions::default() }
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

    fn draw<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.0.rng.lock().expect("no panic while drawing"))
    }

    fn hosts(&self) -> MutexGuard<'_, Vec<Host>> {
        self.0.hosts.lock().expect("no panic while holding the hosts")
    }
}

/// Reasons for which a call of one's own gives way to one that is accepted in its place.
pub(super) fn gives_way(reason: EndReason) -> bool {
    matches!(reason, EndReason::GlareLost | EndReason::Recalled)
}
