//! Camera to network: newest frame wins, one thread encodes.

use std::sync::Arc;

use bytes::Bytes;
use duet_codecs::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder};
use duet_media::Time;
use duet_media::frame::{FrameError, FramePool, PooledFrame, VideoFrame, copy_to_i420};
use duet_media::rtp::{Packetizer, PayloadFormat};

use super::{Monitor, spawn_codec_thread};
use crate::clock;
use crate::config::CallOptions;
use crate::peer::Peer;
use crate::stats::VideoSendStats;

/// Frames in flight: one waiting, one being encoded, one being copied by the host.
const POOL: usize = 3;
/// An encoder that failed this often in a row is given up for the call.
const MAX_FAILURES: u32 = 5;
/// Share of the video rate left for RTP, SRTP and UDP headers around some 1100 bytes of payload.
const PAYLOAD_SHARE: f64 = 0.95;

/// The pictures we send. Cheap to clone; any thread.
#[derive(Clone)]
pub struct LocalVideo {
    shared: Arc<Shared>,
}

/// What became of a pushed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It will be encoded unless a newer one comes first.
    Queued,
    /// It was not taken: the track is off or over, or no buffer was free.
    Dropped,
}

struct Shared {
    monitor: Monitor<State>,
    pool: FramePool,
    stats: std::sync::Mutex<VideoSendStats>,
    on_toggle: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    newest: Option<PooledFrame>,
    out: Option<Peer>,
    codec: Option<VideoCodec>,
    target_bps: u64,
    fps: u32,
    screen: bool,
    key_requested: bool,
    disabled: bool,
    running: bool,
    stopped: bool,
}

impl LocalVideo {
    /// `on_toggle` is called after the track was turned on or off, on the thread that did.
    pub(crate) fn new(options: &CallOptions, on_toggle: impl Fn() + Send + Sync + 'static) -> Self {
        let state = State {
            target_bps: u64::from(options.start_kbps) * 1000,
            fps: options.fps,
            screen: options.screen,
            disabled: !options.video,
            ..State::default()
        };
        LocalVideo {
            shared: Arc::new(Shared {
                monitor: Monitor::new(state),
                pool: FramePool::new(POOL),
                stats: std::sync::Mutex::default(),
                on_toggle: Box::new(on_toggle),
            }),
        }
    }

    /// Hands in a frame. Copies its pixels once and returns; never waits.
    ///
    /// The size may change from frame to frame. Before the call is connected the newest frame is
    /// kept, so that the first picture leaves as soon as there is a path.
    ///
    /// # Errors
    /// [`FrameError`] when the frame is not valid; the call goes on.
    pub fn push(&self, frame: &VideoFrame<'_>) -> Result<Pushed, FrameError> {
        frame.validate()?;
        let now = clock::now();
        self.shared.stat(|stats| stats.frames_pushed += 1);
        let refused = {
            let state = self.shared.monitor.lock();
            state.disabled || state.stopped
        };
        let buffer = if refused { None } else { self.shared.pool.take() };
        let Some(mut buffer) = buffer else {
            self.shared.stat(|stats| stats.frames_dropped += 1);
            return Ok(Pushed::Dropped);
        };
        copy_to_i420(frame, &mut buffer)?;
        buffer.rotation = frame.rotation;
        buffer.color = frame.color;
        buffer.time = if frame.capture_time == Time::ZERO { now } else { frame.capture_time };
        let replaced = self.shared.monitor.update(|state| state.newest.replace(buffer));
        if replaced.is_some() {
            self.shared.stat(|stats| stats.frames_dropped += 1);
        }
        Ok(Pushed::Queued)
    }

    /// Turns the pictures off and on ("camera off"). Off, pushed frames are dropped.
    pub fn set_enabled(&self, enabled: bool) {
        let changed = self.shared.monitor.update(|state| {
            state.key_requested |= enabled;
            if !enabled {
                state.newest = None;
            }
            std::mem::replace(&mut state.disabled, !enabled) == enabled
        });
        if changed {
            (self.shared.on_toggle)();
        }
    }

    /// Whether pictures are on.
    pub fn is_enabled(&self) -> bool {
        !self.shared.monitor.lock().disabled
    }

    pub(crate) fn configure(&self, fps: u32, screen: bool) {
        self.shared.monitor.update(|state| (state.fps, state.screen) = (fps, screen));
    }

    pub(crate) fn set_codec(&self, codec: VideoCodec) {
        self.shared.monitor.update(|state| state.codec = Some(codec));
        self.shared.stat(|stats| stats.codec = Some(codec));
    }

    /// From now on frames are sent.
    pub(crate) fn release(&self, out: Peer) {
        let start = self.shared.monitor.update(|state| {
            state.out = Some(out);
            !std::mem::replace(&mut state.running, true) && !state.stopped
        });
        if start {
            spawn_codec_thread("duet-venc", self.shared.clone(), Shared::run);
        }
    }

    pub(crate) fn set_target(&self, bits_per_second: u64) {
        self.shared.monitor.update(|state| state.target_bps = bits_per_second);
        self.shared.stat(|stats| stats.target_bps = bits_per_second);
    }

    pub(crate) fn request_key_frame(&self) {
        self.shared.monitor.update(|state| state.key_requested = true);
    }

