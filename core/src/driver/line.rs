//! One call as the actor knows it: its handle, its address on the wire, its connection.

use std::sync::Arc;
use std::time::Duration;

use duet_call::{Flow, MediaKinds, Sender, Sources, VideoFlow};
use duet_codecs::VideoCodec;
use duet_media::Time;
use duet_signal::dialect::Dialect;
use duet_signal::message::{CallId, CallRef, IceCandidate, IceServer};
use duet_signal::{Envelope, Message};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::Ended;
use crate::call::{CallEvent, CallShared};
use crate::config::{IceConfig, MIN_KBPS};
use crate::peer::{
    MakePeer, MediaSink, PeerConfig, PeerError, PeerEvent, PeerPort, RtpPacket, SessionDescription,
};
use crate::tracks::InboundPacket;

/// Descriptions and candidates kept until the connection exists: a browser sends some 20.
const MAX_EARLY: usize = 128;
/// Events of one connection waiting for the session.
const PEER_EVENTS: usize = 256;

pub(super) struct Line {
    pub(super) shared: Arc<CallShared>,
    /// The call's name on the wire; in a room, the service's.
    pub(super) wire_id: CallId,
    peer: Option<Arc<dyn PeerPort>>,
    /// How many connections there were; the number of the newest.
    connections: u32,
    early: Vec<Remote>,
    /// Which media may pass, once that was said.
    flow: Option<Flow>,
    /// Candidates of devices that may or may not be the one the call will be with.
    kept: Vec<(Sender, Remote)>,
    /// When the call was accepted, or the other one was in the room.
    pub(super) set_up_since: Option<Instant>,
    connected_at: Option<Instant>,
}

/// How a connection is agreed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Negotiation {
    offerer: bool,
    polite: bool,
    any_channel: bool,
}

impl Negotiation {
    /// As the machine says; except that in foreign dialects nobody knows who would give way, and the
    /// translator lets only those offers through that are to be answered.
    pub(super) fn of(dialect: Dialect, offerer: bool, polite: bool) -> Self {
        let polite = polite || dialect != Dialect::Duet;
        Negotiation { offerer, polite, any_channel: dialect == Dialect::PeerJs }
    }
}

/// Something the other side's connection says to ours.
pub(super) enum Remote {
    Description(SessionDescription),
    Candidate(Option<IceCandidate>),
}

impl Line {
    pub(super) fn new(shared: Arc<CallShared>) -> Self {
        Line {
            wire_id: shared.id.clone(),
            shared,
            peer: None,
            connections: 0,
            early: Vec::new(),
            flow: None,
            kept: Vec::new(),
            set_up_since: None,
            connected_at: None,
        }
    }

    /// Makes the connection, with the number [`is_current`](Self::is_current) knows it by, and gives its events.
    pub(super) async fn start_peer(
        &mut self,
        peers: &dyn MakePeer,
        ice: &IceConfig,
        service_servers: &[IceServer],
        negotiation: Negotiation,
    ) -> Result<(u32, mpsc::Receiver<PeerEvent>), PeerError> {
        let options = &self.shared.options;
        let Negotiation { offerer, polite, any_channel } = negotiation;
        let config = PeerConfig {
            ice_servers: ice.servers.iter().chain(service_servers).cloned().collect(),
            relay_only: ice.relay_only,
            audio: options.audio,
            // Always there, so that pictures can come later without a new connection.
            video: !options.codecs.is_empty(),
            codecs: options.codecs.clone(),
            screen: self.shared.local_video.is_screen(),
            any_channel,
            polite,
            start_bps: u64::from(options.start_kbps) * 1000,
            min_bps: u64::from(MIN_KBPS) * 1000,
            max_bps: u64::from(options.max_kbps) * 1000,
        };
        let (events, receiver) = mpsc::channel(PEER_EVENTS);
        let peer = peers.make(config, events, Arc::new(Sink(self.shared.clone()))).await?;
        if offerer {
            peer.start_offer();
        }
        self.shared.set_peer(peer.clone(), offerer);
        self.peer = Some(peer);
        self.connections += 1;
        for remote in std::mem::take(&mut self.early) {
            self.remote(remote);
        }
        Ok((self.connections, receiver))
    }

    /// Whether that connection is the one there is: another may have taken its place, while what it last
    /// said was still under way.
    pub(super) fn is_current(&self, connection: u32) -> bool {
        self.peer.is_some() && self.connections == connection
    }

    /// Hands on what the other side's connection says, or keeps it until ours exists.
    pub(super) fn remote(&mut self, remote: Remote) {
        match (&self.peer, remote) {
            (Some(peer), Remote::Description(description)) => peer.remote_description(description),
            (Some(peer), Remote::Candidate(candidate)) => peer.remote_candidate(candidate),
            (None, remote) if self.early.len() < MAX_EARLY => self.early.push(remote),
            (None, _) => log::warn!("too many candidates before the call was set up; one was dropped"),
        }
    }

    /// Keeps a candidate until it is known whether its device is the one.
    pub(super) fn keep(&mut self, from: Sender, remote: Remote) {
        if self.kept.len() < MAX_EARLY {
            self.kept.push((from, remote));
        }
    }

    /// In a room, with nobody: what belonged to the one who left is over.
    pub(super) fn alone(&mut self) {
        self.wire_id = self.shared.id.clone();
        self.set_up_since = None;
        self.shared.set_peer_user(None);
    }

    /// What was kept, to be asked about again.
    pub(super) fn take_kept(&mut self) -> Vec<(Sender, Remote)> {
        std::mem::take(&mut self.kept)
    }

