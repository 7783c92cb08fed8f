//! Messages between users.

mod common;

use common::*;
use duet_signal::message::*;
use duet_signal::{Envelope, Message};

#[tokio::test]
async fn a_call_is_relayed_both_ways_with_its_senders_stamped() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let media = MediaKinds { audio: true, video: false };
    let candidate = IceCandidate {
        candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    };

    alice.send_to("bob", invite("c")).await;
    let rung = bob.receive().await;
    assert_eq!((rung.from, rung.from_device), (Some("alice".into()), Some(alice.device())));
    assert_eq!((rung.seq, rung.message), (Some(1), invite("c")));

    for message in [
        ringing("c"),
        Message::Accept(Accept { call: "c".into(), media }),
        Message::Candidate(Candidate { call: "c".into(), candidate: Some(candidate) }),
        Message::MediaState(MediaState { call: "c".into(), audio: true, video: false, screen: false }),
        Message::HangUp(CallRef { call: "c".into() }),
    ] {
        bob.send_to("alice", message.clone()).await;
        let got = alice.receive().await;
        assert_eq!((got.message, got.from), (message, Some("bob".into())));
    }
    for message in [
        offer("c", 5000),
        Message::Cancel(CallRef { call: "c".into() }),
        Message::Decline(Decline { call: "c".into(), reason: DeclineReason::Busy }),
    ] {
        alice.send_to("bob", message.clone()).await;
        assert_eq!(bob.receive().await.message, message);
    }
}

#[tokio::test]
async fn a_forged_sender_is_overwritten() {
    let server = server();
    let mut mallory = Client::connect(&server, "mallory").await;
    let mut bob = Client::connect(&server, "bob").await;
    let forged = Envelope {
        to: Some("bob".into()),
        from: Some("alice".into()),
        from_device: Some("hers".into()),
        ..invite("c").into()
    };
    mallory.send_envelope(forged).await;
    let got = bob.receive().await;
    assert_eq!((got.from, got.from_device), (Some("mallory".into()), Some(mallory.device())));
}

#[tokio::test]
async fn an_absent_user_is_not_found() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let seq = alice.send_to("nobody", invite("c")).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::NotFound, false));
    assert_eq!((error.about, error.call), (Some(seq), Some("c".into())));
}

#[tokio::test]
async fn a_message_for_nobody_is_malformed() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let seq = alice.send(invite("c")).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.about), (ErrorCode::Malformed, Some(seq)));
}

#[tokio::test]
async fn every_device_of_a_user_rings_but_one_can_be_named() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut phone = Client::connect(&server, "bob").await;
    let mut tablet = Client::connect(&server, "bob").await;
    alice.send_to("bob", invite("c")).await;
    assert_eq!(phone.receive().await.message, invite("c"));
    assert_eq!(tablet.receive().await.message, invite("c"));

    let to_device = Some(tablet.device());
    alice.send_envelope(Envelope { to: Some("bob".into()), to_device, ..ringing("only").into() }).await;
    alice.send_to("bob", ringing("both")).await;
    assert_eq!(tablet.receive().await.message, ringing("only"));
    assert_eq!(tablet.receive().await.message, ringing("both"));
    assert_eq!(phone.receive().await.message, ringing("both"));

    // To oneself means to one's other devices.
    phone.send_to("bob", ringing("other")).await;
    assert_eq!(tablet.receive().await.message, ringing("other"));
    alice.send_to("alice", invite("self")).await;
    assert_eq!(alice.error().await.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn messages_of_the_server_alone_are_refused() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let left = PeerLeft { room: "r".into(), call: "c".into() };
    let seq = alice.send_to("bob", Message::PeerLeft(left)).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal, error.about), (ErrorCode::Unexpected, false, Some(seq)));
    alice.send_to("bob", invite("c")).await;
    assert_eq!(bob.receive().await.message, invite("c"));
}

#[tokio::test]
async fn everything_is_acknowledged_without_being_asked() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let _bob = Client::connect(&server, "bob").await;
    for _ in 0..40 {
        alice.send_to("bob", ringing("c")).await;
    }
    alice.settled().await;
}
