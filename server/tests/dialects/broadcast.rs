//! `ws-broadcast`.

use serde_json::json;

use crate::support::{Site, on_both_sites};

on_both_sites![
    every_text_goes_to_all_others_as_it_is,
    in_an_exclusive_room_the_third_is_told_full_and_who_stays_is_told_bye,
    the_page_stays_where_it_is,
];

async fn every_text_goes_to_all_others_as_it_is(site: &Site) {
    let (mut a, mut b, mut c) = (site.socket("/").await, site.socket("/").await, site.socket("/").await);
    for text in [r#"{ "type":"offer","sdp":"é" }"#, "not even JSON", ""] {
        // The first of a connection tells that it is in the room.
        c.say(text).await;
        for other in [&mut a, &mut b] {
            assert_eq!(other.hear().await.unwrap(), text);
        }
        a.say(text).await;
        for other in [&mut b, &mut c] {
            assert_eq!(other.hear().await.unwrap(), text);
        }
    }
    drop(b);
    a.say("1").await;
    assert_eq!(c.hear().await.unwrap(), "1");
}

async fn in_an_exclusive_room_the_third_is_told_full_and_who_stays_is_told_bye(site: &Site) {
    let mut a = site.socket("/?exclusive=1").await;
    let mut b = site.socket("/?exclusive=1").await;
    a.say("1").await;
    assert_eq!(b.hear().await.unwrap(), "1");
    let mut third = site.socket("/").await;
    assert_eq!(third.json().await, json!({ "type": "full" }));
    assert_eq!(third.hear().await, Err(1000));
    let mut elsewhere = site.socket("/?exclusive=1&room=tea").await;
    b.close().await;
    assert_eq!(a.json().await, json!({ "type": "bye" }));
    elsewhere.say("2").await;
    let mut b = site.socket("/?exclusive=1").await;
    b.say("3").await;
    assert_eq!(a.hear().await.unwrap(), "3");
}

async fn the_page_stays_where_it_is(site: &Site) {
    let answer = site.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/html"), "{}", answer.head);
    assert!(answer.body.contains("<html"));
}
