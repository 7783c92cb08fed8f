//! The timers of a call: which there are, how long they run, which are running.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The timers a call may ask for. At most one of each runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TimerId {
    /// Caller: nobody answered.
    Ring,
    /// Callee: the invite is not worth ringing any more.
    InviteExpiry,
    /// Accepted, but media does not connect.
    Connect,
    /// Media was lost and did not come back.
    Reconnect,
    /// Time for the next ICE restart.
    Restart,
}

impl TimerId {
    /// Every timer there is.
    pub const ALL: [TimerId; 5] =
        [TimerId::Ring, TimerId::InviteExpiry, TimerId::Connect, TimerId::Reconnect, TimerId::Restart];
}

/// How long each timer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// [`TimerId::Ring`], and the expiry of the invites sent. 45 s: long enough to find a phone in a
    /// bag, shorter than the minute after which push services give up on an urgent message.
    pub ring: Duration,
    /// The longest [`TimerId::InviteExpiry`], whatever the invite asks for. 90 s: nobody rings longer,
    /// and a caller who vanished must not keep a phone ringing.
    pub invite_expiry: Duration,
    /// [`TimerId::Connect`]. 20 s: ICE over a relay on a bad mobile link takes under 10 s, DTLS
    /// handshakes with two lost flights 3 s; who waits longer has hung up already.
    pub connect: Duration,
    /// [`TimerId::Reconnect`]. 60 s: a lift, a tunnel or a switch of network passes in that time;
    /// people do not wait longer in silence.
    pub reconnect: Duration,
    /// [`TimerId::Restart`]: the pauses between ICE restarts; the first restart comes at once, the last
    /// pause repeats. 100, 300, 300, 500 ms find a new network as soon as it works; then 1, 2 and 5 s
    /// spare battery and signaling while there is none.
    pub restart: [Duration; 7],
}

impl Default for Timers {
    fn default() -> Self {
        Timers {
            ring: Duration::from_secs(45),
            invite_expiry: Duration::from_secs(90),
            connect: Duration::from_secs(20),
            reconnect: Duration::from_secs(60),
            restart: [100, 300, 300, 500, 1_000, 2_000, 5_000].map(Duration::from_millis),
        }
    }
}

impl Timers {
    /// The pause after the `attempt`th restart (0 is the first).
    pub(crate) fn restart_pause(&self, attempt: u8) -> Duration {
        self.restart[usize::from(attempt).min(self.restart.len() - 1)]
    }
}

/// The set of timers that were started and have neither fired nor been cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Running(u8);

impl Running {
    pub(crate) fn insert(&mut self, id: TimerId) {
        self.0 |= Running::bit(id);
    }

    /// Takes `id` out; false when it was not in.
    pub(crate) fn remove(&mut self, id: TimerId) -> bool {
        let was_in = self.0 & Running::bit(id) != 0;
        self.0 &= !Running::bit(id);
        was_in
    }

    fn bit(id: TimerId) -> u8 {
        1 << id as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_pauses_grow_to_five_seconds_and_stay_there() {
        let timers = Timers::default();
        let pauses: Vec<u128> = (0..9).map(|n| timers.restart_pause(n).as_millis()).collect();
        assert_eq!(pauses, [100, 300, 300, 500, 1_000, 2_000, 5_000, 5_000, 5_000]);
        assert_eq!(timers.restart_pause(u8::MAX), Duration::from_secs(5));
    }

    #[test]
    fn a_timer_leaves_the_running_set_once() {
        for id in TimerId::ALL {
            let mut running = Running::default();
            running.insert(id);
            assert!(running.remove(id));
            assert!(!running.remove(id));
            assert_eq!(running, Running::default());
        }
    }
}
