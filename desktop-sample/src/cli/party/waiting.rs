//! A second caller during a call, and the way back to the first.

use duet_core::{Call, CallEvent, CallId, CallState, Subscription};

use super::Party;
use crate::cli::report::Event;

/// Calls beside the one that talks. Each is listened to as long as it is here; dropped, it is declined or
/// hung up.
#[derive(Default)]
pub(super) struct Others {
    /// Rings during the call.
    waiting: Option<(Call, Subscription)>,
    /// On hold while another one talks.
    held: Option<(Call, Option<Subscription>)>,
}

impl Others {
    /// A call waits for the one that talks to end.
    pub(super) fn has_held(&self) -> bool {
        self.held.as_ref().is_some_and(|(call, _)| call.state() != CallState::Ended)
    }
}

impl Party {
    /// Somebody calls during the call. Only with call waiting: the engine says busy otherwise.
    pub(super) fn on_waiting(&mut self, call: Call) {
        // Who rings anew takes the place of their own lost call.
        self.others.waiting.take_if(|(waiting, _)| waiting.peer() == call.peer());
        if self.others.has_held() || self.others.waiting.is_some() {
            return call.decline();
        }
        let from = name(&call);
        self.screen.event(&Event::Waiting { from: from.clone() });
        self.screen.say(format!("{from} is calling, too; answer a or d"));
        let events = self.listen(&call);
        self.others.waiting = Some((call, events));
    }

    /// Puts the call on hold and talks with who is waiting; false when nobody is.
    pub(super) fn take_waiting(&mut self) -> bool {
        let Some((call, events)) = self.others.waiting.take() else { return false };
        // Answering one call puts the others on hold.
        call.accept(self.options.clone());
        let before = self.call.replace(call.clone());
        let events = self._call_events.replace(events);
        self.others.held = before.map(|before| (before, events));
        self.switch_to(&call);
        true
    }

    /// Refuses who is waiting; false when nobody is.
    pub(super) fn refuse_waiting(&mut self) -> bool {
        let waiting = self.others.waiting.take();
        if let Some((call, _)) = &waiting {
            call.decline();
        }
        waiting.is_some()
    }

    /// The second call is over: goes on with the first.
    pub(super) fn return_to_held(&mut self) {
        let Some((call, events)) = self.others.held.take() else { return };
        self.call = Some(call.clone());
        self._call_events = events;
        self.switch_to(&call);
        if let Err(error) = call.resume() {
            self.screen.say(format!("the call stays on hold: {error}"));
        }
    }

    /// Something happened to a call that does not talk.
    pub(super) fn on_other_event(&mut self, id: &CallId, event: CallEvent) {
        if !matches!(event, CallEvent::Ended(_)) {
            return;
        }
        if self.others.waiting.take_if(|(call, _)| call.id() == *id).is_some() {
            self.screen.say("who was waiting has given up");
        }
        if self.others.held.take_if(|(call, _)| call.id() == *id).is_some() {
            self.screen.say("who was on hold has hung up");
        }
    }

    fn switch_to(&mut self, call: &Call) {
        self.held = (false, false);
        if let Some(media) = &self.media {
            media.switch(call);
        }
        self.screen.event(&Event::Switched { to: name(call) });
        if call.state() != CallState::Ended {
            self.screen.say(format!("talking with {} now", name(call)));
        }
    }
}

fn name(call: &Call) -> String {
    call.peer().map(|peer| peer.to_string()).unwrap_or_default()
}
