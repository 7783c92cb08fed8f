//! The engine's only clock: monotonic, one origin for the whole process.
//!
//! On Linux and Android it is `CLOCK_MONOTONIC`, the clock of the camera's and microphone's time
//! stamps there.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use duet_media::Time;

/// Now.
pub(crate) fn now() -> Time {
    at(Instant::now())
}

/// An instant on the engine's clock.
pub(crate) fn at(instant: Instant) -> Time {
    let (origin, time) = anchor();
    time + instant.saturating_duration_since(origin)
}

/// One moment on both clocks.
fn anchor() -> (Instant, Time) {
    static ANCHOR: OnceLock<(Instant, Time)> = OnceLock::new();
    *ANCHOR.get_or_init(|| (Instant::now(), Time::ZERO + since_boot()))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn since_boot() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(HEADROOM, Duration::from)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn since_boot() -> Duration {
    HEADROOM
}

/// Where the clock begins if the system does not say: late enough that no time is zero.
const HEADROOM: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_systems_and_goes_on() {
        let first = now();
        let system = Time::ZERO + since_boot();
        let last = now();
        assert!(first <= last);
        if cfg!(any(target_os = "linux", target_os = "android")) {
            assert!(
                first <= system + Duration::from_micros(100) && system <= last + Duration::from_micros(100)
            );
        }
    }
}
