//! Every state times every input, against a table written by hand.

mod common;

use std::collections::BTreeMap;

use common::*;
use duet_call::*;

/// Rows are inputs; columns are the states of [`column`]: ringing there and here, each with the peer
/// connection idle, starting, up and down; waiting before and after the service confirmed it; connecting,
/// connected, reconnecting of a ring and of a room; ended. A letter is the next state: Waiting, Outgoing,
/// Incoming, Connecting, K connected, Reconnecting, Ended. A dot: it stays.
const TABLE: &str = "
                            out   in    wait ring room end
    user.accept             ....  CCKC  ..   ...  ...  .
    user.decline            ....  EEEE  ..   ...  ...  .
    user.hang-up            EEEE  EEEE  EE   EEE  EEE  .
    wire.ringing            ....  ....  ..   ...  ...  .
    wire.accept             CCKC  ....  ..   ...  ...  .
    wire.decline            EEEE  ....  ..   ...  ...  .
    wire.cancel             EEEE  EEEE  ..   EEE  EEE  .
    wire.hang-up            EEEE  EEEE  ..   EEE  EEE  .
    wire.accepted-elsewhere ....  EEEE  ..   ...  ...  .
    wire.declined-elsewhere ....  EEEE  ..   ...  ...  .
    wire.joined-alone       ....  ....  ..   ...  ...  .
    wire.joined-peer        ....  ....  CC   ...  ...  .
    wire.peer-joined        ....  ....  CC   ...  ...  .
    wire.peer-left          EEEE  EEEE  ..   E.E  EEE  .
    wire.room-full          ....  ....  EE   ...  ...  .
    wire.not-found          EEEE  EEEE  EE   E..  E..  .
    wire.refused            EEEE  ....  EE   ...  ...  .
    wire.media-state        ....  ....  ..   ...  ...  .
    peer.connected          ....  ....  ..   K.K  K.K  .
    peer.disconnected       ....  ....  ..   .R.  .R.  .
    peer.ice-failed         ....  ....  ..   ER.  ER.  .
    peer.dtls-failed        EEEE  EEEE  ..   EEE  EEE  .
    peer.no-common-codec    EEEE  EEEE  ..   E..  E..  .
    signaling.lost          ....  ....  ..   ...  ...  .
    signaling.restored      ....  ....  ..   ...  ...  .
    signaling.lost-for-good EEEE  EEEE  EE   E..  E..  .
    host.network-changed    ....  ....  ..   .R.  .R.  .
    host.failed             EEEE  EEEE  EE   EEE  EEE  .
    glare-lost              EEEE  ....  ..   ...  ...  .
    timer.ring              EEEE  ....  ..   ...  ...  .
    timer.invite-expiry     ....  EEEE  ..   ...  ...  .
    timer.connect           ....  ....  ..   E..  E..  .
    timer.reconnect         ....  ....  ..   ..E  ..E  .
    timer.restart           ....  ....  ..   ...  ...  .
";
const COLUMNS: usize = 17;

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
    let rung = || Driven::outgoing(default).after(&[ANSWERED]);
    let met = || Driven::room(default).after(&[PEER_JOINED]);
    match n {
        0 => Driven::outgoing(after_accept()),
        1 => Driven::outgoing(default),
        2 => Driven::outgoing(default).after(&[CONNECTED]),
        3 => Driven::outgoing(default).after(&[CONNECTED, DISCONNECTED]),
        4 => Driven::incoming(after_accept()),
        5 => Driven::incoming(default),
        6 => Driven::incoming(default).after(&[CONNECTED]),
        7 => Driven::incoming(default).after(&[ICE_FAILED]),
        8 => Driven::room(default),
        9 => Driven::room(default).after(&[Input::Wire(WireInput::Joined { peer: false })]),
        10 => rung(),
        11 => rung().after(&[CONNECTED]),
        12 => rung().after(&[CONNECTED, DISCONNECTED]),
        13 => met(),
        14 => met().after(&[CONNECTED]),
        15 => met().after(&[CONNECTED, DISCONNECTED]),
        16 => rung().after(&[HANG_UP]),
        _ => unreachable!("the table has {COLUMNS} columns"),
    }
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
