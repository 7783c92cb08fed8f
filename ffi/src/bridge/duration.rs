//! Spans of time as Kotlin has them. UniFFI's own are `java.time.Duration`, which Android 7 lacks.

use std::time;

/// Crosses as nanoseconds, and is `kotlin.time.Duration` there; a negative one is none, the longest 292 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(time::Duration);

uniffi::custom_type!(Duration, i64, {
    lower: |duration| duration.0.as_nanos().try_into().unwrap_or(i64::MAX),
    try_lift: |nanoseconds| {
        Ok(Duration(time::Duration::from_nanos(nanoseconds.try_into().unwrap_or_default())))
    },
});

impl From<time::Duration> for Duration {
    fn from(duration: time::Duration) -> Self {
        Duration(duration)
    }
}

impl From<Duration> for time::Duration {
    fn from(duration: Duration) -> Self {
        duration.0
    }
}
