//! Engine.IO packets, protocols 3 and 4, over a WebSocket: one digit, then the payload.
//!
//! They differ in two ways a WebSocket client sees: who sends the heartbeat, and whether the root namespace
//! of Socket.IO is entered by the client (4) or by the server (3).

use std::time::Duration;

use serde::Deserialize;

/// Which protocol a server speaks: 3 with Socket.IO 2, 4 with Socket.IO 3 and 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// The client sends the heartbeat.
    V3,
    /// The server sends the heartbeat.
    V4,
}

impl Version {
    /// The value of `EIO` in the address.
    pub(super) fn number(self) -> u8 {
        match self {
            Version::V3 => 3,
            Version::V4 => 4,
        }
    }
}

/// A packet a client may meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    /// The server's introduction.
    Open(Open),
    /// The server ends the connection.
    Close,
    /// Answer me.
    Ping(&'a str),
    /// An answer.
    Pong,
    /// A packet of Socket.IO.
    Message(&'a str),
}

/// What the server says first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// Time between two heartbeats.
    pub(super) ping_interval: Duration,
}

/// Bounds of what a server may ask for: a heartbeat every second is as good as any, and beyond five minutes
/// a dead connection would be found by nobody.
const PING_INTERVAL_MS: std::ops::RangeInclusive<u64> = 1_000..=300_000;
/// The default of every Socket.IO server.
const DEFAULT_PING_INTERVAL_MS: u64 = 25_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OpenJson {
    ping_interval: Option<u64>,
}

/// Reads a packet; `None` for what a client need not understand: upgrades, no-ops, nonsense.
pub(super) fn decode(text: &str) -> Option<Packet<'_>> {
    let kind = *text.as_bytes().first()?;
    // An ASCII byte is a character of its own.
    let payload = kind.is_ascii().then(|| &text[1..])?;
    Some(match kind {
        b'0' => {
            let open: OpenJson = serde_json::from_str(payload).ok()?;
            let millis = open.ping_interval.unwrap_or(DEFAULT_PING_INTERVAL_MS);
            let millis = millis.clamp(*PING_INTERVAL_MS.start(), *PING_INTERVAL_MS.end());
            Packet::Open(Open { ping_interval: Duration::from_millis(millis) })
        }
        b'1' => Packet::Close,
        b'2' => Packet::Ping(payload),
        b'3' => Packet::Pong,
        b'4' => Packet::Message(payload),
        _ => return None,
    })
}

/// A heartbeat.
pub(super) fn ping() -> String {
    "2".into()
}

/// The answer to one.
pub(super) fn pong(payload: &str) -> String {
    format!("3{payload}")
}

/// A packet of Socket.IO.
pub(super) fn message(payload: &str) -> String {
    format!("4{payload}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_packet_of_both_protocols_is_read() {
        for text in [
            r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
            r#"0{"sid":"x","upgrades":["websocket"]}"#,
        ] {
            let open = Open { ping_interval: Duration::from_secs(25) };
            assert_eq!(decode(text), Some(Packet::Open(open)), "{text}");
        }
    }

    #[test]
    fn a_servers_heartbeat_is_kept_within_reason() {
        for (asked, kept) in [(0, 1_000), (1, 1_000), (u64::MAX, 300_000)] {
            let text = format!(r#"0{{"pingInterval":{asked}}}"#);
            let open = Open { ping_interval: Duration::from_millis(kept) };
            assert_eq!(decode(&text), Some(Packet::Open(open)));
        }
    }

    #[test]
    fn packets_are_told_apart_by_their_first_digit() {
        assert_eq!(decode("1"), Some(Packet::Close));
        assert_eq!(decode("2"), Some(Packet::Ping("")));
        assert_eq!(decode("2probe"), Some(Packet::Ping("probe")));
        assert_eq!(decode("3"), Some(Packet::Pong));
        assert_eq!(decode("40"), Some(Packet::Message("0")));
        assert_eq!(pong("probe"), "3probe");
        assert_eq!((ping(), message("0")), ("2".into(), "40".into()));
    }

    #[test]
    fn nonsense_is_no_packet() {
        for text in ["", "6", "5", "b4AA", "0", "0{", "0[]", "0{\"pingInterval\":-1}", "é", "\u{1e}"] {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