    pub(crate) fn stop(&self) {
        self.shared.monitor.update(|state| {
            state.stopped = true;
            state.newest = None;
            state.out = None;
        });
    }

    pub(crate) fn stats(&self) -> VideoSendStats {
        self.shared.stats.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for LocalVideo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalVideo")
    }
}

/// One frame's worth of orders for the encoder thread.
struct Job {
    frame: PooledFrame,
    out: Peer,
    codec: VideoCodec,
    target_bps: u64,
    fps: u32,
    screen: bool,
    key: bool,
}

impl Shared {
    fn stat(&self, change: impl FnOnce(&mut VideoSendStats)) {
        change(&mut self.stats.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = self.monitor.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let (Some(codec), Some(out), true) = (state.codec, state.out.clone(), state.newest.is_some()) {
                let frame = state.newest.take()?;
                let key = std::mem::take(&mut state.key_requested);
                let State { target_bps, fps, screen, .. } = *state;
                return Some(Job { frame, out, codec, target_bps, fps, screen, key });
            }
            state = self.monitor.wait(state);
        }
    }

    fn run(&self) {
        let mut line = EncoderLine::new();
        let mut failures = 0;
        while let Some(job) = self.next_job() {
            // A frame behind a full queue would only arrive later than the next one.
            if job.out.is_congested() {
                self.stat(|stats| stats.frames_dropped += 1);
                if job.key {
                    self.monitor.lock().key_requested = true;
                }
                continue;
            }
            match self.encode(&mut line, &job) {
                Ok(()) => failures = 0,
                Err(error) => {
                    log::warn!("video encoder: {error}");
                    self.stat(|stats| stats.frames_dropped += 1);
                    line = EncoderLine::new();
                    failures += 1;
                    if failures == MAX_FAILURES {
                        log::error!("video encoder gave up after {failures} failures in a row");
                        return;
                    }
                }
            }
        }
    }

    fn encode(&self, line: &mut EncoderLine, job: &Job) -> Result<(), CodecError> {
        let picture = job.frame.as_ref();
        let config = EncoderConfig {
            width: picture.width,
            height: picture.height,
            fps: job.fps as f32,
            bitrate_bps: (job.target_bps as f64 * PAYLOAD_SHARE) as u32,
            screen: job.screen,
            threads: encoder_threads(picture.width, picture.height),
        };
        let timestamp = line.timestamp(job.frame.time);
        line.prepare(job.codec, &config)?;
        let Some((encoder, _)) = &mut line.encoder else { return Ok(()) };
        let name = encoder.implementation();
        if !encoder.encode(picture, timestamp, job.key, &mut line.encoded)? {
            self.stat(|stats| stats.frames_dropped += 1);
            return Ok(());
        }
        let encoded = &line.encoded;
        line.payloads.extend(line.packetizer.packetize(&encoded.data).map(|payload| payload.data));
        let (packets, bytes) = (line.payloads.len(), line.payloads.iter().map(Bytes::len).sum::<usize>());
        self.stat(|stats| {
            stats.encoder = name;
            stats.frames_encoded += 1;
            stats.key_frames += u64::from(encoded.key);
            stats.width = config.width;
            stats.height = config.height;
            stats.packets_sent += packets as u64;
            stats.bytes_sent += bytes as u64;
        });
        if !job.out.send_video(&mut line.payloads, timestamp as u32, encoded.key, job.frame.time) {
            self.monitor.lock().key_requested = true;
        }
        Ok(())
    }
}

/// The encoder at work and what belongs to its stream.
struct EncoderLine {
    encoder: Option<(Box<dyn VideoEncoder>, EncoderConfig)>,
    packetizer: Packetizer,
    payloads: Vec<Bytes>,
    encoded: EncodedFrame,
    last_timestamp: u64,
}

impl EncoderLine {
    fn new() -> Self {
        EncoderLine {
            encoder: None,
            packetizer: Packetizer::new(PayloadFormat::H264),
            payloads: Vec::new(),
            encoded: EncodedFrame::default(),
            last_timestamp: 0,
        }
    }

    /// 90 kHz, strictly increasing whatever the host's capture times do.
    fn timestamp(&mut self, capture: Time) -> u64 {
        let wanted = capture.as_nanos() / 100_000 * 9;
        self.last_timestamp = wanted.max(self.last_timestamp + 1);
        self.last_timestamp
    }

    /// Makes the encoder, or brings it up to date.
    fn prepare(&mut self, codec: VideoCodec, config: &EncoderConfig) -> Result<(), CodecError> {
        if self.encoder.as_ref().is_none_or(|(encoder, _)| encoder.codec() != codec) {
            self.encoder = Some((duet_codecs::video_encoder(codec, config)?, *config));
            self.packetizer = Packetizer::new(super::payload_format(codec));
        }
        let Some((encoder, applied)) = &mut self.encoder else { return Ok(()) };
        if (applied.width, applied.height) != (config.width, config.height) {
            encoder.configure(config)?;
        } else if applied.bitrate_bps != config.bitrate_bps {
            encoder.set_rates(config.bitrate_bps, config.fps)?;
        }
        *applied = *config;
        Ok(())
    }
}

/// One thread up to VGA; above, two where four cores leave room for the rest of the call
/// (libvpx's row threads spin when cores are short).
fn encoder_threads(width: u32, height: u32) -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if width * height > 640 * 480 && cores >= 4 { 2 } else { 1 }
}
