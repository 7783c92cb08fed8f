//! Packets and payloads of Engine.IO, protocols 3 and 4, as texts.
//!
//! A packet is one digit and what belongs to it; over WebSocket each is a message. Over polling
//! several make a payload: protocol 4 separates them by U+001E, protocol 3 puts their lengths in
//! UTF-16 units before them (<https://socket.io/docs/v4/engine-io-protocol/>). Binary packets carry
//! nothing in any dialect served here and are refused.

use std::fmt::Write;
use std::time::Duration;

use duet_signal::message::ErrorCode;

use crate::hub::Refusal;

/// The protocol's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Of Socket.IO 1 and 2: the client asks for signs of life.
    V3,
    /// Of Socket.IO 3 and 4: the server asks for signs of life.
    V4,
}

/// "Nothing": answers a poll that has to end.
pub(crate) const NOOP: &str = "6";
/// Ends a session.
pub(crate) const CLOSE: &str = "1";
/// Asks for a sign of life, in protocol 4.
pub(crate) const PING: &str = "2";

const SEPARATOR: char = '\u{1e}';

/// What a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    Close,
    Ping(&'a str),
    Pong,
    Message(&'a str),
    Upgrade,
    Noop,
}

impl<'a> Packet<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refusal> {
        let kind = text.chars().next();
        let rest = &text[kind.map_or(0, char::len_utf8)..];
        match kind {
            Some('1') => Ok(Packet::Close),
            Some('2') => Ok(Packet::Ping(rest)),
            Some('3') => Ok(Packet::Pong),
            Some('4') => Ok(Packet::Message(rest)),
            Some('5') => Ok(Packet::Upgrade),
            Some('6') => Ok(Packet::Noop),
            Some('b') => Err(malformed("binary packets are not used here")),
            _ => Err(malformed("not a packet of Engine.IO")),
        }
    }
}

/// The first packet of a session.
pub(crate) fn open(sid: &str, upgrades: bool, ping: Duration, timeout: Duration) -> String {
    let upgrades = if upgrades { r#"["websocket"]"# } else { "[]" };
    let (interval, timeout) = (ping.as_millis(), timeout.as_millis());
    let most = MAX_PAYLOAD_BYTES;
    format!(
        r#"0{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":{interval},"pingTimeout":{timeout},"maxPayload":{most}}}"#
    )
}

/// Largest body of one polling request, in bytes; clients of protocol 4 keep to it, those of 3 do not
/// know it. Four of the largest messages: a description and all its candidates go at once.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 4 * duet_signal::MAX_MESSAGE_BYTES;

/// Packets as a payload.
pub(crate) fn payload(version: Version, packets: &[impl AsRef<str>]) -> String {
    let mut body = String::with_capacity(packets.iter().map(|packet| packet.as_ref().len() + 8).sum());
    for (n, packet) in packets.iter().map(AsRef::as_ref).enumerate() {
        match version {
            Version::V3 => {
                // Writing to a string does not fail.
                let _ = write!(body, "{}:", packet.encode_utf16().count());
            }
            Version::V4 if n > 0 => body.push(SEPARATOR),
            Version::V4 => {}
        }
        body.push_str(packet);
    }
    body
}

/// The packets of a payload.
pub(crate) fn packets(version: Version, body: &str) -> Result<Vec<&str>, Refusal> {
    match version {
        Version::V4 => Ok(body.split(SEPARATOR).collect()),
        Version::V3 => {
            let mut packets = Vec::new();
            let mut rest = body;
            while !rest.is_empty() {
                let (packet, after) = first(rest).ok_or_else(|| malformed("not a payload of Engine.IO 3"))?;
                packets.push(packet);
                rest = after;
            }
            Ok(packets)
        }
    }
}

/// Splits `length:packet` off, the length in UTF-16 units.
fn first(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = text.split_once(':')?;
    let mut left: usize = length.parse().ok()?;
    let mut end = 0;
    let mut chars = rest.chars();
    while left > 0 {
        let char = chars.next()?;
        left = left.checked_sub(char.len_utf16())?;
        end += char.len_utf8();
    }
    Some(rest.split_at(end))
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(ErrorCode::Malformed, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn payloads_of_both_versions_come_back_as_they_went() {
        for version in [Version::V3, Version::V4] {
            for packets_in in [&["42[\"a\"]"][..], &["2", "4\u{1f600}é", ""], &["42[\"4:2\"]", "6"]] {
                let body = payload(version, packets_in);
                assert_eq!(packets(version, &body).unwrap(), packets_in, "{body:?}");
            }
        }
        assert_eq!(payload(Version::V3, &["4\u{1f600}"]), "3:4\u{1f600}");
        assert_eq!(payload(Version::V4, &["2", "3"]), "2\u{1e}3");
    }

    #[test]
    fn a_malformed_payload_is_refused() {
        for wrong in ["x", "2", "-1:2", "3:42", ":2", "1:\u{1f600}", "99999999999999999999:2"] {
            assert_eq!(packets(Version::V3, wrong).unwrap_err().code, ErrorCode::Malformed, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_body_is_too_strange(body in "[0-9:\u{1e}\u{1f600}é42\\[\"]{0,40}") {
            for version in [Version::V3, Version::V4] {
                for packet in packets(version, &body).into_iter().flatten() {
                    let _ = Packet::parse(packet);
                }
            }
        }
    }

    #[test]
    fn packets_are_told_by_their_digit() {
        assert_eq!(Packet::parse("2probe").unwrap(), Packet::Ping("probe"));
        assert_eq!(Packet::parse("42[]").unwrap(), Packet::Message("2[]"));
        for wrong in ["", "7", "bAQID", "é", "0{}"] {
            assert_eq!(Packet::parse(wrong).unwrap_err().code, ErrorCode::Malformed, "{wrong:?}");
        }
    }
}
