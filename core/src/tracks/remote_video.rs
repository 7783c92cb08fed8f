//! Network to screen: packets are put together and decoded on one thread; the newest picture waits
//! for the host.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use duet_codecs::{VideoCodec, VideoDecoder};
use duet_media::Time;
use duet_media::frame::{FramePool, I420Frame, PooledFrame, Rotation};
use duet_media::recv::{Frame, RtpPacket, VideoReceiver};

use super::{InboundPacket, Monitor, spawn_codec_thread};
use crate::clock;
use crate::peer::PeerPort;
use crate::stats::VideoRecvStats;

/// One being decoded into, the newest one, and two lent to the host.
const POOL: usize = 4;
/// Packets waiting for the decoder thread: over a second of 2.5 Mbit/s.
const MAX_PACKETS: usize = 512;

/// How often a missing key frame is asked for; the transport limits what really leaves.
const KEY_FRAME_RETRY: Duration = Duration::from_millis(100);

/// The pictures we receive. Cheap to clone; any thread.
#[derive(Clone)]
pub struct RemoteVideo {
    shared: Arc<Shared>,
}

/// A decoded frame on loan. While it is held, its buffer is not reused; at most two may be held
/// before new frames are dropped.
#[derive(Clone, Debug)]
pub struct FrameRef(Arc<PooledFrame>);

impl Deref for FrameRef {
    type Target = I420Frame;

    fn deref(&self) -> &I420Frame {
        &self.0
    }
}

struct Shared {
    inbox: Monitor<Inbox>,
    newest: Mutex<Newest>,
    pool: FramePool,
    stats: Mutex<VideoRecvStats>,
    on_frame: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inbox {
    packets: VecDeque<(VideoCodec, InboundPacket)>,
    out: Option<Arc<dyn PeerPort>>,
    /// The transport gave a packet up, or our own queue was full.
    lost: bool,
    /// The call does not show pictures.
    hidden: bool,
    /// Another connection, another stream: nothing of the old one counts.
    anew: bool,
    running: bool,
    stopped: bool,
}

#[derive(Default)]
struct Newest {
    frame: Option<Arc<PooledFrame>>,
    delivered: bool,
}

impl RemoteVideo {
    /// `on_frame` is called on the decoder thread after each new frame.
    pub(crate) fn new(on_frame: impl Fn() + Send + Sync + 'static) -> Self {
        RemoteVideo {
            shared: Arc::new(Shared {
                inbox: Monitor::default(),
                newest: Mutex::default(),
                pool: FramePool::new(POOL),
                stats: Mutex::default(),
                on_frame: Box::new(on_frame),
            }),
        }
    }

    /// Copies the newest frame not pulled or acquired before into `frame`; `false` when there is none.
    pub fn pull(&self, frame: &mut I420Frame) -> bool {
        let Some(newest) = self.acquire() else { return false };
        frame.copy_from(newest.as_ref()).expect("a decoded frame has a valid size");
        frame.rotation = newest.rotation;
        frame.color = newest.color;
        frame.time = newest.time;
        frame.rtp_timestamp = newest.rtp_timestamp;
        true
    }

    /// Lends the newest frame not pulled or acquired before, without copying.
    pub fn acquire(&self) -> Option<FrameRef> {
        let mut newest = lock(&self.shared.newest);
        if newest.delivered {
            return None;
        }
        let frame = newest.frame.clone()?;
        newest.delivered = true;
        Some(FrameRef(frame))
    }

    /// Packets are decoded from now on; earlier ones are decoded first.
    pub(crate) fn release(&self, out: Arc<dyn PeerPort>) {
        let start = self.shared.inbox.update(|inbox| {
            inbox.out = Some(out);
            inbox.anew = inbox.running;
            !std::mem::replace(&mut inbox.running, true) && !inbox.stopped
        });
        if start {
            spawn_codec_thread("duet-vdec", self.shared.clone(), Shared::run);
        }
    }

