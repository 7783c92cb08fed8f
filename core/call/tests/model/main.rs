//! Model check: two whole machines, users who act at any moment, and a network that loses, delays,
//! reorders and repeats. Every order of everything is tried, within bounds, until there is nothing new.
//!
//! `cargo test -p duet-call --release model -- --nocapture`

mod actions;
mod adapter;
mod check;
mod faults;
mod graph;
mod ledger;
mod link;
mod pool;
mod scenario;
mod service;
mod world;

use check::{check, story};
use duet_call::Rule;
use faults::Fault;
use scenario::Scenario;

/// The least number of states that all configurations have together.
const ENOUGH: usize = 1_000_000;

/// Builds without optimisation look only at what they can in a moment.
fn too_big(scenario: &Scenario) -> bool {
    cfg!(debug_assertions) && scenario.big
}

#[test]
fn model_exhausts_every_configuration() {
    let (mut total, mut skipped) = (0, false);
    for scenario in scenario::all() {
        if too_big(&scenario) {
            println!("{}: skipped, too big for a debug build", scenario.name);
            skipped = true;
            continue;
        }
        let verdict = check(scenario, None);
        println!(
            "{}: {} unique states ({} of one machine, {} steps) in {:.1} s",
            scenario.name,
            verdict.states,
            verdict.machines,
            verdict.steps,
            verdict.took.as_secs_f32(),
        );
        if let Some((fault, steps)) = verdict.fault {
            panic!("{}: {}", scenario.name, story(fault, &steps));
        }
        assert!(verdict.talked, "{}: nobody ever talks", scenario.name);
        total += verdict.states;
    }
    println!("in total: {total} unique states");
    assert!(skipped || total >= ENOUGH, "the bounds are too tight");
}

#[test]
fn model_catches_every_broken_rule() {
    for rule in Rule::ALL {
        let (name, expected) = shows(rule);
        let scenario = scenario::all().into_iter().find(|scenario| scenario.name == name).expect("listed");
        let found = check(scenario, Some(rule)).fault;
        let (found, steps) = found.unwrap_or_else(|| panic!("{rule:?} goes unnoticed in {name:?}"));
        println!("{rule:?}: {} steps of {name:?} against \"{}\"", steps.len(), found.rule());
        assert_eq!(found, expected, "{rule:?}: {}", story(found, &steps));
    }
}

/// Where a broken rule shows, and as what.
fn shows(rule: Rule) -> (&'static str, Fault) {
    match rule {
        Rule::MediaWithoutAccept => ("ring", Fault::MediaBeforeAccept),
        Rule::MediaWithoutConnection => ("ring", Fault::MediaBeforeConnection),
        Rule::EarlyConnectionForgotten => ("ring", Fault::MediaHeldBack),
        Rule::GlareLoserGoesOn => ("glare", Fault::TwoLiveCalls),
        Rule::GlareLoserNotTold => ("glare out of order", Fault::Disagreement),
        Rule::OwnCallsNotNamed => ("glare out of order", Fault::GlareWithoutOneSurvivor),
        Rule::GlareWithoutOrder | Rule::GlareBothGiveWay => ("glare", Fault::GlareWithoutOneSurvivor),
        Rule::LateInviteRings => ("ring", Fault::RangAgain),
        Rule::BusyIsRung => ("ring and be rung by a third", Fault::RangWhileBusy),
        Rule::HangUpNotSent | Rule::CrossedCancelIgnored => ("ring", Fault::Disagreement),
        Rule::SecondAcceptStartsPeer | Rule::PeerOutlivesCall => ("ring", Fault::PeerLeak),
        Rule::ReconnectTimerNotArmed
        | Rule::ClosedTimerNotArmed
        | Rule::ConnectTimerNotArmed
        | Rule::InviteNeverExpires => ("ring", Fault::NeverSettles),
        Rule::TimersOutliveCall => ("ring", Fault::TimerLeak),
        Rule::EndedTwice => ("ring", Fault::EndedTwice),
        Rule::BothOffer => ("ring", Fault::SameRoles),
        Rule::OthersNotToldOfHangUp => ("ring on two devices, out of order", Fault::Disagreement),
        Rule::StaysMixedUp => ("room, again", Fault::MediaBeforeAccept),
        Rule::OthersNotTold => ("ring on two devices", Fault::Disagreement),
        Rule::AnotherDeviceKept => ("ring on two devices", Fault::MediaBeforeAccept),
    }
}
