//! Routes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use duet_signal::message::PROTOCOL_VERSION;

use crate::app::App;
use crate::dialect::duet;
use crate::limits::Turned;
use crate::page;

/// Headers of every answer. The page loads nothing from elsewhere, runs no inline code, and is not
/// framed by others; camera, microphone and screen are for itself.
const SECURITY_HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob: data:; \
         object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("permissions-policy", "camera=(self), microphone=(self), display-capture=(self)"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// All routes of a server.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/ws", get(duet_socket))
        .route("/healthz", get(health))
        .fallback(page::serve)
        .layer(from_fn(secure))
        .with_state(app)
}

async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
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
    if app.config.auth.is_open() && !is_own_page(&headers) {
        let text =
            "without a token this server takes only web pages of its own; open it at its own address\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    match app.gate.enter(address.ip()) {
        Ok(pass) => duet::configure(upgrade).on_upgrade(move |socket| duet::serve(socket, app, pass)),
        Err(Turned::ServerFull) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the server is full; try again in a minute\n").into_response()
        }
        Err(Turned::AddressFull) => {
            let text = "too many connections from this address; close some\n";
            (StatusCode::TOO_MANY_REQUESTS, text).into_response()
        }
    }
}

/// Browsers name the page that connects; others name nothing and are not stopped here. Without a
/// token, any page a person visits could otherwise place calls through their own machine.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin.is_some() && origin == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1:8080"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn only_own_pages_and_programs_connect_to_an_open_server() {
        assert!(is_own_page(&headers(None)));
        assert!(is_own_page(&headers(Some("http://127.0.0.1:8080"))));
        for foreign in ["http://127.0.0.1:8081", "https://example.org", "null", ""] {
            assert!(!is_own_page(&headers(Some(foreign))), "{foreign}");
        }
    }
}
