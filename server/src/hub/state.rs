//! The maps behind the lock, and the rules that tie them together.

use std::collections::HashMap;
use std::sync::Arc;

use duet_signal::Envelope;
use duet_signal::message::{
    CallId, CallRef, DeviceId, ErrorCode, Joined, Message, PeerJoined, PeerLeft, Resume, RoomId, RoomPeer,
    SessionToken, UserId,
};
use duet_signal::room::{Departure, Join, Member, Room};
use tokio::time::Instant;

use super::{Gone, Refusal};
use crate::config::Limits;
use crate::random_id;
use crate::session::{Link, Queued, Session};

/// Longest device name taken over from a client, in bytes; ours have 16.
const MAX_DEVICE_NAME: usize = 64;
/// Roughly what a message made by the server takes: ids and names.
const OWN_MESSAGE_WEIGHT: usize = 512;

#[derive(Debug)]
pub(super) struct State {
    limits: Limits,
    sessions: HashMap<DeviceId, Session>,
    tokens: HashMap<SessionToken, DeviceId>,
    users: HashMap<UserId, Vec<DeviceId>>,
    rooms: HashMap<RoomId, Room>,
    /// Devices whose outbox overflowed; emptied before the lock is given back.
    overflown: Vec<DeviceId>,
}

/// A session as a connection gets it.
pub(super) struct Entry {
    pub(super) device: DeviceId,
    pub(super) token: SessionToken,
    pub(super) link: Arc<Link>,
    pub(super) resumed: bool,
    /// The highest number the client has.
    pub(super) sent: u64,
    /// The highest number the server has.
    pub(super) received: u64,
}

impl State {
    pub(super) fn new(limits: Limits) -> Self {
        State {
            limits,
            sessions: HashMap::new(),
            tokens: HashMap::new(),
            users: HashMap::new(),
            rooms: HashMap::new(),
            overflown: Vec::new(),
        }
    }

    /// Continues a session on a new connection; the one it had, if any, is told that it was
    /// replaced. `None` when there is no such session of that user, or it cannot go on from where
    /// the client is; then it is over.
    pub(super) fn resume(&mut self, user: &UserId, resume: &Resume) -> Option<Entry> {
        let device = self.tokens.get(&resume.session)?.clone();
        let session = self.sessions.get_mut(&device)?;
        if session.user != *user {
            return None;
        }
        if !session.outbox.can_resume(resume.received) {
            self.remove(&device, ErrorCode::Replaced);
            self.settle();
            return None;
        }
        session.outbox.on_ack(resume.received);
        session.link.end(ErrorCode::Replaced);
        session.link = Arc::default();
        session.connected = true;
        Some(Entry {
            device,
            token: session.token.clone(),
            link: Arc::clone(&session.link),
            resumed: true,
            sent: resume.received,
            received: session.outbox.received(),
        })
    }

    /// Starts a session, under the device name `wanted` if nobody has it.
    pub(super) fn create(&mut self, user: &UserId, wanted: Option<&DeviceId>) -> Result<Entry, Refusal> {
        if self.sessions.len() >= self.limits.sessions {
            return Err(Refusal::new(ErrorCode::RateLimited, "the server is full; try again in a minute"));
        }
        let devices = self.users.get(user).map_or(&[][..], Vec::as_slice);
        if devices.len() >= self.limits.devices_per_user {
            let ghost = devices.iter().find(|device| self.is_ghost(device)).cloned().ok_or_else(|| {
                let text = "too many devices of this user are connected; close one of them";
                Refusal::new(ErrorCode::RateLimited, text)
            })?;
            self.remove(&ghost, ErrorCode::Replaced);
            self.settle();
        }
        let free = |name: &&DeviceId| {
            (1..=MAX_DEVICE_NAME).contains(&name.as_str().len()) && !self.sessions.contains_key(*name)
        };
        let device = match wanted.filter(free) {
            Some(device) => device.clone(),
            None => DeviceId(format!("{:016x}", rand::random::<u64>())),
        };
        let token = SessionToken(random_id());
        let link = Arc::<Link>::default();
        let session = Session::new(user.clone(), token.clone(), Arc::clone(&link), &self.limits);
        self.sessions.insert(device.clone(), session);
        self.tokens.insert(token.clone(), device.clone());
        self.users.entry(user.clone()).or_default().push(device.clone());
        Ok(Entry { device, token, link, resumed: false, sent: 0, received: 0 })
    }

