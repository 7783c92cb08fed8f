//! Connections that only negotiate, for tests on virtual time: no socket, no thread, no media.
//!
//! A [`Fabric`] is the network between them. What a [`Scripted`] connection does with descriptions is
//! decided by the engine's own [`Negotiation`](super::negotiation::Negotiation); whether there is a path
//! by what the test did to the fabric. It behaves like the real ones: an ICE restart makes new addresses,
//! a path that is gone is told after three seconds and given up after thirty, and that the other end closed
//! is heard while there is a path.
//!
//! [`fabric`]: their paths, and what becomes of them; [`port`]: what one of them knows, and negotiates.

mod fabric;
mod port;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use duet_media::Time;
use duet_signal::message::IceCandidate;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

pub(crate) use self::fabric::Fabric;
use self::port::Port;
use super::negotiation::OfferKind;
use super::sdp::IceTags;
use super::{
    FrameInfo, MakePeer, MediaSink, PeerConfig, PeerError, PeerEvent, PeerPort, PeerState, PeerStats,
    SessionDescription,
};

/// A host's number, and a connection's.
pub(crate) type HostId = usize;
type PortId = usize;

/// Makes the connections of one host.
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
            let delay = Duration::from_secs_f64(0.01 + connect * 0.3);
            let mut port = Port::new(id, host, config.polite, events, delay);
            port.dtls_fails = failure < state.failures;
            state.ports.insert(id, port);
            id
        };
        (fabric.note)(format!("host {host}: port {id} opens"));
        tokio::spawn(fabric::watch(fabric.clone(), id));
        Ok(Arc::new(Scripted { fabric, id }))
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
