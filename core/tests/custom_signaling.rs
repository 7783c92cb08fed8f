//! A host that carries the messages itself needs no server.

mod support;

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use duet_core::{
    CallConfig, CallOptions, CustomConfig, EndReason, Engine, EngineConfig, ErrorKind, IceConfig, Session,
};
use support::Host;

type Other = Arc<OnceLock<Session>>;

fn host(name: &str, other: Other) -> Host {
    let engine = Engine::new(EngineConfig::default()).expect("an engine");
    let config = CustomConfig {
        user: name.into(),
        ice: IceConfig::default(),
        incoming: CallOptions::default(),
        calls: CallConfig::default(),
    };
    let carry = move |text: String| {
        let other = other.get().expect("both are there before anybody rings");
        other.deliver(&text).expect("our own messages are valid");
    };
    let session = engine.custom_session(config, carry).expect("a session");
    Host::over(engine, session)
}

fn pair() -> (Host, Host) {
    let (to_alice, to_bob) = (Other::default(), Other::default());
    let alice = host("alice", to_bob.clone());
    let bob = host("bob", to_alice.clone());
    to_alice.set(alice.session.clone()).expect("set once");
    to_bob.set(bob.session.clone()).expect("set once");
    (alice, bob)
}

#[test]
fn two_sessions_joined_by_the_host_are_in_a_call() {
    let (alice, bob) = pair();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    assert_eq!(incoming.call.peer(), Some("alice".into()));
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();
    outgoing.exchange_media(&incoming, 10);
    incoming.call.hang_up();
    assert_eq!(outgoing.ended().reason, EndReason::HangUp);
    assert_eq!(incoming.ended().reason, EndReason::HangUp);
}

#[test]
fn a_host_that_waits_needs_no_events() {
    const MOMENT: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(20);
    let (alice, bob) = pair();
    assert!(bob.session.wait_call(MOMENT).expect("nothing is wrong").is_none(), "nobody rings");
    let ring = || {
        let outgoing = alice.session.ring("bob", CallOptions::default()).expect("a call");
        let incoming = bob.session.wait_call(LONG).expect("no error").expect("it rings");
        assert_eq!(incoming.id(), outgoing.id());
        (outgoing, incoming)
    };
    let (outgoing, incoming) = ring();
    assert!(outgoing.wait_ended(MOMENT).is_none(), "it rings");
    incoming.decline();
    for _ in 0..2 {
        let ended = outgoing.wait_ended(LONG).expect("it was declined");
        assert_eq!(ended.reason, EndReason::Declined, "as often as one asks");
    }
    let (outgoing, incoming) = ring();
    // In a handler nobody waits: what is waited for may wait for the handler.
    let (told, hears) = std::sync::mpsc::channel();
    let (call, session) = (outgoing.clone(), alice.session.clone());
    let inside = outgoing.on_event(move |_| {
        let waited =
            (call.wait_ended(LONG).is_none(), session.wait_call(LONG).is_ok_and(|call| call.is_none()));
        // The test may have heard enough.
        let _ = told.send(waited);
    });
    assert_eq!(hears.recv_timeout(LONG / 2), Ok((true, true)), "an event, and no wait");
    drop(inside);
    // A session that ends lets go of who waits, and so does a call.
    thread::scope(|scope| {
        let session = scope.spawn(|| bob.session.wait_call(LONG));
        let call = scope.spawn(|| incoming.wait_ended(LONG));
        bob.session.close();
        let refused = session.join().expect("no panic").expect_err("there will be no more calls");
        assert_eq!(refused.kind(), ErrorKind::Closed);
        assert!(call.join().expect("no panic").is_some(), "closing hangs up");
    });
    // Whoever comes after the last event waits for none.
    assert!(bob.session.wait_call(LONG).is_err());
    while bob.session.events().next().is_some() {}
}
