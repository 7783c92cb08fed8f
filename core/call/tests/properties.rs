//! What holds for every call, whatever happens to it in whatever order.

mod common;

use std::collections::BTreeSet;

use common::*;
use duet_call::*;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Outgoing,
    Incoming,
    Pushed,
    Room,
}

fn make(kind: Kind, config: Config) -> Call {
    let id = CallId::from("c");
    match kind {
        Kind::Outgoing => Call::outgoing(id, config, MEDIA),
        Kind::Incoming => Call::incoming(id, config, MEDIA, EXPIRES),
        Kind::Pushed => Call::pushed(id, config, MEDIA, EXPIRES),
        Kind::Room => Call::room(id, config, MEDIA),
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Outgoing), Just(Kind::Incoming), Just(Kind::Pushed), Just(Kind::Room)]
}

fn config() -> impl Strategy<Value = Config> {
    let base = [Config::default(), Config::without_restart(), Config::closing_hangs_up()];
    (prop::sample::select(base.to_vec()), any::<(bool, bool)>()).prop_map(|(base, (private, room_stay))| {
        let policy = if private { ConnectPolicy::AfterAccept } else { ConnectPolicy::WhileRinging };
        Config { policy, room_stay, ..base }
    })
}

/// Mostly what keeps a call alive, or sequences would end before they get anywhere.
fn input() -> impl Strategy<Value = Input> {
    let lively = vec![
        ACCEPT,
        ANSWERED,
        PEER_JOINED,
        CONNECTED,
        CONNECTED,
        DISCONNECTED,
        CLOSED,
        NETWORK_CHANGED,
        INVITED,
        HOLD,
        RESUME,
        Input::User(UserInput::Talk(Wish::AskVideo)),
        Input::User(UserInput::Talk(Wish::StopVideo)),
        Input::User(UserInput::SetMedia(MUTED)),
        word(Word::Hold),
        word(Word::Resume),
        word(Word::AskVideo),
        word(Word::AcceptVideo),
        device(DeviceNews::PhoneCallBegan),
        device(DeviceNews::PhoneCallEnded),
        device(DeviceNews::Background),
        Input::Wire(WireInput::Anew),
        Input::Wire(WireInput::Ringing),
        Input::Wire(WireInput::MediaState(SCREEN)),
        Input::Signaling(SignalingInput::Lost),
        Input::Signaling(SignalingInput::Restored),
        Input::TimerFired(TimerId::Restart),
    ];
    prop_oneof![
        12 => prop::sample::select(lively),
        1 => prop::sample::select(all_inputs()),
    ]
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    prop::collection::vec(input(), 0..80)
}

fn drain(call: &mut Call) -> Vec<Effect> {
    std::iter::from_fn(|| call.poll_effect()).collect()
}

/// Everything a call asks for, with the input before it; hung up in the end.
fn history(mut call: Call, inputs: &[Input]) -> Vec<(Option<Input>, Vec<Effect>)> {
    let mut history = vec![(None, drain(&mut call))];
    for input in inputs.iter().chain([&HANG_UP]) {
        call.handle(*input);
        history.push((Some(*input), drain(&mut call)));
    }
    history
}

