//! More than one call: who rings anew, and who rings while another call goes on.

mod common;

use std::collections::BTreeMap;

use common::*;
use duet_call::*;

const HELD: Effect = Effect::Notify(Notice::Held { local: true, remote: false });
const BUSY: Effect = Effect::Send(Signal::Decline { reason: DeclineReason::Busy });

fn id(text: &str) -> CallId {
    CallId::from(text)
}

fn from(name: &str) -> Sender {
    Sender { peer: PeerName::from(name), device: None }
}

fn drain(lines: &mut Lines) -> Vec<(String, LineEffect)> {
    std::iter::from_fn(|| lines.poll_effect()).map(|tagged| (tagged.call.0, tagged.effect)).collect()
}

fn invite(lines: &mut Lines, name: &str, call: &str) -> Vec<(String, LineEffect)> {
    lines.invite(&from(name), &id(call), MEDIA, EXPIRES);
    drain(lines)
}

fn of(call: &str, effect: Effect) -> (String, LineEffect) {
    (call.to_owned(), LineEffect::Call(effect))
}

fn incoming(call: &str, instead_of: &str, accepted: bool) -> (String, LineEffect) {
    let instead_of = Some(id(instead_of));
    (call.to_owned(), LineEffect::Incoming { media: MEDIA, instead_of, accepted })
}

fn end(effects: &[(String, LineEffect)], call: &str) -> Option<(EndedBy, EndReason)> {
    effects.iter().find_map(|(of, effect)| match effect {
        LineEffect::Call(Effect::Ended(ended)) if of == call => Some((ended.by, ended.reason)),
        LineEffect::Call(_) | LineEffect::Incoming { .. } | LineEffect::TellOthers { .. } => None,
    })
}

fn states(lines: &Lines) -> BTreeMap<&str, CallState> {
    lines.calls().map(|call| (call.id().as_str(), call.state())).collect()
}

fn give(lines: &mut Lines, call: &str, inputs: &[Input]) -> Vec<(String, LineEffect)> {
    inputs.iter().for_each(|input| lines.input(&id(call), *input));
    drain(lines)
}

/// In a call with ann, who rang.
fn talking(config: Config) -> Lines {
    let mut lines = Lines::new(config);
    invite(&mut lines, "ann", "c");
    give(&mut lines, "c", &[ACCEPT, CONNECTED]);
    lines
}

fn allowed() -> Config {
    Config { waiting: CallWaiting::Allow, ..Config::default() }
}

const RECALLED: Option<(EndedBy, EndReason)> = Some((EndedBy::Remote, EndReason::Recalled));

#[test]
fn who_rings_anew_while_ringing_rings_once() {
    let mut lines = Lines::new(Config::default());
    invite(&mut lines, "ann", "c");
    let effects = invite(&mut lines, "ann", "b");
    assert_eq!(effects[0], incoming("b", "c", false));
    assert!(effects.contains(&of("c", BUSY)));
    assert_eq!(end(&effects, "c"), RECALLED);
    assert_eq!(states(&lines), [("b", CallState::Incoming)].into());
}

#[test]
fn who_rings_anew_after_a_crash_is_in_the_call_again() {
    let before: [&[Input]; 3] = [&[], &[DISCONNECTED], &[NETWORK_CHANGED]];
    for inputs in before {
        let mut lines = talking(Config::default());
        give(&mut lines, "c", inputs);
        let effects = invite(&mut lines, "ann", "d");
        assert_eq!(effects[0], incoming("d", "c", true));
        assert!(effects.contains(&of("c", Effect::Send(Signal::HangUp))));
        assert!(effects.contains(&of("d", Effect::Send(Signal::Accept { media: MEDIA }))));
        assert_eq!(end(&effects, "c"), RECALLED);
        assert_eq!(states(&lines), [("d", CallState::Connecting)].into());
    }
}

#[test]
fn a_call_that_takes_anothers_place_is_muted_and_held_as_it_was() {
    let mut lines = talking(Config::default());
    give(&mut lines, "c", &[Input::User(UserInput::SetMedia(MUTED)), HOLD]);
    let effects = invite(&mut lines, "ann", "d");
    assert!(effects.contains(&of("d", Effect::SetFlow(SHUT))));
    let effects = give(&mut lines, "d", &[CONNECTED, RESUME]);
    assert!(effects.contains(&of("d", Effect::Send(Signal::MediaState(MUTED)))));
    assert!(effects.contains(&of("d", Effect::SetFlow(Flow { send_audio: false, ..OPEN }))));
}

#[test]
fn a_call_that_takes_anothers_place_has_the_media_it_had() {
    let mut lines = Lines::new(Config::default());
    invite(&mut lines, "ann", "c");
    give(&mut lines, "c", &[Input::User(UserInput::Accept { media: SOUND })]);
    let effects = invite(&mut lines, "ann", "d");
    assert!(effects.contains(&of("d", Effect::Send(Signal::Accept { media: SOUND }))));
}

