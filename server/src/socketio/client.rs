//! One client of Socket.IO.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use duet_signal::message::ErrorCode;
use serde_json::json;
use tokio::time::Instant;

use super::packet::{self, Event};
use crate::dialect::{socketio_invite, socketio_relay, socketio_room};
use crate::engineio::packet::{PING, Packet, Version};
use crate::hub::Refusal;
use crate::mailbox::{Mailbox, Over};
use crate::query::Wishes;
use crate::rooms::{Kind, Rooms, Visitor};
use crate::texts::Listener;

/// A client; dropping it is its departure, of which those who share rooms with it are told.
#[derive(Debug)]
pub(crate) struct Client {
    version: Version,
    sid: String,
    wishes: Wishes,
    mailbox: Arc<Mailbox>,
    rooms: Arc<Rooms>,
    /// Who it is once it is in the namespace.
    visitor: Option<Visitor>,
    /// When it has to be there.
    connect_by: Option<Instant>,
}

impl Client {
    pub(crate) fn new(
        version: Version,
        sid: &str,
        wishes: Wishes,
        mailbox: Arc<Mailbox>,
        rooms: Arc<Rooms>,
        connect_by: Instant,
    ) -> Self {
        let mut client = Client {
            version,
            sid: sid.to_owned(),
            wishes,
            mailbox,
            rooms,
            visitor: None,
            connect_by: Some(connect_by),
        };
        if version == Version::V3 {
            // It is in the namespace without asking.
            client.mailbox.post("40");
            client.enter(&client.sid.clone());
        }
        client
    }

    fn enter(&mut self, id: &str) {
        self.visitor = Some(self.rooms.visitor(id, self.wishes.exclusive, &self.mailbox));
        self.connect_by = None;
    }

    fn leave(&mut self) {
        let Some(visitor) = &mut self.visitor else { return };
        for key in visitor.rooms().to_vec() {
            match key.kind {
                Kind::Relay => socketio_relay::leave(visitor, &key),
                Kind::Room => socketio_room::leave(visitor, &key),
                Kind::Invite => socketio_invite::leave(visitor, &key),
                // Not a room of Socket.IO.
                Kind::Broadcast => {}
            }
        }
        self.visitor = None;
    }

    fn on_message(&mut self, text: &str, whole: &Utf8Bytes) -> Result<(), Refusal> {
        match packet::Packet::parse(text)? {
            packet::Packet::Connect("/") => {
                // Those of protocol 4 are in already.
                if self.version == Version::V4 && self.visitor.is_none() {
                    let id = crate::random_id();
                    // That nothing comes back to who said it, for clients that ask; pages do not look.
                    self.mailbox.post(format!(r#"40{{"sid":"{id}","echo":false}}"#));
                    self.enter(&id);
                    self.mailbox.post(socketio_invite::GREETING);
                }
                Ok(())
            }
            packet::Packet::Connect(namespace) => {
                let name = json!(namespace).to_string();
                let name = name.trim_matches('"');
                self.mailbox.post(match self.version {
                    Version::V3 => format!(r#"44{name},"Invalid namespace""#),
                    Version::V4 => format!(r#"44{name},{{"message":"Invalid namespace"}}"#),
                });
                Err(Refusal::new(ErrorCode::NotFound, "there is one namespace, /"))
            }
            packet::Packet::Disconnect => {
                self.leave();
                Ok(())
            }
            packet::Packet::Ack => Ok(()),
            packet::Packet::Event(json) => {
                let Some(visitor) = &mut self.visitor else {
                    return Err(Refusal::new(ErrorCode::Unexpected, "connect to the namespace first"));
                };
                let event = Event::parse(json, whole)?;
                match event.name.as_str() {
                    name if socketio_relay::EVENTS.contains(&name) => {
                        socketio_relay::hear(&event, visitor, &self.wishes)
                    }
                    name if socketio_room::EVENTS.contains(&name) => socketio_room::hear(&event, visitor),
                    name if socketio_invite::EVENTS.contains(&name) => socketio_invite::hear(&event, visitor),
                    // An event nobody listens to.
                    _ => Ok(()),
                }
            }
        }
    }
}

impl Listener for Client {
    fn dialect(&self) -> &'static str {
        "socket.io"
    }

    fn hear(&mut self, text: &Utf8Bytes) -> Result<(), Refusal> {
        match Packet::parse(text)? {
            Packet::Message(message) => self.on_message(message, text),
            Packet::Ping(data) if self.version == Version::V3 => {
                self.mailbox.post(format!("3{data}"));
                Ok(())
            }
            Packet::Ping(_) => {
                Err(Refusal::new(ErrorCode::Malformed, "in protocol 4 the server asks for signs of life"))
            }
            Packet::Close => {
                self.mailbox.finish(Over::Told);
                Ok(())
            }
            Packet::Pong | Packet::Upgrade | Packet::Noop => Ok(()),
        }
    }

    /// The event `refused` with a code, those of the `duet` dialect, and a sentence: pages that do not
    /// listen for it go on as if nothing had been said.
    fn refusal(&self, refusal: &Refusal) -> Option<Utf8Bytes> {
        // These were told already.
        if self.visitor.is_none() || matches!(refusal.code, ErrorCode::RoomFull | ErrorCode::NotFound) {
            return None;
        }
        Some(packet::event("refused", &[&json!({ "code": refusal.code, "message": refusal.text })]))
    }

    fn ping(&self) -> Option<&'static str> {
        Some(PING)
    }

    fn must_act_by(&self) -> Option<Instant> {
        self.connect_by
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.leave();
    }
}
