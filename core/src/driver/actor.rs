//! One task per session: feeds the call machine, carries out what it asks for.
//!
//! Invariant: every decision about a call is the machine's ([`duet_call::Lines`]); this file only
//! translates.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use duet_call::{
    Config, Effect, EndReason, EndedBy, HostInput, Input, LineEffect, Lines, Notice, Party, PeerName, Phase,
    Placed, RoomInput, RoomName, Signal, SignalingInput, Tagged, UserInput, WireInput,
};
use duet_signal::message::{self, CallId, ErrorCode, ErrorInfo, IceServer, RoomId, RoomPeer, UserId};
use duet_signal::{Envelope, Message};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::line::{Line, Remote, on_media_event};
use super::timers::Timers;
use super::words;
use super::EventPort;
use crate::call::{Call, CallEvent, CallShared, Origin};
use crate::config::{CallOptions, IceConfig};
use crate::peer::PeerEvent;
use crate::session::{SessionEvent, SessionShared, SessionState, Setup};
use crate::transport::{LinkEvent, LinkEvents, LinkSender};

/// Events of all connections of a session waiting for the actor.
const PEER_EVENTS: usize = 256;
/// How long a closing session may take to close its connections.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(800);

/// What a host asks of a session.
pub(crate) enum Command {
    /// Ring, or join a room, as the call's origin says.
    Place(Arc<CallShared>),
    Accept(CallId, CallOptions),
    Decline(CallId),
    MediaChanged(CallId),
    /// A message the host carried.
    Deliver(Box<Envelope>),
    NetworkChanged,
    /// Look at the flags: hang-ups and closing are never refused for a full queue.
    Wake,
}

/// Where a session's messages go and come from.
pub(crate) enum Link {
    Service { sender: Option<LinkSender>, events: LinkEvents },
    Custom(Arc<EventPort<String>>),
}

pub(crate) struct Actor {
    shared: Arc<SessionShared>,
    user: UserId,
    ice: IceConfig,
    incoming: CallOptions,
    service_servers: Vec<IceServer>,
    link: Link,
    lines: Lines,
    calls: HashMap<CallId, Line>,
    timers: Timers,
    commands: mpsc::Receiver<Command>,
    peer_events: mpsc::Receiver<(CallId, PeerEvent)>,
    peer_sender: mpsc::Sender<(CallId, PeerEvent)>,
    /// Forwarders and closing connections.
    tasks: JoinSet<()>,
    /// Calls wait for the service: its welcome brings the TURN servers.
    ready: bool,
    waiting: Vec<Arc<CallShared>>,
}

enum Wakeup {
    Command(Option<Command>),
    Link(Option<LinkEvent>),
    Peer(CallId, PeerEvent),
    Timer,
}

impl Actor {
    pub(crate) fn new(
        setup: Setup,
        shared: Arc<SessionShared>,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let (peer_sender, peer_events) = mpsc::channel(PEER_EVENTS);
        let ready = matches!(setup.link, Link::Custom(_));
        Actor {
            shared,
            user: setup.user,
            ice: setup.ice,
            incoming: setup.incoming,
            service_servers: Vec::new(),
            link: setup.link,
            lines: Lines::new(Config::default()),
            calls: HashMap::new(),
            timers: Timers::default(),
            commands,
            peer_events,
            peer_sender,
            tasks: JoinSet::new(),
            ready,
            waiting: Vec::new(),
        }
    }

    /// Lives until the session is closed and every connection with it.
    pub(crate) async fn run(mut self) {
        loop {
            match self.next().await {
                Wakeup::Command(Some(command)) => self.on_command(command),
                Wakeup::Command(None) => self.shared.close(),
                Wakeup::Link(Some(event)) => self.on_link(event),
                Wakeup::Link(None) => {
                    self.link_failed(crate::Error::Internal("the signaling task ended".into()));
                }
                Wakeup::Peer(call, event) => self.on_peer(&call, event),
                Wakeup::Timer => {
                    while let Some((call, timer)) = self.timers.take_due(Instant::now()) {
                        self.lines.input(&machine_id(&call), Input::TimerFired(timer));
                    }
                }
            }
            self.on_flags();
            self.carry_out().await;
            while self.tasks.try_join_next().is_some() {}
            if self.shared.is_closed() && self.calls.is_empty() {
                break;
            }
        }
        if let Link::Service { sender, .. } = &mut self.link {
            // The link sends what is queued, then says goodbye.
            *sender = None;
        }
        let close = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(CLOSE_TIMEOUT, close).await.is_err() {
            log::warn!("a connection did not close in time");
        }
    }

