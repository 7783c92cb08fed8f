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
    assert_eq!(rung.seq, Some(1));
    assert_rings(rung.message, "c");
    let delivered = alice.receive().await;
    assert_eq!((delivered.seq, delivered.message), (Some(1), Message::Delivered(call("c"))));

    for message in [
        ringing("c"),
        Message::Accept(Accept { call: "c".into(), media, over: vec!["b".into()] }),
        Message::Candidate(Candidate { call: "c".into(), candidate: Some(candidate) }),
        Message::MediaState(MediaState { call: "c".into(), audio: true, video: false, screen: false }),
        Message::AcceptVideo(call("c")),
        Message::StopVideo(call("c")),
        Message::Hold(call("c")),
        Message::Resume(call("c")),
        Message::HangUp(call("c")),
    ] {
        bob.send_to("alice", message.clone()).await;
        let got = alice.receive().await;
        assert_eq!((got.message, got.from), (message, Some("bob".into())));
    }
    for message in [
        offer("c", 5000),
        Message::Anew(call("c")),
        Message::AcceptedElsewhere(call("c")),
        Message::DeclinedElsewhere(call("c")),
        Message::AskVideo(call("c")),
        Message::Cancel(call("c")),
        Message::Decline(Decline { call: "c".into(), reason: DeclineReason::Busy }),
    ] {
        alice.send_to("bob", message.clone()).await;
        let got = bob.receive().await;
        assert_eq!(
            (got.message, got.from, got.from_device),
            (message, Some("alice".into()), Some(alice.device()))
        );
    }
}

#[tokio::test]
async fn the_caller_hears_once_that_an_invite_is_delivered_and_its_other_devices_do_not() {
    let server = server();
    let mut phone = Client::connect(&server, "alice").await;
    let mut tablet = Client::connect(&server, "alice").await;
    let _devices = [Client::connect(&server, "bob").await, Client::connect(&server, "bob").await];
    phone.send_to("bob", invite("c")).await;
    let delivered = phone.receive().await;
    assert_eq!((delivered.message, delivered.from), (Message::Delivered(call("c")), None));
    phone.send_to("alice", ringing("next")).await;
    assert_eq!(tablet.receive().await.message, ringing("next"));
    tablet.send_to("alice", ringing("next")).await;
    assert_eq!(phone.receive().await.message, ringing("next"));
}

#[tokio::test]
async fn an_invite_that_waits_for_a_lost_connection_counts_as_delivered() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let received = bob.outbox.received();
    let session = bob.welcome.session.clone();
    bob.raw.close(false).await;
    alice.send_to("bob", invite("c")).await;
    assert_eq!(alice.receive().await.message, Message::Delivered(call("c")));
    let resume = Some(Resume { session, received, device: None });
    bob = Client::with_hello(&server, Hello { resume, ..hello("bob") }).await;
    assert!(matches!(bob.receive().await.message, Message::Invite(_)));
}

#[tokio::test]
async fn one_device_can_be_left_out_and_it_may_be_the_only_one() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut phone = Client::connect(&server, "bob").await;
    let mut tablet = Client::connect(&server, "bob").await;
    let but = |device: DeviceId, to: &str, message: Message| Envelope {
        to: Some(to.into()),
        except_device: Some(device),
        ..message.into()
    };
    alice.send_envelope(but(phone.device(), "bob", Message::AcceptedElsewhere(call("c")))).await;
    alice.send_to("bob", ringing("both")).await;
    assert_eq!(tablet.receive().await.message, Message::AcceptedElsewhere(call("c")));
    assert_eq!(tablet.receive().await.message, ringing("both"));
    assert_eq!(phone.receive().await.message, ringing("both"));

    // All but the only one there is: not an error.
    phone.send_envelope(but(alice.device(), "alice", Message::AcceptedElsewhere(call("c")))).await;
    phone.settled().await;
    let seq = phone.send_envelope(but(alice.device(), "nobody", Message::AcceptedElsewhere(call("c")))).await;
    let error = phone.error().await;
    assert_eq!((error.code, error.about), (ErrorCode::NotFound, Some(seq)));
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
    assert_rings(phone.receive().await.message, "c");
    assert_rings(tablet.receive().await.message, "c");
    assert_eq!(alice.receive().await.message, Message::Delivered(call("c")));

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
    let left = PeerLeft { room: "r".into(), call: "c".into(), gone: false };
    for message in [Message::PeerLeft(left), Message::Delivered(call("c"))] {
        let seq = alice.send_to("bob", message).await;
        let error = alice.error().await;
        assert_eq!((error.code, error.fatal, error.about), (ErrorCode::Unexpected, false, Some(seq)));
    }
    alice.send_to("bob", invite("c")).await;
    assert_rings(bob.receive().await.message, "c");
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
