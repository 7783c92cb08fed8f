//! Where a service is, and what its addresses look like in each dialect.

use std::fmt::Write;

use tokio_tungstenite::tungstenite::http::Uri;

/// The part of PeerJS's interface this client speaks.
const PEERJS_VERSION: &str = "1.5.5";

/// The address a host gave, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    secure: bool,
    /// Host, port and path, without a slash at the end.
    rest: String,
}

impl Base {
    /// Reads `http(s)://` and `ws(s)://` addresses.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub(super) fn parse(url: &str) -> Result<Base, String> {
        let (scheme, rest) = url.split_once("://").ok_or("it has no scheme")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err("unknown scheme".into()),
        };
        let rest = rest.trim_end_matches('/').to_owned();
        if rest.is_empty() || rest.starts_with('/') {
            return Err("it has no host".into());
        }
        let base = Base { secure, rest };
        base.websocket("/").parse::<Uri>().map_err(|error| error.to_string())?;
        Ok(base)
    }

    /// Our own service.
    pub(super) fn duet(&self) -> String {
        self.websocket("/v1/ws")
    }

    /// A plain WebSocket. An address that names a resource is that resource.
    pub(super) fn plain(&self) -> String {
        self.websocket(if self.rest.contains('/') { "" } else { "/" })
    }

    /// Engine.IO of this protocol, as a WebSocket from the start.
    pub(super) fn engine_io(&self, version: u8) -> String {
        self.websocket(&format!("/socket.io/?EIO={version}&transport=websocket"))
    }

    /// Where a PeerServer gives names away.
    pub(super) fn peerjs_id(&self, key: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}/{}/id?version={PEERJS_VERSION}", self.rest, escaped(key))
    }

    /// A PeerServer's WebSocket.
    pub(super) fn peerjs(&self, key: &str, id: &str, token: &str) -> String {
        let (key, id, token) = (escaped(key), escaped(id), escaped(token));
        self.websocket(&format!("/peerjs?key={key}&id={id}&token={token}&version={PEERJS_VERSION}"))
    }

    fn websocket(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}{path}", self.rest)
    }
}

/// Percent-encoding (RFC 3986 section 2.1) of all but unreserved characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("a string takes everything");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str) -> Base {
        Base::parse(url).unwrap()
    }

    #[test]
    fn each_dialect_has_its_address() {
        assert_eq!(base("https://calls.example/app/").duet(), "wss://calls.example/app/v1/ws");
        assert_eq!(base("ws://[::1]:8000/").plain(), "ws://[::1]:8000/");
        assert_eq!(base("http://h:1/signal?room=2").plain(), "ws://h:1/signal?room=2");
        assert_eq!(base("http://h:9980").engine_io(3), "ws://h:9980/socket.io/?EIO=3&transport=websocket");
        assert_eq!(
            base("http://h:3001/myPeerServer").peerjs_id("peerjs"),
            "http://h:3001/myPeerServer/peerjs/id?version=1.5.5"
        );
        assert_eq!(
            base("HTTPS://h/p").peerjs("k/y", "a b", "t&"),
            "wss://h/p/peerjs?key=k%2Fy&id=a%20b&token=t%26&version=1.5.5"
        );
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (url, reason) in
            [("calls", "scheme"), ("ftp://h", "scheme"), ("http://", "host"), ("http:///x", "host")]
        {
            assert!(Base::parse(url).unwrap_err().contains(reason), "{url}");
        }
        assert!(Base::parse("http://h o").is_err());
    }
}
