//! One user's presence at a signaling service, or over the host's own signaling.

use std::sync::Arc;

use duet_core::{MediaKinds, Session, SessionEvent, Subscription};

use super::call::NativeCall;
use super::config::CallOptions;
use super::duration::Duration;
use super::error::DuetError;
use super::events::{NativeFailure, NativeSessionEvent, SessionState};
use super::queue::{Events, events};

/// A session. Closes when freed.
#[derive(uniffi::Object)]
pub struct NativeSession {
    session: Session,
    events: Arc<NativeSessionEvents>,
}

/// What a session tells: apart from it, so that waiting for more does not keep a session that its host forgot.
#[derive(uniffi::Object)]
pub struct NativeSessionEvents {
    events: Events<NativeSessionEvent>,
    messages: Option<Events<String>>,
    _subscription: Subscription,
}

#[uniffi::export]
impl NativeSessionEvents {
    /// The next event; none after the last one.
    pub async fn next(&self) -> Option<NativeSessionEvent> {
        self.events.next().await
    }

    /// The next message for the other side; none after the last one, or if a service carries them.
    pub async fn next_message(&self) -> Option<String> {
        self.messages.as_ref()?.next().await
    }
}

impl NativeSession {
    pub(crate) fn new(session: Session, messages: Option<Events<String>>) -> Arc<Self> {
        let (sender, events) = events();
        let subscription = session.on_event(move |event| {
            sender.send(match event {
                SessionEvent::State(state) => NativeSessionEvent::State { state: state.into() },
                SessionEvent::Incoming(call) => NativeSessionEvent::Incoming { call: NativeCall::new(call) },
                SessionEvent::Failed(error) => {
                    NativeSessionEvent::Failed { error: Arc::new(NativeFailure(error)) }
                }
            });
        });
        let events = NativeSessionEvents { events, messages, _subscription: subscription };
        Arc::new(NativeSession { session, events: Arc::new(events) })
    }
}

#[uniffi::export]
impl NativeSession {
    /// What it tells.
    pub fn events(&self) -> Arc<NativeSessionEvents> {
        self.events.clone()
    }

    /// Hands in a message from the other side.
    pub fn deliver(&self, message: String) -> Result<(), DuetError> {
        Ok(self.session.deliver(&message)?)
    }

    /// Where the session stands.
    pub fn state(&self) -> SessionState {
        self.session.state().into()
    }

    /// Rings somebody.
    pub fn ring(&self, to: String, options: CallOptions) -> Result<Arc<NativeCall>, DuetError> {
        Ok(NativeCall::new(self.session.ring(to, options.into_core()?)?))
    }

    /// Enters a room of two.
    pub fn join(&self, room: String, options: CallOptions) -> Result<Arc<NativeCall>, DuetError> {
        Ok(NativeCall::new(self.session.join(room, options.into_core()?)?))
    }

    /// A push message says that somebody rings.
    pub fn expect_call(
        &self,
        id: String,
        from: String,
        audio: bool,
        video: bool,
        expires_in: Duration,
    ) -> Result<(), DuetError> {
        Ok(self.session.expect_call(id.into(), from, MediaKinds { audio, video }, expires_in.into())?)
    }

    /// Hangs up every call and leaves the service.
    pub fn shut_down(&self) {
        self.session.close();
    }
}
