//! What is done in a call beside talking, from the command line and from stdin.

use std::time::{Duration, Instant};

use duet_server::ServerConfig;
use serde_json::{Value, json};

use crate::support::{Done, Duet, Service, one_call_at_a_time};

fn call<'a>(service: &'a Service, args: &[&'a str]) -> Duet {
    Duet::start(["call", &service.url, "--json"].into_iter().chain(args.iter().copied()))
}

/// Bob waits for the end, and alice calls bob for as long as she likes.
fn alice_calls_bob(service: &Service, alice: &[&str], bob: &[&str]) -> (Done, Done) {
    let mut waiting = call(service, &[&["--id", "bob", "--seconds", "1", "--end", "remote"], bob].concat());
    waiting.wait_for("ready");
    let calling = call(service, &[&["--id", "alice", "--to", "bob"], alice].concat());
    (calling.finish(), waiting.finish())
}

fn names(done: &Done, event: &str, field: &str) -> Vec<Value> {
    done.all(event).into_iter().map(|event| event[field].clone()).collect()
}

#[test]
fn a_script_holds_a_call_and_goes_on() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let (alice, bob) = alice_calls_bob(
        &service,
        &["--at", "0.3:hold", "--at", "0.8:resume", "--seconds", "2", "--end", "local"],
        &[],
    );
    alice.expect(0);
    bob.expect(0);
    assert_eq!(alice.all("ringing").len(), 1);
    assert_eq!(names(&bob, "incoming", "from"), [json!("alice")]);
    assert_eq!(names(&alice, "did", "action"), [json!("hold"), json!("resume")]);
    assert_eq!(names(&alice, "held", "local"), [json!(true), json!(false)]);
    assert_eq!(names(&bob, "held", "remote"), [json!(true), json!(false)]);
}

#[test]
fn microphone_camera_and_screen_are_told_to_the_other_side() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let mut bob = call(&service, &["--id", "bob"]);
    bob.wait_for("ready");
    let mut alice = call(&service, &["--id", "alice", "--to", "bob"]);
    alice.wait_for("media");
    bob.wait_for("media");
    let mut before = [true, true, false];
    for (action, expected) in [
        ("mute", [false, true, false]),
        ("camera-off", [false, false, false]),
        ("camera-on", [false, true, false]),
        ("screen-on", [false, true, true]),
        ("unmute", [true, true, true]),
    ] {
        alice.type_line(action);
        let told = loop {
            let event = bob.wait_for("remote-media");
            let told = ["audio", "video", "screen"].map(|source| event[source].as_bool().expect("yes or no"));
            // What was known before may be said again.
            if told != before {
                break told;
            }
        };
        assert_eq!(told, expected, "after {action}");
        before = told;
    }
    alice.type_line("q");
    alice.finish().expect(0);
    bob.finish().expect(0);
}

#[test]
fn a_voice_call_gets_pictures_when_both_agree() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let (alice, bob) = alice_calls_bob(
        &service,
        &["--voice", "--at", "0.3:ask-video", "--seconds", "3", "--end", "local"],
        &["--answer-video", "yes"],
    );
    alice.expect(0);
    bob.expect(0);
    assert_eq!(names(&alice, "video", "news"), [json!("agreed")]);
    assert_eq!(names(&bob, "video", "news"), [json!("asked"), json!("agreed")]);
    for done in [&alice, &bob] {
        let frames = done.report()["video"]["frames_decoded"].as_u64().expect("a count");
        assert!(frames > 10, "{frames} pictures: {:?}", done.events);
    }
}

#[test]
fn pictures_that_are_refused_do_not_come() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let (alice, bob) = alice_calls_bob(
        &service,
        &["--voice", "--at", "0.3:ask-video", "--seconds", "2", "--end", "local"],
        &["--answer-video", "no"],
    );
    alice.expect(0);
    bob.expect(0);
    assert_eq!(names(&alice, "video", "news"), [json!("declined")]);
    assert_eq!(alice.report()["video"]["frames_decoded"], 0);
    assert_eq!(bob.report()["video"]["frames_decoded"], 0);
}

