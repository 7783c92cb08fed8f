//! What the actor makes of its transport's end.

use duet_codecs::VideoCodec;
use duet_media::Time;

use super::super::super::RtpPacket;
use super::*;

struct Deaf;

impl MediaSink for Deaf {
    fn video(&self, _: RtpPacket<VideoCodec>, _: Time) {}
    fn audio(&self, _: RtpPacket<()>, _: Time) {}
    fn lost_video(&self) {}
}

/// What is told when the driver ends after a failure of the path was told.
async fn told_at_the_drivers_end(closing: bool) -> Vec<PeerEvent> {
    let config = PeerConfig {
        ice_servers: Vec::new(),
        relay_only: false,
        audio: true,
        video: false,
        codecs: Vec::new(),
        screen: false,
        any_channel: false,
        polite: false,
        start_bps: 1_000_000,
        min_bps: 60_000,
        max_bps: 2_500_000,
    };
    let (events, mut told) = mpsc::channel(16);
    let (_closing, is_closing) = watch::channel(closing);
    let mut connection =
        Connection::open(config, events, Arc::new(Deaf), Arc::default(), is_closing).await.unwrap();
    connection.failed = true;
    connection.on_signal(Signal::DriverEnded).await;
    connection.fail(PeerError::Dtls).await;
    let mut all = Vec::new();
    while let Ok(event) = told.try_recv() {
        all.push(event);
    }
    connection.close().await;
    all
}

#[tokio::test]
async fn a_dead_driver_is_told_once_and_not_as_a_lost_path() {
    let told = told_at_the_drivers_end(false).await;
    assert!(matches!(&told[..], [PeerEvent::Failed(PeerError::Transport(_))]), "{told:?}");
}

#[tokio::test]
async fn a_driver_that_ends_while_closing_is_no_news() {
    assert_eq!(told_at_the_drivers_end(true).await, []);
}
