//! A client as simple as the dialect allows, and the servers it meets.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::time::Duration;

use duet_server::{RunningServer, Server, ServerConfig};
use duet_signal::message::*;
use duet_signal::outbox::{Accepted, Outbox};
use duet_signal::{Envelope, Message, decode, encode, encode_numbered};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Nothing here takes longer unless it is broken.
const DEADLINE: Duration = Duration::from_secs(10);

/// Small messages must not wait for earlier ones to be acknowledged (Nagle).
const NO_DELAY: bool = true;

/// A server on a free port.
pub fn server() -> RunningServer {
    server_with(|_| {})
}

/// A server on a free port, with changes.
pub fn server_with(change: impl FnOnce(&mut ServerConfig)) -> RunningServer {
    let mut config = ServerConfig::loopback();
    change(&mut config);
    Server::bind(config).expect("a loopback port is free").spawn()
}

/// Waits, but not for ever.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A WebSocket without manners.
pub struct Raw(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Raw {
    pub async fn connect(server: &RunningServer) -> Raw {
        let url = format!("ws://{}/v1/ws", server.local_addr());
        let (socket, _) = soon("a connection", connect_async_with_config(url, None, NO_DELAY))
            .await
            .expect("the server takes connections");
        Raw(socket)
    }

    pub async fn send_text(&mut self, text: impl Into<String>) {
        soon("sending", self.0.send(Frame::text(text.into()))).await.expect("the connection stands");
    }

    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        soon("sending", self.0.send(Frame::binary(bytes))).await.expect("the connection stands");
    }

    pub async fn say(&mut self, message: Message) {
        self.send_text(encode(&message.into()).unwrap()).await;
    }

    /// The next message of any type; `None` when the connection is closed or lost.
    pub async fn receive(&mut self) -> Option<Envelope> {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Frame::Text(text))) => {
                    return Some(decode(&text).expect("the server speaks the dialect"));
                }
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    /// The next message, which is an error.
    pub async fn error(&mut self) -> ErrorInfo {
        loop {
            match self.receive().await.expect("an error before the end").message {
                Message::Error(info) => return info,
                Message::Ack => {}
                other => panic!("not an error: {other:?}"),
            }
        }
    }

    /// The next message is this fatal error, and then the connection ends.
    pub async fn fatal(&mut self, code: ErrorCode) -> ErrorInfo {
        let info = self.error().await;
        assert_eq!((info.code, info.fatal), (code, true), "{info:?}");
        assert_eq!(self.receive().await, None);
        info
    }

    /// Closes with code 1000, or without any.
    pub async fn close(mut self, normal: bool) {
        let frame = normal.then(|| CloseFrame { code: CloseCode::Normal, reason: "".into() });
        let _ = self.0.close(frame).await;
        while self.receive().await.is_some() {}
    }
}

/// A client with a session.
pub struct Client {
    pub raw: Raw,
    pub welcome: Welcome,
    pub outbox: Outbox<Envelope>,
    /// Whether it acknowledges what it gets.
    pub acks: bool,
}

/// A `hello` for version 1.
pub fn hello(user: &str) -> Hello {
    Hello {
        versions: VersionRange { min: 1, max: 1 },
        user: user.into(),
        token: None,
        resume: None,
        capabilities: Vec::new(),
        agent: None,
    }
}

impl Client {
    pub async fn connect(server: &RunningServer, user: &str) -> Client {
        Self::with_hello(server, hello(user)).await
    }

    pub async fn with_hello(server: &RunningServer, hello: Hello) -> Client {
        let mut raw = Raw::connect(server).await;
        raw.say(Message::Hello(hello)).await;
        let Some(Envelope { message: Message::Welcome(welcome), .. }) = raw.receive().await else {
            panic!("no welcome");
        };
        Client { raw, welcome, outbox: Outbox::new(), acks: true }
    }

    /// Connects again and goes on with the session.
    pub async fn resume(self, server: &RunningServer, user: &str) -> Client {
        let received = self.outbox.received();
        self.resume_from(server, user, received).await
    }

    /// Connects again, with a claim of one's own about what was received.
    pub async fn resume_from(self, server: &RunningServer, user: &str, received: u64) -> Client {
        let resume = Some(Resume { session: self.welcome.session.clone(), received, device: None });
        let mut next = Self::with_hello(server, Hello { resume, ..hello(user) }).await;
        if next.welcome.resumed {
            next.outbox = self.outbox;
            let again: Vec<_> =
                next.outbox.resend_after(next.welcome.received).map(|(s, e)| (s, e.clone())).collect();
            for (seq, envelope) in again {
                next.raw.send_text(encode_numbered(&envelope, seq, None).unwrap()).await;
            }
        }
        next
    }

