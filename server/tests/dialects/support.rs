//! Sites with TLS and without, and clients without manners.

use std::net::SocketAddr;
use std::sync::Arc;

use duet_server::{RunningServer, Server, ServerConfig, Tls};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, client};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use crate::common::soon;

/// Small messages must not wait for earlier ones to be acknowledged (Nagle).
const NO_DELAY: bool = true;

/// Runs rules on a site without TLS and on one with it.
macro_rules! on_both_sites {
    ($($rule:ident),* $(,)?) => {
        mod plain {
            $(#[tokio::test]
            async fn $rule() {
                super::$rule(&crate::support::Site::plain()).await;
            })*
        }
        mod tls {
            $(#[tokio::test]
            async fn $rule() {
                super::$rule(&crate::support::Site::tls()).await;
            })*
        }
    };
}
pub(crate) use on_both_sites;

/// A running server and how to trust it.
pub struct Site {
    pub server: RunningServer,
    trust: Option<Arc<ClientConfig>>,
}

/// A certificate for this machine and its key, as PEM.
pub fn certificate() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

/// Writes a file into a folder of this test's own and tells its path.
pub fn file(name: &str, text: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("duet-dialects-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let unique = format!("{}-{name}", rand::random::<u64>());
    std::fs::write(folder.join(&unique), text).unwrap();
    folder.join(unique)
}

impl Site {
    pub fn plain() -> Site {
        Site::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut ServerConfig)) -> Site {
        let mut config = ServerConfig::loopback();
        change(&mut config);
        let server = Server::bind(config).expect("a loopback port is free").spawn();
        Site { server, trust: None }
    }

    pub fn tls() -> Site {
        Site::tls_with(|_| {})
    }

    pub fn tls_with(change: impl FnOnce(&mut ServerConfig)) -> Site {
        let (certificate, key) = certificate();
        let mut roots = RootCertStore::empty();
        let chain = tokio_rustls::rustls::pki_types::CertificateDer::from(pem_der(&certificate));
        roots.add(chain).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let trust = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = Tls::from_pem_files(&file("cert.pem", &certificate), &file("key.pem", &key)).unwrap();
        let site = Site::with(|config| {
            config.tls = Some(tls);
            change(config);
        });
        Site { trust: Some(Arc::new(trust)), ..site }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// A connection of its own, with TLS where the site has it.
    pub async fn stream(&self) -> MaybeTlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address()).await.unwrap();
        stream.set_nodelay(NO_DELAY).unwrap();
        let Some(trust) = &self.trust else { return MaybeTlsStream::Plain(stream) };
        let name = ServerName::from(self.address().ip());
        let connector = TlsConnector::from(Arc::clone(trust));
        let stream: client::TlsStream<TcpStream> =
            soon("a handshake", connector.connect(name, stream)).await.unwrap();
        MaybeTlsStream::Rustls(stream)
    }

    /// A WebSocket.
    pub async fn socket(&self, path: &str) -> Talk {
        self.try_socket(path, &[]).await.expect("the server takes connections")
    }

    /// A WebSocket with headers, or the status it was refused with.
    pub async fn try_socket(&self, path: &str, headers: &[(&'static str, &str)]) -> Result<Talk, u16> {
        let scheme = if self.trust.is_some() { "wss" } else { "ws" };
        let mut request = format!("{scheme}://{}{path}", self.address()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let connector = self.trust.clone().map(Connector::Rustls);
        match soon("a connection", connect_async_tls_with_config(request, None, NO_DELAY, connector)).await {
            Ok((socket, _)) => Ok(Talk(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("not connected: {error}"),
        }
    }

    /// One HTTP/1.1 exchange.
    pub async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let exchange = async {
            let mut stream = self.stream().await;
            stream.write_all(self.request(method, path, headers, body).as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            // A server that ends early may reset; what came before tells.
            let _ = stream.read_to_end(&mut answer).await;
            String::from_utf8_lossy(&answer).into_owned()
        };
        let text = soon("an answer", exchange).await;
        let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// The text of such a request.
    pub fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let (host, length) = (self.address(), body.len());
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        )
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "").await
    }
}

/// The one certificate of a PEM text.
fn pem_der(pem: &str) -> Vec<u8> {
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

/// What came back over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: String,
}

/// A WebSocket of texts.
pub struct Talk(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Talk {
    pub async fn say(&mut self, text: impl Into<String>) {
        soon("sending", self.0.send(Frame::text(text.into()))).await.expect("the connection stands");
    }

    /// Says texts in one write: the server has all of them when it has one.
    pub async fn say_at_once(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            self.0.feed(Frame::text(text)).await.expect("the connection stands");
        }
        soon("sending", self.0.flush()).await.expect("the connection stands");
    }

    pub async fn say_binary(&mut self, bytes: Vec<u8>) {
        soon("sending", self.0.send(Frame::binary(bytes))).await.expect("the connection stands");
    }

    /// The next text, or the code the connection was closed with: 1006 where it just ended.
    pub async fn hear(&mut self) -> Result<String, u16> {
        loop {
            return match soon("a text", self.0.next()).await {
                Some(Ok(Frame::Text(text))) => Ok(text.to_string()),
                Some(Ok(Frame::Close(Some(frame)))) => Err(frame.code.into()),
                Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => continue,
                _ => Err(1006),
            };
        }
    }

    /// The next text, which is JSON.
    pub async fn json(&mut self) -> Value {
        serde_json::from_str(&self.hear().await.expect("a text before the end")).expect("JSON")
    }

    /// Closes, and waits until that is done.
    pub async fn close(mut self) {
        let _ = self.0.close(None).await;
        while self.hear().await.is_ok() {}
    }
}

/// A client of Socket.IO over a WebSocket.
pub struct Sio {
    pub talk: Talk,
    pub id: String,
}

impl Sio {
    /// Connects as clients of Socket.IO 4 do.
    pub async fn connect(site: &Site) -> Sio {
        Sio::connect_with(site, "").await
    }

    /// Connects with more in the address, such as `&exclusive=1`.
    pub async fn connect_with(site: &Site, query: &str) -> Sio {
        let mut talk = site.socket(&format!("/socket.io/?EIO=4&transport=websocket{query}")).await;
        assert!(talk.hear().await.unwrap().starts_with(r#"0{"sid":"#));
        talk.say("40").await;
        let connected = talk.hear().await.unwrap();
        let about: Value = serde_json::from_str(connected.strip_prefix("40").unwrap()).unwrap();
        let mut client = Sio { talk, id: about["sid"].as_str().unwrap().to_owned() };
        assert_eq!(client.hear().await, json!(["connectionSuccess"]));
        client
    }

    /// Connects as clients of Socket.IO 2 do.
    pub async fn connect_v3(site: &Site) -> Sio {
        let mut talk = site.socket("/socket.io/?EIO=3&transport=websocket").await;
        let open = talk.hear().await.unwrap();
        let about: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        assert_eq!(talk.hear().await.unwrap(), "40");
        Sio { talk, id: about["sid"].as_str().unwrap().to_owned() }
    }

    /// Says an event: its name and arguments.
    pub async fn say(&mut self, event: Value) {
        self.talk.say(format!("42{event}")).await;
    }

    /// The next event.
    pub async fn hear(&mut self) -> Value {
        let text = self.talk.hear().await.expect("an event before the end");
        serde_json::from_str(text.strip_prefix("42").unwrap_or_else(|| panic!("no event: {text}"))).unwrap()
    }

    /// The next event, which is a refusal; its code.
    pub async fn refusal(&mut self) -> String {
        let event = self.hear().await;
        assert_eq!(event[0], "refused", "{event}");
        assert!(event[1]["message"].is_string(), "{event}");
        event[1]["code"].as_str().unwrap().to_owned()
    }

    /// Joins a room of `socketio-room`.
    pub async fn join(&mut self, room: &str) {
        self.say(json!(["join", room])).await;
        assert_eq!(self.hear().await, json!(["joined", room, self.id]));
    }
}
