//! What is known of one side of a call, and what follows from it.

use std::time::Duration;

use duet_core::{CallStats, EndReason, Ended, EndedBy, Time};

use crate::cli::Failure;
use crate::sink::Seen;

/// Decoded pictures that count as video.
const PICTURES: u64 = 10;
/// Pictures among them that differ: a frozen picture is no video.
const CHANGES: u64 = 3;
/// Packets that count as audio: half a second.
const PACKETS: u64 = 25;

/// Who calls and who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Caller,
    Callee,
}

impl Role {
    /// As scripts read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Role::Caller => "caller",
            Role::Callee => "callee",
        }
    }
}

/// What is known of one side of a call.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The signaling service was reached.
    pub(crate) signaling: bool,
    pub(crate) role: Option<Role>,
    pub(crate) accepted_at: Option<Time>,
    pub(crate) connected_at: Option<Time>,
    /// From accept, or from the peer's joining, to connected.
    pub(crate) connect: Option<Duration>,
    /// Sources of the other side that are live: sound, pictures.
    pub(crate) remote_media: (bool, bool),
    /// Media flows since.
    pub(crate) media_at: Option<Time>,
    pub(crate) ended: Option<Ended>,
    /// This side was asked to refuse the call.
    pub(crate) declined: bool,
    pub(crate) failure: Option<Failure>,
}

impl Default for Facts {
    /// Nothing happened yet; the other side is expected to send everything until it says otherwise.
    fn default() -> Self {
        Facts {
            signaling: false,
            role: None,
            accepted_at: None,
            connected_at: None,
            connect: None,
            remote_media: (true, true),
            media_at: None,
            ended: None,
            declined: false,
            failure: None,
        }
    }
}

/// Whether what is expected of (sound, pictures) arrives.
pub(crate) fn is_media(stats: &CallStats, seen: &Seen, expected: (bool, bool)) -> bool {
    let sound = stats.inbound_audio.packets_received >= PACKETS;
    let pictures = stats.inbound_video.frames_decoded >= PICTURES && seen.changed >= CHANGES;
    (sound || !expected.0) && (pictures || !expected.1)
}

/// `local`, `remote` or `timeout`. A peer that is gone ended the call, however it went; what the
/// engine or the network ended was not the other side, so this side gives the reason.
pub(crate) fn ended_by(ended: &Ended) -> &'static str {
    match (ended.by, ended.reason) {
        (EndedBy::Remote, _) | (EndedBy::System, EndReason::PeerGone | EndReason::PeerLeft) => "remote",
        (EndedBy::Timeout, _) => "timeout",
        (EndedBy::Local | EndedBy::System, _) => "local",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(frames_decoded: u64, changed: u64, packets: u64) -> (CallStats, Seen) {
        let mut stats = CallStats::default();
        stats.inbound_video.frames_decoded = frames_decoded;
        stats.inbound_audio.packets_received = packets;
        (stats, Seen { changed, ..Seen::default() })
    }

    #[test]
    fn media_means_moving_pictures_and_sound() {
        let both = (true, true);
        for (frames, changed, packets, enough) in
            [(10, 3, 25, true), (9, 3, 25, false), (10, 2, 25, false), (10, 3, 24, false)]
        {
            let (stats, seen) = received(frames, changed, packets);
            assert_eq!(is_media(&stats, &seen, both), enough, "{frames} {changed} {packets}");
        }
    }

    #[test]
    fn a_kind_that_nobody_sends_is_not_waited_for() {
        let (stats, seen) = received(0, 0, 25);
        assert!(is_media(&stats, &seen, (true, false)));
        let (stats, seen) = received(10, 3, 0);
        assert!(is_media(&stats, &seen, (false, true)));
    }
}
