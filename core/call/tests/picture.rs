//! The picture of the machine in ARCHITECTURE.md is what the machine does.
//!
//! `DUET_BLESS=1 cargo test -p duet-call --test picture` draws it anew.

mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use common::*;
use duet_call::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ARCHITECTURE.md");
const BEGIN: &str = "<!-- machine:begin -->\n";
const END: &str = "<!-- machine:end -->";

/// What makes a call go from one state to another.
type Edges = BTreeMap<(CallState, CallState), BTreeSet<&'static str>>;

#[test]
fn the_picture_in_the_architecture_is_drawn_from_the_machine() {
    let text = std::fs::read_to_string(FILE).expect("ARCHITECTURE.md can be read");
    let (before, rest) = text.split_once(BEGIN).expect("the begin marker");
    let (_, after) = rest.split_once(END).expect("the end marker");
    let drawn = format!("{before}{BEGIN}{}{END}{after}", picture());
    if std::env::var_os("DUET_BLESS").is_some() {
        std::fs::write(FILE, drawn).expect("ARCHITECTURE.md can be written");
    } else {
        assert!(drawn == text, "the machine has changed: draw its picture anew with DUET_BLESS=1");
    }
}

fn picture() -> String {
    let mut edges = Edges::new();
    let starts = [
        ("ring", Driven::outgoing(stay())),
        ("invite", Driven::incoming(stay())),
        ("push", Driven::pushed(stay())),
        ("join", Driven::room(stay())),
        ("join", Driven::room(Config::default())),
    ];
    let mut first: BTreeMap<CallState, BTreeSet<&str>> = BTreeMap::new();
    for (name, call) in starts {
        first.entry(call.state()).or_default().insert(name);
        explore(call.call, &mut edges);
    }
    let everywhere = common_ends(&edges);
    let mut text = String::from("```mermaid\nstateDiagram-v2\n");
    let mut line = |from: &str, to: &str, label: &str| {
        writeln!(text, "    {from} --> {to}: {label}").expect("a string takes all");
    };
    for (state, names) in first {
        line("[*]", state_name(state), &names.into_iter().collect::<Vec<_>>().join(", "));
    }
    for ((from, to), causes) in &edges {
        let causes: BTreeSet<&str> = match to {
            CallState::Ended => causes.difference(&everywhere).copied().collect(),
            _ => causes.clone(),
        };
        line(state_name(*from), state_name(*to), &grouped(&causes));
    }
    line("Ended", "[*]", &format!("from every state<br/>{}", grouped(&everywhere)));
    text + "```\n"
}

/// Follows every input from `first` on, and notes which states it leads between.
fn explore(first: Call, edges: &mut Edges) {
    let inputs = all_inputs();
    let mut seen = BTreeSet::from([shape(&first)]);
    let mut next = VecDeque::from([first]);
    while let Some(call) = next.pop_front() {
        for input in &inputs {
            let mut then = call.clone();
            then.handle(*input);
            while then.poll_effect().is_some() {}
            if then.state() != call.state() {
                edges.entry((call.state(), then.state())).or_default().insert(label(*input));
            }
            if seen.insert(shape(&then)) {
                next.push_back(then);
            }
        }
    }
}

/// What of a call decides about its next state.
fn shape(call: &Call) -> String {
    let mut value = serde_json::to_value(call).expect("a call serialises");
    let fields = value.as_object_mut().expect("a call has fields");
    for beside in ["talk", "facts", "media"] {
        fields.remove(beside).expect("a field of a call");
    }
    if let Some(restarts) = value.pointer_mut("/state/Reconnecting/restarts") {
        *restarts = 0.into();
    }
    if value.pointer("/state/Ended").is_some() {
        value = "ended".into();
    }
    value.to_string()
}

/// What ends a call in every state.
fn common_ends(edges: &Edges) -> BTreeSet<&'static str> {
    let ends = edges.iter().filter(|((_, to), _)| *to == CallState::Ended).map(|(_, causes)| causes.clone());
    ends.reduce(|one, two| &one & &two).unwrap_or_default()
}

/// `user.accept`, `user.decline`, `wire.cancel` reads "user accept, decline" and, below, "wire cancel".
fn grouped(causes: &BTreeSet<&str>) -> String {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for cause in causes {
        let (group, name) = cause.split_once('.').unwrap_or(("lines", cause));
        groups.entry(group).or_default().push(name);
    }
    let groups: Vec<String> =
        groups.into_iter().map(|(group, names)| format!("{group} {}", names.join(", "))).collect();
    groups.join("<br/>")
}

fn state_name(state: CallState) -> &'static str {
    match state {
        CallState::Waiting => "Waiting",
        CallState::Outgoing => "Outgoing",
        CallState::Incoming => "Incoming",
        CallState::Connecting => "Connecting",
        CallState::Connected => "Connected",
        CallState::Reconnecting => "Reconnecting",
        CallState::Ended => "Ended",
    }
}
