//! The engine's only clock: monotonic, one origin for the whole process.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use duet_media::Time;

/// How far the origin lies before the first reading, so that no instant of this process precedes it.
const HEADROOM: Duration = Duration::from_secs(1);

/// Now.
pub(crate) fn now() -> Time {
    at(Instant::now())
}

/// An instant on the engine's clock.
pub(crate) fn at(instant: Instant) -> Time {
    Time::ZERO + HEADROOM + instant.saturating_duration_since(origin())
}

fn origin() -> Instant {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    *ORIGIN.get_or_init(Instant::now)
}