#[test]
fn a_losing_invite_that_comes_after_the_answer_changes_nothing() {
    for inputs in [&[][..], &[CONNECTED], &[CONNECTED, DISCONNECTED]] {
        let mut lines = Lines::new(Config::default());
        assert_eq!(lines.ring(id("c"), from("ann").peer, MEDIA), Ok(Placed::Ringing));
        // The answer names it.
        lines.wire(&from("ann"), &id("d"), WireInput::Cancel);
        lines.wire(&from("ann"), &id("c"), WireInput::Accept { media: MEDIA });
        give(&mut lines, "c", inputs);
        assert_eq!(invite(&mut lines, "ann", "d"), []);
        assert!(lines.get(&id("c")).is_some());
        // Any other is of somebody who rings anew, whatever its name.
        for (other, before) in [("a", "c"), ("e", "a")] {
            assert_eq!(end(&invite(&mut lines, "ann", other), before), RECALLED);
        }
    }
}

#[test]
fn an_answer_names_the_calls_that_this_end_gave_up() {
    let mut lines = Lines::new(Config::default());
    let own = |lines: &Lines, peer: &str| {
        lines.own_over(&PeerName::from(peer)).map(|call| call.0.clone()).collect::<Vec<_>>()
    };
    for (call, peer) in [("w", "ann"), ("x", "bob"), ("y", "ann")] {
        assert_eq!(lines.ring(id(call), PeerName::from(peer), MEDIA), Ok(Placed::Ringing));
        give(&mut lines, call, &[HANG_UP]);
    }
    invite(&mut lines, "ann", "c");
    give(&mut lines, "c", &[DECLINE]);
    assert_eq!((own(&lines, "ann"), own(&lines, "bob")), (vec!["y".into(), "w".into()], vec!["x".into()]));
    // One that lost a glare is among them when the survivor is answered.
    assert_eq!(lines.ring(id("z"), PeerName::from("ann"), MEDIA), Ok(Placed::Ringing));
    assert!(invite(&mut lines, "ann", "d").contains(&of("d", Effect::Send(Signal::Accept { media: MEDIA }))));
    assert_eq!(own(&lines, "ann"), ["z", "y", "w"]);
}

#[test]
fn who_rang_and_rings_anew_before_media_connects_is_answered() {
    let mut lines = Lines::new(Config::default());
    invite(&mut lines, "ann", "c");
    give(&mut lines, "c", &[ACCEPT]);
    assert_eq!(end(&invite(&mut lines, "ann", "d"), "c"), RECALLED);
}

#[test]
fn who_is_met_in_a_room_and_rings_is_busy() {
    let mut lines = Lines::new(Config::default());
    let room = RoomName::from("r");
    lines.join(id("c"), room.clone(), MEDIA).expect("the first call");
    let with = RoomPeer { peer: from("ann").peer, device: None, call: id("w") };
    lines.room(&room, RoomInput::PeerJoined(with));
    drain(&mut lines);
    assert_eq!(invite(&mut lines, "ann", "d"), [of("d", BUSY)]);
}

#[test]
fn a_second_caller_rings_where_calls_may_wait() {
    let mut lines = talking(allowed());
    let effects = invite(&mut lines, "bob", "d");
    assert!(matches!(effects[0].1, LineEffect::Incoming { instead_of: None, accepted: false, .. }));
    assert_eq!(states(&lines), [("c", CallState::Connected), ("d", CallState::Incoming)].into());
}

#[test]
fn a_third_caller_is_busy_while_the_second_rings() {
    let mut lines = talking(allowed());
    invite(&mut lines, "bob", "d");
    assert_eq!(invite(&mut lines, "eve", "e"), [of("e", BUSY)]);
    give(&mut lines, "d", &[DECLINE]);
    assert_ne!(invite(&mut lines, "eve", "f"), [of("f", BUSY)]);
}

#[test]
fn there_is_a_limit_to_calls_that_wait() {
    let mut lines = talking(allowed());
    for n in 1..MAX_CALLS {
        let call = format!("d{n}");
        invite(&mut lines, &format!("p{n}"), &call);
        give(&mut lines, &call, &[ACCEPT]);
    }
    assert_eq!(states(&lines).len(), MAX_CALLS);
    assert_eq!(invite(&mut lines, "eve", "e"), [of("e", BUSY)]);
}

#[test]
fn answering_a_second_call_holds_the_first() {
    let mut lines = talking(allowed());
    invite(&mut lines, "bob", "d");
    let effects = give(&mut lines, "d", &[ACCEPT]);
    assert_eq!(effects[0], of("c", Effect::SetFlow(SHUT)));
    assert!(effects.contains(&of("c", HELD)));
    assert!(!effects.contains(&of("d", HELD)));
}

