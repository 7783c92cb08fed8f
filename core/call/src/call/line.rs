//! Signaling is a fact beside a call; only a call not yet connected cannot do without.

use super::Call;
use super::words::{Farewell, lost};
use crate::ended::EndedBy::System;
use crate::input::SignalingInput as S;
use crate::state::State::{Connected, Connecting, Ended, Incoming, Outgoing, Pushed, Reconnecting, Waiting};
use crate::state::{Heard, Signaling};
use crate::timers::TimerId as T;

impl Call {
    pub(super) fn line(&mut self, news: S) {
        self.signaling = match news {
            S::Lost => Signaling::Down,
            S::Restored => Signaling::Up,
            S::LostForGood(_) => Signaling::Gone,
        };
        match (self.state, news) {
            // What cannot be heard is not waited for.
            (Outgoing { heard: Heard::Nothing, .. }, S::Lost) => self.cancel_timer(T::InviteAck),
            (Outgoing { heard: Heard::Nothing, .. }, S::Restored) => {
                self.cancel_timer(T::InviteAck);
                self.await_ack();
            }

            // Restarts wait until they can be signaled; media may still come back by itself.
            (Reconnecting { .. }, S::Lost | S::LostForGood(_)) => self.cancel_timer(T::Restart),
            (Reconnecting { .. }, S::Restored) => self.restart_scheduled(0),

            (
                Outgoing { .. } | Pushed { .. } | Incoming { .. } | Waiting { .. } | Connecting,
                S::LostForGood(loss),
            ) => self.end(System, lost(loss), Farewell::Silent),

            (
                Outgoing { heard: Heard::Delivered | Heard::Ringing, .. }
                | Pushed { .. }
                | Incoming { .. }
                | Waiting { .. }
                | Connecting,
                S::Lost | S::Restored,
            )
            | (Connected | Ended(_), S::Lost | S::Restored | S::LostForGood(_)) => {}
        }
    }
}