fn effects(call: Call, inputs: &[Input]) -> Vec<Effect> {
    history(call, inputs).into_iter().flat_map(|(_, effects)| effects).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_call_ends_exactly_once_and_does_nothing_after(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let effects = effects(make(kind, config), &inputs);
        let ends = effects.iter().filter(|effect| matches!(effect, Effect::Ended(_))).count();
        prop_assert_eq!(ends, 1);
        prop_assert!(matches!(effects.last(), Some(Effect::Ended(_))));
    }

    #[test]
    fn every_timer_has_fired_or_been_cancelled_by_the_end(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let mut running = BTreeSet::new();
        for (input, effects) in history(make(kind, config), &inputs) {
            if let Some(Input::TimerFired(id)) = input {
                running.remove(&id);
            }
            for effect in effects {
                match effect {
                    Effect::StartTimer(id, _) => prop_assert!(running.insert(id), "{:?} runs already", id),
                    Effect::CancelTimer(id) => prop_assert!(running.remove(&id), "{:?} does not run", id),
                    _ => {}
                }
            }
        }
        prop_assert!(running.is_empty(), "{:?}", running);
    }

    #[test]
    fn media_is_released_once_and_only_when_accepted_and_connected(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let (mut accepted, mut answered, mut started, mut connected, mut released) = Default::default();
        let mut ended = false;
        for (input, effects) in history(make(kind, config), &inputs) {
            match (kind, input) {
                (Kind::Outgoing, Some(Input::Wire(WireInput::Accept { .. } | WireInput::AcceptAnew { .. })))
                | (Kind::Incoming, Some(Input::User(UserInput::Accept { .. })))
                | (Kind::Room, Some(Input::Wire(WireInput::PeerJoined | WireInput::Joined { peer: true }))) => {
                    accepted = true;
                }
                (Kind::Pushed, Some(Input::User(UserInput::Accept { .. }))) => answered = true,
                (_, Some(Input::Peer(PeerInput::Connected))) => connected = started,
                (_, Some(Input::Peer(PeerInput::Disconnected | PeerInput::IceFailed | PeerInput::Closed))) => {
                    connected = false;
                }
                _ => {}
            }
            // Nothing is sent or received before the invite of a pushed call has come.
            accepted |= answered && started;
            for effect in effects {
                match effect {
                    Effect::StartPeer { .. } => {
                        prop_assert!(!started, "one peer connection at a time");
                        accepted |= answered;
                        started = true;
                    }
                    Effect::ClosePeer => {
                        prop_assert!(started, "nothing to close");
                        (started, connected, released) = (false, false, false);
                        accepted &= !matches!(kind, Kind::Room);
                    }
                    Effect::ReleaseMedia => {
                        prop_assert!(accepted && connected && !released);
                        released = true;
                    }
                    Effect::Ended(_) => ended = true,
                    _ => {}
                }
            }
            prop_assert!(ended || released || !(accepted && connected), "held back too long");
        }
        prop_assert!(!started, "left open");
    }

    #[test]
    fn nothing_passes_while_anybody_holds(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let (mut flow, mut held) = (OPEN, false);
        for (input, effects) in history(make(kind, config), &inputs) {
            for effect in effects {
                match effect {
                    Effect::SetFlow(now) => {
                        prop_assert!(now != flow, "{:?} again after {:?}", now, input);
                        flow = now;
                    }
                    Effect::Notify(Notice::Held { local, remote }) => held = local || remote,
                    _ => {}
                }
            }
            prop_assert!(!held || flow == SHUT, "{:?} passes", flow);
        }
    }

    #[test]
    fn the_other_end_is_told_only_while_it_talks(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let (mut told, mut talks) = (None, false);
        for (_, effects) in history(make(kind, config), &inputs) {
            for effect in effects {
                match effect {
                    Effect::Notify(Notice::State(state)) => {
                        talks = matches!(state, CallState::Connected | CallState::Reconnecting);
                    }
                    Effect::ClosePeer => told = None,
                    Effect::Send(Signal::MediaState(sources)) => {
                        prop_assert!(talks);
                        prop_assert!(told.replace(sources) != Some(sources), "told twice");
                    }
                    Effect::Send(Signal::Talk(Word::Hold | Word::Resume)) => prop_assert!(talks),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn restarts_are_asked_for_only_where_they_can_work(
        kind in kind(), inputs in inputs(),
    ) {
        let effects = effects(make(kind, Config::without_restart()), &inputs);
        prop_assert_eq!(restarts(&effects), 0);
    }

    #[test]
    fn a_connection_that_the_other_end_closed_is_given_up_by_its_timer_or_for_a_new_one(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let (mut closed, mut restarted) = (false, 0);
        for (input, effects) in history(make(kind, config), &inputs) {
            closed &= input != Some(CONNECTED);
            restarted += if closed { restarts(&effects) } else { 0 };
            for effect in effects {
                match effect {
                    Effect::StartTimer(TimerId::Closed, _) => closed = true,
                    Effect::CancelTimer(TimerId::Closed) => closed = false,
                    _ => {}
                }
            }
        }
        prop_assert_eq!(restarted, 0);
    }

    #[test]
    fn the_last_state_told_is_the_state_it_has(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let mut call = make(kind, config);
        drain(&mut call);
        let mut told = call.state();
        for input in inputs {
            call.handle(input);
            for effect in drain(&mut call) {
                if let Effect::Notify(Notice::State(state)) = effect {
                    told = state;
                }
            }
            prop_assert_eq!(told, call.state());
        }
    }

    #[test]
    fn equal_inputs_give_equal_outputs(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let call = make(kind, config);
        prop_assert_eq!(history(call.clone(), &inputs), history(call, &inputs));
    }

    #[test]
    fn a_recorded_list_of_inputs_replays_the_call(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let record = serde_json::to_string(&inputs).expect("inputs serialise");
        let replayed: Vec<Input> = serde_json::from_str(&record).expect("and deserialise");
        prop_assert_eq!(history(make(kind, config), &replayed), history(make(kind, config), &inputs));
    }

    #[test]
    fn being_stored_in_mid_sequence_changes_nothing(
        kind in kind(), config in config(), inputs in inputs(),
    ) {
        let mut kept = make(kind, config);
        let mut stored = restore(&kept);
        prop_assert_eq!(drain(&mut kept), drain(&mut stored));
        for input in inputs {
            kept.handle(input);
            stored.handle(input);
            stored = restore(&stored);
            prop_assert_eq!(&kept, &stored);
            prop_assert_eq!(drain(&mut kept), drain(&mut stored));
        }
    }
}

fn restore(call: &Call) -> Call {
    let text = serde_json::to_string(call).expect("a call serialises");
    serde_json::from_str(&text).expect("and deserialises")
}
