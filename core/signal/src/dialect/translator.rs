//! The door: one value for every dialect.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::engine_io::{self, Version};
use super::peerjs::PeerJs;
use super::socket_io::{self, Client, News};
use super::socketio_invite::Invites;
use super::socketio_relay::Relay;
use super::socketio_room::Rooms;
use super::ws_broadcast::Broadcast;
use super::{Dialect, Unsupported, feature_of};
use crate::Envelope;
use crate::message::UserId;

/// Translates for one client; see the [module's front page](super).
#[derive(Debug)]
pub struct Translator {
    dialect: Dialect,
    system: System,
    out: Out,
}

#[derive(Debug)]
enum System {
    SocketIo(Client, Box<dyn Words>),
    Broadcast(Broadcast),
    PeerJs(PeerJs),
}

/// Something for the carrier to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send this as one text message of the WebSocket.
    Write(String),
    /// The service has let us in: messages can be said and heard.
    Ready,
    /// A message for the session.
    Deliver(Box<Envelope>),
    /// Call [`Translator::wake`] after this time, instead of any asked for before.
    WakeAfter(Duration),
    /// The connection is of no use any more; another may be.
    Broken(String),
    /// The service refuses us for good.
    Refused(Refusal),
}

/// Why a service refuses a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Somebody else is connected under this name.
    NameTaken,
    /// The key is wrong.
    Unauthorized(String),
    /// Anything else, in its own words.
    Other(String),
}

/// How a dialect's texts travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Texts of a WebSocket at the service's address.
    WebSocket,
    /// Engine.IO of this protocol, over a WebSocket from the start.
    EngineIo(u8),
    /// PeerServer: a name by HTTP for who has none, then a WebSocket.
    PeerServer,
}

/// The words of a system on Socket.IO.
pub(super) trait Words: std::fmt::Debug + Send {
    /// Connected, perhaps again: says what must be said first.
    fn entered(&mut self, out: &mut Out);
    /// The server has said that nothing comes back to who said it.
    fn without_echo(&mut self) {}
    /// Something happened.
    fn event(&mut self, name: &str, arguments: &[Value], out: &mut Out);
    /// The session says something; false when there is no word for it.
    fn say(&mut self, envelope: &Envelope, out: &mut Out) -> bool;
    /// The time asked for has passed.
    fn wake(&mut self, _out: &mut Out) {}
}

/// What a system says and delivers.
#[derive(Debug, Default)]
pub(super) struct Out {
    actions: VecDeque<Action>,
    /// All rooms are to be left.
    enter_again: bool,
}

impl Out {
    pub(super) fn write(&mut self, text: String) {
        self.actions.push_back(Action::Write(text));
    }

    /// Leaves all rooms of a Socket.IO server, by leaving the namespace and entering it again.
    pub(super) fn enter_again(&mut self) {
        self.enter_again = true;
    }

    /// An event of Socket.IO.
    pub(super) fn emit(&mut self, name: &str, arguments: impl IntoIterator<Item = Value>) {
        self.write(socket_io::event(name, arguments));
    }

    pub(super) fn deliver(&mut self, envelope: Envelope) {
        self.push(Action::Deliver(Box::new(envelope)));
    }

    pub(super) fn deliver_all(&mut self, envelopes: Vec<Envelope>) {
        envelopes.into_iter().for_each(|envelope| self.deliver(envelope));
    }

    pub(super) fn wake_after(&mut self, time: Option<Duration>) {
        self.actions.extend(time.map(Action::WakeAfter));
    }

    pub(super) fn push(&mut self, action: Action) {
        self.actions.push_back(action);
    }
}

impl Translator {
    /// A translator for `user`; `None` for [`Dialect::Duet`], which needs none. `seed` is random: names for
    /// calls and people that have none come from it.
    pub fn new(dialect: Dialect, user: &UserId, seed: u128) -> Option<Self> {
        let socket_io = |version, words| System::SocketIo(Client::new(version), words);
        let system = match dialect {
            Dialect::Duet => return None,
            Dialect::SocketIoRelay => socket_io(Version::V4, Box::new(Relay::new(seed))),
            Dialect::SocketIoRoom => socket_io(Version::V3, Box::new(Rooms::new(seed))),
            Dialect::SocketIoInvite => socket_io(Version::V4, Box::new(Invites::new(user, seed))),
            Dialect::WsBroadcast => System::Broadcast(Broadcast::new(seed)),
            Dialect::PeerJs => System::PeerJs(PeerJs::default()),
        };
        Some(Translator { dialect, system, out: Out::default() })
    }

