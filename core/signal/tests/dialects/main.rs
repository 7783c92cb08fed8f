//! The dialects of other systems, as their own pages and servers speak them.

mod broadcast;
mod foreign;
mod invite;
mod peerjs;
mod relay;
mod room;

use duet_signal::dialect::{Action, Dialect, Translator};
use duet_signal::message::*;
use duet_signal::{Envelope, Message};
use serde_json::{Value, json};

/// Our end of a connection, and what came of what it said and heard.
struct Client(Translator);

impl Client {
    fn new(dialect: Dialect, user: &str) -> Self {
        Client(Translator::new(dialect, &user.into(), 0xd0e7).expect("a foreign dialect"))
    }

    /// Let in by a server of Socket.IO 4.
    fn on_socket_io_4(dialect: Dialect, user: &str) -> Self {
        let mut client = Client::new(dialect, user);
        client.0.opened();
        let open =
            r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        assert_eq!(client.hears(open), [Action::Write("40".into())]);
        client.0.hear(r#"40{"sid":"b"}"#);
        assert_eq!(client.0.poll_action(), Some(Action::Ready));
        client
    }

    fn hears(&mut self, text: &str) -> Vec<Action> {
        self.0.hear(text);
        self.actions()
    }

    /// An event of Socket.IO.
    fn hears_event(&mut self, event: Value) -> Vec<Action> {
        self.hears(&format!("42{event}"))
    }

    /// Says something to `to`.
    fn says(&mut self, to: &str, message: Message) -> Vec<Action> {
        let mut envelope = Envelope::from(message);
        envelope.to = (!to.is_empty()).then(|| to.into());
        self.0.say(&envelope).expect("there is a word for it");
        self.actions()
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.0.poll_action()).collect()
    }
}

/// An event of Socket.IO, on its way to the server.
fn event(event: Value) -> Action {
    Action::Write(format!("42{event}"))
}

/// The messages for the session among the actions.
fn delivered(actions: &[Action]) -> Vec<Envelope> {
    let envelope = |action: &Action| match action {
        Action::Deliver(envelope) => Some((**envelope).clone()),
        _ => None,
    };
    actions.iter().filter_map(envelope).collect()
}

/// What was written, as JSON.
fn written(actions: &[Action]) -> Vec<Value> {
    let json = |action: &Action| match action {
        Action::Write(text) => {
            let text = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
            Some(serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}")))
        }
        _ => None,
    };
    actions.iter().filter_map(json).collect()
}

fn from(who: &str, message: Message) -> Envelope {
    let mut envelope = Envelope::from(message);
    envelope.from = Some(who.into());
    envelope
}

/// A message of the connection that answered first.
fn of_first(who: &str, message: Message) -> Envelope {
    Envelope { from_device: Some("1".into()), ..from(who, message) }
}

/// A description like a browser's; `who` makes it one connection's own.
fn sdp(who: &str) -> String {
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:{who}\r\na=fingerprint:sha-256 {who}\r\na=mid:0\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
    )
}

fn offer(call: &str, who: &str) -> Message {
    described(call, DescriptionKind::Offer, who)
}

fn answer(call: &str, who: &str) -> Message {
    described(call, DescriptionKind::Answer, who)
}

fn described(call: &str, kind: DescriptionKind, who: &str) -> Message {
    Message::Description(Description { call: call.into(), kind, sdp: sdp(who), exchange: None })
}

fn path(call: &str, port: u16) -> Message {
    Message::Candidate(Candidate { call: call.into(), candidate: Some(candidate(port)) })
}

fn candidate(port: u16) -> IceCandidate {
    IceCandidate {
        candidate: format!("candidate:1 1 udp 2113937151 192.0.2.7 {port} typ host"),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("abcd".into()),
    }
}

/// As `RTCIceCandidate.toJSON` writes it.
fn candidate_json(port: u16) -> Value {
    json!({
        "candidate": format!("candidate:1 1 udp 2113937151 192.0.2.7 {port} typ host"),
        "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "abcd",
    })
}

fn invite(call: &str) -> Message {
    Message::Invite(Invite { call: call.into(), media: BOTH, expires_in_ms: 60_000 })
}

fn accept(call: &str) -> Message {
    Message::Accept(Accept { call: call.into(), media: BOTH, over: Vec::new() })
}

fn call(call: &str) -> CallRef {
    CallRef { call: call.into() }
}

const BOTH: MediaKinds = MediaKinds { audio: true, video: true };
