//! Nobody can ask for too much, in any dialect; what is refused is counted.

use std::time::Duration;

use serde_json::json;

use crate::support::{Sio, Site};

/// More than a message may have.
const LARGE: usize = 65 * 1024;
/// More than is read at all.
const FLOOD: usize = 300 * 1024;

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_the_connection_goes_on() {
    let site = Site::plain();
    let mut a = Sio::connect(&site).await;
    a.say(json!(["message", "r", "x".repeat(LARGE)])).await;
    assert_eq!(a.refusal().await, "too-large");
    a.join("r").await;
    let (mut b, mut c) = (site.socket("/").await, site.socket("/").await);
    b.say("x".repeat(LARGE)).await;
    assert_eq!(b.json().await["code"], "too-large");
    b.say("fence").await;
    assert_eq!(c.hear().await.unwrap(), "fence");
    assert_eq!(site.server.refused().too_large, 2);
}

#[tokio::test]
async fn a_message_far_too_large_ends_the_connection_and_no_other() {
    let site = Site::plain();
    let peer = "/peerjs/peerjs?key=peerjs&id=a&token=t";
    for path in ["/", "/socket.io/?EIO=3&transport=websocket", peer] {
        let mut talk = site.socket(path).await;
        // The server may stop reading, and end, in the middle of it.
        use futures_util::SinkExt;
        let frame = tokio_tungstenite::tungstenite::Message::text("x".repeat(FLOOD));
        let _ = talk.0.send(frame).await;
        while talk.hear().await.is_ok() {}
    }
    assert_eq!(site.server.refused().too_large, 3);
    Sio::connect(&site).await.join("r").await;
}

