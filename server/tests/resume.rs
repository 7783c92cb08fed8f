//! Sessions that outlive their connections.

mod common;

use std::time::Duration;

use common::*;
use duet_signal::message::*;
use duet_signal::{Envelope, Message, encode_numbered};

#[tokio::test]
async fn what_was_missed_arrives_once_and_in_order_after_a_resume() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let device = bob.device();
    alice.send_to("bob", ringing("1")).await;
    assert_eq!(bob.receive().await.message, ringing("1"));
    // Written to bob's connection, but bob never read it.
    alice.send_to("bob", ringing("2")).await;
    alice.settled().await;
    for n in 3..=100 {
        alice.send_to("bob", ringing(&n.to_string())).await;
    }
    alice.settled().await;

    let mut bob = bob.resume(&server, "bob").await;
    assert!(bob.welcome.resumed);
    assert_eq!(bob.welcome.device, device);
    for n in 2..=100 {
        assert_eq!(bob.receive().await.message, ringing(&n.to_string()));
    }
    alice.send_to("bob", ringing("new")).await;
    assert_eq!(bob.receive().await.message, ringing("new"));
}

#[tokio::test]
async fn what_the_client_sends_twice_is_relayed_once() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    for n in 1..=3 {
        alice.send_to("bob", ringing(&n.to_string())).await;
        assert_eq!(bob.receive().await.message, ringing(&n.to_string()));
    }
    // The acknowledgements were lost on the way: alice thinks that nothing arrived.
    let mut alice = alice.resume(&server, "alice").await;
    assert_eq!(alice.welcome.received, 3);
    for n in 1..=3 {
        let again = Envelope { to: Some("bob".into()), ..ringing(&n.to_string()).into() };
        alice.raw.send_text(encode_numbered(&again, n, None).unwrap()).await;
    }
    alice.send_to("bob", ringing("4")).await;
    assert_eq!(bob.receive().await.message, ringing("4"));
}

#[tokio::test]
async fn a_resumed_session_is_still_in_its_room() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    alice.join("r").await;
    let call = bob.join("r").await.peer.expect("alice is there").call;
    assert!(matches!(alice.receive().await.message, Message::PeerJoined(_)));

    let mut alice = alice.resume(&server, "alice").await;
    assert!(alice.welcome.resumed);
    let joined = alice.join("r").await;
    assert_eq!(joined.peer.map(|peer| (peer.user, peer.call)), Some(("bob".into(), call)));
    // Bob noticed nothing: the next he hears is this.
    alice.send_to("bob", ringing("c")).await;
    assert_eq!(bob.receive().await.message, ringing("c"));
}

#[tokio::test]
async fn an_invite_waits_for_a_lost_connection_and_ages_meanwhile() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let bob = Client::connect(&server, "bob").await;
    let (session, mut bob_outbox) = (bob.welcome.session.clone(), bob.outbox.clone());
    bob.raw.close(false).await;
    alice.send_to("bob", invite("c")).await;
    assert!(matches!(alice.receive().await.message, Message::Delivered(_)));
    alice.send_to("bob", ringing("c")).await;
    alice.settled().await; // at least the delay of an acknowledgement has passed
    let resume = Some(Resume { session, received: 0, device: None });
    let mut bob = Client::with_hello(&server, Hello { resume, ..hello("bob") }).await;
    std::mem::swap(&mut bob.outbox, &mut bob_outbox);
    let Message::Invite(invite) = bob.receive().await.message else { panic!("no invite") };
    assert!(invite.expires_in_ms < 30_000 && invite.expires_in_ms > 20_000, "{invite:?}");
}

#[tokio::test]
async fn a_newer_connection_replaces_the_one_before() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let resume = Some(Resume { session: bob.welcome.session.clone(), received: 0, device: None });
    let mut newer = Client::with_hello(&server, Hello { resume, ..hello("bob") }).await;
    assert!(newer.welcome.resumed);
    assert_eq!(newer.welcome.session, bob.welcome.session);
    bob.raw.fatal(ErrorCode::Replaced).await;
    // The end of the ghost does not touch the session.
    drop(bob);
    alice.send_to("bob", invite("c")).await;
    assert!(matches!(newer.receive().await.message, Message::Invite(_)));
}

#[tokio::test]
async fn an_unknown_session_gives_a_fresh_one() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    alice.welcome.session = "0123456789abcdef0123456789abcdef".into();
    let fresh = alice.resume(&server, "alice").await;
    assert!(!fresh.welcome.resumed);
    assert_eq!(fresh.welcome.received, 0);
}

#[tokio::test]
async fn in_place_of_a_forgotten_session_one_of_the_same_device_is_given_unless_it_is_taken() {
    let server = server();
    let mut bob = Client::connect(&server, "bob").await;
    let forgotten = |device: &str| {
        let resume = Resume { session: "forgotten".into(), received: 3, device: Some(device.into()) };
        Hello { resume: Some(resume), ..hello("alice") }
    };
    let mut alice = Client::with_hello(&server, forgotten("phone")).await;
    assert!(!alice.welcome.resumed);
    assert_eq!(alice.device(), "phone".into());
    let to_device = Some("phone".into());
    bob.send_envelope(Envelope { to: Some("alice".into()), to_device, ..ringing("c").into() }).await;
    assert_eq!(alice.receive().await.message, ringing("c"));
    for taken_or_bad in ["phone", bob.device().as_str(), "", &"x".repeat(65)] {
        let other = Client::with_hello(&server, forgotten(taken_or_bad)).await;
        assert_ne!(other.device(), taken_or_bad.into());
    }
}

#[tokio::test]
async fn another_users_session_cannot_be_taken_over() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let resume = Some(Resume { session: alice.welcome.session.clone(), received: 0, device: None });
    let mallory = Client::with_hello(&server, Hello { resume, ..hello("mallory") }).await;
    assert!(!mallory.welcome.resumed);
    assert_ne!(mallory.welcome.session, alice.welcome.session);
    assert_eq!(alice.join("r").await.peer, None);
}

#[tokio::test]
async fn a_session_that_cannot_go_on_is_started_anew() {
    let server = server();
    let alice = Client::connect(&server, "alice").await;
    let old = alice.welcome.session.clone();
    let fresh = alice.resume_from(&server, "alice", 7).await;
    assert!(!fresh.welcome.resumed && fresh.welcome.session != old);
}

#[tokio::test]
async fn after_the_window_a_session_is_gone() {
    let server = server_with(|config| config.timing.resume_window = Duration::from_millis(30));
    let mut watcher = Client::connect(&server, "watcher").await;
    let mut bob = Client::connect(&server, "bob").await;
    watcher.join("r").await;
    bob.join("r").await;
    watcher.receive().await;
    let (session, received) = (bob.welcome.session.clone(), bob.outbox.received());
    drop(bob);
    let Message::PeerLeft(left) = watcher.receive().await.message else { panic!("bob is not missed") };
    assert!(left.gone, "bob did not say that he leaves");
    let resume = Some(Resume { session, received, device: None });
    let bob = Client::with_hello(&server, Hello { resume, ..hello("bob") }).await;
    assert!(!bob.welcome.resumed);
    watcher.send_to("bob", ringing("c")).await;
}
