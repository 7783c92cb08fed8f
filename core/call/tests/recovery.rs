//! Connecting that fails, media that is lost, signaling that is lost.

mod common;

use std::time::Duration;

use common::*;
use duet_call::*;

const RESTART: Input = Input::TimerFired(TimerId::Restart);
const LOST: Input = Input::Signaling(SignalingInput::Lost);
const RESTORED: Input = Input::Signaling(SignalingInput::Restored);

fn connected() -> Driven {
    connected_with(Config::default())
}

fn connected_with(config: Config) -> Driven {
    Driven::outgoing(config).after(&[ANSWERED, CONNECTED])
}

fn pause(effects: &[Effect]) -> Option<Duration> {
    effects.iter().find_map(|effect| match effect {
        Effect::StartTimer(TimerId::Restart, pause) => Some(*pause),
        _ => None,
    })
}

#[test]
fn a_call_that_does_not_connect_in_time_ends() {
    let call = Driven::outgoing(Config::default()).after(&[ANSWERED, Input::TimerFired(TimerId::Connect)]);
    assert_eq!(call.sent().last(), Some(&Signal::HangUp));
    assert_eq!(call.end(), (EndedBy::Timeout, EndReason::ConnectTimeout, Phase::Connecting));
}

#[test]
fn what_fails_while_connecting_ends_the_call() {
    let cases = [
        (ICE_FAILED, EndReason::IceFailed),
        (Input::Peer(PeerInput::DtlsFailed), EndReason::DtlsFailed),
        (Input::Peer(PeerInput::NoCommonCodec), EndReason::NoCommonCodec),
        (Input::Peer(PeerInput::BadDescription), EndReason::RemoteFailed),
        (Input::Host(HostInput::Failed), EndReason::Internal),
    ];
    for (input, why) in cases {
        let call = Driven::incoming(Config::default()).after(&[ACCEPT, input]);
        assert_eq!(call.sent().last(), Some(&Signal::HangUp));
        assert_eq!(call.end(), (EndedBy::System, why, Phase::Connecting));
    }
}

#[test]
fn lost_media_is_restarted_at_once_and_then_on_schedule() {
    let mut call = connected();
    let mut effects = call.give(DISCONNECTED);
    assert_eq!(
        effects,
        [
            Effect::StartTimer(TimerId::Reconnect, Duration::from_secs(60)),
            Effect::Notify(Notice::State(CallState::Reconnecting)),
            Effect::RestartIce,
            Effect::StartTimer(TimerId::Restart, Duration::from_millis(100)),
        ]
    );
    let mut pauses = Vec::new();
    for _ in 0..9 {
        pauses.push(pause(&effects).expect("a next restart").as_millis());
        effects = call.give(RESTART);
        assert_eq!(restarts(&effects), 1);
    }
    assert_eq!(pauses, [100, 300, 300, 500, 1_000, 2_000, 5_000, 5_000, 5_000]);
}

#[test]
fn media_that_comes_back_ends_the_recovery_and_is_not_released_again() {
    let mut call = connected().after(&[DISCONNECTED]);
    assert_eq!(
        call.give(CONNECTED),
        [
            Effect::CancelTimer(TimerId::Restart),
            Effect::CancelTimer(TimerId::Reconnect),
            Effect::Notify(Notice::State(CallState::Connected)),
        ]
    );
}

#[test]
fn ice_failing_in_a_call_is_lost_media_too() {
    let mut call = connected();
    assert_eq!(restarts(&call.give(ICE_FAILED)), 1);
    assert_eq!(call.state(), CallState::Reconnecting);
    assert_eq!(call.give(ICE_FAILED), []);
}

#[test]
fn media_that_stays_lost_ends_the_call() {
    let call = connected().after(&[DISCONNECTED, RESTART, Input::TimerFired(TimerId::Reconnect)]);
    assert_eq!(call.sent().last(), Some(&Signal::HangUp));
    assert_eq!(call.end(), (EndedBy::Timeout, EndReason::IceFailed, Phase::Reconnecting));
}

