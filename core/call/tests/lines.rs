//! What spans calls: busy, early ends, late invites, rooms, routing.

mod common;

use std::time::Duration;

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

fn rings(effects: &[Tagged]) -> bool {
    effects.iter().any(|tagged| matches!(tagged.effect, LineEffect::Incoming { .. }))
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
fn an_invite_is_told_to_the_host_before_anything_else() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    let effects = drain(&mut lines);
    let first = Tagged {
        call: id("c"),
        party: Party::Peer(ann()),
        device: None,
        effect: LineEffect::Incoming { media: MEDIA, instead_of: None, accepted: false },
    };
    assert_eq!(effects[0], first);
    assert_eq!(messages(&effects), [("c", &Party::Peer(ann()), Signal::Ringing)]);
    assert_eq!(state(&lines, "c"), Some(CallState::Incoming));
}

#[test]
fn a_second_caller_hears_busy_and_the_host_nothing() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    drain(&mut lines);
    lines.invite(&from(bob()), &id("d"), MEDIA, EXPIRES);
    let effects = drain(&mut lines);
    let busy = Signal::Decline { reason: DeclineReason::Busy };
    assert_eq!(messages(&effects), [("d", &Party::Peer(bob()), busy)]);
    assert_eq!(effects.len(), 1);
    assert_eq!(lines.calls().count(), 1);
}

#[test]
fn a_caller_who_was_busied_and_cancels_changes_nothing() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    lines.invite(&from(bob()), &id("d"), MEDIA, EXPIRES);
    drain(&mut lines);
    lines.wire(&from(bob()), &id("d"), WireInput::Cancel);
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn who_is_in_a_room_is_busy() {
    let mut lines = lines();
    lines.join(id("c"), RoomName::from("r"), MEDIA).expect("the first call");
    lines.invite(&from(bob()), &id("d"), MEDIA, EXPIRES);
    assert!(!rings(&drain(&mut lines)));
}

#[test]
fn once_a_call_is_over_the_next_one_rings() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    lines.input(&id("c"), DECLINE);
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::Declined));
    assert_eq!(lines.calls().count(), 0);
    lines.invite(&from(bob()), &id("d"), MEDIA, EXPIRES);
    assert!(rings(&drain(&mut lines)));
}

#[test]
fn an_expired_invite_is_dropped() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, Duration::ZERO);
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn a_repeated_invite_rings_once() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    drain(&mut lines);
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn an_invite_of_a_call_that_is_over_does_not_ring_again() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    lines.input(&id("c"), DECLINE);
    drain(&mut lines);
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn an_invite_that_comes_after_its_own_end_is_dropped() {
    let ends =
        [WireInput::Cancel, WireInput::HangUp, WireInput::AcceptedElsewhere, WireInput::DeclinedElsewhere];
    for end in ends {
        let mut lines = lines();
        lines.wire(&from(ann()), &id("c"), end);
        lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
        assert_eq!(drain(&mut lines), [], "{end:?}");
        lines.invite(&from(ann()), &id("d"), MEDIA, EXPIRES);
        assert!(rings(&drain(&mut lines)));
    }
}

#[test]
fn messages_of_a_call_from_somebody_else_do_nothing() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    drain(&mut lines);
    lines.wire(&from(bob()), &id("c"), WireInput::Cancel);
    assert_eq!(drain(&mut lines), []);
    lines.wire(&from(ann()), &id("c"), WireInput::Cancel);
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::Cancelled));
}

#[test]
fn an_accept_of_an_unknown_call_does_not_keep_its_invite_out() {
    let mut lines = lines();
    lines.wire(&from(ann()), &id("c"), WireInput::MediaState(SCREEN));
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    assert!(rings(&drain(&mut lines)));
}

#[test]
fn ringing_back_who_rings_here_answers() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    drain(&mut lines);
    assert_eq!(lines.ring(id("b"), ann(), MEDIA), Ok(Placed::Answered(id("c"))));
    let effects = drain(&mut lines);
    assert_eq!(messages(&effects), [("c", &Party::Peer(ann()), Signal::Accept { media: MEDIA })]);
    assert_eq!(lines.calls().count(), 1);
}

