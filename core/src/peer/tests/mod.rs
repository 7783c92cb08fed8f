//! Two connections against each other, over real sockets of this machine.

mod bench;
mod calls;
mod leaks;
mod loss;
mod relay;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use duet_codecs::VideoCodec;
use duet_media::Time;
use duet_media::frame::Rotation;
use duet_signal::message::DescriptionKind;
use tokio::sync::{Notify, mpsc};

use super::rtc::Link;
use super::{
    FrameInfo, MediaSink, Peer, PeerConfig, PeerError, PeerEvent, PeerPort, PeerState, RtpPacket,
    SessionDescription,
};
use crate::clock;

/// Long enough for a machine that is busy with other things; tests end as soon as they can.
const DEADLINE: Duration = Duration::from_secs(20);

fn config() -> PeerConfig {
    PeerConfig {
        ice_servers: Vec::new(),
        relay_only: false,
        audio: true,
        video: true,
        codecs: vec![VideoCodec::H264, VideoCodec::Vp8],
        screen: false,
        any_channel: false,
        polite: false,
        start_bps: 1_000_000,
        min_bps: 60_000,
        max_bps: 2_500_000,
    }
}

/// What a sink has seen.
#[derive(Debug, Default)]
struct Seen {
    video: Vec<RtpPacket<VideoCodec>>,
    audio: Vec<RtpPacket<()>>,
    lost: usize,
}

#[derive(Default)]
struct Recorder(Mutex<Seen>);

impl MediaSink for Recorder {
    fn video(&self, packet: RtpPacket<VideoCodec>, _: Time) {
        self.0.lock().unwrap().video.push(packet);
        changed();
    }

    fn audio(&self, packet: RtpPacket<()>, _: Time) {
        self.0.lock().unwrap().audio.push(packet);
        changed();
    }

    fn lost_video(&self) {
        self.0.lock().unwrap().lost += 1;
        changed();
    }
}

/// One end: the connection, what it received, what it told.
struct End {
    peer: Peer,
    sink: Arc<Recorder>,
    told: Arc<Mutex<Vec<(Instant, PeerEvent)>>>,
    /// What it wants sent to the other end is lost.
    muted: Arc<AtomicBool>,
}

impl End {
    async fn new(
        config: PeerConfig,
        link: Option<Link>,
    ) -> Result<(End, mpsc::Receiver<PeerEvent>), PeerError> {
        let (sender, events) = mpsc::channel(256);
        let sink = Arc::new(Recorder::default());
        let peer = match link {
            Some(link) => Peer::with_link(config, sender, sink.clone(), link).await?,
            None => Peer::new(config, sender, sink.clone()).await?,
        };
        Ok((End { peer, sink, told: Arc::default(), muted: Arc::default() }, events))
    }

    /// Whether an event was told.
    fn has(&self, wanted: impl Fn(&PeerEvent) -> bool) -> bool {
        self.told.lock().unwrap().iter().any(|(_, event)| wanted(event))
    }

    fn count(&self, wanted: impl Fn(&PeerEvent) -> bool) -> usize {
        self.told.lock().unwrap().iter().filter(|(_, event)| wanted(event)).count()
    }

    fn is_connected(&self) -> bool {
        self.peer.stats().state == Some(PeerState::Connected)
    }

    fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.sink.0.lock().unwrap())
    }

    /// Sends a frame of `packets` packets of `size` bytes.
    fn send_frame(&self, index: u32, packets: usize, size: usize) -> bool {
        let payload = Bytes::from(vec![index as u8; size]);
        self.peer.send_video(&mut vec![payload; packets], frame_info(index))
    }

    fn send_sound(&self, index: u32) -> bool {
        let payload = Bytes::from(vec![index as u8; 80]);
        self.peer.send_audio(payload, index * 960, index == 0, clock::now())
    }
}

/// Two ends and the signaling between them.
struct Pair {
    a: End,
    b: End,
    signaling: Vec<tokio::task::JoinHandle<()>>,
}

impl Pair {
    async fn new() -> Pair {
        Pair::with(config(), config(), None).await
    }

    /// `b` is the polite end.
    async fn with(a: PeerConfig, b: PeerConfig, link: Option<(Link, Link)>) -> Pair {
        let (link_a, link_b) = link.unzip();
        let (a, events_a) = End::new(a, link_a).await.unwrap();
        let (b, events_b) = End::new(PeerConfig { polite: true, ..b }, link_b).await.unwrap();
        let signaling =
            vec![tokio::spawn(carry(events_a, &a, &b.peer)), tokio::spawn(carry(events_b, &b, &a.peer))];
        Pair { a, b, signaling }
    }

    /// Offers from `a` and waits until both are connected; gives the time it took.
    async fn connect(&self) -> Duration {
        let start = Instant::now();
        self.a.peer.start_offer();
        until("both are connected", || self.a.is_connected() && self.b.is_connected()).await;
        start.elapsed()
    }

    async fn close(self) {
        self.a.peer.close().await;
        self.b.peer.close().await;
        for task in self.signaling {
            task.abort();
            let _ = task.await;
        }
    }
}

/// Carries what one end wants sent to the other, and notes everything.
fn carry(mut events: mpsc::Receiver<PeerEvent>, from: &End, to: &Peer) -> impl Future<Output = ()> + use<> {
    let (told, muted, to) = (from.told.clone(), from.muted.clone(), to.clone());
    async move {
        while let Some(event) = events.recv().await {
            told.lock().unwrap().push((Instant::now(), event.clone()));
            changed();
            match event {
                _ if muted.load(Ordering::Relaxed) => {}
                PeerEvent::Description(description) => to.remote_description(description),
                PeerEvent::Candidate(candidate) => to.remote_candidate(candidate),
                _ => {}
            }
        }
    }
}

/// The `index`th frame of 30 a second; the first is a key frame.
fn frame_info(index: u32) -> FrameInfo {
    FrameInfo { timestamp: index * 3_000, key: index == 0, captured: clock::now(), rotation: Rotation::Deg0 }
}

/// A description of a side that does not number its exchanges.
fn described(kind: DescriptionKind, sdp: &str) -> SessionDescription {
    SessionDescription { kind, sdp: sdp.into(), exchange: None }
}

thread_local! {
    /// Something was told, received or counted. A test and its connections share one thread.
    static CHANGED: Arc<Notify> = Arc::default();
}

/// Wakes the test of this thread, if it waits.
pub(super) fn changed() {
    // A connection may be closing while its thread ends.
    let _ = CHANGED.try_with(|changed| changed.notify_one());
}

/// Waits for a condition on what is told, received or counted, with a deadline.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let changed = CHANGED.with(Arc::clone);
    let wait = async {
        while !condition() {
            changed.notified().await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, wait).await.is_ok(), "timed out waiting until {what}");
}

/// Does something again and again, at a source's pace, until that has its effect; with a deadline. Also
/// counts what ends without a word: tasks, threads, sockets.
async fn keep_on(what: &str, mut act: impl FnMut() -> bool) {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    let wait = async {
        while !act() {
            pace.tick().await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, wait).await.is_ok(), "timed out waiting until {what}");
}

fn is_failed(event: &PeerEvent) -> bool {
    matches!(event, PeerEvent::Failed(_))
}

fn is_description(kind: DescriptionKind) -> impl Fn(&PeerEvent) -> bool {
    move |event| matches!(event, PeerEvent::Description(told) if told.kind == kind)
}