#[test]
fn a_failing_certificate_ends_a_connected_call() {
    let call = connected().after(&[Input::Peer(PeerInput::DtlsFailed)]);
    assert_eq!(call.end(), (EndedBy::System, EndReason::DtlsFailed, Phase::Connected));
}

#[test]
fn a_changed_network_is_restarted_without_waiting_for_ice() {
    let mut call = connected();
    assert_eq!(restarts(&call.give(NETWORK_CHANGED)), 1);
    assert_eq!(call.state(), CallState::Reconnecting);
}

#[test]
fn a_network_that_changes_again_starts_the_schedule_anew_but_not_the_limit() {
    let mut call = connected().after(&[NETWORK_CHANGED, RESTART, RESTART, RESTART]);
    let effects = call.give(NETWORK_CHANGED);
    assert_eq!(pause(&effects), Some(Duration::from_millis(100)));
    assert_eq!(restarts(&effects), 1);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::StartTimer(TimerId::Reconnect, _))));
}

#[test]
fn a_network_that_changes_while_connecting_is_restarted_once() {
    let mut call = Driven::outgoing(Config::default()).after(&[ANSWERED]);
    assert_eq!(call.give(NETWORK_CHANGED), [Effect::RestartIce]);
    assert_eq!(call.state(), CallState::Connecting);
}

#[test]
fn without_restarts_lost_media_is_waited_for() {
    let mut call = connected_with(Config::without_restart());
    assert_eq!(
        call.give(DISCONNECTED),
        [
            Effect::StartTimer(TimerId::Reconnect, Duration::from_secs(5)),
            Effect::Notify(Notice::State(CallState::Reconnecting)),
        ]
    );
    call.give(CONNECTED);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn without_a_bye_a_peer_that_stays_away_has_gone() {
    let call = connected_with(Config::without_restart())
        .after(&[DISCONNECTED, Input::TimerFired(TimerId::Reconnect)]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerGone, Phase::Reconnecting));
}

