//! Engine.IO, protocols 3 and 4: what Socket.IO stands on. A session starts with polling or over a
//! WebSocket; one that polls may go on over a WebSocket.
//!
//! | module | job |
//! |---|---|
//! | `packet` | packets and payloads |
//! | `session` | the sessions that poll |
//! | `polling` | requests of such sessions |
//! | `socket` | sessions over WebSocket, and how others become such |
//!
//! Of our own because the crates for it have no bound on what a slow client makes them keep, learn of
//! its departure only once its socket takes the last write, and tell nobody of malformed packets.

pub(crate) mod packet;
mod polling;
mod session;
mod socket;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::Instant;

use crate::access::{self, Denial};
use crate::app::App;
use crate::http;
use crate::intake::{Intake, Pulse};
use crate::limits::Pass;
use crate::mailbox::Mailbox;
use crate::query::Query;
use crate::socketio::Client;
use crate::wire;
use packet::Version;
pub(crate) use session::Sessions;

/// What a request is refused for; the numbers and texts are the protocol's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Transport = 0,
    Session = 1,
    Method = 2,
    Request = 3,
    Version = 5,
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let text = match self {
            Wrong::Transport => "Transport unknown",
            Wrong::Session => "Session ID unknown",
            Wrong::Method => "Bad handshake method",
            Wrong::Request => "Bad request",
            Wrong::Version => "Unsupported protocol version",
        };
        let said = http::json(&json!({ "code": self as u8, "message": text }));
        (StatusCode::BAD_REQUEST, said).into_response()
    }
}

/// What a client that is let in is made of.
#[derive(Debug)]
struct Parts {
    sid: String,
    mailbox: Arc<Mailbox>,
    client: Client,
    intake: Intake,
    pass: Pass,
}

/// Answers all requests to `/socket.io/`.
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    body: Body,
) -> Response {
    if let Err(denial) = access::check_page(&app, "socket.io", &headers) {
        return denial.into_response();
    }
    let mut response = if method == Method::OPTIONS {
        access::preflight(&headers)
    } else {
        let query = Query::new(uri.query());
        let version = match query.get("EIO") {
            Some("4") => Ok(Version::V4),
            Some("3") => Ok(Version::V3),
            _ => Err(Wrong::Version),
        };
        let request = Request { app, address, method, query };
        match version {
            Ok(version) => request.answer(version, upgrade.ok(), body).await,
            Err(wrong) => wrong.into_response(),
        }
    };
    access::let_page_read(&headers, &mut response);
    response
}

struct Request {
    app: Arc<App>,
    address: SocketAddr,
    method: Method,
    query: Query,
}

impl Request {
    async fn answer(self, version: Version, upgrade: Option<WebSocketUpgrade>, body: Body) -> Response {
        let sid = self.query.get("sid");
        match (self.query.get("transport"), upgrade, sid, &self.method) {
            (Some("websocket"), Some(upgrade), None, _) => match self.let_in(version) {
                Ok(parts) => {
                    wire::configure(upgrade).on_upgrade(move |socket| socket::serve(socket, parts, self.app))
                }
                Err(denial) => denial.into_response(),
            },
            (Some("websocket"), Some(upgrade), Some(sid), _) => match self.app.sessions.get(sid) {
                Some(session) => wire::configure(upgrade)
                    .on_upgrade(move |socket| socket::take_over(socket, session, self.app)),
                None => Wrong::Session.into_response(),
            },
            (Some("polling"), None, None, &Method::GET) => match self.let_in(version) {
                Ok(parts) => polling::open(version, parts, &self.app),
                Err(denial) => denial.into_response(),
            },
            (Some("polling"), None, None, _) => Wrong::Method.into_response(),
            (Some("polling"), None, Some(sid), method) => match self.app.sessions.get(sid) {
                None => Wrong::Session.into_response(),
                Some(session) if *method == Method::GET => polling::poll(session, &self.app).await,
                Some(session) if *method == Method::POST => polling::post(session, body, &self.app).await,
                Some(_) => Wrong::Request.into_response(),
            },
            (Some("polling" | "websocket"), ..) => Wrong::Request.into_response(),
            _ => Wrong::Transport.into_response(),
        }
    }

    fn let_in(&self, version: Version) -> Result<Parts, Denial> {
        let pass = access::check_token(&self.app, "socket.io", self.query.get("token"))
            .and_then(|()| access::enter(&self.app, "socket.io", self.address))?;
        let (now, config) = (Instant::now(), &self.app.config);
        let sid = crate::random_id();
        let mailbox = Arc::new(Mailbox::new(&config.limits));
        let timing = &config.timing;
        let patience = timing.engineio_ping + timing.engineio_patience;
        let pulse = match version {
            Version::V3 => Pulse::listening(patience, now),
            Version::V4 => Pulse::asking(timing.engineio_ping, patience, now),
        };
        let client = Client::new(
            version,
            &sid,
            self.query.wishes(),
            Arc::clone(&mailbox),
            Arc::clone(&self.app.rooms),
            now + timing.hello_deadline,
        );
        Ok(Parts { sid, mailbox, client, intake: Intake::new(&config.limits, pulse, now), pass })
    }
}

/// The packet that opens a session.
fn open_packet(sid: &str, upgrades: bool, app: &App) -> String {
    let timing = &app.config.timing;
    packet::open(sid, upgrades, timing.engineio_ping, timing.engineio_patience)
}
