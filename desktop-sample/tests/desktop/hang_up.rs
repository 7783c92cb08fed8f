use std::time::{Duration, Instant};

use crate::support::{Duet, Service, one_call_at_a_time};

/// What a person or script may wait for after SIGTERM.
const SOON: Duration = Duration::from_millis(500);

#[test]
fn sigterm_hangs_up_and_the_other_side_knows() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let start = |id| Duet::start(["call", &service.url, "--room", "tea", "--id", id, "--json"]);
    let mut first = start("first");
    first.wait_for("ready");
    let mut second = start("second");
    first.wait_for("media");
    second.wait_for("media");

    let asked = Instant::now();
    first.terminate();
    let first = first.finish();
    let took = asked.elapsed();
    assert!(took < SOON, "{took:?}");
    first.expect(0);
    assert_eq!(first.report()["ended_by"], "local");
    assert_eq!(first.report()["role"], "callee");

    let second = second.finish();
    second.expect(0);
    assert_eq!(second.report()["ended_by"], "remote");
    assert_eq!(second.report()["role"], "caller");
    assert_eq!(second.all("ended")[0]["reason"], "hang-up");
}

#[test]
fn sigterm_ends_a_call_that_nobody_came_to() {
    let service = Service::start();
    let mut lonely = Duet::start(["call", &service.url, "--room", "empty", "--json"]);
    lonely.wait_for("ready");
    let asked = Instant::now();
    lonely.terminate();
    let lonely = lonely.finish();
    let took = asked.elapsed();
    assert!(took < SOON, "{took:?}");
    lonely.expect(1);
    assert_eq!(lonely.report()["ok"], false);
}

#[test]
fn a_ringing_call_is_answered_and_ended_by_whom_was_asked() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let mut bob =
        Duet::start(["call", &service.url, "--id", "bob", "--seconds", "1", "--end", "remote", "--json"]);
    bob.wait_for("ready");
    let alice = Duet::start([
        "call",
        &service.url,
        "--id",
        "alice",
        "--to",
        "bob",
        "--seconds",
        "2",
        "--end",
        "local",
        "--json",
    ]);
    let (alice, bob) = (alice.finish(), bob.finish());
    alice.expect(0);
    bob.expect(0);
    assert_eq!((&alice.report()["role"], &alice.report()["ended_by"]), (&"caller".into(), &"local".into()));
    assert_eq!((&bob.report()["role"], &bob.report()["ended_by"]), (&"callee".into(), &"remote".into()));
}
