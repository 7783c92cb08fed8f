//! What goes on in a call: mute, hold, pictures added later, the device's other needs.

mod common;

use std::collections::VecDeque;

use common::*;
use duet_call::*;
use proptest::prelude::*;

const ASK: Input = Input::User(UserInput::Talk(Wish::AskVideo));
const YES: Input = Input::User(UserInput::Talk(Wish::AnswerVideo { accept: true }));
const NO: Input = Input::User(UserInput::Talk(Wish::AnswerVideo { accept: false }));
const STOP: Input = Input::User(UserInput::Talk(Wish::StopVideo));
const ASK_TIMER: Input = Input::TimerFired(TimerId::VideoAsk);

fn talking() -> Driven {
    Driven::incoming(Config::default()).after(&[ACCEPT, CONNECTED])
}

/// A call without pictures.
fn sound_only() -> Driven {
    let sound = Input::User(UserInput::Accept { media: SOUND });
    Driven::incoming(Config::default()).after(&[sound, CONNECTED])
}

fn calling_sound_only() -> Driven {
    let sound = Input::Wire(WireInput::Accept { media: SOUND });
    Driven::outgoing(Config::default()).after(&[sound, CONNECTED])
}

fn set(sources: Sources) -> Input {
    Input::User(UserInput::SetMedia(sources))
}

fn tell(sources: Sources) -> Effect {
    Effect::Send(Signal::MediaState(sources))
}

fn say(word: Word) -> Effect {
    Effect::Send(Signal::Talk(word))
}

fn held(local: bool, remote: bool) -> Effect {
    Effect::Notify(Notice::Held { local, remote })
}

fn video(news: VideoNews) -> Effect {
    Effect::Notify(Notice::Video(news))
}

#[test]
fn muting_closes_the_microphone_and_is_told() {
    let mut call = talking();
    let quiet = Flow { send_audio: false, ..OPEN };
    assert_eq!(call.give(set(MUTED)), [Effect::SetFlow(quiet), tell(MUTED)]);
    assert_eq!(call.give(set(MUTED)), []);
    assert_eq!(call.give(set(CAMERA)), [Effect::SetFlow(OPEN), tell(CAMERA)]);
}

#[test]
fn a_camera_that_closes_is_told() {
    let mut call = talking();
    let dark = Sources { video: false, ..CAMERA };
    let flow = Flow { send_video: VideoFlow::Off, ..OPEN };
    assert_eq!(call.give(set(dark)), [Effect::SetFlow(flow), tell(dark)]);
}

#[test]
fn a_shared_screen_is_told_as_one() {
    let mut call = talking();
    assert_eq!(call.give(set(SCREEN)), [tell(SCREEN)]);
    assert_eq!(call.give(set(CAMERA)), [tell(CAMERA)]);
}

#[test]
fn a_microphone_muted_while_it_rings_is_shut_before_media_is_released() {
    let call = Driven::incoming(Config::default()).after(&[set(MUTED), CONNECTED, ACCEPT]);
    let place = |effect| call.log.iter().position(|logged| *logged == effect);
    let quiet = place(Effect::SetFlow(Flow { send_audio: false, ..OPEN }));
    assert!(quiet.is_some() && quiet < place(Effect::ReleaseMedia));
    assert_eq!(call.sent().last(), Some(&Signal::MediaState(MUTED)));
}

#[test]
fn answering_without_pictures_shuts_them_before_media_is_released() {
    let sound = Input::User(UserInput::Accept { media: SOUND });
    let mut call = Driven::incoming(Config::default()).after(&[CONNECTED]);
    let effects = call.give(sound);
    let place = |effect| effects.iter().position(|logged| *logged == effect);
    let flow = Flow { send_video: VideoFlow::Off, show_video: false, ..OPEN };
    assert!(place(Effect::SetFlow(flow)).is_some());
    assert!(place(Effect::SetFlow(flow)) < place(Effect::ReleaseMedia));
    assert_eq!(sent(&effects).last(), Some(&Signal::MediaState(Sources { video: false, ..CAMERA })));
}

#[test]
fn whoever_calls_without_pictures_is_not_answered_with_some_but_asked() {
    let voice = Input::Wire(WireInput::Invite { media: SOUND, expires_in: EXPIRES });
    for inputs in [[voice, ACCEPT], [ACCEPT, voice]] {
        let mut call = Driven::pushed(Config::default()).after(&inputs).after(&[CONNECTED]);
        assert!(call.sent().contains(&Signal::Accept { media: SOUND }));
        assert_eq!((call.call.media(), call.state()), (SOUND, CallState::Connected));
        assert_eq!(
            call.give(Input::Wire(WireInput::Talk(Word::AskVideo))).last(),
            Some(&Effect::Notify(Notice::Video(VideoNews::Asked)))
        );
    }
}

