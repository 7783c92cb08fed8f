//! Ringing somebody and being rung.

mod common;

use std::time::Duration;

use common::*;
use duet_call::*;

#[test]
fn a_caller_invites_and_connects_while_it_rings() {
    let call = Driven::outgoing(Config::default());
    let ring = Timers::default().ring;
    assert_eq!(
        call.log,
        [
            Effect::Send(Signal::Invite { media: MEDIA, expires_in: ring }),
            Effect::StartTimer(TimerId::Ring, ring),
            Effect::StartTimer(TimerId::InviteAck, Duration::from_secs(10)),
            Effect::StartPeer { offerer: true, polite: false },
        ]
    );
}

#[test]
fn a_private_caller_connects_only_once_answered() {
    let mut call = Driven::outgoing(after_accept());
    assert!(!call.log.contains(&Effect::StartPeer { offerer: true, polite: false }));
    let effects = call.give(ANSWERED);
    assert!(effects.contains(&Effect::StartPeer { offerer: true, polite: false }));
    assert_eq!(call.state(), CallState::Connecting);
}

#[test]
fn a_callee_says_that_it_rings_and_awaits_the_offer() {
    let call = Driven::incoming(Config::default());
    assert_eq!(
        call.log,
        [
            Effect::Send(Signal::Ringing),
            Effect::StartTimer(TimerId::InviteExpiry, EXPIRES),
            Effect::StartPeer { offerer: false, polite: true },
        ]
    );
}

#[test]
fn a_private_callee_connects_only_once_it_answers() {
    let mut call = Driven::incoming(after_accept());
    assert!(!call.log.contains(&Effect::StartPeer { offerer: false, polite: true }));
    assert!(call.give(ACCEPT).contains(&Effect::StartPeer { offerer: false, polite: true }));
}

#[test]
fn an_invite_that_asks_for_a_day_rings_no_longer_than_ours_may() {
    let day = Duration::from_secs(86_400);
    let mut call = Call::incoming(CallId::from("c"), Config::default(), MEDIA, day);
    let timer = std::iter::from_fn(|| call.poll_effect())
        .find(|effect| matches!(effect, Effect::StartTimer(TimerId::InviteExpiry, _)));
    assert_eq!(timer, Some(Effect::StartTimer(TimerId::InviteExpiry, Timers::default().invite_expiry)));
}

#[test]
fn that_it_rings_there_is_told_once() {
    let mut call = Driven::outgoing(Config::default());
    let ringing = Input::Wire(WireInput::Ringing);
    let told = [Effect::CancelTimer(TimerId::InviteAck), Effect::Notify(Notice::RemoteRinging)];
    assert_eq!(call.give(ringing), told);
    assert_eq!(call.give(ringing), []);
}

#[test]
fn answering_a_connected_call_releases_media_at_once() {
    let mut call = Driven::incoming(Config::default()).after(&[CONNECTED]);
    assert_eq!(
        call.give(ACCEPT),
        [
            Effect::Send(Signal::Accept { media: MEDIA }),
            Effect::CancelTimer(TimerId::InviteExpiry),
            Effect::ReleaseMedia,
            Effect::Notify(Notice::State(CallState::Connected)),
            Effect::Notify(Notice::Connected),
            Effect::Send(Signal::MediaState(CAMERA)),
        ]
    );
}

