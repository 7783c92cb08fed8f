//! How a call ended, for programs and in a sentence for people.

use std::fmt;
use std::time::Duration;

use duet_call::{EndReason as Why, EndedBy, Facts, Phase};

/// How a call ended. Its text form is one line that a person understands: `The other side hung up after
/// 3 min 5 s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Who ended it.
    pub by: EndedBy,
    /// Why.
    pub reason: Why,
    /// How far the call had come.
    pub phase: Phase,
    /// How long media had been connected.
    pub duration: Duration,
    /// What had happened in it.
    pub facts: Facts,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())?;
        if self.facts.connected {
            write!(f, " after {}", Spoken(self.duration))?;
        }
        match self.facts.recoveries {
            0 => Ok(()),
            1 => f.write_str("; the connection had been lost once"),
            times => write!(f, "; the connection had been lost {times} times"),
        }
    }
}

impl Ended {
    fn sentence(&self) -> &'static str {
        let local = self.by == EndedBy::Local;
        match self.reason {
            Why::HangUp if local => "You hung up",
            Why::HangUp => "The other side hung up",
            Why::Declined if local => "You declined the call",
            Why::Declined => "The other side declined the call",
            Why::Busy => "The other side is in another call",
            Why::RingTimeout => "Nobody answered in time",
            Why::Cancelled if local => "You stopped ringing",
            Why::Cancelled => "The other side stopped ringing",
            Why::AcceptedElsewhere => "The call was answered on another device",
            Why::DeclinedElsewhere => "The call was declined on another device",
            Why::GlareLost => "Both sides rang at once; the other of the two calls goes on",
            Why::Recalled => "The other side rang anew; that call takes the place of this one",
            Why::RoomFull => "Two are in the room already",
            Why::PeerLeft => "The other side left the room",
            Why::NotFound => "Nobody of that name is connected to the service",
            Why::Unreachable => "No device of the other side could be reached",
            Why::Unauthorized => "The service does not allow it",
            Why::RateLimited => "The service had too many requests; try again in a minute",
            Why::Refused => "The service refused the call",
            Why::SignalingLost => "The service cannot be reached",
            Why::Replaced => "A newer connection of the same user took over",
            Why::ConnectTimeout => "No connection came about in time",
            Why::IceFailed if self.facts.connected => "The connection was lost and could not be mended",
            Why::IceFailed => "No way through the network was found",
            Why::DtlsFailed => "The connection could not be made secure",
            Why::NoCommonCodec => "The two sides have no codec in common",
            Why::PeerGone => "The other side vanished without a word",
            Why::RemoteFailed => "The other side could not take part, or what it sent cannot be used",
            Why::Internal => "The engine failed; its log says more",
        }
    }
}

/// A duration in the words of people, to the second.
struct Spoken(Duration);

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
            (0, 0, s) => write!(f, "{s} s"),
            (0, m, s) => write!(f, "{m} min {s} s"),
            (h, m, _) => write!(f, "{h} h {m} min"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(by: EndedBy, reason: Why, seconds: Option<u64>, recoveries: u16) -> String {
        let facts = Facts { connected: seconds.is_some(), recoveries, ..Facts::default() };
        let duration = Duration::from_secs(seconds.unwrap_or_default());
        Ended { by, reason, phase: Phase::Connected, duration, facts }.to_string()
    }

    #[test]
    fn an_end_says_who_did_what_and_how_long_the_call_was() {
        use EndedBy::{Local, Remote, System, Timeout};
        for (end, sentence) in [
            (ended(Local, Why::HangUp, Some(59), 0), "You hung up after 59 s"),
            (ended(Remote, Why::HangUp, Some(185), 0), "The other side hung up after 3 min 5 s"),
            (
                ended(Remote, Why::HangUp, Some(2), 1),
                "The other side hung up after 2 s; the connection had been lost once",
            ),
            (
                ended(Timeout, Why::IceFailed, Some(3_725), 4),
                "The connection was lost and could not be mended after 1 h 2 min; \
                 the connection had been lost 4 times",
            ),
            (ended(Remote, Why::Declined, None, 0), "The other side declined the call"),
            (ended(Local, Why::Declined, None, 0), "You declined the call"),
            (ended(System, Why::IceFailed, None, 0), "No way through the network was found"),
        ] {
            assert_eq!(end, sentence);
        }
    }

    #[test]
    fn every_end_is_one_line_of_its_own() {
        let mut lines: Vec<String> =
            Why::ALL.iter().map(|reason| ended(EndedBy::Remote, *reason, None, 0)).collect();
        assert!(lines.iter().all(|line| !line.contains('\n') && (10..=80).contains(&line.len())));
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), Why::ALL.len());
    }
}
