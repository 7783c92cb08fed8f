//! The other end closes its peer connection.

mod common;

use std::time::Duration;

use common::*;
use duet_call::*;

const TIMER: Input = Input::TimerFired(TimerId::Closed);
const FIVE_SECONDS: Effect = Effect::StartTimer(TimerId::Closed, Duration::from_secs(5));
const WORD: Input = Input::Wire(WireInput::HangUp);
const ANEW: Input = Input::Wire(WireInput::Anew);

fn talking(config: Config) -> Driven {
    Driven::incoming(config).after(&[ACCEPT, CONNECTED])
}

#[test]
fn a_call_waits_a_few_seconds_for_the_reason_and_restarts_nothing() {
    let mut call = talking(Config::default());
    assert_eq!(call.give(CLOSED), [Effect::Notify(Notice::State(CallState::Reconnecting)), FIVE_SECONDS]);
    assert_eq!(call.give(CLOSED), [], "said again");
    for input in [NETWORK_CHANGED, DISCONNECTED, ICE_FAILED] {
        assert_eq!(call.give(input), [], "{input:?}");
    }
    assert_eq!(call.give(Input::Signaling(SignalingInput::Restored)), []);
    let effects = call.give(TIMER);
    assert_eq!(sent(&effects), [Signal::HangUp]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerGone, Phase::Reconnecting));
    assert_eq!(call.call.ended().map(|ended| ended.facts.recoveries), Some(1));
}

#[test]
fn the_word_that_follows_says_why() {
    let hung_up = talking(Config::default()).after(&[CLOSED, WORD]);
    assert_eq!(hung_up.end(), (EndedBy::Remote, EndReason::HangUp, Phase::Reconnecting));

    let mut anew = talking(Config::default()).after(&[CLOSED]);
    assert_eq!(
        anew.give(ANEW)[..3],
        [
            Effect::CancelTimer(TimerId::Closed),
            Effect::ClosePeer,
            Effect::StartPeer { offerer: false, polite: true }
        ]
    );
    assert_eq!(anew.after(&[CONNECTED]).state(), CallState::Connected);
}

#[test]
fn a_call_that_was_recovering_stops_its_restarts() {
    let mut call = talking(Config::default()).after(&[DISCONNECTED]);
    assert_eq!(call.give(CLOSED), [Effect::CancelTimer(TimerId::Restart), FIVE_SECONDS]);
    assert_eq!(
        call.give(CONNECTED),
        [
            Effect::CancelTimer(TimerId::Reconnect),
            Effect::CancelTimer(TimerId::Closed),
            Effect::Notify(Notice::State(CallState::Connected))
        ],
        "and lives on should media come back after all"
    );
}

#[test]
fn a_call_that_connects_waits_for_the_reason_too() {
    let mut call = Driven::incoming(Config::default()).after(&[ACCEPT]);
    assert_eq!(call.give(CLOSED), [FIVE_SECONDS]);
    let call = call.after(&[TIMER]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerGone, Phase::Connecting));
}

#[test]
fn where_closing_is_hanging_up_the_call_is_over_at_once() {
    let config = Config::closing_hangs_up();
    let phases = [
        (vec![ACCEPT], Phase::Connecting),
        (vec![ACCEPT, CONNECTED], Phase::Connected),
        (vec![ACCEPT, CONNECTED, DISCONNECTED], Phase::Reconnecting),
    ];
    for (before, phase) in phases {
        let mut call = Driven::incoming(config).after(&before);
        assert_eq!(sent(&call.give(CLOSED)), [], "they know");
        assert_eq!(call.end(), (EndedBy::Remote, EndReason::HangUp, phase));
    }
    let stays = Config { room_stay: true, ..config };
    let room = Driven::room(stays).after(&[PEER_JOINED, CONNECTED, CLOSED]);
    assert_eq!(room.state(), CallState::Waiting);
}

#[test]
fn what_still_rings_rings_on() {
    for config in [Config::default(), Config::closing_hangs_up()] {
        for mut call in [Driven::outgoing(config), Driven::incoming(config)] {
            let before = call.state();
            assert_eq!(call.give(CLOSED), []);
            for input in [DISCONNECTED, ICE_FAILED, NETWORK_CHANGED, CLOSED] {
                assert_eq!(call.give(input), [], "{input:?}");
            }
            assert_eq!(call.state(), before);
        }
    }
}

#[test]
fn a_caller_makes_another_connection_with_whoever_answers() {
    for answer in [ANSWERED, Input::Wire(WireInput::AcceptAnew { media: MEDIA })] {
        let mut call = Driven::outgoing(Config::default()).after(&[CONNECTED, CLOSED]);
        let effects = call.give(answer);
        assert_eq!(sent(&effects), [Signal::Anew]);
        let start = Effect::StartPeer { offerer: true, polite: false };
        assert!(effects.windows(2).any(|two| two == [Effect::ClosePeer, start]), "{effects:?}");
        assert_eq!(call.after(&[CONNECTED]).state(), CallState::Connected);
    }
}

#[test]
fn a_callee_who_answers_waits_for_the_new_connection_or_the_reason() {
    let mut call = Driven::incoming(Config::default()).after(&[CONNECTED, CLOSED]);
    let effects = call.give(ACCEPT);
    assert_eq!(sent(&effects), [Signal::Accept { media: MEDIA }]);
    assert!(effects.contains(&FIVE_SECONDS));
    assert_eq!(call.state(), CallState::Connecting);
    assert_eq!(call.after(&[ANEW, CONNECTED]).state(), CallState::Connected);
}

#[test]
fn a_connection_that_comes_back_while_it_rings_is_good_for_the_answer() {
    let call = Driven::incoming(Config::default()).after(&[CONNECTED, CLOSED, CONNECTED, ACCEPT]);
    assert_eq!(call.state(), CallState::Connected);
}
