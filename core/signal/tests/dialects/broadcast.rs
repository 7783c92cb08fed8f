//! `ws-broadcast`.

use super::*;

fn client() -> Client {
    let mut client = Client::new(Dialect::WsBroadcast, "us");
    client.0.opened();
    assert_eq!(client.actions(), [Action::Ready]);
    client
}

#[test]
fn a_caller_says_offer_and_offer_ice() {
    let mut client = client();
    assert_eq!(client.says("page", invite("c")), []);
    let said = written(&client.says("page", offer("c", "ours")));
    assert_eq!((&said[0]["type"], &said[0]["sdp"]), (&json!("offer"), &json!(sdp("ours"))));
    assert_eq!(client.says("page", path("c", 1)), [], "the page has no camera yet and would lose it");

    let early = json!({"type": "answer_ice", "iceCandidate": candidate_json(2)});
    assert_eq!(delivered(&client.hears(&early.to_string())), [of_first("page", path("c", 2))]);
    let page = json!({"type": "answer", "sdp": sdp("page")});
    let actions = client.hears(&page.to_string());
    assert_eq!(delivered(&actions), [of_first("page", answer("c", "page"))]);
    assert_eq!(written(&actions), [json!({"type": "offer_ice", "iceCandidate": candidate_json(1)})]);
    let heard = delivered(&client.hears(&early.to_string()));
    assert_eq!(heard, [of_first("page", accept("c")), of_first("page", path("c", 2))]);
}

#[test]
fn who_waits_says_answer_and_answer_ice() {
    let mut client = client();
    let heard = delivered(&client.says("", Message::Join(Join { room: "r".into(), stay: None })));
    assert!(matches!(heard[..], [Envelope { message: Message::Joined(_), .. }]), "connected is joined");
    let page = json!({"type": "offer", "sdp": sdp("page")});
    let heard = delivered(&client.hears(&page.to_string()));
    let [Envelope { message: Message::PeerJoined(joined), .. }, _] = &heard[..] else { panic!("{heard:?}") };
    let (name, of) = (joined.peer.call.as_str(), joined.peer.user.as_str());
    let early = json!({"type": "offer_ice", "iceCandidate": candidate_json(2)});
    assert_eq!(delivered(&client.hears(&early.to_string())), [from(of, path(name, 2))]);
    let said = written(&client.says(of, answer(name, "ours")));
    assert_eq!((&said[0]["type"], &said[0]["sdp"]), (&json!("answer"), &json!(sdp("ours"))));
    let said = written(&client.says(of, path(name, 1)));
    assert_eq!(said, [json!({"type": "answer_ice", "iceCandidate": candidate_json(1)})]);
}

#[test]
fn the_answer_of_a_second_page_is_not_heard() {
    let mut client = client();
    client.says("page", invite("c"));
    client.says("page", offer("c", "ours"));
    let page = |who| json!({"type": "answer", "sdp": sdp(who)}).to_string();
    assert_eq!(delivered(&client.hears(&page("one"))).len(), 1);
    assert_eq!(client.hears(&page("two")), []);
}
