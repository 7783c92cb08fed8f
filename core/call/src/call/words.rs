//! What a call says when it ends, and how the words of others are understood.

use crate::effect::Signal;
use crate::ended::{EndReason as Why, EndedBy};
use crate::input::{DeclineReason, MediaKinds, Refusal, SignalingLoss, Sources};

/// What is said to the service and the other end when a call ends.
#[derive(Clone, Copy)]
pub(super) enum Farewell {
    /// Nothing: they know, or cannot be told.
    Silent,
    /// The other end knows; a room must still be left.
    Leave,
    /// The other end must be told.
    Say(Signal),
}

pub(super) const CANCEL: Farewell = Farewell::Say(Signal::Cancel);
pub(super) const HANG_UP: Farewell = Farewell::Say(Signal::HangUp);

pub(super) fn decline(reason: DeclineReason) -> Farewell {
    Farewell::Say(Signal::Decline { reason })
}

/// An answer's media, until the other end says more.
pub(super) fn camera(media: MediaKinds) -> Sources {
    Sources { audio: media.audio, video: media.video, screen: false }
}

/// What both ends want.
pub(super) fn common(ours: MediaKinds, theirs: MediaKinds) -> MediaKinds {
    MediaKinds { audio: ours.audio && theirs.audio, video: ours.video && theirs.video }
}

/// What a decline means to the caller.
pub(super) fn declined(reason: DeclineReason) -> (EndedBy, Why) {
    match reason {
        DeclineReason::Declined => (EndedBy::Remote, Why::Declined),
        DeclineReason::Busy => (EndedBy::Remote, Why::Busy),
        DeclineReason::Glare => (EndedBy::System, Why::GlareLost),
        DeclineReason::Timeout => (EndedBy::Timeout, Why::RingTimeout),
        DeclineReason::Failed => (EndedBy::Remote, Why::RemoteFailed),
    }
}

pub(super) fn refused(refusal: Refusal) -> Why {
    match refusal {
        Refusal::NotFound => Why::NotFound,
        Refusal::Unauthorized => Why::Unauthorized,
        Refusal::RateLimited => Why::RateLimited,
        Refusal::Other => Why::Refused,
    }
}

pub(super) fn lost(loss: SignalingLoss) -> Why {
    match loss {
        SignalingLoss::Unreachable => Why::SignalingLost,
        SignalingLoss::Unauthorized => Why::Unauthorized,
        SignalingLoss::Replaced => Why::Replaced,
    }
}
