//! Why a call is over.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a call ended: who, why, and in which phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ended {
    /// Who ended it.
    pub by: EndedBy,
    /// Why.
    pub reason: EndReason,
    /// How far the call had come.
    pub phase: Phase,
    /// What had happened in it.
    pub facts: Facts,
}

/// The summary, a line for people: `hang-up by remote while connected: answered, connected, pictures, 1 recovery,
/// 3 restarts`.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {} while {}: {}", self.reason, self.by, self.phase, self.facts)
    }
}

/// What happened in a call. Times are the driver's to add: the machine has no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Facts {
    /// It was answered; or, in a room, somebody was there.
    pub accepted: bool,
    /// Media connected at least once.
    pub connected: bool,
    /// Both ends had agreed on pictures, from the start or later.
    pub video: bool,
    /// It was on hold at least once, by either end.
    pub held: bool,
    /// How often a connected call had to recover its media, or to move to another network. Stops at 65,535.
    pub recoveries: u16,
    /// How often ICE was restarted. Stops at 65,535.
    pub restarts: u16,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.accepted { "answered" } else { "not answered" })?;
        for (fact, text) in
            [(self.connected, ", connected"), (self.video, ", pictures"), (self.held, ", held")]
        {
            f.write_str(if fact { text } else { "" })?;
        }
        for (count, one, more) in
            [(self.recoveries, "recovery", "recoveries"), (self.restarts, "restart", "restarts")]
        {
            match count {
                0 => {}
                1 => write!(f, ", 1 {one}")?,
                count => write!(f, ", {count} {more}")?,
            }
        }
        Ok(())
    }
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// The person or host at this end.
    Local,
    /// The other end.
    Remote,
    /// Nobody: time ran out.
    Timeout,
    /// The service, the network or the engine.
    System,
}

impl fmt::Display for EndedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndedBy::Local => "local",
            EndedBy::Remote => "remote",
            EndedBy::Timeout => "timeout",
            EndedBy::System => "system",
        })
    }
}

/// How far a call had come when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It rang, here or there.
    Ringing,
    /// Alone in the room.
    Waiting,
    /// Accepted, media not yet connected.
    Connecting,
    /// In the call.
    Connected,
    /// Had been connected; media was lost.
    Reconnecting,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Ringing => "ringing",
            Phase::Waiting => "waiting",
            Phase::Connecting => "connecting",
            Phase::Connected => "connected",
            Phase::Reconnecting => "reconnecting",
        })
    }
}

/// Why a call ended. Its text form is the name in kebab-case: `hang-up`, `ring-timeout` ...
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// Somebody hung up.
    HangUp,
    /// The callee did not want to answer.
    Declined,
    /// The callee is in another call.
    Busy,
    /// Nobody answered.
    RingTimeout,
    /// The caller gave up ringing.
    Cancelled,
    /// Another device of the callee answered.
    AcceptedElsewhere,
    /// Another device of the callee declined.
    DeclinedElsewhere,
    /// Both ends rang each other; the other of the two calls goes on.
    GlareLost,
    /// The other one rang anew: their new call takes the place of this one, of which they know no more.
    Recalled,
    /// Two are in the room already.
    RoomFull,
    /// The other one left the room.
    PeerLeft,
    /// The other one is not connected to the service.
    NotFound,
    /// The invite reached no device of the other one in time.
    Unreachable,
    /// This user may not do that.
    Unauthorized,
    /// Too many calls, rooms or messages.
    RateLimited,
    /// The service refused for another reason.
    Refused,
    /// The signaling connection is gone for good.
    SignalingLost,
    /// A newer connection of the same user took over.
    Replaced,
    /// Media did not connect in time.
    ConnectTimeout,
    /// ICE found no way (phase `connecting`), or lost it and found no new one (phase `reconnecting`).
    IceFailed,
    /// The DTLS handshake failed.
    DtlsFailed,
    /// The two ends have no codec in common.
    NoCommonCodec,
    /// The other end vanished without a word.
    PeerGone,
    /// The other end could not take part in the call, or what it says of its media cannot be used.
    RemoteFailed,
    /// The engine failed; its log says more.
    Internal,
}

