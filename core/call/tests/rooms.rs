//! Rooms in a session: names on the wire, who comes, who goes, who comes back.

mod common;

use common::*;
use duet_call::*;

fn lines() -> Lines {
    Lines::new(Config::default())
}

fn id(text: &str) -> CallId {
    CallId::from(text)
}

fn ann() -> PeerName {
    PeerName::from("ann")
}

fn bob() -> PeerName {
    PeerName::from("bob")
}

fn from(peer: PeerName) -> Sender {
    Sender { peer, device: None }
}

fn with(peer: PeerName, call: &str) -> RoomPeer {
    RoomPeer { peer, device: None, call: id(call) }
}

fn drain(lines: &mut Lines) -> Vec<Tagged> {
    std::iter::from_fn(|| lines.poll_effect()).collect()
}

/// The signaling messages among the effects, with the call and whom they go to.
fn messages(effects: &[Tagged]) -> Vec<(&str, &Party, Signal)> {
    effects
        .iter()
        .filter_map(|tagged| match &tagged.effect {
            LineEffect::Call(Effect::Send(signal)) => Some((tagged.call.as_str(), &tagged.party, *signal)),
            LineEffect::Call(_) | LineEffect::Incoming { .. } | LineEffect::TellOthers { .. } => None,
        })
        .collect()
}

fn end(effects: &[Tagged]) -> Option<EndReason> {
    effects.iter().find_map(|tagged| match tagged.effect {
        LineEffect::Call(Effect::Ended(ended)) => Some(ended.reason),
        LineEffect::Call(_) | LineEffect::Incoming { .. } | LineEffect::TellOthers { .. } => None,
    })
}

fn state(lines: &Lines, call: &str) -> Option<CallState> {
    lines.get(&id(call)).map(Call::state)
}

#[test]
fn a_room_call_keeps_its_name_here_and_takes_the_services_name_on_the_wire() {
    let mut lines = lines();
    let room = RoomName::from("r");
    lines.join(id("local"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::Joined { with: None });
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "wire")));
    lines.input(&id("local"), CONNECTED);
    drain(&mut lines);
    assert_eq!(lines.local_id(&bob(), &id("wire")), Some(&id("local")));

    lines.wire(&from(ann()), &id("wire"), WireInput::HangUp);
    assert_eq!(drain(&mut lines), [], "a stranger");
    lines.wire(&from(bob()), &id("wire"), WireInput::HangUp);
    let effects = drain(&mut lines);
    assert_eq!(end(&effects), Some(EndReason::HangUp));
    let party = Party::Room { room, with: Some(with(bob(), "wire")) };
    assert_eq!(messages(&effects), [("local", &party, Signal::Leave)]);
}

#[test]
fn who_finds_somebody_in_the_room_makes_the_offer() {
    let mut lines = lines();
    let room = RoomName::from("r");
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    drain(&mut lines);
    lines.room(&room, RoomInput::Joined { with: Some(with(bob(), "w")) });
    let start = LineEffect::Call(Effect::StartPeer { offerer: true, polite: false });
    assert_eq!(drain(&mut lines)[0].effect, start);
}

#[test]
fn a_room_is_entered_once() {
    let mut lines = lines();
    let room = RoomName::from("r");
    assert_eq!(lines.join(id("c"), room.clone(), MEDIA), Ok(()));
    assert_eq!(lines.join(id("d"), room.clone(), MEDIA), Err(LineError::AlreadyInRoom(id("c"))));
    lines.input(&id("c"), HANG_UP);
    assert_eq!(lines.join(id("d"), room, MEDIA), Ok(()));
}

#[test]
fn that_an_earlier_peer_left_does_not_end_the_call_with_the_next() {
    let mut lines = lines();
    let room = RoomName::from("r");
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w2")));
    lines.room(&room, RoomInput::PeerLeft { call: Some(id("w1")) });
    lines.room(&room, RoomInput::PeerGone { call: id("w1") });
    assert_eq!(state(&lines, "c"), Some(CallState::Connecting));
    lines.room(&room, RoomInput::PeerLeft { call: Some(id("w2")) });
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::PeerLeft));
}

