//! Who is in which room of the dialects of other systems. Rules, no socket: whoever is told something
//! has a mailbox.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use duet_signal::message::ErrorCode;

use crate::config::Limits;
use crate::hub::Refusal;
use crate::mailbox::Mailbox;

/// Longest name of a room, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 128;

/// Whose room it is: rooms of different dialects are different rooms, whatever their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `ws-broadcast`.
    Broadcast,
    /// `socketio-relay`.
    Relay,
    /// `socketio-room`.
    Room,
    /// `socketio-invite`.
    Invite,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) name: Box<str>,
}

impl Key {
    pub(crate) fn new(kind: Kind, name: &str) -> Self {
        Key { kind, name: name.into() }
    }
}

/// All rooms of a server.
#[derive(Debug)]
pub(crate) struct Rooms {
    limits: Limits,
    table: Mutex<HashMap<Key, Vec<Member>>>,
}

/// One client in one room.
#[derive(Debug)]
struct Member {
    id: Arc<str>,
    exclusive: bool,
    in_call: bool,
    mailbox: Arc<Mailbox>,
}

/// What joining came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// In the room, with so many others; or it was so already.
    With(usize),
    /// Two are in it already.
    Full,
}

/// A client as rooms know it. Dropping it leaves all rooms and tells nobody: see [`Visitor::rooms`].
#[derive(Debug)]
pub(crate) struct Visitor {
    id: Arc<str>,
    exclusive: bool,
    mailbox: Arc<Mailbox>,
    all: Arc<Rooms>,
    rooms: Vec<Key>,
}

