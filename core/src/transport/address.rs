//! Where a service is, and what its addresses look like in each dialect.

use std::fmt::Write;

use tokio_tungstenite::tungstenite::http::Uri;

/// The part of PeerJS's interface this client speaks.
const PEERJS_VERSION: &str = "1.5.5";

/// The address a host gave, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    secure: bool,
    /// Host, port and path.
    rest: String,
    /// What comes after a question mark; empty without one.
    query: String,
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
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if rest.trim_end_matches('/').is_empty() || rest.starts_with('/') {
            return Err("it has no host".into());
        }
        let base = Base { secure, rest: rest.to_owned(), query: query.to_owned() };
        base.plain(None).parse::<Uri>().map_err(|error| error.to_string())?;
        Ok(base)
    }

    /// Our own service.
    pub(super) fn duet(&self) -> String {
        self.websocket("/v1/ws", &[])
    }

    /// A plain WebSocket. An address that names a resource is that resource.
    pub(super) fn plain(&self, token: Option<&str>) -> String {
        let path = if self.rest.contains('/') { "" } else { "/" };
        let scheme = self.scheme();
        format!("{scheme}://{}{path}{}", self.rest, self.query(&[parameter("token", token)].concat()))
    }

    /// Engine.IO of this protocol, as a WebSocket from the start.
    pub(super) fn engine_io(&self, version: u8, token: Option<&str>) -> String {
        let own = vec![format!("EIO={version}"), "transport=websocket".into()];
        self.websocket("/socket.io/", &[own, parameter("token", token)].concat())
    }

    /// Where a PeerServer gives names away.
    pub(super) fn peerjs_id(&self, key: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let query = self.query(&[format!("version={PEERJS_VERSION}")]);
        format!("{scheme}://{}/{}/id{query}", self.prefix(), escaped(key))
    }

    /// A PeerServer's WebSocket.
    pub(super) fn peerjs(&self, key: &str, id: &str, token: &str) -> String {
        let own = [("key", key), ("id", id), ("token", token), ("version", PEERJS_VERSION)];
        self.websocket("/peerjs", &own.map(|(name, value)| format!("{name}={}", escaped(value))))
    }

    fn websocket(&self, path: &str, parameters: &[String]) -> String {
        format!("{}://{}{path}{}", self.scheme(), self.prefix(), self.query(parameters))
    }

    fn scheme(&self) -> &'static str {
        if self.secure { "wss" } else { "ws" }
    }

    /// Before the paths of a service.
    fn prefix(&self) -> &str {
        self.rest.trim_end_matches('/')
    }

    /// The parameters of the address, then these.
    fn query(&self, parameters: &[String]) -> String {
        let given = (!self.query.is_empty()).then(|| self.query.clone());
        let all: Vec<String> = given.into_iter().chain(parameters.iter().cloned()).collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    }
}

fn parameter(name: &str, value: Option<&str>) -> Vec<String> {
    value.map(|value| format!("{name}={}", escaped(value))).into_iter().collect()
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
        assert_eq!(base("ws://[::1]:8000/").plain(None), "ws://[::1]:8000/");
        assert_eq!(base("http://h:1/signal?room=2").plain(None), "ws://h:1/signal?room=2");
        assert_eq!(
            base("http://h:9980").engine_io(3, None),
            "ws://h:9980/socket.io/?EIO=3&transport=websocket"
        );
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
    fn a_token_and_the_parameters_of_an_address_find_their_place() {
        let address = base("http://h/app/?exclusive=1");
        assert_eq!(
            address.engine_io(4, Some("s&")),
            "ws://h/app/socket.io/?exclusive=1&EIO=4&transport=websocket&token=s%26"
        );
        assert_eq!(address.plain(Some("s")), "ws://h/app/?exclusive=1&token=s");
        assert_eq!(base("ws://h").plain(Some("s")), "ws://h/?token=s");
        assert_eq!(address.duet(), "ws://h/app/v1/ws?exclusive=1");
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
