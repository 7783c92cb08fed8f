//! Every state times every input, against a table written by hand.

mod common;

use std::collections::BTreeMap;

use common::*;
use duet_call::*;

/// Rows are inputs; columns are the states of [`column`]: ringing there, each with the peer connection idle,
/// starting, up, down and closed by the other end, and ringing for sure; known from a push message, unanswered
/// and answered; ringing here, again with the five peer connections; waiting before and after the service
/// confirmed it; connecting, connected, reconnecting, closed by the other end, of a caller, of a callee, of a
/// room, and of a room one stays in; ended.
/// A letter is the next state: Waiting, Outgoing, Incoming, Connecting, K connected, Reconnecting, Ended. A
/// dot: it stays.
const TABLE: &str = "
                              out     push  in     wait  caller  callee  room    stay    end
    user.accept               ......  C.    CCKCC  ..    ....    ....    ....    ....    .
    user.decline              ......  E.    EEEEE  ..    ....    ....    ....    ....    .
    user.hang-up              EEEEEE  EE    EEEEE  EE    EEEE    EEEE    EEEE    EEEE    .
    user.set-media            ......  ..    .....  ..    ....    ....    ....    ....    .
    user.hold                 ......  ..    .....  ..    ....    ....    ....    ....    .
    user.resume               ......  ..    .....  ..    ....    ....    ....    ....    .
    user.ask-video            ......  ..    .....  ..    ....    ....    ....    ....    .
    user.answer-video         ......  ..    .....  ..    ....    ....    ....    ....    .
    user.stop-video           ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.invite               ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.delivered            ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.ringing              ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.accept               CCKCCC  ..    .....  ..    ....    ....    ....    ....    .
    wire.accept-anew          CCCCCC  ..    .....  ..    ....    ....    ....    ....    .
    wire.anew                 ......  ..    .....  ..    ....    .CCC    ....    ....    .
    wire.decline              EEEEEE  ..    .....  ..    ....    ....    ....    ....    .
    wire.cancel               EEEEEE  EE    EEEEE  ..    EEEE    EEEE    EEEE    EEEE    .
    wire.hang-up              EEEEEE  EE    EEEEE  ..    EEEE    EEEE    EEEE    WWWW    .
    wire.accepted-elsewhere   ......  EE    EEEEE  ..    ....    EEEE    ....    ....    .
    wire.declined-elsewhere   ......  EE    EEEEE  ..    ....    EEEE    ....    ....    .
    wire.joined-alone         ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.joined-peer          ......  ..    .....  CC    ....    ....    ....    ....    .
    wire.peer-joined          ......  ..    .....  CC    ....    ....    ....    ....    .
    wire.peer-left            EEEEEE  EE    EEEEE  ..    E.EE    E.EE    EEEE    WWWW    .
    wire.peer-gone            EEEEEE  EE    EEEEE  ..    E.EE    E.EE    E.EE    W.WW    .
    wire.room-full            ......  ..    .....  EE    ....    ....    ....    ....    .
    wire.not-found            EEEEEE  EE    EEEEE  EE    E...    E...    E...    E...    .
    wire.refused              EEEEEE  ..    .....  EE    ....    ....    ....    ....    .
    wire.media-state          ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.hold                 ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.resume               ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.ask-video            ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.accept-video         ......  ..    .....  ..    ....    ....    ....    ....    .
    wire.stop-video           ......  ..    .....  ..    ....    ....    ....    ....    .
    peer.connected            ......  ..    .....  ..    K.KK    K.KK    K.KK    K.KK    .
    peer.disconnected         ......  ..    .....  ..    .R..    .R..    .R..    .R..    .
    peer.ice-failed           ......  ..    .....  ..    ER..    ER..    ER..    ER..    .
    peer.dtls-failed          EEEEEE  ..    EEEEE  ..    EEEE    EEEE    EEEE    EEEE    .
    peer.no-common-codec      EEEEEE  ..    EEEEE  ..    E...    E...    E...    E...    .
    peer.bad-description      EEEEEE  ..    EEEEE  ..    E...    E...    E...    E...    .
    peer.closed               ......  ..    .....  ..    .R..    .R..    .R..    .R..    .
    signaling.lost            ......  ..    .....  ..    ....    ....    ....    ....    .
    signaling.restored        ......  ..    .....  ..    ....    ....    ....    ....    .
    signaling.lost-for-good   EEEEEE  EE    EEEEE  EE    E...    E...    E...    E...    .
    host.network-changed      ......  ..    .....  ..    .R..    .R..    .R..    .R..    .
    host.phone-call-began     ......  ..    .....  ..    ....    ....    ....    ....    .
    host.phone-call-ended     ......  ..    .....  ..    ....    ....    ....    ....    .
    host.audio-focus-lost     ......  ..    .....  ..    ....    ....    ....    ....    .
    host.audio-focus-regained ......  ..    .....  ..    ....    ....    ....    ....    .
    host.background           ......  ..    .....  ..    ....    ....    ....    ....    .
    host.foreground           ......  ..    .....  ..    ....    ....    ....    ....    .
    host.thermal              ......  ..    .....  ..    ....    ....    ....    ....    .
    host.failed               EEEEEE  EE    EEEEE  EE    EEEE    EEEE    EEEE    EEEE    .
    glare-lost                EEEEEE  ..    .....  ..    ....    ....    ....    ....    .
    recalled                  ......  EE    EEEEE  ..    EEEE    EEEE    EEEE    EEEE    .
    timer.invite-ack          EEEEE.  ..    .....  ..    ....    ....    ....    ....    .
    timer.ring                EEEEEE  ..    .....  ..    ....    ....    ....    ....    .
    timer.invite-expiry       ......  EE    EEEEE  ..    ....    ....    ....    ....    .
    timer.connect             ......  ..    .....  ..    E...    E...    E...    E...    .
    timer.reconnect           ......  ..    .....  ..    ..E.    ..E.    ..E.    ..E.    .
    timer.closed              ......  ..    .....  ..    ...E    ...E    ...E    ...E    .
    timer.restart             ......  ..    .....  ..    ....    ....    ....    ....    .
    timer.video-ask           ......  ..    .....  ..    ....    ....    ....    ....    .