impl Rooms {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Rooms { limits, table: Mutex::default() })
    }

    /// A client that is in no room yet.
    pub(crate) fn visitor(self: &Arc<Self>, id: &str, exclusive: bool, mailbox: &Arc<Mailbox>) -> Visitor {
        Visitor {
            id: id.into(),
            exclusive,
            mailbox: Arc::clone(mailbox),
            all: Arc::clone(self),
            rooms: Vec::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Member>>> {
        // A panic elsewhere must not take the server with it; the table is whole between calls.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitor {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The rooms it is in.
    pub(crate) fn rooms(&self) -> &[Key] {
        &self.rooms
    }

    /// Tells the client itself.
    pub(crate) fn tell(&self, text: impl Into<Utf8Bytes>) {
        self.mailbox.post(text);
    }

    /// Goes into a room. `of_two`: no more than two fit, whoever they are.
    ///
    /// # Errors
    /// When the client is in too many rooms, or the room has as many as the server allows.
    pub(crate) fn join(&mut self, key: &Key, of_two: bool) -> Result<Joined, Refusal> {
        let limits = &self.all.limits;
        let mut table = self.all.lock();
        let members = table.get(key).map_or(&[][..], Vec::as_slice);
        if self.rooms.contains(key) {
            return Ok(Joined::With(members.len().saturating_sub(1)));
        }
        let of_two = of_two || self.exclusive || members.iter().any(|member| member.exclusive);
        if of_two && members.len() >= 2 {
            return Ok(Joined::Full);
        }
        if self.rooms.len() >= limits.rooms_per_session {
            let text = format!("one client can be in {} rooms at one time", limits.rooms_per_session);
            return Err(Refusal::new(ErrorCode::RateLimited, text));
        }
        if members.len() >= limits.room_members {
            return Err(Refusal::new(ErrorCode::RateLimited, "too many are in the room"));
        }
        let others = members.len();
        table.entry(key.clone()).or_default().push(Member {
            id: Arc::clone(&self.id),
            exclusive: self.exclusive,
            in_call: false,
            mailbox: Arc::clone(&self.mailbox),
        });
        self.rooms.push(key.clone());
        Ok(Joined::With(others))
    }

    /// Leaves a room; says whether it was in it.
    pub(crate) fn leave(&mut self, key: &Key) -> bool {
        let Some(at) = self.rooms.iter().position(|room| room == key) else { return false };
        self.rooms.swap_remove(at);
        self.all.remove(key, &self.id);
        true
    }

    /// Tells all others in a room.
    ///
    /// # Errors
    /// When the client is not in it itself.
    pub(crate) fn tell_others(&self, key: &Key, text: &Utf8Bytes) -> Result<(), Refusal> {
        self.tell_those(key, text, |_| true)
    }

    /// Tells those of the others in a room that are exclusive: pages that know words their dialect
    /// does not have.
    pub(crate) fn tell_exclusive(&self, key: &Key, text: &Utf8Bytes) -> Result<(), Refusal> {
        self.tell_those(key, text, |member| member.exclusive)
    }

    /// Notes that the client takes part in a call in this room, and whether it did before.
    pub(crate) fn set_in_call(&self, key: &Key, in_call: bool) {
        for member in self.all.lock().get_mut(key).into_iter().flatten() {
            // The end of a call is the end for all who are in it.
            if *member.id == *self.id || !in_call {
                member.in_call = in_call;
            }
        }
    }

    /// Whether the client takes part in a call in this room.
    pub(crate) fn is_in_call(&self, key: &Key) -> bool {
        let table = self.all.lock();
        table.get(key).into_iter().flatten().any(|member| *member.id == *self.id && member.in_call)
    }

    fn tell_those(&self, key: &Key, text: &Utf8Bytes, who: impl Fn(&Member) -> bool) -> Result<(), Refusal> {
        if !self.rooms.contains(key) {
            return Err(Refusal::new(ErrorCode::NotInRoom, "join the room first"));
        }
        let table = self.all.lock();
        for member in table.get(key).into_iter().flatten() {
            if *member.id != *self.id && who(member) {
                member.mailbox.post(text.clone());
            }
        }
        Ok(())
    }
}

impl Rooms {
    fn remove(&self, key: &Key, id: &str) {
        let mut table = self.lock();
        if let Some(members) = table.get_mut(key) {
            members.retain(|member| *member.id != *id);
            if members.is_empty() {
                table.remove(key);
            }
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        for key in &self.rooms {
            self.all.remove(key, &self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(rooms: &Arc<Rooms>, id: &str, exclusive: bool) -> Visitor {
        rooms.visitor(id, exclusive, &Arc::new(Mailbox::new(&Limits::default())))
    }

    #[test]
    fn one_exclusive_member_makes_a_room_of_two() {
        for exclusive in [[true, false, false], [false, true, false], [false, false, true]] {
            let rooms = Rooms::new(Limits::default());
            let key = Key::new(Kind::Relay, "");
            let [mut a, mut b, mut c] = [0, 1, 2].map(|n| visitor(&rooms, &n.to_string(), exclusive[n]));
            assert_eq!(a.join(&key, false), Ok(Joined::With(0)));
            assert_eq!(b.join(&key, false), Ok(Joined::With(1)));
            assert_eq!(c.join(&key, false), Ok(Joined::Full), "{exclusive:?}");
            assert!(b.leave(&key));
            assert_eq!(c.join(&key, false), Ok(Joined::With(1)));
        }
    }

    #[test]
    fn rooms_of_different_dialects_are_different_rooms() {
        let rooms = Rooms::new(Limits::default());
        let (mut a, mut b) = (visitor(&rooms, "a", false), visitor(&rooms, "b", false));
        a.join(&Key::new(Kind::Room, "r"), true).unwrap();
        assert_eq!(b.join(&Key::new(Kind::Invite, "r"), false), Ok(Joined::With(0)));
    }

    #[test]
    fn a_client_is_in_so_many_rooms_and_no_more_and_dropping_it_leaves_them() {
        let rooms = Rooms::new(Limits { rooms_per_session: 2, ..Limits::default() });
        let mut a = visitor(&rooms, "a", false);
        for name in ["1", "2", "2"] {
            assert_eq!(a.join(&Key::new(Kind::Room, name), true), Ok(Joined::With(0)));
        }
        let refusal = a.join(&Key::new(Kind::Room, "3"), true).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::RateLimited);
        drop(a);
        assert!(rooms.lock().is_empty());
    }

    #[test]
    fn who_is_not_in_a_room_tells_nobody_there() {
        let rooms = Rooms::new(Limits::default());
        let key = Key::new(Kind::Relay, "");
        let (mut a, b) = (visitor(&rooms, "a", false), visitor(&rooms, "b", false));
        a.join(&key, false).unwrap();
        assert_eq!(b.tell_others(&key, &"x".into()).unwrap_err().code, ErrorCode::NotInRoom);
        assert!(a.mailbox.take(9).is_empty());
    }
}
