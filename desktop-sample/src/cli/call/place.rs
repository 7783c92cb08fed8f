//! Where the two sides meet, in the words of each dialect.

use std::time::Duration;

use duet_core::Dialect;

use super::{CallArgs, WantedRole, random_id};
use crate::cli::Failure;
use crate::cli::party::{Goal, Role};

/// What a side that offers in a room without names waits for the other one: as long as anybody likes.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// How this side gets into a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) goal: Goal,
    /// Who this side is; empty where the service gives the name.
    pub(super) user: String,
    /// How long it rings, unless as usual.
    pub(super) ring: Option<Duration>,
}

impl Place {
    /// What the arguments ask for.
    pub(super) fn of(args: &CallArgs) -> Result<Place, Failure> {
        let id = || args.id.clone().unwrap_or_else(random_id);
        let place = |goal, user| Ok(Place { goal, user, ring: None });
        match args.dialect {
            Dialect::SocketIoRelay | Dialect::WsBroadcast => {
                // One room for everybody: its name is nobody's business.
                let room = args.room.as_deref().or(args.to.as_deref()).unwrap_or("room");
                match args.role {
                    WantedRole::Caller => place(Goal::Ring(room.into()), id()),
                    WantedRole::Callee => place(Goal::Join(room.into()), id()),
                    WantedRole::Auto => {
                        Ok(Place { goal: Goal::Ring(room.into()), user: id(), ring: Some(PATIENCE) })
                    }
                }
            }
            Dialect::SocketIoRoom => match &args.room {
                Some(room) => place(Goal::Join(room.as_str().into()), id()),
                None => Err(Failure::usage("socketio-room needs a room to meet in; pass --room ROOM")),
            },
            Dialect::SocketIoInvite => match (&args.room, &args.to) {
                // Who waits is called by the room's name.
                (Some(room), _) if args.role == WantedRole::Caller => {
                    place(Goal::Ring(room.as_str().into()), room.clone())
                }
                (Some(room), _) => place(Goal::Answer, room.clone()),
                (None, Some(to)) if args.role != WantedRole::Callee => {
                    place(Goal::Ring(to.as_str().into()), to.clone())
                }
                (None, _) => Err(Failure::usage("socketio-invite needs a room to meet in; pass --room ROOM")),
            },
            Dialect::PeerJs => match (&args.room, &args.to, args.role) {
                (Some(_), _, _) => {
                    Err(Failure::usage("peerjs has no rooms; pass --to ID to call, --id ID to be called"))
                }
                (None, Some(_), WantedRole::Callee) => Err(waits()),
                (None, None, WantedRole::Caller) => Err(needs_somebody()),
                (None, Some(to), _) => {
                    place(Goal::Ring(to.as_str().into()), args.id.clone().unwrap_or_default())
                }
                (None, None, _) => place(Goal::Answer, args.id.clone().unwrap_or_default()),
            },
            _ => place(duet(args)?, id()),
        }
    }
}

/// In our own dialect.
fn duet(args: &CallArgs) -> Result<Goal, Failure> {
    match (&args.room, &args.to, args.role) {
        (Some(room), _, _) => Ok(Goal::Join(room.as_str().into())),
        (None, Some(_), WantedRole::Callee) => Err(waits()),
        (None, Some(to), _) => Ok(Goal::Ring(to.as_str().into())),
        (None, None, WantedRole::Caller) => Err(needs_somebody()),
        (None, None, _) if args.id.is_none() => Err(Failure::usage(
            "nobody could call a random name; pass --id NAME to be called, --to ID to call, or --room ROOM",
        )),
        (None, None, _) => Ok(Goal::Answer),
    }
}

fn waits() -> Failure {
    Failure::usage("--role callee waits for a call; leave --to out")
}

fn needs_somebody() -> Failure {
    Failure::usage("--role caller needs somebody to call; pass --to ID or --room ROOM")
}

/// Why a side has not the role it insisted on.
pub(super) fn wrong_role(dialect: Dialect, actual: Role) -> Failure {
    Failure::call(match (dialect, actual) {
        (Dialect::SocketIoRoom, Role::Callee) => {
            "somebody was in the room first, and so calls; start this side first, or use --role auto"
        }
        (Dialect::SocketIoRoom, Role::Caller) => {
            "nobody was in the room first, so this side must call; use --role auto"
        }
        (_, Role::Callee) => {
            "nobody is in the room to be called; start the other side first, or use --role auto"
        }
        (_, Role::Caller) => "somebody is in the room already, so this side must call; use --role auto",
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        call: CallArgs,
    }

    fn place(line: &str) -> Result<Place, Failure> {
        let words = "call http://127.0.0.1:1".split(' ').chain(line.split(' '));
        Place::of(&Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).call)
    }

    #[test]
    fn each_dialect_has_its_own_way_to_meet() {
        let ring = |whom: &str| Goal::Ring(whom.into());
        let join = |room: &str| Goal::Join(room.into());
        for (line, goal, user) in [
            ("--dialect socketio-relay --role caller --id a", ring("room"), "a"),
            ("--dialect socketio-relay --role callee --id a --room r", join("r"), "a"),
            ("--dialect ws-broadcast --id a", ring("room"), "a"),
            ("--dialect socketio-room --room tea --role caller --id a", join("tea"), "a"),
            ("--dialect socketio-invite --room 001 --role caller", ring("001"), "001"),
            ("--dialect socketio-invite --room 001", Goal::Answer, "001"),
            ("--dialect socketio-invite --to 001", ring("001"), "001"),
            ("--dialect peerjs --to b", ring("b"), ""),
            ("--dialect peerjs --id a", Goal::Answer, "a"),
            ("--dialect peerjs --role callee", Goal::Answer, ""),
            ("--room tea --id a", join("tea"), "a"),
        ] {
            let place = place(line).unwrap_or_else(|failure| panic!("{line}: {failure}"));
            assert_eq!((place.goal, place.user.as_str()), (goal, user), "{line}");
        }
    }

    #[test]
    fn what_a_dialect_cannot_do_is_wrong_usage() {
        for line in [
            "--dialect socketio-room --role caller",
            "--dialect socketio-invite --role caller",
            "--dialect peerjs --room tea",
            "--dialect peerjs --role caller",
            "--dialect peerjs --role callee --to b",
            "--role callee --to b",
        ] {
            assert_eq!(place(line).expect_err(line).code(), 2);
        }
    }
}