    pub(super) fn restart_ice(&self) {
        if let Some(peer) = &self.peer {
            peer.restart_ice();
        }
    }

    /// Says over the connection itself that the call is over: the other end hears it though signaling be
    /// gone, and whatever comes first ends the call.
    pub(super) fn say_bye(&self) {
        if let Some(peer) = &self.peer
            && let Ok(text) = duet_signal::encode(&Envelope::from(self.bye()))
        {
            peer.send_control(text);
        }
    }

    /// Whether a message of the control channel ends this call. What else there may be is ignored.
    pub(super) fn is_bye(&self, text: &[u8]) -> bool {
        let envelope = std::str::from_utf8(text).ok().and_then(|text| duet_signal::decode(text).ok());
        envelope.is_some_and(|envelope| envelope.message == self.bye())
    }

    fn bye(&self) -> Message {
        Message::HangUp(CallRef { call: self.wire_id.clone() })
    }

    /// Lets pictures and sound pass, both ways, as far as [`set_flow`](Self::set_flow) said; as long as it
    /// said nothing, the kinds of media the call has.
    pub(super) fn release_media(&mut self, media: MediaKinds) {
        let Some(peer) = &self.peer else { return };
        self.apply(self.flow.unwrap_or(Flow {
            send_audio: media.audio,
            send_video: if media.video { VideoFlow::Full } else { VideoFlow::Off },
            play_audio: media.audio,
            show_video: media.video,
        }));
        self.shared.local_video.release(peer.clone());
        self.shared.local_audio.release(peer.clone());
        self.shared.remote_video.release(peer.clone());
        self.shared.remote_audio.release();
    }

    /// First connection: how long it took.
    pub(super) fn connected(&mut self) {
        let now = Instant::now();
        self.connected_at = Some(now);
        let setup = self.set_up_since.map_or(Duration::ZERO, |since| now - since);
        self.shared.port.emit(CallEvent::Connected { setup });
    }

    pub(super) fn accepted(&mut self) {
        self.set_up_since.get_or_insert_with(Instant::now);
    }

    /// Closes the connection; the returned peer finishes closing in the background.
    pub(super) fn close_peer(&mut self) -> Option<Arc<dyn PeerPort>> {
        self.early.clear();
        self.kept.clear();
        self.shared.release_peer();
        self.peer.take()
    }

    pub(super) fn end(&self, ended: duet_call::Ended) {
        let duration = self.connected_at.map_or(Duration::ZERO, |since| since.elapsed());
        let duet_call::Ended { by, reason, phase, facts } = ended;
        log::info!("call ended by {by}: {reason} while {phase}");
        self.shared.end(Ended { by, reason, phase, duration, facts });
    }

    /// What this end's host has open.
    pub(super) fn sources(&self) -> Sources {
        let video = self.shared.local_video.is_enabled();
        Sources {
            audio: self.shared.local_audio.is_enabled(),
            video,
            screen: video && self.shared.local_video.is_screen(),
        }
    }

    /// Which media may pass.
    pub(super) fn set_flow(&mut self, flow: Flow) {
        self.flow = Some(flow);
        self.apply(flow);
    }

    fn apply(&self, flow: Flow) {
        self.shared.local_audio.set_passing(flow.send_audio);
        self.shared.local_video.set_flow(flow.send_video);
        self.shared.remote_audio.set_playing(flow.play_audio);
        self.shared.remote_video.set_shown(flow.show_video);
    }

    /// Applies what the person chose when accepting.
    pub(super) fn narrow(&self, media: MediaKinds, fps: u32, screen: bool) {
        self.shared.local_video.configure(fps, screen);
        if !media.video {
            self.shared.local_video.set_enabled(false);
        }
        if !media.audio {
            self.shared.local_audio.set_enabled(false);
        }
    }
}

/// Applies the events that are the tracks' alone; `true` when the session need not hear of it.
pub(super) fn on_media_event(call: &CallShared, event: &PeerEvent) -> bool {
    match event {
        PeerEvent::KeyFrameRequested => call.local_video.request_key_frame(),
        PeerEvent::Rates { video_bps, loss, .. } => {
            call.local_video.set_target(*video_bps);
            // Redundancy for at most 20 %: beyond, it costs more sound than it saves (libwebrtc's bound).
            call.local_audio.set_expected_loss((loss * 100.0).clamp(0.0, 20.0) as u8);
        }
        PeerEvent::NegotiatedVideo(codec) => call.local_video.set_codec(*codec),
        PeerEvent::Hints(hints) => {
            call.local_video.set_limits(hints.limits);
            return false;
        }
        PeerEvent::Description(_)
        | PeerEvent::Candidate(_)
        | PeerEvent::State(_)
        | PeerEvent::ControlOpen
        | PeerEvent::Closed
        | PeerEvent::Control(_)
        | PeerEvent::Failed(_) => return false,
    }
    true
}

/// Received packets go to the tracks.
struct Sink(Arc<CallShared>);

impl MediaSink for Sink {
    fn video(&self, packet: RtpPacket<VideoCodec>, arrival: Time) {
        let RtpPacket { seq, timestamp, marker, rotation, codec, payload } = packet;
        let packet = InboundPacket { seq, timestamp, marker, rotation, payload, arrival };
        self.0.remote_video.receive(codec, packet);
    }

    fn audio(&self, packet: RtpPacket<()>, arrival: Time) {
        let RtpPacket { seq, timestamp, marker, rotation, codec: (), payload } = packet;
        self.0.remote_audio.receive(InboundPacket { seq, timestamp, marker, rotation, payload, arrival });
    }

    fn lost_video(&self) {
        self.0.remote_video.lost();
    }
}
