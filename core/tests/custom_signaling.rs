//! A host that carries the messages itself needs no server.

mod support;

use std::sync::{Arc, OnceLock};

use duet_core::{CallConfig, CallOptions, CustomConfig, EndReason, Engine, EngineConfig, IceConfig, Session};
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

#[test]
fn two_sessions_joined_by_the_host_are_in_a_call() {
    let (to_alice, to_bob) = (Other::default(), Other::default());
    let alice = host("alice", to_bob.clone());
    let bob = host("bob", to_alice.clone());
    to_alice.set(alice.session.clone()).expect("set once");
    to_bob.set(bob.session.clone()).expect("set once");

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
