use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use duet_call::DeviceNews;
use duet_media::Time;
use duet_signal::dialect::Dialect;

use crate::config::{CustomConfig, EngineConfig, SessionConfig, check_user};
use crate::driver::{Platform, Pump, Tasks, patience};
use crate::session::{Session, SessionShared};
use crate::{Error, clock};

/// The root of everything: threads, sessions and their calls. Cheap to clone; any thread.
///
/// One engine serves a whole app. Dropping the last clone does what [`Engine::close`] does.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Guard>,
}

/// Closes the engine with its last clone.
struct Guard(Arc<Inner>);

/// What sessions keep alive until their last message is out.
pub(crate) struct Inner {
    tasks: Tasks,
    pump: Pump,
    platform: Platform,
    sessions: Mutex<Sessions>,
    /// A session has said its last.
    said: Condvar,
}

#[derive(Default)]
struct Sessions {
    open: Vec<Weak<SessionShared>>,
    closed: bool,
    /// Sessions that have not said their last yet.
    speaking: usize,
}

/// What an engine has alive, for tests and diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive {
    /// Asynchronous tasks.
    pub tasks: usize,
    /// Sessions not yet closed.
    pub sessions: usize,
}

impl Engine {
    /// Starts the engine's threads. Nothing touches the network yet.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a bad configuration, [`Error::System`] when the system
    /// refuses a thread.
    pub fn new(config: EngineConfig) -> Result<Self, Error> {
        let tasks = Tasks::start(&config)?;
        let pump = Pump::start(config.executor)?;
        Ok(Self::over(tasks, pump, Platform::real()))
    }

    /// An engine that stands on these.
    pub(crate) fn over(tasks: Tasks, pump: Pump, platform: Platform) -> Self {
        let inner = Inner { tasks, pump, platform, sessions: Mutex::default(), said: Condvar::new() };
        Engine { inner: Arc::new(Guard(Arc::new(inner))) }
    }

    /// Opens a session to a signaling service. Returns at once; [`SessionEvent::State`] tells when it
    /// is connected, [`SessionEvent::Failed`] why it is not. Calls may be placed right away.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`], [`Error::InvalidArgument`] or [`Error::Closed`].
    ///
    /// [`SessionEvent::State`]: crate::SessionEvent::State
    /// [`SessionEvent::Failed`]: crate::SessionEvent::Failed
    pub fn session(&self, config: SessionConfig) -> Result<Session, Error> {
        if config.dialect != Dialect::PeerJs || !config.user.0.is_empty() {
            check_user(&config.user)?;
        }
        let inner = &self.inner.0;
        let platform = inner.platform.clone();
        let (sender, events, network) =
            crate::transport::open(&config, platform, |task| inner.tasks.spawn(task))?;
        self.start(crate::session::Setup::service(config, sender, events, network)?)
    }

    /// Opens a session whose messages the host carries: `send` is given every message for the other
    /// side, in order, on the engine's event thread; what comes from there goes into
    /// [`Session::deliver`]. The messages are opaque JSON texts of at most 64 KiB.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] or [`Error::Closed`].
    pub fn custom_session(
        &self,
        config: CustomConfig,
        send: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Session, Error> {
        check_user(&config.user)?;
        self.start(crate::session::Setup::custom(config, self.inner.0.pump.clone(), send)?)
    }

    /// Tells every call that the device's network changed (other Wi-Fi, cellular, VPN): paths are
    /// sought anew at once instead of after a time-out.
    pub fn network_changed(&self) {
        for session in self.open_sessions() {
            session.network_changed();
        }
    }

    /// Tells every call what happened to the device: a telephone call, lost audio focus, the app in the
    /// background, heat. Each has a defined effect on what is sent and played, and the other sides are
    /// told. Repetitions are harmless.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when a session's queue is full; say it again.
    pub fn device_news(&self, news: DeviceNews) -> Result<(), Error> {
        self.open_sessions().iter().try_for_each(|session| session.device(news))
    }

    /// Now, on the clock of every [`Time`] the engine hands out: monotonic; `CLOCK_MONOTONIC` on Linux
    /// and Android.
    pub fn now(&self) -> Time {
        clock::now()
    }

    /// Ends all calls and sessions; what can still be said to the other sides is said in the
    /// background. Idempotent, from any thread, even inside a callback; returns at once.
    pub fn close(&self) {
        self.inner.0.close();
    }

    /// Does what [`Engine::close`] does, and waits until the other sides have been told, at most for
    /// `timeout`; gives whether they all were. For a process that is about to end. Inside an event
    /// handler it does not wait; on the thread of the engine's executor it may wait for that thread's own tasks.
    pub fn close_and_wait(&self, timeout: Duration) -> bool {
        self.close();
        let inner = &self.inner.0;
        let speaking = |sessions: &mut Sessions| sessions.speaking > 0;
        let waited = inner.said.wait_timeout_while(inner.sessions(), patience(timeout), speaking);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// What is alive right now.
    pub fn alive(&self) -> Alive {
        Alive { tasks: self.inner.0.tasks.alive(), sessions: self.open_sessions().len() }
    }

    fn start(&self, setup: crate::session::Setup) -> Result<Session, Error> {
        let inner = &self.inner.0;
        let mut sessions = inner.sessions();
        if sessions.closed {
            return Err(Error::Closed("the engine"));
        }
        let (session, actor) = Session::start(setup, &inner.pump, inner.platform.clone());
        sessions.open.retain(|session| session.strong_count() > 0);
        sessions.open.push(session.downgrade());
        sessions.speaking += 1;
        drop(sessions);
        let keep_alive = inner.clone();
        inner.tasks.spawn(async move {
            actor.run().await;
            keep_alive.has_spoken();
        });
        Ok(session)
    }

    fn open_sessions(&self) -> Vec<Arc<SessionShared>> {
        let sessions = self.inner.0.sessions();
        sessions.open.iter().filter_map(Weak::upgrade).filter(|session| !session.is_closed()).collect()
    }
}

impl Inner {
    fn close(&self) {
        let open = {
            let mut sessions = self.sessions();
            sessions.closed = true;
            std::mem::take(&mut sessions.open)
        };
        for session in open.iter().filter_map(Weak::upgrade) {
            session.close();
        }
    }

    /// A session has said its last.
    fn has_spoken(&self) {
        self.sessions().speaking -= 1;
        self.said.notify_all();
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("alive", &self.alive()).finish()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.pump.stop();
    }
}
