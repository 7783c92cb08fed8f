//! Figures rather than assertions.

use super::*;

/// Connect times on this machine: `cargo test -p duet-core connect_times -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn connect_times() {
    let mut times = Vec::new();
    for _ in 0..30 {
        let start = Instant::now();
        let pair = Pair::new().await;
        pair.connect().await;
        times.push(start.elapsed());
        pair.close().await;
    }
    times.sort();
    println!(
        "created to connected: min {:?} p50 {:?} p95 {:?} max {:?}",
        times[0], times[15], times[28], times[29]
    );
}
