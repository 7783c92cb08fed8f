//! `socketio-invite`, over a server that sends everything back to who said it.

use super::*;

/// Waits in the room `001`.
fn client() -> Client {
    let mut client = Client::on_socket_io_4(Dialect::SocketIoInvite, "001");
    assert_eq!(client.actions(), [event(json!(["joinRoom", "001"]))]);
    assert_eq!(client.hears_event(json!(["connectionSuccess"])), []);
    client
}

/// Rings, and has an offer and a path.
fn calling() -> Client {
    let mut client = client();
    assert_eq!(client.says("001", invite("c")), [event(json!(["callRemote", "001"]))]);
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
    let payload = json!({"offer": {"type": "offer", "sdp": sdp("ours")}, "roomId": "001"});
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
    assert_eq!(client.says("001", accept(&name)), [event(json!(["acceptCall", "001"]))]);
    assert_eq!(client.hears_event(json!(["acceptCall"])), [], "our own word");
    let heard = delivered(&client.hears_event(json!(["sendOffer", {"sdp": sdp("page"), "type": "offer"}])));
    assert_eq!(heard, [from("001", offer(&name, "page"))]);
    assert_eq!(client.says("001", path(&name, 1)), []);
    let said = written(&client.says("001", answer(&name, "ours")));
    let payload = json!({"roomId": "001", "answer": {"type": "answer", "sdp": sdp("ours")}});
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
    assert_eq!(client.says("001", Message::Decline(decline)), [event(json!(["hangUp", "001"]))]);
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
    assert_eq!(client.says("001", Message::Cancel(call("c"))), [event(json!(["hangUp", "001"]))]);
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
    let said = client.says("002", invite("c"));
    assert_eq!(said, [event(json!(["joinRoom", "002"])), event(json!(["callRemote", "002"]))]);
    client.0.opened();
    client.hears(r#"0{"sid":"c"}"#);
    let rooms = [event(json!(["joinRoom", "001"])), event(json!(["joinRoom", "002"]))];
    assert_eq!(client.hears(r#"40{"sid":"d"}"#)[1..], rooms);
}
