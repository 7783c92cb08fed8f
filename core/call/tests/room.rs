//! A room of two.

mod common;

use common::*;
use duet_call::*;

const ALONE: Input = Input::Wire(WireInput::Joined { peer: false });
const NOT_ALONE: Input = Input::Wire(WireInput::Joined { peer: true });

#[test]
fn entering_a_room_asks_the_service() {
    let call = Driven::room(Config::default());
    assert_eq!(call.log, [Effect::Send(Signal::Join)]);
    assert_eq!(call.state(), CallState::Waiting);
}

#[test]
fn being_alone_in_the_room_is_told_once() {
    let mut call = Driven::room(Config::default());
    assert_eq!(call.give(ALONE), [Effect::Notify(Notice::State(CallState::Waiting))]);
    assert_eq!(call.give(ALONE), []);
}

#[test]
fn who_finds_somebody_there_makes_the_offer() {
    let mut call = Driven::room(Config::default());
    assert_eq!(
        call.give(NOT_ALONE),
        [
            Effect::StartPeer { offerer: true, polite: false },
            Effect::StartTimer(TimerId::Connect, Timers::default().connect),
            Effect::Notify(Notice::State(CallState::Connecting)),
        ]
    );
}

#[test]
fn who_was_there_first_awaits_the_offer() {
    let mut call = Driven::room(Config::default()).after(&[ALONE]);
    let effects = call.give(PEER_JOINED);
    assert_eq!(effects[0], Effect::StartPeer { offerer: false, polite: true });
    assert_eq!(call.state(), CallState::Connecting);
}

#[test]
fn somebody_who_comes_before_the_welcome_is_met_all_the_same() {
    let call = Driven::room(Config::default()).after(&[PEER_JOINED, ALONE, CONNECTED]);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn both_policies_connect_at_once_in_a_room() {
    let call = Driven::room(after_accept()).after(&[ALONE, PEER_JOINED]);
    assert!(call.log.contains(&Effect::StartPeer { offerer: false, polite: true }));
}

#[test]
fn a_connected_room_releases_media() {
    let mut call = Driven::room(Config::default()).after(&[NOT_ALONE]);
    assert!(call.give(CONNECTED).contains(&Effect::ReleaseMedia));
}

#[test]
fn the_other_one_leaving_ends_the_call_and_leaves_the_room() {
    let phases: [(&[Input], Phase); 3] = [
        (&[], Phase::Connecting),
        (&[CONNECTED], Phase::Connected),
        (&[CONNECTED, DISCONNECTED], Phase::Reconnecting),
    ];
    for (inputs, phase) in phases {
        let mut call = Driven::room(Config::default()).after(&[PEER_JOINED]).after(inputs);
        let effects = call.give(Input::Wire(WireInput::PeerLeft));
        assert_eq!(sent(&effects), [Signal::Leave]);
        assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerLeft, phase));
    }
}

#[test]
fn the_service_losing_the_other_one_ends_only_a_call_without_media() {
    let gone = Input::Wire(WireInput::PeerGone);
    for (inputs, phase) in
        [(&[][..], Phase::Connecting), (&[CONNECTED, DISCONNECTED][..], Phase::Reconnecting)]
    {
        let mut call = Driven::room(Config::default()).after(&[PEER_JOINED]).after(inputs);
        assert_eq!(sent(&call.give(gone)), [Signal::Leave]);
        assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerGone, phase));
    }
    let call = Driven::room(Config::default()).after(&[PEER_JOINED, CONNECTED, gone]);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn the_other_one_hanging_up_ends_the_call_and_leaves_the_room() {
    let mut call = Driven::room(Config::default()).after(&[PEER_JOINED, CONNECTED]);
    let effects = call.give(Input::Wire(WireInput::HangUp));
    assert_eq!(sent(&effects), [Signal::Leave]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::HangUp, Phase::Connected));
}

#[test]
fn hanging_up_in_a_room_says_so_and_leaves_it() {
    let mut call = Driven::room(Config::default()).after(&[PEER_JOINED, CONNECTED]);
    let effects = call.give(HANG_UP);
    assert_eq!(sent(&effects), [Signal::HangUp, Signal::Leave]);
    assert_eq!(call.end(), (EndedBy::Local, EndReason::HangUp, Phase::Connected));
}

