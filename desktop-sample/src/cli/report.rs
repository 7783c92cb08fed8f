//! The JSON lines that scripts read, and the same for people.

use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Event {
    /// The signaling connection changed.
    Signaling {
        /// `connected`, `reconnecting` or `closed`.
        state: &'static str,
    },
    /// The waiting side has joined and will react.
    Ready,
    /// ICE and DTLS are up and the call is accepted.
    Connected {
        /// Milliseconds from accept, or from the peer's joining.
        ms: u64,
    },
    /// Pictures move and sound arrives.
    Media,
    /// It rings at the other side.
    Ringing,
    /// Somebody calls.
    Incoming {
        /// Their name.
        from: String,
    },
    /// Somebody calls during a call.
    Waiting {
        /// Their name.
        from: String,
    },
    /// Another call is the one that talks.
    Switched {
        /// With whom.
        to: String,
    },
    /// Who holds the call has changed.
    Held {
        /// This side does.
        local: bool,
        /// The other side does.
        remote: bool,
    },
    /// What the other side sends.
    RemoteMedia {
        /// Its microphone is open.
        audio: bool,
        /// It sends pictures.
        video: bool,
        /// They are a screen's.
        screen: bool,
    },
    /// The two come to terms about pictures.
    Video {
        /// `asked` (by the other side), `agreed`, `declined` or `stopped`.
        news: &'static str,
    },
    /// Something was done because it was typed or due.
    Did {
        /// As it is written on the command line.
        action: String,
    },
    /// The call is over.
    Ended {
        /// `local`, `remote` or `timeout`.
        by: String,
        /// In kebab-case.
        reason: String,
    },
    /// The last line, always.
    Report(Box<Report>),
}

/// What became of one side of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Report {
    pub(crate) ok: bool,
    pub(crate) dialect: &'static str,
    pub(crate) role: Option<&'static str>,
    pub(crate) connect_ms: Option<u64>,
    pub(crate) ended_by: Option<String>,
    pub(crate) video: VideoReport,
    pub(crate) audio: AudioReport,
    pub(crate) ice: IceReport,
    pub(crate) dtls: Option<String>,
    pub(crate) error: Option<String>,
}

/// Pictures of one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct VideoReport {
    pub(crate) codec: Option<&'static str>,
    pub(crate) frames_decoded: u64,
    pub(crate) frames_changed: u64,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) packets_sent: u64,
    /// Pictures a second between the first and the last one seen.
    pub(crate) fps: f64,
    /// Demo: every number read from the pictures was greater than the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counters_in_order: Option<bool>,
    /// Demo: pictures whose number could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) counters_read: Option<u64>,
}

/// Sound of one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct AudioReport {
    pub(crate) codec: Option<&'static str>,
    pub(crate) packets_received: u64,
    pub(crate) energy: f64,
    pub(crate) packets_sent: u64,
    /// Demo: the frequency heard, in hertz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tone_hz: Option<f64>,
}

/// The path media took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct IceReport {
    pub(crate) state: String,
    pub(crate) pair: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<char>,
}

/// The event as one line of JSON; `side` is `a` or `b` in a demo.
pub(crate) fn line(event: &Event, side: Option<char>) -> String {
    serde_json::to_string(&Line { event, side }).expect("names and numbers always serialise")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn value(event: &Event, side: Option<char>) -> Value {
        serde_json::from_str(&line(event, side)).expect("json")
    }

    #[test]
    fn events_read_as_scripts_expect_them() {
        assert_eq!(
            value(&Event::Signaling { state: "connected" }, None),
            json!({"event": "signaling", "state": "connected"})
        );
        assert_eq!(value(&Event::Ready, Some('b')), json!({"event": "ready", "side": "b"}));
        assert_eq!(value(&Event::Connected { ms: 45 }, None), json!({"event": "connected", "ms": 45}));
        assert_eq!(
            value(&Event::RemoteMedia { audio: true, video: false, screen: false }, None),
            json!({"event": "remote-media", "audio": true, "video": false, "screen": false})
        );
        assert_eq!(
            value(&Event::Ended { by: "remote".into(), reason: "hang-up".into() }, None),
            json!({"event": "ended", "by": "remote", "reason": "hang-up"})
        );
    }

    #[test]
    fn a_report_has_every_field_even_after_a_failure() {
        let report = value(&Event::Report(Box::default()), None);
        for path in [
            "/ok",
            "/dialect",
            "/role",
            "/connect_ms",
            "/ended_by",
            "/video/codec",
            "/video/frames_decoded",
            "/video/frames_changed",
            "/video/width",
            "/video/height",
            "/video/packets_sent",
            "/audio/codec",
            "/audio/packets_received",
            "/audio/energy",
            "/audio/packets_sent",
            "/ice/state",
            "/ice/pair",
            "/dtls",
            "/error",
        ] {
            assert!(report.pointer(path).is_some(), "{path}");
        }
        assert_eq!(report["event"], "report");
        assert!(report.get("side").is_none());
    }
}
