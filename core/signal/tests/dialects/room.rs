//! `socketio-room`.

use super::*;

/// Let in by a server of Socket.IO 2.
fn client() -> Client {
    let mut client = Client::new(Dialect::SocketIoRoom, "us");
    client.0.opened();
    let open = r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
    assert_eq!(client.hears(open), []);
    assert_eq!(client.hears("40"), [Action::Ready]);
    let (every, text) = client.0.heartbeat().expect("the client sends it");
    assert_eq!((every.as_secs(), text.as_str()), (25, "2"));
    client
}

/// In the room `tea`, alone as far as is known.
fn inside() -> Client {
    let mut client = client();
    assert_eq!(client.says("", join()), [event(json!(["join", "tea"]))]);
    let joined = Joined { room: "tea".into(), stay: None, peer: None };
    let heard = delivered(&client.hears_event(json!(["joined", "tea", "id-1"])));
    assert_eq!(heard, [Envelope::from(Message::Joined(joined))]);
    client
}

fn join() -> Message {
    Message::Join(Join { room: "tea".into(), stay: None })
}

fn leave() -> Message {
    Message::Leave(RoomRef { room: "tea".into() })
}

fn message(data: Value) -> Value {
    json!(["message", "tea", data])
}

/// Who is there now, and the call with them.
fn met(heard: &[Envelope]) -> (String, String) {
    let peer = match &heard[0].message {
        Message::Joined(Joined { peer: Some(peer), .. }) => peer,
        Message::PeerJoined(joined) => &joined.peer,
        other => panic!("nobody met: {other:?}"),
    };
    (peer.user.to_string(), peer.call.to_string())
}

#[test]
fn who_was_there_first_offers_when_somebody_comes() {
    let mut client = inside();
    let heard = delivered(&client.hears_event(json!(["otherjoin", "tea"])));
    let (name, of) = met(&heard);
    assert!(matches!(heard[0].message, Message::Joined(_)), "finding somebody there is having to offer");
    let said = client.says(&name, offer(&of, "ours"));
    assert_eq!(said, [event(message(json!({"type": "offer", "sdp": sdp("ours")})))]);
    let said = client.says(&name, path(&of, 1));
    let data = json!({"type": "candidate", "label": 0, "id": "0", "candidate": candidate(1).candidate});
    assert_eq!(said, [event(message(data))]);

    let page = message(json!({"sdp": sdp("page"), "type": "answer"}));
    assert_eq!(delivered(&client.hears_event(page)), [from(&name, answer(&of, "page"))]);
    let page =
        message(json!({"type": "candidate", "label": 0, "id": "0", "candidate": candidate(2).candidate}));
    let heard = IceCandidate { username_fragment: None, ..candidate(2) };
    let heard = Message::Candidate(Candidate { call: of.as_str().into(), candidate: Some(heard) });
    assert_eq!(delivered(&client.hears_event(page)), [from(&name, heard)]);
}

#[test]
fn who_comes_second_hears_the_offer() {
    let mut client = inside();
    let heard = delivered(&client.hears_event(message(json!({"sdp": sdp("page"), "type": "offer"}))));
    let (name, of) = met(&heard);
    assert!(matches!(heard[0].message, Message::PeerJoined(_)));
    assert_eq!(heard[1], from(&name, offer(&of, "page")));
    let said = client.says(&name, answer(&of, "ours"));
    assert_eq!(said, [event(message(json!({"type": "answer", "sdp": sdp("ours")})))]);
}

#[test]
fn a_third_finds_the_room_full_and_leaves_nothing() {
    let mut client = client();
    client.says("", join());
    let heard = delivered(&client.hears_event(json!(["full", "tea", "id-3"])));
    let [Envelope { message: Message::Error(info), .. }] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((info.code, info.fatal), (ErrorCode::RoomFull, false));
    assert_eq!(client.says("", leave()), [], "leaving would be a bye to the two inside");
}