#[test]
fn being_answered_when_connected_releases_media_at_once() {
    let mut call = Driven::outgoing(Config::default()).after(&[CONNECTED]);
    let effects = call.give(ANSWERED);
    assert_eq!(effects[0], Effect::Notify(Notice::RemoteMedia(Sources { screen: false, ..SCREEN })));
    assert_eq!(effects[1], Effect::CancelTimer(TimerId::InviteAck));
    assert_eq!(effects[2], Effect::CancelTimer(TimerId::Ring));
    assert_eq!(effects[3], Effect::ReleaseMedia);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn an_answered_call_releases_media_when_it_connects() {
    let mut call = Driven::incoming(Config::default());
    let answered = call.give(ACCEPT);
    assert!(!answered.contains(&Effect::ReleaseMedia));
    assert!(answered.contains(&Effect::StartTimer(TimerId::Connect, Timers::default().connect)));
    assert_eq!(
        call.give(CONNECTED),
        [
            Effect::CancelTimer(TimerId::Connect),
            Effect::ReleaseMedia,
            Effect::Notify(Notice::State(CallState::Connected)),
            Effect::Notify(Notice::Connected),
            Effect::Send(Signal::MediaState(CAMERA)),
        ]
    );
}

#[test]
fn answering_with_less_media_than_asked_is_what_the_caller_hears() {
    let sound = MediaKinds { audio: true, video: false };
    let mut callee = Driven::incoming(Config::default());
    callee.give(Input::User(UserInput::Accept { media: sound }));
    assert_eq!(callee.call.media(), sound);
    assert_eq!(callee.sent().last(), Some(&Signal::Accept { media: sound }));
}

#[test]
fn media_that_was_lost_while_it_rang_is_restarted_on_the_answer() {
    let mut call = Driven::outgoing(Config::default()).after(&[CONNECTED]);
    assert_eq!(call.give(DISCONNECTED), [Effect::RestartIce]);
    let effects = call.give(ANSWERED);
    assert_eq!(restarts(&effects), 1);
    assert_eq!(call.state(), CallState::Connecting);
}

#[test]
fn ice_that_fails_while_it_rings_does_not_end_the_ringing() {
    let call = Driven::incoming(Config::default()).after(&[ICE_FAILED, CONNECTED, ACCEPT]);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn a_decline_ends_both_sides() {
    let callee = Driven::incoming(Config::default()).after(&[DECLINE]);
    assert_eq!(callee.sent().last(), Some(&Signal::Decline { reason: DeclineReason::Declined }));
    assert_eq!(callee.end(), (EndedBy::Local, EndReason::Declined, Phase::Ringing));

    let cases = [
        (DeclineReason::Declined, EndedBy::Remote, EndReason::Declined),
        (DeclineReason::Busy, EndedBy::Remote, EndReason::Busy),
        (DeclineReason::Timeout, EndedBy::Timeout, EndReason::RingTimeout),
        (DeclineReason::Failed, EndedBy::Remote, EndReason::RemoteFailed),
    ];
    for (reason, by, why) in cases {
        let decline = Input::Wire(WireInput::Decline { reason });
        let caller = Driven::outgoing(Config::default()).after(&[decline]);
        assert_eq!(caller.end(), (by, why, Phase::Ringing));
        assert_eq!(caller.sent().len(), 1, "only the invite");
    }
}

#[test]
fn a_caller_who_hangs_up_cancels() {
    let caller = Driven::outgoing(Config::default()).after(&[HANG_UP]);
    assert_eq!(caller.sent().last(), Some(&Signal::Cancel));
    assert_eq!(caller.end(), (EndedBy::Local, EndReason::Cancelled, Phase::Ringing));

    let callee = Driven::incoming(Config::default()).after(&[Input::Wire(WireInput::Cancel)]);
    assert_eq!(callee.end(), (EndedBy::Remote, EndReason::Cancelled, Phase::Ringing));
}

#[test]
fn a_cancel_that_crosses_the_answer_ends_the_call() {
    let callee = Driven::incoming(Config::default()).after(&[ACCEPT, Input::Wire(WireInput::Cancel)]);
    assert_eq!(callee.end(), (EndedBy::Remote, EndReason::Cancelled, Phase::Connecting));
}

#[test]
fn nobody_answering_ends_the_ringing_on_both_sides() {
    let caller = Driven::outgoing(Config::default()).after(&[Input::TimerFired(TimerId::Ring)]);
    assert_eq!(caller.sent().last(), Some(&Signal::Cancel));
    assert_eq!(caller.end(), (EndedBy::Timeout, EndReason::RingTimeout, Phase::Ringing));

    let callee = Driven::incoming(Config::default()).after(&[Input::TimerFired(TimerId::InviteExpiry)]);
    assert_eq!(callee.sent().last(), Some(&Signal::Decline { reason: DeclineReason::Timeout }));
    assert_eq!(callee.end(), (EndedBy::Timeout, EndReason::RingTimeout, Phase::Ringing));
}

#[test]
fn a_timer_that_was_cancelled_and_still_fires_does_nothing() {
    let mut caller = Driven::outgoing(Config::default()).after(&[ANSWERED]);
    assert_eq!(caller.give(Input::TimerFired(TimerId::Ring)), []);
    assert_eq!(caller.state(), CallState::Connecting);
}

#[test]
fn what_the_service_refuses_ends_the_ringing_with_its_reason() {
    let cases = [
        (Refusal::NotFound, EndReason::NotFound),
        (Refusal::Unauthorized, EndReason::Unauthorized),
        (Refusal::RateLimited, EndReason::RateLimited),
        (Refusal::Other, EndReason::Refused),
    ];
    for (refusal, why) in cases {
        let refused = Input::Wire(WireInput::Refused(refusal));
        let call = Driven::outgoing(Config::default()).after(&[refused]);
        assert_eq!(call.end(), (EndedBy::System, why, Phase::Ringing));
        assert_eq!(call.sent().len(), 1, "nobody to say goodbye to");
    }
}

#[test]
fn a_caller_who_vanished_stops_the_ringing() {
    let gone = Input::Wire(WireInput::Refused(Refusal::NotFound));
    let call = Driven::incoming(Config::default()).after(&[gone]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::PeerGone, Phase::Ringing));
}

#[test]
fn another_device_that_answers_or_declines_silences_this_one() {
    let cases = [
        (WireInput::AcceptedElsewhere, EndReason::AcceptedElsewhere),
        (WireInput::DeclinedElsewhere, EndReason::DeclinedElsewhere),
    ];
    for (message, why) in cases {
        let call = Driven::incoming(Config::default()).after(&[Input::Wire(message)]);
        assert_eq!(call.end(), (EndedBy::Local, why, Phase::Ringing));
        assert_eq!(call.sent(), [Signal::Ringing]);
    }
}

#[test]
fn hanging_up_ends_a_call_in_every_state_and_tells_the_other() {
    let connected = || Driven::outgoing(Config::default()).after(&[ANSWERED, CONNECTED]);
    let cases = [
        (Driven::outgoing(Config::default()).after(&[ANSWERED]), Phase::Connecting),
        (connected(), Phase::Connected),
        (connected().after(&[DISCONNECTED]), Phase::Reconnecting),
    ];
    for (call, phase) in cases {
        let call = call.after(&[HANG_UP]);
        assert_eq!(call.sent().last(), Some(&Signal::HangUp));
        assert_eq!(call.end(), (EndedBy::Local, EndReason::HangUp, phase));
    }
}

#[test]
fn the_other_end_hanging_up_ends_the_call_without_an_answer() {
    let mut call = Driven::incoming(Config::default()).after(&[ACCEPT, CONNECTED]);
    let effects = call.give(Input::Wire(WireInput::HangUp));
    assert_eq!(sent(&effects), []);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::HangUp, Phase::Connected));
}

