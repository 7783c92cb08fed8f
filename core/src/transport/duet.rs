//! The `duet` dialect over a WebSocket: hello, numbering, acknowledgement, resume.

use std::sync::Arc;
use std::time::Duration;

use duet_signal::message::{
    DeviceId, ErrorCode, ErrorInfo, Hello, PROTOCOL_VERSION, Resume, SessionToken, VersionRange, Welcome,
};
use duet_signal::outbox::{Accepted, Outbox};
use duet_signal::{Envelope, MAX_MESSAGE_BYTES, Message, decode, encode, encode_numbered};
use futures_util::StreamExt;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::backoff::{Backoff, FIRST_CONNECT_MS, RECONNECT_MS};
use super::socket::{self, Failure, Socket};
use super::{CLOSE_TIMEOUT, CONNECT_TIMEOUT, IDLE_TIMEOUT, STABLE};
use super::{LinkEvent, LinkEvents, LinkSender, QUEUE};
use crate::driver::Platform;
use crate::{Error, SessionConfig};

/// An acknowledgement waits this long for a message to ride on.
const ACK_DELAY: Duration = Duration::from_millis(200);

/// Starts a link; it lives until the sender is dropped or it fails.
pub(super) fn open(
    config: &SessionConfig,
    endpoint: String,
    platform: Platform,
    spawn: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
) -> (LinkSender, LinkEvents, Arc<Notify>) {
    let network = Arc::new(Notify::new());
    let (sender, outgoing) = mpsc::channel(QUEUE);
    let (events, receiver) = mpsc::channel(QUEUE);
    let link = Link {
        endpoint,
        config: config.clone(),
        platform,
        outgoing,
        events,
        network: network.clone(),
        outbox: Outbox::new(),
        written: 0,
        session: None,
        ever_up: false,
    };
    spawn(Box::pin(link.run()));
    (sender, receiver, network)
}

struct Link {
    endpoint: String,
    config: SessionConfig,
    platform: Platform,
    outgoing: mpsc::Receiver<Envelope>,
    events: mpsc::Sender<LinkEvent>,
    /// The device's network changed: the connection there is may be dead without knowing.
    network: Arc<Notify>,
    outbox: Outbox<Envelope>,
    /// The highest number written to the present connection.
    written: u64,
    session: Option<(SessionToken, DeviceId)>,
    ever_up: bool,
}

/// Why one connection came to its end.
enum Stop {
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

impl Link {
    async fn run(mut self) {
        let error = match self.attempts().await {
            Stop::Closed => return,
            Stop::Broken(reason) => Error::Unreachable { url: self.config.url.clone(), reason },
            Stop::Fatal(error) => error,
        };
        // overflow: nobody listens any more, nobody needs to know.
        let _ = self.events.send(LinkEvent::Failed(error)).await;
    }

    async fn attempts(&mut self) -> Stop {
        let mut backoff = Backoff::new(FIRST_CONNECT_MS);
        let mut last_reason = String::from("no attempt was made");
        while let Some(wait) = backoff.next(self.platform.chance.share()) {
            if let Some(stop) = self.pause(wait).await {
                return stop;
            }
            let socket = match self.connect().await {
                Ok((socket, welcome)) => {
                    if !self.ever_up {
                        backoff = Backoff::new(RECONNECT_MS);
                    }
                    if let Some(stop) = self.on_welcome(welcome).await {
                        return stop;
                    }
                    socket
                }
                Err(Stop::Broken(reason)) => {
                    log::debug!("signaling attempt failed: {reason}");
                    last_reason = reason;
                    continue;
                }
                Err(stop) => return stop,
            };
            let since = Instant::now();
            let stop = self.serve(socket).await;
            // A service that drops us right after its welcome is not asked in vain for ever.
            if since.elapsed() > STABLE {
                backoff = Backoff::new(RECONNECT_MS);
            }
            match stop {
                Stop::Broken(reason) => {
                    log::info!("signaling connection lost: {reason}");
                    last_reason = reason;
                    if self.events.send(LinkEvent::Lost).await.is_err() {
                        return Stop::Closed;
                    }
                }
                stop => return stop,
            }
        }
        Stop::Broken(last_reason)
    }

