//! `socketio-room`.

use serde_json::json;

use crate::support::{Sio, Site, on_both_sites};

on_both_sites![
    the_third_is_told_full_and_hears_and_says_nothing,
    who_leaves_may_join_again,
    an_unknown_room_is_left_without_harm,
    of_two_who_join_at_once_one_is_to_offer,
    a_connection_that_breaks_says_bye,
    clients_of_both_protocols_meet,
];

async fn the_third_is_told_full_and_hears_and_says_nothing(site: &Site) {
    let (mut a, mut b, mut c) =
        (Sio::connect_v3(site).await, Sio::connect_v3(site).await, Sio::connect_v3(site).await);
    a.join("r").await;
    b.join("r").await;
    assert_eq!(a.hear().await, json!(["otherjoin", "r"]));
    c.say(json!(["join", "r"])).await;
    assert_eq!(c.hear().await, json!(["full", "r", c.id]));
    c.say(json!(["message", "r", { "type": "offer" }])).await;
    assert_eq!(c.refusal().await, "not-in-room");
    c.say(json!(["leave", "r"])).await;
    assert_eq!(c.hear().await, json!(["leaved", "r", c.id]));
    a.say(json!(["message", "r", "fence"])).await;
    assert_eq!(b.hear().await, json!(["message", "r", "fence"]));
    b.say(json!(["message", "r", "fence"])).await;
    assert_eq!(a.hear().await, json!(["message", "r", "fence"]));
    c.join("another").await;
}

async fn who_leaves_may_join_again(site: &Site) {
    let (mut a, mut b) = (Sio::connect_v3(site).await, Sio::connect_v3(site).await);
    a.join("r").await;
    for _ in 0..3 {
        b.join("r").await;
        assert_eq!(a.hear().await, json!(["otherjoin", "r"]));
        b.say(json!(["leave", "r"])).await;
        assert_eq!(b.hear().await, json!(["leaved", "r", b.id]));
        assert_eq!(a.hear().await, json!(["bye", "r", b.id]));
    }
}

async fn an_unknown_room_is_left_without_harm(site: &Site) {
    let mut a = Sio::connect_v3(site).await;
    a.say(json!(["leave", "never-was"])).await;
    assert_eq!(a.hear().await, json!(["leaved", "never-was", a.id]));
    a.join("r").await;
}

async fn of_two_who_join_at_once_one_is_to_offer(site: &Site) {
    for round in 0..10 {
        let room = format!("glare-{round}");
        let (mut a, mut b) = (Sio::connect_v3(site).await, Sio::connect_v3(site).await);
        tokio::join!(a.join(&room), b.join(&room));
        a.say(json!(["message", room, "fence"])).await;
        b.say(json!(["message", room, "fence"])).await;
        let first = [a.hear().await, b.hear().await];
        let offers = first.iter().filter(|event| event[0] == "otherjoin").count();
        assert_eq!(offers, 1, "{first:?}");
    }
}

async fn a_connection_that_breaks_says_bye(site: &Site) {
    let mut a = Sio::connect_v3(site).await;
    a.join("r").await;
    for connect in [0, 1] {
        let mut b = if connect == 0 { Sio::connect_v3(site).await } else { Sio::connect(site).await };
        b.join("r").await;
        assert_eq!(a.hear().await, json!(["otherjoin", "r"]));
        let id = b.id.clone();
        drop(b);
        assert_eq!(a.hear().await, json!(["bye", "r", id]));
    }
}

async fn clients_of_both_protocols_meet(site: &Site) {
    let (mut a, mut b) = (Sio::connect_v3(site).await, Sio::connect(site).await);
    a.join("7").await;
    b.join("7").await;
    assert_eq!(a.hear().await, json!(["otherjoin", "7"]));
    a.say(json!(["message", "7", { "sdp": "é\u{1f600}" }])).await;
    assert_eq!(b.hear().await, json!(["message", "7", { "sdp": "é\u{1f600}" }]));
}
