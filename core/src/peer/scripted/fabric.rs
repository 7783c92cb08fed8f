//! The network between scripted connections, and what becomes of their paths on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::port::{Link, Port};
use super::{HostId, Maker, PortId};
use crate::peer::{MakePeer, PeerError, PeerEvent, PeerState};

/// As the real connection's own limits.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(3);
const FAILED_AFTER: Duration = Duration::from_secs(30);

/// The network between scripted connections. Clones are the same network.
#[derive(Clone)]
pub(crate) struct Fabric {
    state: Arc<Mutex<State>>,
    pub(super) changed: Arc<Notify>,
    /// What happened, for the test's record.
    pub(super) note: Arc<dyn Fn(String) + Send + Sync>,
    /// 0.0 to 1.0.
    pub(super) chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) ports: BTreeMap<PortId, Port>,
    pub(super) next: PortId,
    /// Pairs of hosts without a path, and hosts without a network.
    down: BTreeSet<(HostId, HostId)>,
    away: BTreeSet<HostId>,
    /// How often a host's addresses have changed.
    epochs: BTreeMap<HostId, u32>,
    /// Share of connections that fail in one of the ways there are.
    pub(super) failures: f64,
}

impl Fabric {
    pub(crate) fn new(
        note: impl Fn(String) + Send + Sync + 'static,
        chance: impl Fn() -> f64 + Send + Sync + 'static,
        failures: f64,
    ) -> Self {
        Fabric {
            state: Arc::new(Mutex::new(State { failures, ..State::default() })),
            changed: Arc::new(Notify::new()),
            note: Arc::new(note),
            chance: Arc::new(chance),
        }
    }

    /// The connections of one host.
    pub(crate) fn peers(&self, host: HostId) -> Arc<dyn MakePeer> {
        Arc::new(Maker { fabric: self.clone(), host })
    }

    /// Takes the path between two hosts away, or gives it back.
    pub(crate) fn set_path(&self, a: HostId, b: HostId, up: bool) {
        let mut state = self.lock();
        let pair = (a.min(b), a.max(b));
        if up {
            state.down.remove(&pair)
        } else {
            state.down.insert(pair)
        };
        drop(state);
        self.changed.notify_waiters();
    }

    /// Takes all paths of a host away, or gives them back.
    pub(crate) fn set_away(&self, host: HostId, away: bool) {
        let mut state = self.lock();
        if away {
            state.away.insert(host)
        } else {
            state.away.remove(&host)
        };
        drop(state);
        self.changed.notify_waiters();
    }

    /// The host has other addresses now: what was agreed on leads nowhere.
    pub(crate) fn move_host(&self, host: HostId) {
        *self.lock().epochs.entry(host).or_default() += 1;
        self.changed.notify_waiters();
    }

    /// No more faults.
    pub(crate) fn heal(&self) {
        let mut state = self.lock();
        (state.down, state.away, state.failures) = Default::default();
        drop(state);
        self.changed.notify_waiters();
    }

    /// Every connection of a host tells this, true or not.
    pub(crate) fn tell(&self, host: HostId, event: &PeerEvent) {
        let state = self.lock();
        let theirs = state.ports.iter().filter(|(_, port)| port.host == host && port.open);
        theirs.for_each(|(id, _)| state.tell(*id, event.clone()));
    }

    /// Pairs of hosts that are connected right now, each connection counted at both ends.
    pub(crate) fn connected(&self) -> Vec<(HostId, HostId)> {
        let state = self.lock();
        let up = |port: &&Port| port.open && port.state == PeerState::Connected;
        let pair = |port: &Port| Some((port.host, state.ports.get(&port.selected?.port)?.host));
        state.ports.values().filter(up).filter_map(pair).collect()
    }

    /// Connections not closed.
    pub(crate) fn open(&self) -> usize {
        self.lock().ports.values().filter(|port| port.open).count()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while holding the fabric")
    }
}

impl State {
    pub(super) fn tell(&self, id: PortId, event: PeerEvent) {
        if let Some(port) = self.ports.get(&id) {
            // The session that reads may be suspended or gone.
            let _ = port.events.try_send(event);
        }
    }

    pub(super) fn epoch(&self, host: HostId) -> u32 {
        self.epochs.get(&host).copied().unwrap_or(0)
    }

