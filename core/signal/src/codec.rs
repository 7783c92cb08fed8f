//! Text to [`Envelope`] and back.

use serde::Serialize;

use crate::message::Envelope;

/// The largest message either side accepts, in bytes of UTF-8.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Why a text is not a message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("message of {0} bytes; at most {MAX_MESSAGE_BYTES} are allowed")]
    TooLarge(usize),
    /// Not JSON, or a known type with wrong or missing fields.
    #[error("malformed message: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// Parses one message. Unknown fields are ignored; an unknown `type` gives
/// [`crate::Message::Unknown`], which receivers ignore.
///
/// # Errors
/// [`WireError`] when the text is too large or malformed.
pub fn decode(text: &str) -> Result<Envelope, WireError> {
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(WireError::TooLarge(text.len()));
    }
    Ok(serde_json::from_str(text)?)
}

/// Writes one message.
///
/// # Errors
/// [`WireError::TooLarge`] when the result would be refused by the other side.
pub fn encode(envelope: &Envelope) -> Result<String, WireError> {
    write(envelope)
}

/// Writes one message with the numbers of one session, whatever its own `seq` and `ack` say: so one
/// envelope can go to several receivers, or again with a newer `ack`, without being copied.
///
/// # Errors
/// [`WireError::TooLarge`] when the result would be refused by the other side.
pub fn encode_numbered(envelope: &Envelope, seq: u64, ack: Option<u64>) -> Result<String, WireError> {
    let Envelope { seq: _, ack: _, from, from_device, to, to_device, except_device, message } = envelope;
    write(&Numbered { seq, ack, from, from_device, to, to_device, except_device, message })
}

/// [`Envelope`] by reference; the fields and their order are the same.
#[derive(Serialize)]
struct Numbered<'a> {
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: &'a Option<crate::message::UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_device: &'a Option<crate::message::DeviceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: &'a Option<crate::message::UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_device: &'a Option<crate::message::DeviceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    except_device: &'a Option<crate::message::DeviceId>,
    #[serde(flatten)]
    message: &'a crate::Message,
}

fn write(value: &impl Serialize) -> Result<String, WireError> {
    let text = serde_json::to_string(value)?;
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(WireError::TooLarge(text.len()));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{CallRef, ErrorCode, Message};

    #[test]
    fn an_unknown_type_with_fields_of_its_own_is_unknown() {
        let text = r#"{"type":"teleport","seq":7,"to":"bob","where":{"x":[1,2,null]},"call":5}"#;
        let envelope = decode(text).unwrap();
        assert_eq!(envelope.message, Message::Unknown);
        assert_eq!((envelope.seq, envelope.to), (Some(7), Some("bob".into())));
    }

    #[test]
    fn unknown_fields_are_ignored_also_beside_messages_without_fields() {
        let envelope = decode(r#"{"type":"ack","ack":3,"mood":"fine"}"#).unwrap();
        assert_eq!((envelope.message, envelope.ack), (Message::Ack, Some(3)));
        let envelope = decode(r#"{"x":{},"call":"c","type":"ringing","y":[1.5e3]}"#).unwrap();
        assert_eq!(envelope.message, Message::Ringing(CallRef { call: "c".into() }));
    }

    #[test]
    fn the_words_of_a_call_are_spelled_in_kebab_case() {
        for (word, message) in [
            ("delivered", Message::Delivered as fn(CallRef) -> Message),
            ("anew", Message::Anew),
            ("accepted-elsewhere", Message::AcceptedElsewhere),
            ("declined-elsewhere", Message::DeclinedElsewhere),
            ("hold", Message::Hold),
            ("resume", Message::Resume),
            ("ask-video", Message::AskVideo),
            ("accept-video", Message::AcceptVideo),
            ("stop-video", Message::StopVideo),
        ] {
            let text = format!(r#"{{"except_device":"d","type":"{word}","call":"c"}}"#);
            let envelope =
                Envelope { except_device: Some("d".into()), ..message(CallRef { call: "c".into() }).into() };
            assert_eq!(decode(&text).unwrap(), envelope);
            assert_eq!(encode(&envelope).unwrap(), text);
        }
    }

    #[test]
    fn an_error_code_of_a_later_version_is_other() {
        let text = r#"{"type":"error","code":"moon-phase","message":"m"}"#;
        let Message::Error(info) = decode(text).unwrap().message else { panic!("not an error") };
        assert_eq!((info.code, info.fatal), (ErrorCode::Other, false));
    }

    #[test]
    fn a_message_of_exactly_the_limit_passes_and_one_more_byte_does_not() {
        let padded = |len: usize| {
            let frame = r#"{"type":"ack","pad":""}"#;
            frame.replace(r#""""#, &format!("\"{}\"", "x".repeat(len - frame.len())))
        };
        assert!(decode(&padded(MAX_MESSAGE_BYTES)).is_ok());
        let error = decode(&padded(MAX_MESSAGE_BYTES + 1)).unwrap_err();
        assert!(matches!(error, WireError::TooLarge(65537)), "{error}");
    }

    #[test]
    fn what_the_other_side_would_refuse_is_not_written() {
        let envelope =
            Envelope::from(Message::Ringing(CallRef { call: "x".repeat(MAX_MESSAGE_BYTES).into() }));
        assert!(matches!(encode(&envelope), Err(WireError::TooLarge(_))));
        assert!(matches!(encode_numbered(&envelope, 1, None), Err(WireError::TooLarge(_))));
    }

    #[test]
    fn broken_texts_are_malformed_and_say_where() {
        for text in [
            "",
            "hello",
            "[]",
            "null",
            "{}",
            r#"{"type":7}"#,
            r#"{"type":"ringing"}"#,
            r#"{"type":"ringing","call":7}"#,
            r#"{"type":"ack","seq":-1}"#,
            r#"{"type":"ack","ack":1.5}"#,
            r#"{"type":"ack""#,
        ] {
            let error = decode(text).unwrap_err();
            assert!(matches!(error, WireError::Malformed(_)), "{text:?}: {error}");
        }
        assert!(decode(&"[".repeat(10_000)).is_err(), "deep nesting must not overflow the stack");
    }

    #[test]
    fn numbering_replaces_the_envelopes_own_numbers_and_nothing_else() {
        let mut envelope = Envelope::from(Message::Ringing(CallRef { call: "c".into() }));
        envelope.from = Some("alice".into());
        envelope.to_device = Some("d".into());
        envelope.except_device = Some("e".into());
        envelope.seq = Some(99);
        let text = encode_numbered(&envelope, 3, Some(8)).unwrap();
        envelope.seq = Some(3);
        envelope.ack = Some(8);
        assert_eq!(text, encode(&envelope).unwrap());
    }
}