#[test]
fn a_service_that_starts_anew_and_names_the_call_anew_does_not_end_it() {
    let mut lines = lines();
    let room = RoomName::from("r");
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w1")));
    lines.input(&id("c"), CONNECTED);
    drain(&mut lines);
    lines.room(&room, RoomInput::Joined { with: Some(with(bob(), "w2")) });
    assert_eq!(drain(&mut lines), []);
    lines.wire(&from(bob()), &id("w2"), WireInput::HangUp);
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::HangUp));
}

#[test]
fn somebody_new_in_the_room_means_that_the_other_one_left() {
    let mut lines = lines();
    let room = RoomName::from("r");
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w1")));
    lines.room(&room, RoomInput::PeerJoined(with(ann(), "w2")));
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::PeerLeft));
}

/// In a room with bob, whose call has the name w1.
fn met(config: Config) -> (Lines, RoomName) {
    let (mut lines, room) = (Lines::new(config), RoomName::from("r"));
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w1")));
    lines.input(&id("c"), CONNECTED);
    drain(&mut lines);
    (lines, room)
}

fn starts_peer(effects: &[Tagged]) -> bool {
    let start = LineEffect::Call(Effect::StartPeer { offerer: false, polite: true });
    effects.iter().any(|tagged| tagged.effect == start)
}

#[test]
fn who_stays_in_a_room_goes_on_with_somebody_new() {
    for left in [true, false] {
        let (mut lines, room) = met(stay());
        if left {
            lines.room(&room, RoomInput::PeerLeft { call: Some(id("w1")) });
            assert_eq!(lines.party(&id("c")).and_then(Party::peer), None);
            assert_eq!(state(&lines, "c"), Some(CallState::Waiting));
        }
        lines.room(&room, RoomInput::PeerJoined(with(ann(), "w2")));
        assert!(starts_peer(&drain(&mut lines)));
        assert_eq!(lines.party(&id("c")).and_then(Party::peer), Some(&ann()));
        lines.wire(&from(bob()), &id("w1"), WireInput::HangUp);
        lines.room(&room, RoomInput::PeerLeft { call: Some(id("w1")) });
        assert_eq!(state(&lines, "c"), Some(CallState::Connecting));
    }
}

#[test]
fn the_same_one_under_another_name_has_crashed_and_come_back() {
    let (mut lines, room) = met(Config::default());
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w1")));
    assert_eq!(drain(&mut lines), [], "said twice");
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w2")));
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::PeerLeft));

    let (mut lines, room) = met(stay());
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w2")));
    assert!(starts_peer(&drain(&mut lines)));
}

#[test]
fn whom_the_service_lost_is_there_as_long_as_media_is() {
    let gone = || RoomInput::PeerGone { call: id("w1") };
    let (mut lines, room) = met(Config::default());
    lines.room(&room, gone());
    assert_eq!(drain(&mut lines), [], "media flows");
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w2")));
    assert_eq!(drain(&mut lines), [], "back with what they had");
    lines.wire(&from(bob()), &id("w2"), WireInput::HangUp);
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::HangUp));

    let (mut lines, room) = met(Config::default());
    lines.room(&room, RoomInput::PeerGone { call: id("w0") });
    lines.input(&id("c"), DISCONNECTED);
    assert_eq!(state(&lines, "c"), Some(CallState::Reconnecting), "of an earlier one");
    lines.room(&room, gone());
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::PeerGone), "media is lost, too");

    let (mut lines, room) = met(stay());
    lines.room(&room, gone());
    let other_device = RoomPeer { device: Some(DeviceId("another".into())), ..with(bob(), "w2") };
    lines.room(&room, RoomInput::PeerJoined(other_device));
    assert!(starts_peer(&drain(&mut lines)), "crashed and come back");
}

