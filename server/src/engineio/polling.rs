//! Requests of sessions that poll: one GET waits for what there is to tell, one POST at a time says
//! something.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use duet_signal::message::ErrorCode;
use tokio::time::{sleep_until, timeout};

use super::packet::{CLOSE, MAX_PAYLOAD_BYTES, NOOP, Version, packets, payload};
use super::session::{Heard, Session};
use super::{Parts, Wrong, open_packet};
use crate::access::Denial;
use crate::app::App;
use crate::hub::Refusal;

/// Packets in one answer, at most.
const BATCH: usize = 64;

/// Opens a session.
pub(super) fn open(version: Version, parts: Parts, app: &Arc<App>) -> Response {
    let open = open_packet(&parts.sid, true, app);
    let session = Session::start(version, parts, app);
    let mut packets = vec![open.into()];
    packets.extend(session.mailbox.take(BATCH));
    answer(version, &packets)
}

/// Answers with what waits, or waits for it.
pub(super) async fn poll(session: Arc<Session>, app: &Arc<App>) -> Response {
    let hurry = match session.begin_poll(app) {
        Ok(hurry) => hurry,
        Err(wrong) => return wrong.into_response(),
    };
    let mut turn = Turn { session: &session, app, answered: false };
    let mut packets = session.mailbox.take(BATCH);
    if packets.is_empty() && !hurry {
        packets = tokio::select! {
            packets = session.mailbox.next(BATCH) => packets.unwrap_or_else(|_| vec![CLOSE.into()]),
            () = session.released() => Vec::new(),
        };
    }
    turn.answered = true;
    session.end_poll();
    if packets.is_empty() {
        packets.push(NOOP.into());
    }
    answer(session.version, &packets)
}

/// Takes in what the client says.
pub(super) async fn post(session: Arc<Session>, body: Body, app: &Arc<App>) -> Response {
    if let Err(wrong) = session.begin_post(app) {
        return wrong.into_response();
    }
    let mut turn = Turn { session: &session, app, answered: false };
    let read = timeout(app.config.timing.hello_deadline, to_bytes(body, MAX_PAYLOAD_BYTES)).await;
    let Ok(Ok(body)) = read else {
        session.refuse(&Refusal::new(ErrorCode::TooLarge, "a body that is too large or too slow"), app);
        let text = format!("at most {MAX_PAYLOAD_BYTES} bytes are taken at once");
        return Denial::new(StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
    };
    let most = app.config.limits.message_burst as usize;
    let read = std::str::from_utf8(&body)
        .map_err(|_| Refusal::new(ErrorCode::Malformed, "a body is text"))
        .and_then(|body| packets(session.version, body))
        .and_then(|packets| match packets.len() <= most {
            true => Ok(packets),
            false => Err(Refusal::new(ErrorCode::RateLimited, "too many packets at once")),
        });
    let heard = match read {
        Ok(packets) => session.hear(&packets, app),
        Err(refusal) => {
            session.refuse(&refusal, app);
            return Wrong::Request.into_response();
        }
    };
    if let Heard::All(Some(until)) = heard {
        // The next post waits for the answer to this one.
        sleep_until(until).await;
    }
    turn.answered = true;
    session.end_post();
    match heard {
        Heard::All(_) | Heard::Goodbye => text("ok".to_owned()),
        Heard::Over => Wrong::Request.into_response(),
    }
}

/// A request in hand. One that the client breaks off ends the session: what was in the answer is lost,
/// or half of a message was.
struct Turn<'a> {
    session: &'a Session,
    app: &'a App,
    answered: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.session.end(self.app);
        }
    }
}

fn answer(version: Version, packets: &[axum::extract::ws::Utf8Bytes]) -> Response {
    let packets: Vec<&str> = packets.iter().map(|packet| packet.as_str()).collect();
    text(payload(version, &packets))
}

fn text(body: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=UTF-8"), (CACHE_CONTROL, "no-store")], body).into_response()
}
