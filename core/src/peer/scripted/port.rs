//! What a scripted connection knows, and what it makes of descriptions.

use std::collections::BTreeSet;
use std::time::Duration;

use duet_codecs::VideoCodec;
use duet_signal::message::{DescriptionKind, IceCandidate};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{HostId, PortId};
use crate::peer::negotiation::{Negotiation, OfferKind, Verdict};
use crate::peer::sdp::IceTags;
use crate::peer::{PeerError, PeerEvent, PeerState, SessionDescription};

/// Candidates of a generation.
const CANDIDATES: usize = 3;

pub(super) struct Port {
    pub(super) host: HostId,
    pub(super) events: mpsc::Sender<PeerEvent>,
    pub(super) negotiation: Negotiation,
    /// The host's addresses when each ICE generation was made.
    pub(super) generations: Vec<u32>,
    /// The generation of the local description in force, and the one an offer of ours proposes.
    local: Option<usize>,
    pub(super) proposed: Option<usize>,
    pub(super) agreed: Option<(Link, Instant)>,
    pub(super) selected: Option<Link>,
    pub(super) candidates: BTreeSet<String>,
    pub(super) state: PeerState,
    pub(super) connect_delay: Duration,
    pub(super) good_since: Option<Instant>,
    pub(super) bad_since: Option<Instant>,
    pub(super) dtls_fails: bool,
    /// DTLS has failed: nothing helps.
    pub(super) dead: bool,
    pub(super) failed: bool,
    pub(super) open: bool,
}

/// One end of a path: our ICE generation, the other connection, its generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) ours: usize,
    pub(super) port: PortId,
    pub(super) theirs: usize,
}

impl Port {
    pub(super) fn new(
        id: PortId,
        host: HostId,
        polite: bool,
        events: mpsc::Sender<PeerEvent>,
        connect_delay: Duration,
    ) -> Self {
        Port {
            host,
            events,
            negotiation: Negotiation::new(polite, id as u32 * 1_000),
            generations: Vec::new(),
            local: None,
            proposed: None,
            agreed: None,
            selected: None,
            candidates: BTreeSet::new(),
            state: PeerState::Connecting,
            connect_delay,
            good_since: None,
            bad_since: None,
            dtls_fails: false,
            dead: false,
            failed: false,
            open: true,
        }
    }

    fn generation(&mut self, epoch: u32) -> usize {
        self.generations.push(epoch);
        self.generations.len() - 1
    }

    pub(super) fn offer(&mut self, id: PortId, kind: OfferKind, epoch: u32, events: &mut Vec<PeerEvent>) {
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

    pub(super) fn on_description(
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
