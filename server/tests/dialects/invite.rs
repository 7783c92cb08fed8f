//! `socketio-invite`.

use serde_json::{Value, json};

use crate::support::{Sio, Site, on_both_sites};

on_both_sites![
    all_words_reach_the_other_and_not_oneself,
    who_is_not_in_the_room_is_not_heard,
    in_an_exclusive_room_the_third_is_told_full,
    who_called_and_vanishes_hangs_up_and_who_only_was_there_does_not,
];

/// Joins, and waits until that is done: joining has no answer, a refusal after it has.
async fn enter(site: &Site, query: &str, room: &str) -> Sio {
    let mut client = Sio::connect_with(site, query).await;
    client.say(json!(["joinRoom", room])).await;
    client.say(json!(["hangUp", "elsewhere"])).await;
    assert_eq!(client.refusal().await, "not-in-room");
    client
}

async fn all_words_reach_the_other_and_not_oneself(site: &Site) {
    let (mut a, mut b) = (enter(site, "", "001").await, enter(site, "", "001").await);
    let words: [(Value, Value); 7] = [
        (json!(["callRemote", "001"]), json!(["callRemote"])),
        (json!(["acceptCall", "001"]), json!(["acceptCall"])),
        (
            json!(["sendOffer", { "offer": { "sdp": 1 }, "roomId": "001" }]),
            json!(["sendOffer", { "sdp": 1 }]),
        ),
        (json!(["sendAnswer", { "roomId": "001", "answer": 2 }]), json!(["receiveAnswer", 2])),
        (json!(["sendCandidate", { "roomId": "001", "candidate": {} }]), json!(["receiveCandidate", {}])),
        (json!(["sendCandidate", { "roomId": "001", "candidate": null }]), json!(["receiveCandidate", null])),
        (json!(["hangUp", "001"]), json!(["hangUp"])),
    ];
    for (said, heard) in words {
        a.say(said.clone()).await;
        assert_eq!(b.hear().await, heard);
        b.say(said).await;
        assert_eq!(a.hear().await, heard);
    }
}

async fn who_is_not_in_the_room_is_not_heard(site: &Site) {
    let (mut a, mut b) = (enter(site, "", "001").await, enter(site, "", "001").await);
    let mut stranger = enter(site, "", "002").await;
    for said in [json!(["hangUp", "001"]), json!(["sendOffer", { "roomId": "001", "offer": {} }])] {
        stranger.say(said).await;
        assert_eq!(stranger.refusal().await, "not-in-room");
    }
    b.say(json!(["callRemote", "001"])).await;
    assert_eq!(a.hear().await, json!(["callRemote"]));
}

async fn in_an_exclusive_room_the_third_is_told_full(site: &Site) {
    let (mut a, mut b) = (enter(site, "&exclusive=1", "001").await, enter(site, "&exclusive=1", "001").await);
    let mut third = Sio::connect_with(site, "&exclusive=1").await;
    third.say(json!(["joinRoom", "001"])).await;
    assert_eq!(third.hear().await, json!(["full", "001"]));
    a.say(json!(["callRemote", "001"])).await;
    assert_eq!(b.hear().await, json!(["callRemote"]));
}

async fn who_called_and_vanishes_hangs_up_and_who_only_was_there_does_not(site: &Site) {
    let (mut a, mut b) = (enter(site, "", "001").await, enter(site, "", "001").await);
    let idle = enter(site, "", "001").await;
    a.say(json!(["callRemote", "001"])).await;
    assert_eq!(b.hear().await, json!(["callRemote"]));
    b.say(json!(["acceptCall", "001"])).await;
    assert_eq!(a.hear().await, json!(["acceptCall"]));
    drop(idle);
    drop(b);
    assert_eq!(a.hear().await, json!(["hangUp"]));
    // Nobody is in the call any more: a second end is none.
    let mut c = enter(site, "", "001").await;
    drop(a);
    let mut d = enter(site, "", "001").await;
    d.say(json!(["callRemote", "001"])).await;
    assert_eq!(c.hear().await, json!(["callRemote"]));
}
