//! TLS: files, handshakes, and the page over it.

use std::time::Duration;

use duet_server::{ServeError, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::soon;
use crate::support::{Site, certificate, file};

#[tokio::test]
async fn the_page_and_its_address_are_https() {
    let site = Site::tls();
    assert!(site.server.url().starts_with("https://"));
    assert_eq!(site.get("/healthz").await.status, 200);
    assert!(site.get("/").await.body.contains("<html"));
}

#[tokio::test]
async fn who_never_shakes_hands_holds_up_nobody() {
    let site = Site::tls();
    let mut hung = Vec::new();
    for _ in 0..32 {
        hung.push(TcpStream::connect(site.address()).await.unwrap());
    }
    assert_eq!(site.get("/healthz").await.status, 200);
    site.socket("/").await.close().await;
}

#[tokio::test]
async fn a_crowd_that_never_shakes_hands_holds_up_nobody() {
    // Much longer than this test waits for anything.
    let site = Site::tls_with(|config| config.timing.tls_handshake = Duration::from_secs(3600));
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(TcpStream::connect(site.address()).await.unwrap());
    }
    assert_eq!(site.get("/healthz").await.status, 200);
    // The first have made room.
    let _ = soon("the end", crowd[0].read(&mut [0])).await;
}

#[tokio::test]
async fn who_takes_too_long_to_shake_hands_is_cut_off() {
    let site = Site::tls_with(|config| config.timing.tls_handshake = Duration::from_millis(50));
    let mut hung = TcpStream::connect(site.address()).await.unwrap();
    assert_eq!(soon("the end", hung.read(&mut [0])).await.unwrap(), 0);
}

#[tokio::test]
async fn who_speaks_plain_http_is_cut_off_and_others_served() {
    let site = Site::tls();
    let mut plain = TcpStream::connect(site.address()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = soon("the end", plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"));
    assert_eq!(site.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_stopping_server_frees_its_port_with_tls_too() {
    let site = Site::tls();
    let address = site.address();
    let mut talk = site.socket("/").await;
    let (_, ended) = tokio::join!(soon("the end", site.server.shutdown()), talk.hear());
    assert_eq!(ended, Err(1001));
    assert!(std::net::TcpListener::bind(address).is_ok());
}

#[test]
fn wrong_files_are_errors_that_name_them() {
    let (cert, key) = certificate();
    let (cert, key) = (file("cert.pem", &cert), file("key.pem", &key));
    let other_key = file("other.pem", &certificate().1);
    let text = file("text.pem", "no PEM at all");
    let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n");
    let missing = std::path::Path::new("/nowhere/cert.pem");
    let wrong = |certificate: &std::path::Path, key: &std::path::Path| {
        Tls::from_pem_files(certificate, key).expect_err("of no use")
    };
    assert!(Tls::from_pem_files(&cert, &key).is_ok());
    assert!(matches!(wrong(missing, &key), ServeError::TlsFile { path, .. } if path == missing));
    assert!(matches!(wrong(&cert, missing), ServeError::TlsFile { path, .. } if path == missing));
    assert!(matches!(wrong(&text, &key), ServeError::TlsEmpty { wanted: "CERTIFICATE", .. }));
    assert!(matches!(wrong(&key, &key), ServeError::TlsEmpty { wanted: "CERTIFICATE", .. }));
    assert!(matches!(wrong(&cert, &cert), ServeError::TlsEmpty { wanted: "PRIVATE KEY", .. }));
    assert!(matches!(wrong(&broken, &key), ServeError::TlsUnusable { path, .. } if path == broken));
    assert!(matches!(wrong(&cert, &other_key), ServeError::TlsUnusable { .. }));
}
