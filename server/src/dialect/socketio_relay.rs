//! The `socketio-relay` dialect: everybody in one room, descriptions and candidates passed on.
//!
//! | client says | becomes |
//! |---|---|
//! | `conn` (name) | in the room; `conn` (name) to oneself. When two are in a room of two: `full` (name) |
//! | `signalOffer`, `signalAnswer`, `iceOffer`, `iceAnswer` | the same to the others |
//! | leaves | `bye` to those that are exclusive |
//!
//! The last to come offers, and whoever is there rolls back an offer of its own.

use super::full;
use crate::hub::Refusal;
use crate::query::Wishes;
use crate::rooms::{Joined, Key, Kind, Visitor};
use crate::socketio::packet::{Event, event};

/// The events of this dialect.
pub(crate) const EVENTS: [&str; 5] = ["conn", "signalOffer", "signalAnswer", "iceOffer", "iceAnswer"];

/// Takes in an event.
///
/// # Errors
/// Why it is not done.
pub(crate) fn hear(said: &Event, who: &mut Visitor, wishes: &Wishes) -> Result<(), Refusal> {
    let room = Key::new(Kind::Relay, &wishes.room);
    if said.name != "conn" {
        said.arg(0)?;
        return who.tell_others(&room, said.as_told());
    }
    let name = said.arg(0)?;
    match who.join(&room, false)? {
        Joined::With(_) => {
            who.tell(event("conn", &[name]));
            Ok(())
        }
        Joined::Full => {
            who.tell(event("full", &[name]));
            Err(full())
        }
    }
}

/// Somebody leaves without a word; the dialect has none.
pub(crate) fn leave(who: &mut Visitor, room: &Key) {
    // In the room, or it would not be left.
    let _ = who.tell_exclusive(room, &event("bye", &[]));
    who.leave(room);
}
