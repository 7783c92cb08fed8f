//! One task per session: feeds the call machine, carries out what it asks for.
//!
//! Invariant: every decision about a call is the machine's ([`duet_call::Lines`]); this file only
//! translates. `inbound` takes in what the wire says, `effects` does what the machine asks for.

mod effects;
mod inbound;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use duet_call::{
    CallState, DeviceNews, EndReason, EndedBy, Facts, Input, Lines, PeerName, Phase, Placed, RoomName,
    Sender, UserInput, Wish,
};
use duet_signal::Envelope;
use duet_signal::message::{CallId, IceServer, MediaKinds, UserId};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::EventPort;
use super::line::Line;
use super::timers::Timers;
use super::words;
use crate::call::{Answer, CallShared, Origin};
use crate::config::{CallOptions, IceConfig};
use crate::peer::PeerEvent;
use crate::session::{SessionShared, Setup};
use crate::transport::{LinkEvent, LinkEvents, LinkSender};

/// Events of all connections of a session waiting for the actor.
const PEER_EVENTS: usize = 256;
/// How long a closing session may take to close its connections.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(800);

/// What a host asks of a session.
pub(crate) enum Command {
    /// Ring, or join a room, as the call's origin says.
    Place(Arc<CallShared>),
    Talk(CallId, Wish),
    /// A push message announced a call.
    Expect(Box<Expected>),
    Device(DeviceNews),
    /// A message the host carried.
    Deliver(Box<Envelope>),
    NetworkChanged,
    /// Look at the flags: answers, hang-ups, sources and closing are never refused for a full queue.
    Wake,
}

/// A call announced by a push message.
pub(crate) struct Expected {
    pub(crate) call: CallId,
    pub(crate) from: UserId,
    pub(crate) media: MediaKinds,
    pub(crate) expires_in: Duration,
}

/// Where a session's messages go and come from.
pub(crate) enum Link {
    Service {
        sender: Option<LinkSender>,
        events: LinkEvents,
        network: Arc<Notify>,
    },
    Custom(Arc<EventPort<String>>),
    /// The service is gone for good.
    Gone,
}

pub(crate) struct Actor {
    shared: Arc<SessionShared>,
    user: UserId,
    ice: IceConfig,
    /// What incoming calls are set up with.
    options: CallOptions,
    service_servers: Vec<IceServer>,
    link: Link,
    lines: Lines,
    /// In the order of their ids, so that the same happenings always have the same consequences.
    calls: BTreeMap<CallId, Line>,
    timers: Timers,
    commands: mpsc::Receiver<Command>,
    peer_events: mpsc::Receiver<PeerNews>,
    peer_sender: mpsc::Sender<PeerNews>,
    /// Forwarders and closing connections.
    tasks: JoinSet<()>,
    /// Calls wait for the service: its welcome brings the TURN servers.
    ready: bool,
    waiting: Vec<Arc<CallShared>>,
    /// The network changed, and signaling has not been back since: paths are sought again then.
    network_changed: bool,
}

/// What a connection of a call says.
struct PeerNews {
    call: CallId,
    /// Which of the call's connections, see [`Line::is_current`].
    connection: u32,
    event: PeerEvent,
}

enum Wakeup {
    Command(Option<Command>),
    Link(Option<LinkEvent>),
    Peer(PeerNews),
    Timer,
}

impl Actor {
    pub(crate) fn new(setup: Setup, shared: Arc<SessionShared>, commands: mpsc::Receiver<Command>) -> Self {
        let (peer_sender, peer_events) = mpsc::channel(PEER_EVENTS);
        let ready = matches!(setup.link, Link::Custom(_));
        Actor {
            shared,
            user: setup.user,
            ice: setup.ice,
            options: setup.incoming,
            service_servers: Vec::new(),
            link: setup.link,
            lines: Lines::new(setup.calls),
            calls: BTreeMap::new(),
            timers: Timers::default(),
            commands,
            peer_events,
            peer_sender,
            tasks: JoinSet::new(),
            ready,
            waiting: Vec::new(),
            network_changed: false,
        }
    }

