//! Every machine state met so far, and what every event does to it: each is worked out once.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, RwLock};

use duet_call::{Config, Rule, break_rule};

use crate::adapter::{Event, Machine, Out, People};

/// A machine state, by the hash of its canonical form: the same in every run.
pub type Key = u64;

/// What an event leads to.
#[derive(Clone)]
pub struct Step {
    pub next: Key,
    pub outs: Arc<[Out]>,
}

/// Machine states are far fewer than states of two machines and a network, and dearer to work out.
pub struct Pool {
    broken: Option<Rule>,
    start: Key,
    machines: RwLock<HashMap<Key, Arc<Machine>>>,
    steps: RwLock<HashMap<(Key, Event), Step>>,
}

impl Pool {
    pub fn new(config: Config, people: People, broken: Option<Rule>) -> Self {
        let machine = Machine::new(config, people);
        let start = key(&machine);
        let machines = RwLock::new(HashMap::from([(start, Arc::new(machine))]));
        Pool { broken, start, machines, steps: RwLock::default() }
    }

    /// The state of a machine to which nothing has happened.
    pub fn start(&self) -> Key {
        self.start
    }

    /// How many machine states there are.
    pub fn len(&self) -> usize {
        self.machines.read().expect("no panic").len()
    }

    pub fn step(&self, from: Key, event: Event) -> Step {
        if let Some(step) = self.steps.read().expect("no panic").get(&(from, event)) {
            return step.clone();
        }
        let machine = self.machines.read().expect("no panic")[&from].clone();
        let mut machine = Machine::clone(&machine);
        break_rule(self.broken);
        let outs = machine.give(event).into();
        break_rule(None);
        let next = key(&machine);
        self.machines.write().expect("no panic").entry(next).or_insert_with(|| Arc::new(machine));
        let step = Step { next, outs };
        self.steps.write().expect("no panic").insert((from, event), step.clone());
        step
    }
}

fn key(machine: &Machine) -> Key {
    let mut hasher = DefaultHasher::new();
    machine.canonical().hash(&mut hasher);
    hasher.finish()
}
