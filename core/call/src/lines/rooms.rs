//! Rooms of two: who is in them, and by which name a call there goes on the wire.

use super::devices::is_other;
use super::{Line, LineError, Lines, Party, RoomInput, RoomPeer};
use crate::call::Call;
use crate::id::{CallId, RoomName};
use crate::input::{Input, MediaKinds, WireInput};
use crate::mutation::{Rule, broken};

/// What becomes of a call when somebody is said to be in its room.
enum Meeting {
    /// Somebody is there, or still there.
    Met,
    /// The one who was there is gone, and this is somebody else, or they themselves after a crash.
    Anew,
}

impl Lines {
    /// Enters `room` and waits there. `call` is this end's name for the call; the service may have another,
    /// see [`RoomPeer::call`].
    ///
    /// # Errors
    ///
    /// See [`LineError`]; nothing has changed then.
    pub fn join(&mut self, call: CallId, room: RoomName, media: MediaKinds) -> Result<(), LineError> {
        if let Some(there) = self.room_call(&room) {
            return Err(LineError::AlreadyInRoom(there.clone()));
        }
        self.check_room_for(&call)?;
        self.open(Call::room(call, self.config, media), Party::Room { room, with: None }, None);
        Ok(())
    }

    /// A message about the stay in a room that began with [`Lines::join`] of `call`; where a service says which
    /// stay it speaks of. About an earlier one it does nothing, and says false.
    pub fn room_of(&mut self, call: &CallId, room: &RoomName, input: RoomInput) -> bool {
        let present = self.room_call(room) == Some(call) || broken(Rule::StaysMixedUp);
        if present {
            self.room(room, input);
        }
        present
    }

    /// A message about a room this end is in or enters. Of any other room it does nothing.
    pub fn room(&mut self, room: &RoomName, input: RoomInput) {
        let Some(id) = self.room_call(room).cloned() else { return };
        let Some(line) = self.lines.get_mut(&id) else { return };
        let message = match input {
            RoomInput::Joined { with: None } => {
                line.forgotten = line.party.peer().is_some();
                Some(WireInput::Joined { peer: false })
            }
            RoomInput::Joined { with: Some(with) } => {
                line.forgotten = true;
                return self.met(&id, with, WireInput::Joined { peer: true });
            }
            RoomInput::PeerJoined(with) => return self.met(&id, with, WireInput::PeerJoined),
            RoomInput::PeerLeft { call: Some(call) } if *line.wire_id(&id) != call => None,
            RoomInput::PeerLeft { .. } => Some(WireInput::PeerLeft),
            RoomInput::PeerGone { call } if *line.wire_id(&id) != call => None,
            RoomInput::PeerGone { .. } => {
                line.vanished = true;
                Some(WireInput::PeerGone)
            }
            RoomInput::Full => Some(WireInput::RoomFull),
            RoomInput::Refused(refusal) => Some(WireInput::Refused(refusal)),
        };
        if let Some(message) = message {
            self.input(&id, Input::Wire(message));
        }
    }

    /// This end's name for the call in a room.
    pub fn room_call(&self, room: &RoomName) -> Option<&CallId> {
        let in_room = |line: &Line| matches!(&line.party, Party::Room { room: theirs, .. } if theirs == room);
        self.lines.iter().find(|(_, line)| in_room(line)).map(|(id, _)| id)
    }

    /// Somebody is in the room. If that is somebody new, the other one has left: the call ends, or, where it
    /// stays in its room, begins anew with them.
    fn met(&mut self, id: &CallId, with: RoomPeer, message: WireInput) {
        let Some(line) = self.lines.get_mut(id) else { return };
        match line.meeting(&with) {
            Meeting::Met => line.meet(with),
            Meeting::Anew => {
                self.input(id, Input::Wire(WireInput::PeerLeft));
                let Some(line) = self.lines.get_mut(id) else { return };
                line.meet(with);
            }
        }
        self.input(id, Input::Wire(message));
    }
}

impl Line {
    /// After a service forgot and was told again, the same two meet under another name, and their call goes
    /// on; a client that is back has the device it had. The same one under another name without that has crashed and come back, with nothing of the call
    /// there was.
    fn meeting(&self, with: &RoomPeer) -> Meeting {
        match &self.party {
            Party::Room { with: Some(known), .. } if known == with => Meeting::Met,
            Party::Room { with: Some(known), .. }
                if known.peer == with.peer && !is_other(&known.device, &with.device) && self.forgotten =>
            {
                Meeting::Met
            }
            // Whoever the service had lost is back, and by the device's name remembers.
            Party::Room { with: Some(known), .. }
                if self.vanished && (&known.peer, &known.device) == (&with.peer, &with.device) =>
            {
                Meeting::Met
            }
            Party::Room { with: Some(_), .. } => Meeting::Anew,
            Party::Room { with: None, .. } | Party::Peer(_) => Meeting::Met,
        }
    }

    fn meet(&mut self, new: RoomPeer) {
        self.forgotten = false;
        self.vanished = false;
        self.device = new.device.clone();
        if let Party::Room { with, .. } = &mut self.party {
            *with = Some(new);
        }
    }

    /// Nobody else is in the room.
    pub(super) fn leave(&mut self) {
        self.device = None;
        if let Party::Room { with, .. } = &mut self.party {
            *with = None;
        }
    }
}
