//! The `peerjs` dialect: what a PeerJS client asks of its server, over HTTP and a WebSocket.
//!
//! | request, below a mount | answer |
//! |---|---|
//! | `GET /` | what this is |
//! | `GET /KEY/id` | a free id |
//! | `GET /KEY/peers` | 401: who is here is nobody's business |
//! | WebSocket `/peerjs?key=&id=&token=` | `OPEN`, or why not, and from then on messages |
//!
//! Mounts are `/peerjs`, whatever [`crate::ServerConfig::peerjs_path`] says, and `/`, which is what a
//! PeerJS client without a path asks. The key is `peerjs`; a server with a secret wants that for it.
//!
//! | module | job |
//! |---|---|
//! | `peers` | who is here, what waits for those who are not: the rules |
//! | `message` | texts in and out |

mod message;
mod peers;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use duet_signal::message::ErrorCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::access;
use crate::app::App;
use crate::http;
use crate::hub::Refusal;
use crate::intake::{Intake, Pulse};
use crate::limits::Pass;
use crate::mailbox::{Mailbox, Over};
use crate::query::Query;
use crate::rooms::MAX_NAME_CHARS;
use crate::texts::{Listener, Texts, part};
use crate::wire::{self, Wire};
use peers::Seat;
pub(crate) use peers::{Peers, Unseated};

const DIALECT: &str = "peerjs";
/// The key of clients that name none.
const KEY: &str = "peerjs";

/// The routes below `/peerjs` and another mount.
pub(crate) fn routes(mount: Option<&str>, app: &Arc<App>) -> Router<Arc<App>> {
    let mut router = Router::new()
        .route("/peerjs", get(socket_or_about))
        .route("/peerjs/id", get(new_id))
        .route("/peerjs/peers", get(peers_are_private));
    for mount in ["/peerjs"].into_iter().chain(mount.filter(|mount| !matches!(*mount, "" | "/peerjs"))) {
        if mount != "/peerjs" {
            router = router.route(mount, get(about));
        }
        router = router
            .route(&format!("{mount}/"), get(about))
            .route(&format!("{mount}/peerjs"), get(socket_or_about))
            .route(&format!("{mount}/{{key}}/id"), get(new_id))
            .route(&format!("{mount}/{{key}}/peers"), get(peers_are_private));
    }
    router.layer(from_fn_with_state(Arc::clone(app), for_pages))
}

/// Whether a path can be a mount: one or more names, and none that something else is served at.
pub(crate) fn is_mount(path: &str) -> bool {
    let path = mount(path);
    let Some(names) = path.strip_prefix('/') else { return path.is_empty() };
    let is_name = |name: &str| {
        let usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
        !matches!(name, "" | "." | "..") && name.bytes().all(usual)
    };
    names.split('/').all(is_name)
        && !matches!(names.split('/').next(), Some("v1" | "socket.io" | "healthz"))
        && (names == "peerjs" || !names.starts_with("peerjs/"))
}

/// A mount as routes have it: without a slash at the end, and empty for the root.
pub(crate) fn mount(path: &str) -> &str {
    path.trim_end_matches('/')
}

/// Lets pages that may ask read the answers.
async fn for_pages(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    if let Err(denial) = access::check_page(&app, DIALECT, &headers) {
        return denial.into_response();
    }
    let mut response = match *request.method() {
        Method::OPTIONS => access::preflight(&headers),
        _ => next.run(request).await,
    };
    access::let_page_read(&headers, &mut response);
    response
}

async fn about() -> Response {
    let description = "Duet's signaling server, as PeerJS clients know it.";
    http::json(&json!({ "name": "Duet", "description": description }))
}

async fn new_id() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], uuid()).into_response()
}

async fn peers_are_private() -> Response {
    (StatusCode::UNAUTHORIZED, "Unauthorized").into_response()
}

async fn socket_or_about(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    uri: Uri,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else { return about().await };
    match access::enter(&app, DIALECT, address) {
        Ok(pass) => {
            let query = Query::new(uri.query());
            wire::configure(upgrade).on_upgrade(move |socket| connected(socket, app, pass, query))
        }
        Err(denial) => denial.into_response(),
    }
}

