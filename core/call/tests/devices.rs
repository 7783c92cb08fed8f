//! Several devices of one person: one of them gets the call, and the caller talks to one at a time.

mod common;

use common::*;
use duet_call::*;

const START: Effect = Effect::StartPeer { offerer: true, polite: false };

fn id() -> CallId {
    CallId::from("c")
}

fn bob(device: &str) -> Sender {
    Sender { peer: PeerName::from("bob"), device: Some(DeviceId::from(device)) }
}

fn drain(lines: &mut Lines) -> Vec<Tagged> {
    std::iter::from_fn(|| lines.poll_effect()).collect()
}

/// The effects of calls, each with the device it goes to.
fn effects(lines: &mut Lines) -> Vec<(Option<String>, Effect)> {
    let device = |tagged: &Tagged| tagged.device.as_ref().map(|device| device.0.clone());
    drain(lines)
        .iter()
        .filter_map(|tagged| match tagged.effect {
            LineEffect::Call(effect) => Some((device(tagged), effect)),
            LineEffect::Incoming { .. } | LineEffect::TellOthers { .. } => None,
        })
        .collect()
}

fn others(tagged: &[Tagged]) -> Vec<(&str, Signal)> {
    tagged
        .iter()
        .filter_map(|tagged| match &tagged.effect {
            LineEffect::TellOthers { but, signal } => Some((but.as_str(), *signal)),
            LineEffect::Call(_) | LineEffect::Incoming { .. } => None,
        })
        .collect()
}

fn ringing_with(config: Config) -> Lines {
    let mut lines = Lines::new(config);
    assert_eq!(lines.ring(id(), PeerName::from("bob"), MEDIA), Ok(Placed::Ringing));
    let all = effects(&mut lines);
    assert!(all.iter().all(|(device, _)| device.is_none()), "everybody's phone rings");
    lines
}

fn ringing() -> Lines {
    ringing_with(Config::default())
}

fn accept(lines: &mut Lines, device: &str) {
    lines.wire(&bob(device), &id(), WireInput::Accept { media: MEDIA });
}

#[test]
fn the_first_device_that_answers_the_offer_gets_the_early_peer_connection() {
    let mut lines = ringing();
    assert_eq!(lines.route(&bob("b1"), &id()), Passage::Keep);
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    assert_eq!(lines.route(&bob("b1"), &id()), Passage::Take);
    assert_eq!(lines.description(&bob("b2"), &id()), Passage::Drop);
    assert_eq!(lines.route(&bob("b2"), &id()), Passage::Drop);
}

#[test]
fn media_of_no_call_or_of_a_stranger_is_dropped() {
    let mut lines = ringing();
    let eve = Sender { peer: PeerName::from("eve"), device: None };
    assert_eq!(lines.description(&eve, &id()), Passage::Drop);
    assert_eq!(lines.route(&bob("b1"), &CallId::from("d")), Passage::Drop);
}

#[test]
fn where_devices_are_not_told_apart_there_is_one() {
    let mut lines = ringing();
    let nameless = Sender { device: None, ..bob("") };
    assert_eq!(lines.route(&nameless, &id()), Passage::Take);
    assert_eq!(lines.description(&nameless, &id()), Passage::Take);
    lines.wire(&nameless, &id(), WireInput::Accept { media: MEDIA });
    assert_eq!(others(&drain(&mut lines)), []);
    assert_eq!(lines.route(&nameless, &id()), Passage::Take);
    lines.wire(&nameless, &id(), WireInput::HangUp);
    assert!(lines.get(&id()).is_none());
}

#[test]
fn the_device_that_answers_has_the_call_and_the_others_are_told() {
    let mut lines = ringing();
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    accept(&mut lines, "b1");
    let tagged = drain(&mut lines);
    assert_eq!(others(&tagged), [("b1", Signal::AcceptedElsewhere)]);
    assert!(!tagged.iter().any(|tagged| tagged.effect == LineEffect::Call(Effect::ClosePeer)));
    assert_eq!(lines.party_device(&id()), Some(&DeviceId::from("b1")));
    lines.input(&id(), HANG_UP);
    let hang_up = (Some("b1".to_owned()), Effect::Send(Signal::HangUp));
    assert!(effects(&mut lines).contains(&hang_up));
}

