//! The timers of a call: which there are, how long they run, which are running.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The timers a call may ask for. At most one of each runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TimerId {
    /// Caller: the invite reached nobody.
    InviteAck,
    /// Caller: nobody answered.
    Ring,
    /// Callee: the invite is not worth ringing any more.
    InviteExpiry,
    /// Accepted, but media does not connect.
    Connect,
    /// Media was lost and did not come back.
    Reconnect,
    /// The other end closed its peer connection, and nothing says why.
    Closed,
    /// Time for the next ICE restart.
    Restart,
    /// Nobody answered the wish for pictures.
    VideoAsk,
}

impl TimerId {
    /// Every timer there is.
    pub const ALL: [TimerId; 8] = [
        TimerId::InviteAck,
        TimerId::Ring,
        TimerId::InviteExpiry,
        TimerId::Connect,
        TimerId::Reconnect,
        TimerId::Closed,
        TimerId::Restart,
        TimerId::VideoAsk,
    ];
}

/// How long each timer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timers {
    /// [`TimerId::InviteAck`]: how long a caller waits to hear that the invite was delivered, or rings, or
    /// anything else of it. 10 s: a message sent again after a lost connection arrives within 5 s, a phone
    /// woken by a push says so in as much; who hears nothing after that should not wait in vain.
    /// `None` where a dialect says nothing of the kind.
    pub invite_ack: Option<Duration>,
    /// [`TimerId::Ring`]. 60 s: long enough to find a phone in a bag, and as long as push services try to
    /// deliver an urgent message.
    pub ring: Duration,
    /// How long invites and offers are worth anything: the expiry of those sent, and the longest
    /// [`TimerId::InviteExpiry`] whatever a received one asks for. 60 s, like [`Timers::ring`]: a caller
    /// who vanished must not keep a phone ringing, an offer found in an outbox later must not ring at all.
    pub invite_expiry: Duration,
    /// [`TimerId::Connect`]. 20 s: ICE over a relay on a bad mobile link takes under 10 s, DTLS
    /// handshakes with two lost flights 3 s; who waits longer has hung up already.
    pub connect: Duration,
    /// [`TimerId::Reconnect`]. 60 s: a lift, a tunnel or a switch of network passes in that time;
    /// people do not wait longer in silence.
    pub reconnect: Duration,
    /// [`TimerId::Closed`]. 5 s: who hangs up or makes another connection says so in the same moment; a
    /// word that must be sent again after a lost signaling connection arrives within 5 s.
    pub closed: Duration,
    /// [`TimerId::Restart`]: the pauses between ICE restarts; the first restart comes at once, the last
    /// pause repeats. 100, 300, 300, 500 ms find a new network as soon as it works; then 1, 2 and 5 s
    /// spare battery and signaling while there is none.
    pub restart: [Duration; 7],
    /// [`TimerId::VideoAsk`], at both ends. 30 s: the question is on the screen of somebody who talks; no
    /// answer in that time is an answer.
    pub video_ask: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Timers {
            invite_ack: Some(Duration::from_secs(10)),
            ring: Duration::from_secs(60),
            invite_expiry: Duration::from_secs(60),
            connect: Duration::from_secs(20),
            reconnect: Duration::from_secs(60),
            closed: Duration::from_secs(5),
            restart: [100, 300, 300, 500, 1_000, 2_000, 5_000].map(Duration::from_millis),
            video_ask: Duration::from_secs(30),
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Running(u8);

impl Running {
    pub(crate) fn insert(&mut self, id: TimerId) {
        self.0 |= Running::bit(id);
    }

    /// Takes `id` out; false when it was not in.
    pub(crate) fn remove(&mut self, id: TimerId) -> bool {
        let was_in = self.contains(id);
        self.0 &= !Running::bit(id);
        was_in
    }

    pub(crate) fn contains(self, id: TimerId) -> bool {
        self.0 & Running::bit(id) != 0
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
            assert!(running.contains(id));
            assert!(running.remove(id));
            assert!(!running.remove(id));
            assert_eq!(running, Running::default());
        }
    }
}
