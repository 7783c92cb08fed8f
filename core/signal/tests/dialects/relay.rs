//! `socketio-relay`.

use super::*;

fn client() -> Client {
    Client::on_socket_io_4(Dialect::SocketIoRelay, "us")
}

/// Without the mark that only we read.
fn plain(mut value: Value) -> Value {
    value[1].as_object_mut().expect("an object").remove("duet").expect("our mark");
    value
}

#[test]
fn a_caller_enters_offers_and_is_answered() {
    let mut client = client();
    assert_eq!(client.says("room", invite("c")), [event(json!(["conn", "room"]))]);
    let actions = client.says("room", offer("c", "ours"));
    assert!(matches!(actions[..], [Action::Write(_), Action::WakeAfter(_)]), "{actions:?}");
    let said = written(&actions);
    assert_eq!(plain(said[0].clone()), json!(["signalOffer", {"type": "offer", "sdp": sdp("ours")}]));
    assert_eq!(client.says("room", path("c", 1)), [], "a page without a connection would lose it");
    assert_eq!(client.hears_event(json!(["conn", "room"])), []);

    let page = json!(["signalAnswer", {"sdp": sdp("page"), "type": "answer"}]);
    let actions = client.hears_event(page);
    assert_eq!(delivered(&actions), [of_first("room", answer("c", "page"))]);
    assert_eq!(written(&actions), [json!(["iceOffer", candidate_json(1)])]);
    let actions = client.hears_event(json!(["iceOffer", candidate_json(2)]));
    assert_eq!(delivered(&actions), [of_first("room", accept("c")), of_first("room", path("c", 2))]);
}

#[test]
fn who_waits_answers_the_page_that_comes() {
    let mut client = client();
    assert_eq!(
        client.says("", Message::Join(Join { room: "room".into(), stay: None })),
        [event(json!(["conn", "room"]))]
    );
    let joined = Joined { room: "room".into(), stay: None, peer: None };
    let actions = client.hears_event(json!(["conn", "room"]));
    assert_eq!(delivered(&actions), [Envelope::from(Message::Joined(joined))]);

    let page = json!(["signalOffer", {"sdp": sdp("page"), "type": "offer"}]);
    let heard = delivered(&client.hears_event(page));
    let [Envelope { message: Message::PeerJoined(joined), .. }, described] = &heard[..] else {
        panic!("{heard:?}")
    };
    let (name, of) = (joined.peer.call.as_str(), joined.peer.user.as_str());
    assert_eq!(*described, from(of, offer(name, "page")));
    let said = written(&client.says(of, answer(name, "ours")));
    assert_eq!(plain(said[0].clone()), json!(["signalAnswer", {"type": "answer", "sdp": sdp("ours")}]));
    assert_eq!(written(&client.says(of, path(name, 1))), [json!(["iceOffer", candidate_json(1)])]);
}

#[test]
fn a_page_that_offers_at_the_same_time_answers_ours_or_is_answered() {
    for heard_ours in [true, false] {
        let mut client = client();
        client.says("room", invite("c"));
        client.says("room", offer("c", "ours"));
        let page = json!(["signalOffer", {"sdp": sdp("page"), "type": "offer"}]);
        assert_eq!(client.hears_event(page), []);
        if heard_ours {
            let page = json!(["signalAnswer", {"sdp": sdp("page"), "type": "answer"}]);
            assert_eq!(delivered(&client.hears_event(page)), [of_first("room", answer("c", "page"))]);
        } else {
            client.0.wake();
            let heard = delivered(&client.actions());
            assert_eq!(heard, [from("room", accept("c")), from("room", offer("c", "page"))]);
        }
    }
}

#[test]
fn there_is_no_word_for_the_end_nor_for_holding() {
    let mut client = client();
    client.says("room", invite("c"));
    assert_eq!(client.says("room", Message::HangUp(call("c"))), []);
    let refused = client.0.say(&Envelope::from(Message::Hold(call("c")))).unwrap_err();
    assert_eq!(refused.to_string(), "the socketio-relay dialect cannot say that: hold a call");
    let page = json!(["signalOffer", {"sdp": sdp("page"), "type": "offer"}]);
    assert_eq!(client.hears_event(page), [], "nobody here is in a call");
}

#[test]
fn after_a_lost_connection_the_room_is_entered_again() {
    let mut client = client();
    client.says("", Message::Join(Join { room: "room".into(), stay: None }));
    client.0.opened();
    client.hears(r#"0{"sid":"c"}"#);
    assert_eq!(client.hears(r#"40{"sid":"d"}"#), [Action::Ready, event(json!(["conn", "room"]))]);
}