";
const COLUMNS: usize = 32;

#[test]
fn every_state_and_input_leads_where_the_table_says() {
    let table = table();
    for input in all_inputs() {
        let row = table[label(input)];
        for (n, next) in row.chars().filter(|c| *c != ' ').enumerate() {
            let mut driven = column(n);
            let before = driven.state();
            let effects = driven.give(input);
            let expected = if next == '.' { before } else { state(next) };
            assert_eq!(driven.state(), expected, "{input:?} in column {n} ({before})");
            assert_announced(before, driven.state(), &effects);
        }
    }
}

#[test]
fn the_table_has_a_row_for_every_input_and_no_other() {
    let mut labels: Vec<&str> = all_inputs().into_iter().map(label).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels, table().into_keys().collect::<Vec<_>>());
    for row in table().values() {
        assert_eq!(row.chars().filter(|c| *c != ' ').count(), COLUMNS, "{row}");
    }
}

/// A change of state is announced once, in its place.
fn assert_announced(before: CallState, after: CallState, effects: &[Effect]) {
    let announced: Vec<CallState> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Notify(Notice::State(state)) => Some(*state),
            _ => None,
        })
        .collect();
    match (before == after, after) {
        (true, CallState::Waiting) => assert!(announced.len() <= 1, "{effects:?}"),
        (true, _) => assert_eq!(announced, [], "{effects:?}"),
        (false, _) => assert_eq!(announced, [after], "{effects:?}"),
    }
    let ends = effects.iter().filter(|effect| matches!(effect, Effect::Ended(_))).count();
    assert_eq!(ends, usize::from(before != after && after == CallState::Ended));
}

fn column(n: usize) -> Driven {
    let default = Config::default();
    match n {
        0 => Driven::outgoing(after_accept()),
        1 => Driven::outgoing(default),
        2 => Driven::outgoing(default).after(&[CONNECTED]),
        3 => Driven::outgoing(default).after(&[CONNECTED, DISCONNECTED]),
        4 => Driven::outgoing(default).after(&[CONNECTED, CLOSED]),
        5 => Driven::outgoing(default).after(&[Input::Wire(WireInput::Ringing)]),
        6 => Driven::pushed(default),
        7 => Driven::pushed(default).after(&[ACCEPT]),
        8 => Driven::incoming(after_accept()),
        9 => Driven::incoming(default),
        10 => Driven::incoming(default).after(&[CONNECTED]),
        11 => Driven::incoming(default).after(&[ICE_FAILED]),
        12 => Driven::incoming(default).after(&[CONNECTED, CLOSED]),
        13 => Driven::room(default),
        14 => Driven::room(default).after(&[Input::Wire(WireInput::Joined { peer: false })]),
        15..19 => talking(Driven::outgoing(default).after(&[ANSWERED]), n - 15),
        19..23 => talking(Driven::incoming(default).after(&[ACCEPT]), n - 19),
        23..27 => talking(Driven::room(default).after(&[PEER_JOINED]), n - 23),
        27..31 => talking(Driven::room(stay()).after(&[PEER_JOINED]), n - 27),
        31 => Driven::outgoing(default).after(&[HANG_UP]),
        _ => unreachable!("the table has {COLUMNS} columns"),
    }
}

/// An accepted call: connecting, connected, reconnecting, closed by the other end.
fn talking(connecting: Driven, n: usize) -> Driven {
    let steps: [&[Input]; 4] = [&[], &[CONNECTED], &[CONNECTED, DISCONNECTED], &[CONNECTED, CLOSED]];
    connecting.after(steps[n])
}

fn state(letter: char) -> CallState {
    match letter {
        'W' => CallState::Waiting,
        'O' => CallState::Outgoing,
        'I' => CallState::Incoming,
        'C' => CallState::Connecting,
        'K' => CallState::Connected,
        'R' => CallState::Reconnecting,
        'E' => CallState::Ended,
        other => unreachable!("{other} is no state"),
    }
}

fn table() -> BTreeMap<&'static str, &'static str> {
    let rows = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).skip(1);
    rows.map(|row| row.split_once(' ').expect("a label and a row")).collect()
}
