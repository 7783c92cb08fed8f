//! Rooms of two.
//!
//! A [`Room`] only says who is in it and what follows from coming and going; telling people is the
//! caller's. Members are told apart by device. A *ghost* is a member whose connection is lost but
//! whose session may still be resumed.

use crate::message::{CallId, DeviceId, RoomPeer, UserId};

/// One in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// What they call their stay.
    pub stay: Option<CallId>,
}

/// A room for at most two, and the call between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    first: Option<Member>,
    second: Option<Member>,
    /// Present exactly when both are.
    call: Option<CallId>,
}

/// What came of a join.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Join {
    /// The device is in the room now.
    In {
        /// The other one and the call, if somebody is there.
        peer: Option<RoomPeer>,
        /// False when the device was in the room already: the other one knows.
        news: bool,
        /// A ghost of the same user that had to go.
        replaced: Option<Box<Departure>>,
    },
    /// Two others are in the room.
    Full,
}

/// Somebody is no longer in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Who left.
    pub gone: Member,
    /// The one still there and the call that is over, if somebody is.
    pub left_behind: Option<(Member, CallId)>,
}

impl Room {
    /// An empty room.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nobody is in it: the caller may forget the room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }

    /// Who is in it.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.first.iter().chain(&self.second)
    }

    /// The call between the two, when there are two.
    pub fn call(&self) -> Option<&CallId> {
        self.call.as_ref()
    }

    /// A device comes in.
    ///
    /// * A device that is in already stays, with the same peer and call; the name of its stay is the new one.
    /// * A ghost of the same user gives way, even when the room is not full: somebody who reloaded a
    ///   page must meet the other one, not themselves.
    /// * `new_call` names the call if two meet.
    pub fn join(
        &mut self,
        member: Member,
        is_ghost: impl Fn(&Member) -> bool,
        new_call: impl FnOnce() -> CallId,
    ) -> Join {
        if let Some(there) = self.member_mut(&member.device) {
            there.stay = member.stay;
            return Join::In { peer: self.peer_of(&member.device), news: false, replaced: None };
        }
        let ghost = self.members().find(|m| m.user == member.user && is_ghost(m)).map(|m| m.device.clone());
        let replaced = ghost.and_then(|device| self.leave(&device)).map(Box::new);

        let device = member.device.clone();
        match (&self.first, &self.second) {
            (Some(_), Some(_)) => return Join::Full,
            (None, _) => self.first = Some(member),
            (_, None) => self.second = Some(member),
        }
        if self.first.is_some() && self.second.is_some() {
            self.call = Some(new_call());
        }
        Join::In { peer: self.peer_of(&device), news: true, replaced }
    }

    /// A device goes; `None` when it was not in.
    pub fn leave(&mut self, device: &DeviceId) -> Option<Departure> {
        let is_it = |m: &mut Member| m.device == *device;
        let gone = self.first.take_if(is_it).or_else(|| self.second.take_if(is_it))?;
        let call = self.call.take();
        let left_behind = self.members().next().cloned().zip(call);
        Some(Departure { gone, left_behind })
    }

    /// What a device that is in calls its stay.
    pub fn stay_of(&self, device: &DeviceId) -> Option<&CallId> {
        self.members().find(|m| m.device == *device)?.stay.as_ref()
    }

    /// The one a device meets here, and the call between them.
    pub fn peer_of(&self, device: &DeviceId) -> Option<RoomPeer> {
        let call = self.call.clone()?;
        let other = self.members().find(|m| m.device != *device)?;
        Some(RoomPeer { user: other.user.clone(), device: other.device.clone(), call })
    }

    fn member_mut(&mut self, device: &DeviceId) -> Option<&mut Member> {
        self.first.iter_mut().chain(&mut self.second).find(|m| m.device == *device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(user: &str, device: &str) -> Member {
        Member { user: user.into(), device: device.into(), stay: None }
    }

    fn join(room: &mut Room, user: &str, device: &str, ghosts: &[&str], call: &str) -> Join {
        room.join(member(user, device), |m| ghosts.contains(&m.device.as_str()), || call.into())
    }

    fn peer(user: &str, device: &str, call: &str) -> Option<RoomPeer> {
        Some(RoomPeer { user: user.into(), device: device.into(), call: call.into() })
    }

    #[test]
    fn the_first_is_alone_and_the_second_meets_them() {
        let mut room = Room::new();
        assert_eq!(join(&mut room, "a", "1", &[], "x"), Join::In { peer: None, news: true, replaced: None });
        let met = join(&mut room, "b", "2", &[], "x");
        assert_eq!(met, Join::In { peer: peer("a", "1", "x"), news: true, replaced: None });
        assert_eq!(room.peer_of(&"1".into()), peer("b", "2", "x"));
    }

    #[test]
    fn a_third_finds_the_room_full_and_changes_nothing() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        let _ = join(&mut room, "b", "2", &[], "x");
        let before = room.clone();
        assert_eq!(join(&mut room, "c", "3", &["1", "2"], "y"), Join::Full);
        assert_eq!(room, before);
    }

    #[test]
    fn joining_twice_changes_nothing() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        let _ = join(&mut room, "b", "2", &[], "x");
        let again = join(&mut room, "a", "1", &[], "y");
        assert_eq!(again, Join::In { peer: peer("b", "2", "x"), news: false, replaced: None });
    }

    #[test]
    fn a_stay_is_called_as_it_was_called_last() {
        let mut room = Room::new();
        let enter = |room: &mut Room, stay: Option<&str>| {
            let member = Member { stay: stay.map(CallId::from), ..member("a", "1") };
            let _ = room.join(member, |_| false, || "x".into());
        };
        enter(&mut room, Some("s"));
        let _ = join(&mut room, "b", "2", &[], "x");
        assert_eq!(room.stay_of(&"1".into()), Some(&"s".into()));
        assert_eq!((room.stay_of(&"2".into()), room.stay_of(&"3".into())), (None, None));
        enter(&mut room, Some("t"));
        assert_eq!(room.stay_of(&"1".into()), Some(&"t".into()));
        enter(&mut room, None);
        assert_eq!(room.stay_of(&"1".into()), None);
    }

    #[test]
    fn leaving_ends_the_call_and_the_next_meeting_is_a_new_one() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        let _ = join(&mut room, "b", "2", &[], "x");
        let left = room.leave(&"1".into()).unwrap();
        assert_eq!(left.left_behind, Some((member("b", "2"), "x".into())));
        assert_eq!(room.call(), None);
        let met = join(&mut room, "c", "3", &[], "y");
        assert_eq!(met, Join::In { peer: peer("b", "2", "y"), news: true, replaced: None });
        assert_eq!(room.leave(&"1".into()), None);
    }

    #[test]
    fn the_last_to_leave_empties_the_room() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        assert_eq!(room.leave(&"1".into()), Some(Departure { gone: member("a", "1"), left_behind: None }));
        assert!(room.is_empty());
    }

    #[test]
    fn a_ghost_gives_way_to_its_own_user_in_a_full_room() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        let _ = join(&mut room, "b", "2", &[], "x");
        let Join::In { peer: met, news: true, replaced: Some(gone) } = join(&mut room, "a", "3", &["1"], "y")
        else {
            panic!("the ghost kept its place");
        };
        assert_eq!(met, peer("b", "2", "y"));
        assert_eq!(gone.left_behind, Some((member("b", "2"), "x".into())));
    }

    #[test]
    fn one_does_not_meet_ones_own_ghost() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        let Join::In { peer: None, .. } = join(&mut room, "a", "2", &["1"], "x") else {
            panic!("met oneself");
        };
        assert_eq!(room.members().count(), 1);
    }

    #[test]
    fn two_live_devices_of_one_user_may_meet() {
        let mut room = Room::new();
        let _ = join(&mut room, "a", "1", &[], "x");
        let met = join(&mut room, "a", "2", &[], "x");
        assert_eq!(met, Join::In { peer: peer("a", "1", "x"), news: true, replaced: None });
    }
}