#[test]
fn a_call_may_be_refused_by_itself_or_answered_after_a_while() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let mut bob = call(&service, &["--id", "bob", "--answer", "decline"]);
    bob.wait_for("ready");
    let alice = call(&service, &["--id", "alice", "--to", "bob"]).finish();
    alice.expect(1);
    assert_eq!(alice.all("ended")[0]["reason"], "declined");
    bob.finish().expect(0);

    let (alice, bob) = alice_calls_bob(
        &service,
        &["--seconds", "1", "--end", "local"],
        &["--answer", "ignore", "--at", "0.5:accept"],
    );
    alice.expect(0);
    bob.expect(0);
}

#[test]
fn what_is_typed_is_done() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let mut bob = call(&service, &["--id", "bob", "--answer", "ignore"]);
    bob.wait_for("ready");
    let mut alice = call(&service, &["--id", "alice", "--to", "bob"]);
    bob.wait_for("incoming");
    bob.type_line("accept");
    alice.wait_for("media");
    bob.wait_for("media");
    for held in [true, false] {
        alice.type_line("h");
        assert_eq!(bob.wait_for("held")["remote"], held);
    }
    alice.type_line("what?");
    alice.type_line("q");
    alice.finish().expect(0);
    bob.finish().expect(0);
}

#[test]
fn a_second_caller_waits_is_answered_and_the_first_call_goes_on() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    let mut bob = call(&service, &["--id", "bob", "--call-waiting"]);
    bob.wait_for("ready");
    let mut alice = call(&service, &["--id", "alice", "--to", "bob"]);
    alice.wait_for("media");
    bob.wait_for("media");

    let mut carol = call(&service, &["--id", "carol", "--to", "bob"]);
    assert_eq!(bob.wait_for("waiting")["from"], "carol");
    bob.type_line("a");
    assert_eq!(bob.wait_for("switched")["to"], "carol");
    assert_eq!(alice.wait_for("held")["remote"], true);
    carol.wait_for("media");
    carol.type_line("q");
    carol.finish().expect(0);

    assert_eq!(bob.wait_for("switched")["to"], "alice");
    assert_eq!(alice.wait_for("held")["remote"], false);
    bob.type_line("q");
    bob.finish().expect(0);
    alice.finish().expect(0);
}

#[test]
fn a_caller_that_is_killed_while_it_rings_and_rings_anew_is_answered() {
    let _alone = one_call_at_a_time();
    let service = Service::start();
    for more in [&[][..], &["--call-waiting"]] {
        let mut bob = call(&service, &[&["--id", "bob", "--answer", "ignore"], more].concat());
        bob.wait_for("ready");
        let mut alice = call(&service, &["--id", "alice", "--to", "bob"]);
        bob.wait_for("incoming");
        alice.kill();
        let mut anew = call(&service, &["--id", "alice", "--to", "bob"]);
        bob.wait_for("incoming");
        bob.type_line("accept");
        anew.wait_for("media");
        bob.wait_for("media");
        anew.type_line("q");
        anew.finish().expect(0);
        let bob = bob.finish();
        bob.expect(0);
        assert_eq!(names(&bob, "ended", "reason"), [json!("hang-up")]);
    }
}

#[test]
fn a_side_that_is_killed_is_missed() {
    let _alone = one_call_at_a_time();
    // Longer than it takes to notice that media is gone, shorter than a test has patience.
    let mut config = ServerConfig::loopback();
    config.timing.resume_window = Duration::from_secs(6);
    let service = Service::with(config);
    let mut bob = call(&service, &["--room", "tea", "--id", "bob"]);
    bob.wait_for("ready");
    let mut alice = call(&service, &["--room", "tea", "--id", "alice"]);
    alice.wait_for("media");
    bob.wait_for("media");
    alice.kill();
    let killed = Instant::now();
    let ended = bob.wait_for("ended");
    let took = killed.elapsed();
    println!("missed after {took:?}");
    assert_eq!((&ended["by"], &ended["reason"]), (&json!("remote"), &json!("peer-gone")));
    assert!(took < Duration::from_secs(12), "{took:?}");
    bob.finish().expect(0);
}