#[test]
fn both_ends_have_the_media_that_both_want() {
    assert_eq!(calling_sound_only().call.media(), SOUND);
    assert_eq!(sound_only().call.media(), SOUND);
    let nothing = Input::Wire(WireInput::Accept { media: MediaKinds { audio: false, video: false } });
    let call = Driven::outgoing(Config::default()).after(&[nothing, CONNECTED]);
    assert_eq!(call.call.media(), MediaKinds { audio: false, video: false });
    assert!(call.log.contains(&Effect::SetFlow(SHUT)));
    let pictures = MediaKinds { audio: false, video: true };
    let call = Call::outgoing(CallId::from("c"), Config::default(), pictures);
    assert_eq!(call.media(), pictures);
}

#[test]
fn a_call_of_sound_alone_starts_with_sound_alone() {
    let mut call = Call::room(CallId::from("c"), Config::default(), SOUND);
    while call.poll_effect().is_some() {}
    for input in [PEER_JOINED, CONNECTED] {
        call.handle(input);
        let flow = |effect: &Effect| matches!(effect, Effect::SetFlow(_));
        assert!(!std::iter::from_fn(|| call.poll_effect()).any(|effect| flow(&effect)));
    }
}

#[test]
fn holding_stops_everything_and_is_told() {
    let mut call = talking();
    assert_eq!(call.give(HOLD), [Effect::SetFlow(SHUT), say(Word::Hold), held(true, false)]);
    assert_eq!(call.give(HOLD), []);
    assert_eq!(call.give(RESUME), [Effect::SetFlow(OPEN), say(Word::Resume), held(false, false)]);
    assert_eq!(call.state(), CallState::Connected);
}

#[test]
fn being_held_stops_everything() {
    let mut call = talking();
    assert_eq!(call.give(word(Word::Hold)), [Effect::SetFlow(SHUT), held(false, true)]);
    assert_eq!(call.give(word(Word::Resume)), [Effect::SetFlow(OPEN), held(false, false)]);
}

#[test]
fn a_call_that_both_hold_goes_on_when_both_resume() {
    let mut call = talking().after(&[HOLD, word(Word::Hold)]);
    assert_eq!(call.give(RESUME), [say(Word::Resume), held(false, true)]);
    assert_eq!(call.give(word(Word::Resume)), [Effect::SetFlow(OPEN), held(false, false)]);
}

#[test]
fn a_hold_before_the_call_connects_is_told_once_it_has() {
    let mut call = Driven::incoming(Config::default()).after(&[ACCEPT]);
    assert_eq!(call.give(HOLD), [Effect::SetFlow(SHUT), held(true, false)]);
    assert_eq!(sent(&call.give(CONNECTED)), [Signal::MediaState(CAMERA), Signal::Talk(Word::Hold)]);
}

#[test]
fn a_hold_outlives_lost_media() {
    let mut call = talking().after(&[HOLD, DISCONNECTED]);
    assert_eq!(sent(&call.give(CONNECTED)), []);
    assert!(call.give(RESUME).contains(&Effect::SetFlow(OPEN)));
}

#[test]
fn muting_while_held_is_told_but_opens_nothing() {
    let mut call = talking().after(&[HOLD]);
    assert_eq!(call.give(set(MUTED)), [tell(MUTED)]);
    assert!(call.give(RESUME).contains(&Effect::SetFlow(Flow { send_audio: false, ..OPEN })));
}

#[test]
fn a_telephone_call_holds_and_its_end_resumes() {
    let mut call = talking();
    let effects = call.give(device(DeviceNews::PhoneCallBegan));
    assert_eq!(effects, [Effect::SetFlow(SHUT), say(Word::Hold), held(true, false)]);
    let effects = call.give(device(DeviceNews::PhoneCallEnded));
    assert_eq!(effects, [Effect::SetFlow(OPEN), say(Word::Resume), held(false, false)]);
}

#[test]
fn the_end_of_a_telephone_call_does_not_undo_a_persons_hold() {
    let mut call = talking().after(&[HOLD, device(DeviceNews::PhoneCallBegan)]);
    assert_eq!(call.give(device(DeviceNews::PhoneCallEnded)), []);
    let mut call = talking().after(&[device(DeviceNews::PhoneCallBegan), HOLD, RESUME]);
    assert!(call.give(device(DeviceNews::PhoneCallEnded)).contains(&Effect::SetFlow(OPEN)));
}

