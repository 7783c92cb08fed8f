//! Socket.IO packets, protocols 4 and 5, as far as a client of the root namespace needs them, and the state
//! of its connection.

use serde_json::{Map, Value};

use super::engine_io::{self, Packet as Engine, Version};

/// Texts that wait for the namespace to be entered. A call's set-up is some fifty.
const MAX_HELD: usize = 128;

/// A packet of Socket.IO in the root namespace.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Packet {
    /// The namespace is entered.
    Connect {
        /// The server says that nothing comes back to who said it (`"echo": false`, ours does).
        without_echo: bool,
    },
    /// The namespace is left.
    Disconnect,
    /// The server refuses, with its reason.
    ConnectError(String),
    /// Something happened: its name and arguments.
    Event(String, Vec<Value>),
}

/// Reads a packet; `None` for acknowledgements, binary packets, other namespaces and nonsense.
pub(super) fn decode(text: &str) -> Option<Packet> {
    let kind = *text.as_bytes().first()?;
    let rest = kind.is_ascii_digit().then(|| &text[1..])?;
    if rest.starts_with('/') {
        return None;
    }
    match kind {
        b'0' => {
            let says: Option<Value> = serde_json::from_str(rest).ok();
            let without_echo = says.is_some_and(|says| says["echo"] == Value::Bool(false));
            Some(Packet::Connect { without_echo })
        }
        b'1' => Some(Packet::Disconnect),
        // Before its arguments an event may carry a number, by which the sender wants to hear that it came.
        b'2' => {
            let arguments = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let Value::Array(mut values) = serde_json::from_str(arguments).ok()? else { return None };
            if values.is_empty() {
                return None;
            }
            let Value::String(name) = values.remove(0) else { return None };
            Some(Packet::Event(name, values))
        }
        b'4' => {
            let reason = match serde_json::from_str(rest).ok()? {
                Value::String(reason) => reason,
                Value::Object(object) => reason_of(&object),
                _ => return None,
            };
            Some(Packet::ConnectError(reason))
        }
        _ => None,
    }
}

fn reason_of(object: &Map<String, Value>) -> String {
    object.get("message").and_then(Value::as_str).unwrap_or("no reason given").to_owned()
}

/// An event, as the text of a WebSocket.
pub(super) fn event(name: &str, arguments: impl IntoIterator<Item = Value>) -> String {
    let values: Vec<Value> = std::iter::once(Value::from(name)).chain(arguments).collect();
    engine_io::message(&format!("2{}", Value::Array(values)))
}

/// What a text brought about.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// Nothing to tell.
    Nothing,
    /// Events can be said and heard.
    Entered {
        /// Nothing comes back to who said it.
        without_echo: bool,
    },
    /// An event.
    Event(String, Vec<Value>),
    /// The server ends the connection; another may work.
    Ended(String),
    /// The server refuses us.
    Refused(String),
}

/// A client's end of one connection after another.
#[derive(Debug)]
pub(super) struct Client {
    version: Version,
    entered: bool,
    /// How often a heartbeat is due from us, once known.
    heartbeat: Option<std::time::Duration>,
    held: Vec<String>,
}

