//! The `ws-broadcast` dialect: every text goes to everybody else who is connected to `/`, as it is.
//! `offer`, `answer` and their candidates are told apart by the pages, not here.
//!
//! With `exclusive=1` in the address, the third is told `{"type":"full"}` and disconnected, and who
//! stays behind is told `{"type":"bye"}`; pages that do not know these types ignore them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::ws::{Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::Instant;

use super::full;
use crate::access;
use crate::app::App;
use crate::hub::Refusal;
use crate::intake::{Intake, Pulse};
use crate::limits::Pass;
use crate::mailbox::{Mailbox, Over};
use crate::query::{Query, Wishes};
use crate::rooms::{Joined, Key, Kind, Visitor};
use crate::texts::{Listener, Texts, part};
use crate::wire::{self, Wire};

const DIALECT: &str = "ws-broadcast";

/// A client in a room.
struct Client {
    visitor: Visitor,
    room: Key,
}

/// Answers a request to become a WebSocket.
pub(crate) fn serve(
    app: Arc<App>,
    address: SocketAddr,
    query: &Query,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let passed = access::check_page(&app, DIALECT, headers)
        .and_then(|()| access::check_token(&app, DIALECT, query.get("token")))
        .and_then(|()| access::enter(&app, DIALECT, address));
    match passed {
        Ok(pass) => {
            let wishes = query.wishes();
            wire::configure(upgrade).on_upgrade(move |socket| connected(socket, app, pass, wishes))
        }
        Err(denial) => denial.into_response(),
    }
}

async fn connected(socket: WebSocket, app: Arc<App>, pass: Pass, wishes: Wishes) {
    let (limits, timing) = (&app.config.limits, &app.config.timing);
    let mut wire = Wire::new(socket, timing.write_deadline);
    let mailbox = Arc::new(Mailbox::new(limits));
    let mut client = Client {
        visitor: app.rooms.visitor(&crate::random_id(), wishes.exclusive, &mailbox),
        room: Key::new(Kind::Broadcast, &wishes.room),
    };
    match client.visitor.join(&client.room, false) {
        Ok(Joined::With(_)) => {}
        Ok(Joined::Full) => {
            app.counters.refused(DIALECT, &full());
            mailbox.post(r#"{"type":"full"}"#);
            mailbox.finish(Over::Told);
        }
        Err(refusal) => {
            app.counters.refused(DIALECT, &refusal);
            mailbox.finish(Over::Told);
        }
    }
    let now = Instant::now();
    let pulse = Pulse::asking(timing.ping_interval, timing.idle_timeout, now);
    let mut intake = Intake::new(limits, pulse, now);
    let end =
        Texts { wire: &mut wire, mailbox: &mailbox, intake: &mut intake, listener: &mut client, app: &app }
            .serve()
            .await;
    // Not in the room if it was full; then nobody is told.
    let _ = client.visitor.tell_exclusive(&client.room, &r#"{"type":"bye"}"#.into());
    drop(client);
    part(&mut wire, &mailbox, end).await;
    drop(pass);
}

impl Listener for Client {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn hear(&mut self, text: &Utf8Bytes) -> Result<(), Refusal> {
        self.visitor.tell_others(&self.room, text)
    }

    /// A type pages do not know, and so ignore, with a code, those of the `duet` dialect, and a sentence.
    fn refusal(&self, refusal: &Refusal) -> Option<Utf8Bytes> {
        let text = json!({ "type": "refused", "code": refusal.code, "message": refusal.text });
        Some(text.to_string().into())
    }
}
