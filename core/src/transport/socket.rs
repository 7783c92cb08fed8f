//! Opening connections to services: a byte stream, TLS where the address asks for it, a WebSocket on top.

use std::io;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, http::Uri};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

/// A byte stream to a service.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A WebSocket to a service.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<Box<dyn Stream>>>;

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
    request: impl IntoClientRequest,
    max_message: usize,
) -> Result<Socket, String> {
    let connect = async {
        let request = request.into_client_request()?;
        let (host, port) = address(request.uri())?;
        let stream = dialer.dial(host, port).await?;
        let limits =
            WebSocketConfig::default().max_message_size(Some(max_message)).max_frame_size(Some(max_message));
        client_async_tls_with_config(request, stream, Some(limits), None).await
    };
    connect.await.map(|(socket, _)| socket).map_err(|error: Error| error.to_string())
}

/// Host, without the brackets of an IPv6 address, and port.
fn address(uri: &Uri) -> Result<(&str, u16), Error> {
    let host = uri.host().ok_or(Error::Url(UrlError::NoHostName))?;
    let default = match uri.scheme_str() {
        Some("ws") => 80,
        Some("wss") => 443,
        _ => return Err(Error::Url(UrlError::UnsupportedUrlScheme)),
    };
    Ok((host.trim_start_matches('[').trim_end_matches(']'), uri.port_u16().unwrap_or(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port_of_its_scheme_or_its_own() {
        let of = |text: &'static str| address(&Uri::from_static(text)).map(|(h, p)| (h.to_owned(), p)).ok();
        assert_eq!(of("ws://example.org/v1/ws"), Some(("example.org".into(), 80)));
        assert_eq!(of("wss://example.org/v1/ws"), Some(("example.org".into(), 443)));
        assert_eq!(of("ws://[::1]:8080/v1/ws"), Some(("::1".into(), 8080)));
        assert_eq!(of("http://example.org"), None);
    }
}