    pub(crate) fn receive(&self, codec: VideoCodec, packet: InboundPacket) {
        self.shared.inbox.update(|inbox| {
            if inbox.stopped || inbox.hidden {
                return;
            }
            if inbox.packets.len() == MAX_PACKETS {
                inbox.packets.pop_front();
                inbox.lost = true;
            }
            inbox.packets.push_back((codec, packet));
        });
    }

    /// The transport gave up on a packet.
    pub(crate) fn lost(&self) {
        self.shared.inbox.update(|inbox| inbox.lost = true);
    }

    /// Whether the call shows pictures; what comes meanwhile is discarded.
    pub(crate) fn set_shown(&self, shown: bool) {
        self.shared.inbox.update(|inbox| {
            inbox.lost |= inbox.hidden && shown;
            inbox.hidden = !shown;
        });
    }

    /// Nothing is decoded until the next [`RemoteVideo::release`].
    pub(crate) fn detach(&self) {
        self.shared.inbox.update(|inbox| {
            inbox.packets.clear();
            inbox.out = None;
        });
    }

    #[cfg(test)]
    pub(crate) fn is_released(&self) -> bool {
        self.shared.inbox.lock().out.is_some()
    }

    pub(crate) fn stop(&self) {
        self.shared.inbox.update(|inbox| {
            inbox.stopped = true;
            inbox.packets.clear();
            inbox.out = None;
        });
    }

    pub(crate) fn stats(&self) -> VideoRecvStats {
        lock(&self.shared.stats).clone()
    }
}

impl std::fmt::Debug for RemoteVideo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RemoteVideo")
    }
}

impl Shared {
    fn run(&self) {
        let mut line = DecoderLine::default();
        let mut batch = VecDeque::with_capacity(MAX_PACKETS);
        while let Some(wakeup) = self.next_batch(&mut batch, line.timeout()) {
            let now = clock::now();
            if wakeup.anew {
                line = DecoderLine::default();
            }
            if wakeup.lost
                && let Some(receiver) = &mut line.receiver
            {
                receiver.stop_waiting(now);
            }
            for (codec, packet) in batch.drain(..) {
                let mut stats = lock(&self.stats);
                stats.packets_received += 1;
                stats.bytes_received += packet.payload.len() as u64;
                stats.codec = Some(codec);
                drop(stats);
                line.insert(codec, packet);
            }
            while let Some(frame) = line.receiver.as_mut().and_then(|receiver| receiver.poll(now)) {
                self.decode(&mut line, &frame, now);
                if let Some(receiver) = &mut line.receiver {
                    receiver.recycle(frame.data);
                }
            }
            if line.receiver.as_ref().is_some_and(|receiver| receiver.needs_key_frame(now)) {
                wakeup.out.request_key_frame();
            }
        }
    }

    /// Waits for packets, a loss, or `timeout`; `None` when the track is over.
    fn next_batch(
        &self,
        batch: &mut VecDeque<(VideoCodec, InboundPacket)>,
        timeout: Option<Duration>,
    ) -> Option<Wakeup> {
        let mut inbox = self.inbox.lock();
        let mut waited = false;
        loop {
            if inbox.stopped {
                return None;
            }
            if let Some(out) = inbox.out.clone()
                && (waited || inbox.lost || inbox.anew || !inbox.packets.is_empty())
            {
                std::mem::swap(&mut inbox.packets, batch);
                let lost = std::mem::take(&mut inbox.lost);
                let anew = std::mem::take(&mut inbox.anew);
                return Some(Wakeup { out, lost, anew });
            }
            inbox = match timeout {
                Some(timeout) => self.inbox.wait_for(inbox, timeout),
                None => self.inbox.wait(inbox),
            };
            waited = timeout.is_some();
        }
    }

