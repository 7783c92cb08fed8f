//! Routes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use duet_signal::message::PROTOCOL_VERSION;

use crate::access::{self, Denial, is_own_page};
use crate::app::App;
use crate::dialect::{duet, peerjs, ws_broadcast};
use crate::query::Query;
use crate::{engineio, library, page, wire};

const CONTENT_SECURITY_POLICY: &str = "content-security-policy";

/// Headers of every answer. The page loads nothing from elsewhere, runs no inline code, and is not
/// framed by others; camera, microphone and screen are for itself. Pages of other systems have no such
/// policy about where they load from.
const SECURITY_HEADERS: [(&str, &str); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: data:; \
         object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("permissions-policy", "camera=(self), microphone=(self), display-capture=(self)"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// All routes of a server.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mount = app.config.peerjs_path.as_deref().map(peerjs::mount);
    Router::new()
        .route("/", any(root))
        .route("/v1/ws", get(duet_socket))
        .route("/healthz", get(health))
        .route("/socket.io", any(engineio::serve))
        .route("/socket.io/", any(engineio::serve))
        .merge(library::routes())
        .merge(peerjs::routes(mount, &app))
        .fallback(page::serve)
        .layer(from_fn(secure))
        .with_state(app)
}

async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let foreign = response.extensions_mut().remove::<page::Foreign>().is_some();
    for (name, value) in SECURITY_HEADERS {
        if name != CONTENT_SECURITY_POLICY || !foreign {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    response
}

/// The page, or for a WebSocket everybody else who has one here.
async fn root(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    match upgrade {
        Ok(upgrade) => {
            let query = Query::new(request.uri().query());
            ws_broadcast::serve(app, address, &query, request.headers(), upgrade)
        }
        Err(_) => page::serve(State(app), request).await,
    }
}

/// A JSON answer.
pub(crate) fn json(value: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn health() -> impl IntoResponse {
    let body = format!(
        "{{\"status\":\"ok\",\"version\":\"{}\",\"protocol\":{PROTOCOL_VERSION}}}\n",
        env!("CARGO_PKG_VERSION")
    );
    ([(CONTENT_TYPE, "application/json")], body)
}

async fn duet_socket(
    State(app): State<Arc<App>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(denial) = access::check_host(&app, "duet", &headers) {
        return denial.into_response();
    }
    if app.config.auth.is_open() && !is_own_page(&headers) {
        let text =
            "without a token this server takes only web pages of its own; open it at its own address\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    match app.gate.enter(address.ip()) {
        Ok(pass) => wire::configure(upgrade).on_upgrade(move |socket| duet::serve(socket, app, pass)),
        Err(turned) => Denial::from(turned).into_response(),
    }
}
