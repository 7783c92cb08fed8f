//! Descriptions and candidates as browsers write them, and the few facts read from them.

use serde_json::{Map, Value, json};

use crate::Message;
use crate::message::{CallId, Description, DescriptionKind, IceCandidate, MediaKinds};

/// Where our own clients leave their mark beside a description; pages ignore it.
const MARK: &str = "duet";

/// A description as it travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sdp {
    pub(super) kind: DescriptionKind,
    pub(super) sdp: String,
    /// Only ours carry one: a number by which two of us settle who gives way when both offer.
    pub(super) mark: Option<String>,
}

impl Sdp {
    /// `{"type","sdp"}`, as `RTCSessionDescription.toJSON` writes it.
    pub(super) fn to_json(&self) -> Value {
        let kind = match self.kind {
            DescriptionKind::Offer => "offer",
            DescriptionKind::Answer => "answer",
        };
        let mut value = json!({ "type": kind, "sdp": self.sdp });
        if let (Some(mark), Some(object)) = (&self.mark, value.as_object_mut()) {
            object.insert(MARK.into(), Value::from(mark.as_str()));
        }
        value
    }

    /// Reads one; `None` for anything else, pranswers and rollbacks too.
    pub(super) fn from_json(value: &Value) -> Option<Sdp> {
        let kind = match value.get("type")?.as_str()? {
            "offer" => DescriptionKind::Offer,
            "answer" => DescriptionKind::Answer,
            _ => return None,
        };
        let sdp = value.get("sdp")?.as_str()?.to_owned();
        let mark = value.get(MARK).and_then(Value::as_str).map(str::to_owned);
        Some(Sdp { kind, sdp, mark })
    }

    /// For the session: it belongs to this call.
    pub(super) fn into_message(self, call: CallId) -> Message {
        let Sdp { kind, sdp, mark: _ } = self;
        Message::Description(Description { call, kind, sdp, exchange: None })
    }
}

impl From<&Description> for Sdp {
    fn from(description: &Description) -> Self {
        Sdp { kind: description.kind, sdp: description.sdp.clone(), mark: None }
    }
}

/// `{"candidate","sdpMid","sdpMLineIndex","usernameFragment"}`, as `RTCIceCandidate.toJSON` writes it.
pub(super) fn candidate_to_json(candidate: &IceCandidate) -> Value {
    let IceCandidate { candidate, sdp_mid, sdp_m_line_index, username_fragment } = candidate;
    let mut object = Map::new();
    object.insert("candidate".into(), Value::from(candidate.as_str()));
    object.insert("sdpMid".into(), Value::from(sdp_mid.clone()));
    object.insert("sdpMLineIndex".into(), Value::from(*sdp_m_line_index));
    if let Some(fragment) = username_fragment {
        object.insert("usernameFragment".into(), Value::from(fragment.as_str()));
    }
    Value::Object(object)
}

/// Reads a candidate; `None` for anything else, and for the empty one that ends a generation: ICE goes on
/// as long as there is hope either way.
pub(super) fn candidate_from_json(value: &Value) -> Option<IceCandidate> {
    let candidate: IceCandidate = serde_json::from_value(value.clone()).ok()?;
    (!candidate.candidate.is_empty()).then_some(candidate)
}

/// Which media a description carries.
pub(super) fn media_of(sdp: &str) -> MediaKinds {
    let carries = |kind: &str| {
        sdp.lines().any(|line| line.strip_prefix(kind).is_some_and(|rest| !rest.starts_with("0 ")))
    };
    MediaKinds { audio: carries("m=audio "), video: carries("m=video ") }
}

