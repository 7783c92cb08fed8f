//! From connecting to `welcome`.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use duet_server::{IceServer, SharedToken};
use duet_signal::Message;
use duet_signal::message::*;

async fn refused(server: &duet_server::RunningServer, hello: Hello, code: ErrorCode) -> ErrorInfo {
    let mut raw = Raw::connect(server).await;
    raw.say(Message::Hello(hello)).await;
    raw.fatal(code).await
}

#[tokio::test]
async fn a_welcome_names_session_device_and_ice_servers() {
    let stun = IceServer { urls: vec!["stun:192.0.2.1".into()], username: None, credential: None };
    let server = server_with(|config| config.ice_servers = vec![stun.clone()]);
    let alice = Client::connect(&server, "alice").await.welcome;
    assert_eq!((alice.version, alice.resumed, alice.received), (1, false, 0));
    assert_eq!(alice.resume_window_ms, 30_000);
    assert_eq!(alice.ice_servers, [stun]);
    assert!(alice.session.as_str().len() == 32 && !alice.device.as_str().is_empty());
    let again = Client::connect(&server, "alice").await.welcome;
    assert!(again.session != alice.session && again.device != alice.device);
}

#[tokio::test]
async fn a_range_that_includes_version_one_is_welcome_and_others_are_not() {
    let server = server();
    let range = |min, max| Hello { versions: VersionRange { min, max }, ..hello("alice") };
    assert_eq!(Client::with_hello(&server, range(0, 9)).await.welcome.version, 1);
    refused(&server, range(2, 3), ErrorCode::VersionUnsupported).await;
    refused(&server, range(3, 2), ErrorCode::Malformed).await;
    still_serves(&server).await;
}

#[tokio::test]
async fn a_user_id_has_1_to_128_characters() {
    let server = server();
    Client::connect(&server, &"ü".repeat(128)).await;
    refused(&server, hello(""), ErrorCode::Malformed).await;
    refused(&server, hello(&"ü".repeat(129)), ErrorCode::Malformed).await;
}

#[tokio::test]
async fn a_wrong_token_is_unauthorized() {
    let token = SharedToken::new("s3cret").unwrap();
    let server = server_with(|config| config.auth = Arc::new(token));
    refused(&server, hello("alice"), ErrorCode::Unauthorized).await;
    refused(&server, Hello { token: Some("guess".into()), ..hello("alice") }, ErrorCode::Unauthorized).await;
    Client::with_hello(&server, Hello { token: Some("s3cret".into()), ..hello("alice") }).await;
}

#[tokio::test]
async fn anything_before_hello_is_refused() {
    let server = server();
    let mut raw = Raw::connect(&server).await;
    raw.say(ringing("c")).await;
    raw.fatal(ErrorCode::Unexpected).await;
    for (text, code) in [
        ("{", ErrorCode::Malformed),
        (r#"{"type":"teleport"}"#, ErrorCode::Unexpected),
        (r#"{"type":"hello","user":"alice"}"#, ErrorCode::Malformed),
    ] {
        let mut raw = Raw::connect(&server).await;
        raw.send_text(text).await;
        raw.fatal(code).await;
    }
    still_serves(&server).await;
}

#[tokio::test]
async fn who_does_not_say_hello_in_time_is_sent_away() {
    let server = server_with(|config| config.timing.hello_deadline = Duration::from_millis(50));
    let mut raw = Raw::connect(&server).await;
    raw.fatal(ErrorCode::Unexpected).await;
    still_serves(&server).await;
}

#[tokio::test]
async fn a_second_hello_is_refused_and_the_session_goes_on() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.say(Message::Hello(hello("mallory"))).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::Unexpected, false));
    assert_eq!(alice.join("r").await.peer, None);
}