#[test]
fn a_hang_up_that_overtakes_the_answer_ends_the_ringing() {
    let call = Driven::outgoing(Config::default()).after(&[Input::Wire(WireInput::HangUp)]);
    assert_eq!(call.end(), (EndedBy::Remote, EndReason::HangUp, Phase::Ringing));
}

#[test]
fn an_end_closes_the_peer_only_where_there_is_one() {
    let early = Driven::outgoing(Config::default()).after(&[HANG_UP]);
    assert!(early.log.contains(&Effect::ClosePeer));
    let private = Driven::outgoing(after_accept()).after(&[HANG_UP]);
    assert!(!private.log.contains(&Effect::ClosePeer));
}

#[test]
fn what_cannot_be_mended_ends_the_ringing_and_tells_the_other() {
    let cases = [
        (Input::Peer(PeerInput::DtlsFailed), EndReason::DtlsFailed),
        (Input::Peer(PeerInput::NoCommonCodec), EndReason::NoCommonCodec),
        (Input::Peer(PeerInput::BadDescription), EndReason::RemoteFailed),
        (Input::Host(HostInput::Failed), EndReason::Internal),
    ];
    for (input, why) in cases {
        let caller = Driven::outgoing(Config::default()).after(&[input]);
        assert_eq!(caller.sent().last(), Some(&Signal::Cancel));
        assert_eq!(caller.end(), (EndedBy::System, why, Phase::Ringing));
        let callee = Driven::incoming(Config::default()).after(&[input]);
        assert_eq!(callee.sent().last(), Some(&Signal::Decline { reason: DeclineReason::Failed }));
        assert_eq!(callee.end(), (EndedBy::System, why, Phase::Ringing));
    }
}

#[test]
fn what_the_other_end_sends_is_told_whenever_it_changes() {
    let mut call = Driven::incoming(Config::default());
    let told = [Effect::Notify(Notice::RemoteMedia(SCREEN))];
    assert_eq!(call.give(Input::Wire(WireInput::MediaState(SCREEN))), told);
    call.give(ACCEPT);
    assert_eq!(call.give(Input::Wire(WireInput::MediaState(SCREEN))), told);
}

#[test]
#[should_panic(expected = "poll_effect until None")]
fn a_driver_that_does_not_poll_is_told_so() {
    let mut call = Call::outgoing(CallId::from("c"), Config::default(), MEDIA);
    call.handle(HANG_UP);
}