#[test]
fn nobody_is_rung_twice_at_a_time() {
    let mut lines = lines();
    assert_eq!(lines.ring(id("c"), ann(), MEDIA), Ok(Placed::Ringing));
    assert_eq!(lines.ring(id("d"), ann(), MEDIA), Err(LineError::AlreadyRinging(id("c"))));
}

#[test]
fn an_id_serves_one_call() {
    let mut lines = lines();
    assert_eq!(lines.ring(id("c"), ann(), MEDIA), Ok(Placed::Ringing));
    assert_eq!(lines.ring(id("c"), bob(), MEDIA), Err(LineError::IdTaken(id("c"))));
    lines.input(&id("c"), HANG_UP);
    assert_eq!(lines.ring(id("c"), bob(), MEDIA), Err(LineError::IdTaken(id("c"))));
}

#[test]
fn there_is_a_limit_to_calls() {
    let mut lines = lines();
    for n in 0..MAX_CALLS {
        let peer = PeerName(format!("p{n}"));
        assert_eq!(lines.ring(CallId(format!("c{n}")), peer, MEDIA), Ok(Placed::Ringing));
    }
    assert_eq!(lines.ring(id("d"), ann(), MEDIA), Err(LineError::TooMany));
}

#[test]
fn hanging_up_all_ends_every_call() {
    let mut lines = lines();
    for n in 0..MAX_CALLS {
        let peer = PeerName(format!("p{n}"));
        assert_eq!(lines.ring(CallId(format!("c{n}")), peer, MEDIA), Ok(Placed::Ringing));
    }
    drain(&mut lines);
    lines.hang_up_all();
    let effects = drain(&mut lines);
    assert_eq!(messages(&effects).len(), MAX_CALLS);
    assert_eq!(lines.calls().count(), 0);
}

#[test]
fn lost_signaling_is_known_to_calls_made_later() {
    let mut lines = lines();
    lines.signaling(SignalingInput::Lost);
    assert_eq!(lines.ring(id("c"), ann(), MEDIA), Ok(Placed::Ringing));
    for input in [ANSWERED, CONNECTED] {
        lines.input(&id("c"), input);
    }
    drain(&mut lines);
    lines.input(&id("c"), DISCONNECTED);
    let restart = |tagged: &Tagged| tagged.effect == LineEffect::Call(Effect::RestartIce);
    assert!(!drain(&mut lines).iter().any(restart));
    lines.signaling(SignalingInput::Restored);
    assert!(drain(&mut lines).iter().any(restart));
}

#[test]
fn signaling_gone_for_good_ends_ringing_and_allows_no_new_call() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    drain(&mut lines);
    lines.signaling(SignalingInput::LostForGood(SignalingLoss::Unreachable));
    assert_eq!(end(&drain(&mut lines)), Some(EndReason::SignalingLost));
    assert_eq!(lines.ring(id("d"), ann(), MEDIA), Err(LineError::SignalingGone));
}

#[test]
fn a_changed_network_reaches_every_connected_call() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    lines.input(&id("c"), ACCEPT);
    lines.input(&id("c"), CONNECTED);
    drain(&mut lines);
    lines.network_changed();
    assert_eq!(state(&lines, "c"), Some(CallState::Reconnecting));
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

#[test]
fn news_of_another_room_or_call_does_nothing() {
    let mut lines = lines();
    lines.room(&RoomName::from("r"), RoomInput::Full);
    lines.input(&id("c"), HANG_UP);
    lines.input(&id("c"), Input::TimerFired(TimerId::Ring));
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn lines_survive_being_stored() {
    let mut lines = lines();
    lines.join(id("c"), RoomName::from("r"), MEDIA).expect("the first call");
    assert_eq!(lines.ring(id("d"), ann(), MEDIA), Ok(Placed::Ringing));
    lines.wire(&from(bob()), &id("e"), WireInput::Cancel);
    let stored = serde_json::to_string(&lines).expect("lines serialise");
    let mut restored: Lines = serde_json::from_str(&stored).expect("and deserialise");
    assert_eq!(restored, lines);
    assert_eq!(drain(&mut restored), drain(&mut lines));
}
