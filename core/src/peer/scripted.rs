//! Connections that only negotiate, for tests on virtual time: no socket, no thread, no media.
//!
//! A [`Fabric`] is the network between them. What a [`Scripted`] connection does with descriptions is
//! decided by the engine's own [`Negotiation`]; whether there is a path by what the test did to the
//! fabric. It behaves like the real ones: an ICE restart makes new addresses, a path that is gone is told
//! after three seconds and given up after thirty, and that the other end closed is heard while there is a path.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use duet_codecs::VideoCodec;
use duet_media::Time;
use duet_signal::message::{DescriptionKind, IceCandidate};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until};

use super::negotiation::{Negotiation, OfferKind, Verdict};
use super::sdp::IceTags;
use super::{
    FrameInfo, MakePeer, MediaSink, PeerConfig, PeerError, PeerEvent, PeerPort, PeerState, PeerStats,
    SessionDescription,
};

/// As the real connection's own limits.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(3);
const FAILED_AFTER: Duration = Duration::from_secs(30);
/// Candidates of a generation.
const CANDIDATES: usize = 3;

/// A host's number, and a connection's.
pub(crate) type HostId = usize;
type PortId = usize;

/// The network between scripted connections. Clones are the same network.
#[derive(Clone)]
pub(crate) struct Fabric {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    /// What happened, for the test's record.
    note: Arc<dyn Fn(String) + Send + Sync>,
    /// 0.0 to 1.0.
    chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

#[derive(Default)]
struct State {
    ports: BTreeMap<PortId, Port>,
    next: PortId,
    /// Pairs of hosts without a path, and hosts without a network.
    down: BTreeSet<(HostId, HostId)>,
    away: BTreeSet<HostId>,
    /// How often a host's addresses have changed.
    epochs: BTreeMap<HostId, u32>,
    /// Share of connections that fail in one of the ways there are.
    failures: f64,
}

/// One end of a path: our ICE generation, the other connection, its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    ours: usize,
    port: PortId,
    theirs: usize,
}

struct Port {
    host: HostId,
    events: mpsc::Sender<PeerEvent>,
    negotiation: Negotiation,
    /// The host's addresses when each ICE generation was made.
    generations: Vec<u32>,
    /// The generation of the local description in force, and the one an offer of ours proposes.
    local: Option<usize>,
    proposed: Option<usize>,
    agreed: Option<(Link, Instant)>,
    selected: Option<Link>,
    candidates: BTreeSet<String>,
    state: PeerState,
    connect_delay: Duration,
    good_since: Option<Instant>,
    bad_since: Option<Instant>,
    dtls_fails: bool,
    /// DTLS has failed: nothing helps.
    dead: bool,
    failed: bool,
    open: bool,
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

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while holding the fabric")
    }
}

struct Maker {
    fabric: Fabric,
    host: HostId,
}

#[async_trait]
impl MakePeer for Maker {
    async fn make(
        &self,
        config: PeerConfig,
        events: mpsc::Sender<PeerEvent>,
        _sink: Arc<dyn MediaSink>,
    ) -> Result<Arc<dyn PeerPort>, PeerError> {
        let (fabric, host) = (self.fabric.clone(), self.host);
        let [slow, connect, failure] = [(); 3].map(|()| (fabric.chance)());
        sleep(Duration::from_secs_f64(slow * 0.005)).await;
        let id = {
            let mut state = fabric.lock();
            if failure < state.failures / 2.0 {
                drop(state);
                (fabric.note)(format!("host {host}: no sockets"));
                return Err(PeerError::Transport("no sockets".into()));
            }
            let id = state.next;
            state.next += 1;
            let port = Port {
                host,
                events,
                negotiation: Negotiation::new(config.polite, id as u32 * 1_000),
                generations: Vec::new(),
                local: None,
                proposed: None,
                agreed: None,
                selected: None,
                candidates: BTreeSet::new(),
                state: PeerState::Connecting,
                connect_delay: Duration::from_secs_f64(0.01 + connect * 0.3),
                good_since: None,
                bad_since: None,
                dtls_fails: failure < state.failures,
                dead: false,
                failed: false,
                open: true,
            };
            state.ports.insert(id, port);
            id
        };
        (fabric.note)(format!("host {host}: port {id} opens"));
        tokio::spawn(watch(fabric.clone(), id));
        Ok(Arc::new(Scripted { fabric, id }))
    }
}