impl EndReason {
    /// Every reason there is.
    pub const ALL: [EndReason; 25] = [
        EndReason::HangUp,
        EndReason::Declined,
        EndReason::Busy,
        EndReason::RingTimeout,
        EndReason::Cancelled,
        EndReason::AcceptedElsewhere,
        EndReason::DeclinedElsewhere,
        EndReason::GlareLost,
        EndReason::Recalled,
        EndReason::RoomFull,
        EndReason::PeerLeft,
        EndReason::NotFound,
        EndReason::Unreachable,
        EndReason::Unauthorized,
        EndReason::RateLimited,
        EndReason::Refused,
        EndReason::SignalingLost,
        EndReason::Replaced,
        EndReason::ConnectTimeout,
        EndReason::IceFailed,
        EndReason::DtlsFailed,
        EndReason::NoCommonCodec,
        EndReason::PeerGone,
        EndReason::RemoteFailed,
        EndReason::Internal,
    ];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            EndReason::HangUp => "hang-up",
            EndReason::Declined => "declined",
            EndReason::Busy => "busy",
            EndReason::RingTimeout => "ring-timeout",
            EndReason::Cancelled => "cancelled",
            EndReason::AcceptedElsewhere => "accepted-elsewhere",
            EndReason::DeclinedElsewhere => "declined-elsewhere",
            EndReason::GlareLost => "glare-lost",
            EndReason::Recalled => "recalled",
            EndReason::RoomFull => "room-full",
            EndReason::PeerLeft => "peer-left",
            EndReason::NotFound => "not-found",
            EndReason::Unreachable => "unreachable",
            EndReason::Unauthorized => "unauthorized",
            EndReason::RateLimited => "rate-limited",
            EndReason::Refused => "refused",
            EndReason::SignalingLost => "signaling-lost",
            EndReason::Replaced => "replaced",
            EndReason::ConnectTimeout => "connect-timeout",
            EndReason::IceFailed => "ice-failed",
            EndReason::DtlsFailed => "dtls-failed",
            EndReason::NoCommonCodec => "no-common-codec",
            EndReason::PeerGone => "peer-gone",
            EndReason::RemoteFailed => "remote-failed",
            EndReason::Internal => "internal",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_as_it_is_serialised() {
        for reason in EndReason::ALL {
            let json = serde_json::to_string(&reason).expect("a unit variant serialises");
            assert_eq!(json, format!("\"{reason}\""));
        }
    }

    #[test]
    fn who_and_phase_read_as_they_are_serialised() {
        for by in [EndedBy::Local, EndedBy::Remote, EndedBy::Timeout, EndedBy::System] {
            assert_eq!(serde_json::to_value(by).ok(), Some(by.to_string().into()));
        }
        let phases =
            [Phase::Ringing, Phase::Waiting, Phase::Connecting, Phase::Connected, Phase::Reconnecting];
        for phase in phases {
            assert_eq!(serde_json::to_value(phase).ok(), Some(phase.to_string().into()));
        }
    }

    #[test]
    fn an_end_reads_as_a_line_for_people() {
        let facts = Facts::default();
        let unanswered =
            Ended { by: EndedBy::Timeout, reason: EndReason::RingTimeout, phase: Phase::Ringing, facts };
        assert_eq!(unanswered.to_string(), "ring-timeout by timeout while ringing: not answered");
        let facts =
            Facts { accepted: true, connected: true, video: true, held: true, recoveries: 1, restarts: 3 };
        let talked = Ended { by: EndedBy::Remote, reason: EndReason::HangUp, phase: Phase::Connected, facts };
        assert_eq!(
            talked.to_string(),
            "hang-up by remote while connected: answered, connected, pictures, held, 1 recovery, 3 restarts"
        );
    }

    #[test]
    fn no_two_reasons_read_the_same() {
        let mut texts: Vec<&str> = EndReason::ALL.iter().map(|reason| reason.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), EndReason::ALL.len());
    }
}
