//! Who is let in.

use std::sync::Arc;

use duet_server::SharedToken;
use serde_json::json;

use crate::support::{Site, Talk};

const SOCKETIO: &str = "/socket.io/?EIO=4&transport=websocket";
const PEERJS: &str = "/peerjs/peerjs?key=peerjs&id=a&token=t";

async fn from(site: &Site, path: &str, origin: &str) -> Option<u16> {
    site.try_socket(path, &[("origin", origin)]).await.err()
}

#[tokio::test]
async fn pages_of_other_machines_cannot_use_an_open_server() {
    let site = Site::plain();
    for path in ["/", SOCKETIO, PEERJS] {
        for origin in ["https://example.org", "null"] {
            assert_eq!(from(&site, path, origin).await, Some(403), "{path} {origin}");
        }
    }
    for path in ["/socket.io/?EIO=4&transport=polling", "/peerjs/peerjs/id"] {
        let answer = site.ask("GET", path, "Origin: https://example.org\r\n", "").await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.head.contains("access-control-allow-origin"), "{}", answer.head);
    }
    // Each is looked at once.
    assert_eq!(site.server.refused().unauthorized, 8);
}

#[tokio::test]
async fn a_name_that_somebody_points_at_this_machine_is_not_ours() {
    let site = Site::plain();
    let evil = [("host", "evil.example:8080"), ("origin", "http://evil.example:8080")];
    for path in ["/", SOCKETIO, PEERJS, "/v1/ws"] {
        assert_eq!(site.try_socket(path, &evil).await.err(), Some(403), "{path}");
        // A page that reads from what it takes for its own server names no origin.
        assert_eq!(site.try_socket(path, &evil[..1]).await.err(), Some(403), "{path}");
        for own in ["localhost:8080", "duet.localhost", "127.0.0.1:1", "[::1]:8080", "192.0.2.1"] {
            assert!(site.try_socket(path, &[("host", own)]).await.is_ok(), "{path} {own}");
        }
    }
}

#[tokio::test]
async fn a_name_that_was_configured_is_ours() {
    let site = Site::with(|config| config.hosts = vec!["calls.example.org".to_owned()]);
    for path in ["/", SOCKETIO, PEERJS, "/v1/ws"] {
        let own = [("host", "calls.example.org"), ("origin", "https://calls.example.org")];
        assert!(site.try_socket(path, &own).await.is_ok(), "{path}");
        assert_eq!(site.try_socket(path, &[("host", "other.example.org")]).await.err(), Some(403), "{path}");
    }
}

#[tokio::test]
async fn who_is_open_to_others_or_has_a_secret_is_asked_by_any_name() {
    let name = [("host", "calls.example.org")];
    let site = Site::with(|config| config.open_to_others = true);
    for path in ["/", SOCKETIO, PEERJS, "/v1/ws"] {
        assert!(site.try_socket(path, &name).await.is_ok(), "{path}");
    }
    let site = Site::with(|config| config.auth = Arc::new(SharedToken::new("s3cret").unwrap()));
    assert!(site.try_socket("/?token=s3cret", &name).await.is_ok());
}

#[tokio::test]
async fn pages_of_this_machine_can_whatever_port_they_come_from() {
    let site = Site::plain();
    let origin = "http://localhost:5173";
    for path in ["/", SOCKETIO, PEERJS] {
        assert_eq!(from(&site, path, origin).await, None, "{path}");
    }
    for path in ["/socket.io/?EIO=4&transport=polling", "/peerjs/peerjs/id"] {
        let headers = format!("Origin: {origin}\r\n");
        let answer = site.ask("GET", path, &headers, "").await;
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains(&format!("access-control-allow-origin: {origin}")), "{}", answer.head);
        let headers = format!("{headers}Access-Control-Request-Headers: x-own\r\n");
        let answer = site.ask("OPTIONS", path, &headers, "").await;
        assert_eq!(answer.status, 204, "{path}");
        assert!(answer.head.contains("access-control-allow-headers: x-own"), "{}", answer.head);
    }
}

#[tokio::test]
async fn who_is_open_to_others_takes_pages_from_anywhere() {
    let site = Site::with(|config| config.open_to_others = true);
    for path in ["/", SOCKETIO, PEERJS] {
        assert_eq!(from(&site, path, "https://example.org").await, None, "{path}");
    }
}

#[tokio::test]
async fn a_server_with_a_secret_wants_it_in_every_dialect() {
    let site = Site::with(|config| config.auth = Arc::new(SharedToken::new("s3cret").unwrap()));
    for path in ["/", SOCKETIO] {
        assert_eq!(site.try_socket(path, &[]).await.err(), Some(401), "{path}");
        let wrong = format!("{path}{}token=guess", if path.contains('?') { "&" } else { "?" });
        assert_eq!(site.try_socket(&wrong, &[]).await.err(), Some(401), "{path}");
        let right = wrong.replace("guess", "s3cret");
        assert!(site.try_socket(&right, &[("origin", "https://example.org")]).await.is_ok(), "{path}");
    }
    assert_eq!(site.get("/socket.io/?EIO=4&transport=polling").await.status, 401);
    let mut refused: Talk = site.socket(PEERJS).await;
    assert_eq!(refused.json().await["payload"]["msg"], "Invalid key provided");
    let mut client = site.socket(&PEERJS.replace("key=peerjs", "key=s3cret")).await;
    assert_eq!(client.json().await, json!({ "type": "OPEN" }));
}
