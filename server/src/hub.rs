//! Who is here, what waits for them, and which rooms there are.
//!
//! All state, no socket. One lock, held for a few map look-ups at a time and never across an await.
//! A connection acts through its [`Seat`].

mod seat;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use duet_signal::message::{ErrorCode, Resume, SessionToken, UserId};

use crate::config::Limits;
use state::State;

pub(crate) use seat::{Batch, Seat};

/// The state of one server.
#[derive(Debug)]
pub(crate) struct Hub {
    state: Mutex<State>,
}

/// Something asked for is not done, and why; goes to the client as an `error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) text: String,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Refusal { code, text: text.into() }
    }
}

/// The connection no longer has the session: another took it over, or the hub ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// A session opened for a connection.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) seat: Seat,
    pub(crate) token: SessionToken,
    pub(crate) resumed: bool,
    /// The highest number received from the client.
    pub(crate) received: u64,
}

impl Hub {
    pub(crate) fn new(limits: Limits) -> Self {
        Hub { state: Mutex::new(State::new(limits)) }
    }

    /// Resumes the session asked for where that is possible, or else starts a new one.
    pub(crate) fn open(self: &Arc<Self>, user: &UserId, resume: Option<&Resume>) -> Result<Opened, Refusal> {
        let entry = {
            let mut state = self.lock();
            match resume.and_then(|resume| state.resume(user, resume)) {
                Some(entry) => entry,
                None => state.create(user, resume.and_then(|resume| resume.device.as_ref()))?,
            }
        };
        let seat = Seat::new(Arc::clone(self), user.clone(), entry.device, entry.link, entry.sent);
        Ok(Opened { seat, token: entry.token, resumed: entry.resumed, received: entry.received })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the server with it; the maps are whole between calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use duet_signal::message::{Message, PeerLeft, RoomId};

    use super::*;

    fn enter(hub: &Arc<Hub>, user: &str) -> Opened {
        hub.open(&user.into(), None).unwrap()
    }

    fn join(seat: &Seat, room: &str) {
        seat.join(&RoomId::from(room), None).unwrap().unwrap();
    }

    fn news(seat: &mut Seat) -> Vec<Message> {
        let batch = seat.next_batch(false).unwrap();
        batch.messages.into_iter().map(|(_, queued)| queued.envelope.message.clone()).collect()
    }

    #[test]
    fn who_comes_back_as_somebody_new_takes_the_place_of_their_ghost() {
        let hub = Arc::new(Hub::new(Limits::default()));
        let (mut alice, mut bob) = (enter(&hub, "alice").seat, enter(&hub, "bob").seat);
        join(&alice, "r");
        join(&bob, "r");
        assert_eq!(news(&mut alice).len() + news(&mut bob).len(), 3);
        alice.disconnect().unwrap();

        let mut reloaded = enter(&hub, "alice").seat;
        join(&reloaded, "r");
        let [Message::Joined(joined)] = &news(&mut reloaded)[..] else { panic!("not joined") };
        let peer = joined.peer.as_ref().expect("bob is there");
        let [Message::PeerLeft(left), Message::PeerJoined(came)] = &news(&mut bob)[..] else {
            panic!("no news")
        };
        assert!(left.call != came.peer.call && came.peer.call == peer.call);
        assert_eq!(came.peer.device, *reloaded.device());
        // The ghost learns of it, should it come back, and its end changes nothing.
        assert!(matches!(news(&mut alice)[..], [Message::PeerLeft(_)]));
        drop(alice);
        assert_eq!(news(&mut bob), []);
    }

    #[test]
    fn a_dropped_seat_leaves_nothing_behind() {
        let hub = Arc::new(Hub::new(Limits::default()));
        let (alice, mut bob) = (enter(&hub, "alice").seat, enter(&hub, "bob").seat);
        join(&alice, "r");
        join(&bob, "r");
        news(&mut bob);
        drop(alice);
        assert!(matches!(news(&mut bob)[..], [Message::PeerLeft(PeerLeft { gone: false, .. })]));
        drop(bob);
        assert!(hub.lock().is_empty());
    }

    #[test]
    fn the_seat_of_a_replaced_connection_can_do_nothing_more() {
        let hub = Arc::new(Hub::new(Limits::default()));
        let Opened { mut seat, token, .. } = enter(&hub, "alice");
        let resumed =
            hub.open(&"alice".into(), Some(&Resume { session: token, received: 0, device: None })).unwrap();
        assert!(resumed.resumed);
        assert_eq!(seat.link().why(), Some(ErrorCode::Replaced));
        assert_eq!(seat.next_batch(true).err(), Some(Gone));
        assert_eq!(seat.receive(Some(1), None), Err(Gone));
        assert_eq!(seat.join(&"r".into(), None), Err(Gone));
        drop(seat);
        join(&resumed.seat, "r");
    }

    #[test]
    fn ghosts_give_way_to_a_users_new_devices() {
        let hub = Arc::new(Hub::new(Limits { devices_per_user: 2, ..Limits::default() }));
        let (first, _second) = (enter(&hub, "alice").seat, enter(&hub, "alice").seat);
        assert_eq!(hub.open(&"alice".into(), None).err().map(|r| r.code), Some(ErrorCode::RateLimited));
        first.disconnect().unwrap();
        assert!(hub.open(&"alice".into(), None).is_ok());
    }

    #[test]
    fn a_full_outbox_ends_the_session_and_those_who_shared_a_room_hear_of_it() {
        let hub = Arc::new(Hub::new(Limits { outbox_messages: 2, ..Limits::default() }));
        let (slow, mut bob) = (enter(&hub, "slow").seat, enter(&hub, "bob").seat);
        join(&slow, "r"); // 1: joined
        join(&bob, "r"); // 2: peer-joined
        assert_eq!(news(&mut bob).len(), 1);
        join(&slow, "s"); // 3: too much
        assert_eq!(slow.link().why(), Some(ErrorCode::SlowConsumer));
        assert!(matches!(news(&mut bob)[..], [Message::PeerLeft(PeerLeft { gone: true, .. })]));
    }
}