#[test]
fn a_telephone_call_taken_before_answering_holds_from_the_start() {
    let call =
        Driven::incoming(Config::default()).after(&[device(DeviceNews::PhoneCallBegan), ACCEPT, CONNECTED]);
    assert_eq!(call.sent().last(), Some(&Signal::Talk(Word::Hold)));
    assert!(!call.log.contains(&Effect::SetFlow(OPEN)));
}

#[test]
fn sound_taken_by_another_app_leaves_the_pictures() {
    let mut call = talking();
    let deaf = Flow { send_audio: false, play_audio: false, ..OPEN };
    assert_eq!(call.give(device(DeviceNews::AudioFocusLost)), [Effect::SetFlow(deaf), tell(MUTED)]);
    assert_eq!(call.give(device(DeviceNews::AudioFocusRegained)), [Effect::SetFlow(OPEN), tell(CAMERA)]);
}

#[test]
fn in_the_background_the_camera_is_closed_and_a_screen_is_not() {
    let dark = Sources { video: false, ..CAMERA };
    let mut call = talking();
    let blind = Flow { send_video: VideoFlow::Off, ..OPEN };
    assert_eq!(call.give(device(DeviceNews::Background)), [Effect::SetFlow(blind), tell(dark)]);
    assert_eq!(call.give(set(SCREEN)), [Effect::SetFlow(OPEN), tell(SCREEN)]);
    assert_eq!(call.give(set(CAMERA)), [Effect::SetFlow(blind), tell(dark)]);
    assert_eq!(call.give(device(DeviceNews::Foreground)), [Effect::SetFlow(OPEN), tell(CAMERA)]);
}

#[test]
fn a_warm_device_sends_less_and_a_hot_one_no_pictures() {
    let thermal = |thermal| device(DeviceNews::Thermal(thermal));
    let flow = |send_video| Effect::SetFlow(Flow { send_video, ..OPEN });
    let mut call = talking();
    assert_eq!(call.give(thermal(Thermal::Warm)), [flow(VideoFlow::Reduced)]);
    let dark = tell(Sources { video: false, ..CAMERA });
    assert_eq!(call.give(thermal(Thermal::Hot)), [flow(VideoFlow::Off), dark]);
    assert_eq!(call.give(thermal(Thermal::Normal)), [flow(VideoFlow::Full), tell(CAMERA)]);
}

#[test]
fn pictures_are_added_when_the_other_end_agrees() {
    let mut call = sound_only();
    let asked = [say(Word::AskVideo), Effect::StartTimer(TimerId::VideoAsk, Timers::default().video_ask)];
    assert_eq!(call.give(ASK), asked);
    assert_eq!(call.give(ASK), []);
    assert_eq!(
        call.give(word(Word::AcceptVideo)),
        [
            Effect::CancelTimer(TimerId::VideoAsk),
            Effect::AddVideo { offerer: true },
            video(VideoNews::Agreed),
            Effect::SetFlow(OPEN),
            tell(CAMERA),
        ]
    );
    assert_eq!(call.call.media(), MEDIA);
    call.give(HANG_UP);
    assert!(call.call.ended().is_some_and(|ended| ended.facts.video));
}

#[test]
fn a_person_is_asked_before_pictures_are_added() {
    let mut call = sound_only();
    let timer = Effect::StartTimer(TimerId::VideoAsk, Timers::default().video_ask);
    assert_eq!(call.give(word(Word::AskVideo)), [timer, video(VideoNews::Asked)]);
    assert_eq!(call.give(word(Word::AskVideo)), []);
    let effects = call.give(YES);
    assert_eq!(sent(&effects)[0], Signal::Talk(Word::AcceptVideo));
    assert!(effects.contains(&Effect::AddVideo { offerer: false }));
    assert_eq!(call.give(YES), []);
}

#[test]
fn a_person_may_not_want_pictures() {
    let mut call = sound_only().after(&[word(Word::AskVideo)]);
    let no = [Effect::CancelTimer(TimerId::VideoAsk), say(Word::StopVideo), video(VideoNews::Declined)];
    assert_eq!(call.give(NO), no);
    let mut asker = sound_only().after(&[ASK]);
    let refused = [Effect::CancelTimer(TimerId::VideoAsk), video(VideoNews::Declined)];
    assert_eq!(asker.give(word(Word::StopVideo)), refused);
    for call in [call, asker] {
        assert_eq!(call.call.media(), SOUND);
    }
}

#[test]
fn nobody_answering_is_an_answer() {
    for mut call in [sound_only().after(&[ASK]), sound_only().after(&[word(Word::AskVideo)])] {
        assert_eq!(call.give(ASK_TIMER), [say(Word::StopVideo), video(VideoNews::Declined)]);
        assert_eq!(call.call.media(), SOUND);
    }
}