#[test]
fn leaving_before_it_is_known_whether_one_is_inside_waits_for_that() {
    for (answer, said) in [("full", vec![]), ("joined", vec![event(json!(["leave", "tea"]))])] {
        let mut client = client();
        client.says("", join());
        assert_eq!(client.says("", leave()), []);
        assert_eq!(client.hears_event(json!([answer, "tea", "id"])), said, "{answer}");
    }
}

#[test]
fn a_room_left_before_it_is_known_whether_one_is_inside_is_left_though_another_was_entered() {
    let mut client = client();
    client.says("", join());
    client.says("", leave());
    let other = Message::Join(Join { room: "coffee".into(), stay: None });
    assert_eq!(client.says("", other), [event(json!(["join", "coffee"]))]);
    assert_eq!(client.hears_event(json!(["joined", "tea", "id"])), [event(json!(["leave", "tea"]))]);
    assert_eq!(delivered(&client.hears_event(json!(["joined", "coffee", "id"]))).len(), 1);
}

#[test]
fn who_comes_back_before_the_answer_asks_once() {
    let mut client = client();
    client.says("", join());
    client.says("", leave());
    assert_eq!(client.says("", join()), []);
    assert_eq!(delivered(&client.hears_event(json!(["joined", "tea", "id"]))).len(), 1);
}

#[test]
fn a_second_room_is_refused_by_name_and_the_first_one_stays() {
    let mut client = inside();
    let other = Message::Join(Join { room: "coffee".into(), stay: Some("s".into()) });
    let heard = delivered(&client.says("", other));
    let [Envelope { message: Message::Error(info), .. }] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((info.code, info.call.clone()), (ErrorCode::Unexpected, Some("s".into())));
    assert_eq!(client.says("", leave()), [event(json!(["leave", "tea"]))]);
}

#[test]
fn a_bye_is_the_other_one_leaving_and_the_next_one_is_somebody_else() {
    let mut client = inside();
    let (first, of) = met(&delivered(&client.hears_event(json!(["otherjoin", "tea"]))));
    let left = PeerLeft { room: "tea".into(), call: of.as_str().into(), gone: false };
    let heard = delivered(&client.hears_event(json!(["bye", "tea", "id-2"])));
    assert_eq!(heard, [Envelope::from(Message::PeerLeft(left))]);
    assert_eq!(client.hears_event(json!(["bye", "tea", "id-2"])), [], "only once");
    let (second, again) = met(&delivered(&client.hears_event(json!(["otherjoin", "tea"]))));
    assert!(first != second && of != again);
    // Who left without a word and comes back is somebody new, too.
    let (third, _) = met(&delivered(&client.hears_event(json!(["otherjoin", "tea"]))));
    assert_ne!(second, third);
}

#[test]
fn hanging_up_is_leaving() {
    let mut client = inside();
    let (name, of) = met(&delivered(&client.hears_event(json!(["otherjoin", "tea"]))));
    assert_eq!(client.says(&name, Message::HangUp(call(&of))), []);
    assert_eq!(client.says("", leave()), [event(json!(["leave", "tea"]))]);
    assert_eq!(client.hears_event(json!(["leaved", "tea", "id-1"])), []);
    assert_eq!(client.says("", leave()), [], "only once: of a room it does not know the server dies");
}

#[test]
fn what_is_said_of_other_rooms_or_without_one_is_not_heard() {
    let mut client = inside();
    for event in [
        json!(["otherjoin", "coffee"]),
        json!(["message", "coffee", {"type": "offer", "sdp": sdp("page")}]),
        json!(["message", "tea"]),
        json!(["message", "tea", null]),
        json!(["message", "tea", {"type": "answer", "sdp": sdp("page")}]),
        json!(["message", "tea", {"type": "candidate", "candidate": "candidate:x"}]),
        json!(["bye"]),
        json!(["bye", 7]),
    ] {
        assert_eq!(client.hears_event(event.clone()), [], "{event}");
    }
}

#[test]
fn ringing_has_no_word() {
    let refused = client().0.say(&Envelope::from(invite("c"))).unwrap_err();
    assert_eq!(refused.to_string(), "the socketio-room dialect cannot say that: ring somebody");
}
