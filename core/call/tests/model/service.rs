//! The service's rooms: who is in, what their meeting is called, and what both are told.

use crate::adapter::{Id, Who, Word};
use crate::ledger::CALLS;
use crate::world::{Packet, State};

/// A room of two, as the service sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Room {
    /// The call by which each is in.
    here: [Option<Id>; 2],
    /// The name of the call between the two.
    call: Option<Id>,
    /// How many have had a name.
    meetings: u8,
}

impl State {
    /// The service takes a message about the room.
    pub fn serve(&mut self, packet: Packet) {
        match packet.word {
            Word::Join => self.join(packet.from, packet.call),
            Word::Leave => self.leave(packet.from),
            word => panic!("{word:?} is not for the service"),
        }
    }

    fn join(&mut self, who: Who, stay: Id) {
        let news = self.room.here[usize::from(who)].replace(stay).is_none();
        if news && self.room.here.iter().all(Option::is_some) {
            self.room.call = Some(CALLS as Id + self.room.meetings);
            self.room.meetings += 1;
        }
        let other = 1 - who;
        match self.room.call {
            None => self.carry(Packet { to: who, from: other, call: 0, word: Word::Joined { stay } }),
            Some(call) => {
                self.carry(Packet { to: who, from: other, call, word: Word::JoinedPeer { stay } });
                if news && let Some(stay) = self.room.here[usize::from(other)] {
                    self.carry(Packet { to: other, from: who, call, word: Word::PeerJoined { stay } });
                }
            }
        }
    }

    /// Somebody is not in the room any more: by will, or because the service has forgotten them.
    pub fn leave(&mut self, who: Who) {
        self.room.here[usize::from(who)] = None;
        if let Some(call) = self.room.call.take() {
            self.carry(Packet { to: 1 - who, from: who, call, word: Word::PeerLeft });
        }
    }
}