/// Follows the paths of one connection until it is closed.
async fn watch(fabric: Fabric, id: PortId) {
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

impl State {
    fn tell(&self, id: PortId, event: PeerEvent) {
        if let Some(port) = self.ports.get(&id) {
            // The session that reads may be suspended or gone.
            let _ = port.events.try_send(event);
        }
    }

    fn epoch(&self, host: HostId) -> u32 {
        self.epochs.get(&host).copied().unwrap_or(0)
    }

    /// Whether packets pass over a link, both ways.
    fn usable(&self, id: PortId, link: Link) -> bool {
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

/// One scripted connection.
struct Scripted {
    fabric: Fabric,
    id: PortId,
}

impl Scripted {
    /// Acts on the connection, then tells and offers what has come due.
    fn act(&self, what: &str, act: impl FnOnce(&mut Port, PortId, u32, &mut Vec<PeerEvent>)) {
        let mut events = Vec::new();
        let host = {
            let mut state = self.fabric.lock();
            let Some(host) = state.ports.get(&self.id).filter(|port| port.open).map(|port| port.host) else {
                return;
            };
            let epoch = state.epoch(host);
            let Some(port) = state.ports.get_mut(&self.id) else { return };
            act(port, self.id, epoch, &mut events);
            if let Some(kind) = port.negotiation.take_due_offer() {
                port.offer(self.id, kind, epoch, &mut events);
            }
            for event in events {
                let _ = port.events.try_send(event);
            }
            host
        };
        (self.fabric.note)(format!("host {host}: port {} {what}", self.id));
        self.fabric.changed.notify_waiters();
    }

    /// What the control channel carries arrives, if there is a path.
    fn say(&self, event: PeerEvent) {
        let state = self.fabric.lock();
        let connected = |port: &&Port| port.open && port.state == PeerState::Connected;
        let link = state.ports.get(&self.id).filter(connected).and_then(|port| port.selected);
        let Some(link) = link.filter(|link| state.usable(self.id, *link)) else { return };
        // Not its text: a room's call is named by the service, by lot.
        let what = if event == PeerEvent::Closed { "the end" } else { "a word" };
        let note = format!("port {} hears {what} from port {}", link.port, self.id);
        state.tell(link.port, event);
        drop(state);
        (self.fabric.note)(note);
    }

    fn close_now(&self) {
        let mut state = self.fabric.lock();
        let Some(port) = state.ports.get_mut(&self.id) else { return };
        if std::mem::replace(&mut port.open, false) {
            let _ = port.events.try_send(PeerEvent::State(PeerState::Closed));
            let host = port.host;
            drop(state);
            (self.fabric.note)(format!("host {host}: port {} closes", self.id));
            self.fabric.changed.notify_waiters();
        }
    }
}

impl Port {
    fn generation(&mut self, epoch: u32) -> usize {
        self.generations.push(epoch);
        self.generations.len() - 1
    }

    fn offer(&mut self, id: PortId, kind: OfferKind, epoch: u32, events: &mut Vec<PeerEvent>) {
        let generation = match (kind, self.local) {
            (OfferKind::Media, Some(local)) => local,
            (OfferKind::Media | OfferKind::IceRestart, _) => self.generation(epoch),
        };
        self.proposed = Some(generation);
        let exchange = self.negotiation.offered(kind, Instant::now().into_std());
        self.announce(id, DescriptionKind::Offer, generation, Some(exchange), events);
    }

    fn announce(
        &self,
        id: PortId,
        kind: DescriptionKind,
        generation: usize,
        exchange: Option<u32>,
        events: &mut Vec<PeerEvent>,
    ) {
        let sdp = sdp(id, generation);
        events.push(PeerEvent::Description(SessionDescription { kind, sdp, exchange }));
        if self.local == Some(generation) {
            return;
        }
        for index in 0..CANDIDATES {
            events.push(PeerEvent::Candidate(Some(IceCandidate {
                candidate: format!("candidate:{index} 1 udp 1 192.0.2.{id} {generation} typ host"),
                sdp_mid: None,
                sdp_m_line_index: Some(0),
                username_fragment: Some(ufrag(id, generation)),
            })));
        }
        events.push(PeerEvent::Candidate(None));
    }

    fn on_description(
        &mut self,
        id: PortId,
        description: &SessionDescription,
        epoch: u32,
        events: &mut Vec<PeerEvent>,
    ) {
        let SessionDescription { kind, ref sdp, exchange } = *description;
        let verdict = self.negotiation.judge(kind, exchange);
        if verdict == Verdict::Ignore {
            return;
        }
        if verdict == Verdict::RollBackAndApply {
            self.proposed = None;
        }
        let tags = IceTags::of(sdp);
        let Some((port, theirs)) = tags.ufrag.as_deref().and_then(parse) else {
            self.negotiation.dropped();
            events.push(PeerEvent::Failed(PeerError::Description("not one of ours".into())));
            return;
        };
        let ready = self.negotiation.applied_remote(kind, tags);
        self.candidates.extend(ready.into_iter().filter_map(|candidate| candidate.username_fragment));
        let before = self.agreed.map(|(link, _)| (link.port, link.theirs));
        let ours = match kind {
            DescriptionKind::Answer => self.proposed.take().or(self.local).unwrap_or(0),
            DescriptionKind::Offer => {
                // New credentials are answered with new ones (RFC 9429 section 5.3.1).
                let ours = match self.local {
                    Some(local) if before == Some((port, theirs)) => local,
                    _ => self.generation(epoch),
                };
                self.negotiation.answered();
                self.announce(id, DescriptionKind::Answer, ours, exchange, events);
                ours
            }
        };
        self.local = Some(ours);
        self.agreed = Some((Link { ours, port, theirs }, Instant::now()));
        self.failed = self.dead;
        events.push(PeerEvent::NegotiatedVideo(VideoCodec::H264));
    }
}

#[async_trait]
impl PeerPort for Scripted {
    fn start_offer(&self) {
        self.act("offers", |port, _, _, _| port.negotiation.want_offer(OfferKind::Media));
    }

    fn remote_description(&self, description: SessionDescription) {
        let what = format!("is given {:?} {:?}", description.kind, IceTags::of(&description.sdp).ufrag);
        self.act(&what, |port, id, epoch, events| port.on_description(id, &description, epoch, events));
    }

    fn remote_candidate(&self, candidate: Option<IceCandidate>) {
        let Some(candidate) = candidate else { return };
        let what = format!("is given a candidate of {:?}", candidate.username_fragment);
        self.act(&what, |port, _, _, _| {
            let admitted = port.negotiation.admit(candidate);
            port.candidates.extend(admitted.and_then(|candidate| candidate.username_fragment));
        });
    }

    fn restart_ice(&self) {
        self.act("restarts", |port, _, _, _| {
            if port.negotiation.want_restart(Instant::now().into_std()) {
                port.proposed = None;
            }
        });
    }

    fn send_control(&self, message: String) {
        self.say(PeerEvent::Control(message.into()));
    }

    fn send_video(&self, payloads: &mut Vec<Bytes>, _: FrameInfo) -> bool {
        payloads.clear();
        true
    }

    fn send_audio(&self, _: Bytes, _: u32, _: bool, _: Time) -> bool {
        true
    }

    fn is_congested(&self) -> bool {
        false
    }

    fn request_key_frame(&self) {}

    fn stats(&self) -> PeerStats {
        PeerStats::default()
    }

    async fn close(&self) {
        self.say(PeerEvent::Closed);
        self.close_now();
    }
}

/// A handle that is dropped, because its host crashed, closes without a word.
impl Drop for Scripted {
    fn drop(&mut self) {
        self.close_now();
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").field("id", &self.id).finish_non_exhaustive()
    }
}

fn ufrag(id: PortId, generation: usize) -> String {
    format!("p{id}g{generation}")
}

fn parse(ufrag: &str) -> Option<(PortId, usize)> {
    let (id, generation) = ufrag.strip_prefix('p')?.split_once('g')?;
    Some((id.parse().ok()?, generation.parse().ok()?))
}

fn sdp(id: PortId, generation: usize) -> String {
    format!("v=0\r\no=- {id} {generation} IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\n", ufrag(id, generation))
}