/// The answer that takes nothing of an offer: each of its media sections with port 0 (RFC 3264, section 6).
pub(super) fn rejecting(offer: &str) -> Sdp {
    let mut sdp = String::from("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
    let mut in_section = false;
    for line in offer.lines().map(str::trim_end) {
        if let Some(section) = line.strip_prefix("m=") {
            let mut words = section.splitn(3, ' ');
            if let (Some(kind), Some(_port), Some(rest)) = (words.next(), words.next(), words.next()) {
                sdp.push_str(&format!("m={kind} 0 {rest}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n"));
                in_section = true;
            }
        } else if in_section && line.starts_with("a=mid:") {
            sdp.push_str(&format!("{line}\r\n"));
        }
    }
    Sdp { kind: DescriptionKind::Answer, sdp, mark: None }
}

/// The certificate's fingerprint: the same as long as it is the same connection of the same one.
pub(super) fn fingerprint_of(sdp: &str) -> Option<String> {
    sdp.lines().find_map(|line| line.trim_end().strip_prefix("a=fingerprint:")).map(str::to_owned)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The shape of a page's offer; `who` makes it one connection's own.
    pub(crate) fn sdp(who: &str) -> String {
        format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:{who}\r\na=fingerprint:sha-256 {who}\r\na=mid:0\r\n\
             m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
        )
    }

    pub(crate) fn candidate(port: u16) -> IceCandidate {
        IceCandidate {
            candidate: format!("candidate:1 1 udp 2113937151 192.0.2.7 {port} typ host"),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: Some("ours".into()),
        }
    }

    #[test]
    fn a_description_of_a_page_is_read_whatever_the_order_of_its_keys() {
        let page = json!({ "sdp": "v=0", "type": "offer" });
        let read = Sdp::from_json(&page).unwrap();
        assert_eq!((read.kind, read.sdp.as_str(), read.mark), (DescriptionKind::Offer, "v=0", None));
        for broken in [
            json!(null),
            json!("offer"),
            json!({ "type": "offer" }),
            json!({ "type": "rollback", "sdp": "" }),
            json!({ "type": 1, "sdp": "v=0" }),
            json!({ "type": "offer", "sdp": 7 }),
        ] {
            assert_eq!(Sdp::from_json(&broken), None, "{broken}");
        }
    }

    #[test]
    fn our_mark_survives_the_way_there_and_back() {
        let ours = Sdp { kind: DescriptionKind::Answer, sdp: "v=0".into(), mark: Some("7".into()) };
        assert_eq!(Sdp::from_json(&ours.to_json()), Some(ours));
    }

    #[test]
    fn candidates_read_as_browsers_write_them() {
        let page = json!({
            "candidate": "candidate:1 1 udp 1 192.0.2.1 1 typ host",
            "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "abcd",
        });
        let read = candidate_from_json(&page).unwrap();
        assert_eq!(candidate_to_json(&read), page);
        let end = json!({ "candidate": "", "sdpMid": "0", "sdpMLineIndex": 0 });
        assert_eq!(candidate_from_json(&end), None);
        assert_eq!(candidate_from_json(&json!({ "sdpMid": "0" })), None);
        assert_eq!(candidate_from_json(&json!({ "candidate": "x", "sdpMLineIndex": 70_000 })), None);
    }

    #[test]
    fn an_answer_that_takes_nothing_has_every_section_of_the_offer() {
        let answer = rejecting(&sdp("page"));
        assert_eq!(answer.kind, DescriptionKind::Answer);
        assert_eq!(
            answer.sdp,
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
             m=audio 0 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:0\r\n\
             m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:1\r\n"
        );
        assert_eq!(media_of(&answer.sdp), MediaKinds { audio: false, video: false });
        assert!(!rejecting("m=\nm=audio\na=mid:0\nnonsense").sdp.contains("m="));
    }

    #[test]
    fn a_rejected_section_carries_nothing() {
        assert_eq!(media_of(&sdp("x")), MediaKinds { audio: true, video: true });
        let rejected = sdp("x").replace("m=video 9", "m=video 0");
        assert_eq!(media_of(&rejected), MediaKinds { audio: true, video: false });
    }
}