    /// Whether packets pass over a link, both ways.
    pub(super) fn usable(&self, id: PortId, link: Link) -> bool {
        let (Some(one), Some(two)) = (self.ports.get(&id), self.ports.get(&link.port)) else { return false };
        let back = Link { ours: link.theirs, port: id, theirs: link.ours };
        let mutual = two.agreed.is_some_and(|(agreed, _)| agreed == back) || two.selected == Some(back);
        let pair = (one.host.min(two.host), one.host.max(two.host));
        let path = !self.down.contains(&pair) && ![one.host, two.host].iter().any(|h| self.away.contains(h));
        let here = |port: &Port, generation: usize| {
            port.generations.get(generation).is_some_and(|epoch| *epoch == self.epoch(port.host))
        };
        mutual && path && one.open && two.open && here(one, link.ours) && here(two, link.theirs)
    }

    /// What has become of a connection's paths, and when to look again.
    fn look(&mut self, id: PortId, now: Instant) -> (Vec<PeerEvent>, Option<Instant>) {
        let Some(port) = self.ports.get(&id) else { return (Vec::new(), None) };
        let (agreed, selected) = (port.agreed, port.selected);
        let others = agreed.and_then(|(link, _)| self.ports.get(&link.port));
        let heard = !port.candidates.is_empty() || others.is_some_and(|other| !other.candidates.is_empty());
        // DTLS is with one other connection, for good.
        let same = |link: Link| selected.is_none_or(|selected| selected.port == link.port);
        let better = agreed.map(|(link, _)| link).filter(|link| {
            (Some(*link) != selected || port.state != PeerState::Connected)
                && heard
                && same(*link)
                && self.usable(id, *link)
        });
        let holds = selected.is_some_and(|link| self.usable(id, link));
        let Some(port) = self.ports.get_mut(&id) else { return (Vec::new(), None) };
        let (mut events, mut due) = (Vec::new(), Vec::new());

        match better {
            Some(link) => {
                let at = *port.good_since.get_or_insert(now) + port.connect_delay;
                if at > now {
                    due.push(at);
                } else if std::mem::take(&mut port.dtls_fails) && selected.is_none() {
                    (port.dead, port.failed) = (true, true);
                    events.push(PeerEvent::Failed(PeerError::Dtls));
                } else if !port.dead {
                    (port.selected, port.state, port.failed) = (Some(link), PeerState::Connected, false);
                    (port.good_since, port.bad_since) = (None, None);
                    events.push(PeerEvent::State(PeerState::Connected));
                    return (events, Some(now));
                }
            }
            None => port.good_since = None,
        }

        let waited_since = if port.selected.is_some() {
            if holds { None } else { Some(*port.bad_since.get_or_insert(now)) }
        } else {
            port.agreed.map(|(_, since)| since).filter(|_| !port.failed)
        };
        match waited_since {
            None => port.bad_since = None,
            Some(since) => {
                let (lost, gone) = (since + DISCONNECTED_AFTER, since + FAILED_AFTER);
                if port.state == PeerState::Connected {
                    if lost > now {
                        due.push(lost);
                    } else {
                        port.state = PeerState::Disconnected;
                        events.push(PeerEvent::State(PeerState::Disconnected));
                    }
                }
                if port.state != PeerState::Connected && !port.failed {
                    if gone > now {
                        due.push(gone);
                    } else {
                        (port.state, port.failed) = (PeerState::Failed, true);
                        events.push(PeerEvent::State(PeerState::Failed));
                        let after_connect = port.selected.is_some();
                        events.push(PeerEvent::Failed(PeerError::Ice { after_connect }));
                    }
                }
            }
        }
        (events, due.into_iter().min())
    }
}

/// Follows the paths of one connection until it is closed.
pub(super) async fn watch(fabric: Fabric, id: PortId) {
    loop {
        let changed = fabric.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let (events, due, host) = {
            let mut state = fabric.lock();
            let Some(port) = state.ports.get(&id).filter(|port| port.open) else { return };
            let host = port.host;
            let (events, due) = state.look(id, Instant::now());
            (events, due, host)
        };
        for event in events {
            (fabric.note)(format!("host {host}: port {id} tells {event:?}"));
            fabric.lock().tell(id, event);
            fabric.changed.notify_waiters();
        }
        match due {
            Some(due) => tokio::select! {
                biased;
                () = changed => {}
                () = sleep_until(due) => {}
            },
            None => changed.await,
        }
    }
}
