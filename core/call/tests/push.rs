//! Invites that are acknowledged, and calls known from a push message before their invite.

mod common;

use std::time::Duration;

use common::*;
use duet_call::*;

const DELIVERED: Input = Input::Wire(WireInput::Delivered);
const RINGING: Input = Input::Wire(WireInput::Ringing);
const LOST: Input = Input::Signaling(SignalingInput::Lost);
const RESTORED: Input = Input::Signaling(SignalingInput::Restored);
const ACK: Input = Input::TimerFired(TimerId::InviteAck);
const EXPIRY: Input = Input::TimerFired(TimerId::InviteExpiry);

fn ack_timer() -> Effect {
    Effect::StartTimer(TimerId::InviteAck, Duration::from_secs(10))
}

#[test]
fn an_invite_that_reaches_nobody_ends_the_ringing() {
    let call = Driven::outgoing(Config::default()).after(&[ACK]);
    assert_eq!(call.sent().last(), Some(&Signal::Cancel));
    assert_eq!(call.end(), (EndedBy::Timeout, EndReason::Unreachable, Phase::Ringing));
}

#[test]
fn an_invite_that_was_delivered_may_ring_in_silence() {
    let mut call = Driven::outgoing(Config::default());
    assert_eq!(call.give(DELIVERED), [Effect::CancelTimer(TimerId::InviteAck)]);
    assert_eq!(call.give(DELIVERED), []);
    assert_eq!(call.give(ACK), []);
    assert_eq!(call.give(RINGING), [Effect::Notify(Notice::RemoteRinging)]);
    assert_eq!(call.give(DELIVERED), []);
    assert_eq!(call.give(RINGING), [], "it rings already");
}

#[test]
fn an_acknowledgement_is_not_waited_for_while_it_cannot_come() {
    let mut call = Driven::outgoing(Config::default());
    assert_eq!(call.give(LOST), [Effect::CancelTimer(TimerId::InviteAck)]);
    assert_eq!(call.give(RESTORED), [ack_timer()]);
    assert_eq!(call.give(RESTORED), [Effect::CancelTimer(TimerId::InviteAck), ack_timer()]);
    call.give(DELIVERED);
    assert_eq!(call.give(LOST), []);
    assert_eq!(call.give(RESTORED), []);
}

#[test]
fn dialects_without_acknowledgements_do_not_wait_for_them() {
    let call = Driven::outgoing(Config::without_restart()).after(&[LOST, RESTORED]);
    assert!(!call.log.contains(&ack_timer()));
}

