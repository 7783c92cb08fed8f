use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use duet_call::CallState;
use duet_signal::dialect::{Dialect, Feature};
use duet_signal::message::{CallId, MediaKinds, RoomId, UserId};
use duet_signal::{MAX_MESSAGE_BYTES, WireError};
use tokio::sync::{Notify, mpsc};

use crate::Error;
use crate::call::{Call, CallShared, Origin};
use crate::config::{CallOptions, CustomConfig, IceConfig, SessionConfig, check_id, check_user};
use crate::driver::{
    Actor, Command, EventPort, Events, Expected, Link, Next, Platform, Pump, Subscription, patience,
};
use crate::transport::{LinkEvents, LinkSender};

/// Requests of the host waiting for the session; far more than any host has calls.
const COMMANDS: usize = 256;

/// One user's presence at a signaling service, and the calls made over it. Cheap to clone; any
/// thread. Keep it as long as its calls: dropping the last clone does what [`Session::close`] does.
#[derive(Clone)]
pub struct Session {
    shared: Arc<SessionShared>,
    owner: Arc<Owner>,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Not connected yet.
    Connecting,
    /// Connected: can ring and be rung. Custom sessions are always connected.
    Connected,
    /// The connection broke and is being made anew; calls go on.
    Reconnecting,
    /// Over.
    Closed,
}

/// What a session tells its host.
#[derive(Clone, Debug)]
pub enum SessionEvent {
    /// The session is in another state.
    State(SessionState),
    /// Somebody rings. Subscribe to the call's events, then accept or decline it; a call whose last
    /// clone is dropped is declined. A call that is not [`CallState::Incoming`](crate::CallState) any more
    /// took the place of one of ours with that person, because both rang at once or they rang anew: it is
    /// accepted already, keep it instead.
    Incoming(Call),
    /// The service is gone for good, and the session with it: nobody can ring or be rung any more. Calls
    /// that are connected go on until they are hung up.
    Failed(Error),
}

/// The part of a session that handles, the engine and the actor share.
pub(crate) struct SessionShared {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) port: Arc<EventPort<SessionEvent>>,
    state: Mutex<SessionState>,
    /// The host wants no more: its calls are hung up. A session that only failed keeps them.
    closing: AtomicBool,
    user: Mutex<UserId>,
    pub(crate) dialect: Dialect,
    custom: bool,
    pub(crate) platform: Platform,
}

/// Closes the session with its last handle.
struct Owner {
    shared: Arc<SessionShared>,
    /// For a host that waits; with the handles, since calls in it hold the shared part.
    waited: OnceLock<Events<SessionEvent>>,
}

/// What a new session is made of.
pub(crate) struct Setup {
    pub(crate) user: UserId,
    pub(crate) dialect: Dialect,
    pub(crate) ice: IceConfig,
    pub(crate) incoming: CallOptions,
    pub(crate) calls: duet_call::Config,
    pub(crate) link: Link,
}

impl Setup {
    pub(crate) fn service(
        config: SessionConfig,
        sender: LinkSender,
        events: LinkEvents,
        network: Arc<Notify>,
    ) -> Result<Self, Error> {
        Ok(Setup {
            calls: config.call_config(),
            user: config.user,
            dialect: config.dialect,
            ice: config.ice,
            incoming: config.incoming.resolved()?,
            link: Link::Service { sender: Some(sender), events, network },
        })
    }

    pub(crate) fn custom(
        config: CustomConfig,
        pump: Pump,
        send: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        check_user(&config.user)?;
        let port = EventPort::new(pump);
        port.subscribe(send).detach();
        let incoming = config.incoming.resolved()?;
        let CustomConfig { user, ice, calls, .. } = config;
        Ok(Setup { user, dialect: Dialect::Duet, ice, incoming, calls, link: Link::Custom(port) })
    }
}