    /// Waits, still taking messages in.
    async fn pause(&mut self, wait: Duration) -> Option<Stop> {
        let done = sleep(wait);
        tokio::pin!(done);
        loop {
            tokio::select! {
                biased;
                () = &mut done => return None,
                () = self.network.notified() => return None,
                message = self.outgoing.recv() => match message {
                    Some(envelope) => if let Some(stop) = self.keep(envelope) { return Some(stop) },
                    None => return Some(Stop::Closed),
                },
            }
        }
    }

    async fn connect(&mut self) -> Result<(Socket, Welcome), Stop> {
        let connecting =
            socket::open(&*self.platform.dialer, self.config.trust(), &*self.endpoint, MAX_MESSAGE_BYTES);
        let mut socket = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| Stop::Broken("no answer in time".into()))?
            .map_err(Stop::from)?;
        let hello = Message::Hello(Hello {
            versions: VersionRange { min: PROTOCOL_VERSION, max: PROTOCOL_VERSION },
            user: self.config.user.clone(),
            token: self.config.token.clone(),
            resume: self.session.clone().map(|(session, device)| Resume {
                session,
                received: self.outbox.received(),
                device: Some(device),
            }),
            capabilities: vec!["ring".into(), "room".into(), "early-offer".into()],
            agent: Some(concat!("duet/", env!("CARGO_PKG_VERSION")).into()),
        });
        write(&mut socket, &Envelope::from(hello)).await?;
        let answer = timeout(CONNECT_TIMEOUT, first_message(&mut socket))
            .await
            .map_err(|_| Stop::Broken("no welcome in time".into()))??;
        match answer {
            Message::Welcome(welcome) if welcome.version == PROTOCOL_VERSION => Ok((socket, welcome)),
            Message::Error(info) => Err(refused(info)),
            _ => Err(Stop::Fatal(Error::Protocol("it did not answer hello with welcome".into()))),
        }
    }

    async fn on_welcome(&mut self, welcome: Welcome) -> Option<Stop> {
        let resumed = welcome.resumed && self.outbox.can_resume(welcome.received);
        if resumed {
            self.outbox.on_ack(welcome.received);
            self.written = welcome.received;
        } else {
            // A new session numbers from 1: what was not delivered is sent again under new numbers.
            let kept: Vec<Envelope> = self.outbox.after(0).map(|(_, envelope)| envelope.clone()).collect();
            self.outbox = Outbox::new();
            self.written = 0;
            for envelope in kept {
                if let Some(stop) = self.keep(envelope) {
                    return Some(stop);
                }
            }
        }
        self.session = Some((welcome.session, welcome.device));
        let event = if std::mem::replace(&mut self.ever_up, true) {
            LinkEvent::Restored { enter_again: true, ice_servers: welcome.ice_servers }
        } else {
            LinkEvent::Up { ice_servers: welcome.ice_servers }
        };
        self.events.send(event).await.is_err().then_some(Stop::Closed)
    }

    async fn serve(&mut self, mut socket: Socket) -> Stop {
        let mut heard = Instant::now();
        let mut ack_at: Option<Instant> = None;
        loop {
            if let Err(stop) = self.flush(&mut socket).await {
                return stop;
            }
            if !self.outbox.ack_owed() {
                ack_at = None;
            } else if ack_at.is_none() {
                ack_at = Some(Instant::now() + ACK_DELAY);
            }
            let ack_timer = sleep_until(ack_at.unwrap_or_else(|| heard + IDLE_TIMEOUT));
            tokio::select! {
                // In a fixed order, so that the same happenings have the same consequences. Silence is only
                // silence when nothing waits to be read.
                biased;
                () = self.network.notified() => return Stop::Broken("the network changed".into()),
                message = self.outgoing.recv() => match message {
                    Some(envelope) => if let Some(stop) = self.keep(envelope) { return stop },
                    None => {
                        timeout(CLOSE_TIMEOUT, self.farewell(&mut socket)).await.ok();
                        return Stop::Closed;
                    }
                },
                frame = socket.next() => {
                    heard = Instant::now();
                    match frame {
                        Some(Ok(Frame::Text(text))) => {
                            if let Some(stop) = self.on_text(&text).await { return stop }
                        }
                        Some(Ok(Frame::Close(_))) | None => return Stop::Broken("closed by the service".into()),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Stop::Broken(error.to_string()),
                    }
                }
                () = ack_timer => {
                    if heard.elapsed() >= IDLE_TIMEOUT {
                        return Stop::Broken("the service went silent".into());
                    }
                    if let Err(stop) = self.acknowledge(&mut socket).await { return stop }
                }
            }
            if self.outbox.ack_due()
                && let Err(stop) = self.acknowledge(&mut socket).await
            {
                return stop;
            }
        }
    }

