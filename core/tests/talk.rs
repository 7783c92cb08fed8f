//! What happens beside talking: telephone calls, lost sound, heat, shared screens, and ends that nothing
//! but the connection itself can tell.

#[path = "support/cuttable.rs"]
mod cuttable;
mod support;

use std::time::{Duration, Instant};

use cuttable::Cuttable;
use duet_core::{
    CallEvent, CallOptions, CallState, DeviceNews, EndReason, EndedBy, Phase, Thermal, VideoNews,
};
use duet_server::ServerConfig;
use support::{DEADLINE, Host, Line, Picture, TestServer};

fn pair(server: &TestServer) -> (Host, Host) {
    let (alice, bob) = (Host::connect(&server.url(), "alice"), Host::connect(&server.url(), "bob"));
    bob.connected();
    (alice, bob)
}

fn in_call(alice: &Host, bob: &Host, options: CallOptions) -> (Line, Line) {
    let outgoing = alice.ring_with("bob", options.clone());
    let incoming = bob.incoming();
    incoming.call.accept(options);
    outgoing.connected();
    incoming.connected();
    outgoing.exchange_media(&incoming, 3);
    (outgoing, incoming)
}

fn tells(line: &Line, event: CallEvent) {
    line.wait(&format!("{event:?}"), |seen| (*seen == event).then_some(()));
}

fn sends(audio: bool, video: bool, screen: bool) -> CallEvent {
    CallEvent::RemoteMedia { audio, video, screen }
}

fn news(host: &Host, news: DeviceNews) {
    host.engine.device_news(news).expect("room in the queue");
}

/// Pushes 20 pictures at a camera's pace, and says whether they come out at the other end.
fn passes(from: &Line, to: &Line) -> bool {
    let mut picture = Picture::new();
    let decoded = || to.call.stats().inbound_video.frames_decoded;
    let before = decoded();
    for _ in 0..20 {
        picture.push(from);
        std::thread::park_timeout(Duration::from_millis(33));
    }
    // One may have been on its way.
    decoded() > before + 1
}

#[test]
fn a_telephone_call_holds_the_call_until_it_is_over() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    news(&alice, DeviceNews::PhoneCallBegan);
    tells(&outgoing, CallEvent::Held { local: true, remote: false });
    tells(&incoming, CallEvent::Held { local: false, remote: true });
    assert!(!passes(&outgoing, &incoming));
    news(&alice, DeviceNews::PhoneCallEnded);
    tells(&outgoing, CallEvent::Held { local: false, remote: false });
    tells(&incoming, CallEvent::Held { local: false, remote: false });
    outgoing.exchange_media(&incoming, 3);
    outgoing.call.hang_up();
    assert!(outgoing.ended().facts.held && incoming.ended().facts.held);
}

#[test]
fn a_call_that_a_person_holds_stays_on_hold_after_a_telephone_call() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    outgoing.call.hold().expect("an open session");
    tells(&incoming, CallEvent::Held { local: false, remote: true });
    news(&alice, DeviceNews::PhoneCallBegan);
    news(&alice, DeviceNews::PhoneCallEnded);
    // Told in order: what the two above had changed would come first.
    outgoing.call.local_audio().set_enabled(false);
    tells(&incoming, sends(false, true, false));
    let resumed = CallEvent::Held { local: false, remote: false };
    assert!(!incoming.seen().contains(&resumed) && !outgoing.seen().contains(&resumed));
}

#[test]
fn lost_sound_closes_the_microphone_and_pictures_go_on() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    news(&alice, DeviceNews::AudioFocusLost);
    tells(&incoming, sends(false, true, false));
    assert!(passes(&outgoing, &incoming));
    news(&alice, DeviceNews::AudioFocusRegained);
    tells(&incoming, sends(true, true, false));
    outgoing.exchange_media(&incoming, 3);
}

#[test]
fn the_background_closes_the_camera_but_not_a_shared_screen() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    news(&alice, DeviceNews::Background);
    tells(&incoming, sends(true, false, false));
    assert!(!passes(&outgoing, &incoming));
    outgoing.call.local_video().set_screen(true);
    tells(&incoming, sends(true, true, true));
    assert!(passes(&outgoing, &incoming));
    news(&alice, DeviceNews::Foreground);
    outgoing.call.local_video().set_screen(false);
    tells(&incoming, sends(true, true, false));
    outgoing.exchange_media(&incoming, 3);
}

#[test]
fn a_call_placed_with_a_screen_says_so() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let outgoing = alice.ring_with("bob", CallOptions { screen: true, ..CallOptions::default() });
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions { screen: true, ..CallOptions::default() });
    tells(&incoming, sends(true, true, true));
    tells(&outgoing, sends(true, true, true));
}

