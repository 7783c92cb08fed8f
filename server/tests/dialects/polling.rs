//! Engine.IO over polling, and its change to a WebSocket, packet by packet.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::common::soon;
use crate::support::{Answer, Sio, Site, on_both_sites};

on_both_sites![
    protocol_4_over_polling_alone,
    protocol_3_over_polling_alone,
    a_session_goes_on_over_a_websocket_and_loses_nothing,
    a_poll_that_breaks_off_is_a_departure,
    what_is_wrong_with_a_request_is_said_in_the_protocols_words,
];

/// A session that polls.
struct Polling<'a> {
    site: &'a Site,
    path: String,
    sid: String,
}

impl<'a> Polling<'a> {
    /// Opens a session; returns what came after the first packet.
    async fn open(site: &'a Site, version: u8) -> (Polling<'a>, String) {
        let path = format!("/socket.io/?EIO={version}&transport=polling");
        let answer = site.get(&path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let open = answer.body.split_once("0{").expect("an open packet").1;
        let end = open.find('}').unwrap();
        let about: Value = serde_json::from_str(&format!("{{{}}}", &open[..end])).unwrap();
        assert_eq!(about["upgrades"], json!(["websocket"]));
        assert_eq!((&about["pingInterval"], &about["pingTimeout"]), (&json!(25_000), &json!(20_000)));
        let sid = about["sid"].as_str().unwrap().to_owned();
        (Polling { site, path: format!("{path}&sid={sid}"), sid }, open[end + 1..].to_owned())
    }

    async fn poll(&self) -> Answer {
        self.site.get(&self.path).await
    }

    async fn post(&self, body: &str) -> Answer {
        self.site.ask("POST", &self.path, "Content-Type: text/plain;charset=UTF-8\r\n", body).await
    }
}

async fn protocol_4_over_polling_alone(site: &Site) {
    let (session, rest) = Polling::open(site, 4).await;
    assert_eq!(rest, "");
    assert_eq!(session.post("40").await.body, "ok");
    let hello = session.poll().await.body;
    let (connected, greeting) = hello.split_once('\u{1e}').unwrap();
    assert!(connected.starts_with(r#"40{"sid":""#), "{connected}");
    assert_eq!(greeting, r#"42["connectionSuccess"]"#);

    let mut other = Sio::connect(site).await;
    other.join("r").await;
    assert_eq!(session.post("42[\"join\",\"r\"]\u{1e}42[\"message\",\"r\",\"é\u{1f600}\"]").await.body, "ok");
    assert!(session.poll().await.body.starts_with(r#"42["joined","r","#));
    assert_eq!(other.hear().await, json!(["otherjoin", "r"]));
    assert_eq!(other.hear().await, json!(["message", "r", "é\u{1f600}"]));
    // The poll waits, and is answered when there is something.
    let (answer, ()) = tokio::join!(session.poll(), other.say(json!(["message", "r", 1])));
    assert_eq!(answer.body, r#"42["message","r",1]"#);
    assert_eq!(session.post("1").await.body, "ok");
    assert_eq!(session.poll().await.status, 400);
    assert_eq!(other.hear().await[0], "bye");
}

async fn protocol_3_over_polling_alone(site: &Site) {
    let (session, rest) = Polling::open(site, 3).await;
    assert_eq!(rest, "2:40");
    assert_eq!(session.post("1:2").await.body, "ok");
    assert_eq!(session.poll().await.body, "1:3");
    let mut other = Sio::connect_v3(site).await;
    other.join("r").await;
    // Lengths are in UTF-16 units: the emoji counts two.
    assert_eq!(session.post("14:42[\"join\",\"r\"]23:42[\"message\",\"r\",\"é\u{1f600}\"]").await.body, "ok");
    let joined = session.poll().await.body;
    assert_eq!(joined, format!("51:42[\"joined\",\"r\",\"{}\"]", session.sid));
    assert_eq!(other.hear().await, json!(["otherjoin", "r"]));
    assert_eq!(other.hear().await, json!(["message", "r", "é\u{1f600}"]));
    other.say(json!(["message", "r", "\u{1f600}"])).await;
    assert_eq!(session.poll().await.body, "22:42[\"message\",\"r\",\"\u{1f600}\"]");
}

async fn a_session_goes_on_over_a_websocket_and_loses_nothing(site: &Site) {
    let mut other = Sio::connect_v3(site).await;
    other.join("r").await;
    for version in [3, 4] {
        let (session, _) = Polling::open(site, version).await;
        if version == 4 {
            session.post("40").await;
            session.poll().await;
        }
        let join = if version == 3 { "14:42[\"join\",\"r\"]" } else { "42[\"join\",\"r\"]" };
        session.post(join).await;
        assert!(session.poll().await.body.contains(r#"42["joined","#));
        assert_eq!(other.hear().await, json!(["otherjoin", "r"]));

        let upgrade = async {
            let path = format!("/socket.io/?EIO={version}&transport=websocket&sid={}", session.sid);
            let mut talk = site.socket(&path).await;
            talk.say("2probe").await;
            assert_eq!(talk.hear().await.unwrap(), "3probe");
            talk
        };
        // The waiting poll ends with nothing, so that the client can go on.
        let (answer, mut talk) = tokio::join!(session.poll(), upgrade);
        assert_eq!(answer.body.trim_start_matches("1:"), "6");
        assert_eq!(session.poll().await.body.trim_start_matches("1:"), "6");
        other.say(json!(["message", "r", "between"])).await;
        other.say(json!(["message", "r", "both"])).await;
        talk.say("5").await;
        assert_eq!(talk.hear().await.unwrap(), r#"42["message","r","between"]"#);
        assert_eq!(talk.hear().await.unwrap(), r#"42["message","r","both"]"#);
        assert_eq!(session.poll().await.status, 400);
        talk.say(r#"42["message","r","over"]"#).await;
        assert_eq!(other.hear().await, json!(["message", "r", "over"]));
        drop(talk);
        assert_eq!(other.hear().await[0], "bye");
    }
}

async fn a_poll_that_breaks_off_is_a_departure(site: &Site) {
    let mut other = Sio::connect_v3(site).await;
    other.join("r").await;
    let (session, _) = Polling::open(site, 3).await;
    session.post("14:42[\"join\",\"r\"]").await;
    session.poll().await;
    assert_eq!(other.hear().await, json!(["otherjoin", "r"]));
    let mut stream = site.stream().await;
    stream.write_all(site.request("GET", &session.path, "", "").as_bytes()).await.unwrap();
    // What comes later is answered: the poll has come in and waits.
    assert_eq!(site.get("/healthz").await.status, 200);
    // Says that nothing follows, and in order. A stream that is dropped with something unread, such as
    // tickets of TLS, resets the connection: that may overtake the poll, which then never came.
    stream.shutdown().await.unwrap();
    let _ = soon("the end", stream.read_to_end(&mut Vec::new())).await;
    assert_eq!(other.hear().await, json!(["bye", "r", session.sid]));
}

async fn what_is_wrong_with_a_request_is_said_in_the_protocols_words(site: &Site) {
    let polling = "/socket.io/?EIO=4&transport=polling";
    for (method, path, code) in [
        ("GET", "/socket.io/?EIO=4&transport=carrier-pigeon", 0),
        ("GET", "/socket.io/?EIO=4", 0),
        ("GET", "/socket.io/?EIO=4&transport=polling&sid=unknown", 1),
        ("POST", polling, 2),
        ("GET", "/socket.io/?EIO=4&transport=websocket", 3),
        ("GET", "/socket.io/?EIO=2&transport=polling", 5),
        ("GET", "/socket.io/", 5),
    ] {
        let answer = site.ask(method, path, "", "").await;
        assert_eq!(answer.status, 400, "{path}");
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(said["code"], json!(code), "{path}");
    }
    assert_eq!(
        site.try_socket("/socket.io/?EIO=4&transport=websocket&sid=unknown", &[]).await.err(),
        Some(400)
    );
}

#[tokio::test]
async fn two_polls_at_a_time_end_the_session() {
    let site = Site::plain();
    let (session, _) = Polling::open(&site, 3).await;
    let mut other = Sio::connect_v3(&site).await;
    other.join("r").await;
    session.post("14:42[\"join\",\"r\"]").await;
    session.poll().await;
    assert_eq!(other.hear().await, json!(["otherjoin", "r"]));
    let (first, second) = tokio::join!(session.poll(), session.poll());
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(other.hear().await[0], "bye");
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_payload_ends_the_session() {
    let site = Site::plain();
    let flood = format!("4{}", "x".repeat(300 * 1024));
    for (version, body, status) in [(4, flood.as_str(), 413), (3, "no payload", 400), (3, "9:2", 400)] {
        let (session, _) = Polling::open(&site, version).await;
        assert_eq!(session.post(body).await.status, status);
        assert_eq!(session.poll().await.status, 400);
    }
    let refused = site.server.refused();
    assert_eq!((refused.too_large, refused.malformed), (1, 2));
}

#[tokio::test]
async fn malformed_packets_are_refused_and_the_tenth_is_the_end() {
    let site = Site::plain();
    let (session, _) = Polling::open(&site, 4).await;
    session.post("40").await;
    session.poll().await;
    assert_eq!(session.post("42{\u{1e}4").await.status, 200);
    let told = session.poll().await.body;
    assert_eq!(told.matches(r#"42["refused",{"code":"malformed""#).count(), 2, "{told}");
    assert_eq!(session.post(&["x"; 8].join("\u{1e}")).await.status, 400);
    assert_eq!(session.poll().await.status, 400);
    assert_eq!(site.server.refused().malformed, 10);
}

#[tokio::test]
async fn who_asks_for_a_websocket_twice_keeps_the_first() {
    let site = Site::plain();
    let (session, _) = Polling::open(&site, 4).await;
    let path = format!("/socket.io/?EIO=4&transport=websocket&sid={}", session.sid);
    let mut first = site.socket(&path).await;
    first.say("2probe").await;
    assert_eq!(first.hear().await.unwrap(), "3probe");
    let mut second = site.socket(&path).await;
    assert_eq!(second.hear().await, Err(1006));
    first.say("5").await;
    first.say("40").await;
    assert!(first.hear().await.unwrap().starts_with("40{"));
}

#[tokio::test]
async fn a_stopping_server_ends_sessions_that_poll() {
    let site = Site::plain();
    let (session, _) = Polling::open(&site, 3).await;
    let path = session.path.clone();
    let mut stream = site.stream().await;
    stream.write_all(site.request("GET", &path, "", "").as_bytes()).await.unwrap();
    let mut other = Sio::connect_v3(&site).await;
    let Site { server, .. } = site;
    let (_, ended) = tokio::join!(soon("the end", server.shutdown()), other.talk.hear());
    assert_eq!(ended, Err(1001));
}
