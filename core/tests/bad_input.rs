//! What a careless host or a broken service can do, and that calls survive it.

mod support;

use std::sync::mpsc::channel;

use duet_core::audio::{AudioBlock, Samples};
use duet_core::frame::{FrameError, VideoFrame};
use duet_core::{
    CallConfig, CallOptions, CustomConfig, Engine, EngineConfig, Error, ErrorKind, IceConfig, SessionConfig,
    Time,
};
use support::{Host, Line, TestServer};

fn in_call() -> (TestServer, [Host; 2], Line, Line) {
    let server = TestServer::start();
    let (alice, bob) = (Host::connect(&server.url(), "alice"), Host::connect(&server.url(), "bob"));
    bob.connected();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();
    (server, [alice, bob], outgoing, incoming)
}

#[test]
fn bad_frames_and_blocks_are_refused_by_name_and_the_call_goes_on() {
    let (_server, _hosts, outgoing, incoming) = in_call();
    let short = VideoFrame::i420(640, 480, &[0; 1000], Time::ZERO);
    assert_eq!(short.err(), Some(FrameError::ShortPlane { plane: "i420", needed: 460_800, actual: 1000 }));
    let odd = VideoFrame::i420(641, 480, &[0; 1_000_000], Time::ZERO);
    assert_eq!(odd.err(), Some(FrameError::OddDimension { width: 641, height: 480 }));
    let data = vec![0; 640 * 480 * 3 / 2];
    let mut lying = VideoFrame::i420(640, 480, &data, Time::ZERO).expect("valid so far");
    lying.height = 482;
    assert!(matches!(outgoing.call.local_video().push(&lying), Err(FrameError::ShortPlane { .. })));
    let block = AudioBlock { samples: Samples::I16(&[0; 480]), rate: 1000, channels: 1 };
    assert!(outgoing.call.local_audio().push(block).is_err());
    outgoing.exchange_media(&incoming, 5);
}

#[test]
fn a_size_that_changes_in_mid_call_is_followed() {
    let (_server, _hosts, outgoing, incoming) = in_call();
    outgoing.exchange_media(&incoming, 3);
    let (width, height) = (320, 240);
    let data = vec![90; (width * height * 3 / 2) as usize];
    let frame = VideoFrame::i420(width, height, &data, Time::ZERO).expect("valid");
    let remote = incoming.call.remote_video();
    incoming.wait("the new size", |_| {
        outgoing.call.local_video().push(&frame).expect("valid");
        remote.acquire().is_some_and(|frame| frame.width() == width).then_some(())
    });
}

#[test]
fn addresses_that_are_none_are_refused_at_once() {
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    for url in ["", "127.0.0.1:8080", "ftp://host", "http://", "ws:///path", "http://a b"] {
        let refused = engine.session(SessionConfig::new(url, "alice"));
        assert!(matches!(refused, Err(Error::InvalidUrl { .. })), "{url:?} gave {refused:?}");
    }
    let nameless = engine.session(SessionConfig::new("http://127.0.0.1:1", ""));
    assert_eq!(nameless.err().map(|error| error.kind()), Some(ErrorKind::InvalidArgument));
}

#[test]
fn a_server_that_refuses_is_reported_with_its_address() {
    // Bound and dropped: nobody listens there now.
    let free =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let host = Host::connect(&format!("http://{free}"), "alice");
    let call = host.ring("bob");
    let session = host.session.clone();
    let waiting = std::thread::spawn(move || session.wait_call(std::time::Duration::from_secs(60)));
    assert!(matches!(host.failure(), Error::Unreachable { url, .. } if url.contains(&free.to_string())));
    let waited = waiting.join().expect("no panic");
    assert!(matches!(waited, Err(Error::Unreachable { .. })), "who waits for a call hears of it: {waited:?}");
    assert_eq!(call.ended().reason, duet_core::EndReason::SignalingLost);
}

#[test]
fn a_server_of_another_protocol_is_named_as_such() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let answers = std::thread::spawn(move || {
        use std::io::{Read, Write};
        // Three attempts, each answered with a plain page.
        for _ in 0..3 {
            let (mut socket, _) = listener.accept().expect("a client");
            let mut request = [0; 1024];
            drop(socket.read(&mut request));
            drop(socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"));
        }
    });
    let host = Host::connect(&format!("http://{address}"), "alice");
    assert_eq!(host.failure().kind(), ErrorKind::Signaling);
    answers.join().expect("three attempts");
}

#[test]
fn messages_of_a_custom_session_may_be_anything() {
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    let (sender, _out) = channel();
    let config = CustomConfig {
        user: "alice".into(),
        ice: IceConfig::default(),
        incoming: CallOptions::default(),
        calls: CallConfig::default(),
    };
    let session = engine.custom_session(config, move |text| drop(sender.send(text))).expect("a session");
    let oversized = format!("{{\"type\":\"{}\"}}", "x".repeat(70_000));
    for text in ["", "{", "null", "[]", "{\"type\":7}", "{\"type\":\"invite\"}", oversized.as_str()] {
        let refused = session.deliver(text).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::InvalidArgument), "{}", &text[..text.len().min(40)]);
    }
    for text in [
        r#"{"type":"of-tomorrow","x":1}"#,
        r#"{"type":"hang-up","call":"unknown","from":"bob"}"#,
        r#"{"type":"description","call":"unknown","kind":"offer","sdp":"v=0","from":"bob"}"#,
        r#"{"type":"welcome","version":1,"session":"s","device":"d","resumed":false,"received":0,"resume_window_ms":1}"#,
        r#"{"type":"joined","room":"r"}"#,
        r#"{"type":"candidate","call":"c","candidate":null}"#,
    ] {
        session.deliver(text).expect("a message, if a useless one");
    }
    let invite = r#"{"type":"invite","call":"00","media":{"audio":true,"video":true},"expires_in_ms":60000,"from":"bob"}"#;
    session.deliver(invite).expect("a message");
    let nonsense = r#"{"type":"description","call":"00","kind":"offer","sdp":"not sdp","from":"bob"}"#;
    session.deliver(nonsense).expect("a message");
    let host = Host::over(engine, session);
    // An offer nobody can read ends that call, with a reason, and nothing else.
    assert_eq!(host.incoming().ended().by, duet_core::EndedBy::System);
}

#[test]
fn options_out_of_range_are_refused() {
    let server = TestServer::start();
    let alice = Host::connect(&server.url(), "alice");
    let refused = |options| alice.session.ring("bob", options).err().map(|error| error.kind());
    let silent = CallOptions { audio: false, video: false, ..CallOptions::default() };
    assert_eq!(refused(silent), Some(ErrorKind::InvalidArgument));
    let slow = CallOptions { max_kbps: 1, ..CallOptions::default() };
    assert_eq!(refused(slow), Some(ErrorKind::InvalidArgument));
    let fast = CallOptions { fps: 1000, ..CallOptions::default() };
    assert_eq!(refused(fast), Some(ErrorKind::InvalidArgument));
}
