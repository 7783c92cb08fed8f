//! What befalls the hosts of a storm: their paths, their service, their messages under way.

use std::sync::atomic::Ordering;
use std::time::Duration;

use duet_signal::Message;
use duet_signal::message::UserId;
use rand::Rng;

use super::World;
use crate::peer::scripted::HostId;
use crate::storms::plan::Signaling;

impl World {
    /// Other addresses; the engine is told after a while, or never.
    pub(super) fn move_host(&self, host: HostId, told: Option<Duration>, half_open: bool) {
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

    /// No path for media between two.
    pub(super) fn take_path(&self, a: HostId, b: HostId, back: Duration) {
        self.0.fabric.set_path(a, b, false);
        self.later(back, move |world| world.0.fabric.set_path(a, b, true));
    }

    /// No network at all, or the one there was.
    pub(super) fn set_away(&self, host: HostId, away: bool) {
        self.0.fabric.set_away(host, away);
        self.0.net.set_offline(host, away);
        if away {
            self.0.net.cut(host);
        }
    }

    /// The service ends, and comes back without its memory.
    pub(super) fn restart_service(&self, politely: bool, back: Duration) {
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

    /// The service is gone for good.
    pub(in super::super) fn stop_service(&self) {
        self.0.net.stop_service(true);
    }

    /// Nothing is carried between the hosts.
    pub(super) fn part(&self, back: Duration) {
        self.0.lossy.store(true, Ordering::Relaxed);
        self.0.partition.store(true, Ordering::Relaxed);
        self.later(back, |world| world.0.partition.store(false, Ordering::Relaxed));
    }

    /// Carries a message from one host to the other, as well as the weather allows.
    pub(super) fn carry(&self, from: HostId, text: String) {
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
                let session = world.session(to);
                let taken = session.map(|session| session.deliver(&text).is_ok());
                world.note(&format!("host {to}: {kind} arrives, taken: {taken:?}"));
            });
        }
    }
}

fn kind(message: &Message) -> String {
    let text = format!("{message:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}