#[test]
fn resuming_one_call_holds_the_other() {
    let mut lines = talking(allowed());
    invite(&mut lines, "bob", "d");
    give(&mut lines, "d", &[ACCEPT, CONNECTED]);
    let effects = give(&mut lines, "c", &[RESUME]);
    assert!(effects.contains(&of("d", HELD)));
    assert!(effects.contains(&of("c", Effect::SetFlow(OPEN))));
}

#[test]
fn resuming_a_call_that_is_not_held_changes_nothing_in_it() {
    let mut lines = talking(allowed());
    assert_eq!(give(&mut lines, "c", &[RESUME]), []);
}

#[test]
fn what_does_not_take_the_line_holds_nobody() {
    let mut lines = talking(allowed());
    invite(&mut lines, "bob", "d");
    let takes = |input: &Input| {
        matches!(input, Input::User(UserInput::Accept { .. } | UserInput::Talk(Wish::Resume)))
    };
    for input in all_inputs().into_iter().filter(|input| !takes(input)) {
        let mut lines = lines.clone();
        assert!(!give(&mut lines, "d", &[input]).contains(&of("c", HELD)), "{input:?}");
    }
    for call in ["d", "nobody"] {
        let mut lines = lines.clone();
        assert!(!give(&mut lines, call, &[RESUME]).contains(&of("c", HELD)), "{call} is not accepted");
    }
    let mut lines = lines.clone();
    give(&mut lines, "d", &[ACCEPT]);
    give(&mut lines, "c", &[RESUME]);
    for input in [ACCEPT, ANSWERED] {
        assert!(!give(&mut lines, "d", &[input]).contains(&of("c", HELD)), "was accepted before");
    }
}

#[test]
fn being_answered_holds_the_call_one_was_in() {
    for answer in [ANSWERED, Input::Wire(WireInput::AcceptAnew { media: MEDIA })] {
        let mut lines = talking(allowed());
        assert_eq!(lines.ring(id("d"), from("bob").peer, MEDIA), Ok(Placed::Ringing));
        assert!(!drain(&mut lines).contains(&of("c", HELD)));
        assert!(give(&mut lines, "d", &[answer]).contains(&of("c", HELD)));
    }
}

#[test]
fn calls_that_only_ring_or_wait_are_not_held() {
    let mut lines = Lines::new(allowed());
    lines.join(id("r"), RoomName::from("r"), MEDIA).expect("the first call");
    assert_eq!(lines.ring(id("o"), from("bob").peer, MEDIA), Ok(Placed::Ringing));
    invite(&mut lines, "ann", "c");
    let effects = give(&mut lines, "c", &[ACCEPT]);
    assert!(effects.iter().all(|(call, _)| call == "c"), "{effects:?}");
}

#[test]
fn without_call_waiting_nobody_is_held() {
    let mut lines = talking(Config::default());
    assert_eq!(lines.ring(id("d"), from("bob").peer, MEDIA), Ok(Placed::Ringing));
    assert!(!give(&mut lines, "d", &[ANSWERED]).contains(&of("c", HELD)));
}

#[test]
fn what_happens_to_the_device_is_known_to_all_calls_and_to_later_ones() {
    let mut lines = talking(allowed());
    let news = [
        DeviceNews::PhoneCallBegan,
        DeviceNews::AudioFocusLost,
        DeviceNews::Background,
        DeviceNews::Thermal(Thermal::Warm),
    ];
    news.into_iter().for_each(|news| lines.device(news));
    assert!(drain(&mut lines).contains(&of("c", HELD)));
    let effects = invite(&mut lines, "bob", "d");
    assert!(effects.contains(&of("d", HELD)));
    let flow = |effects: &[(String, LineEffect)]| {
        effects.iter().rev().find_map(|(call, effect)| match effect {
            LineEffect::Call(Effect::SetFlow(flow)) if call == "d" => Some(*flow),
            _ => None,
        })
    };
    let quiet = Flow { send_audio: false, play_audio: false, ..OPEN };
    let expected = [
        (DeviceNews::PhoneCallEnded, Flow { send_video: VideoFlow::Off, ..quiet }),
        (DeviceNews::Foreground, Flow { send_video: VideoFlow::Reduced, ..quiet }),
        (DeviceNews::Thermal(Thermal::Normal), quiet),
        (DeviceNews::AudioFocusRegained, OPEN),
    ];
    for (news, wanted) in expected {
        lines.device(news);
        assert_eq!(flow(&drain(&mut lines)), Some(wanted), "{news:?}");
    }
    give(&mut lines, "d", &[DECLINE]);
    assert!(!invite(&mut lines, "eve", "e").contains(&of("e", HELD)));
}