    async fn next(&mut self) -> Wakeup {
        let deadline = self.timers.next();
        let timer = async {
            match deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let link = async {
            match &mut self.link {
                Link::Service { events, .. } => events.recv().await,
                Link::Custom(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            command = self.commands.recv() => Wakeup::Command(command),
            event = link => Wakeup::Link(event),
            Some((call, event)) = self.peer_events.recv() => Wakeup::Peer(call, event),
            () = timer => Wakeup::Timer,
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Place(call) if self.ready => self.place(call),
            Command::Place(call) => self.waiting.push(call),
            Command::Accept(id, options) => self.accept(&id, options),
            Command::Decline(id) => self.lines.input(&machine_id(&id), Input::User(UserInput::Decline)),
            Command::MediaChanged(id) => self.send_media_state(&id),
            Command::Deliver(envelope) => self.on_envelope(*envelope),
            Command::NetworkChanged => self.lines.network_changed(),
            Command::Wake => {}
        }
    }

    fn place(&mut self, call: Arc<CallShared>) {
        let id = machine_id(&call.id);
        let media = words::from_wire(call.options.media());
        let (placed, peer_user) = match &call.origin {
            Origin::Ring(to) => {
                let peer = PeerName(to.0.clone());
                self.calls.insert(call.id.clone(), Line::new(call.clone(), Some(to.clone())));
                (self.lines.ring(id, peer, media).map(|placed| placed == Placed::Ringing), Some(to))
            }
            Origin::Room(room) => {
                self.calls.insert(call.id.clone(), Line::new(call.clone(), None));
                (self.lines.join(id, RoomName(room.0.clone()), media).map(|()| true), None)
            }
            Origin::Incoming(..) => return,
        };
        let reason = match placed {
            Ok(true) => return,
            Ok(false) => {
                log::info!("{peer_user:?} was ringing here already; that call is answered instead");
                EndReason::GlareLost
            }
            Err(error) => {
                log::warn!("the call was not placed: {error}");
                EndReason::Refused
            }
        };
        if let Some(line) = self.calls.remove(&call.id) {
            line.end(duet_call::Ended { by: EndedBy::System, reason, phase: Phase::Ringing });
        }
    }

    fn accept(&mut self, id: &CallId, options: CallOptions) {
        let Some(line) = self.calls.get_mut(id) else { return };
        let media = words::from_wire(options.media());
        line.narrow(media, options.fps, options.screen);
        line.accepted();
        self.lines.input(&machine_id(id), Input::User(UserInput::Accept { media }));
    }

    /// Hang-ups, and the end of the session.
    fn on_flags(&mut self) {
        if self.shared.is_closed() {
            self.lines.hang_up_all();
            for call in self.waiting.drain(..) {
                let by = EndedBy::Local;
                Line::new(call, None).end(duet_call::Ended {
                    by,
                    reason: EndReason::HangUp,
                    phase: Phase::Ringing,
                });
            }
            return;
        }
        let (lines, waiting) = (&mut self.lines, &mut self.waiting);
        for (id, line) in &self.calls {
            if line.shared.hang_up_wanted() {
                lines.input(&machine_id(id), Input::User(UserInput::HangUp));
            }
        }
        waiting.retain(|call| {
            let keep = !call.hang_up_wanted();
            if !keep {
                let ended = duet_call::Ended {
                    by: EndedBy::Local,
                    reason: EndReason::HangUp,
                    phase: Phase::Ringing,
                };
                Line::new(call.clone(), None).end(ended);
            }
            keep
        });
    }

    fn on_link(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Up { device: _, ice_servers } => {
                self.service_servers = ice_servers;
                self.ready = true;
                self.shared.set_state(SessionState::Connected);
                for call in std::mem::take(&mut self.waiting) {
                    self.place(call);
                }
            }
            LinkEvent::Lost => {
                self.shared.set_state(SessionState::Reconnecting);
                self.lines.signaling(SignalingInput::Lost);
            }
            LinkEvent::Restored { resumed } => {
                self.shared.set_state(SessionState::Connected);
                self.lines.signaling(SignalingInput::Restored);
                if !resumed {
                    self.rejoin();
                }
            }
            LinkEvent::Message(envelope) => self.on_envelope(envelope),
            LinkEvent::Failed(error) => self.link_failed(error),
        }
    }

    /// The service forgot us: enters our rooms again, so that leaving and late-comers are noticed.
    fn rejoin(&mut self) {
        let rooms: Vec<RoomId> = self
            .calls
            .values()
            .filter_map(|line| match &line.shared.origin {
                Origin::Room(room) => Some(room.clone()),
                Origin::Ring(_) | Origin::Incoming(..) => None,
            })
            .collect();
        for room in rooms {
            self.send(Envelope::from(Message::Join(message::RoomRef { room })));
        }
    }

    fn link_failed(&mut self, error: crate::Error) {
        self.lines.signaling(SignalingInput::LostForGood(words::signaling_loss(&error)));
        for call in self.waiting.drain(..) {
            Line::new(call, None).end(duet_call::Ended {
                by: EndedBy::System,
                reason: match error {
                    crate::Error::Unauthorized(_) => EndReason::Unauthorized,
                    _ => EndReason::SignalingLost,
                },
                phase: Phase::Ringing,
            });
        }
        // Calls whose media still flows may go on without us; everything else is over.
        self.shared.port.emit(SessionEvent::Failed(error));
        let (_, silent) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.link, Link::Service { sender: None, events: silent }));
        self.shared.set_state(SessionState::Reconnecting);
        self.shared.close();
    }

