//! Sessions that poll: what they are between two requests.
//!
//! A session has a task that asks for signs of life and ends it when none come. Requests take turns
//! with it under a lock. When the session goes on over a WebSocket, its parts move to the task of that
//! socket; what is left behind is empty and forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::packet::{PING, Version};
use super::{Parts, Wrong};
use crate::app::{App, stopped};
use crate::hub::Refusal;
use crate::intake::{Beat, check_size};
use crate::mailbox::{Mailbox, Over};
use crate::texts::Listener;

/// The sessions that poll, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Arc<Session>>>);

impl Sessions {
    pub(super) fn get(&self, sid: &str) -> Option<Arc<Session>> {
        self.lock().get(sid).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that polls, or did.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) version: Version,
    pub(super) mailbox: Arc<Mailbox>,
    sid: String,
    /// `None` once the session is over or goes on elsewhere.
    state: Mutex<Option<State>>,
    /// The state changed: its task has to look again.
    changed: Notify,
    /// A waiting poll is to be answered with nothing.
    released: Notify,
}

#[derive(Debug)]
struct State {
    parts: Parts,
    polling: bool,
    posting: bool,
    /// A WebSocket is about to take over.
    probing: bool,
}

/// What a client's packets came to.
pub(super) enum Heard {
    /// All were taken in; from then on the client may send again, if it has to wait.
    All(Option<Instant>),
    /// The client said that it leaves.
    Goodbye,
    /// The session is over.
    Over,
}

impl Session {
    /// Starts a session and its task.
    pub(super) fn start(version: Version, parts: Parts, app: &Arc<App>) -> Arc<Session> {
        let session = Arc::new(Session {
            version,
            mailbox: Arc::clone(&parts.mailbox),
            sid: parts.sid.clone(),
            state: Mutex::new(Some(State { parts, polling: false, posting: false, probing: false })),
            changed: Notify::new(),
            released: Notify::new(),
        });
        app.sessions.lock().insert(session.sid.clone(), Arc::clone(&session));
        tokio::spawn(keep(Arc::clone(&session), Arc::clone(app)));
        session
    }

    /// Ends the session; those who share rooms with the client are told.
    pub(super) fn end(&self, app: &App) {
        let state = self.lock().take();
        if state.is_some() {
            app.sessions.lock().remove(&self.sid);
            self.mailbox.finish(Over::Told);
            self.changed.notify_one();
        }
    }

    /// Begins a poll. Says whether it has to be answered at once because a WebSocket takes over.
    pub(super) fn begin_poll(&self, app: &App) -> Result<bool, Wrong> {
        self.begin(app, |state| &mut state.polling).map(|state| state.probing)
    }

    /// Begins a post.
    pub(super) fn begin_post(&self, app: &App) -> Result<(), Wrong> {
        self.begin(app, |state| &mut state.posting).map(drop)
    }

    pub(super) fn end_poll(&self) {
        if let Some(state) = &mut *self.lock() {
            state.polling = false;
        }
    }

    pub(super) fn end_post(&self) {
        if let Some(state) = &mut *self.lock() {
            state.posting = false;
        }
    }

    /// Waits until a poll has to be answered with nothing.
    pub(super) async fn released(&self) {
        self.released.notified().await;
    }

    /// A WebSocket asks to take over: polls are answered at once from now on.
    pub(super) fn begin_probe(&self) -> bool {
        let mut state = self.lock();
        let Some(state) = state.as_mut().filter(|state| !state.probing) else { return false };
        state.probing = true;
        self.released.notify_one();
        true
    }

    /// It does not take over.
    pub(super) fn end_probe(&self) {
        if let Some(state) = &mut *self.lock() {
            state.probing = false;
        }
    }

    /// It takes over: hands it the parts, once.
    pub(super) fn take(&self, app: &App) -> Option<Parts> {
        let state = self.lock().take()?;
        app.sessions.lock().remove(&self.sid);
        self.changed.notify_one();
        self.released.notify_one();
        Some(state.parts)
    }

    /// Takes in packets of a post.
    pub(super) fn hear(&self, packets: &[&str], app: &App) -> Heard {
        let mut locked = self.lock();
        let Some(State { parts: Parts { client, intake, mailbox, .. }, .. }) = &mut *locked else {
            return Heard::Over;
        };
        let mut wait = None;
        for packet in packets {
            let heard = check_size(packet.len()).and_then(|()| client.hear(&Utf8Bytes::from(*packet)));
            let (until, too_fast) = intake.count(Instant::now());
            wait = until;
            for refusal in [heard.err(), too_fast].into_iter().flatten() {
                app.counters.refused(client.dialect(), &refusal);
                if let Some(text) = client.refusal(&refusal) {
                    mailbox.post(text);
                }
                if intake.is_last_straw(&refusal) {
                    mailbox.finish(Over::Told);
                    return Heard::Over;
                }
            }
            match mailbox.why_over() {
                None => {}
                Some(Over::Told) => return Heard::Goodbye,
                Some(_) => return Heard::Over,
            }
        }
        // Its task waits for the silence that was meant before.
        self.changed.notify_one();
        Heard::All(wait)
    }

    /// Counts a body that could not be read at all; it is the end of the session.
    pub(super) fn refuse(&self, refusal: &Refusal, app: &App) {
        app.counters.refused("socket.io", refusal);
        self.end(app);
    }

    fn begin(&self, app: &App, flag: impl Fn(&mut State) -> &mut bool) -> Result<Began, Wrong> {
        let mut locked = self.lock();
        let Some(state) = &mut *locked else { return Err(Wrong::Session) };
        let began = Began { probing: state.probing };
        if !std::mem::replace(flag(state), true) {
            return Ok(began);
        }
        // Two at a time are two clients, or one that is confused: what is whose cannot be told.
        drop(locked);
        self.end(app);
        Err(Wrong::Request)
    }

    /// When its task has something to do; `None` when it is over or goes on elsewhere.
    fn due(&self) -> Option<Instant> {
        let locked = self.lock();
        let parts = &locked.as_ref()?.parts;
        let due = parts.intake.pulse.due();
        Some(parts.client.must_act_by().map_or(due, |by| by.min(due)))
    }

    /// Whether the session goes on after this much time.
    fn on_time(&self, now: Instant) -> bool {
        let mut locked = self.lock();
        let Some(State { parts, .. }) = &mut *locked else { return true };
        if parts.client.must_act_by().is_some_and(|by| by <= now) {
            return false;
        }
        match parts.intake.pulse.beat(now) {
            Beat::Nothing => true,
            Beat::Silent => false,
            Beat::Ping => {
                parts.mailbox.post(PING);
                true
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Began {
    probing: bool,
}

/// A session's task.
async fn keep(session: Arc<Session>, app: Arc<App>) {
    let mut stopping = app.stopping.subscribe();
    while let Some(due) = session.due() {
        tokio::select! {
            () = sleep_until(due) => {
                if !session.on_time(Instant::now()) {
                    log::debug!("socket.io: a client that polls went silent");
                    break;
                }
            }
            why = session.mailbox.over() => {
                app.counters.over("socket.io", why);
                break;
            }
            () = session.changed.notified() => {}
            () = stopped(&mut stopping) => break,
        }
    }
    session.end(&app);
}