#[tokio::test]
async fn binary_messages_are_refused() {
    let site = Site::plain();
    let mut a = Sio::connect(&site).await;
    a.talk.say_binary(vec![4, 1, 2]).await;
    assert_eq!(a.refusal().await, "malformed");
    a.talk.say(r#"451-["message",{"_placeholder":true,"num":0}]"#).await;
    assert_eq!(a.refusal().await, "malformed");
    let mut b = site.socket("/").await;
    b.say_binary(vec![1]).await;
    assert_eq!(b.json().await["code"], "malformed");
}

#[tokio::test]
async fn malformed_events_are_refused_and_the_tenth_is_the_end() {
    let site = Site::plain();
    let mut a = Sio::connect(&site).await;
    let mut b = Sio::connect(&site).await;
    a.join("r").await;
    b.join("r").await;
    assert_eq!(a.hear().await[0], "otherjoin");
    let wrong =
        ["42", "42[]", "42[7]", "42{", r#"42["join"]"#, r#"42["join",[]]"#, r#"42["join",""]"#, "4", "9"];
    for text in wrong {
        b.talk.say(text).await;
        assert_eq!(b.refusal().await, "malformed", "{text}");
    }
    // Not listened to, and no fault.
    b.say(json!(["teleport", 1, 2, 3])).await;
    b.talk.say("x").await;
    assert_eq!(b.refusal().await, "malformed");
    assert_eq!(b.talk.hear().await, Err(1008));
    assert_eq!(a.hear().await[0], "bye");
    assert_eq!(site.server.refused().malformed, 10);
}

#[tokio::test]
async fn a_client_is_in_so_many_rooms_and_no_more() {
    let site = Site::with(|config| config.limits.rooms_per_session = 2);
    let mut a = Sio::connect(&site).await;
    a.join("1").await;
    a.join("2").await;
    a.say(json!(["join", "3"])).await;
    assert_eq!(a.refusal().await, "rate-limited");
    a.say(json!(["leave", "1"])).await;
    assert_eq!(a.hear().await[0], "leaved");
    a.join("3").await;
}

#[tokio::test]
async fn a_room_has_so_many_members_and_no_more() {
    let site = Site::with(|config| config.limits.room_members = 2);
    let (mut a, mut b) = (site.socket("/").await, site.socket("/").await);
    a.say("1").await;
    assert_eq!(b.hear().await.unwrap(), "1");
    let mut c = site.socket("/").await;
    assert_eq!(c.hear().await, Err(1000));
}

#[tokio::test]
async fn who_sends_too_fast_is_slowed_down_and_loses_nothing() {
    let site = Site::with(|config| {
        config.limits.messages_per_second = 200;
        config.limits.message_burst = 5;
    });
    let (mut a, mut b) = (Sio::connect(&site).await, Sio::connect(&site).await);
    a.join("r").await;
    b.join("r").await;
    assert_eq!(a.hear().await[0], "otherjoin");
    for n in 0..40 {
        b.say(json!(["message", "r", n])).await;
    }
    assert_eq!(b.refusal().await, "rate-limited");
    for n in 0..40 {
        assert_eq!(a.hear().await, json!(["message", "r", n]));
    }
    assert!(site.server.refused().rate_limited > 0);
}

#[tokio::test]
async fn who_reads_nothing_is_dropped_and_the_other_told() {
    let site = Site::with(|config| {
        config.limits.outbox_bytes = 128 * 1024;
        config.limits.messages_per_second = 1_000_000;
        config.limits.message_burst = 1_000_000;
    });
    let (mut a, mut slow) = (Sio::connect(&site).await, Sio::connect(&site).await);
    a.join("r").await;
    slow.join("r").await;
    assert_eq!(a.hear().await[0], "otherjoin");
    let text = "x".repeat(60 * 1024);
    let id = slow.id.clone();
    // What the system's own buffers take comes on top: some MiB.
    let fill = async {
        loop {
            a.say(json!(["message", "r", text])).await;
            let heard = tokio::time::timeout(Duration::ZERO, a.talk.hear()).await;
            if let Ok(heard) = heard {
                return heard.unwrap();
            }
        }
    };
    let heard = crate::common::soon("the end of the slow one", fill).await;
    assert_eq!(heard, format!(r#"42["bye","r","{id}"]"#));
    assert_eq!(site.server.refused().slow, 1);
    drop(slow);
}

#[tokio::test]
async fn who_gives_no_sign_of_life_is_given_up() {
    let site = Site::with(|config| {
        config.timing.engineio_ping = Duration::from_millis(100);
        config.timing.engineio_patience = Duration::from_millis(100);
    });
    // The third finds room: nobody is left in it.
    for _ in 0..3 {
        let mut silent = site.socket("/socket.io/?EIO=4&transport=websocket").await;
        silent.say_at_once(["40", r#"42["join","r"]"#].map(str::to_owned)).await;
        let mut heard = Vec::new();
        let code = loop {
            match silent.hear().await {
                Ok(text) => heard.push(text),
                Err(code) => break code,
            }
        };
        assert_eq!(code, 1008);
        assert!(heard.iter().any(|text| text.starts_with(r#"42["joined","r""#)), "{heard:?}");
        assert!(heard.iter().any(|text| text == "2"), "{heard:?}");
    }
    let mut silent = Sio::connect_v3(&site).await;
    assert_eq!(silent.talk.hear().await, Err(1008));
}

#[tokio::test]
async fn who_never_enters_the_namespace_is_given_up() {
    let site = Site::with(|config| config.timing.hello_deadline = Duration::from_millis(30));
    let mut talk = site.socket("/socket.io/?EIO=4&transport=websocket").await;
    assert!(talk.hear().await.unwrap().starts_with("0{"));
    talk.say(r#"42["join","r"]"#).await;
    assert_eq!(talk.hear().await, Err(1008));
    assert_eq!(site.server.refused().misplaced, 1);
}

#[tokio::test]
async fn a_full_server_turns_every_dialect_away_until_one_goes() {
    let site = Site::with(|config| config.limits.connections = 1);
    let only = site.socket("/").await;
    let peer = "/peerjs/peerjs?key=peerjs&id=a&token=t";
    for path in ["/", "/socket.io/?EIO=4&transport=websocket", peer] {
        assert_eq!(site.try_socket(path, &[]).await.err(), Some(503), "{path}");
    }
    assert_eq!(site.get("/socket.io/?EIO=4&transport=polling").await.status, 503);
    only.close().await;
    crate::common::soon("a free place", async {
        while site.get("/socket.io/?EIO=4&transport=polling").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
