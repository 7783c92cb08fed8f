//! Text to [`Envelope`] and back.

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
    let text = serde_json::to_string(envelope)?;
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(WireError::TooLarge(text.len()));
    }
    Ok(text)
}