    /// How the texts travel.
    pub fn carrier(&self) -> Carrier {
        match &self.system {
            System::SocketIo(client, _) => Carrier::EngineIo(client.version().number()),
            System::Broadcast(_) => Carrier::WebSocket,
            System::PeerJs(_) => Carrier::PeerServer,
        }
    }

    /// A WebSocket is open, the first or another after one that broke.
    pub fn opened(&mut self) {
        // What was to be written to the last one means nothing to this one before we are let in, and what
        // must be said again is. What was heard was heard.
        self.out.actions.retain(|action| matches!(action, Action::Deliver(_) | Action::WakeAfter(_)));
        match &mut self.system {
            System::SocketIo(client, _) => client.opened(),
            System::Broadcast(broadcast) => {
                self.out.push(Action::Ready);
                broadcast.entered(&mut self.out);
            }
            System::PeerJs(peerjs) => peerjs.opened(&mut self.out),
        }
    }

    /// A text of the WebSocket.
    pub fn hear(&mut self, text: &str) {
        match &mut self.system {
            System::SocketIo(client, words) => {
                let mut answers = Vec::new();
                let news = client.hear(text, &mut answers);
                answers.into_iter().for_each(|answer| self.out.write(answer));
                match news {
                    News::Nothing => {}
                    News::Entered { without_echo } => {
                        self.out.push(Action::Ready);
                        if without_echo {
                            words.without_echo();
                        }
                        words_say(client, &mut self.out, |out| words.entered(out));
                        client.take_held().into_iter().for_each(|text| self.out.write(text));
                    }
                    News::Event(name, arguments) => {
                        words_say(client, &mut self.out, |out| words.event(&name, &arguments, out));
                    }
                    News::Ended(reason) => self.out.push(Action::Broken(reason)),
                    News::Refused(reason) => self.out.push(Action::Refused(Refusal::Other(reason))),
                }
            }
            System::Broadcast(broadcast) => broadcast.hear(text, &mut self.out),
            System::PeerJs(peerjs) => peerjs.hear(text, &mut self.out),
        }
    }

    /// The session says something; only after [`Action::Ready`] of the connection there is.
    ///
    /// # Errors
    /// [`Unsupported`] when the system has no word for it; nothing is said then.
    pub fn say(&mut self, envelope: &Envelope) -> Result<(), Unsupported> {
        let said = match &mut self.system {
            System::SocketIo(client, words) => {
                words_say(client, &mut self.out, |out| words.say(envelope, out))
            }
            System::Broadcast(broadcast) => broadcast.say(envelope, &mut self.out),
            System::PeerJs(peerjs) => peerjs.say(envelope, &mut self.out),
        };
        match feature_of(&envelope.message) {
            Some(feature) if !said => Err(Unsupported { feature, dialect: self.dialect }),
            Some(_) | None => Ok(()),
        }
    }

    /// The time of the last [`Action::WakeAfter`] has passed.
    pub fn wake(&mut self) {
        match &mut self.system {
            System::SocketIo(client, words) => words_say(client, &mut self.out, |out| words.wake(out)),
            System::Broadcast(broadcast) => broadcast.wake(&mut self.out),
            System::PeerJs(_) => {}
        }
    }

    /// What keeps the connection alive, and how often it is due; `None` where the other side sees to that.
    pub fn heartbeat(&self) -> Option<(Duration, String)> {
        match &self.system {
            System::SocketIo(client, _) => Some((client.heartbeat()?, engine_io::ping())),
            System::Broadcast(_) => None,
            System::PeerJs(_) => Some((PeerJs::HEARTBEAT, PeerJs::heartbeat())),
        }
    }

    /// The next thing to do, in order; `None` when there is nothing more until the next input.
    #[must_use = "an action that is not carried out is a broken call"]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.out.actions.pop_front()
    }
}

/// Lets the words speak; what they write waits until the namespace is entered.
fn words_say<T>(client: &mut Client, out: &mut Out, speak: impl FnOnce(&mut Out) -> T) -> T {
    let mut said = Out::default();
    let result = speak(&mut said);
    let enter_again = said.enter_again;
    for action in said.actions {
        match action {
            Action::Write(text) => out.actions.extend(client.say(text).map(Action::Write)),
            action => out.push(action),
        }
    }
    if enter_again {
        client.enter_again().into_iter().for_each(|text| out.write(text));
    }
    result
}