    fn decode(&self, line: &mut DecoderLine, frame: &Frame, now: Time) {
        line.rotation = frame.rotation.unwrap_or(line.rotation);
        let rotation = line.rotation;
        let Some(decoder) = line.decoder() else { return };
        let picture = match decoder.decode(&frame.data) {
            Ok(Some(picture)) => picture,
            Ok(None) => return,
            Err(error) => {
                log::debug!("video decoder: {error}");
                lock(&self.stats).frames_dropped += 1;
                line.on_decode_error(now);
                return;
            }
        };
        let (width, height) = (picture.width, picture.height);
        let shown = self.pool.take().is_some_and(|mut buffer| {
            if let Err(error) = buffer.copy_from(picture) {
                log::debug!("decoded frame refused: {error}");
                return false;
            }
            buffer.rotation = rotation;
            buffer.time = now;
            buffer.rtp_timestamp = frame.timestamp;
            let replaced = {
                let mut newest = lock(&self.newest);
                newest.delivered = false;
                newest.frame.replace(Arc::new(buffer))
            };
            drop(replaced);
            true
        });
        let freeze = line.freezes.on_frame(now);
        {
            let mut stats = lock(&self.stats);
            stats.frames_decoded += 1;
            stats.key_frames += u64::from(frame.key);
            stats.frames_dropped += u64::from(!shown);
            stats.freezes += u64::from(freeze);
            (stats.width, stats.height) = (width, height);
        }
        if shown {
            (self.on_frame)();
        }
    }
}

/// Why the decoder thread woke up, besides packets.
struct Wakeup {
    out: Arc<dyn PeerPort>,
    lost: bool,
    anew: bool,
}

/// The stream being put together and the decoder for it.
#[derive(Default)]
struct DecoderLine {
    receiver: Option<VideoReceiver>,
    codec: Option<VideoCodec>,
    decoder: Option<Box<dyn VideoDecoder>>,
    /// How the sender last said the pictures are turned; some say so only when it changes.
    rotation: Rotation,
    freezes: FreezeDetector,
}

impl DecoderLine {
    fn insert(&mut self, codec: VideoCodec, packet: InboundPacket) {
        if self.codec != Some(codec) {
            self.codec = Some(codec);
            self.decoder = None;
            self.receiver = Some(VideoReceiver::new(super::payload_format(codec)));
        }
        let Some(receiver) = &mut self.receiver else { return };
        let InboundPacket { seq, timestamp, marker, rotation, payload, arrival } = packet;
        let packet = RtpPacket { seq, timestamp, marker, rotation, payload };
        if let Err(error) = receiver.insert(packet, arrival) {
            log::debug!("video packet: {error}");
        }
    }

    fn decoder(&mut self) -> Option<&mut dyn VideoDecoder> {
        if self.decoder.is_none() {
            match duet_codecs::video_decoder(self.codec?) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(error) => log::error!("no video decoder: {error}"),
            }
        }
        self.decoder.as_mut().map(|decoder| decoder.as_mut() as &mut dyn VideoDecoder)
    }

    fn on_decode_error(&mut self, now: Time) {
        if let Some(receiver) = &mut self.receiver {
            receiver.on_decode_error(now);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let (now, receiver) = (clock::now(), self.receiver.as_ref()?);
        // While only a key frame helps, the request is repeated: it or its answer may be lost.
        let retry = receiver.needs_key_frame(now).then_some(KEY_FRAME_RETRY);
        let due = receiver.next_timeout(now).map(|due| due.since(now));
        due.into_iter().chain(retry).min()
    }
}

/// W3C `freezeCount`: a gap longer than three average gaps and the average + 150 ms.
#[derive(Default)]
struct FreezeDetector {
    last: Option<Time>,
    average_gap_ms: f64,
}

impl FreezeDetector {
    fn on_frame(&mut self, now: Time) -> bool {
        let Some(last) = self.last.replace(now) else { return false };
        let gap = now.since(last).as_secs_f64() * 1e3;
        let average = self.average_gap_ms;
        // Over about 30 frames, as the standard's example does.
        self.average_gap_ms = if average == 0.0 { gap } else { average + (gap - average) / 30.0 };
        average > 0.0 && gap > (3.0 * average).max(average + 150.0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_gap_is_a_freeze_and_ordinary_jitter_is_not() {
        let mut detector = FreezeDetector::default();
        let mut now = Time::from_millis(1);
        for n in 0..60 {
            now += Duration::from_millis(if n % 2 == 0 { 20 } else { 46 });
            assert!(!detector.on_frame(now));
        }
        now += Duration::from_millis(400);
        assert!(detector.on_frame(now));
    }
}
