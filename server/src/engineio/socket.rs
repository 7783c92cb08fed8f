//! Sessions over WebSocket, and how a session that polls becomes one.

use std::sync::Arc;

use axum::extract::ws::{Utf8Bytes, WebSocket};
use tokio::time::timeout;

use super::session::Session;
use super::{Parts, open_packet};
use crate::app::App;
use crate::texts::{Texts, part};
use crate::wire::{Incoming, Wire};

/// What the client tries a new WebSocket with, what it is answered, and how it takes it into use.
const PROBE: &str = "2probe";
const PROBE_ANSWER: &str = "3probe";
const UPGRADE: &str = "5";

/// Serves a session that starts over a WebSocket.
pub(super) async fn serve(socket: WebSocket, parts: Parts, app: Arc<App>) {
    let mut wire = Wire::new(socket, app.config.timing.write_deadline);
    if wire.send([open_packet(&parts.sid, false, &app)]).await.is_ok() {
        run(wire, parts, &app).await;
    }
}

/// Serves a session that polled until now, if the client means it.
pub(super) async fn take_over(socket: WebSocket, session: Arc<Session>, app: Arc<App>) {
    let mut wire = Wire::new(socket, app.config.timing.write_deadline);
    if !session.begin_probe() {
        return;
    }
    let probed = tokio::select! {
        probed = timeout(app.config.timing.hello_deadline, probe(&mut wire)) => probed == Ok(true),
        _ = session.mailbox.over() => false,
    };
    let parts = if probed { session.take(&app) } else { None };
    match parts {
        Some(parts) => run(wire, parts, &app).await,
        None => session.end_probe(),
    }
}

async fn probe(wire: &mut Wire) -> bool {
    let said = |incoming, wanted: &str| matches!(incoming, Incoming::Text(text) if text.as_str() == wanted);
    said(wire.next().await, PROBE)
        && wire.send([Utf8Bytes::from_static(PROBE_ANSWER)]).await.is_ok()
        && said(wire.next().await, UPGRADE)
}

async fn run(mut wire: Wire, parts: Parts, app: &App) {
    let Parts { mailbox, mut client, mut intake, pass, .. } = parts;
    let end = Texts { wire: &mut wire, mailbox: &mailbox, intake: &mut intake, listener: &mut client, app }
        .serve()
        .await;
    // Others hear of it before this socket has closed.
    drop(client);
    part(&mut wire, &mailbox, end).await;
    drop(pass);
}
