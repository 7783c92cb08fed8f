//! Storms: whole engines on virtual time in the worst of weather.
//!
//! A storm is drawn from a seed: two or three hosts with the real engine and driver, the real service or
//! messages that the hosts carry themselves, people who act at any moment, and everything that can go
//! wrong. Only the peer connections are scripted ([`crate::peer::scripted`]) and the bytes go through
//! memory. Then comes a calm, and [`law`] says what must be true; then all leave, and nothing may be left.
//!
//! One seed, told aloud: `DUET_SEED=123 cargo test -p duet-core a_thousand -- --nocapture`. More than the usual
//! thousand: `DUET_SEED=1000..50000`.

mod bytes;
mod cases;
mod gate;
mod law;
mod over_webrtc;
mod plan;
mod record;
mod trace;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;

pub(crate) use gate::Gate;
use world::World;

use crate::CallState;

/// How many seeds.
const STORMS: u64 = 1_000;
/// Longer than everything a call waits for, one after the other: ringing, connecting, reconnecting, the
/// service.
const CALM: Duration = Duration::from_secs(300);
/// Longer than an end that is seen by silence alone.
const PARTING: Duration = Duration::from_secs(100);
/// Longer than closing anything may take.
const CLOSING: Duration = Duration::from_secs(5);
/// A storm takes milliseconds; one that takes this long goes round in circles.
const STUCK: Duration = Duration::from_secs(60);

/// How a storm ended.
struct Outcome {
    seed: u64,
    hash: u64,
    /// Some call in it was connected.
    talked: bool,
    broken: Vec<String>,
    lines: Vec<String>,
}

fn run(seed: u64, aloud: bool) -> Outcome {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    let (trace, talked, broken) = runtime.block_on(async {
        let world = World::new(seed, aloud);
        world.rage().await;
        sleep(CALM).await;
        world.check_media();
        law::settled(&world).into_iter().for_each(|what| world.broke(what));
        world.note("all hang up");
        world.hang_up_all();
        sleep(PARTING).await;
        law::over(&world).into_iter().for_each(|what| world.broke(what));
        world.note("all leave");
        world.leave();
        sleep(CLOSING).await;
        world.stop_service();
        sleep(CLOSING).await;
        let (kept, open) =
            (world.records().iter().filter(|record| record.is_kept()).count(), world.fabric().open());
        let tasks = Handle::current().metrics().num_alive_tasks();
        if (kept, open, tasks) != (0, 0, 0) {
            world.broke(format!("left: {kept} calls, {open} connections, {tasks} tasks"));
        }
        let talked = world.records().iter().any(|record| record.states.contains(&CallState::Connected));
        (world.trace().clone(), talked, world.broken())
    });
    Outcome { seed, hash: trace.hash(), talked, broken, lines: trace.lines() }
}

/// The seeds to run: all, or those asked for. One is told aloud.
fn wanted(usual: u64) -> (std::ops::Range<u64>, bool) {
    let Ok(asked) = std::env::var("DUET_SEED") else { return (0..usual, false) };
    let number = |text: &str| text.parse::<u64>().expect("DUET_SEED is a number, or two with .. between");
    match asked.split_once("..") {
        Some((from, to)) => (number(from)..number(to), false),
        None => (number(&asked)..number(&asked) + 1, true),
    }
}

#[test]
fn a_thousand_storms_end_in_a_legal_state() {
    let (seeds, aloud) = wanted(STORMS);
    let next = std::sync::Arc::new(AtomicU64::new(seeds.start));
    let (sender, outcomes) = channel();
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        let (next, sender, end) = (next.clone(), sender.clone(), seeds.end);
        std::thread::spawn(move || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= end {
                    return;
                }
                let outcome = std::panic::catch_unwind(|| run(seed, aloud)).map_err(|_| seed);
                if sender.send(outcome).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let (mut bad, mut talked) = (0, 0);
    for done in 0.. {
        let outcome = match outcomes.recv_timeout(STUCK) {
            Ok(outcome) => outcome,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                panic!("stuck after {done} storms; begun: up to seed {}", next.load(Ordering::Relaxed) - 1)
            }
        };
        talked += u64::from(outcome.as_ref().is_ok_and(|outcome| outcome.talked));
        let (seed, broken, lines) = match outcome {
            Ok(Outcome { broken, .. }) if broken.is_empty() => continue,
            Ok(Outcome { seed, broken, lines, .. }) => (seed, broken, lines),
            Err(seed) => (seed, vec!["panicked".to_owned()], Vec::new()),
        };
        bad += 1;
        if bad == 1 {
            lines.iter().rev().take(60).rev().for_each(|line| println!("{line}"));
        }
        println!("storm {seed}: {}", broken.join("\n    "));
        println!("    again: DUET_SEED={seed} cargo test -p duet-core a_thousand -- --nocapture");
    }
    assert_eq!(bad, 0, "storms ended in an illegal state");
    println!("{talked} storms with a call that was connected");
    // Where nobody gets through, no law can be broken. Neither way of signaling alone comes to a quarter.
    assert!(aloud || talked * 4 >= seeds.end - seeds.start, "calls were connected in {talked} storms only");
}

#[test]
fn the_same_seed_is_the_same_storm_to_the_bit() {
    let (seeds, _) = wanted(STORMS);
    for seed in seeds.take(200) {
        let (one, two) = (run(seed, false), run(seed, false));
        if one.hash != two.hash {
            let differ = one.lines.iter().zip(&two.lines).find(|(one, two)| one != two);
            panic!("seed {}: {differ:?}, {} and {} lines", one.seed, one.lines.len(), two.lines.len());
        }
    }
}
