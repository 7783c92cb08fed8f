//! The `socketio-invite` dialect: somebody in the room calls, somebody accepts.
//!
//! | client says | becomes |
//! |---|---|
//! | connects | `connectionSuccess` to oneself |
//! | `joinRoom` (room) | in the room; `full` (room) to oneself when two are in a room of two |
//! | `callRemote`, `acceptCall`, `hangUp` (room) | the same without the room to the others |
//! | `sendOffer` ({roomId, offer}) | `sendOffer` (offer) to the others |
//! | `sendAnswer` ({roomId, answer}) | `receiveAnswer` (answer) to the others |
//! | `sendCandidate` ({roomId, candidate}) | `receiveCandidate` (candidate) to the others |
//! | leaves in a call without a word | `hangUp` to the others |
//!
//! Deliberate difference: the system's own server also sends everything back to who said it, which
//! its pages have to ignore; this one does not.

use super::full;
use crate::hub::Refusal;
use crate::rooms::{Joined, Key, Kind, Visitor};
use crate::socketio::packet::{Event, event, member, room_name};

/// The events of this dialect.
pub(crate) const EVENTS: [&str; 7] =
    ["joinRoom", "callRemote", "acceptCall", "sendOffer", "sendAnswer", "sendCandidate", "hangUp"];

/// What a client is told when it connects: its page joins then, and again after a reconnection.
pub(crate) const GREETING: &str = r#"42["connectionSuccess"]"#;

/// Takes in an event.
///
/// # Errors
/// Why it is not done.
pub(crate) fn hear(said: &Event, who: &mut Visitor) -> Result<(), Refusal> {
    match said.name.as_str() {
        "joinRoom" => join(said, who),
        "sendOffer" => pass_on(said, who, "offer", "sendOffer"),
        "sendAnswer" => pass_on(said, who, "answer", "receiveAnswer"),
        "sendCandidate" => pass_on(said, who, "candidate", "receiveCandidate"),
        name => {
            let room = Key::new(Kind::Invite, &said.room(0)?);
            who.tell_others(&room, &event(name, &[]))?;
            // Only who called or accepted is in the call: a page that merely is in the room must not
            // end it when it is closed.
            who.set_in_call(&room, name != "hangUp");
            Ok(())
        }
    }
}

/// Leaves, and hangs up if that was not said.
pub(crate) fn leave(who: &mut Visitor, room: &Key) {
    if who.is_in_call(room) {
        // In the room, or it would not be left.
        let _ = who.tell_others(room, &event("hangUp", &[]));
        who.set_in_call(room, false);
    }
    who.leave(room);
}

fn join(said: &Event, who: &mut Visitor) -> Result<(), Refusal> {
    match who.join(&Key::new(Kind::Invite, &said.room(0)?), false)? {
        Joined::With(_) => Ok(()),
        Joined::Full => {
            who.tell(event("full", &[said.arg(0)?]));
            Err(full())
        }
    }
}

/// Tells the others what an object carries beside the room.
fn pass_on(said: &Event, who: &Visitor, carried: &str, told_as: &str) -> Result<(), Refusal> {
    let object = said.arg(0)?;
    let room = Key::new(Kind::Invite, &room_name(member(object, "roomId")?)?);
    who.tell_others(&room, &event(told_as, &[member(object, carried)?]))
}
