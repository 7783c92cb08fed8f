//! `socketio-invite`, over a server that sends everything back to who said it.

use super::*;

/// Waits in the room `001`.
fn client() -> Client {
    let mut client = Client::on_socket_io_4(Dialect::SocketIoInvite, "001");
    assert_eq!(client.actions(), [event(json!(["joinRoom", "001"]))]);
    assert_eq!(client.hears_event(json!(["connectionSuccess"])), []);
    client
}

/// Waits in the room `001` of a server that says it leaves the sender out, as ours does.
fn client_without_echo() -> Client {
    let mut client = Client::new(Dialect::SocketIoInvite, "001");
    client.0.opened();
    client.hears(r#"0{"sid":"a"}"#);
    let entered = client.hears(r#"40{"sid":"b","echo":false}"#);
    assert_eq!(entered, [Action::Ready, event(json!(["joinRoom", "001"]))]);
    client
}

/// What was written, without the texts of the connection itself.
fn said(actions: &[Action]) -> Vec<Value> {
    let events = |action: &&Action| matches!(action, Action::Write(text) if text.starts_with("42"));
    written(&actions.iter().filter(events).cloned().collect::<Vec<_>>())
}

/// Rings, and has an offer and a path.
fn calling() -> Client {
    let mut client = client();
    assert_eq!(said(&client.says("001", invite("c"))), [json!(["callRemote", "001"])]);
    assert_eq!(client.hears_event(json!(["callRemote"])), [], "our own word");
    assert_eq!(client.says("001", offer("c", "ours")), [], "nobody has accepted yet");
    assert_eq!(client.says("001", path("c", 1)), []);
    client
}

/// Is rung; the name of the call.
fn rung(client: &mut Client) -> String {
    let heard = delivered(&client.hears_event(json!(["callRemote"])));
    let [Envelope { message: Message::Invite(invite), from: Some(from), .. }] = &heard[..] else {
        panic!("{heard:?}")
    };
    assert_eq!((from.as_str(), invite.media, invite.expires_in_ms), ("001", BOTH, 60_000));
    invite.call.to_string()
}

#[test]
fn a_caller_offers_once_it_is_accepted_and_tells_its_paths_once_it_is_answered() {
    let mut client = calling();
    let actions = client.hears_event(json!(["acceptCall"]));
    assert_eq!(delivered(&actions), [from("001", accept("c"))]);
    let payload = said(&actions)[0][1].clone();
    assert_eq!((&payload["roomId"], &payload["offer"]["sdp"]), (&json!("001"), &json!(sdp("ours"))));
    assert_eq!(written(&actions), [json!(["sendOffer", payload])]);
    assert_eq!(client.hears_event(json!(["sendOffer", payload["offer"]])), [], "our own word");

    let actions = client.hears_event(json!(["receiveAnswer", {"sdp": sdp("page"), "type": "answer"}]));
    assert_eq!(delivered(&actions), [from("001", answer("c", "page"))]);
    let payload = json!({"roomId": "001", "candidate": candidate_json(1)});
    assert_eq!(written(&actions), [json!(["sendCandidate", payload])]);
    assert_eq!(client.hears_event(json!(["receiveCandidate", candidate_json(1)])), [], "our own word");
    let heard = delivered(&client.hears_event(json!(["receiveCandidate", candidate_json(2)])));
    assert_eq!(heard, [from("001", path("c", 2))]);
    let second = json!(["receiveAnswer", {"sdp": sdp("third tab"), "type": "answer"}]);
    assert_eq!(client.hears_event(second), [], "one answer is enough");
}

#[test]
fn who_is_rung_accepts_and_answers() {
    let mut client = client();
    let name = rung(&mut client);
    assert_eq!(client.says("001", Message::Ringing(call(&name))), []);
    assert_eq!(said(&client.says("001", accept(&name))), [json!(["acceptCall", "001"])]);
    assert_eq!(client.hears_event(json!(["acceptCall"])), [], "our own word");
    let heard = delivered(&client.hears_event(json!(["sendOffer", {"sdp": sdp("page"), "type": "offer"}])));
    assert_eq!(heard, [from("001", offer(&name, "page"))]);
    assert_eq!(client.says("001", path(&name, 1)), []);
    let said = written(&client.says("001", answer(&name, "ours")));
    let payload = said[0][1].clone();
    assert_eq!((&payload["roomId"], &payload["answer"]["sdp"]), (&json!("001"), &json!(sdp("ours"))));
    let paths = json!({"roomId": "001", "candidate": candidate_json(1)});
    assert_eq!(said, [json!(["sendAnswer", payload]), json!(["sendCandidate", paths])]);
    let own = json!(["receiveAnswer", {"sdp": sdp("ours"), "type": "answer"}]);
    assert_eq!(client.hears_event(own), [], "our own word");
}

#[test]
fn refusing_and_hanging_up_are_one_word() {
    let mut client = client();
    let name = rung(&mut client);
    let decline = Decline { call: name.as_str().into(), reason: DeclineReason::Declined };
    assert_eq!(said(&client.says("001", Message::Decline(decline))), [json!(["hangUp", "001"])]);
    assert_eq!(client.hears_event(json!(["hangUp"])), []);

    let mut client = calling();
    let heard = delivered(&client.hears_event(json!(["hangUp"])));
    let declined = Decline { call: "c".into(), reason: DeclineReason::Declined };
    assert_eq!(heard, [from("001", Message::Decline(declined))]);

    let mut client = calling();
    client.hears_event(json!(["acceptCall"]));
    let heard = delivered(&client.hears_event(json!(["hangUp"])));
    assert_eq!(heard, [from("001", Message::HangUp(call("c")))]);
}

#[test]
fn the_echo_of_an_old_hang_up_does_not_end_the_next_call() {
    let mut client = calling();
    assert_eq!(said(&client.says("001", Message::Cancel(call("c")))), [json!(["hangUp", "001"])]);
    client.says("001", invite("d"));
    assert_eq!(client.hears_event(json!(["hangUp"])), [], "our own word");
    assert_eq!(client.hears_event(json!(["callRemote"])), [], "our own word");
    assert_eq!(delivered(&client.hears_event(json!(["acceptCall"]))), [from("001", accept("d"))]);
}

#[test]
fn a_server_that_leaves_the_sender_out_is_understood() {
    let mut client = client();
    client.says("001", invite("c"));
    client.says("001", offer("c", "ours"));
    assert_eq!(delivered(&client.hears_event(json!(["acceptCall"]))), [from("001", accept("c"))]);
    client.says("001", Message::HangUp(call("c")));
    // Not an echo: there are none.
    rung(&mut client);
}

#[test]
fn somebody_else_in_the_room_may_accept_first() {
    let mut client = client();
    let name = rung(&mut client);
    let heard =
        delivered(&client.hears_event(json!(["receiveOffer", {"sdp": sdp("page"), "type": "offer"}])));
    assert_eq!(heard, [from("001", Message::AcceptedElsewhere(call(&name)))]);
    assert_eq!(client.says("001", accept(&name)), [], "too late");
}

#[test]
fn a_call_rings_once_and_not_during_another() {
    let mut client = client();
    let name = rung(&mut client);
    assert_eq!(client.hears_event(json!(["callRemote"])), []);
    client.says("001", accept(&name));
    assert_eq!(client.hears_event(json!(["callRemote"])), []);
}

#[test]
fn another_room_is_entered_to_ring_there_and_again_after_a_lost_connection() {
    let mut client = client();
    let heard = said(&client.says("002", invite("c")));
    assert_eq!(heard, [json!(["joinRoom", "002"]), json!(["callRemote", "002"])]);
    client.0.opened();
    client.hears(r#"0{"sid":"c"}"#);
    let rooms = [event(json!(["joinRoom", "001"])), event(json!(["joinRoom", "002"]))];
    assert_eq!(client.hears(r#"40{"sid":"d"}"#)[1..], rooms);
}

#[test]
fn on_a_server_without_echoes_the_next_call_rings_after_one_given_up() {
    let mut client = client_without_echo();
    client.says("001", invite("c"));
    client.says("001", Message::Cancel(call("c")));
    rung(&mut client);
}

#[test]
fn on_a_server_without_echoes_the_next_caller_may_give_up_after_a_decline() {
    let mut client = client_without_echo();
    let name = rung(&mut client);
    let decline = Decline { call: name.as_str().into(), reason: DeclineReason::Declined };
    client.says("001", Message::Decline(decline));
    let name = rung(&mut client);
    let heard = delivered(&client.hears_event(json!(["hangUp"])));
    assert_eq!(heard, [from("001", Message::HangUp(call(&name)))]);
}

#[test]
fn a_server_that_is_silent_in_time_is_taken_for_one_without_echoes() {
    let mut client = client();
    let actions = client.says("001", invite("c"));
    assert!(matches!(actions[..], [Action::Write(_), Action::WakeAfter(_)]), "{actions:?}");
    client.0.wake();
    client.says("001", Message::Cancel(call("c")));
    rung(&mut client);
}

#[test]
fn an_echo_that_is_overdue_on_a_server_with_echoes_is_not_waited_for() {
    let mut client = calling();
    client.says("001", Message::Cancel(call("c")));
    client.0.wake();
    rung(&mut client);
}

#[test]
fn another_room_is_left_when_the_call_there_is_over() {
    let mut client = client_without_echo();
    client.says("002", invite("c"));
    let over = client.says("002", Message::Cancel(call("c")));
    let write = |text: &str| Action::Write(text.into());
    assert_eq!(over, [event(json!(["hangUp", "002"])), write("41"), write("40")]);
    assert_eq!(client.hears_event(json!(["callRemote"])), [], "not in a room");
    let inside = client.hears(r#"40{"sid":"c","echo":false}"#);
    assert_eq!(inside, [Action::Ready, event(json!(["joinRoom", "001"]))]);
    rung(&mut client);
}

#[test]
fn what_is_said_while_a_room_is_left_is_said_once_that_is_done() {
    let mut client = client_without_echo();
    client.says("002", invite("c"));
    client.says("002", Message::Cancel(call("c")));
    assert_eq!(client.says("001", invite("d")), []);
    let inside = said(&client.hears(r#"40{"sid":"c","echo":false}"#));
    assert_eq!(inside, [json!(["joinRoom", "001"]), json!(["callRemote", "001"])]);
}

#[test]
fn a_service_that_refuses_a_ring_ends_it() {
    let mut client = client_without_echo();
    client.says("002", invite("c"));
    let heard =
        delivered(&client.hears_event(json!(["refused", {"code": "other", "message": "too many rooms"}])));
    let [Envelope { message: Message::Error(info), .. }] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((info.message.as_str(), info.call.clone()), ("too many rooms", Some("c".into())));
}

#[test]
fn a_second_call_is_refused_by_name_and_the_first_one_stays() {
    let mut client = calling();
    let heard = delivered(&client.says("002", invite("d")));
    let [Envelope { message: Message::Error(info), .. }] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((info.code, info.call.clone()), (ErrorCode::Unexpected, Some("d".into())));
    assert_eq!(delivered(&client.hears_event(json!(["acceptCall"]))), [from("001", accept("c"))]);
}

#[test]
fn a_page_that_calls_while_we_call_is_answered() {
    let mut client = client_without_echo();
    client.says("001", invite("c"));
    client.says("001", offer("c", "ours"));
    assert_eq!(said(&client.hears_event(json!(["callRemote"]))), [json!(["acceptCall", "001"])]);
    assert_eq!(client.hears_event(json!(["callRemote"])), [], "once");
    let heard = delivered(&client.hears_event(json!(["sendOffer", {"type": "offer", "sdp": sdp("page")}])));
    assert_eq!(heard, [from("001", accept("c")), from("001", offer("c", "page"))]);
    let said = said(&client.says("001", answer("c", "ours")));
    assert_eq!(said[0][0], "sendAnswer");
}

#[test]
fn of_two_of_us_who_call_exactly_one_gives_way() {
    let mut ends = [1, 2].map(|seed| {
        let mut client = Client(Translator::new(Dialect::SocketIoInvite, &"001".into(), seed).unwrap());
        client.0.opened();
        client.hears(r#"0{"sid":"a"}"#);
        client.hears(r#"40{"sid":"b","echo":false}"#);
        client.says("001", invite("c"));
        client.says("001", offer("c", "ours"));
        client
    });
    let offers = ends.each_mut().map(|client| {
        client.hears_event(json!(["callRemote"]));
        let actions = client.hears_event(json!(["acceptCall"]));
        assert_eq!(delivered(&actions), [from("001", accept("c"))]);
        said(&actions)[0][1]["offer"].clone()
    });
    let [small, large] = &mut ends;
    assert_eq!(large.hears_event(json!(["sendOffer", offers[0]])), [], "ours stands");
    let heard = delivered(&small.hears_event(json!(["sendOffer", offers[1]])));
    assert_eq!(heard, [from("001", offer("c", "ours"))]);
    let answer = said(&small.says("001", answer("c", "theirs")))[0][1]["answer"].clone();
    let heard = delivered(&large.hears_event(json!(["receiveAnswer", answer])));
    assert_eq!(heard.len(), 1);
}

#[test]
fn what_was_meant_for_a_broken_connection_is_not_said_before_the_next_one_lets_us_in() {
    let mut client = client_without_echo();
    let mut envelope = Envelope::from(invite("c"));
    envelope.to = Some("001".into());
    client.0.say(&envelope).expect("there is a word for it");
    client.0.opened();
    assert_eq!(client.actions(), []);
    assert_eq!(client.hears(r#"0{"sid":"a"}"#), [Action::Write("40".into())]);
}