#[test]
fn a_hot_device_sends_no_pictures_and_a_warm_one_smaller_ones() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    news(&alice, DeviceNews::Thermal(Thermal::Hot));
    tells(&incoming, sends(true, false, false));
    assert!(!passes(&outgoing, &incoming));
    news(&alice, DeviceNews::Thermal(Thermal::Warm));
    tells(&incoming, sends(true, true, false));
    let (mut picture, end) = (Picture::new(), Instant::now() + DEADLINE);
    let (width, height) = Picture::SIZE;
    while incoming.call.stats().inbound_video.width != width / 2 {
        assert!(Instant::now() < end, "{:?}", incoming.call.stats().inbound_video);
        picture.push(&outgoing);
        std::thread::park_timeout(Duration::from_millis(33));
    }
    assert_eq!(incoming.call.stats().inbound_video.height, height / 2);
}

#[test]
fn device_news_before_a_call_hold_for_it() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    news(&bob, DeviceNews::AudioFocusLost);
    let outgoing = alice.ring("bob");
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    tells(&outgoing, sends(false, true, false));
}

#[test]
fn whoever_answers_a_call_without_pictures_sends_none() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let outgoing = alice.ring_with("bob", CallOptions { video: false, ..CallOptions::default() });
    let incoming = bob.incoming();
    incoming.call.accept(CallOptions::default());
    outgoing.connected();
    incoming.connected();
    assert!(!passes(&incoming, &outgoing));
    outgoing.call.ask_video().expect("an open session");
    tells(&incoming, CallEvent::Video(VideoNews::Asked));
    incoming.call.answer_video(true).expect("an open session");
    tells(&outgoing, CallEvent::Video(VideoNews::Agreed));
    assert!(passes(&incoming, &outgoing));
}

#[test]
fn pictures_that_are_not_wanted_are_told_and_sound_goes_on() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let voice = CallOptions { video: false, ..CallOptions::default() };
    let outgoing = alice.ring_with("bob", voice.clone());
    let incoming = bob.incoming();
    incoming.call.accept(voice);
    outgoing.connected();
    incoming.connected();
    incoming.call.ask_video().expect("an open session");
    tells(&outgoing, CallEvent::Video(VideoNews::Asked));
    outgoing.call.answer_video(false).expect("an open session");
    tells(&incoming, CallEvent::Video(VideoNews::Declined));
    outgoing.exchange_media(&incoming, 0);
    outgoing.call.hang_up();
    assert!(!incoming.ended().facts.video);
}

#[test]
fn a_hang_up_is_heard_at_once_though_signaling_is_gone() {
    let mut server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    server.stop();
    outgoing.exchange_media(&incoming, 3);
    let asked = Instant::now();
    outgoing.call.hang_up();
    let ended = incoming.ended();
    let took = asked.elapsed();
    assert_eq!((ended.by, ended.reason, ended.phase), (EndedBy::Remote, EndReason::HangUp, Phase::Connected));
    assert!(took < Duration::from_secs(1), "{took:?}");
    println!("heard after {took:?}");
}

#[test]
fn a_room_goes_on_while_media_flows_though_the_other_ones_session_is_over() {
    // A session is given up as soon as its connection breaks.
    let mut config = ServerConfig::loopback();
    config.timing.resume_window = Duration::ZERO;
    let server = TestServer::with(config);
    let relay = Cuttable::to(&server.url());
    let alice = Host::connect(&server.url(), "alice");
    let bob = Host::connect(&relay.url(), "bob");
    let first = alice.join("tea");
    first.state(CallState::Waiting);
    let second = bob.join("tea");
    first.connected();
    second.connected();
    first.exchange_media(&second, 3);
    relay.cut();
    bob.reconnects();
    // Said after what the service had to say of bob.
    first.exchange_media(&second, 10);
    second.call.local_audio().set_enabled(false);
    tells(&first, sends(false, true, false));
    assert_eq!((first.call.state(), second.call.state()), (CallState::Connected, CallState::Connected));
    second.call.hang_up();
    assert_eq!(first.ended().reason, EndReason::HangUp);
}

#[test]
fn every_end_is_told_once_last_and_with_all_there_is_to_say() {
    let server = TestServer::start();
    let (alice, bob) = pair(&server);
    let (outgoing, incoming) = in_call(&alice, &bob, CallOptions::default());
    outgoing.call.hang_up();
    let (ours, theirs) = (outgoing.ended(), incoming.ended());
    for (line, ended, who) in [(&outgoing, ours, "You"), (&incoming, theirs, "The other side")] {
        assert!(ended.facts.accepted && ended.facts.connected && ended.facts.video && !ended.facts.held);
        assert_eq!(ended.phase, Phase::Connected);
        assert!(ended.duration > Duration::ZERO);
        let seconds = ended.duration.as_secs();
        assert_eq!(ended.to_string(), format!("{who} hung up after {seconds} s"));
        let seen = line.seen();
        let ends = seen.iter().filter(|event| matches!(event, CallEvent::Ended(_))).count();
        assert_eq!(ends, 1);
        assert!(matches!(seen.last(), Some(CallEvent::Ended(_))));
    }
}