#[test]
fn without_restarts_a_changed_network_is_left_to_ice() {
    let mut call = connected_with(Config::without_restart());
    assert_eq!(call.give(NETWORK_CHANGED), []);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn restarts_wait_for_signaling_and_start_anew_with_it() {
    let mut call = connected().after(&[LOST]);
    let effects = call.give(DISCONNECTED);
    assert_eq!((restarts(&effects), pause(&effects)), (0, None));
    let effects = call.give(RESTORED);
    assert_eq!((restarts(&effects), pause(&effects)), (1, Some(Duration::from_millis(100))));
    assert_eq!(call.give(LOST), [Effect::CancelTimer(TimerId::Restart)]);
}

#[test]
fn signaling_that_breaks_does_not_end_anything() {
    let ringing = Driven::outgoing(Config::default()).after(&[Input::Wire(WireInput::Ringing)]);
    let calls = [ringing, Driven::pushed(Config::default()), Driven::room(Config::default()), connected()];
    for mut call in calls {
        let before = call.state();
        assert_eq!(call.give(LOST), []);
        assert_eq!(call.give(RESTORED), []);
        assert_eq!(call.state(), before);
    }
}

#[test]
fn signaling_gone_for_good_ends_a_call_that_is_not_connected() {
    let connecting = || Driven::outgoing(Config::default()).after(&[ANSWERED]);
    let calls: [(fn() -> Driven, Phase); 3] = [
        (|| Driven::outgoing(Config::default()), Phase::Ringing),
        (|| Driven::incoming(Config::default()), Phase::Ringing),
        (|| Driven::room(Config::default()), Phase::Waiting),
    ];
    for (call, phase) in calls {
        assert_eq!(call().after(&[GONE]).end(), (EndedBy::System, EndReason::SignalingLost, phase));
    }
    let why = |loss| connecting().after(&[Input::Signaling(SignalingInput::LostForGood(loss))]).end().1;
    assert_eq!(why(SignalingLoss::Unreachable), EndReason::SignalingLost);
    assert_eq!(why(SignalingLoss::Unauthorized), EndReason::Unauthorized);
    assert_eq!(why(SignalingLoss::Replaced), EndReason::Replaced);
}

#[test]
fn hanging_up_wins_over_every_recovery() {
    let recoveries: [&[Input]; 5] =
        [&[DISCONNECTED], &[NETWORK_CHANGED, RESTART], &[LOST], &[LOST, DISCONNECTED], &[DISCONNECTED, GONE]];
    for inputs in recoveries {
        let call = connected().after(inputs).after(&[HANG_UP]);
        assert_eq!(call.sent().last(), Some(&Signal::HangUp));
        assert_eq!(call.call.ended().map(|ended| ended.reason), Some(EndReason::HangUp));
    }
}

#[test]
fn when_both_sides_restart_one_of_them_gives_way() {
    let callee = Driven::incoming(Config::default()).after(&[ACCEPT, CONNECTED]);
    let mut polite = Vec::new();
    for mut call in [connected(), callee] {
        assert_eq!(restarts(&call.give(DISCONNECTED)), 1);
        polite.extend(call.log.iter().filter_map(|effect| match effect {
            Effect::StartPeer { polite, .. } => Some(*polite),
            _ => None,
        }));
    }
    assert_eq!(polite, [false, true]);
}

#[test]
fn an_end_tells_what_the_call_went_through() {
    let ended = |call: Driven| call.call.ended().expect("the call is over").facts;
    assert_eq!(ended(Driven::outgoing(Config::default()).after(&[HANG_UP])), Facts::default());
    let connecting = Driven::outgoing(Config::default()).after(&[ANSWERED, HANG_UP]);
    assert_eq!(ended(connecting), Facts { accepted: true, ..Facts::default() });
    let early = Driven::outgoing(Config::default()).after(&[CONNECTED, ANSWERED, HANG_UP]);
    assert_eq!(ended(early), Facts { accepted: true, connected: true, video: true, ..Facts::default() });
    let recovered = [DISCONNECTED, RESTART, CONNECTED, HOLD, RESUME, NETWORK_CHANGED, HANG_UP];
    let all = Facts { accepted: true, connected: true, video: true, held: true, recoveries: 2, restarts: 3 };
    assert_eq!(ended(connected().after(&recovered)), all);
    let sound = Driven::incoming(Config::default()).after(&[
        Input::User(UserInput::Accept { media: SOUND }),
        CONNECTED,
        HANG_UP,
    ]);
    assert_eq!(ended(sound), Facts { accepted: true, connected: true, ..Facts::default() });
}

#[test]
fn a_connected_call_outlives_its_signaling() {
    let mut call = connected();
    assert_eq!(call.give(GONE), []);
    assert_eq!(call.state(), CallState::Connected);
    assert_eq!(call.give(NETWORK_CHANGED), [], "nobody could be told of a restart");
}

#[test]
fn with_signaling_and_media_gone_the_call_ends_after_the_limit() {
    for inputs in [[GONE, DISCONNECTED], [DISCONNECTED, GONE]] {
        let mut call = connected().after(&inputs);
        assert_eq!(call.state(), CallState::Reconnecting);
        assert_eq!(call.give(RESTART), [], "no restarts any more");
        call.give(Input::TimerFired(TimerId::Reconnect));
        assert_eq!(call.end(), (EndedBy::Timeout, EndReason::SignalingLost, Phase::Reconnecting));
    }
}

#[test]
fn media_can_come_back_without_signaling() {
    let call = connected().after(&[GONE, DISCONNECTED, CONNECTED]);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn a_peer_the_service_forgot_is_gone_only_when_media_is_too() {
    let left = Input::Wire(WireInput::PeerLeft);
    assert_eq!(connected().after(&[left]).state(), CallState::Connected);
    let call = connected().after(&[DISCONNECTED, left]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerGone, Phase::Reconnecting));
}
