//! Estimator, pacer, retransmission and NACK together over a bottleneck, on virtual time.

mod send_link;

use send_link::Scenario;

#[test]
fn a_call_that_starts_too_fast_fits_into_500_kbit() {
    for seed in 1..=3 {
        let report = Scenario { seed, ..Scenario::new(500_000, 1_500_000, 2_500_000) }.run("500k from 1.5M");
        assert!(report.audio_max_ms(0..60) <= 400);
        assert!(report.fps_min(5..60) >= 28);
        assert!(report.fps_mean(5..60) >= 29.8);
        assert!(report.video_bps(5..60) >= 330_000);
    }
}

#[test]
fn a_call_that_starts_slowly_fills_500_kbit() {
    for seed in 1..=3 {
        let report = Scenario { seed, ..Scenario::new(500_000, 300_000, 2_500_000) }.run("500k from 300k");
        assert!(report.audio_max_ms(0..60) <= 400);
        assert!(report.fps_min(5..60) >= 28);
        assert!(report.fps_mean(5..60) >= 29.8);
        assert!(report.video_bps(5..60) >= 330_000);
    }
}

#[test]
fn a_link_that_falls_to_an_eighth_and_recovers_is_followed() {
    for seed in 1..=3 {
        let rates = vec![(0, 4_000_000), (20_000, 500_000), (40_000, 4_000_000)];
        let report = Scenario { seed, rates, ..Scenario::new(0, 1_500_000, 2_500_000) }.run("4M-500k-4M");
        assert!(report.audio_max_ms(0..60) <= 400);
        assert!(report.smooth_after_ms(20..40) <= 1_000, "{}", report.smooth_after_ms(20..40));
        assert!(report.fps_mean(23..60) >= 29.8);
        assert!(report.reaches(2_000_000, 40).is_some_and(|at| at < 45));
    }
}

#[test]
fn the_bench_drop_from_3_mbit_to_400_kbit_is_smooth_within_a_second() {
    for seed in 1..=3 {
        let rates = vec![(0, 3_000_000), (20_000, 400_000), (40_000, 3_000_000)];
        let scenario = Scenario { seed, rates, queue_ms: 300, ..Scenario::new(0, 1_000_000, 2_000_000) };
        let report = scenario.run("3M-400k-3M");
        assert!(report.smooth_after_ms(20..40) <= 1_000, "{}", report.smooth_after_ms(20..40));
        assert!(report.reaches(1_600_000, 40).is_some_and(|at| at < 45));
    }
}

#[test]
fn ten_percent_random_loss_does_not_slow_the_call() {
    for seed in 1..=5 {
        let scenario = Scenario { seed, loss: 0.1, ..Scenario::new(3_000_000, 600_000, 1_500_000) };
        let report = scenario.run("10 % loss");
        assert!(report.target_min(10..60) >= 1_000_000);
        assert!(report.fps_mean(5..60) >= 29.5);
    }
}

#[test]
fn twenty_percent_random_loss_keeps_rate_and_frames() {
    for seed in 1..=3 {
        let scenario = Scenario { seed, loss: 0.2, ..Scenario::new(3_000_000, 600_000, 1_500_000) };
        let report = scenario.run("20 % loss");
        assert!(report.video_bps(10..60) >= 800_000);
        assert!(report.fps_mean(5..60) >= 29.0);
    }
}

#[test]
fn a_clean_wide_link_is_filled_to_the_limit_and_stays_full() {
    let report = Scenario::new(10_000_000, 300_000, 2_500_000).run("10M");
    assert!(report.reaches(2_500_000, 0).is_some_and(|at| at < 8));
    assert_eq!(report.target_min(10..60), 2_500_000);
    assert_eq!(report.fps_min(1..60), 30);
}

#[test]
fn jitter_of_a_wireless_link_does_not_look_like_congestion() {
    let scenario = Scenario { jitter_ms: 40, ..Scenario::new(10_000_000, 300_000, 2_500_000) };
    let report = scenario.run("10M with jitter");
    assert!(report.target_min(12..60) >= 2_000_000);
}

#[test]
fn a_deep_queue_is_not_filled() {
    for start in [300_000, 1_000_000] {
        let scenario = Scenario { queue_ms: 2_000, ..Scenario::new(500_000, start, 2_500_000) };
        let report = scenario.run("500k with 2 s of queue");
        assert!(report.audio_max_ms(5..60) <= 200);
        assert!(report.fps_mean(5..60) >= 29.5);
    }
}

#[test]
fn a_policer_without_a_queue_is_recognised_by_its_loss() {
    let scenario = Scenario { queue_ms: 30, ..Scenario::new(700_000, 1_500_000, 2_500_000) };
    let report = scenario.run("700k without queue");
    assert!(report.fps_mean(5..60) >= 28.0);
    assert!(report.video_bps(5..60) >= 350_000);
}

#[test]
fn after_an_outage_the_picture_is_back_at_once() {
    let rates = vec![(0, 5_000_000), (15_000, 0), (20_000, 5_000_000)];
    let scenario = Scenario { rates, seconds: 30, ..Scenario::new(0, 1_500_000, 2_500_000) };
    let report = scenario.run("5 s outage");
    assert!(report.longest_freeze_ms(20..30) <= 300);
    assert!(report.reaches(2_000_000, 20).is_some_and(|at| at < 23));
}

#[test]
fn slow_feedback_and_a_long_path_still_work() {
    let rates = vec![(0, 2_000_000), (20_000, 600_000)];
    let scenario = Scenario {
        rates,
        seconds: 40,
        delay_ms: 100,
        feedback_ms: 100,
        loss: 0.02,
        ..Scenario::new(0, 1_000_000, 2_500_000)
    };
    let report = scenario.run("200 ms round trip");
    assert!(report.audio_max_ms(0..40) <= 400);
    assert!(report.fps_mean(24..40) >= 29.0);
}

#[test]
fn a_cellular_link_that_wanders_is_followed() {
    for seed in 1..=3 {
        let wander = |n: u64| 600_000 + (n * 7_919 + seed * 31) % 17 * 150_000;
        let rates = (0..120).map(|n| (n * 500, wander(n / 2))).collect();
        let scenario =
            Scenario { seed, rates, queue_ms: 600, jitter_ms: 10, ..Scenario::new(0, 600_000, 2_500_000) };
        let report = scenario.run("0.6 to 3M, changing each second");
        assert!(report.audio_max_ms(0..60) <= 400);
        assert!(report.fps_mean(5..60) >= 29.5);
        assert!(report.video_bps(5..60) >= 600_000);
    }
}

#[test]
fn a_download_through_the_same_queue_does_not_starve_the_call() {
    for seed in 1..=3 {
        let scenario =
            Scenario { seed, download: Some(15..45), ..Scenario::new(4_000_000, 600_000, 2_500_000) };
        let report = scenario.run("4M shared with a download");
        assert!(report.fps_mean(5..60) >= 29.0);
        assert!(report.video_bps(20..45) >= 1_000_000);
        assert!(report.reaches(2_000_000, 45).is_some_and(|at| at < 55));
    }
}
