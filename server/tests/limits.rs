//! Nobody can ask for too much.

mod common;

use common::*;
use duet_signal::message::*;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;

#[tokio::test]
async fn who_never_acknowledges_is_disconnected_and_the_sender_told() {
    let server = server_with(|config| config.limits.outbox_messages = 8);
    let mut alice = Client::connect(&server, "alice").await;
    let mut slow = Client::connect(&server, "slow").await;
    slow.acks = false;
    for n in 0..8 {
        alice.send_to("slow", ringing("c")).await;
        assert_eq!(slow.receive().await.seq, Some(n + 1));
    }
    let seq = alice.send_to("slow", ringing("c")).await;
    slow.raw.fatal(ErrorCode::SlowConsumer).await;
    let error = alice.error().await;
    assert_eq!((error.code, error.about), (ErrorCode::NotFound, Some(seq)));
    still_serves(&server).await;
}

#[tokio::test]
async fn who_reads_nothing_holds_up_nobody_and_is_dropped() {
    let server = server();
    let mut alice = Client::connect(&server, "alice").await;
    let slow = Client::connect(&server, "slow").await;
    let mut bob = Client::connect(&server, "bob").await;
    // 17 times 62 KiB is more than the 1 MiB kept.
    for _ in 0..17 {
        alice.send_to("slow", offer("c", 62 * 1024)).await;
        alice.send_to("bob", ringing("c")).await;
        assert_eq!(bob.receive().await.message, ringing("c"));
    }
    assert_eq!(alice.error().await.code, ErrorCode::NotFound);
    still_serves(&server).await;
    drop(slow);
}

#[tokio::test]
async fn who_sends_too_fast_is_slowed_down_and_loses_nothing() {
    let server = server_with(|config| {
        config.limits.messages_per_second = 200;
        config.limits.message_burst = 5;
    });
    let mut alice = Client::connect(&server, "alice").await;
    let mut bob = Client::connect(&server, "bob").await;
    bob.acks = false;
    for n in 0..50 {
        alice.send_to("bob", ringing(&n.to_string())).await;
    }
    let error = alice.error().await;
    assert_eq!((error.code, error.fatal), (ErrorCode::RateLimited, false));
    for n in 0..50 {
        assert_eq!(bob.receive().await.message, ringing(&n.to_string()));
    }
}

#[tokio::test]
async fn a_full_server_turns_connections_away_until_one_goes() {
    let server = server_with(|config| config.limits.connections = 1);
    let only = Client::connect(&server, "alice").await;
    let url = format!("ws://{}/v1/ws", server.local_addr());
    match soon("an answer", connect_async(&url)).await {
        Err(Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("not turned away: {other:?}"),
    }
    only.raw.close(true).await;
    soon("a free place", async {
        while connect_async(&url).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_has_so_many_devices_and_no_more() {
    let server = server_with(|config| config.limits.devices_per_user = 2);
    let _first = Client::connect(&server, "alice").await;
    let _second = Client::connect(&server, "alice").await;
    let mut third = Raw::connect(&server).await;
    third.say(duet_signal::Message::Hello(hello("alice"))).await;
    third.fatal(ErrorCode::RateLimited).await;
    still_serves(&server).await;
}
