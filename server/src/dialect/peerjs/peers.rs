//! Who is here, and what waits for those who are not yet. Rules, no socket and no clock: when a queue
//! expires is told from outside.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use duet_signal::message::ErrorCode;

use super::message::{self, OPEN, Said};
use crate::config::Limits;
use crate::hub::Refusal;
use crate::mailbox::{Mailbox, Over};
use crate::rooms::MAX_NAME_CHARS;

/// The clients of one server.
#[derive(Debug)]
pub(crate) struct Peers {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    clients: HashMap<Box<str>, Client>,
    queues: HashMap<Box<str>, Queue>,
    /// Messages and bytes that wait, by their sender.
    senders: HashMap<Arc<str>, Load>,
    /// Numbers connections and queues, so that an id used again is not mistaken for the same.
    last: u64,
}

#[derive(Debug)]
struct Client {
    token: Box<str>,
    mailbox: Arc<Mailbox>,
    connection: u64,
}

/// What waits for a client that is not here.
#[derive(Debug)]
struct Queue {
    number: u64,
    waiting: Vec<(Arc<str>, Utf8Bytes)>,
    load: Load,
}

#[derive(Clone, Copy, Debug, Default)]
struct Load {
    messages: usize,
    bytes: usize,
}

impl Load {
    fn add(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes;
    }

    fn remove(&mut self, bytes: usize) {
        self.messages -= 1;
        self.bytes -= bytes;
    }

    fn takes(&self, bytes: usize, limits: &Limits) -> bool {
        self.messages < limits.outbox_messages && self.bytes + bytes <= limits.outbox_bytes
    }
}

/// Why a client gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unseated {
    /// Another client has the id.
    Taken,
    /// As many are here as there may be.
    Full,
}

/// A queue, to be expired once its time is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QueueRef {
    to: Box<str>,
    number: u64,
}

/// A client's place; given back when dropped, unless a newer connection of it has it.
#[derive(Debug)]
pub(super) struct Seat {
    peers: Arc<Peers>,
    id: Arc<str>,
    connection: u64,
    mailbox: Arc<Mailbox>,
}

