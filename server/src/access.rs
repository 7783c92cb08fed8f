//! Who may connect to the dialects of other systems.
//!
//! Those systems know neither users nor tokens. A server with a secret asks for it where each dialect
//! has a place for it; a server without one serves its own machine only ([`Server::bind`] sees to
//! that), and there only the pages of that machine, so that no page a person happens to visit can
//! place calls. Who wants it otherwise says so: [`ServerConfig::open_to_others`].
//!
//! [`Server::bind`]: crate::Server::bind
//! [`ServerConfig::open_to_others`]: crate::ServerConfig

use std::net::{IpAddr, SocketAddr};

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HOST, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use duet_signal::message::ErrorCode;

use crate::app::App;
use crate::hub::Refusal;
use crate::limits::{Pass, Turned};

/// Not let in, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Denial {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Denial { status, text: text.into() }
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        (self.status, self.text + "\n").into_response()
    }
}

impl From<Turned> for Denial {
    fn from(turned: Turned) -> Self {
        match turned {
            Turned::ServerFull => {
                Denial::new(StatusCode::SERVICE_UNAVAILABLE, "the server is full; try again in a minute")
            }
            Turned::AddressFull => Denial::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too many connections from this address; close some",
            ),
        }
    }
}

/// Counts a client of a foreign dialect, whose page was checked, for as long as the pass lives.
pub(crate) fn enter(app: &App, dialect: &'static str, address: SocketAddr) -> Result<Pass, Denial> {
    let passed = app.gate.enter(address.ip());
    passed.map_err(|turned| denied(app, dialect, ErrorCode::RateLimited, turned.into()))
}

/// Whether a client that has no user shows the token the server wants, if it wants one.
pub(crate) fn check_token(app: &App, dialect: &'static str, token: Option<&str>) -> Result<(), Denial> {
    app.config.auth.admits_guest(token).map_err(|error| {
        let denial = Denial::new(StatusCode::UNAUTHORIZED, error.to_string());
        denied(app, dialect, ErrorCode::Unauthorized, denial)
    })
}

fn denied(app: &App, dialect: &'static str, code: ErrorCode, denial: Denial) -> Denial {
    app.counters.refused(dialect, &Refusal::new(code, denial.text.clone()));
    denial
}

/// Whether the name this server is asked by may be one of ours. A page whose name somebody points at
/// this machine (DNS rebinding) names itself in both `Origin` and `Host`, and no `Origin` at all where
/// it only reads; an address cannot be pointed elsewhere.
pub(crate) fn check_host(app: &App, dialect: &'static str, headers: &HeaderMap) -> Result<(), Denial> {
    let Some(host) = headers.get(HOST) else { return Ok(()) };
    if !app.config.auth.is_open() || app.config.open_to_others || is_known(host, &app.config.hosts) {
        return Ok(());
    }
    let shown = host.to_str().unwrap_or("?");
    log::warn!("a request for {shown:?} was not answered; --host lets in a name of this server");
    let text = "this server does not know the name it was asked by; --host NAME tells it";
    Err(denied(app, dialect, ErrorCode::Unauthorized, Denial::new(StatusCode::FORBIDDEN, text)))
}

/// Whether the page that asks may ask. Programs name no page.
pub(crate) fn check_page(app: &App, dialect: &'static str, headers: &HeaderMap) -> Result<(), Denial> {
    check_host(app, dialect, headers)?;
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    if !app.config.auth.is_open() || app.config.open_to_others || is_own_page(headers) || is_local(origin) {
        return Ok(());
    }
    let shown = origin.to_str().unwrap_or("?");
    log::warn!("a page of {shown:?} was not let in; --open-to-others lets in pages from anywhere");
    let text =
        "this server takes only pages of its own machine; --open-to-others lets in pages from anywhere";
    Err(denied(app, dialect, ErrorCode::Unauthorized, Denial::new(StatusCode::FORBIDDEN, text)))
}

/// Browsers name the page that connects; others name nothing and are not stopped here. Without a
/// token, any page a person visits could otherwise place calls through their own machine.
pub(crate) fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin.is_some() && origin == host
}

/// A page served by this machine to itself, on whatever port: a tutorial's page comes from its own
/// development server.
fn is_local(origin: &HeaderValue) -> bool {
    let Some((_, host)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let name = without_port(host);
    is_localhost(name) || address(name).is_some_and(|address| address.is_loopback())
}

/// Whether a `Host` is this machine's own name, an address, or one of those that were configured.
fn is_known(host: &HeaderValue, hosts: &[String]) -> bool {
    let Ok(host) = host.to_str() else { return false };
    let name = without_port(host);
    is_localhost(name)
        || address(name).is_some()
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Browsers ask no service for these names (RFC 6761 section 6.3).
fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Lets the page that asked read the answer. With credentials, because the clients of Socket.IO 2 ask
/// with them; there are none here that could be misused.
pub(crate) fn let_page_read(request: &HeaderMap, response: &mut Response) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = request.get(ORIGIN) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

/// The answer to a browser that asks first.
pub(crate) fn preflight(request: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    // A day: what may be asked does not change.
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    if let Some(wanted) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    response
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

    #[test]
    fn pages_of_this_machine_are_local_on_every_port() {
        for local in ["http://localhost", "http://localhost:5173", "https://127.0.0.1:1", "http://[::1]:80"] {
            assert!(is_local(&HeaderValue::from_static(local)), "{local}");
        }
        for foreign in
            ["https://example.org", "http://localhost.example.org", "null", "http://127.0.0.1.nip.io"]
        {
            assert!(!is_local(&HeaderValue::from_static(foreign)), "{foreign}");
        }
    }

    #[test]
    fn own_names_and_addresses_are_known_and_others_only_if_configured() {
        let hosts = ["calls.example.org".to_owned()];
        let is_known = |host| is_known(&HeaderValue::from_static(host), &hosts);
        for known in [
            "localhost:8080",
            "a.localhost",
            "127.0.0.1",
            "192.0.2.1:80",
            "[::1]:8080",
            "Calls.example.org:1",
        ] {
            assert!(is_known(known), "{known}");
        }
        for foreign in ["evil.example:8080", "127.0.0.1.nip.io", "localhost.evil.example", "", ":8080"] {
            assert!(!is_known(foreign), "{foreign}");
        }
    }
}
