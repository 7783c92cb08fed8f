//! A service that sends nonsense, and comes back to its senses.

mod support;

use std::net::TcpListener;
use std::thread::JoinHandle;

use duet_core::{CallState, EndReason, EndedBy, ErrorKind};
use serde_json::{Value, json};
use support::{Host, TestServer};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept};

type Socket = WebSocket<std::net::TcpStream>;

/// A service played by `script`, on a thread of its own.
fn service(script: impl FnOnce(&TcpListener) + Send + 'static) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    (url, std::thread::spawn(move || script(&listener)))
}

/// Takes the next connection up to and with its hello.
fn connection(listener: &TcpListener) -> (Socket, Value) {
    let (stream, _) = listener.accept().expect("a client");
    stream.set_read_timeout(Some(support::DEADLINE)).expect("a sane timeout");
    let mut socket = accept(stream).expect("a WebSocket client");
    let hello = next(&mut socket).expect("a hello");
    assert_eq!(hello["type"], "hello");
    (socket, hello)
}

/// The client's next message; `None` once it has gone.
fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

fn send(socket: &mut Socket, message: &Value) {
    socket.send(Message::text(message.to_string())).expect("a client that listens");
}

fn welcome(resumed: bool, received: u64) -> Value {
    json!({
        "type": "welcome", "version": 1, "session": "secret", "device": "d", "resumed": resumed,
        "received": received, "resume_window_ms": 30_000,
    })
}

fn invite(seq: u64) -> Value {
    json!({
        "type": "invite", "seq": seq, "from": "bob", "from_device": "b", "call": "00000000000000000000000000000001",
        "media": {"audio": true, "video": true}, "expires_in_ms": 60_000,
    })
}

fn wait_for(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let message = next(socket).expect("the client stays");
        if message["type"] == kind {
            return message;
        }
    }
}

#[test]
fn nonsense_is_ignored_and_the_next_call_still_rings() {
    let (url, script) = service(|listener| {
        let (mut socket, _) = connection(listener);
        send(&mut socket, &welcome(false, 0));
        for text in ["", "{", "null", r#"{"type":7}"#, r#"{"type":"invite"}"#] {
            socket.send(Message::text(text)).expect("a client that listens");
        }
        socket.send(Message::binary(vec![0; 100])).expect("a client that listens");
        send(&mut socket, &json!({"type": "of-tomorrow", "seq": 1, "more": [1, 2, 3]}));
        send(&mut socket, &json!({"type": "error", "code": "of-tomorrow", "message": "?"}));
        send(&mut socket, &invite(2));
        send(&mut socket, &invite(2));
        wait_for(&mut socket, "ringing");
    });
    let host = Host::connect(&url, "alice");
    assert_eq!(host.incoming().call.state(), CallState::Incoming);
    script.join().expect("the script ran through");
    assert!(host.events.try_iter().all(|event| !matches!(event, duet_core::SessionEvent::Incoming(_))));
}

#[test]
fn a_message_that_is_missing_or_too_large_is_fetched_by_a_resume() {
    let (url, script) = service(|listener| {
        let (mut socket, _) = connection(listener);
        send(&mut socket, &welcome(false, 0));
        send(&mut socket, &json!({"type": "of-tomorrow", "seq": 1}));
        // Number 2 is missing: the client comes back for it.
        send(&mut socket, &invite(3));
        let (mut socket, hello) = connection(listener);
        assert_eq!(hello["resume"], json!({"session": "secret", "received": 1, "device": "d"}));
        send(&mut socket, &welcome(true, 0));
        let oversized = json!({"type": "of-tomorrow", "seq": 2, "more": "x".repeat(70_000)});
        socket.send(Message::text(oversized.to_string())).expect("a client that listens");
        let (mut socket, hello) = connection(listener);
        assert_eq!(hello["resume"]["received"], 1);
        send(&mut socket, &welcome(true, 0));
        send(&mut socket, &invite(2));
        wait_for(&mut socket, "ringing");
    });
    let host = Host::connect(&url, "alice");
    host.incoming();
    script.join().expect("the script ran through");
}

