//! Runs a scenario to exhaustion, and reports.

use std::fmt::Write;
use std::time::{Duration, Instant};

use duet_call::Rule;
use stateright::{Checker, HasDiscoveries, Model, Path};

use crate::actions::Action;
use crate::faults::{Fault, TALK};
use crate::scenario::Scenario;
use crate::world::{State, World};

/// What came of a scenario.
pub struct Verdict {
    pub states: usize,
    pub machines: usize,
    pub steps: usize,
    /// Two people talked, in one state at least.
    pub talked: bool,
    pub took: Duration,
    /// The first fault, and the steps that lead to it.
    pub fault: Option<(Fault, Vec<Action>)>,
}

/// Explores all of `scenario`, or until something is wrong.
pub fn check(scenario: Scenario, broken: Option<Rule>) -> Verdict {
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = explore(World::new(scenario, broken), threads);
    let world = checker.model();
    // Only one thread explores strictly by distance, and so finds the shortest way to a fault.
    let discoveries = checker.discoveries();
    let talked = discoveries.contains_key(TALK);
    let fault = if discoveries.len() > usize::from(talked) {
        Some(shown(&explore(World::new(scenario, broken), 1)))
    } else {
        let wanted = world.graph.faults(&world.start());
        let found = !wanted.is_empty();
        found.then(|| shown(&explore(World { wanted, ..World::new(scenario, broken) }, 1)))
    };
    Verdict {
        states: checker.unique_state_count(),
        machines: world.pool.len(),
        steps: checker.state_count(),
        talked,
        took: begun.elapsed(),
        fault,
    }
}

/// A fault as a sentence and its steps, one a line.
pub fn story(fault: Fault, steps: &[Action]) -> String {
    let mut text = format!("broken: {}", fault.rule());
    for (number, step) in (1..).zip(steps) {
        write!(text, "\n  {number:2} {step:?}").expect("memory takes all");
    }
    text
}

fn explore(world: World, threads: usize) -> impl Checker<World> {
    let checker = world.checker().threads(threads).finish_when(HasDiscoveries::AnyFailures);
    checker.spawn_bfs().join()
}

/// The fault that the exploration met, with the shortest way to it.
fn shown(checker: &impl Checker<World>) -> (Fault, Vec<Action>) {
    let fault = |name: &str| Fault::ALL.into_iter().find(|fault| fault.rule() == name);
    let found =
        checker.discoveries().into_iter().filter_map(|(name, path)| Some((fault(name)?, steps(path))));
    found.min_by_key(|(_, steps)| steps.len()).expect("what was found once is found again")
}

fn steps(path: Path<State, Action>) -> Vec<Action> {
    path.into_actions()
}
