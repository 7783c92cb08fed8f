//! Every dialect under foreign and random text.

use proptest::prelude::*;

use super::*;

const FOREIGN: [Dialect; 5] = [
    Dialect::SocketIoRelay,
    Dialect::WsBroadcast,
    Dialect::SocketIoRoom,
    Dialect::SocketIoInvite,
    Dialect::PeerJs,
];

/// The most one text may bring about: a repeated answer with all paths that waited.
const MAX_ACTIONS: usize = 70;

/// Text that gets past the first look of some dialect.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("conn"),
        Just("signalOffer"),
        Just("signalAnswer"),
        Just("iceOffer"),
        Just("joined"),
        Just("otherjoin"),
        Just("full"),
        Just("bye"),
        Just("message"),
        Just("callRemote"),
        Just("acceptCall"),
        Just("sendOffer"),
        Just("receiveAnswer"),
        Just("receiveCandidate"),
        Just("hangUp"),
    ];
    let payload = prop_oneof![
        Just(json!("tea")),
        Just(json!(null)),
        Just(json!({"type": "offer", "sdp": sdp("page")})),
        Just(json!({"type": "offer", "sdp": sdp("other"), "duet": "f"})),
        Just(json!({"type": "answer", "sdp": sdp("page")})),
        Just(json!({"type": "candidate", "label": 0, "candidate": "candidate:1"})),
        Just(candidate_json(1)),
        any::<i64>().prop_map(Value::from),
    ];
    let peerjs = prop_oneof![
        Just("OPEN"),
        Just("OFFER"),
        Just("ANSWER"),
        Just("CANDIDATE"),
        Just("LEAVE"),
        Just("EXPIRE"),
    ];
    prop_oneof![
        ".{0,40}",
        "[0-6][0-6]?.{0,20}",
        (word, payload.clone()).prop_map(|(word, payload)| format!("42{}", json!([word, "tea", payload]))),
        (word_only(), payload.clone()).prop_map(|(word, payload)| format!("42{}", json!([word, payload]))),
        payload.clone().prop_map(|payload| payload.to_string()),
        (peerjs, payload).prop_map(|(kind, payload)| {
            let body = json!({"type": "media", "connectionId": "mc_c", "sdp": payload, "candidate": payload});
            json!({"type": kind, "src": "page", "payload": body}).to_string()
        }),
    ]
}

fn word_only() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("conn"),
        Just("signalOffer"),
        Just("signalAnswer"),
        Just("iceAnswer"),
        Just("sendOffer"),
        Just("receiveAnswer"),
        Just("receiveCandidate"),
    ]
}

/// What a session may say.
fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        Just(invite("c")),
        Just(accept("c")),
        Just(offer("c", "ours")),
        Just(answer("c", "ours")),
        any::<u16>().prop_map(|port| path("c", port)),
        Just(Message::HangUp(call("c"))),
        Just(Message::Cancel(call("c"))),
        Just(Message::Join(Join { room: "tea".into(), stay: None })),
        Just(Message::Leave(RoomRef { room: "tea".into() })),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_a_dialect_panic_or_answer_without_bound(
        steps in proptest::collection::vec(prop_oneof![text().prop_map(Ok), message().prop_map(Err)], 0..40),
    ) {
        for dialect in FOREIGN {
            let mut client = Client::new(dialect, "tea");
            client.0.opened();
            client.hears(r#"0{"pingInterval":25000}"#);
            client.hears("40");
            client.hears(r#"{"type":"OPEN"}"#);
            for step in &steps {
                match step {
                    Ok(text) => client.0.hear(text),
                    Err(message) => {
                        let mut envelope = Envelope::from(message.clone());
                        envelope.to = Some("page".into());
                        // Some have no word for some messages.
                        let _ = client.0.say(&envelope);
                    }
                }
                let actions = client.actions();
                prop_assert!(actions.len() <= MAX_ACTIONS, "{dialect}: {} actions", actions.len());
                for envelope in delivered(&actions) {
                    prop_assert!(duet_signal::encode(&envelope).is_ok());
                }
            }
        }
    }
}

#[test]
fn deep_nesting_and_large_texts_are_survived() {
    for dialect in FOREIGN {
        let mut client = Client::new(dialect, "tea");
        client.0.opened();
        client.hears(&"[".repeat(100_000));
        client.hears(&format!("42{}", "[".repeat(100_000)));
        client.hears(&format!(r#"42["message","tea","{}"]"#, "x".repeat(1 << 20)));
    }
}