    /// The session a connection serves.
    pub(super) fn session(&mut self, device: &DeviceId, link: &Arc<Link>) -> Result<&mut Session, Gone> {
        self.sessions.get_mut(device).filter(|session| Arc::ptr_eq(&session.link, link)).ok_or(Gone)
    }

    /// Ends a session, if that connection still has it.
    pub(super) fn close(&mut self, device: &DeviceId, link: &Arc<Link>) {
        if self.session(device, link).is_ok() {
            self.remove(device, ErrorCode::Replaced);
            self.settle();
        }
    }

    /// Queues a message, stamped with its sender, for the devices it names.
    pub(super) fn relay(&mut self, envelope: Envelope, weight: usize) -> Result<(), Refusal> {
        let Some(to) = &envelope.to else {
            return Err(Refusal::new(ErrorCode::Malformed, "whom is it for? put a user id into \"to\""));
        };
        let wanted = |device: &&DeviceId| {
            Some(*device) != envelope.from_device.as_ref()
                && Some(*device) != envelope.except_device.as_ref()
                && envelope.to_device.as_ref().is_none_or(|wanted| wanted == *device)
        };
        let devices: Vec<_> = self.users.get(to).into_iter().flatten().filter(wanted).cloned().collect();
        let not_found =
            || Refusal::new(ErrorCode::NotFound, "that user or device is not connected; try later");
        if devices.is_empty() {
            // All but the one there is: nobody is missing.
            let only_one = envelope.except_device.is_some() && self.users.contains_key(to);
            return if only_one { Ok(()) } else { Err(not_found()) };
        }
        let delivered = match (&envelope.message, &envelope.from_device) {
            (Message::Invite(invite), Some(caller)) => Some((caller.clone(), invite.call.clone())),
            _ => None,
        };
        let queued = Queued { envelope: Arc::new(envelope), at: Instant::now() };
        let mut reached = false;
        for device in devices {
            reached |= self.queue(&device, queued.clone(), weight);
        }
        if reached && let Some((caller, call)) = delivered {
            self.tell(&caller, Message::Delivered(CallRef { call }));
        }
        self.settle();
        if reached { Ok(()) } else { Err(not_found()) }
    }

    /// Lets a device into a room and tells everybody concerned.
    pub(super) fn join(
        &mut self,
        device: &DeviceId,
        id: &RoomId,
        stay: Option<&CallId>,
    ) -> Result<(), Refusal> {
        let Some(session) = self.sessions.get(device) else { return Ok(()) };
        if session.rooms.len() >= self.limits.rooms_per_session && !session.rooms.contains(id) {
            return Err(Refusal::new(ErrorCode::RateLimited, "in too many rooms; leave one first"));
        }
        let user = session.user.clone();
        let sessions = &self.sessions;
        let room = self.rooms.entry(id.clone()).or_default();
        let me = Member { user: user.clone(), device: device.clone(), stay: stay.cloned() };
        let is_ghost = |member: &Member| sessions.get(&member.device).is_none_or(|s| !s.connected);
        let (peer, news, replaced) = match room.join(me, is_ghost, || CallId(random_id())) {
            Join::In { peer, news, replaced } => (peer, news, replaced),
            Join::Full => return Err(Refusal::new(ErrorCode::RoomFull, "two are in that room already")),
        };
        if let Some(departure) = replaced {
            self.forget_room(&departure.gone.device, id);
            // The ghost may come back and has to know as well.
            if let Some((_, call)) = &departure.left_behind {
                let left = PeerLeft { room: id.clone(), call: call.clone(), gone: false };
                self.tell(&departure.gone.device, Message::PeerLeft(left));
            }
            self.tell_departure(id, *departure, false);
        }
        if news && let Some(session) = self.sessions.get_mut(device) {
            session.rooms.push(id.clone());
        }
        let their_stay = peer.as_ref().and_then(|peer| self.rooms.get(id)?.stay_of(&peer.device)).cloned();
        let joined = Joined { room: id.clone(), stay: stay.cloned(), peer: peer.clone() };
        self.tell(device, Message::Joined(joined));
        if news && let Some(peer) = peer {
            let me = RoomPeer { user, device: device.clone(), call: peer.call };
            let came = PeerJoined { room: id.clone(), stay: their_stay, peer: me };
            self.tell(&peer.device, Message::PeerJoined(came));
        }
        self.settle();
        Ok(())
    }