#[test]
fn an_invite_is_worth_no_more_than_its_caller_rings_and_any_offer_is_worth() {
    let cases = [(30, 60, 30), (60, 40, 40)];
    for (ring, invite_expiry, worth) in cases.map(|case| (secs(case.0), secs(case.1), secs(case.2))) {
        let timers = Timers { ring, invite_expiry, ..Timers::default() };
        let call = Driven::outgoing(Config { timers, ..Config::default() });
        assert_eq!(call.sent(), [Signal::Invite { media: MEDIA, expires_in: worth }]);
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_pushed_call_rings_here_and_says_nothing_yet() {
    let call = Driven::pushed(Config::default());
    assert_eq!(call.log, [Effect::StartTimer(TimerId::InviteExpiry, EXPIRES)]);
    assert_eq!(call.state(), CallState::Incoming);
    let day = Duration::from_secs(86_400);
    let mut call = Call::pushed(CallId::from("c"), Config::default(), MEDIA, day);
    let timer = Effect::StartTimer(TimerId::InviteExpiry, Timers::default().invite_expiry);
    assert_eq!(call.poll_effect(), Some(timer));
}

#[test]
fn the_invite_of_a_pushed_call_makes_it_like_any_other() {
    let mut call = Driven::pushed(Config::default());
    assert_eq!(
        call.give(INVITED),
        [
            Effect::CancelTimer(TimerId::InviteExpiry),
            Effect::Send(Signal::Ringing),
            Effect::StartTimer(TimerId::InviteExpiry, EXPIRES),
            Effect::StartPeer { offerer: false, polite: true },
        ]
    );
    assert_eq!(call.give(INVITED), []);
    assert_eq!(call.after(&[ACCEPT, CONNECTED]).state(), CallState::Connected);
}

#[test]
fn the_invite_knows_better_than_the_push_message_what_is_wanted() {
    let mut call = Driven::pushed(Config::default());
    let sound = Input::Wire(WireInput::Invite { media: SOUND, expires_in: EXPIRES });
    let flow = Flow { send_video: VideoFlow::Off, show_video: false, ..OPEN };
    assert!(call.give(sound).contains(&Effect::SetFlow(flow)));
    assert_eq!(call.call.media(), SOUND);
}

#[test]
fn a_private_pushed_call_connects_only_once_accepted() {
    let mut call = Driven::pushed(after_accept()).after(&[INVITED]);
    let start = Effect::StartPeer { offerer: false, polite: true };
    assert!(!call.log.contains(&start));
    assert!(call.give(ACCEPT).contains(&start));
}

#[test]
fn an_answer_before_the_invite_goes_out_with_it() {
    let mut call = Driven::pushed(Config::default());
    let sound = Input::User(UserInput::Accept { media: SOUND });
    let effects = call.give(sound);
    assert_eq!(effects[0], Effect::Notify(Notice::State(CallState::Connecting)));
    assert_eq!(sent(&effects), []);
    assert_eq!(
        call.give(INVITED),
        [
            Effect::Send(Signal::Accept { media: SOUND }),
            Effect::CancelTimer(TimerId::InviteExpiry),
            Effect::StartPeer { offerer: false, polite: true },
            Effect::StartTimer(TimerId::Connect, Timers::default().connect),
        ]
    );
    assert_eq!(call.call.media(), SOUND);
    call.give(CONNECTED);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn an_invite_that_never_comes_ends_the_ringing_without_a_word() {
    let call = Driven::pushed(Config::default()).after(&[EXPIRY]);
    assert_eq!(call.end(), (EndedBy::Timeout, EndReason::RingTimeout, Phase::Ringing));
    assert_eq!(call.sent(), []);
    let call = Driven::pushed(Config::default()).after(&[ACCEPT, EXPIRY]);
    assert_eq!(call.end(), (EndedBy::Timeout, EndReason::RingTimeout, Phase::Connecting));
}

#[test]
fn a_pushed_call_can_be_declined_and_hung_up() {
    let declined = Signal::Decline { reason: DeclineReason::Declined };
    for (inputs, why) in [
        (&[DECLINE][..], EndReason::Declined),
        (&[HANG_UP], EndReason::Declined),
        (&[ACCEPT, HANG_UP], EndReason::HangUp),
    ] {
        let call = Driven::pushed(Config::default()).after(inputs);
        assert_eq!(call.sent(), [declined]);
        assert_eq!(call.end().1, why);
    }
}

#[test]
fn a_pushed_call_that_fails_is_declined_as_failed() {
    let call = Driven::pushed(Config::default()).after(&[Input::Host(HostInput::Failed)]);
    assert_eq!(call.sent(), [Signal::Decline { reason: DeclineReason::Failed }]);
    let call = Driven::pushed(Config::default()).after(&[Input::Wire(WireInput::AcceptedElsewhere)]);
    assert_eq!(call.end().1, EndReason::AcceptedElsewhere);
}

fn ann() -> Sender {
    Sender { peer: PeerName::from("ann"), device: Some(DeviceId::from("a1")) }
}

fn id() -> CallId {
    CallId::from("c")
}

fn drain(lines: &mut Lines) -> Vec<LineEffect> {
    std::iter::from_fn(|| lines.poll_effect()).map(|tagged| tagged.effect).collect()
}

fn pushed() -> Lines {
    let mut lines = Lines::new(Config::default());
    lines.signaling(SignalingInput::Lost);
    lines.push(&ann(), &id(), MEDIA, EXPIRES);
    lines
}

#[test]
fn a_push_message_is_told_to_the_host_before_signaling_is_up() {
    let mut lines = pushed();
    let incoming = LineEffect::Incoming { media: MEDIA, instead_of: None, accepted: false };
    assert_eq!(drain(&mut lines)[0], incoming);
    lines.signaling(SignalingInput::Restored);
    lines.invite(&ann(), &id(), MEDIA, EXPIRES);
    let effects = drain(&mut lines);
    assert!(effects.contains(&LineEffect::Call(Effect::Send(Signal::Ringing))));
    assert!(!effects.contains(&incoming));
    assert_eq!(lines.party_device(&id()), ann().device.as_ref());
}

#[test]
fn the_device_that_rings_is_known_from_the_invite_if_not_from_the_push() {
    let mut lines = Lines::new(Config::default());
    lines.push(&Sender { device: None, ..ann() }, &id(), MEDIA, EXPIRES);
    assert_eq!(lines.party_device(&id()), None);
    lines.invite(&Sender { peer: PeerName::from("eve"), ..ann() }, &id(), MEDIA, EXPIRES);
    assert_eq!(lines.party_device(&id()), None, "somebody else's");
    lines.invite(&ann(), &id(), MEDIA, EXPIRES);
    assert_eq!(lines.party_device(&id()), ann().device.as_ref());
}

#[test]
fn an_invite_by_the_name_of_ones_own_call_changes_nothing() {
    let mut lines = Lines::new(Config::default());
    assert_eq!(lines.ring(id(), ann().peer, MEDIA), Ok(Placed::Ringing));
    drain(&mut lines);
    lines.invite(&ann(), &id(), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), []);
    assert_eq!(lines.party_device(&id()), None);
}

#[test]
fn a_push_message_after_the_session_is_over_does_nothing() {
    let mut lines = Lines::new(Config::default());
    lines.signaling(SignalingInput::LostForGood(SignalingLoss::Replaced));
    lines.push(&ann(), &id(), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn a_push_message_of_a_call_known_or_over_or_worth_nothing_does_nothing() {
    let mut lines = Lines::new(Config::default());
    lines.push(&ann(), &id(), MEDIA, Duration::ZERO);
    assert_eq!(drain(&mut lines), []);
    lines.invite(&ann(), &id(), MEDIA, EXPIRES);
    drain(&mut lines);
    lines.push(&ann(), &id(), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), []);
    lines.input(&id(), DECLINE);
    drain(&mut lines);
    lines.push(&ann(), &id(), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), []);
}

#[test]
fn a_decline_before_signaling_is_up_is_sent_once_it_is() {
    let mut lines = pushed();
    lines.input(&id(), DECLINE);
    let declined = LineEffect::Call(Effect::Send(Signal::Decline { reason: DeclineReason::Declined }));
    let effects = drain(&mut lines);
    assert!(!effects.contains(&declined));
    assert!(matches!(effects.last(), Some(LineEffect::Call(Effect::Ended(_)))));
    lines.signaling(SignalingInput::Lost);
    assert_eq!(drain(&mut lines), []);
    lines.signaling(SignalingInput::Restored);
    assert_eq!(drain(&mut lines), [declined]);
    lines.signaling(SignalingInput::Restored);
    assert_eq!(drain(&mut lines), [], "once");
    lines.invite(&ann(), &id(), MEDIA, EXPIRES);
    assert_eq!(drain(&mut lines), [], "it is over");
}

#[test]
fn a_decline_that_waits_goes_before_whatever_is_said_later() {
    let mut lines = pushed();
    lines.input(&id(), DECLINE);
    drain(&mut lines);
    assert_eq!(lines.ring(CallId::from("d"), ann().peer, MEDIA), Ok(Placed::Ringing));
    let said = |effect: &LineEffect| {
        if let LineEffect::Call(Effect::Send(signal)) = effect { Some(*signal) } else { None }
    };
    let said: Vec<Signal> = drain(&mut lines).iter().filter_map(said).collect();
    assert_eq!(said[0], Signal::Decline { reason: DeclineReason::Declined });
    assert!(matches!(said[1..], [Signal::Invite { .. }]));
    lines.signaling(SignalingInput::Restored);
    assert!(!drain(&mut lines).iter().any(|effect| matches!(effect, LineEffect::Call(Effect::Send(_)))));
}

#[test]
fn declines_that_wait_are_bounded_and_forgotten_with_the_session() {
    let decline = |lines: &mut Lines, n: usize| {
        let call = CallId(format!("c{n}"));
        lines.push(&ann(), &call, MEDIA, EXPIRES);
        lines.input(&call, DECLINE);
        drain(lines);
    };
    let mut lines = pushed();
    lines.input(&id(), DECLINE);
    (0..20).for_each(|n| decline(&mut lines, n));
    let mut gone = lines.clone();
    lines.signaling(SignalingInput::Restored);
    assert_eq!(drain(&mut lines).len(), MAX_CALLS);
    gone.signaling(SignalingInput::LostForGood(SignalingLoss::Replaced));
    gone.signaling(SignalingInput::Restored);
    assert_eq!(drain(&mut gone), []);
}

#[test]
fn who_is_rung_from_here_and_pushes_is_answered_or_waits() {
    for (ours, placed) in [("a", "a"), ("d", "c")] {
        let mut lines = Lines::new(Config::default());
        assert_eq!(lines.ring(CallId::from(ours), ann().peer, MEDIA), Ok(Placed::Ringing));
        lines.push(&ann(), &id(), MEDIA, EXPIRES);
        let calls: Vec<&str> = lines.calls().map(|call| call.id().as_str()).collect();
        assert_eq!(calls, [placed]);
    }
}