    pub fn device(&self) -> DeviceId {
        self.welcome.device.clone()
    }

    /// Sends a numbered message to nobody in particular. Returns its number.
    pub async fn send(&mut self, message: Message) -> u64 {
        self.send_envelope(message.into()).await
    }

    /// Sends a numbered message to a user. Returns its number.
    pub async fn send_to(&mut self, to: &str, message: Message) -> u64 {
        self.send_envelope(Envelope { to: Some(to.into()), ..message.into() }).await
    }

    pub async fn send_envelope(&mut self, envelope: Envelope) -> u64 {
        let seq = self.outbox.push(envelope.clone(), 1).expect("the server acknowledges");
        let ack = self.acks.then(|| self.outbox.take_ack()).flatten();
        self.raw.send_text(encode_numbered(&envelope, seq, ack).unwrap()).await;
        seq
    }

    /// The next numbered message, which is new and in order.
    pub async fn receive(&mut self) -> Envelope {
        loop {
            let envelope = self.raw.receive().await.expect("the connection stands");
            if let Some(ack) = envelope.ack {
                self.outbox.on_ack(ack);
            }
            match (&envelope.message, envelope.seq) {
                (Message::Ack, None) => {}
                (Message::Error(info), None) => panic!("refused: {info:?}"),
                (_, Some(seq)) => {
                    assert_eq!(self.outbox.accept(seq), Accepted::Fresh, "{envelope:?}");
                    self.ack().await;
                    return envelope;
                }
                _ => panic!("without a number: {envelope:?}"),
            }
        }
    }

    async fn ack(&mut self) {
        if self.acks
            && let Some(ack) = self.outbox.take_ack()
        {
            let alone = Envelope { ack: Some(ack), ..Message::Ack.into() };
            self.raw.send_text(encode(&alone).unwrap()).await;
        }
    }

    /// Waits until the server has acknowledged everything.
    pub async fn settled(&mut self) {
        while self.outbox.waiting() > 0 {
            let envelope = self.raw.receive().await.expect("the connection stands");
            assert_eq!(envelope.message, Message::Ack);
            self.outbox.on_ack(envelope.ack.expect("an acknowledgement has a number"));
        }
    }

    pub async fn join(&mut self, room: &str) -> Joined {
        self.send(Message::Join(Join { room: room.into(), stay: None })).await;
        match self.receive().await.message {
            Message::Joined(joined) => joined,
            other => panic!("not joined: {other:?}"),
        }
    }

    pub async fn error(&mut self) -> ErrorInfo {
        self.raw.error().await
    }
}

/// A request to ring.
pub fn invite(call: &str) -> Message {
    let media = MediaKinds { audio: true, video: true };
    Message::Invite(Invite { call: call.into(), media, expires_in_ms: 30_000 })
}

/// Checks that a message is such a request. It says how long it is good for still: what it took on its
/// way is taken off.
pub fn assert_rings(message: Message, call: &str) {
    let Message::Invite(rung) = message else { panic!("no invite: {message:?}") };
    assert!((20_000..=30_000).contains(&rung.expires_in_ms), "{rung:?}");
    assert_eq!(Message::Invite(Invite { expires_in_ms: 30_000, ..rung }), invite(call));
}

/// A call's name.
pub fn call(call: &str) -> CallRef {
    CallRef { call: call.into() }
}

/// The smallest message that is passed on.
pub fn ringing(name: &str) -> Message {
    Message::Ringing(call(name))
}

/// An offer with SDP of some length.
pub fn offer(call: &str, length: usize) -> Message {
    let kind = DescriptionKind::Offer;
    Message::Description(Description { call: call.into(), kind, sdp: "v".repeat(length), exchange: None })
}

/// Two newcomers can ring each other: the server serves.
pub async fn still_serves(server: &RunningServer) {
    let mut ann = Client::connect(server, "still-ann").await;
    let mut ben = Client::connect(server, "still-ben").await;
    ann.send_to("still-ben", invite("still")).await;
    assert_rings(ben.receive().await.message, "still");
    ann.raw.close(true).await;
    ben.raw.close(true).await;
}