impl Client {
    pub(super) fn new(version: Version) -> Self {
        Client { version, entered: false, heartbeat: None, held: Vec::new() }
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// A new connection: everything is said anew.
    pub(super) fn opened(&mut self) {
        self.entered = false;
        self.heartbeat = None;
    }

    /// Leaves the namespace and asks to be let in anew; the texts to write.
    pub(super) fn enter_again(&mut self) -> [String; 2] {
        self.entered = false;
        [engine_io::message("1"), engine_io::message("0")]
    }

    /// How often [`engine_io::ping`] is due.
    pub(super) fn heartbeat(&self) -> Option<std::time::Duration> {
        self.heartbeat
    }

    /// Says an event, now or when the namespace is entered; the text to write now.
    pub(super) fn say(&mut self, text: String) -> Option<String> {
        if self.entered {
            return Some(text);
        }
        if self.held.len() < MAX_HELD {
            self.held.push(text);
        }
        None
    }

    /// What was held back, once the namespace is entered.
    pub(super) fn take_held(&mut self) -> Vec<String> {
        std::mem::take(&mut self.held)
    }

    /// A text arrived; pushes what is to be written at once.
    pub(super) fn hear(&mut self, text: &str, write: &mut Vec<String>) -> News {
        match (engine_io::decode(text), self.version) {
            (Some(Engine::Open(_)), Version::V4) => write.push(engine_io::message("0")),
            (Some(Engine::Open(open)), Version::V3) => self.heartbeat = Some(open.ping_interval),
            (Some(Engine::Ping(payload)), _) => write.push(engine_io::pong(payload)),
            (Some(Engine::Close), _) => return News::Ended("closed by the service".into()),
            (Some(Engine::Pong) | None, _) => {}
            (Some(Engine::Message(payload)), _) => return self.on_packet(payload),
        }
        News::Nothing
    }

    fn on_packet(&mut self, payload: &str) -> News {
        match decode(payload) {
            Some(Packet::Connect { without_echo }) if !std::mem::replace(&mut self.entered, true) => {
                News::Entered { without_echo }
            }
            Some(Packet::Event(name, arguments)) if self.entered => News::Event(name, arguments),
            Some(Packet::ConnectError(reason)) => News::Refused(reason),
            Some(Packet::Disconnect) => News::Ended("the service closed the namespace".into()),
            Some(Packet::Connect { .. } | Packet::Event(..)) | None => News::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_with_and_without_a_number() {
        let expected = Packet::Event("conn".into(), vec![json!("room"), json!({"x": 1})]);
        for text in [r#"2["conn","room",{"x":1}]"#, r#"212["conn","room",{"x":1}]"#] {
            assert_eq!(decode(text), Some(expected.clone()));
        }
        assert_eq!(event("conn", [json!("room")]), r#"42["conn","room"]"#);
    }

    #[test]
    fn a_refusal_gives_its_reason_in_both_protocols() {
        for text in [r#"4{"message":"no"}"#, r#"4"no""#] {
            assert_eq!(decode(text), Some(Packet::ConnectError("no".into())));
        }
    }

    #[test]
    fn other_namespaces_binaries_and_nonsense_are_not_ours() {
        for text in
            ["", "2", "2[]", "2[7]", "2{}", "2/admin,[\"x\"]", "0/admin,", "3[\"a\"]", "51-[\"x\"]", "9", "é"]
        {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }

    #[test]
    fn in_protocol_four_the_client_enters_and_answers_heartbeats() {
        let mut client = Client::new(Version::V4);
        let mut write = Vec::new();
        client.opened();
        assert_eq!(client.say("42[\"early\"]".into()), None);
        assert_eq!(client.hear(r#"0{"sid":"a","pingInterval":25000}"#, &mut write), News::Nothing);
        assert_eq!(std::mem::take(&mut write), ["40"]);
        assert_eq!(client.heartbeat(), None);
        assert_eq!(client.hear(r#"40{"sid":"b"}"#, &mut write), News::Entered { without_echo: false });
        assert_eq!(client.take_held(), ["42[\"early\"]"]);
        assert_eq!(client.say("42[\"x\"]".into()), Some("42[\"x\"]".into()));
        assert_eq!(client.hear("2", &mut write), News::Nothing);
        assert_eq!(write, ["3"]);
    }

    #[test]
    fn in_protocol_three_the_server_enters_and_the_client_sends_heartbeats() {
        let mut client = Client::new(Version::V3);
        let mut write = Vec::new();
        client.opened();
        assert_eq!(client.hear(r#"0{"sid":"a","pingInterval":25000}"#, &mut write), News::Nothing);
        assert_eq!(client.heartbeat(), Some(std::time::Duration::from_secs(25)));
        assert_eq!(client.hear("40", &mut write), News::Entered { without_echo: false });
        assert_eq!(client.hear("3", &mut write), News::Nothing);
        assert!(write.is_empty());
    }

    #[test]
    fn a_new_connection_enters_anew() {
        let mut client = Client::new(Version::V3);
        let mut write = Vec::new();
        assert_eq!(client.hear("40", &mut write), News::Entered { without_echo: false });
        client.opened();
        assert_eq!(client.say("42[\"later\"]".into()), None);
        assert_eq!(client.hear("40", &mut write), News::Entered { without_echo: false });
        assert_eq!(client.hear("41", &mut write), News::Ended("the service closed the namespace".into()));
    }

    proptest! {
        #[test]
        fn foreign_text_never_panics(text in ".{0,64}", digit in "[0-9]{0,3}") {
            let mut client = Client::new(Version::V4);
            let mut write = Vec::new();
            client.hear(&text, &mut write);
            client.hear(&format!("{digit}{text}"), &mut write);
        }
    }
}
