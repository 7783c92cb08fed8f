//! The JSON Schema of the wire, generated from the types.

use crate::message::{Envelope, PROTOCOL_VERSION};

/// The schema of one message (JSON Schema 2020-12), as pretty-printed text ending in a newline.
/// `schema/duet-v1.json` holds this text; a test compares the two.
pub fn json() -> String {
    let mut schema = schemars::schema_for!(Envelope);
    schema.insert("title".to_owned(), format!("Duet signaling, version {PROTOCOL_VERSION}").into());
    let about =
        "One WebSocket text message, at most 64 KiB. Receivers ignore fields and types not listed here.";
    schema.insert("description".to_owned(), about.into());
    format!("{:#}\n", schema.as_value())
}