impl Peers {
    pub(crate) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Peers { limits, state: Mutex::default() })
    }

    /// Gives a client a place, and what waited for it. The token of the one who has the id is the
    /// proof of being the same client, back on a new connection: the old one is over, and there is no
    /// second `OPEN`.
    pub(super) fn connect(
        self: &Arc<Self>,
        id: &str,
        token: &str,
        mailbox: &Arc<Mailbox>,
    ) -> Result<Seat, Unseated> {
        let mut state = self.lock();
        match state.clients.get(id) {
            Some(client) if *client.token != *token => return Err(Unseated::Taken),
            Some(client) => client.mailbox.finish(Over::Replaced),
            None if state.clients.len() >= self.limits.peerjs_clients => return Err(Unseated::Full),
            None => mailbox.post(OPEN),
        }
        let connection = state.number();
        let client = Client { token: token.into(), mailbox: Arc::clone(mailbox), connection };
        state.clients.insert(id.into(), client);
        for (_, text) in state.empty(id, None) {
            mailbox.post(text);
        }
        Ok(Seat { peers: Arc::clone(self), id: id.into(), connection, mailbox: Arc::clone(mailbox) })
    }

    /// Gives up on what waits: each sender is told once that the receiver did not come.
    pub(crate) fn expire(&self, queue: &QueueRef) {
        let mut state = self.lock();
        let mut told: Vec<Arc<str>> = Vec::new();
        for (from, _) in state.empty(&queue.to, Some(queue.number)) {
            if !told.contains(&from) {
                if let Some(client) = state.clients.get(&*from) {
                    client.mailbox.post(message::expire(&queue.to, &from));
                }
                told.push(from);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Passes a message on, or keeps it for somebody who is not here. Returns the queue this began.
    ///
    /// # Errors
    /// When it is not for others, or its receiver's name cannot be one.
    pub(super) fn say(&self, said: Said) -> Result<Option<QueueRef>, Refusal> {
        let Some(to) = said.dst.as_deref().filter(|_| said.is_for_others()) else {
            // Signs of life, and types of other versions.
            return Ok(None);
        };
        if to.is_empty() || to.chars().count() > MAX_NAME_CHARS {
            return Err(Refusal::new(ErrorCode::Malformed, "an id has 1 to 128 characters"));
        }
        let mut state = self.peers.lock();
        if let Some(client) = state.clients.get(to) {
            if client.mailbox.why_over().is_none() {
                client.mailbox.post(said.stamped(&self.id));
            } else {
                self.mailbox.post(message::leave(to, &self.id));
            }
            return Ok(None);
        }
        if !said.may_wait() {
            return Ok(None);
        }
        let text = Utf8Bytes::from(said.stamped(&self.id));
        let kept = state.keep(to, &self.id, text, &self.peers.limits);
        if kept.is_err() {
            self.mailbox.post(message::expire(to, &self.id));
        }
        kept
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Keeps a message. Returns the queue if it is new.
    fn keep(
        &mut self,
        to: &str,
        from: &Arc<str>,
        text: Utf8Bytes,
        limits: &Limits,
    ) -> Result<Option<QueueRef>, Refusal> {
        let bytes = text.len();
        let waits = self.queues.get(to).map_or(Load::default(), |queue| queue.load);
        let sent = self.senders.get(from).copied().unwrap_or_default();
        if !waits.takes(bytes, limits) || !sent.takes(bytes, limits) {
            return Err(Refusal::new(ErrorCode::RateLimited, "too much waits for somebody who is not here"));
        }
        self.senders.entry(Arc::clone(from)).or_default().add(bytes);
        if let Some(queue) = self.queues.get_mut(to) {
            queue.load.add(bytes);
            queue.waiting.push((Arc::clone(from), text));
            return Ok(None);
        }
        let number = self.number();
        let load = Load { messages: 1, bytes };
        self.queues.insert(to.into(), Queue { number, waiting: vec![(Arc::clone(from), text)], load });
        Ok(Some(QueueRef { to: to.into(), number }))
    }

    /// Takes what waits for somebody; with a number, only from that queue.
    fn empty(&mut self, to: &str, number: Option<u64>) -> Vec<(Arc<str>, Utf8Bytes)> {
        if number.is_some_and(|number| self.queues.get(to).is_none_or(|queue| queue.number != number)) {
            return Vec::new();
        }
        let waiting = self.queues.remove(to).map(|queue| queue.waiting).unwrap_or_default();
        for (from, text) in &waiting {
            if let Some(load) = self.senders.get_mut(from) {
                load.remove(text.len());
                if load.messages == 0 {
                    self.senders.remove(from);
                }
            }
        }
        waiting
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.peers.lock();
        if state.clients.get(&*self.id).is_some_and(|client| client.connection == self.connection) {
            state.clients.remove(&*self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(limits: Limits) -> Arc<Peers> {
        Peers::new(limits)
    }

    fn enter(peers: &Arc<Peers>, id: &str, token: &str) -> Result<(Seat, Arc<Mailbox>), Unseated> {
        let mailbox = Arc::new(Mailbox::new(&Limits::default()));
        peers.connect(id, token, &mailbox).map(|seat| (seat, mailbox))
    }

    fn news(mailbox: &Mailbox) -> Vec<String> {
        mailbox.take(99).iter().map(|text| text.to_string()).collect()
    }

    fn said(text: &str) -> Said {
        message::parse(text).unwrap()
    }

    const OFFER: &str = r#"{"type":"OFFER","src":"forged","dst":"bob","payload":{"sdp":1},"more":2}"#;
    const STAMPED: &str = r#"{"dst":"bob","payload":{"sdp":1},"src":"ann","type":"OFFER"}"#;

    #[test]
    fn a_message_is_stamped_with_its_sender_and_stripped_of_other_fields() {
        let peers = peers(Limits::default());
        let (ann, _) = enter(&peers, "ann", "1").unwrap();
        let (_bob, to_bob) = enter(&peers, "bob", "2").unwrap();
        assert_eq!(ann.say(said(OFFER)), Ok(None));
        assert_eq!(news(&to_bob), [OPEN, STAMPED]);
    }

    #[test]
    fn what_waits_is_delivered_when_its_receiver_comes_and_does_not_expire_then() {
        let peers = peers(Limits::default());
        let (ann, to_ann) = enter(&peers, "ann", "1").unwrap();
        let queue = ann.say(said(OFFER)).unwrap().expect("a new queue");
        assert_eq!(ann.say(said(r#"{"type":"CANDIDATE","dst":"bob"}"#)), Ok(None));
        assert_eq!(ann.say(said(r#"{"type":"LEAVE","dst":"bob"}"#)), Ok(None));
        let (_bob, to_bob) = enter(&peers, "bob", "2").unwrap();
        assert_eq!(news(&to_bob), [OPEN, STAMPED, r#"{"dst":"bob","src":"ann","type":"CANDIDATE"}"#]);
        peers.expire(&queue);
        assert_eq!(news(&to_ann), [OPEN]);
        assert!(peers.lock().senders.is_empty());
    }

    #[test]
    fn what_expires_is_told_to_each_sender_once_and_a_later_queue_lives_on() {
        let peers = peers(Limits::default());
        let (ann, to_ann) = enter(&peers, "ann", "1").unwrap();
        let first = ann.say(said(OFFER)).unwrap().unwrap();
        ann.say(said(OFFER)).unwrap();
        peers.expire(&first);
        assert_eq!(news(&to_ann), [OPEN, r#"{"dst":"ann","src":"bob","type":"EXPIRE"}"#]);
        assert!(ann.say(said(OFFER)).unwrap().is_some());
        peers.expire(&first);
        assert!(news(&to_ann).is_empty());
    }

    #[test]
    fn an_id_belongs_to_its_token_and_the_same_token_comes_back_without_a_second_open() {
        let peers = peers(Limits::default());
        let (old, to_old) = enter(&peers, "ann", "1").unwrap();
        assert_eq!(enter(&peers, "ann", "2").err(), Some(Unseated::Taken));
        let (_new, to_new) = enter(&peers, "ann", "1").unwrap();
        assert_eq!(to_old.why_over(), Some(Over::Replaced));
        assert!(news(&to_new).is_empty());
        drop(old);
        assert_eq!(enter(&peers, "ann", "2").err(), Some(Unseated::Taken));
    }

    #[test]
    fn so_many_are_here_and_no_more() {
        let peers = peers(Limits { peerjs_clients: 1, ..Limits::default() });
        let ann = enter(&peers, "ann", "1").unwrap();
        assert_eq!(enter(&peers, "bob", "2").err(), Some(Unseated::Full));
        assert!(enter(&peers, "ann", "1").is_ok());
        drop(ann);
        assert!(enter(&peers, "bob", "2").is_ok());
    }

    #[test]
    fn more_than_may_wait_expires_at_once() {
        let peers = peers(Limits { outbox_messages: 2, ..Limits::default() });
        let (ann, to_ann) = enter(&peers, "ann", "1").unwrap();
        ann.say(said(OFFER)).unwrap();
        ann.say(said(OFFER)).unwrap();
        assert_eq!(ann.say(said(OFFER)).unwrap_err().code, ErrorCode::RateLimited);
        assert_eq!(news(&to_ann), [OPEN, r#"{"dst":"ann","src":"bob","type":"EXPIRE"}"#]);
    }

    #[test]
    fn who_writes_to_one_that_does_not_read_is_told_that_it_left() {
        let peers = peers(Limits::default());
        let (ann, to_ann) = enter(&peers, "ann", "1").unwrap();
        let (_bob, to_bob) = enter(&peers, "bob", "2").unwrap();
        to_bob.finish(Over::Slow);
        ann.say(said(OFFER)).unwrap();
        assert_eq!(news(&to_ann), [OPEN, r#"{"dst":"ann","src":"bob","type":"LEAVE"}"#]);
    }

    #[test]
    fn signs_of_life_and_what_only_servers_say_are_passed_to_nobody() {
        let peers = peers(Limits::default());
        let (ann, _) = enter(&peers, "ann", "1").unwrap();
        let (_bob, to_bob) = enter(&peers, "bob", "2").unwrap();
        for text in
            [r#"{"type":"HEARTBEAT"}"#, r#"{"type":"EXPIRE","dst":"bob"}"#, r#"{"type":"OPEN","dst":"bob"}"#]
        {
            assert_eq!(ann.say(said(text)), Ok(None));
        }
        assert_eq!(news(&to_bob), [OPEN]);
    }
}
