//! The loop that carries a call from the first message to the last.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use duet_core::{Engine, Time};

use super::action::{Action, KEYS, Typed};
use super::place::wrong_role;
use crate::cli::Failure;
use crate::cli::party::{Note, Party, Role};
use crate::cli::verdict::{Asked, End};

/// How often time is looked at when nothing happens.
const TICK: Duration = Duration::from_millis(20);
/// A service that was not reached by then will not be: the engine's own attempts take less.
const SIGNALING: Duration = Duration::from_secs(35);
/// With `--seconds`, media has to flow this soon after the connection is up.
const MEDIA: Duration = Duration::from_secs(30);
/// With `--end remote`, the other side may take this much longer than `--seconds`.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a hang-up may take to be confirmed.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same, for a process that must be gone within half a second.
const HASTY_FAREWELL: Duration = Duration::from_millis(150);
/// How long the engine may take to send its last messages.
const CLOSE: Duration = Duration::from_millis(150);

/// When the call is to end, and how it is to begin.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// Two-way media lasts this long.
    pub(super) seconds: Option<Duration>,
    pub(super) end: Option<End>,
    pub(super) role: Option<Role>,
}

/// Runs until the call is over, for whatever reason, and its session is closed.
pub(super) fn drive(party: &mut Party, inbox: &Receiver<Note>, engine: &Engine, limits: Limits) -> Asked {
    let mut asked = Asked { end: limits.end, ..Asked::default() };
    let start = engine.now();
    let mut deadline = None;
    while !over(party, deadline, engine.now()) {
        match inbox.recv_timeout(TICK) {
            Ok(Note::News { at, news, .. }) => party.on_news(at, news),
            Ok(Note::Typed(typed)) if typed != Typed::Do(Action::HangUp) || party.has_call() => match typed {
                Typed::Do(action) => party.act(action),
                Typed::Switch(switch) => party.switch(switch),
                Typed::Help => party.screen.say(KEYS),
            },
            Ok(Note::Typed(_) | Note::Interrupt) => {
                asked.interrupted = true;
                party.screen.say("hanging up ...");
                party.hang_up();
                deadline = Some(engine.now() + HASTY_FAREWELL);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let now = engine.now();
        party.on_time(now);
        if deadline.is_none() {
            deadline = step(party, &mut asked, start, now, limits);
        }
    }
    engine.close_and_wait(CLOSE);
    asked
}

fn over(party: &Party, deadline: Option<Time>, now: Time) -> bool {
    let facts = party.facts();
    let waiting = party.has_call() && deadline.is_none_or(|deadline| now < deadline);
    facts.ended.is_some() || ((deadline.is_some() || facts.failure.is_some()) && !waiting)
}

/// Hangs up when it is time to; gives until when to wait for the end.
fn step(party: &mut Party, asked: &mut Asked, start: Time, now: Time, limits: Limits) -> Option<Time> {
    let facts = party.facts();
    let mismatch = limits.role.zip(facts.role).filter(|(wanted, actual)| wanted != actual);
    if facts.failure.is_some() {
        party.hang_up();
    } else if let Some((_, actual)) = mismatch {
        party.fail(wrong_role(party.dialect(), actual));
    } else if !facts.signaling && now.since(start) > SIGNALING {
        party.fail(Failure::signaling("the signaling service does not answer; check the address"));
    } else if let (Some(seconds), Some(media_at)) = (limits.seconds, facts.media_at) {
        let elapsed = now.since(media_at);
        let patience = if limits.end == Some(End::Remote) { PATIENCE } else { Duration::ZERO };
        if elapsed < seconds + patience {
            return None;
        }
        asked.tired = limits.end == Some(End::Remote);
        party.hang_up();
    } else if let (Some(_), Some(connected_at)) = (limits.seconds, facts.connected_at) {
        if now.since(connected_at) < MEDIA {
            return None;
        }
        party.fail(Failure::call("connected, but pictures and sound did not flow both ways within 30 s"));
    } else {
        return None;
    }
    Some(now + FAREWELL)
}
