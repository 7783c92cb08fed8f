//! The `socketio-room` dialect: rooms of two by name.
//!
//! | client says | becomes |
//! |---|---|
//! | `join` (room) | `joined` (room, id) to oneself, `otherjoin` (room) to the other; or `full` (room, id) |
//! | `message` (room, data) | the same to the other |
//! | `leave` (room) | `leaved` (room, id) to oneself, `bye` (room, id) to the other |
//! | leaves without a word | `bye` (room, id) to the other |
//!
//! Who was there first offers, at `otherjoin`. Two who join at the same time are still one after the
//! other here, so that one of them offers.

use serde_json::json;

use super::full;
use crate::hub::Refusal;
use crate::rooms::{Joined, Key, Kind, Visitor};
use crate::socketio::packet::{Event, event};

/// The events of this dialect.
pub(crate) const EVENTS: [&str; 3] = ["join", "leave", "message"];

/// Takes in an event.
///
/// # Errors
/// Why it is not done.
pub(crate) fn hear(said: &Event, who: &mut Visitor) -> Result<(), Refusal> {
    let room = Key::new(Kind::Room, &said.room(0)?);
    // As the client wrote it: a number stays one.
    let name = said.arg(0)?;
    let id = json!(who.id());
    match said.name.as_str() {
        "join" => match who.join(&room, true)? {
            Joined::With(others) => {
                who.tell(event("joined", &[name, &id]));
                if others > 0 { who.tell_others(&room, &event("otherjoin", &[name])) } else { Ok(()) }
            }
            Joined::Full => {
                who.tell(event("full", &[name, &id]));
                Err(full())
            }
        },
        "leave" => {
            // A page that leaves a room it is not in, or that never was, is told that it is out of it
            // all the same; nobody else is told anything.
            if who.rooms().contains(&room) {
                leave(who, &room);
            }
            who.tell(event("leaved", &[name, &id]));
            Ok(())
        }
        _ => {
            said.arg(1)?;
            who.tell_others(&room, said.as_told())
        }
    }
}

/// Leaves, and tells the other.
pub(crate) fn leave(who: &mut Visitor, room: &Key) {
    // In the room, or it would not be left.
    let _ = who.tell_others(room, &event("bye", &[&json!(room.name), &json!(who.id())]));
    who.leave(room);
}
