//! Whole calls in the dialects of other systems, over our server.

mod support;

use duet_core::{CallEvent, CallOptions, CallState, Dialect, Engine, EngineConfig, Error, Feature};
use duet_core::{EndReason, EndedBy, SessionConfig};
use support::{Host, Line, TestServer};

/// A session of `user` in this dialect.
fn host(server: &TestServer, dialect: Dialect, user: &str) -> Host {
    let path = if dialect == Dialect::PeerJs { "/peerjs" } else { "" };
    let config = SessionConfig { dialect, ..SessionConfig::new(format!("{}{path}", server.url()), user) };
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    let session = engine.session(config).expect("a session");
    let host = Host::over(engine, session);
    host.connected();
    host
}

/// Both are connected, see and hear each other; then one hangs up and the other notices.
fn talk(caller: &Line, callee: &Line) {
    caller.connected();
    callee.connected();
    caller.exchange_media(callee, 3);
    assert_eq!((caller.call.is_caller(), callee.call.is_caller()), (Some(true), Some(false)));
    caller.call.hang_up();
    let (ours, theirs) = (caller.ended(), callee.ended());
    assert_eq!((ours.by, ours.reason), (EndedBy::Local, EndReason::HangUp));
    assert_eq!(theirs.by, EndedBy::Remote);
}

/// One waits for whoever offers, the other offers to whoever is there.
fn among_people_without_names(dialect: Dialect) {
    let server = TestServer::start();
    let (alice, bob) = (host(&server, dialect, "alice"), host(&server, dialect, "bob"));
    let callee = bob.join("room");
    callee.state(CallState::Waiting);
    let caller = alice.ring("anybody");
    talk(&caller, &callee);
}

#[test]
fn a_call_over_the_socket_io_relay() {
    among_people_without_names(Dialect::SocketIoRelay);
}

#[test]
fn a_call_over_the_broadcast() {
    among_people_without_names(Dialect::WsBroadcast);
}

#[test]
fn two_who_both_offer_in_the_relay_are_in_one_call() {
    let server = TestServer::start();
    let (alice, bob) =
        (host(&server, Dialect::SocketIoRelay, "alice"), host(&server, Dialect::SocketIoRelay, "bob"));
    let (one, two) = (alice.ring("anybody"), bob.ring("anybody"));
    one.connected();
    two.connected();
    one.exchange_media(&two, 3);
    two.call.hang_up();
    assert_eq!(one.ended().by, EndedBy::Remote);
}

#[test]
fn who_is_first_in_a_socket_io_room_calls_who_comes_and_a_third_finds_it_full() {
    let server = TestServer::start();
    let [alice, bob, carol] =
        ["alice", "bob", "carol"].map(|name| host(&server, Dialect::SocketIoRoom, name));
    let caller = alice.join("tea");
    caller.state(CallState::Waiting);
    let callee = bob.join("tea");
    callee.state(CallState::Connecting);
    let third = carol.join("tea").ended();
    assert_eq!((third.by, third.reason), (EndedBy::System, EndReason::RoomFull));
    talk(&caller, &callee);
}

#[test]
fn a_socket_io_invite_is_accepted_or_refused() {
    let server = TestServer::start();
    let (alice, bob) =
        (host(&server, Dialect::SocketIoInvite, "001"), host(&server, Dialect::SocketIoInvite, "001"));
    let refused = alice.ring("001");
    bob.incoming().call.decline();
    let ended = refused.ended();
    assert_eq!((ended.by, ended.reason), (EndedBy::Remote, EndReason::Declined));
    let caller = alice.ring("001");
    let callee = bob.incoming();
    callee.call.accept(CallOptions::default());
    talk(&caller, &callee);
}

#[test]
fn a_peerjs_call_is_accepted_declined_or_for_nobody() {
    let server = TestServer::start();
    let (alice, bob) = (host(&server, Dialect::PeerJs, ""), host(&server, Dialect::PeerJs, "bob"));
    assert!(!alice.session.user().as_str().is_empty(), "the server gave a name");
    let refused = alice.ring("bob");
    bob.incoming().call.decline();
    assert_eq!(refused.ended().reason, EndReason::Declined);
    let caller = alice.ring("bob");
    let callee = bob.incoming();
    assert_eq!(callee.call.peer(), Some(alice.session.user()));
    callee.call.accept(CallOptions::default());
    talk(&caller, &callee);
    let nobody = alice.ring("nobody").ended();
    assert_eq!((nobody.by, nobody.reason), (EndedBy::System, EndReason::NotFound));
}

#[test]
fn a_peerjs_name_is_somebodys() {
    let server = TestServer::start();
    let _bob = host(&server, Dialect::PeerJs, "bob");
    let config = SessionConfig {
        dialect: Dialect::PeerJs,
        ..SessionConfig::new(format!("{}/peerjs", server.url()), "bob")
    };
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    let session = engine.session(config).expect("a session");
    let failure = Host::over(engine, session).failure();
    assert!(matches!(&failure, Error::NameTaken(name) if name == "bob"), "{failure}");
}

#[test]
fn what_a_dialect_has_no_word_for_is_refused_by_name() {
    let server = TestServer::start();
    let unsupported = |result: Result<(), Error>| match result {
        Err(Error::Unsupported { what, dialect }) => (what, dialect),
        other => panic!("{other:?}"),
    };
    let alice = host(&server, Dialect::SocketIoRoom, "alice");
    let ring = alice.session.ring("bob", CallOptions::default()).map(drop);
    assert_eq!(unsupported(ring), (Feature::Ring, Dialect::SocketIoRoom));
    let call = alice.join("tea").call;
    assert_eq!(unsupported(call.hold()), (Feature::Hold, Dialect::SocketIoRoom));
    assert_eq!(unsupported(call.ask_video()), (Feature::AskVideo, Dialect::SocketIoRoom));
    let bob = host(&server, Dialect::PeerJs, "bob");
    let join = bob.session.join("tea", CallOptions::default()).map(drop);
    assert_eq!(unsupported(join), (Feature::Room, Dialect::PeerJs));
}

#[test]
fn a_room_the_other_one_left_may_be_entered_again() {
    let server = TestServer::start();
    let (alice, bob) =
        (host(&server, Dialect::SocketIoRoom, "alice"), host(&server, Dialect::SocketIoRoom, "bob"));
    for _ in 0..2 {
        let first = alice.join("tea");
        first.state(CallState::Waiting);
        let second = bob.join("tea");
        talk(&first, &second);
        assert!(second.seen().iter().any(|event| matches!(event, CallEvent::Connected { .. })));
    }
}