#[test]
fn both_who_enter_again_after_the_service_forgot_go_on() {
    let (mut lines, room) = met(Config::default());
    lines.room(&room, RoomInput::Joined { with: None });
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w2")));
    assert_eq!(drain(&mut lines), []);
    assert_eq!(lines.local_id(&bob(), &id("w2")), Some(&id("c")));
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w3")));
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::PeerLeft), "forgotten once, met once");
}

#[test]
fn after_the_service_forgot_another_device_of_the_same_person_is_somebody_new() {
    let on = |device: &str, call| RoomPeer { device: Some(DeviceId::from(device)), ..with(bob(), call) };
    let (mut lines, room) = (Lines::new(stay()), RoomName::from("r"));
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::PeerJoined(on("b1", "w1")));
    lines.input(&id("c"), CONNECTED);
    lines.room(&room, RoomInput::Joined { with: None });
    drain(&mut lines);
    lines.room(&room, RoomInput::PeerJoined(on("b2", "w2")));
    assert!(starts_peer(&drain(&mut lines)));
    assert_eq!(state(&lines, "c"), Some(CallState::Connecting));
}

#[test]
fn being_alone_at_first_is_nothing_forgotten() {
    let (mut lines, room) = (lines(), RoomName::from("r"));
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.room(&room, RoomInput::Joined { with: None });
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w1")));
    lines.room(&room, RoomInput::PeerJoined(with(bob(), "w2")));
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::PeerLeft));
}

#[test]
fn a_room_talks_to_the_device_that_is_in_it() {
    let (mut lines, room) = (lines(), RoomName::from("r"));
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    let device = |name: &str| Some(DeviceId::from(name));
    let with = RoomPeer { device: device("b1"), ..with(bob(), "w") };
    lines.room(&room, RoomInput::PeerJoined(with));
    assert_eq!(lines.party_device(&id("c")), device("b1").as_ref());
    let other = Sender { peer: bob(), device: device("b2") };
    lines.wire(&other, &id("w"), WireInput::HangUp);
    assert_eq!(state(&lines, "c"), Some(CallState::Connecting));
    assert_eq!(lines.description(&other, &id("w")), Passage::Drop);
    assert_eq!(lines.description(&Sender { device: device("b1"), ..other }, &id("w")), Passage::Take);
}

#[test]
fn what_the_service_says_of_an_earlier_stay_does_nothing() {
    let (mut lines, room) = (lines(), RoomName::from("r"));
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    lines.input(&id("c"), HANG_UP);
    lines.join(id("d"), room.clone(), MEDIA).expect("left before");
    drain(&mut lines);
    let late = [
        RoomInput::Joined { with: None },
        RoomInput::Joined { with: Some(with(bob(), "w1")) },
        RoomInput::PeerJoined(with(bob(), "w1")),
        RoomInput::Full,
    ];
    for input in late {
        assert!(!lines.room_of(&id("c"), &room, input));
        assert_eq!(drain(&mut lines), []);
    }
    assert!(!lines.room_of(&id("d"), &RoomName::from("s"), RoomInput::Full));
    assert_eq!(drain(&mut lines), [], "another room");
    assert!(lines.room_of(&id("d"), &room, RoomInput::Joined { with: Some(with(bob(), "w2")) }));
    assert_eq!(state(&lines, "d"), Some(CallState::Connecting));
}

#[test]
fn a_full_or_forbidden_room_ends_the_call() {
    let cases = [
        (RoomInput::Full, EndReason::RoomFull),
        (RoomInput::Refused(Refusal::Unauthorized), EndReason::Unauthorized),
    ];
    for (input, why) in cases {
        let mut lines = lines();
        let room = RoomName::from("r");
        lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
        lines.room(&room, input);
        assert_eq!(end(&drain(&mut lines)), Some(why));
    }
}
