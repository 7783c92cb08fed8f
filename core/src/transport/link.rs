//! What every link does whatever its dialect: connects, connects again, and reports what became of it.

use std::sync::Arc;
use std::time::Duration;

use duet_signal::Envelope;
use duet_signal::message::IceServer;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep};

use super::backoff::{Backoff, FIRST_CONNECT_MS, RECONNECT_MS};
use super::socket::Failure;
use super::{LinkEvent, LinkEvents, LinkSender, QUEUE, STABLE};
use crate::driver::Platform;
use crate::{Error, SessionConfig};

/// A dialect's half of a link.
pub(super) trait Service: Send + 'static {
    /// Makes one connection, says so by [`Link::up`] once the service has let us in, and serves it to its end.
    fn attempt(&mut self, link: &mut Link) -> impl Future<Output = Stop> + Send;

    /// Takes in what is said while there is no connection.
    fn keep(&mut self, envelope: Envelope) -> Option<Stop>;
}

/// Why one connection came to its end.
pub(super) enum Stop {
    /// The host closed the session.
    Closed,
    /// The connection broke; another may work.
    Broken(String),
    /// Trying again is of no use.
    Fatal(Error),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unauthorized(reason) => Stop::Fatal(Error::Unauthorized(reason)),
            Failure::Other(reason) => Stop::Broken(reason),
        }
    }
}

/// The half of a link that all dialects share.
pub(super) struct Link {
    pub(super) config: SessionConfig,
    pub(super) platform: Platform,
    pub(super) outgoing: mpsc::Receiver<Envelope>,
    /// The device's network changed: the connection there is may be dead without knowing.
    pub(super) network: Arc<Notify>,
    events: mpsc::Sender<LinkEvent>,
    ever_up: bool,
    /// When the service let us in, in the present attempt.
    since: Option<Instant>,
}

impl Link {
    /// A link, and what its session holds of it.
    pub(super) fn new(
        config: &SessionConfig,
        platform: Platform,
    ) -> (Self, (LinkSender, LinkEvents, Arc<Notify>)) {
        let network = Arc::new(Notify::new());
        let (sender, outgoing) = mpsc::channel(QUEUE);
        let (events, receiver) = mpsc::channel(QUEUE);
        let session = (sender, receiver, network.clone());
        let config = config.clone();
        (Link { config, platform, outgoing, network, events, ever_up: false, since: None }, session)
    }

    /// Lives until the session drops its sender, or there is no hope left.
    pub(super) async fn run(mut self, mut service: impl Service) {
        let error = match self.attempts(&mut service).await {
            Stop::Closed => return,
            Stop::Broken(reason) => Error::Unreachable { url: self.config.url.clone(), reason },
            Stop::Fatal(error) => error,
        };
        // overflow: nobody listens any more, nobody needs to know.
        let _ = self.events.send(LinkEvent::Failed(error)).await;
    }

    /// Tells the session that the service has let us in; `enter_again` as in [`LinkEvent::Restored`].
    pub(super) async fn up(&mut self, enter_again: bool, ice_servers: Vec<IceServer>) -> Result<(), Stop> {
        self.since = Some(Instant::now());
        self.tell(if self.ever_up {
            LinkEvent::Restored { enter_again, ice_servers }
        } else {
            LinkEvent::Up { ice_servers }
        })
        .await
    }

    /// Reports to the session; a session that is gone has closed the link.
    pub(super) async fn tell(&self, event: LinkEvent) -> Result<(), Stop> {
        self.events.send(event).await.map_err(|_| Stop::Closed)
    }

    async fn attempts(&mut self, service: &mut impl Service) -> Stop {
        let mut backoff = Backoff::new(FIRST_CONNECT_MS);
        let mut last_reason = String::from("no attempt was made");
        while let Some(wait) = backoff.next(self.platform.chance.share()) {
            if let Some(stop) = self.pause(service, wait).await {
                return stop;
            }
            last_reason = match service.attempt(self).await {
                Stop::Broken(reason) => reason,
                stop => return stop,
            };
            let Some(since) = self.since.take() else {
                log::debug!("signaling attempt failed: {last_reason}");
                continue;
            };
            log::info!("signaling connection lost: {last_reason}");
            // A service that drops us right after its welcome is not asked in vain for ever.
            if !std::mem::replace(&mut self.ever_up, true) || since.elapsed() > STABLE {
                backoff = Backoff::new(RECONNECT_MS);
            }
            if let Err(stop) = self.tell(LinkEvent::Lost).await {
                return stop;
            }
        }
        Stop::Broken(last_reason)
    }

    /// Waits, still taking messages in.
    async fn pause(&mut self, service: &mut impl Service, wait: Duration) -> Option<Stop> {
        let done = sleep(wait);
        tokio::pin!(done);
        loop {
            tokio::select! {
                biased;
                () = &mut done => return None,
                () = self.network.notified() => return None,
                message = self.outgoing.recv() => match message {
                    Some(envelope) => if let Some(stop) = service.keep(envelope) { return Some(stop) },
                    None => return Some(Stop::Closed),
                },
            }
        }
    }
}
