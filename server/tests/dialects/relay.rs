//! `socketio-relay`.

use serde_json::json;

use crate::support::{Sio, Site, on_both_sites};

on_both_sites![
    who_has_not_joined_is_not_heard,
    offers_that_cross_reach_each_other_in_order,
    in_an_exclusive_room_the_third_is_told_full_and_the_two_go_on,
    who_comes_without_asking_for_more_still_finds_an_exclusive_room_full,
];

async fn enter(site: &Site, query: &str) -> Sio {
    let mut client = Sio::connect_with(site, query).await;
    client.say(json!(["conn", "room"])).await;
    assert_eq!(client.hear().await, json!(["conn", "room"]));
    client
}

async fn who_has_not_joined_is_not_heard(site: &Site) {
    let mut a = enter(site, "").await;
    let mut stranger = Sio::connect(site).await;
    stranger.say(json!(["signalOffer", { "sdp": "intruder" }])).await;
    assert_eq!(stranger.refusal().await, "not-in-room");
    let mut b = enter(site, "").await;
    b.say(json!(["signalOffer", "fence"])).await;
    assert_eq!(a.hear().await, json!(["signalOffer", "fence"]));
}

async fn offers_that_cross_reach_each_other_in_order(site: &Site) {
    let (mut a, mut b) = (enter(site, "").await, enter(site, "").await);
    for n in 0..3 {
        a.say(json!(["signalOffer", { "from": "a", "n": n }])).await;
        b.say(json!(["signalOffer", { "from": "b", "n": n }])).await;
    }
    for n in 0..3 {
        assert_eq!(a.hear().await, json!(["signalOffer", { "from": "b", "n": n }]));
        assert_eq!(b.hear().await, json!(["signalOffer", { "from": "a", "n": n }]));
    }
}

async fn in_an_exclusive_room_the_third_is_told_full_and_the_two_go_on(site: &Site) {
    let (mut a, mut b) = (enter(site, "&exclusive=1").await, enter(site, "&exclusive=1").await);
    let mut third = Sio::connect_with(site, "&exclusive=1").await;
    third.say(json!(["conn", "me"])).await;
    assert_eq!(third.hear().await, json!(["full", "me"]));
    third.say(json!(["iceOffer", {}])).await;
    assert_eq!(third.refusal().await, "not-in-room");
    a.say(json!(["signalOffer", 1])).await;
    assert_eq!(b.hear().await, json!(["signalOffer", 1]));
    drop(b);
    assert_eq!(a.hear().await, json!(["bye"]));
    third.say(json!(["conn", "me"])).await;
    assert_eq!(third.hear().await, json!(["conn", "me"]));
    assert!(site.server.refused().full == 1);
}

async fn who_comes_without_asking_for_more_still_finds_an_exclusive_room_full(site: &Site) {
    let _two = (enter(site, "").await, enter(site, "&exclusive=1").await);
    let mut third = Sio::connect(site).await;
    third.say(json!(["conn", "me"])).await;
    assert_eq!(third.hear().await, json!(["full", "me"]));
    // Another room is another room.
    let _elsewhere = enter(site, "&room=tea").await;
}