    fn on_envelope(&mut self, envelope: Envelope) {
        let Envelope { from, from_device, message, .. } = envelope;
        match message {
            Message::Error(info) => return self.on_refused(&info),
            Message::Joined(joined) => {
                let with = joined.peer.map(|peer| self.meet(&joined.room, peer));
                return self.lines.room(&RoomName(joined.room.0), RoomInput::Joined { with });
            }
            Message::PeerJoined(message::PeerJoined { room, peer }) => {
                let with = self.meet(&room, peer);
                return self.lines.room(&RoomName(room.0), RoomInput::PeerJoined(with));
            }
            Message::PeerLeft(message::PeerLeft { room, call }) => {
                let call = Some(machine_id(&call));
                return self.lines.room(&RoomName(room.0), RoomInput::PeerLeft { call });
            }
            _ => {}
        }
        let Some(from) = from else {
            log::warn!("a message without a sender was ignored");
            return;
        };
        let name = PeerName(from.0.clone());
        if let Message::Invite(invite) = &message {
            let media = words::from_wire(invite.media);
            self.lines.invite(&name, &machine_id(&invite.call), media, words::expiry(invite));
            // The line is made when the machine's effects are carried out; the address must be known then.
            self.incoming_device(&invite.call, from, from_device, invite.media);
            return;
        }
        if let Some((call, input)) = words::to_input(&message) {
            let call = machine_id(call);
            if let WireInput::Accept { .. } = input
                && let Some(line) = self.line_of(&name, &call)
            {
                line.peer_device = from_device;
                line.accepted();
            }
            self.lines.wire(&name, &call, input);
            return;
        }
        let (call, remote) = match message {
            Message::Description(message::Description { call, kind, sdp }) => {
                (call, Remote::Description(kind, sdp))
            }
            Message::Candidate(message::Candidate { call, candidate }) => {
                (call, Remote::Candidate(candidate))
            }
            _ => return,
        };
        if let Some(line) = self.line_of(&name, &machine_id(&call)) {
            line.remote(remote);
        }
    }

    /// The line of a call named on the wire, if it is with `peer`.
    fn line_of(&mut self, peer: &PeerName, wire: &duet_call::CallId) -> Option<&mut Line> {
        let id = CallId(self.lines.local_id(peer, wire)?.0.clone());
        self.calls.get_mut(&id)
    }