    /// Lets a device out of a room and tells the other one.
    pub(super) fn leave(&mut self, device: &DeviceId, id: &RoomId) -> Result<(), Refusal> {
        if !self.sessions.get(device).is_some_and(|session| session.rooms.contains(id)) {
            return Err(Refusal::new(ErrorCode::NotInRoom, "not in that room; join it first"));
        }
        self.forget_room(device, id);
        self.depart(device, id, false);
        self.settle();
        Ok(())
    }

    /// Nothing is kept for anybody.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.tokens.is_empty() && self.users.is_empty() && self.rooms.is_empty()
    }

    fn is_ghost(&self, device: &DeviceId) -> bool {
        self.sessions.get(device).is_none_or(|session| !session.connected)
    }

    fn forget_room(&mut self, device: &DeviceId, id: &RoomId) {
        if let Some(session) = self.sessions.get_mut(device) {
            session.rooms.retain(|room| room != id);
        }
    }

    fn depart(&mut self, device: &DeviceId, id: &RoomId, gone: bool) {
        let Some(room) = self.rooms.get_mut(id) else { return };
        let departure = room.leave(device);
        if room.is_empty() {
            self.rooms.remove(id);
        }
        if let Some(departure) = departure {
            self.tell_departure(id, departure, gone);
        }
    }

    fn tell_departure(&mut self, id: &RoomId, departure: Departure, gone: bool) {
        if let Some((other, call)) = departure.left_behind {
            self.tell(&other.device, Message::PeerLeft(PeerLeft { room: id.clone(), call, gone }));
        }
    }

    /// Queues a message of the server's own.
    fn tell(&mut self, device: &DeviceId, message: Message) {
        let queued = Queued { envelope: Arc::new(message.into()), at: Instant::now() };
        self.queue(device, queued, OWN_MESSAGE_WEIGHT);
    }

    /// Queues a message; false when the device is not there or does not keep up. Callers `settle`.
    fn queue(&mut self, device: &DeviceId, queued: Queued, weight: usize) -> bool {
        let Some(session) = self.sessions.get_mut(device) else { return false };
        match session.outbox.push(queued, weight) {
            Ok(_) => {
                session.link.wake();
                true
            }
            Err(full) => {
                log::debug!("a client does not keep up: {full}");
                self.overflown.push(device.clone());
                false
            }
        }
    }

    /// Removes those that do not keep up. Their leaving makes messages, which may make more.
    fn settle(&mut self) {
        while let Some(device) = self.overflown.pop() {
            self.remove(&device, ErrorCode::SlowConsumer);
        }
    }

    fn remove(&mut self, device: &DeviceId, why: ErrorCode) {
        let Some(session) = self.sessions.remove(device) else { return };
        session.link.end(why);
        self.tokens.remove(&session.token);
        if let Some(devices) = self.users.get_mut(&session.user) {
            devices.retain(|other| other != device);
            if devices.is_empty() {
                self.users.remove(&session.user);
            }
        }
        // Who does not close a session may be talking all the same.
        let gone = !session.connected || why == ErrorCode::SlowConsumer;
        for room in &session.rooms {
            self.depart(device, room, gone);
        }
    }
}
