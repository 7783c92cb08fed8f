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
fn nobody_is_called_twice_at_a_time() {
    let mut lines = lines();
    lines.invite(&from(ann()), &id("c"), MEDIA, EXPIRES);
    for input in [ACCEPT, CONNECTED, DISCONNECTED] {
        lines.input(&id("c"), input);
        assert_eq!(lines.ring(id("d"), ann(), MEDIA), Err(LineError::AlreadyTalking(id("c"))));
    }
    assert_eq!(lines.ring(id("d"), bob(), MEDIA), Ok(Placed::Ringing));
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