    /// Makes the handle of an incoming call, unless the machine refused it.
    fn incoming_device(
        &mut self,
        call: &CallId,
        from: UserId,
        device: Option<message::DeviceId>,
        media: message::MediaKinds,
    ) {
        if self.calls.contains_key(call) || self.lines.get(&machine_id(call)).is_none() {
            return;
        }
        let origin = Origin::Incoming(from.clone(), media);
        let shared = CallShared::new(call.clone(), origin, self.incoming.clone(), self.shared.clone());
        let mut line = Line::new(shared, Some(from));
        line.peer_device = device;
        self.calls.insert(call.clone(), line);
    }

    /// Somebody is in our room: their address, and the call's name on the wire.
    fn meet(&mut self, room: &RoomId, peer: RoomPeer) -> duet_call::RoomPeer {
        let with = duet_call::RoomPeer { peer: PeerName(peer.user.0.clone()), call: machine_id(&peer.call) };
        let in_room = |line: &&mut Line| matches!(&line.shared.origin, Origin::Room(ours) if ours == room);
        if let Some(line) = self.calls.values_mut().find(in_room) {
            line.shared.set_peer_user(peer.user.clone());
            line.wire_id = peer.call;
            line.peer_user = Some(peer.user);
            line.peer_device = Some(peer.device);
            line.accepted();
        }
        with
    }

    fn on_refused(&mut self, info: &ErrorInfo) {
        log::info!("the service refused: {}", info.message);
        if info.code == ErrorCode::RoomFull {
            let alone = self.calls.values().find_map(|line| match &line.shared.origin {
                Origin::Room(room) if line.peer_user.is_none() => Some(room.clone()),
                Origin::Room(_) | Origin::Ring(_) | Origin::Incoming(..) => None,
            });
            if let Some(room) = alone {
                self.lines.room(&RoomName(room.0), RoomInput::Full);
            }
            return;
        }
        let Some(wire) = &info.call else { return };
        let local = self.calls.iter().find(|(_, line)| line.wire_id == *wire).map(|(id, _)| id.clone());
        if let Some(id) = local {
            let refused = Input::Wire(WireInput::Refused(words::refusal(info.code)));
            self.lines.input(&machine_id(&id), refused);
        }
    }

    fn on_peer(&mut self, id: &CallId, event: PeerEvent) {
        let Some(line) = self.calls.get(id) else { return };
        let call = line.wire_id.clone();
        match event {
            PeerEvent::Description { kind, sdp } => {
                self.send_to(id, Message::Description(message::Description { call, kind, sdp }));
            }
            PeerEvent::Candidate(candidate) => {
                self.send_to(id, Message::Candidate(message::Candidate { call, candidate }));
            }
            PeerEvent::State(state) => {
                if let Some(input) = words::peer_state(state) {
                    self.lines.input(&machine_id(id), input);
                }
            }
            PeerEvent::Failed(error) => {
                log::warn!("{error}");
                self.lines.input(&machine_id(id), words::peer_error(&error));
            }
            PeerEvent::ControlOpen
            | PeerEvent::Control(_)
            | PeerEvent::NegotiatedVideo(_)
            | PeerEvent::KeyFrameRequested
            | PeerEvent::Rates { .. } => {}
        }
    }

    async fn carry_out(&mut self) {
        while let Some(Tagged { call, party, effect }) = self.lines.poll_effect() {
            let id = CallId(call.0);
            match effect {
                LineEffect::Incoming { media: _, instead_of } => self.announce(&id, instead_of.is_some()),
                LineEffect::Call(effect) => self.effect(id, party, effect).await,
            }
        }
    }

    fn announce(&mut self, id: &CallId, accepted: bool) {
        let Some(line) = self.calls.get_mut(id) else { return };
        if accepted {
            line.accepted();
        }
        let call = Call::new(line.shared.clone());
        self.shared.port.emit(SessionEvent::Incoming(call));
    }