#[test]
fn hanging_up_alone_leaves_the_room() {
    for inputs in [&[][..], &[ALONE]] {
        let mut call = Driven::room(Config::default()).after(inputs);
        let effects = call.give(HANG_UP);
        assert_eq!(sent(&effects), [Signal::Leave]);
        assert!(!effects.contains(&Effect::ClosePeer));
        assert_eq!(call.end(), (EndedBy::Local, EndReason::HangUp, Phase::Waiting));
    }
}

#[test]
fn a_full_room_ends_the_call_and_there_is_nothing_to_leave() {
    let mut call = Driven::room(Config::default());
    let effects = call.give(Input::Wire(WireInput::RoomFull));
    assert_eq!(sent(&effects), []);
    assert_eq!(call.end(), (EndedBy::System, EndReason::RoomFull, Phase::Waiting));
}

#[test]
fn a_room_one_may_not_enter_ends_the_call() {
    let refused = Input::Wire(WireInput::Refused(Refusal::Unauthorized));
    let call = Driven::room(Config::default()).after(&[refused]);
    assert_eq!(call.end(), (EndedBy::System, EndReason::Unauthorized, Phase::Waiting));
}

#[test]
fn who_stays_waits_for_the_next_one_when_the_other_leaves() {
    let before: [(&[Input], Option<Effect>); 3] = [
        (&[], Some(Effect::CancelTimer(TimerId::Connect))),
        (&[CONNECTED], None),
        (&[CONNECTED, ICE_FAILED], Some(Effect::CancelTimer(TimerId::Reconnect))),
    ];
    for (inputs, cancelled) in before {
        for left in [PEER_LEFT, Input::Wire(WireInput::HangUp)] {
            let mut call = Driven::room(stay()).after(&[PEER_JOINED]).after(inputs);
            let effects = call.give(left);
            assert!(cancelled.is_none_or(|cancelled| effects.contains(&cancelled)));
            assert_eq!(sent(&effects), [], "this end stays in the room");
            let last = [Effect::ClosePeer, Effect::Notify(Notice::State(CallState::Waiting))];
            assert_eq!(effects[effects.len() - 2..], last);
            assert_eq!(call.give(left), []);
        }
    }
}

#[test]
fn the_next_one_in_the_room_gets_a_peer_connection_and_media_of_their_own() {
    let mut call = Driven::room(stay()).after(&[PEER_JOINED, CONNECTED, PEER_LEFT]);
    assert_eq!(call.give(PEER_JOINED)[0], Effect::StartPeer { offerer: false, polite: true });
    let effects = call.give(CONNECTED);
    assert!(effects.contains(&Effect::ReleaseMedia));
    assert_eq!(sent(&effects), [Signal::MediaState(CAMERA)]);
}

#[test]
fn what_was_between_two_is_forgotten_when_one_of_them_leaves() {
    let hold = word(Word::Hold);
    let mut call = Driven::room(stay()).after(&[PEER_JOINED, CONNECTED, HOLD, hold]);
    let effects = call.give(PEER_LEFT);
    assert!(effects.contains(&Effect::Notify(Notice::Held { local: true, remote: false })));
    call.give(PEER_JOINED);
    assert_eq!(sent(&call.give(CONNECTED)), [Signal::MediaState(CAMERA), Signal::Talk(Word::Hold)]);

    let stop = Input::User(UserInput::Talk(Wish::StopVideo));
    let ask = Input::User(UserInput::Talk(Wish::AskVideo));
    let mut call = Driven::room(stay()).after(&[PEER_JOINED, CONNECTED, stop, ask]);
    assert!(call.give(PEER_LEFT).contains(&Effect::CancelTimer(TimerId::VideoAsk)));
    call.give(PEER_JOINED);
    assert_eq!(call.give(word(Word::AcceptVideo)), [Effect::Send(Signal::Talk(Word::StopVideo))]);
}

#[test]
fn who_stays_still_leaves_when_hanging_up_or_when_media_fails() {
    let met = || Driven::room(stay()).after(&[PEER_JOINED]);
    for call in [met().after(&[HANG_UP]), met().after(&[ICE_FAILED])] {
        assert_eq!(call.sent()[1..], [Signal::HangUp, Signal::Leave]);
        assert_eq!(call.state(), CallState::Ended);
    }
}

#[test]
fn a_ring_does_not_stay_anywhere() {
    let call = Driven::outgoing(stay()).after(&[ANSWERED, Input::Wire(WireInput::HangUp)]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::HangUp, Phase::Connecting));
}
