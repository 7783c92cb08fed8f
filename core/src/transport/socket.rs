//! Opening connections to services: a byte stream, TLS where the address asks for it, a WebSocket on top.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frame, http::StatusCode, http::Uri};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::tls::{self, Trust};

/// How long a service may take to make room for one message. The buffers on the way hold a whole call's: only a
/// service that stopped reading fills them, and it must keep nobody from closing or connecting elsewhere.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a service may take to answer that we close. A program that was told to end has half a second in all.
const CLOSING: Duration = Duration::from_millis(250);

/// Why there is no connection; for people.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Failure {
    /// The service does not let us in (HTTP 401 or 403).
    #[error("{0}")]
    Unauthorized(String),
    /// Anything else. Trying again may help.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// An answer of this status, where another was hoped for.
    pub(super) fn of_status(status: u16) -> Failure {
        let reason = format!("it answers {status}");
        match StatusCode::from_u16(status) {
            Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Failure::Unauthorized(reason),
            Ok(_) | Err(_) => Failure::Other(reason),
        }
    }
}

/// A byte stream to a service.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A WebSocket to a service.
pub(crate) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens byte streams. The engine's own is [`Tcp`]; tests put a network in memory in its place.
#[async_trait]
pub(crate) trait Dial: Send + Sync {
    /// Connects to `host`, a name or an address without brackets, at `port`.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>>;
}

/// Connections over TCP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tcp;

#[async_trait]
impl Dial for Tcp {
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((host, port)).await?;
        // Small messages must not wait for each other (Nagle's algorithm off).
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// Opens a WebSocket (RFC 6455). `request` is a `ws:` or `wss:` address, or a request for one with
/// headers of its own; what the service sends may not be larger than `max_message` bytes.
///
/// # Errors
/// Why there is no connection.
pub(crate) async fn open(
    dialer: &dyn Dial,
    trust: Trust,
    request: impl IntoClientRequest,
    max_message: usize,
) -> Result<Socket, Failure> {
    let connect = async {
        let request = request.into_client_request()?;
        let stream = connect(dialer, trust, request.uri()).await?;
        let limits =
            WebSocketConfig::default().max_message_size(Some(max_message)).max_frame_size(Some(max_message));
        client_async_with_config(request, stream, Some(limits)).await
    };
    connect.await.map(|(socket, _)| socket).map_err(|error: Error| match error {
        Error::Http(answer) => Failure::of_status(answer.status().as_u16()),
        error => Failure::Other(error.to_string()),
    })
}

/// Sends one frame.
///
/// # Errors
/// For people: why the connection is of no use any more.
pub(super) async fn write(socket: &mut Socket, frame: Frame) -> Result<(), String> {
    match timeout(WRITE_TIMEOUT, socket.send(frame)).await {
        Ok(sent) => sent.map_err(|error| error.to_string()),
        Err(_) => Err("the service does not read any more".into()),
    }
}

/// Says that we close, and waits for the service to close (RFC 6455 section 7.1.1): who drops a connection with
/// something unread resets it, and what was said last is lost with it.
pub(super) async fn close(socket: &mut Socket, frame: Option<CloseFrame>) {
    let over = async {
        socket.close(frame).await?;
        while let Some(Ok(_)) = socket.next().await {}
        Ok::<(), Error>(())
    };
    // An error means that the connection is gone already.
    let _ = timeout(CLOSING, over).await;
}

/// Opens a byte stream to where `uri` points, with TLS for `wss:` and `https:`.
pub(super) async fn connect(dialer: &dyn Dial, trust: Trust, uri: &Uri) -> Result<Box<dyn Stream>, Error> {
    let Address { host, port, secure } = address(uri)?;
    let stream = dialer.dial(host, port).await?;
    Ok(if secure { tls::wrap(stream, host, trust).await? } else { stream })
}

#[derive(Debug, PartialEq)]
struct Address<'a> {
    /// Without the brackets of an IPv6 address.
    host: &'a str,
    port: u16,
    secure: bool,
}

fn address(uri: &Uri) -> Result<Address<'_>, Error> {
    let host = uri.host().ok_or(Error::Url(UrlError::NoHostName))?;
    let (default, secure) = match uri.scheme_str() {
        Some("ws" | "http") => (80, false),
        Some("wss" | "https") => (443, true),
        _ => return Err(Error::Url(UrlError::UnsupportedUrlScheme)),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok(Address { host, port: uri.port_u16().unwrap_or(default), secure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn closing_waits_until_the_service_has_read_what_was_said_last() {
        use tokio_tungstenite::tungstenite::protocol::Role;
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let ours: Box<dyn Stream> = Box::new(ours);
        let mut ours = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
        let (read, mut was_read) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let mut theirs = WebSocketStream::from_raw_socket(theirs, Role::Server, None).await;
            theirs.send(Frame::text("never read")).await.expect("room");
            tokio::time::sleep(CLOSING / 2).await;
            let last = theirs.next().await;
            read.send(matches!(last, Some(Ok(Frame::Text(_))))).expect("a test that waits");
            while let Some(Ok(_)) = theirs.next().await {}
        });
        write(&mut ours, Frame::text("goodbye")).await.expect("room");
        close(&mut ours, None).await;
        assert_eq!(was_read.try_recv(), Ok(true));
    }

    #[test]
    fn an_address_has_a_host_and_a_port_of_its_scheme_or_its_own() {
        for (text, host, port, secure) in [
            ("ws://example.org/v1/ws", "example.org", 80, false),
            ("wss://example.org/v1/ws", "example.org", 443, true),
            ("ws://[::1]:8080/v1/ws", "::1", 8080, false),
            ("https://example.org:3001/id", "example.org", 3001, true),
        ] {
            let uri = Uri::from_static(text);
            assert_eq!(address(&uri).ok(), Some(Address { host, port, secure }));
        }
        assert!(address(&Uri::from_static("ftp://example.org")).is_err());
    }
}
