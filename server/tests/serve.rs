//! Listening, plain HTTP, stopping.

mod common;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use common::*;
use duet_server::{ServeError, Server, ServerConfig, SharedToken};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

/// One HTTP/1.1 exchange; the whole answer as text.
async fn http(address: SocketAddr, head: &str) -> String {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{head}\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    soon("an answer", exchange).await
}

#[tokio::test]
async fn a_busy_port_is_a_typed_error_that_names_it() {
    let server = server();
    let config = ServerConfig { listen: server.local_addr(), ..ServerConfig::loopback() };
    let error = Server::bind(config).expect_err("two on one port");
    assert!(matches!(error, ServeError::AddressInUse(address) if address == server.local_addr()), "{error}");
    assert!(error.to_string().contains(&server.local_addr().to_string()), "{error}");
}

#[tokio::test]
async fn an_address_of_another_machine_is_a_typed_error() {
    let listen = (Ipv4Addr::new(192, 0, 2, 1), 0).into();
    let token = Arc::new(SharedToken::new("s3cret").unwrap());
    let config = ServerConfig { listen, auth: token, ..ServerConfig::default() };
    assert!(matches!(Server::bind(config), Err(ServeError::Bind { .. })));
}

#[tokio::test]
async fn without_a_token_only_loopback_is_served() {
    let everywhere = (Ipv4Addr::UNSPECIFIED, 0).into();
    let open = ServerConfig { listen: everywhere, ..ServerConfig::default() };
    assert!(matches!(Server::bind(open.clone()), Err(ServeError::OpenToOthers(_))));
    let token = Arc::new(SharedToken::new("s3cret").unwrap());
    assert!(Server::bind(ServerConfig { auth: token, ..open }).is_ok());
}

#[tokio::test]
async fn healthz_says_ok() {
    let server = server();
    let answer = http(server.local_addr(), "GET /healthz HTTP/1.1").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("application/json") && answer.contains(r#""status":"ok""#), "{answer}");
}

#[tokio::test]
async fn files_of_the_page_have_type_tag_and_policy() {
    let server = server();
    let answer = http(server.local_addr(), "GET / HTTP/1.1").await.to_lowercase();
    for header in [
        "content-type: text/html",
        "etag: \"",
        "cache-control: no-cache",
        "content-security-policy: default-src 'self'",
    ] {
        assert!(answer.contains(header), "{header}: {answer}");
    }
    let tag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = http(server.local_addr(), &format!("GET / HTTP/1.1\r\nIf-None-Match: {tag}")).await;
    assert!(again.starts_with("HTTP/1.1 304"), "{again}");
}

#[tokio::test]
async fn a_folder_of_the_page_is_its_index_and_has_a_slash_at_its_end() {
    let server = server();
    let index = http(server.local_addr(), "GET /tutorials/ HTTP/1.1").await.to_lowercase();
    assert!(index.starts_with("http/1.1 200") && index.contains("content-type: text/html"), "{index}");
    let bare =
        http(server.local_addr(), "GET /tutorials/ws-broadcast?type=offer HTTP/1.1").await.to_lowercase();
    assert!(
        bare.starts_with("http/1.1 308") && bare.contains("location: ./ws-broadcast/?type=offer\r\n"),
        "{bare}"
    );
}

#[tokio::test]
async fn nothing_outside_of_the_page_is_served() {
    let server = server();
    for path in ["/nothing.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "//etc/passwd", "/js/"] {
        let answer = http(server.local_addr(), &format!("GET {path} HTTP/1.1")).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
    let answer = http(server.local_addr(), "POST / HTTP/1.1\r\nContent-Length: 0").await;
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[tokio::test]
async fn a_foreign_page_cannot_use_an_open_server() {
    let server = server();
    let mut request = format!("ws://{}/v1/ws", server.local_addr()).into_client_request().unwrap();
    request.headers_mut().insert("origin", "https://example.org".parse().unwrap());
    match soon("an answer", tokio_tungstenite::connect_async(request)).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 403),
        other => panic!("let in: {other:?}"),
    }
}

#[tokio::test]
async fn a_stopping_server_says_goodbye_and_frees_its_port() {
    let server = server();
    let address = server.local_addr();
    let mut alice = Client::connect(&server, "alice").await;
    let lost = Client::connect(&server, "lost").await;
    drop(lost);
    let (_, frame) = tokio::join!(soon("the end", server.shutdown()), async {
        use futures_util::StreamExt;
        soon("goodbye", alice.raw.0.next()).await
    });
    match frame {
        Some(Ok(Frame::Close(Some(close)))) => assert_eq!(u16::from(close.code), 1001),
        other => panic!("no goodbye: {other:?}"),
    }
    assert!(Server::bind(ServerConfig { listen: address, ..ServerConfig::loopback() }).is_ok());
}