#[test]
fn a_session_that_is_refused_in_mid_call_leaves_the_call_alone() {
    let mut server = TestServer::start();
    let address = server.url().replace("http://", "");
    let (alice, bob) = (Host::connect(&server.url(), "alice"), Host::connect(&server.url(), "bob"));
    bob.connected();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(duet_core::CallOptions::default());
    outgoing.connected();
    incoming.connected();
    server.stop();
    let listener = TcpListener::bind(address).expect("the port is free again");
    for _ in 0..2 {
        let (mut socket, _) = connection(&listener);
        send(&mut socket, &json!({"type": "error", "code": "unauthorized", "message": "no", "fatal": true}));
    }
    assert_eq!(alice.failure().kind(), ErrorKind::Unauthorized);
    assert_eq!(bob.failure().kind(), ErrorKind::Unauthorized);
    outgoing.exchange_media(&incoming, 5);
    assert!(alice.session.ring("bob", duet_core::CallOptions::default()).is_err());
    outgoing.call.hang_up();
    assert_eq!(outgoing.ended().by, duet_core::EndedBy::Local);
}

#[test]
fn a_room_that_the_service_refuses_ends_the_call_with_the_reason() {
    let cases = [
        ("room-full", EndReason::RoomFull),
        ("rate-limited", EndReason::RateLimited),
        ("unauthorized", EndReason::Unauthorized),
        ("malformed", EndReason::Refused),
    ];
    let (url, script) = service(move |listener| {
        let (mut socket, _) = connection(listener);
        send(&mut socket, &welcome(false, 0));
        for (code, _) in cases {
            let join = wait_for(&mut socket, "join");
            let refusal = json!({"type": "error", "code": code, "message": "no", "call": join["stay"]});
            send(&mut socket, &refusal);
        }
        while next(&mut socket).is_some() {}
    });
    let host = Host::connect(&url, "alice");
    for (_, reason) in cases {
        let ended = host.join("r").ended();
        assert_eq!((ended.by, ended.reason), (EndedBy::System, reason));
    }
    drop(host);
    script.join().expect("the script ran through");
}

#[test]
fn an_answer_to_a_stay_that_was_given_up_counts_for_no_later_one() {
    let (url, script) = service(|listener| {
        let (mut socket, _) = connection(listener);
        send(&mut socket, &welcome(false, 0));
        let first = wait_for(&mut socket, "join");
        let second = wait_for(&mut socket, "join");
        assert!(first["stay"] != second["stay"]);
        let bob = json!({"user": "bob", "device": "b", "call": "00000000000000000000000000000001"});
        let late = json!({"type": "joined", "seq": 1, "room": "r", "stay": first["stay"], "peer": bob});
        send(&mut socket, &late);
        send(&mut socket, &json!({"type": "joined", "seq": 2, "room": "r", "stay": second["stay"]}));
        while next(&mut socket).is_some() {}
    });
    let host = Host::connect(&url, "alice");
    host.connected();
    let first = host.join("r");
    first.call.hang_up();
    assert_eq!(first.ended().by, EndedBy::Local);
    let second = host.join("r");
    second.state(CallState::Waiting);
    assert_eq!(second.call.state(), CallState::Waiting);
    drop((second, host));
    script.join().expect("the script ran through");
}

#[test]
fn a_service_that_refuses_the_user_or_the_version_says_why() {
    for (code, kind) in
        [("unauthorized", ErrorKind::Unauthorized), ("version-unsupported", ErrorKind::Signaling)]
    {
        let (url, script) = service(move |listener| {
            let (mut socket, _) = connection(listener);
            send(&mut socket, &json!({"type": "error", "code": code, "message": "no", "fatal": true}));
        });
        let host = Host::connect(&url, "alice");
        let waiting = host.ring("bob");
        assert_eq!(host.failure().kind(), kind);
        assert_eq!(waiting.ended().by, duet_core::EndedBy::System);
        script.join().expect("the script ran through");
    }
}