#[test]
fn when_another_device_answers_the_early_peer_connection_is_made_anew_with_it() {
    let mut lines = ringing();
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    lines.input(&id(), CONNECTED);
    accept(&mut lines, "b2");
    let effects: Vec<Effect> = effects(&mut lines)
        .into_iter()
        .inspect(|(device, _)| assert_eq!(device.as_deref(), Some("b2")))
        .map(|(_, effect)| effect)
        .collect();
    assert_eq!(
        effects,
        [
            Effect::Notify(Notice::RemoteMedia(CAMERA)),
            Effect::CancelTimer(TimerId::InviteAck),
            Effect::CancelTimer(TimerId::Ring),
            Effect::Send(Signal::Anew),
            Effect::ClosePeer,
            START,
            Effect::StartTimer(TimerId::Connect, Timers::default().connect),
            Effect::Notify(Notice::State(CallState::Connecting)),
        ]
    );
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Drop);
    assert_eq!(lines.description(&bob("b2"), &id()), Passage::Take);
}

#[test]
fn a_device_that_answers_before_any_description_came_gets_the_peer_connection() {
    let mut lines = ringing();
    accept(&mut lines, "b2");
    assert!(!effects(&mut lines).iter().any(|(_, effect)| *effect == Effect::ClosePeer));
    assert_eq!(lines.route(&bob("b1"), &id()), Passage::Drop);
    assert_eq!(lines.route(&bob("b2"), &id()), Passage::Take);
}

#[test]
fn a_private_caller_has_nothing_to_make_anew() {
    let mut lines = ringing_with(after_accept());
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    accept(&mut lines, "b2");
    let effects: Vec<Effect> = effects(&mut lines).into_iter().map(|(_, effect)| effect).collect();
    assert!(effects.contains(&START));
    assert!(!effects.contains(&Effect::ClosePeer));
    assert!(!effects.contains(&Effect::Send(Signal::Anew)));
}

#[test]
fn a_second_answer_is_told_that_it_came_too_late() {
    let mut lines = ringing();
    accept(&mut lines, "b1");
    drain(&mut lines);
    accept(&mut lines, "b2");
    let too_late = (Some("b2".to_owned()), Effect::Send(Signal::AcceptedElsewhere));
    assert_eq!(effects(&mut lines), [too_late]);
    accept(&mut lines, "b1");
    assert_eq!(effects(&mut lines), [], "a repeated answer");
}

#[test]
fn a_device_without_the_call_cannot_end_or_hold_it() {
    let mut lines = ringing();
    accept(&mut lines, "b1");
    drain(&mut lines);
    for message in [WireInput::HangUp, WireInput::Talk(Word::Hold), WireInput::MediaState(SCREEN)] {
        lines.wire(&bob("b2"), &id(), message);
    }
    assert_eq!(effects(&mut lines), []);
    lines.wire(&bob("b1"), &id(), WireInput::HangUp);
    assert!(lines.get(&id()).is_none());
}

#[test]
fn a_hang_up_that_comes_before_its_answer_ends_the_call_and_the_others_are_told() {
    let mut lines = ringing();
    lines.wire(&bob("1"), &id(), WireInput::HangUp);
    let tagged = drain(&mut lines);
    assert_eq!(others(&tagged), [("1", Signal::AcceptedElsewhere)]);
    assert!(lines.get(&id()).is_none());
    accept(&mut lines, "1");
    assert_eq!(drain(&mut lines), [], "too late");
}

#[test]
fn any_device_may_decline_and_the_others_are_told() {
    let mut lines = ringing();
    lines.wire(&bob("b2"), &id(), WireInput::Decline { reason: DeclineReason::Declined });
    let tagged = drain(&mut lines);
    assert_eq!(others(&tagged), [("b2", Signal::DeclinedElsewhere)]);
    assert!(lines.get(&id()).is_none());
}

