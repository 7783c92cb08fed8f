//! What must be true of calls whatever the weather.

use crate::peer::scripted::HostId;
use crate::{CallEvent, CallState, EndReason, EndedBy};

use super::record::{Origin, Record};
use super::world::{World, gives_way};

/// An event of one call's end is noted, and judged.
pub(super) fn on_event(records: &mut [Record], index: usize, event: &CallEvent) -> Vec<String> {
    let mut broken = Vec::new();
    if records[index].ended.is_some() {
        broken.push(format!("{event:?} after the end"));
    }
    match event {
        CallEvent::State(state) => {
            if records[index].states.last() == Some(&CallState::Ended) {
                broken.push(format!("{state} after ended"));
            }
            records[index].states.push(*state);
            if matches!(state, CallState::Connecting | CallState::Connected) && !consented(records, index) {
                broken.push(format!("{state}, and nobody had answered"));
            }
        }
        CallEvent::Connected { .. } => {
            if !records[index].states.contains(&CallState::Connected) {
                broken.push("connected before its state".into());
            }
        }
        CallEvent::Held { local, remote } => records[index].held = (*local, *remote),
        CallEvent::Ended(ended) => {
            if records[index].states.last() != Some(&CallState::Ended) {
                broken.push("ended before its state".into());
            }
            records[index].ended = Some(ended.clone());
        }
        CallEvent::RemoteRinging
        | CallEvent::RemoteMedia { .. }
        | CallEvent::Video(_)
        | CallEvent::FrameReady => {}
    }
    broken
}

/// Whether the person who was rung wanted the talk.
fn consented(records: &[Record], index: usize) -> bool {
    let record = &records[index];
    match record.origin {
        Origin::Room(_) => true,
        Origin::Incoming(_) => wanted(records, record),
        Origin::Ring(_) => {
            let theirs = |other: &&Record| other.is_other_end_of(record);
            records.iter().filter(theirs).any(|other| wanted(records, other))
        }
    }
}

/// Whether a person accepted this call, or had another one with the same person whose place it took.
fn wanted(records: &[Record], record: &Record) -> bool {
    let stood_for = |other: &Record| {
        let same = other.host == record.host && other.id != record.id;
        let party = other.origin.party().is_some() && other.origin.party() == record.origin.party();
        let meant = matches!(other.origin, Origin::Ring(_)) || other.accepted;
        // The other's end may be told after this one's beginning.
        same && party && meant && other.ended.as_ref().is_none_or(|ended| gives_way(ended.reason))
    };
    record.accepted || records.iter().any(stood_for)
}

/// No media passes but in a call that is connected; no two talks between the same two.
pub(super) fn media(records: &[Record]) -> Vec<String> {
    let mut broken = Vec::new();
    for record in records.iter().filter(|record| record.is_live()) {
        let state = record.state();
        if record.is_released() && !matches!(state, CallState::Connected | CallState::Reconnecting) {
            broken.push(format!("host {}, call {}: media passes while {state}", record.host, record.id));
        }
    }
    for (index, one) in records.iter().enumerate() {
        let twin = |two: &&Record| {
            one.host == two.host
                && one.session == two.session
                && one.origin.party().is_some()
                && one.origin.party() == two.origin.party()
                && [one, two].iter().all(|record| record.is_live() && record.is_talking())
        };
        if let Some(two) = records[index + 1..].iter().find(twin) {
            broken.push(format!("host {}: two talks with one person, {} and {}", one.host, one.id, two.id));
        }
    }
    broken
}

/// After a long calm: what lives is in good order, and both ends live.
pub(super) fn settled(world: &World) -> Vec<String> {
    let records = world.records();
    let mut broken = Vec::new();
    let mut pairs: Vec<(HostId, HostId)> = Vec::new();
    for record in records.iter().filter(|record| record.is_live()) {
        let what = format!("host {}, call {} ({:?})", record.host, record.id, record.origin);
        let others: Vec<&Record> =
            records.iter().filter(|other| other.is_live() && other.is_other_end_of(record)).collect();
        match record.state() {
            CallState::Connected => {
                let connected: Vec<_> =
                    others.iter().filter(|other| other.state() == CallState::Connected).collect();
                let [other] = connected[..] else {
                    let states: Vec<_> = others.iter().map(|other| (other.host, other.state())).collect();
                    broken.push(format!("{what}: connected, its other ends are {states:?}"));
                    continue;
                };
                if !record.is_released() {
                    broken.push(format!("{what}: connected without media"));
                }
                if !world.is_lossy() && record.held.0 != other.held.1 {
                    broken.push(format!("{what}: on hold here {}, there {}", record.held.0, other.held.1));
                }
                pairs.push((record.host, other.host));
            }
            CallState::Waiting => {
                let meets = others.iter().any(|other| {
                    let in_call = other.state() != CallState::Ended;
                    in_call && world.is_signed_in(other.host) && world.is_signed_in(record.host)
                });
                if meets {
                    let states: Vec<_> = others.iter().map(|other| (other.host, other.state())).collect();
                    broken.push(format!("{what}: waits, and others are there: {states:?}"));
                }
            }
            state => broken.push(format!("{what}: still {state}")),
        }
    }
    let mut connected = world.fabric().connected();
    pairs.sort_unstable();
    connected.sort_unstable();
    if pairs != connected {
        broken.push(format!("calls connect {pairs:?}, connections {connected:?}"));
    }
    broken
}

/// When everybody has hung up.
pub(super) fn over(world: &World) -> Vec<String> {
    let records = world.records();
    let mut broken = Vec::new();
    for record in records.iter().filter(|record| !record.crashed) {
        let what = format!("host {}, call {} ({:?})", record.host, record.id, record.origin);
        if record.ended.is_none() {
            broken.push(format!("{what}: {} and never over", record.state()));
        }
        if record.states.iter().filter(|state| **state == CallState::Ended).count() > 1 {
            broken.push(format!("{what}: over more than once"));
        }
    }
    if !world.is_lossy() {
        broken.extend(disagreements(&records));
    }
    broken
}

/// Both ends of a ringing call must tell the same story, where every word arrived.
fn disagreements(records: &[Record]) -> Vec<String> {
    let mut broken = Vec::new();
    for caller in records.iter().filter(|record| matches!(record.origin, Origin::Ring(_))) {
        for callee in records.iter().filter(|record| record.is_other_end_of(caller)) {
            if let (Some(one), Some(two)) = (&caller.ended, &callee.ended)
                && !agree((one.by, one.reason), (two.by, two.reason))
            {
                broken.push(format!(
                    "call {}: the caller says {} {}, host {} says {} {}",
                    caller.id, one.by, one.reason, callee.host, two.by, two.reason
                ));
            }
        }
    }
    broken
}

/// Whether the two ends of a call may end like this, where every word arrives, however late: who says that
/// the other one ended it must have another one who did.
fn agree(one: (EndedBy, EndReason), two: (EndedBy, EndReason)) -> bool {
    let blames = |(by, reason): (EndedBy, EndReason)| by == EndedBy::Remote && !gives_way(reason);
    let answered = |(by, reason)| (by, reason) != (EndedBy::Remote, EndReason::Declined);
    // A call known from a push message may be accepted and hung up before it can be answered.
    !(blames(one) && blames(two)) && (answered(one) || two.0 == EndedBy::Local)
}
