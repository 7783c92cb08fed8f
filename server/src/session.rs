//! One session: who, what waits for them, and the connection it has just now.

use std::sync::{Arc, OnceLock};

use duet_signal::Envelope;
use duet_signal::message::{ErrorCode, RoomId, SessionToken, UserId};
use duet_signal::outbox::{self, Outbox};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::Limits;

/// A device's session; outlives its connections.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) token: SessionToken,
    pub(crate) outbox: Outbox<Queued>,
    pub(crate) rooms: Vec<RoomId>,
    /// The connection that serves it, or did last.
    pub(crate) link: Arc<Link>,
    /// False while the connection is lost.
    pub(crate) connected: bool,
}

impl Session {
    pub(crate) fn new(user: UserId, token: SessionToken, link: Arc<Link>, limits: &Limits) -> Self {
        let outbox_limits = outbox::Limits {
            messages: limits.outbox_messages,
            bytes: limits.outbox_bytes,
            ..outbox::Limits::default()
        };
        Session {
            user,
            token,
            outbox: Outbox::with_limits(outbox_limits),
            rooms: Vec::new(),
            link,
            connected: true,
        }
    }
}

/// A message on its way out, shared between all who get it.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) envelope: Arc<Envelope>,
    /// When it was queued: an invite's expiry counts from here.
    pub(crate) at: Instant,
}

/// How the hub reaches the task that serves a connection.
#[derive(Debug, Default)]
pub(crate) struct Link {
    wake: Notify,
    over: Notify,
    why: OnceLock<ErrorCode>,
}

impl Link {
    /// There is something to send.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// The connection no longer has the session, and why.
    pub(crate) fn end(&self, why: ErrorCode) {
        // The first reason stays: what follows from it is no news.
        let _ = self.why.set(why);
        self.wake.notify_one();
        self.over.notify_one();
    }

    /// Waits until there may be something to send. One waiter; safe to cancel.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Waits until the connection lost the session. One waiter; safe to cancel.
    pub(crate) async fn over(&self) {
        self.over.notified().await;
    }

    /// Why the connection lost the session, if it did.
    pub(crate) fn why(&self) -> Option<ErrorCode> {
        self.why.get().copied()
    }
}
