//! The signaling wire of Duet, shared by the engine, the server and (by its JSON Schema) the page.
//!
//! Pure: text in, values out. No socket, no clock, no thread.
//!
//! | module | job |
//! |---|---|
//! | [`message`] | every message of the `duet` dialect, as types |
//! | [`codec`] | text to [`Envelope`] and back, with limits |
//! | [`dialect`] | the words of other signaling systems, translated to ours and back |
//! | [`outbox`] | numbering, acknowledgement, resending and de-duplication |
//! | [`room`] | rooms of two, as a value |
//! | `schema` | the JSON Schema of the wire (feature `schema`) |
#![forbid(unsafe_code)]

pub mod codec;
pub mod dialect;
pub mod message;
pub mod outbox;
pub mod room;
#[cfg(feature = "schema")]
pub mod schema;

pub use codec::{MAX_MESSAGE_BYTES, WireError, decode, encode, encode_numbered};
pub use message::{Envelope, Message};
