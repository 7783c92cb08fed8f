//! The `duet` dialect over a WebSocket: hello, numbering, acknowledgement, resume.

use std::time::Duration;

use duet_signal::message::{
    DeviceId, ErrorCode, ErrorInfo, Hello, PROTOCOL_VERSION, Resume, SessionToken, VersionRange, Welcome,
};
use duet_signal::outbox::{Accepted, Outbox};
use duet_signal::{Envelope, MAX_MESSAGE_BYTES, Message, decode, encode, encode_numbered};
use futures_util::StreamExt;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::link::{Link, Service, Stop};
use super::socket::{self, Socket};
use super::{CLOSE_TIMEOUT, CONNECT_TIMEOUT, IDLE_TIMEOUT, LinkEvent};
use crate::Error;

/// An acknowledgement waits this long for a message to ride on.
const ACK_DELAY: Duration = Duration::from_millis(200);

/// The `duet` dialect's half of a link.
pub(super) struct Duet {
    endpoint: String,
    outbox: Outbox<Envelope>,
    /// The highest number written to the present connection.
    written: u64,
    session: Option<(SessionToken, DeviceId)>,
}

impl Service for Duet {
    async fn attempt(&mut self, link: &mut Link) -> Stop {
        let (socket, welcome) = match self.connect(link).await {
            Ok(connected) => connected,
            Err(stop) => return stop,
        };
        match self.on_welcome(link, welcome).await {
            Ok(()) => self.serve(link, socket).await,
            Err(stop) => stop,
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
}

impl Duet {
    pub(super) fn new(endpoint: String) -> Self {
        Duet { endpoint, outbox: Outbox::new(), written: 0, session: None }
    }

    async fn connect(&self, link: &Link) -> Result<(Socket, Welcome), Stop> {
        let connecting =
            socket::open(&*link.platform.dialer, link.config.trust(), &*self.endpoint, MAX_MESSAGE_BYTES);
        let mut socket = timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| Stop::Broken("no answer in time".into()))?
            .map_err(Stop::from)?;
        let hello = Message::Hello(Hello {
            versions: VersionRange { min: PROTOCOL_VERSION, max: PROTOCOL_VERSION },
            user: link.config.user.clone(),
            token: link.config.token.clone(),
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

    async fn on_welcome(&mut self, link: &mut Link, welcome: Welcome) -> Result<(), Stop> {
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
                    return Err(stop);
                }
            }
        }
        self.session = Some((welcome.session, welcome.device));
        link.up(true, welcome.ice_servers).await
    }

    async fn serve(&mut self, link: &mut Link, mut socket: Socket) -> Stop {
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
                () = link.network.notified() => return Stop::Broken("the network changed".into()),
                message = link.outgoing.recv() => match message {
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
                            if let Err(stop) = self.on_text(link, &text).await { return stop }
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

    async fn on_text(&mut self, link: &Link, text: &str) -> Result<(), Stop> {
        let envelope = match decode(text) {
            Ok(envelope) => envelope,
            Err(error) => {
                log::warn!("the service sent something unreadable");
                log::debug!("it is unreadable: {error}");
                return Ok(());
            }
        };
        if let Some(ack) = envelope.ack {
            self.outbox.on_ack(ack);
        }
        if let Some(seq) = envelope.seq {
            match self.outbox.accept(seq) {
                Accepted::Fresh => {}
                Accepted::Duplicate => return Ok(()),
                Accepted::Gap => return Err(Stop::Broken("a message is missing".into())),
            }
        }
        match &envelope.message {
            Message::Ack | Message::Unknown => return Ok(()),
            Message::Error(info) if info.fatal => return Err(refused(info.clone())),
            _ => {}
        }
        link.tell(LinkEvent::Message(Box::new(envelope))).await
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