    fn keep(&mut self, envelope: Envelope) -> Option<Stop> {
        let weight = match encode(&envelope) {
            Ok(text) => text.len(),
            Err(error) => {
                log::error!("a message was not sent: {error}");
                return None;
            }
        };
        match self.outbox.push(envelope, weight) {
            Ok(_) => None,
            Err(full) => Some(Stop::Fatal(Error::Protocol(full.to_string()))),
        }
    }

    /// Writes what was not written to this connection yet.
    async fn flush(&mut self, socket: &mut Socket) -> Result<(), Stop> {
        while self.written < self.outbox.last() {
            let ack = self.outbox.take_ack();
            let Some((seq, envelope)) = self.outbox.after(self.written).next() else { break };
            let text = encode_numbered(envelope, seq, ack).map_err(|error| Stop::Fatal(error.into()))?;
            write_text(socket, text).await?;
            self.written = seq;
        }
        Ok(())
    }

    /// Sends what is left and ends the session: closing normally tells the service not to wait for us.
    async fn farewell(&mut self, socket: &mut Socket) {
        if self.flush(socket).await.is_ok() {
            let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
            socket::close(socket, Some(normal)).await;
        }
    }

    async fn acknowledge(&mut self, socket: &mut Socket) -> Result<(), Stop> {
        let Some(ack) = self.outbox.take_ack() else { return Ok(()) };
        let mut envelope = Envelope::from(Message::Ack);
        envelope.ack = Some(ack);
        write(socket, &envelope).await
    }

    async fn on_text(&mut self, text: &str) -> Option<Stop> {
        let envelope = match decode(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                log::warn!("the service sent something unreadable");
                log::debug!("it is unreadable: {error}");
                return None;
            }
        };
        if let Some(ack) = envelope.ack {
            self.outbox.on_ack(ack);
        }
        if let Some(seq) = envelope.seq {
            match self.outbox.accept(seq) {
                Accepted::Fresh => {}
                Accepted::Duplicate => return None,
                Accepted::Gap => return Some(Stop::Broken("a message is missing".into())),
            }
        }
        match &envelope.message {
            Message::Ack | Message::Unknown => return None,
            Message::Error(info) if info.fatal => return Some(refused(info.clone())),
            _ => {}
        }
        self.events.send(LinkEvent::Message(Box::new(envelope))).await.is_err().then_some(Stop::Closed)
    }
}

async fn write(socket: &mut Socket, envelope: &Envelope) -> Result<(), Stop> {
    write_text(socket, encode(envelope).map_err(|error| Stop::Fatal(error.into()))?).await
}

async fn write_text(socket: &mut Socket, text: String) -> Result<(), Stop> {
    socket::write(socket, Frame::text(text)).await.map_err(Stop::Broken)
}

async fn first_message(socket: &mut Socket) -> Result<Message, Stop> {
    while let Some(frame) = socket.next().await {
        match frame {
            Ok(Frame::Text(text)) => {
                return decode(&text)
                    .map(|envelope| envelope.message)
                    .map_err(|error| Stop::Fatal(Error::Protocol(error.to_string())));
            }
            Ok(Frame::Close(_)) => break,
            Ok(_) => {}
            Err(error) => return Err(Stop::Broken(error.to_string())),
        }
    }
    Err(Stop::Broken("closed before the welcome".into()))
}

fn refused(info: ErrorInfo) -> Stop {
    match info.code {
        ErrorCode::Unauthorized => Stop::Fatal(Error::Unauthorized(info.message)),
        ErrorCode::Replaced => Stop::Fatal(Error::Replaced),
        // Load passes; so does our own slowness.
        ErrorCode::RateLimited | ErrorCode::SlowConsumer => Stop::Broken(info.message),
        ErrorCode::VersionUnsupported
        | ErrorCode::Malformed
        | ErrorCode::TooLarge
        | ErrorCode::Unexpected
        | ErrorCode::NotFound
        | ErrorCode::RoomFull
        | ErrorCode::NotInRoom
        | ErrorCode::Other => Stop::Fatal(Error::Protocol(info.message)),
    }
}