#[test]
fn every_device_may_say_that_it_rings_but_only_the_early_one_what_it_sends() {
    let mut lines = ringing();
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    lines.wire(&bob("b2"), &id(), WireInput::Ringing);
    lines.wire(&bob("b2"), &id(), WireInput::MediaState(SCREEN));
    let effects: Vec<Effect> = effects(&mut lines).into_iter().map(|(_, effect)| effect).collect();
    let told = [Effect::CancelTimer(TimerId::InviteAck), Effect::Notify(Notice::RemoteRinging)];
    assert_eq!(effects, told);
    lines.wire(&bob("b1"), &id(), WireInput::MediaState(SCREEN));
    assert!(!drain(&mut lines).is_empty());
}

#[test]
fn giving_up_tells_every_device() {
    let mut lines = ringing();
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
    lines.input(&id(), HANG_UP);
    assert!(effects(&mut lines).contains(&(None, Effect::Send(Signal::Cancel))));
}

#[test]
fn who_is_rung_answers_the_device_that_rings() {
    let mut lines = Lines::new(Config::default());
    lines.invite(&bob("b1"), &id(), MEDIA, EXPIRES);
    let ringing = (Some("b1".to_owned()), Effect::Send(Signal::Ringing));
    assert!(effects(&mut lines).contains(&ringing));
    assert_eq!(lines.description(&bob("b2"), &id()), Passage::Drop);
    assert_eq!(lines.route(&bob("b1"), &id()), Passage::Take);
    lines.wire(&bob("b2"), &id(), WireInput::Accept { media: MEDIA });
    assert_eq!(effects(&mut lines), [], "nobody's answer is asked for");
}

#[test]
fn a_caller_whose_device_is_not_known_is_heard_on_any() {
    let mut lines = Lines::new(Config::default());
    lines.invite(&Sender { device: None, ..bob("") }, &id(), MEDIA, EXPIRES);
    assert_eq!(lines.route(&bob("b1"), &id()), Passage::Take);
    assert_eq!(lines.description(&bob("b1"), &id()), Passage::Take);
}

#[test]
fn an_answer_that_came_too_late_ends_the_call_on_that_device() {
    let cases = [
        (WireInput::AcceptedElsewhere, EndReason::AcceptedElsewhere),
        (WireInput::DeclinedElsewhere, EndReason::DeclinedElsewhere),
    ];
    for (message, why) in cases {
        for (inputs, phase) in [(&[ACCEPT][..], Phase::Connecting), (&[CONNECTED, ACCEPT], Phase::Connected)]
        {
            let call = Driven::incoming(Config::default()).after(inputs).after(&[Input::Wire(message)]);
            assert_eq!(call.end(), (EndedBy::Local, why, phase));
            assert_eq!(call.log[call.log.len() - 3], Effect::ClosePeer);
        }
    }
}

#[test]
fn a_callee_whose_caller_makes_a_new_peer_connection_makes_one_too_once() {
    let anew = Input::Wire(WireInput::Anew);
    let mut call = Driven::incoming(Config::default()).after(&[ACCEPT]);
    assert_eq!(
        call.give(anew),
        [
            Effect::CancelTimer(TimerId::Connect),
            Effect::ClosePeer,
            Effect::StartPeer { offerer: false, polite: true },
            Effect::StartTimer(TimerId::Connect, Timers::default().connect),
        ]
    );
    assert_eq!(call.give(anew), []);
    assert!(call.give(CONNECTED).contains(&Effect::ReleaseMedia));
    let mut call = Driven::incoming(Config::default()).after(&[ACCEPT, CONNECTED, DISCONNECTED]);
    let effects = call.give(anew);
    assert!(effects.contains(&Effect::CancelTimer(TimerId::Reconnect)));
    assert!(effects.contains(&Effect::Notify(Notice::State(CallState::Connecting))));
}
