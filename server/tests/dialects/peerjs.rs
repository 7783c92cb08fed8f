//! `peerjs`.

use std::time::Duration;

use serde_json::json;

use crate::support::{Site, Talk, on_both_sites};

on_both_sites![
    an_id_belongs_to_its_token,
    the_same_token_takes_over_without_a_second_open,
    messages_wait_for_who_comes,
    who_says_goodbye_is_forgotten,
];

async fn connect(site: &Site, id: &str, token: &str) -> Talk {
    site.socket(&format!("/peerjs/peerjs?key=peerjs&id={id}&token={token}&version=1.5.5")).await
}

async fn open(site: &Site, id: &str) -> Talk {
    let mut client = connect(site, id, "t").await;
    assert_eq!(client.json().await, json!({ "type": "OPEN" }));
    client
}

async fn an_id_belongs_to_its_token(site: &Site) {
    let a = open(site, "ann").await;
    let mut other = connect(site, "ann", "u").await;
    assert_eq!(other.json().await, json!({ "type": "ID-TAKEN", "payload": { "msg": "ID is taken" } }));
    assert_eq!(other.hear().await, Err(1000));
    a.close().await;
    let mut other = connect(site, "ann", "u").await;
    assert_eq!(other.json().await, json!({ "type": "OPEN" }));
}

async fn the_same_token_takes_over_without_a_second_open(site: &Site) {
    let mut old = open(site, "ann").await;
    let mut new = connect(site, "ann", "t").await;
    assert_eq!(old.hear().await, Err(1000));
    let mut b = open(site, "ben").await;
    b.say(r#"{"type":"OFFER","dst":"ann","payload":1}"#).await;
    assert_eq!(new.json().await, json!({ "type": "OFFER", "src": "ben", "dst": "ann", "payload": 1 }));
}

async fn messages_wait_for_who_comes(site: &Site) {
    let mut a = open(site, "ann").await;
    for n in 0..3 {
        a.say(json!({ "type": "CANDIDATE", "dst": "ben", "payload": n }).to_string()).await;
    }
    a.say(r#"{"type":"OFFER","dst":"ann"}"#).await;
    assert_eq!(a.json().await, json!({ "type": "OFFER", "src": "ann", "dst": "ann" }));
    let mut b = open(site, "ben").await;
    for n in 0..3 {
        let expected = json!({ "type": "CANDIDATE", "src": "ann", "dst": "ben", "payload": n });
        assert_eq!(b.json().await, expected);
    }
}

async fn who_says_goodbye_is_forgotten(site: &Site) {
    let mut a = open(site, "ann").await;
    a.say(r#"{"type":"LEAVE"}"#).await;
    assert_eq!(a.hear().await, Err(1000));
    let _again = connect(site, "ann", "u").await;
}

#[tokio::test]
async fn what_nobody_fetches_expires_once_for_each_receiver() {
    let site = Site::with(|config| config.timing.peerjs_expire = Duration::from_millis(20));
    let mut a = open(&site, "ann").await;
    let offer = |to| json!({ "type": "OFFER", "dst": to, "payload": {} }).to_string();
    a.say_at_once(["ben", "ben", "cay"].map(offer)).await;
    let mut told = [a.json().await, a.json().await];
    told.sort_by_key(|message| message["src"].to_string());
    for (message, absent) in told.iter().zip(["ben", "cay"]) {
        assert_eq!(*message, json!({ "type": "EXPIRE", "src": absent, "dst": "ann" }));
    }
    a.say(r#"{"type":"OFFER","dst":"ann"}"#).await;
    assert_eq!(a.json().await["type"], "OFFER");
}

#[tokio::test]
async fn who_is_silent_for_too_long_is_dropped() {
    let site = Site::with(|config| config.timing.peerjs_silence = Duration::from_millis(50));
    let mut a = open(&site, "ann").await;
    assert_eq!(a.hear().await, Err(1008));
    let _another = connect(&site, "ann", "u").await;
}

#[tokio::test]
async fn so_many_are_served_and_no_more() {
    let site = Site::with(|config| config.limits.peerjs_clients = 1);
    let _a = open(&site, "ann").await;
    let mut b = connect(&site, "ben", "t").await;
    let msg = "Server has reached its concurrent user limit";
    assert_eq!(b.json().await, json!({ "type": "ERROR", "payload": { "msg": msg } }));
    assert_eq!(b.hear().await, Err(1000));
}

#[tokio::test]
async fn malformed_messages_are_counted_and_the_tenth_is_the_end() {
    let site = Site::plain();
    let mut a = open(&site, "ann").await;
    for text in ["", "[]", "{}", r#"{"type":7}"#, r#"{"type":"OFFER","dst":""}"#, "é", "1", "{", "\"\""] {
        a.say(text).await;
    }
    a.say(r#"{"type":"OFFER","dst":"ann"}"#).await;
    assert_eq!(a.json().await["type"], "OFFER");
    assert_eq!(site.server.refused().malformed, 9);
    a.say("?").await;
    assert_eq!(a.hear().await, Err(1008));
}

#[tokio::test]
async fn a_path_that_is_taken_or_none_is_refused() {
    use duet_server::{ServeError, Server, ServerConfig};
    for path in ["myPeerServer", "/v1", "/a b", "/socket.io"] {
        let config = ServerConfig { peerjs_path: Some(path.to_owned()), ..ServerConfig::loopback() };
        assert!(matches!(Server::bind(config), Err(ServeError::PeerJsPath(_))), "{path}");
    }
}

#[tokio::test]
async fn a_path_of_ones_own_is_served_beside_the_usual() {
    let site = Site::with(|config| config.peerjs_path = Some("/myPeerServer".to_owned()));
    for mount in ["/myPeerServer", "/peerjs", ""] {
        let id = site.get(&format!("{mount}/peerjs/id?ts=1")).await;
        assert_eq!((id.status, id.body.len()), (200, 36), "{mount}");
        assert_eq!(site.get(&format!("{mount}/peerjs/peers")).await.status, 401);
    }
    let mut client = site.socket("/myPeerServer/peerjs?key=peerjs&id=a&token=t").await;
    assert_eq!(client.json().await, json!({ "type": "OPEN" }));
}