    async fn effect(&mut self, id: CallId, party: Party, effect: Effect) {
        match effect {
            Effect::Send(signal) => self.send_signal(&id, &party, signal),
            Effect::StartPeer { offerer, polite } => self.start_peer(&id, offerer, polite).await,
            Effect::RestartIce => {
                if let Some(line) = self.calls.get(&id) {
                    line.restart_ice();
                }
            }
            Effect::ReleaseMedia => {
                if let Some(line) = self.calls.get_mut(&id) {
                    line.release_media();
                }
            }
            Effect::StartTimer(timer, after) => self.timers.start(id, timer, Instant::now() + after),
            Effect::CancelTimer(timer) => self.timers.cancel(&id, timer),
            Effect::Notify(notice) => self.notify(&id, notice),
            Effect::ClosePeer => {
                if let Some(peer) = self.calls.get_mut(&id).and_then(Line::close_peer) {
                    self.tasks.spawn(async move { peer.close().await });
                }
            }
            Effect::Ended(ended) => {
                self.timers.forget(&id);
                if let Some(line) = self.calls.remove(&id) {
                    line.end(ended);
                }
            }
        }
    }

    async fn start_peer(&mut self, id: &CallId, offerer: bool, polite: bool) {
        let Some(line) = self.calls.get_mut(id) else { return };
        let mut events = match line.start_peer(&self.ice, &self.service_servers, offerer, polite).await {
            Ok(events) => events,
            Err(error) => {
                log::error!("no connection could be made: {error}");
                let input = match words::peer_error(&error) {
                    Input::Peer(input) => Input::Peer(input),
                    _ => Input::Host(HostInput::Failed),
                };
                return self.lines.input(&machine_id(id), input);
            }
        };
        let (call, forward, id) = (line.shared.clone(), self.peer_sender.clone(), id.clone());
        self.tasks.spawn(async move {
            while let Some(event) = events.recv().await {
                if !on_media_event(&call, &event) && forward.send((id.clone(), event)).await.is_err() {
                    return;
                }
            }
        });
    }

    fn notify(&mut self, id: &CallId, notice: Notice) {
        let Some(line) = self.calls.get_mut(id) else { return };
        match notice {
            Notice::State(state) => line.shared.set_state(state),
            Notice::RemoteRinging => line.shared.port.emit(CallEvent::RemoteRinging),
            Notice::RemoteMedia(media) => {
                let event =
                    CallEvent::RemoteMedia { audio: media.audio, video: media.video, screen: media.screen };
                line.shared.port.emit(event);
            }
            Notice::Connected => {
                line.connected();
                self.send_media_state(id);
            }
        }
    }

    fn send_media_state(&mut self, id: &CallId) {
        let Some(line) = self.calls.get(id) else { return };
        if line.peer_user.is_some() {
            let state = line.media_state();
            self.send_to(id, Message::MediaState(state));
        }
    }

    fn send_signal(&mut self, id: &CallId, party: &Party, signal: Signal) {
        let room = match party {
            Party::Room { room, .. } => Some(RoomId(room.0.clone())),
            Party::Peer(_) => None,
        };
        let wire_id = self.calls.get(id).map_or_else(|| id.clone(), |line| line.wire_id.clone());
        let to_room = matches!(signal, Signal::Join | Signal::Leave);
        let Some(message) = words::to_message(signal, wire_id, room) else { return };
        let mut envelope = Envelope::from(message);
        if !to_room {
            envelope.to = party.peer().map(|peer| UserId(peer.0.clone()));
            envelope.to_device = self.calls.get(id).and_then(|line| line.peer_device.clone());
        }
        self.send(envelope);
    }

    fn send_to(&mut self, id: &CallId, message: Message) {
        let Some(line) = self.calls.get(id) else { return };
        let mut envelope = Envelope::from(message);
        envelope.to = line.peer_user.clone();
        envelope.to_device = line.peer_device.clone();
        self.send(envelope);
    }

    fn send(&mut self, mut envelope: Envelope) {
        match &self.link {
            Link::Service { sender: Some(sender), .. } => {
                if let Err(error) = sender.try_send(envelope) {
                    log::error!("a signaling message was not taken: {error}");
                }
            }
            Link::Service { sender: None, .. } => {}
            Link::Custom(port) => {
                envelope.from = Some(self.user.clone());
                match duet_signal::encode(&envelope) {
                    Ok(text) => port.emit(text),
                    Err(error) => log::error!("a signaling message was not sent: {error}"),
                }
            }
        }
    }
}

/// The same id in the machine's type.
fn machine_id(id: &CallId) -> duet_call::CallId {
    duet_call::CallId(id.0.clone())
}
