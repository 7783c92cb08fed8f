//! Whatever comes in, the server says what was wrong and goes on.

mod common;

use common::*;
use duet_signal::message::*;
use duet_signal::{MAX_MESSAGE_BYTES, Message, encode};

#[tokio::test]
async fn malformed_texts_are_answered_and_the_connection_goes_on() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    for text in ["", "[]", "{\"type\":", r#"{"type":"ringing","seq":1}"#, r#"{"seq":"one","type":"ack"}"#] {
        alice.raw.send_text(text).await;
        let error = alice.error().await;
        assert_eq!((error.code, error.fatal), (ErrorCode::Malformed, false), "{text:?}");
    }
    assert_eq!(alice.join("r").await.peer, None);
}

#[tokio::test]
async fn the_tenth_fault_is_fatal_and_ends_the_session() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    alice.join("r").await;
    bob.join("r").await;
    alice.receive().await;
    for _ in 0..9 {
        bob.raw.send_text("?").await;
        assert!(!bob.error().await.fatal);
    }
    bob.raw.send_text("?").await;
    bob.raw.fatal(ErrorCode::Malformed).await;
    assert!(matches!(alice.receive().await.message, Message::PeerLeft(_)));
    still_serves(&server).await;
}

#[tokio::test]
async fn one_byte_over_64_kib_is_a_typed_error() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.send_text(" ".repeat(MAX_MESSAGE_BYTES + 1)).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::TooLarge, false));
    assert!(error.message.contains("65537"), "{}", error.message);
    assert_eq!(alice.join("r").await.peer, None);
}

#[tokio::test]
async fn far_too_much_is_a_typed_error_and_the_end_of_the_connection() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.send_text(" ".repeat(4 * MAX_MESSAGE_BYTES)).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::TooLarge, true));
    still_serves(&server).await;
}

#[tokio::test]
async fn a_message_too_large_with_its_stamp_is_refused_and_the_largest_that_fits_arrives() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let empty =
        encode(&duet_signal::Envelope { to: Some("bob".into()), ..offer("c", 0).into() }).unwrap().len();
    let seq_field = r#""seq":1,"#.len();
    let seq = alice.send_to("bob", offer("c", MAX_MESSAGE_BYTES - empty - seq_field)).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.about, error.fatal), (ErrorCode::TooLarge, Some(seq), false));
    let fits = offer("c", MAX_MESSAGE_BYTES - empty - 2048);
    alice.send_to("bob", fits.clone()).await;
    assert_eq!(bob.receive().await.message, fits);
}

#[tokio::test]
async fn binary_messages_are_refused() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.send_binary(vec![1, 2, 3]).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::Malformed, false));
    assert_eq!(alice.join("r").await.peer, None);
}

#[tokio::test]
async fn an_unknown_type_is_ignored_but_keeps_its_number() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.send_text(r#"{"type":"teleport","seq":1,"to":"bob","where":[1,{}]}"#).await;
    alice.raw.send_text(r#"{"type":"wave","again":true}"#).await;
    alice.raw.send_text(r#"{"type":"join","seq":2,"room":"r","why":"not"}"#).await;
    assert!(matches!(alice.receive().await.message, Message::Joined(_)));
}

#[tokio::test]
async fn a_gap_is_refused_until_the_missing_message_comes() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.send_text(r#"{"type":"join","seq":2,"room":"b"}"#).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.about, error.fatal), (ErrorCode::Unexpected, Some(2), false));
    alice.raw.send_text(r#"{"type":"join","seq":1,"room":"a"}"#).await;
    alice.raw.send_text(r#"{"type":"join","seq":2,"room":"b"}"#).await;
    for room in ["a", "b"] {
        assert_eq!(
            alice.receive().await.message,
            Message::Joined(Joined { room: room.into(), stay: None, peer: None })
        );
    }
}

#[tokio::test]
async fn a_message_without_a_number_is_refused() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.raw.send_text(r#"{"type":"join","room":"r"}"#).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal, error.about), (ErrorCode::Malformed, false, None));
}

#[tokio::test]
async fn wild_acknowledgements_do_no_harm() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    alice.raw.send_text(r#"{"type":"ack","ack":18446744073709551615}"#).await;
    alice.raw.send_text(r#"{"type":"ack","ack":0}"#).await;
    alice.raw.send_text(r#"{"type":"ack"}"#).await;
    bob.send_to("alice", invite("c")).await;
    assert_rings(alice.receive().await.message, "c");
}
