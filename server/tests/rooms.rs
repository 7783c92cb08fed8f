//! Rooms of two.

mod common;

use std::time::Duration;

use common::*;
use duet_signal::Message;
use duet_signal::message::*;

fn peer_left(room: &str, call: CallId, gone: bool) -> Message {
    Message::PeerLeft(PeerLeft { room: room.into(), call, gone })
}

/// Puts two into a room and returns the call between them.
async fn meet(alice: &mut Client, bob: &mut Client, room: &str) -> CallId {
    assert_eq!(alice.join(room).await.peer, None);
    let peer = bob.join(room).await.peer.expect("alice is there");
    let Message::PeerJoined(news) = alice.receive().await.message else { panic!("no news of bob") };
    assert_eq!(news.peer.call, peer.call);
    peer.call
}

#[tokio::test]
async fn two_meet_and_are_told_of_each_other_with_one_call() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    assert_eq!(alice.join("r").await, Joined { room: "r".into(), stay: None, peer: None });
    let joined = bob.join("r").await;
    let found = joined.peer.expect("alice is there");
    assert_eq!((found.user, found.device), ("alice".into(), alice.device()));
    assert_eq!(found.call.as_str().len(), 32);
    let peer = RoomPeer { user: "bob".into(), device: bob.device(), call: found.call.clone() };
    assert_eq!(
        alice.receive().await.message,
        Message::PeerJoined(PeerJoined { room: "r".into(), stay: None, peer })
    );

    bob.send_to("alice", offer(found.call.as_str(), 4000)).await;
    assert_eq!(alice.receive().await.message, offer(found.call.as_str(), 4000));
}

#[tokio::test]
async fn a_third_finds_the_room_full_and_may_go_elsewhere() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let mut carol = Client::connect(&server, "carol").await;
    meet(&mut alice, &mut bob, "r").await;
    let seq = carol.send(Message::Join(Join { room: "r".into(), stay: None })).await;
    let error = carol.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::RoomFull, false));
    assert_eq!((error.about, error.call), (Some(seq), None));
    assert_eq!(carol.join("elsewhere").await.peer, None);
}

#[tokio::test]
async fn who_leaves_is_missed_and_the_next_to_come_gets_a_new_call() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let mut carol = Client::connect(&server, "carol").await;
    let call = meet(&mut alice, &mut bob, "r").await;
    bob.send(Message::Leave(RoomRef { room: "r".into() })).await;
    assert_eq!(alice.receive().await.message, peer_left("r", call.clone(), false));
    let found = carol.join("r").await.peer.expect("alice is there");
    assert!(found.user == "alice".into() && found.call != call);
}

#[tokio::test]
async fn what_is_said_of_a_stay_names_it() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let mut carol = Client::connect(&server, "carol").await;
    let join = |stay: &str| Message::Join(Join { room: "r".into(), stay: Some(stay.into()) });
    for stay in ["a1", "a2"] {
        alice.send(join(stay)).await;
        let Message::Joined(joined) = alice.receive().await.message else { panic!("not joined") };
        assert_eq!(joined.stay, Some(stay.into()));
    }
    bob.send(join("b")).await;
    let Message::Joined(joined) = bob.receive().await.message else { panic!("not joined") };
    assert_eq!(joined.stay, Some("b".into()));
    let Message::PeerJoined(came) = alice.receive().await.message else { panic!("no news of bob") };
    assert_eq!(came.stay, Some("a2".into()));

    carol.send(join("c")).await;
    let error = carol.error().await;
    assert_eq!((error.code, error.call), (ErrorCode::RoomFull, Some("c".into())));
    for stay in ["".to_owned(), "s".repeat(129)] {
        carol.send(Message::Join(Join { room: "s".into(), stay: Some(stay.into()) })).await;
        assert_eq!(carol.error().await.code, ErrorCode::Malformed);
    }
}

#[tokio::test]
async fn leaving_a_room_one_is_not_in_is_refused() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let seq = alice.send(Message::Leave(RoomRef { room: "r".into() })).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.about), (ErrorCode::NotInRoom, Some(seq)));
}

#[tokio::test]
async fn a_lost_connection_leaves_the_room_after_the_window() {
    let server = server_with(|config| config.timing.resume_window = Duration::from_millis(50));
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let call = meet(&mut alice, &mut bob, "r").await;
    drop(bob);
    assert_eq!(alice.receive().await.message, peer_left("r", call, true));
}

#[tokio::test]
async fn closing_with_code_1000_leaves_the_room_at_once() {
    let server = server_with(|config| config.timing.resume_window = Duration::from_secs(3600));
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let call = meet(&mut alice, &mut bob, "r").await;
    bob.raw.close(true).await;
    assert_eq!(alice.receive().await.message, peer_left("r", call, false));
}

#[tokio::test]
async fn a_silent_connection_counts_as_lost() {
    let server = server_with(|config| {
        config.timing.ping_interval = Duration::from_secs(3600);
        config.timing.idle_timeout = Duration::from_millis(200);
        config.timing.resume_window = Duration::from_millis(10);
    });
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    let call = meet(&mut alice, &mut bob, "r").await;
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    // Alice keeps talking; bob, still connected, says nothing.
    let got = soon("peer-left", async {
        loop {
            tokio::select! {
                _ = tick.tick() => alice.raw.say(Message::Ack).await,
                got = alice.raw.receive() => match got.expect("the connection stands").message {
                    Message::Ack => {}
                    message => break message,
                },
            }
        }
    })
    .await;
    assert_eq!(got, peer_left("r", call, true));
    drop(bob);
}

#[tokio::test]
async fn a_ninth_room_and_a_nameless_room_are_refused() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    for room in 0..8 {
        alice.join(&format!("r{room}")).await;
    }
    alice.send(Message::Join(Join { room: "r8".into(), stay: None })).await;
    assert_eq!(alice.error().await.code, ErrorCode::RateLimited);
    assert_eq!(alice.join("r3").await.peer, None);
    alice.send(Message::Join(Join { room: "".into(), stay: None })).await;
    assert_eq!(alice.error().await.code, ErrorCode::Malformed);
    alice.send(Message::Join(Join { room: "r".repeat(129).into(), stay: None })).await;
    assert_eq!(alice.error().await.code, ErrorCode::Malformed);
}
