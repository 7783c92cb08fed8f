//! Packets of Socket.IO, protocols 4 and 5, as they stand in an Engine.IO message:
//! `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`
//! (<https://socket.io/docs/v4/socket-io-protocol/>).

use axum::extract::ws::Utf8Bytes;
use duet_signal::message::ErrorCode;
use serde_json::Value;

use crate::hub::Refusal;
use crate::rooms::MAX_NAME_CHARS;

/// What a client sends.
#[derive(Debug, PartialEq)]
pub(crate) enum Packet<'a> {
    /// Wants into a namespace; `/` is the one there is.
    Connect(&'a str),
    /// Leaves it.
    Disconnect,
    /// Says something. The JSON starts where it says.
    Event(&'a str),
    /// Answers something; nothing here asks for answers.
    Ack,
}

impl<'a> Packet<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refusal> {
        let kind = text.bytes().next();
        if matches!(kind, Some(b'5' | b'6')) {
            return Err(malformed("binary messages are not used here"));
        }
        let (namespace, rest) = match text.get(1..) {
            Some(rest) if rest.starts_with('/') => rest.split_once(',').unwrap_or((rest, "")),
            rest => ("/", rest.unwrap_or_default()),
        };
        // A query may stand after it; nothing here asks for it.
        let namespace = namespace.split('?').next().unwrap_or_default();
        match kind {
            Some(b'0') => Ok(Packet::Connect(namespace)),
            Some(b'1') => Ok(Packet::Disconnect),
            Some(b'2') if namespace == "/" => {
                Ok(Packet::Event(rest.trim_start_matches(|char: char| char.is_ascii_digit())))
            }
            Some(b'3') => Ok(Packet::Ack),
            _ => Err(malformed("not a packet of Socket.IO")),
        }
    }
}

/// Something a client said: a name and what belongs to it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    args: Vec<Value>,
    /// The same, as it is told to others.
    text: Utf8Bytes,
}

impl Event {
    /// Reads an event packet's JSON. `whole` is the packet it stands in.
    pub(crate) fn parse(json: &str, whole: &Utf8Bytes) -> Result<Self, Refusal> {
        let mut args: Vec<Value> =
            serde_json::from_str(json).map_err(|_| malformed("an event is a JSON array"))?;
        if args.is_empty() {
            return Err(malformed("an event has a name"));
        }
        let Value::String(name) = args.remove(0) else {
            return Err(malformed("an event's name is a string"));
        };
        let plain = whole.len() == json.len() + "42".len();
        let text = if plain { whole.clone() } else { format!("42{json}").into() };
        Ok(Event { name, args, text })
    }

    /// What was said, at a place.
    pub(crate) fn arg(&self, at: usize) -> Result<&Value, Refusal> {
        self.args.get(at).ok_or_else(|| malformed("the event lacks an argument"))
    }

    /// A room's name at a place.
    pub(crate) fn room(&self, at: usize) -> Result<String, Refusal> {
        room_name(self.arg(at)?)
    }

    /// The event as it came, to be told to others.
    pub(crate) fn as_told(&self) -> &Utf8Bytes {
        &self.text
    }
}

/// An event as a text to send.
pub(crate) fn event(name: &str, args: &[&Value]) -> Utf8Bytes {
    let mut text = format!("42[\"{name}\"");
    for arg in args {
        text.push(',');
        text.push_str(&arg.to_string());
    }
    text.push(']');
    text.into()
}

/// A room's name. JavaScript takes anything for one: pages without a room in their address join
/// `false`.
pub(crate) fn room_name(value: &Value) -> Result<String, Refusal> {
    let name = match value {
        Value::String(name) => name.clone(),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
        Value::Array(_) | Value::Object(_) => return Err(malformed("a room's name is a string")),
    };
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(malformed("a room's name has 1 to 128 characters"));
    }
    Ok(name)
}

/// A member of an object.
pub(crate) fn member<'a>(object: &'a Value, name: &str) -> Result<&'a Value, Refusal> {
    object.get(name).ok_or_else(|| Refusal::new(ErrorCode::Malformed, format!("{name} is missing")))
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(ErrorCode::Malformed, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packets_of_clients_are_read() {
        assert_eq!(Packet::parse("0").unwrap(), Packet::Connect("/"));
        assert_eq!(Packet::parse(r#"0{"token":"x"}"#).unwrap(), Packet::Connect("/"));
        assert_eq!(Packet::parse("0/admin,").unwrap(), Packet::Connect("/admin"));
        assert_eq!(Packet::parse("0/admin?a=b").unwrap(), Packet::Connect("/admin"));
        assert_eq!(Packet::parse("1").unwrap(), Packet::Disconnect);
        assert_eq!(Packet::parse(r#"2["a",1]"#).unwrap(), Packet::Event(r#"["a",1]"#));
        assert_eq!(Packet::parse(r#"217["a"]"#).unwrap(), Packet::Event(r#"["a"]"#));
        for wrong in ["", "9", "é", r#"51-["a",{"_placeholder":true,"num":0}]"#, r#"2/admin,["a"]"#] {
            assert_eq!(Packet::parse(wrong).unwrap_err().code, ErrorCode::Malformed, "{wrong:?}");
        }
    }

    #[test]
    fn an_event_is_told_as_it_came_but_for_what_only_its_sender_needs() {
        let plain = Utf8Bytes::from_static(r#"42["offer",{"sdp":"v=0","b":1}]"#);
        assert_eq!(*Event::parse(&plain[2..], &plain).unwrap().as_told(), plain);
        let asking = Utf8Bytes::from_static(r#"4217["join","r"]"#);
        let event = Event::parse(&asking[4..], &asking).unwrap();
        assert_eq!((event.name.as_str(), event.room(0).unwrap().as_str()), ("join", "r"));
        assert_eq!(event.as_told().as_str(), r#"42["join","r"]"#);
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(text in "[0-6]?(/[a-z,?]{0,3})?[0-9]{0,25}[-,é\\[\\]\"a-z0-9{}:]{0,20}") {
            if let Ok(Packet::Event(json)) = Packet::parse(&text) {
                let _ = Event::parse(json, &Utf8Bytes::from(format!("4{text}")));
            }
        }
    }

    #[test]
    fn a_malformed_event_is_refused() {
        for wrong in ["", "{}", "[]", "[1]", "[\"a\"", "[null]", "\"a\""] {
            let whole = Utf8Bytes::from(format!("42{wrong}"));
            assert_eq!(Event::parse(wrong, &whole).unwrap_err().code, ErrorCode::Malformed, "{wrong:?}");
        }
    }

    #[test]
    fn what_javascript_takes_for_a_rooms_name_is_one() {
        for (value, name) in [("\"r\"", "r"), ("7", "7"), ("false", "false")] {
            assert_eq!(room_name(&serde_json::from_str(value).unwrap()).unwrap(), name);
        }
        for wrong in ["\"\"".to_owned(), "[]".to_owned(), "{}".to_owned(), format!("\"{}\"", "r".repeat(129))]
        {
            assert!(room_name(&serde_json::from_str(&wrong).unwrap()).is_err(), "{wrong}");
        }
    }
}
