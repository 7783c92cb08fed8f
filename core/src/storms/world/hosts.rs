//! The hosts of a storm: devices that start, sign in, sleep, crash and leave.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::Rng;

use super::World;
use crate::driver::{Chance, Platform, Pump, Tasks};
use crate::peer::scripted::HostId;
use crate::storms::gate::Gate;
use crate::storms::record::Origin;
use crate::{CallState, CustomConfig, Engine, Session, SessionConfig, SessionEvent, SessionState};

/// One device with its engine.
#[derive(Default)]
pub(super) struct Host {
    gate: Arc<Gate>,
    pub(super) engine: Option<Engine>,
    /// The last is the one in use; calls of the others may go on.
    pub(super) sessions: Vec<Session>,
    /// How many sessions there were before.
    pub(super) signed_in: u32,
    pub(super) suspended: bool,
}

impl World {
    /// Whether a host's session in use is connected.
    pub(in super::super) fn is_signed_in(&self, host: HostId) -> bool {
        self.hosts()[host].sessions.last().is_some_and(|s| s.state() == SessionState::Connected)
    }

    pub(super) fn start_engine(&self, host: HostId) {
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

    pub(super) fn sign_in(&self, host: HostId) {
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

    pub(super) fn suspend(&self, host: HostId) {
        let mut hosts = self.hosts();
        hosts[host].suspended = true;
        hosts[host].gate.suspend();
        drop(hosts);
        self.0.fabric.set_away(host, true);
    }

    pub(super) fn wake(&self, host: HostId) {
        let mut hosts = self.hosts();
        if std::mem::replace(&mut hosts[host].suspended, false) {
            hosts[host].gate.resume();
            drop(hosts);
            self.note(&format!("host {host}: awake"));
            self.0.fabric.set_away(host, false);
        }
    }

    pub(super) fn wake_all(&self) {
        (0..self.0.plan.users.len()).for_each(|host| self.wake(host));
    }

    /// Nothing is said, nothing is cleaned up.
    pub(super) fn crash(&self, host: HostId) {
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

    /// Everybody leaves, in one of the ways there are.
    pub(in super::super) fn leave(&self) {
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
}
