//! The explored graph, and what can be reached in it.
//!
//! `stateright` decides liveness on paths, which is unsound where they run in circles. Here every edge
//! that the exploration takes is written down, and reachability is computed backwards from the goals.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::Mutex;

use crate::actions::Action;
use crate::faults::Fault;
use crate::world::State;

/// The edges, as pairs of digests; the lowest bits of the second tell about the edge and its end.
#[derive(Default)]
pub struct Graph([Mutex<Vec<(u64, u64)>>; 16]);

const INEVITABLE: u64 = 1;
const SETTLED: u64 = 2;
const OVER: u64 = 4;
const BITS: u64 = 7;

impl Graph {
    /// What a state is called here.
    pub fn name(state: &State) -> u64 {
        state.digest & !BITS
    }

    pub fn edge(&self, from: &State, action: Action, to: &State) {
        let from = Graph::name(from);
        let bit = |holds: bool, bit: u64| if holds { bit } else { 0 };
        let bits = bit(action.inevitable(), INEVITABLE) | bit(to.settled(), SETTLED) | bit(to.over(), OVER);
        let shard = (from >> 60) as usize;
        self.0[shard].lock().expect("no panic").push((from, Graph::name(to) | bits));
    }

    /// The states from which something cannot be reached, of all that was recorded; then forgets it.
    pub fn faults(&self, start: &State) -> HashMap<u64, Fault> {
        let mut edges: Vec<(u64, u64)> = Vec::new();
        for shard in &self.0 {
            edges.append(&mut shard.lock().expect("no panic"));
        }
        let start = Graph::name(start) | SETTLED | OVER;
        let mut nodes: Vec<u64> = edges.iter().map(|(_, to)| to & !INEVITABLE).chain([start]).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let names: Vec<u64> = nodes.iter().map(|node| node & !BITS).collect();
        let index = |digest: u64| names.binary_search(&(digest & !BITS)).expect("every end is a node") as u32;

        let mut leaves = vec![true; nodes.len()];
        let mut back: Vec<(u32, u32, bool)> = Vec::with_capacity(edges.len());
        for (from, to) in edges {
            let (from, target) = (index(from), index(to));
            leaves[from as usize] = false;
            back.push((target, from, to & INEVITABLE != 0));
        }
        back.sort_unstable();
        back.dedup();

        let settles = reach(&back, &nodes, SETTLED | OVER, true);
        let ends = reach(&back, &nodes, OVER, false);
        let wrong = |place: usize| {
            if leaves[place] && nodes[place] & OVER == 0 {
                Some(Fault::Stuck)
            } else if !ends[place] {
                Some(Fault::NeverEnds)
            } else if !settles[place] {
                Some(Fault::NeverSettles)
            } else {
                None
            }
        };
        (0..nodes.len()).filter_map(|place| Some((names[place], wrong(place)?))).collect()
    }
}

/// From which nodes one of the `goals` is reached, by all edges or by inevitable ones only. `back` is
/// sorted by target.
fn reach(back: &[(u32, u32, bool)], nodes: &[u64], goals: u64, inevitable: bool) -> Vec<bool> {
    let mut reached: Vec<bool> = nodes.iter().map(|node| node & goals != 0).collect();
    let mut todo: Vec<u32> =
        (0..).zip(&reached).filter(|(_, is_goal)| **is_goal).map(|(node, _)| node).collect();
    while let Some(node) = todo.pop() {
        let first = back.partition_point(|edge| edge.0 < node);
        for (_, from, bound) in back[first..].iter().take_while(|edge| edge.0 == node) {
            if (*bound || !inevitable) && !reached[*from as usize] {
                reached[*from as usize] = true;
                todo.push(*from);
            }
        }
    }
    reached
}

/// A hash over words: fast, and the same in every run.
#[derive(Default)]
pub struct Words(u64);

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }

    fn write_u64(&mut self, word: u64) {
        // Multiplying alone mixes upwards only; the rotation brings the high bits down again.
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ mixed >> 32
    }
}
