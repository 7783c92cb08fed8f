//! `peerjs`.

use duet_signal::dialect::Refusal;

use super::*;

fn client() -> Client {
    let mut client = Client::new(Dialect::PeerJs, "us");
    client.0.opened();
    assert_eq!(client.actions(), []);
    assert_eq!(client.hears(r#"{"type":"OPEN"}"#), [Action::Ready]);
    client
}

/// A message of `page` about the media connection `connection`.
fn page(kind: &str, connection: &str, payload: Value) -> String {
    let mut payload = payload;
    payload["type"] = "media".into();
    payload["connectionId"] = connection.into();
    json!({"type": kind, "src": "page", "dst": "us", "payload": payload}).to_string()
}

/// What we say to `page`.
fn ours(kind: &str, connection: &str, payload: Value) -> Value {
    let mut payload = payload;
    payload["type"] = "media".into();
    payload["connectionId"] = connection.into();
    json!({"type": kind, "dst": "page", "payload": payload})
}

/// Our `LEAVE` to `page`, which names the call for clients of ours.
fn leave(connection: &str, reason: Option<&str>) -> Value {
    let mut payload = json!({ "connectionId": connection });
    if let Some(reason) = reason {
        payload["reason"] = reason.into();
    }
    json!({"type": "LEAVE", "dst": "page", "payload": payload})
}

/// Our `ANSWER` to `page` that takes nothing of its offer.
fn refusal(connection: &str, reason: &str) -> Value {
    let sdp = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
               m=audio 0 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:0\r\n\
               m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:1\r\n";
    ours("ANSWER", connection, json!({"sdp": {"type": "answer", "sdp": sdp}, "reason": reason}))
}

fn calling() -> Client {
    let mut client = client();
    assert_eq!(client.says("page", invite("c")), []);
    let said = written(&client.says("page", offer("c", "ours")));
    assert_eq!(said, [ours("OFFER", "mc_c", json!({"sdp": {"type": "offer", "sdp": sdp("ours")}}))]);
    let said = written(&client.says("page", path("c", 1)));
    assert_eq!(said, [ours("CANDIDATE", "mc_c", json!({"candidate": candidate_json(1)}))]);
    client
}

#[test]
fn an_offer_rings_and_an_answer_is_the_yes() {
    let mut client = calling();
    let text = page("ANSWER", "mc_c", json!({"sdp": {"sdp": sdp("page"), "type": "answer"}}));
    assert_eq!(
        delivered(&client.hears(&text)),
        [from("page", accept("c")), from("page", answer("c", "page"))]
    );
    let text = page("CANDIDATE", "mc_c", json!({"candidate": candidate_json(2)}));
    assert_eq!(delivered(&client.hears(&text)), [from("page", path("c", 2))]);
}

#[test]
fn our_answer_waits_until_the_person_has_answered() {
    let mut client = client();
    let text = page("OFFER", "mc_xyz", json!({"sdp": {"sdp": sdp("page"), "type": "offer"}, "metadata": {}}));
    let heard = delivered(&client.hears(&text));
    assert_eq!(heard, [from("page", invite("xyz")), from("page", offer("xyz", "page"))]);
    assert_eq!(client.says("page", Message::Ringing(call("xyz"))), []);
    assert_eq!(client.says("page", answer("xyz", "ours")), []);
    assert_eq!(client.says("page", path("xyz", 1)), []);
    let said = written(&client.says("page", accept("xyz")));
    assert_eq!(
        said,
        [
            ours("ANSWER", "mc_xyz", json!({"sdp": {"type": "answer", "sdp": sdp("ours")}})),
            ours("CANDIDATE", "mc_xyz", json!({"candidate": candidate_json(1)})),
        ]
    );
    let said = written(&client.says("page", path("xyz", 2)));
    assert_eq!(said, [ours("CANDIDATE", "mc_xyz", json!({"candidate": candidate_json(2)}))]);
}

#[test]
fn who_is_not_there_is_not_found() {
    let mut client = calling();
    let heard = delivered(&client.hears(r#"{"type":"EXPIRE","src":"page","dst":"us"}"#));
    let [Envelope { message: Message::Error(info), .. }] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((info.code, info.fatal, info.call.clone()), (ErrorCode::NotFound, false, Some("c".into())));
    assert_eq!(client.hears(r#"{"type":"EXPIRE","src":"page","dst":"us"}"#), [], "of each message one comes");
}

#[test]
fn a_call_is_declined_or_given_up_by_leaving() {
    let mut client = client();
    client.hears(&page("OFFER", "mc_xyz", json!({"sdp": {"sdp": sdp("page"), "type": "offer"}})));
    let busy = Decline { call: "xyz".into(), reason: DeclineReason::Busy };
    let said = written(&client.says("page", Message::Decline(busy)));
    assert_eq!(said, [refusal("mc_xyz", "busy"), leave("mc_xyz", Some("busy"))]);

    let mut client = calling();
    let said = written(&client.says("page", Message::Cancel(call("c"))));
    assert_eq!(said, [leave("mc_c", None)]);
}

#[test]
fn leaving_ends_all_calls_with_them_and_no_others() {
    let mut client = calling();
    let leave = r#"{"type":"LEAVE","src":"page","dst":"us","payload":{"reason":"declined"}}"#;
    let declined = Decline { call: "c".into(), reason: DeclineReason::Declined };
    assert_eq!(client.hears(r#"{"type":"LEAVE","src":"other","dst":"us"}"#), []);
    assert_eq!(delivered(&client.hears(leave)), [from("page", Message::Decline(declined))]);

    let mut client = calling();
    client.hears(&page("ANSWER", "mc_c", json!({"sdp": {"sdp": sdp("page"), "type": "answer"}})));
    let heard = delivered(&client.hears(leave));
    assert_eq!(heard, [from("page", Message::HangUp(call("c")))], "it was answered");
}

#[test]
fn after_a_glare_the_call_that_is_left_is_not_ended() {
    let offer = page("OFFER", "mc_b", json!({"sdp": {"sdp": sdp("page"), "type": "offer"}}));
    let mut client = calling();
    client.hears(&offer);
    assert_eq!(client.says("page", Message::Cancel(call("c"))), [], "a page would end both");
    assert!(!client.says("page", Message::HangUp(call("b"))).is_empty());

    let mut client = calling();
    client.hears(&offer);
    let glare = Decline { call: "b".into(), reason: DeclineReason::Glare };
    assert_eq!(client.says("page", Message::Decline(glare)), []);
    let text = page("LEAVE", "mc_b", json!({"reason": "glare"}));
    assert_eq!(client.hears(&text), [], "of a call that is over already");
    let text = page("ANSWER", "mc_c", json!({"sdp": {"sdp": sdp("page"), "type": "answer"}}));
    assert_eq!(delivered(&client.hears(&text)).len(), 2, "ours goes on");
}

#[test]
fn who_calls_again_after_a_reload_is_not_hung_up_on_with_the_old_call() {
    let mut client = calling();
    client.hears(&page("ANSWER", "mc_c", json!({"sdp": {"sdp": sdp("page"), "type": "answer"}})));
    client.hears(&page("OFFER", "mc_new", json!({"sdp": {"sdp": sdp("again"), "type": "offer"}})));
    assert_eq!(client.says("page", Message::HangUp(call("c"))), []);
    let said = written(&client.says("page", Message::HangUp(call("new"))));
    assert_eq!(said, [refusal("mc_new", "declined"), leave("mc_new", None)], "nobody had answered it");
}

#[test]
fn what_was_answered_is_not_declined_any_more() {
    let mut client = client();
    client.hears(&page("OFFER", "mc_xyz", json!({"sdp": {"sdp": sdp("page"), "type": "offer"}})));
    client.says("page", accept("xyz"));
    client.says("page", answer("xyz", "ours"));
    assert_eq!(written(&client.says("page", Message::HangUp(call("xyz")))), [leave("mc_xyz", None)]);
}

#[test]
fn a_second_call_of_theirs_is_declined_alone() {
    let mut client = calling();
    client.hears(&page("ANSWER", "mc_c", json!({"sdp": {"sdp": sdp("page"), "type": "answer"}})));
    client.hears(&page("OFFER", "mc_new", json!({"sdp": {"sdp": sdp("again"), "type": "offer"}})));
    let busy = Decline { call: "new".into(), reason: DeclineReason::Busy };
    let said = written(&client.says("page", Message::Decline(busy)));
    let close = json!({"type": "OFFER", "dst": "page", "payload": {"connectionId": "mc_new"}});
    assert_eq!(said, [refusal("mc_new", "busy"), close], "a page would end both if we left");
    assert_eq!(written(&client.says("page", Message::HangUp(call("c")))), [leave("mc_c", None)]);
}

#[test]
fn an_answer_with_a_reason_declines() {
    for (reason, read) in [
        ("declined", DeclineReason::Declined),
        ("timeout", DeclineReason::Timeout),
        ("tired", DeclineReason::Other),
    ] {
        let mut client = calling();
        let mut text = refusal("mc_c", reason);
        text["src"] = "page".into();
        let declined = Decline { call: "c".into(), reason: read };
        let heard = delivered(&client.hears(&text.to_string()));
        assert_eq!(heard, [from("page", Message::Decline(declined))]);
        let after =
            json!({"type": "LEAVE", "src": "page", "payload": {"connectionId": "mc_c", "reason": reason}});
        assert_eq!(client.hears(&after.to_string()), [], "it is over already");
        let close = json!({"type": "OFFER", "src": "page", "payload": {"connectionId": "mc_c"}});
        assert_eq!(client.hears(&close.to_string()), [], "that is for pages");
    }
}

#[test]
fn nobody_can_answer_for_another() {
    let mut client = calling();
    let text = page("ANSWER", "mc_c", json!({"sdp": {"sdp": sdp("x"), "type": "answer"}}));
    assert_eq!(client.hears(&text.replace(r#""src":"page""#, r#""src":"other""#)), []);
    let text = page("OFFER", "mc_c", json!({"sdp": {"sdp": sdp("x"), "type": "offer"}}));
    assert_eq!(client.hears(&text.replace(r#""src":"page""#, r#""src":"other""#)), []);
}

#[test]
fn data_connections_and_nonsense_are_not_calls() {
    let mut client = client();
    let data = json!({"type": "OFFER", "src": "page", "payload":
        {"sdp": {"sdp": sdp("x"), "type": "offer"}, "type": "data", "connectionId": "dc_1", "label": "dc_1"}});
    let long = "x".repeat(129);
    for text in [
        data.to_string(),
        page("OFFER", &long, json!({"sdp": {"sdp": sdp("x"), "type": "offer"}})),
        page("OFFER", "mc_", json!({"sdp": {"sdp": sdp("x"), "type": "offer"}})),
        page("OFFER", "mc_1", json!({"sdp": {"sdp": sdp("x"), "type": "answer"}})),
        page("OFFER", "mc_1", json!({"sdp": "v=0"})),
        page("ANSWER", "mc_1", json!({"sdp": {"sdp": sdp("x"), "type": "answer"}})),
        page("CANDIDATE", "mc_1", json!({"candidate": candidate_json(1)})),
        r#"{"type":"HEARTBEAT"}"#.into(),
        r#"{"type":"OFFER"}"#.into(),
        r#"{"type":7}"#.into(),
        "OPEN".into(),
    ] {
        assert_eq!(client.hears(&text), [], "{text}");
    }
}

#[test]
fn the_server_refuses_for_good_or_for_a_while() {
    let refused = |text: &str| Client::new(Dialect::PeerJs, "us").hears(text);
    assert_eq!(
        refused(r#"{"type":"ID-TAKEN","payload":{"msg":"ID is taken"}}"#),
        [Action::Refused(Refusal::NameTaken)]
    );
    assert_eq!(
        refused(r#"{"type":"ERROR","payload":{"msg":"Invalid key provided"}}"#),
        [Action::Refused(Refusal::Unauthorized("Invalid key provided".into()))]
    );
    let full = "Server has reached its concurrent user limit";
    let text = json!({"type": "ERROR", "payload": {"msg": full}}).to_string();
    assert_eq!(refused(&text), [Action::Broken(full.into())]);
}

#[test]
fn a_name_that_comes_back_is_not_greeted_again() {
    let mut client = client();
    client.0.opened();
    assert_eq!(client.actions(), [Action::Ready]);
    assert_eq!(client.hears(r#"{"type":"OPEN"}"#), [], "the server had forgotten it");
    let (every, text) = client.0.heartbeat().expect("the server wants one");
    assert_eq!((every.as_secs(), text.as_str()), (5, r#"{"type":"HEARTBEAT"}"#));
}
