//! The loop that carries both sides of a demo.

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use duet_core::Time;

use super::{Demo, DemoArgs};
use crate::cli::party::{Note, Party};

/// How often time is looked at when nothing happens.
const TICK: Duration = Duration::from_millis(20);
/// Both sides are in one process: what takes longer than this does not work.
const MEDIA: Duration = Duration::from_secs(20);
/// How long a hang-up may take to reach the other side.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same, for a process that must be gone within half a second.
const HASTY_FAREWELL: Duration = Duration::from_millis(150);

/// What became of both sides.
pub(super) struct Parties {
    /// A and B; none where a side could not even start.
    pub(super) sides: [Option<Party>; 2],
    /// From B's accepting until both were connected.
    pub(super) connect_ms: Option<u64>,
    pub(super) problems: Vec<String>,
}

/// Runs the whole call.
pub(super) fn drive(demo: &Demo, args: &DemoArgs) -> Parties {
    let clock = &demo.engines[0];
    let start = clock.now();
    let mut parties = Parties { sides: [None, None], connect_ms: None, problems: Vec::new() };
    parties.seat(1, demo, args);
    let mut deadline: Option<Time> = None;
    loop {
        match demo.inbox.recv_timeout(TICK) {
            Ok(Note::News { who, at, news }) => {
                if let Some(party) = &mut parties.sides[who] {
                    party.on_news(at, news);
                }
            }
            Ok(Note::Interrupt) => {
                parties.problems.push("stopped before the end".into());
                deadline = Some(parties.hang_up(clock.now() + HASTY_FAREWELL));
            }
            // Nobody types to a demo.
            Ok(Note::Typed(_)) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let now = clock.now();
        parties.sides.iter_mut().flatten().for_each(|party| party.on_time(now));
        // B has to be there before A calls.
        let waiting = parties.sides[1].as_ref().is_some_and(|party| party.facts().signaling);
        if parties.sides[0].is_none() && waiting {
            parties.seat(0, demo, args);
        }
        if deadline.is_none() && parties.gave_up() {
            deadline = Some(parties.hang_up(now + FAREWELL));
        }
        if deadline.is_none() {
            match parties.media_at() {
                Some(media_at) if now.since(media_at) >= Duration::from_secs(args.seconds) => {
                    deadline = Some(parties.hang_up(now + FAREWELL));
                }
                None if now.since(start) > MEDIA => {
                    let seconds = MEDIA.as_secs();
                    parties.problems.push(format!("no pictures and sound both ways within {seconds} s"));
                    deadline = Some(parties.hang_up(now + FAREWELL));
                }
                _ => {}
            }
        }
        if parties.ended() || deadline.is_some_and(|deadline| now >= deadline) {
            break;
        }
    }
    parties.connect_ms = parties.connect_ms();
    parties
}

impl Parties {
    fn seat(&mut self, who: usize, demo: &Demo, args: &DemoArgs) {
        match demo.party(who, args) {
            Ok(party) => self.sides[who] = Some(party),
            Err(failure) => self.problems.push(failure.to_string()),
        }
    }

    /// A hangs up, and B too if the call never reached it. Passes the deadline on.
    fn hang_up(&mut self, deadline: Time) -> Time {
        if let Some(caller) = self.sides.iter_mut().flatten().next() {
            caller.hang_up();
        }
        deadline
    }

    /// When media began to flow on the later side.
    fn media_at(&self) -> Option<Time> {
        let [Some(a), Some(b)] = &self.sides else { return None };
        Some(a.facts().media_at?.max(b.facts().media_at?))
    }

    fn gave_up(&mut self) -> bool {
        let failures: Vec<String> = self
            .sides
            .iter()
            .flatten()
            .filter_map(|p| p.facts().failure.as_ref())
            .map(ToString::to_string)
            .collect();
        self.problems.extend(failures);
        !self.problems.is_empty()
    }

    fn ended(&self) -> bool {
        let mut sides = self.sides.iter().flatten().peekable();
        sides.peek().is_none() || sides.all(|party| party.facts().ended.is_some())
    }

    fn connect_ms(&self) -> Option<u64> {
        let [Some(a), Some(b)] = &self.sides else { return None };
        let (a, b) = (a.facts(), b.facts());
        let both = a.connected_at?.max(b.connected_at?);
        u64::try_from(both.since(b.accepted_at?).as_millis()).ok()
    }
}
