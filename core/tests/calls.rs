//! Whole calls: two engines, a real server, real codecs.

mod support;

use duet_core::frame::Rotation;
use duet_core::{CallEvent, CallOptions, CallState, EndReason, EndedBy, VideoCodec, VideoNews};
use support::{DEADLINE, Host, Line, TestServer, only};

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
    // One outgoing call survives, the other one's place is taken by the incoming end of that. Ids decide where the
    // invites cross; whoever rings back a moment later answers.
    let survives = |line: &Line| {
        line.wait("connection or end", |event| match event {
            CallEvent::Connected { .. } => Some(true),
            CallEvent::Ended(how) => Some(how.reason != EndReason::GlareLost),
            _ => None,
        })
    };
    let (caller, callee) = if survives(&one) { (one, bob) } else { (two, alice) };
    let incoming = callee.incoming();
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

#[test]
fn a_call_on_hold_is_silent_until_it_is_resumed() {
    let (_server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    outgoing.exchange_media(&incoming, 3);
    outgoing.call.hold().expect("an open session");
    let held = |line: &support::Line, local, remote| {
        line.wait("hold", |event| (*event == CallEvent::Held { local, remote }).then_some(()));
    };
    held(&incoming, false, true);
    held(&outgoing, true, false);
    // What was on its way has come; whatever is pushed now stays here.
    while incoming.call.remote_video().acquire().is_some() {}
    outgoing.call.resume().expect("an open session");
    held(&incoming, false, false);
    outgoing.exchange_media(&incoming, 5);
}

#[test]
fn pictures_can_be_asked_for_in_a_call_that_has_none() {
    let (_server, alice, bob) = pair();
    let silent_film = CallOptions { video: false, ..CallOptions::default() };
    let outgoing = alice.ring_with("bob", silent_film.clone());
    let incoming = bob.incoming();
    incoming.call.accept(silent_film);
    outgoing.connected();
    incoming.connected();
    outgoing.call.ask_video().expect("an open session");
    let news = |line: &support::Line, wanted| {
        line.wait("pictures", |event| (*event == CallEvent::Video(wanted)).then_some(()));
    };
    news(&incoming, VideoNews::Asked);
    incoming.call.answer_video(true).expect("an open session");
    news(&outgoing, VideoNews::Agreed);
    outgoing.call.local_video().set_enabled(true);
    incoming.call.local_video().set_enabled(true);
    outgoing.exchange_media(&incoming, 5);
}

#[test]
fn a_call_known_from_a_push_message_may_be_accepted_before_its_invite_comes() {
    let (server, alice, _bob) = pair();
    let outgoing = alice.ring("carol");
    assert_eq!(outgoing.ended().reason, EndReason::NotFound, "carol sleeps");
    let carol = Host::connect(&server.url(), "carol");
    let id = "0123456789abcdef0123456789abcdef".into();
    let media = duet_core::MediaKinds { audio: true, video: true };
    carol.session.expect_call(id, "alice", media, DEADLINE).expect("an open session");
    let incoming = carol.incoming();
    assert_eq!(incoming.call.state(), CallState::Incoming);
    incoming.call.decline();
    assert_eq!(incoming.ended().reason, EndReason::Declined);
}

#[test]
fn a_turned_picture_arrives_as_it_is_with_how_to_turn_it() {
    let (_server, alice, bob) = pair();
    let (outgoing, incoming) = in_call(&alice, &bob);
    for rotation in [Rotation::Deg90, Rotation::Deg180, Rotation::Deg0, Rotation::Deg270] {
        let seen = outgoing.see_turned(&incoming, rotation);
        assert_eq!(seen, support::Picture::SIZE, "the pixels are not turned");
    }
}
