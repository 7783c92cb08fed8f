//! Opening connections to services: a byte stream, TLS where the address asks for it, a WebSocket on top.

use std::io;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, http::Uri};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::tls::{self, Trust};

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
/// For people: why there is no connection. Trying again may help.
pub(crate) async fn open(
    dialer: &dyn Dial,
    trust: Trust,
    request: impl IntoClientRequest,
    max_message: usize,
) -> Result<Socket, String> {
    let connect = async {
        let request = request.into_client_request()?;
        let stream = connect(dialer, trust, request.uri()).await?;
        let limits =
            WebSocketConfig::default().max_message_size(Some(max_message)).max_frame_size(Some(max_message));
        client_async_with_config(request, stream, Some(limits)).await
    };
    connect.await.map(|(socket, _)| socket).map_err(|error: Error| error.to_string())
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