#[test]
fn asking_who_asks_is_saying_yes() {
    let mut call = sound_only().after(&[word(Word::AskVideo)]);
    assert!(call.give(ASK).contains(&Effect::AddVideo { offerer: false }));
}

#[test]
fn when_both_ask_at_once_both_agree_and_the_caller_offers() {
    for (mut call, offerer) in [(calling_sound_only(), true), (sound_only(), false)] {
        call.give(ASK);
        let effects = call.give(word(Word::AskVideo));
        assert!(effects.contains(&Effect::AddVideo { offerer }));
        assert_eq!(sent(&effects)[0], Signal::Talk(Word::AcceptVideo));
        assert_eq!(call.give(word(Word::AcceptVideo)), []);
    }
}

#[test]
fn a_yes_to_a_question_taken_back_is_answered_with_no() {
    let mut call = sound_only().after(&[ASK, STOP]);
    assert_eq!(call.sent().last(), Some(&Signal::Talk(Word::StopVideo)));
    assert_eq!(call.give(word(Word::AcceptVideo)), [say(Word::StopVideo)]);
    assert_eq!(call.call.media(), SOUND);
}

#[test]
fn pictures_can_be_stopped_without_asking() {
    let mut call = talking();
    let sound = Flow { send_video: VideoFlow::Off, show_video: false, ..OPEN };
    let dark = tell(Sources { video: false, ..CAMERA });
    let stopped = video(VideoNews::Stopped);
    assert_eq!(call.give(STOP), [say(Word::StopVideo), stopped, Effect::SetFlow(sound), dark]);
    assert_eq!(call.give(STOP), []);
    let mut other = talking();
    assert_eq!(other.give(word(Word::StopVideo)), [stopped, Effect::SetFlow(sound), dark]);
    assert_eq!(other.call.media(), SOUND);
}

#[test]
fn a_call_with_pictures_needs_not_ask_and_says_so_when_asked() {
    let mut call = talking();
    assert_eq!(call.give(ASK), []);
    for input in [YES, NO] {
        assert_eq!(call.give(input), []);
    }
    assert_eq!(call.give(word(Word::AskVideo)), [say(Word::AcceptVideo)]);
}

#[test]
fn an_unanswered_question_ends_with_the_call() {
    let mut call = sound_only().after(&[ASK]);
    assert!(call.give(HANG_UP).contains(&Effect::CancelTimer(TimerId::VideoAsk)));
}

/// What the two persons may do, and what may happen between them.
#[derive(Clone, Copy, Debug)]
enum Step {
    Do(usize, Input),
    Deliver(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let doing = prop::sample::select(vec![ASK, YES, NO, STOP, ASK_TIMER, HOLD, RESUME]);
    prop_oneof![
        2 => (0..2usize, doing).prop_map(|(side, input)| Step::Do(side, input)),
        3 => (0..2usize).prop_map(Step::Deliver),
    ]
}

/// Gives `input` to one side; what it says is under way to the other.
fn act(sides: &mut [Driven; 2], wires: &mut [VecDeque<Word>; 2], side: usize, input: Input) {
    for signal in sent(&sides[side].give(input)) {
        if let Signal::Talk(word) = signal {
            wires[1 - side].push_back(word);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn both_ends_come_to_agree_on_pictures_and_hold(steps in prop::collection::vec(step(), 0..40)) {
        let mut sides = [calling_sound_only(), sound_only()];
        let mut wires = [VecDeque::new(), VecDeque::new()];
        let finish = [Step::Deliver(0), Step::Deliver(1)].repeat(60);
        let timers = [Step::Do(0, ASK_TIMER), Step::Do(1, ASK_TIMER)];
        for step in steps.into_iter().chain(finish.clone()).chain(timers).chain(finish) {
            match step {
                Step::Do(side, input) => act(&mut sides, &mut wires, side, input),
                Step::Deliver(side) => {
                    if let Some(said) = wires[side].pop_front() {
                        act(&mut sides, &mut wires, side, word(said));
                    }
                }
            }
        }
        prop_assert_eq!(sides[0].call.media(), sides[1].call.media());
        let holds = |side: &Driven| side.log.iter().rev().find_map(|effect| match effect {
            Effect::Notify(Notice::Held { local, remote }) => Some((*local, *remote)),
            _ => None,
        });
        let (local, remote) = holds(&sides[0]).unwrap_or_default();
        prop_assert_eq!(holds(&sides[1]).unwrap_or_default(), (remote, local));
    }
}