    /// Lives until the session is closed, by the host or by the service, and every call with it.
    pub(crate) async fn run(mut self) {
        loop {
            match self.next().await {
                Wakeup::Command(Some(command)) => self.on_command(command),
                Wakeup::Command(None) => self.shared.close(),
                Wakeup::Link(Some(event)) => self.on_link(event),
                Wakeup::Link(None) => {
                    self.link_failed(crate::Error::Internal("the signaling task ended".into()));
                }
                Wakeup::Peer(news) => self.on_peer(news),
                Wakeup::Timer => {
                    // One at a time: what the first brings about may cancel the next.
                    if let Some((call, timer)) = self.timers.take_due(Instant::now()) {
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
        self.end_unplaced();
        let (link, tasks) = (&mut self.link, &mut self.tasks);
        let close = async {
            if let Link::Service { sender, events, .. } = link {
                // The link sends what is queued, says goodbye, and ends.
                *sender = None;
                while events.recv().await.is_some() {}
            }
            while tasks.join_next().await.is_some() {}
        };
        if timeout(CLOSE_TIMEOUT, close).await.is_err() {
            log::warn!("a connection did not close in time");
        }
    }

    /// Calls placed while the session ended never began.
    fn end_unplaced(&mut self) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Place(call) = command {
                self.waiting.push(call);
            }
        }
        for call in self.waiting.drain(..) {
            end_unmade(call, EndedBy::System, EndReason::SignalingLost);
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
                Link::Custom(_) | Link::Gone => std::future::pending().await,
            }
        };
        tokio::select! {
            // In a fixed order, so that the same happenings have the same consequences. Timers cannot be
            // many; what others can flood comes last.
            biased;
            () = timer => Wakeup::Timer,
            command = self.commands.recv() => Wakeup::Command(command),
            Some(news) = self.peer_events.recv() => Wakeup::Peer(news),
            event = link => Wakeup::Link(event),
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Place(call) if self.ready => self.place(call),
            Command::Place(call) if self.waiting.len() < duet_call::MAX_CALLS => self.waiting.push(call),
            Command::Place(call) => end_unmade(call, EndedBy::System, EndReason::Refused),
            Command::Talk(id, wish) => self.lines.input(&machine_id(&id), Input::User(UserInput::Talk(wish))),
            Command::Expect(expected) => {
                let Expected { call, from, media, expires_in } = *expected;
                let sender = Sender { peer: PeerName(from.0.clone()), device: None };
                self.lines.push(&sender, &machine_id(&call), words::from_wire(media), expires_in);
                self.incoming(&call, from, media);
            }
            Command::Device(news) => self.lines.device(news),
            Command::Deliver(envelope) => self.on_envelope(*envelope),
            Command::NetworkChanged => {
                if let Link::Service { network, .. } = &self.link {
                    // Its connection may be dead without knowing.
                    network.notify_one();
                    self.network_changed = true;
                }
                self.lines.network_changed();
            }
            Command::Wake => {}
        }
    }

    fn place(&mut self, call: Arc<CallShared>) {
        let id = machine_id(&call.id);
        let media = words::from_wire(call.options.media());
        let placed = match &call.origin {
            Origin::Ring(to) => {
                let peer = PeerName(to.0.clone());
                self.calls.insert(call.id.clone(), Line::new(call.clone()));
                self.lines.ring(id, peer, media)
            }
            Origin::Room(room) => {
                self.calls.insert(call.id.clone(), Line::new(call.clone()));
                self.lines.join(id, RoomName(room.0.clone()), media).map(|()| Placed::Ringing)
            }
            Origin::Incoming(..) => return,
        };
        let reason = match placed {
            Ok(Placed::Ringing) => return self.tell_screen(&call.id),
            Ok(Placed::Answered(theirs)) => {
                let CallOptions { fps, screen, .. } = call.options;
                if let Some(line) = self.calls.get_mut(&CallId(theirs.0)) {
                    line.narrow(media, fps, screen);
                    line.accepted();
                }
                log::info!("both rang at once; the other one's call is answered");
                EndReason::GlareLost
            }
            Err(error) => {
                log::warn!("the call was not placed: {error}");
                EndReason::Refused
            }
        };
        if let Some(line) = self.calls.remove(&call.id) {
            line.end(duet_call::Ended {
                by: EndedBy::System,
                reason,
                phase: Phase::Ringing,
                facts: Facts::default(),
            });
        }
    }

    fn accept(&mut self, id: &CallId, options: CallOptions) {
        let Some(line) = self.calls.get_mut(id) else { return };
        if self.lines.get(&machine_id(id)).map(duet_call::Call::state) != Some(CallState::Incoming) {
            return;
        }
        let media = words::from_wire(options.media());
        line.narrow(media, options.fps, options.screen);
        line.accepted();
        self.lines.input(&machine_id(id), Input::User(UserInput::Accept { media }));
        self.tell_screen(id);
    }

    /// The machine takes pictures for a camera's until it hears that they are a screen's.
    fn tell_screen(&mut self, id: &CallId) {
        let Some(sources) = self.calls.get(id).map(Line::sources).filter(|sources| sources.screen) else {
            return;
        };
        self.lines.input(&machine_id(id), Input::User(UserInput::SetMedia(sources)));
    }

    /// Answers, sources, hang-ups, and the end of the session.
    fn on_flags(&mut self) {
        if self.shared.is_closing() {
            self.lines.hang_up_all();
            for call in self.waiting.drain(..) {
                end_unmade(call, EndedBy::Local, EndReason::HangUp);
            }
            return;
        }
        let answered = |(id, line): (&CallId, &Line)| Some((id.clone(), line.shared.take_answer()?));
        let answers: Vec<(CallId, Answer)> = self.calls.iter().filter_map(answered).collect();
        for (id, answer) in answers {
            match answer {
                Answer::Accept(options) => self.accept(&id, options),
                Answer::Decline => self.lines.input(&machine_id(&id), Input::User(UserInput::Decline)),
            }
        }
        let (lines, waiting) = (&mut self.lines, &mut self.waiting);
        for (id, line) in &self.calls {
            if line.shared.take_media_changed() {
                lines.input(&machine_id(id), Input::User(UserInput::SetMedia(line.sources())));
            }
            if line.shared.hang_up_wanted() {
                lines.input(&machine_id(id), Input::User(UserInput::HangUp));
            }
        }
        waiting.retain(|call| {
            let keep = !call.hang_up_wanted();
            if !keep {
                end_unmade(call.clone(), EndedBy::Local, EndReason::HangUp);
            }
            keep
        });
    }
}

/// Ends a call that the machine never knew.
fn end_unmade(call: Arc<CallShared>, by: EndedBy, reason: EndReason) {
    let phase = match call.origin {
        Origin::Room(_) => Phase::Waiting,
        Origin::Ring(_) | Origin::Incoming(..) => Phase::Ringing,
    };
    Line::new(call).end(duet_call::Ended { by, reason, phase, facts: Facts::default() });
}

/// The same id in the machine's type.
fn machine_id(id: &CallId) -> duet_call::CallId {
    duet_call::CallId(id.0.clone())
}