async fn connected(socket: WebSocket, app: Arc<App>, pass: Pass, query: Query) {
    let (limits, timing) = (&app.config.limits, &app.config.timing);
    let mut wire = Wire::new(socket, timing.write_deadline);
    let mailbox = Arc::new(Mailbox::new(limits));
    let seat = match seat(&app, &query, &mailbox) {
        Ok(seat) => seat,
        Err((code, text)) => {
            app.counters.refused(DIALECT, &Refusal::new(code, text.clone()));
            if wire.send([text]).await.is_ok() {
                wire.close(axum::extract::ws::close_code::NORMAL, "").await;
            }
            return;
        }
    };
    let mut client = Client { seat, mailbox: Arc::clone(&mailbox), app: Arc::clone(&app) };
    let now = Instant::now();
    let mut intake = Intake::new(limits, Pulse::listening(timing.peerjs_silence, now), now);
    let end =
        Texts { wire: &mut wire, mailbox: &mailbox, intake: &mut intake, listener: &mut client, app: &app }
            .serve()
            .await;
    drop(client);
    part(&mut wire, &mailbox, end).await;
    drop(pass);
}

/// Gives a client its place, or the message that says why not.
fn seat(app: &Arc<App>, query: &Query, mailbox: &Arc<Mailbox>) -> Result<Seat, (ErrorCode, String)> {
    let part = |name| {
        query.get(name).filter(|part: &&str| !part.is_empty() && part.chars().count() <= MAX_NAME_CHARS)
    };
    let (Some(id), Some(token), Some(key)) = (part("id"), part("token"), part("key")) else {
        let text = message::error("No id, token, or key supplied to websocket server");
        return Err((ErrorCode::Malformed, text));
    };
    let right = match app.config.auth.is_open() {
        true => key == KEY,
        false => app.config.auth.admits_guest(Some(key)).is_ok(),
    };
    if !right {
        return Err((ErrorCode::Unauthorized, message::error("Invalid key provided")));
    }
    app.peers.connect(id, token, mailbox).map_err(|unseated| match unseated {
        Unseated::Taken => (ErrorCode::Replaced, message::id_taken()),
        Unseated::Full => {
            (ErrorCode::RateLimited, message::error("Server has reached its concurrent user limit"))
        }
    })
}

/// A client with a place.
struct Client {
    seat: Seat,
    mailbox: Arc<Mailbox>,
    app: Arc<App>,
}

impl Listener for Client {
    fn dialect(&self) -> &'static str {
        DIALECT
    }

    fn hear(&mut self, text: &Utf8Bytes) -> Result<(), Refusal> {
        let said = message::parse(text)?;
        if said.is_goodbye() {
            self.mailbox.finish(Over::Told);
            return Ok(());
        }
        if let Some(queue) = self.seat.say(said)? {
            let app = Arc::clone(&self.app);
            tokio::spawn(async move {
                sleep(app.config.timing.peerjs_expire).await;
                app.peers.expire(&queue);
            });
        }
        Ok(())
    }

    /// `ERROR` would end the client's whole session; it is kept for what does.
    fn refusal(&self, _: &Refusal) -> Option<Utf8Bytes> {
        None
    }
}

/// A random id as PeerJS clients expect it: a UUID of version 4 (RFC 9562 section 5.4).
fn uuid() -> String {
    let bits = rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{bits:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_a_path_that_is_free() {
        for right in ["/myPeerServer", "/myPeerServer/", "/a/b-c", "/", "/peerjs"] {
            assert!(is_mount(right), "{right}");
        }
        for wrong in ["x", "/a//b", "/a b", "/{a}", "/..", "/v1/x", "/socket.io", "/peerjs/x", "/é"] {
            assert!(!is_mount(wrong), "{wrong}");
        }
    }

    #[test]
    fn ids_are_uuids_of_version_4() {
        for _ in 0..100 {
            let id = uuid();
            let parts: Vec<&str> = id.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
            assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]), "{id}");
        }
    }
}