impl Session {
    pub(crate) fn start(setup: Setup, pump: &Pump, platform: Platform) -> (Self, Actor) {
        let (commands, receiver) = mpsc::channel(COMMANDS);
        let custom = matches!(setup.link, Link::Custom(_));
        let state = if custom { SessionState::Connected } else { SessionState::Connecting };
        let shared = Arc::new(SessionShared {
            commands,
            port: EventPort::new(pump.clone()),
            state: Mutex::new(state),
            closing: AtomicBool::new(false),
            user: Mutex::new(setup.user.clone()),
            dialect: setup.dialect,
            custom,
            platform,
        });
        let actor = Actor::new(setup, shared.clone(), receiver);
        let owner = Owner { shared: shared.clone(), waited: OnceLock::new() };
        (Session { owner: Arc::new(owner), shared }, actor)
    }

    /// Who we are. Where the service gives the name, it is empty until the session is connected.
    pub fn user(&self) -> UserId {
        self.shared.user.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Which system this session talks to.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// Where the session stands.
    pub fn state(&self) -> SessionState {
        *self.shared.state()
    }

    /// Rings `to`, whatever that is in the session's [`Dialect`]. The call's events tell how it goes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::Codec`], [`Error::Unsupported`], [`Error::Closed`] or
    /// [`Error::Overloaded`].
    pub fn ring(&self, to: impl Into<UserId>, options: CallOptions) -> Result<Call, Error> {
        self.shared.dialect.require(Feature::Ring)?;
        let to = to.into();
        check_user(&to)?;
        self.place(Origin::Ring(to), options)
    }

    /// Enters a room of two and waits there for the other one.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::Codec`], [`Error::Unsupported`], [`Error::Closed`] or
    /// [`Error::Overloaded`]; custom sessions have no rooms.
    pub fn join(&self, room: impl Into<RoomId>, options: CallOptions) -> Result<Call, Error> {
        self.shared.dialect.require(Feature::Room)?;
        let room = room.into();
        check_id("a room name", room.as_str())?;
        if self.shared.custom {
            return Err(Error::InvalidArgument("a custom session has no rooms; ring instead".into()));
        }
        self.place(Origin::Room(room), options)
    }

    /// A push message says that `from` rings here as `call`: the call is there at once, even before the
    /// session is connected ([`SessionEvent::Incoming`]), and may be accepted or declined; the answer
    /// leaves when it can. It ends if the invite itself does not come within `expires_in`. Of a call that is
    /// known already it does nothing.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`], [`Error::Unsupported`], [`Error::Closed`] or [`Error::Overloaded`].
    pub fn expect_call(
        &self,
        call: CallId,
        from: impl Into<UserId>,
        media: MediaKinds,
        expires_in: Duration,
    ) -> Result<(), Error> {
        self.shared.dialect.require(Feature::Push)?;
        let from = from.into();
        check_user(&from)?;
        check_id("a call id", call.as_str())?;
        self.shared.command(Command::Expect(Box::new(Expected { call, from, media, expires_in })))
    }

    /// Hands in a message that the other side's custom session gave out.
    ///
    /// # Errors
    /// [`Error::Message`] when it is not one, [`Error::Closed`] or [`Error::Overloaded`];
    /// [`Error::InvalidArgument`] when this is not a custom session. The call goes on.
    pub fn deliver(&self, message: &str) -> Result<(), Error> {
        if !self.shared.custom {
            return Err(Error::InvalidArgument("only a custom session takes messages in".into()));
        }
        if message.len() > MAX_MESSAGE_BYTES {
            return Err(WireError::TooLarge(message.len()).into());
        }
        let envelope = duet_signal::decode(message)?;
        self.shared.command(Command::Deliver(Box::new(envelope)))
    }

    /// Calls `handler` for every event, in order, on the engine's event thread, until the
    /// subscription is dropped. Events before the first subscription wait for it.
    pub fn on_event(&self, handler: impl Fn(SessionEvent) + Send + Sync + 'static) -> Subscription {
        self.shared.port.subscribe(handler)
    }

    /// What a handler would be told, for a thread that waits: one event after the other, and the end with the
    /// session's.
    pub fn events(&self) -> Events<SessionEvent> {
        Events::new(|_| false, |handler| self.on_event(handler))
    }

    /// Waits until somebody rings, for `timeout` at most; `None` if nobody did. For a host that takes no
    /// events and has a thread to wait on, which is not the executor's; inside a handler it does not wait. From
    /// the first wait on, calls that come between two waits are kept for the next one, ring until they are taken
    /// or their caller gives up, and no event waits for [`Session::on_event`] any more.
    ///
    /// # Errors
    /// Why the session failed ([`SessionEvent::Failed`]), or [`Error::Closed`].
    pub fn wait_call(&self, timeout: Duration) -> Result<Option<Call>, Error> {
        let events = self.owner.waited.get_or_init(|| self.events());
        let (start, timeout) = (Instant::now(), patience(timeout));
        loop {
            match events.next_within(timeout.saturating_sub(start.elapsed())) {
                // Its caller gave up between two waits.
                Next::Event(SessionEvent::Incoming(call)) if call.state() == CallState::Ended => {}
                Next::Event(SessionEvent::Incoming(call)) => return Ok(Some(call)),
                Next::Event(SessionEvent::Failed(error)) => return Err(error),
                Next::Event(SessionEvent::State(_)) => {}
                Next::Over => return Err(Error::Closed("the session")),
                Next::TimedOut => return Ok(None),
            }
        }
    }

    /// Hangs up every call and leaves the service. Idempotent; returns at once.
    pub fn close(&self) {
        self.shared.close();
    }

    pub(crate) fn downgrade(&self) -> Weak<SessionShared> {
        Arc::downgrade(&self.shared)
    }

    fn place(&self, origin: Origin, options: CallOptions) -> Result<Call, Error> {
        let options = options.resolved()?;
        let id = CallId(format!("{:032x}", self.shared.platform.chance.number()));
        let call = CallShared::new(id, origin, options, self.shared.clone());
        let handle = Call::new(call.clone());
        self.shared.command(Command::Place(call))?;
        Ok(handle)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl SessionShared {
    /// Hands a request to the actor without waiting.
    pub(crate) fn command(&self, command: Command) -> Result<(), Error> {
        if self.is_closed() {
            return Err(Error::Closed("the session"));
        }
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Overloaded,
            mpsc::error::TrySendError::Closed(_) => Error::Closed("the session"),
        })
    }

    pub(crate) fn network_changed(&self) {
        // overflow: with so many requests waiting, the calls are busy finding their paths already.
        let _ = self.command(Command::NetworkChanged);
    }

    pub(crate) fn device(&self, news: duet_call::DeviceNews) -> Result<(), Error> {
        self.command(Command::Device(news))
    }

    pub(crate) fn close(&self) {
        if !self.closing.swap(true, Ordering::AcqRel) {
            self.set_state(SessionState::Closed);
            // overflow: the actor looks at the flag after every request.
            let _ = self.commands.try_send(Command::Wake);
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Moves to another state, unless closed. Closed is the last event.
    pub(crate) fn set_state(&self, next: SessionState) {
        let mut state = self.state();
        if *state == next || *state == SessionState::Closed {
            return;
        }
        *state = next;
        // Under the lock, so that events come in the order of the states; nothing is called back here.
        match next {
            SessionState::Closed => self.port.emit_last(SessionEvent::State(next)),
            SessionState::Connecting | SessionState::Connected | SessionState::Reconnecting => {
                self.port.emit(SessionEvent::State(next));
            }
        }
    }

    /// The service has named us.
    pub(crate) fn set_user(&self, user: UserId) {
        *self.user.lock().unwrap_or_else(PoisonError::into_inner) = user;
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self.state() == SessionState::Closed
    }

    fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
