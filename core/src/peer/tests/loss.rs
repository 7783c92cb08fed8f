//! Calls over a bad network.

use super::*;

/// Sends 30 frames a second of `packets` packets each for `duration`, with sound.
async fn stream(pair: &Pair, duration: Duration, packets: usize) -> u32 {
    let mut ticks = tokio::time::interval(Duration::from_millis(33));
    let start = Instant::now();
    let mut index = 0;
    while start.elapsed() < duration {
        ticks.tick().await;
        pair.a.send_frame(index, packets, 1_000);
        pair.a.send_sound(index);
        index += 1;
    }
    index
}

#[tokio::test]
async fn lost_packets_are_repaired_with_few_duplicates() {
    let links = (Link::new(7), Link::new(8));
    for link in [&links.0, &links.1] {
        link.set_delay(Duration::from_millis(50));
    }
    let pair = Pair::with(config(), config(), Some(links.clone())).await;
    pair.connect().await;
    for link in [&links.0, &links.1] {
        link.set_loss(0.05);
    }
    let frames = stream(&pair, Duration::from_secs(5), 4).await;
    for link in [&links.0, &links.1] {
        link.set_loss(0.0);
    }
    stream(&pair, Duration::from_millis(1_500), 4).await;
    let stats = pair.b.peer.stats();
    println!("{:?}\nsender {:?}", stats, pair.a.peer.stats());
    let sent = u64::from(frames) * 4;
    assert!(stats.video.repaired > sent / 40, "{}", stats.video.repaired);
    assert!(stats.video.duplicates < sent / 10, "{}", stats.video.duplicates);
    assert!(stats.video.lost <= sent / 200, "{}", stats.video.lost);
    assert!(pair.a.peer.stats().retransmitted < sent / 8);
    pair.close().await;
}

#[tokio::test]
async fn calls_are_set_up_under_ten_per_cent_loss() {
    let mut slowest = Duration::ZERO;
    for round in 0..8 {
        let links = (Link::new(round), Link::new(100 + round));
        for link in [&links.0, &links.1] {
            link.set_delay(Duration::from_millis(50)).set_loss(0.1);
        }
        let pair = Pair::with(config(), config(), Some(links)).await;
        slowest = slowest.max(pair.connect().await);
        pair.close().await;
    }
    println!("slowest {slowest:?}");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[tokio::test]
async fn a_narrow_link_is_not_flooded() {
    let links = (Link::new(1), Link::new(2));
    for link in [&links.0, &links.1] {
        link.set_delay(Duration::from_millis(20));
    }
    links.0.set_rate(Some(500_000));
    let pair = Pair::with(config(), config(), Some(links)).await;
    pair.connect().await;
    let mut ticks = tokio::time::interval(Duration::from_millis(33));
    let mut video_bps = 900_000;
    for index in 0..240 {
        ticks.tick().await;
        let rates = pair.a.told.lock().unwrap().iter().rev().find_map(|(_, event)| match event {
            PeerEvent::Rates { video_bps, .. } => Some(*video_bps),
            _ => None,
        });
        video_bps = rates.unwrap_or(video_bps);
        if !pair.a.peer.is_congested() {
            let bytes = video_bps as usize / 8 / 30;
            let packets = bytes.div_ceil(1_100).max(1);
            pair.a.send_frame(index, packets, bytes / packets);
        }
        pair.a.send_sound(index);
    }
    println!("{:?} {:?}", pair.a.peer.stats(), pair.b.peer.stats().video);
    assert!((150_000..520_000).contains(&video_bps), "{video_bps}");
    pair.close().await;
}
