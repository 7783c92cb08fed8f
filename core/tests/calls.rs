//! Whole calls: two engines, a real server, real codecs.

mod support;

use duet_core::{CallOptions, CallState, EndReason, EndedBy, VideoCodec};
use support::{Host, TestServer, only};

fn pair() -> (TestServer, Host, Host) {
    let server = TestServer::start();
    let (alice, bob) = (Host::connect(&server.url(), "alice"), Host::connect(&server.url(), "bob"));
    bob.connected();
    (server, alice, bob)
}

fn in_call(alice: &Host, bob: &Host) -> (support::Line, support::Line) {
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();
    (outgoing, incoming)
}

#[test]
fn a_ring_that_is_accepted_carries_pictures_and_sound_both_ways() {
    let (_server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    outgoing.exchange_media(&incoming, 20);
    let stats = outgoing.call.stats();
    assert_eq!(stats.dtls.as_deref(), Some("1.2"));
    assert!(stats.ice_pair.is_some_and(|pair| pair.contains("->")));
    outgoing.call.hang_up();
    let (ours, theirs) = (outgoing.ended(), incoming.ended());
    assert_eq!((ours.by, ours.reason), (EndedBy::Local, EndReason::HangUp));
    assert_eq!((theirs.by, theirs.reason), (EndedBy::Remote, EndReason::HangUp));
    assert_eq!(outgoing.call.state(), CallState::Ended);
}

#[test]
fn each_codec_of_this_build_carries_a_call() {
    for codec in [VideoCodec::H264, VideoCodec::Vp8] {
        if !duet_core::codecs().iter().any(|info| info.name.eq_ignore_ascii_case(&codec.to_string())) {
            continue;
        }
        let (_server, alice, bob) = pair();
        let outgoing = alice.ring_with("bob", only(codec));
        let incoming = bob.incoming();
        incoming.call.accept(CallOptions::default());
        outgoing.connected();
        incoming.connected();
        outgoing.exchange_media(&incoming, 10);
        assert_eq!(outgoing.call.stats().inbound_video.codec, Some(codec));
        assert_eq!(incoming.call.stats().inbound_video.codec, Some(codec));
    }
}

#[test]
fn two_in_a_room_are_in_a_call_and_a_third_is_told_it_is_full() {
    let (server, alice, bob) = pair();
    let first = alice.join("tea");
    first.state(CallState::Waiting);
    let second = bob.join("tea");
    first.connected();
    second.connected();
    first.exchange_media(&second, 5);
    let carol = Host::connect(&server.url(), "carol");
    let third = carol.join("tea").ended();
    assert_eq!((third.by, third.reason), (EndedBy::System, EndReason::RoomFull));
    second.call.hang_up();
    assert_eq!(first.ended().by, EndedBy::Remote);
}

#[test]
fn a_declined_call_ends_for_both_with_the_reason() {
    let (_server, alice, bob) = pair();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.decline();
    let (ours, theirs) = (outgoing.ended(), incoming.ended());
    assert_eq!((ours.by, ours.reason), (EndedBy::Remote, EndReason::Declined));
    assert_eq!((theirs.by, theirs.reason), (EndedBy::Local, EndReason::Declined));
}

#[test]
fn a_call_whose_handle_is_dropped_is_declined() {
    let (_server, alice, bob) = pair();
    let outgoing = alice.ring("bob");
    drop(bob.incoming());
    assert_eq!(outgoing.ended().reason, EndReason::Declined);
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let (_server, alice, bob) = pair();
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    outgoing.call.hang_up();
    assert_eq!(incoming.ended().reason, EndReason::Cancelled);
    assert_eq!(outgoing.ended().by, EndedBy::Local);
}

#[test]
fn a_second_caller_hears_busy_and_the_call_goes_on() {
    let (server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    let carol = Host::connect(&server.url(), "carol");
    assert_eq!(carol.ring("bob").ended().reason, EndReason::Busy);
    outgoing.exchange_media(&incoming, 3);
}

#[test]
fn nobody_of_that_name_is_said_at_once() {
    let (_server, alice, _bob) = pair();
    let ended = alice.ring("nobody").ended();
    assert_eq!((ended.by, ended.reason), (EndedBy::System, EndReason::NotFound));
}

#[test]
fn two_who_ring_each_other_are_in_one_call() {
    let (_server, alice, bob) = pair();
    let (one, two) = (alice.ring("bob"), bob.ring("alice"));
    // One outgoing call survives; the other's place is taken by an incoming one.
    let (caller, callee) = if one.call.id() < two.call.id() { (one, bob) } else { (two, alice) };
    let incoming = callee.incoming();
    caller.connected();
    incoming.connected();
    caller.exchange_media(&incoming, 3);
}

#[test]
fn a_vanished_server_does_not_end_a_connected_call() {
    let (mut server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    server.stop();
    outgoing.exchange_media(&incoming, 10);
}

#[test]
fn muting_is_told_to_the_other_side() {
    let (_server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    outgoing.call.local_audio().set_enabled(false);
    incoming.wait("mute", |event| {
        (*event == duet_core::CallEvent::RemoteMedia { audio: false, video: true, screen: false })
            .then_some(())
    });
}

#[test]
fn closing_the_engine_ends_its_calls_for_both() {
    let (_server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    alice.engine.close();
    alice.engine.close();
    assert_eq!(outgoing.ended().by, EndedBy::Local);
    assert_eq!(incoming.ended().by, EndedBy::Remote);
    assert!(alice.session.ring("bob", CallOptions::default()).is_err());
}
