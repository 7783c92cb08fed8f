//! Did the call do what was asked?

use clap::ValueEnum;
use duet_core::EndReason;

use super::Failure;
use super::party::Facts;

/// Who is to end the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum End {
    /// This side hangs up after `--seconds`.
    Local,
    /// The other side hangs up.
    Remote,
}

/// What was asked for, and what this command itself did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// Who is to end the call, if that was said.
    pub(crate) end: Option<End>,
    /// A person or script ended the process.
    pub(crate) interrupted: bool,
    /// This side waited for the other to hang up, in vain.
    pub(crate) tired: bool,
}

/// `Ok` when media flowed and the call ended as asked.
pub(crate) fn verdict(facts: &Facts, asked: Asked) -> Result<(), Failure> {
    if let Some(failure) = &facts.failure {
        return Err(failure.clone());
    }
    let by = facts.ended.as_ref().map(super::party::ended_by);
    if facts.declined && facts.ended.as_ref().is_some_and(|ended| ended.reason == EndReason::Declined) {
        return Ok(());
    }
    if facts.media_at.is_none() {
        return Err(match (&facts.ended, asked.interrupted) {
            (_, true) => Failure::call("stopped before pictures and sound flowed both ways"),
            (Some(ended), false) => {
                let reason = ended.reason.to_string();
                let when = if facts.connected_at.is_none() {
                    "before it connected"
                } else {
                    "before pictures and sound flowed both ways"
                };
                Failure::ended(ended.reason, format!("the call ended {when} ({reason}){}", advice(&reason)))
            }
            (None, false) => Failure::call("there was no call"),
        });
    }
    if asked.tired {
        return Err(Failure::call("the other side did not hang up in time"));
    }
    match (asked.end, by) {
        _ if asked.interrupted => Ok(()),
        (Some(End::Local) | None, Some("local")) if is_hang_up(facts) => Ok(()),
        (Some(End::Remote) | None, Some("remote")) => Ok(()),
        (Some(End::Local), Some("remote")) => {
            Err(Failure::call("the other side hung up first; --end local asked for the opposite"))
        }
        (_, None) => Err(Failure::call("the call did not confirm its end in time")),
        (_, Some(_)) => {
            let reason = facts.ended.as_ref().map(|ended| ended.reason.to_string()).unwrap_or_default();
            Err(Failure::call(format!("the call was lost ({reason}){}", advice(&reason))))
        }
    }
}

fn is_hang_up(facts: &Facts) -> bool {
    facts.ended.as_ref().is_some_and(|ended| ended.by == duet_core::EndedBy::Local)
}

/// What to do about it.
fn advice(reason: &str) -> &'static str {
    match reason {
        "room-full" => "; choose another --room",
        "not-found" => "; check the name and that the other side runs",
        "unauthorized" => "; pass a valid --token",
        "busy" | "declined" | "ring-timeout" => "; try again later",
        "ice-failed" | "connect-timeout" => "; name a TURN server with --ice-server",
        "no-common-codec" => "; try the other --codec, or leave it out",
        "signaling-lost" => "; check the server and the network",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use duet_core::{Ended, EndedBy, Phase, Time};

    use super::*;

    fn facts(media: bool, ended: Option<(EndedBy, EndReason)>) -> Facts {
        Facts {
            media_at: media.then_some(Time::from_millis(5)),
            ended: ended.map(|(by, reason)| Ended {
                by,
                reason,
                phase: Phase::Connected,
                duration: Duration::ZERO,
                facts: duet_core::Facts::default(),
            }),
            ..Facts::default()
        }
    }

    fn code(facts: &Facts, asked: Asked) -> u8 {
        verdict(facts, asked).err().map_or(0, |failure| failure.code())
    }

    fn asked(end: Option<End>) -> Asked {
        Asked { end, ..Asked::default() }
    }

    #[test]
    fn whoever_hangs_up_first_is_fine_unless_it_was_said_who() {
        let local = facts(true, Some((EndedBy::Local, EndReason::HangUp)));
        let remote = facts(true, Some((EndedBy::Remote, EndReason::HangUp)));
        for (facts, end, expected) in [
            (&local, None, 0),
            (&remote, None, 0),
            (&local, Some(End::Local), 0),
            (&remote, Some(End::Remote), 0),
            (&remote, Some(End::Local), 1),
            (&local, Some(End::Remote), 1),
        ] {
            assert_eq!(code(facts, asked(end)), expected, "{end:?}");
        }
    }

    #[test]
    fn a_call_that_was_to_be_declined_worked_when_it_was() {
        let declined = facts(false, Some((EndedBy::Local, EndReason::Declined)));
        assert_eq!(code(&declined, asked(None)), 1);
        assert_eq!(code(&Facts { declined: true, ..declined }, asked(None)), 0);
    }

    #[test]
    fn a_peer_that_vanished_counts_as_ended_by_remote() {
        let gone = facts(true, Some((EndedBy::System, EndReason::PeerGone)));
        assert_eq!(code(&gone, asked(Some(End::Remote))), 0);
    }

    #[test]
    fn a_lost_call_is_a_failure() {
        let lost = facts(true, Some((EndedBy::System, EndReason::IceFailed)));
        assert_eq!(code(&lost, asked(None)), 1);
        let failure = verdict(&lost, asked(None)).unwrap_err();
        assert!(failure.to_string().contains("--ice-server"), "{failure}");
    }

    #[test]
    fn exit_codes_tell_rooms_and_signaling_apart() {
        for (reason, expected) in [
            (EndReason::RoomFull, 4),
            (EndReason::SignalingLost, 3),
            (EndReason::Unauthorized, 3),
            (EndReason::NotFound, 1),
        ] {
            assert_eq!(code(&facts(false, Some((EndedBy::System, reason))), asked(None)), expected);
        }
    }

    #[test]
    fn an_interrupted_call_worked_if_media_flowed() {
        let interrupted = Asked { interrupted: true, ..asked(None) };
        assert_eq!(code(&facts(true, Some((EndedBy::Local, EndReason::HangUp))), interrupted), 0);
        assert_eq!(code(&facts(false, None), interrupted), 1);
    }

    #[test]
    fn waiting_in_vain_for_the_other_side_is_a_failure() {
        let tired = Asked { tired: true, ..asked(Some(End::Remote)) };
        assert_eq!(code(&facts(true, Some((EndedBy::Local, EndReason::HangUp))), tired), 1);
    }
}
