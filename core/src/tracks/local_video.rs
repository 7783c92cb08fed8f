//! Camera to network: newest frame wins, one thread encodes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use duet_call::VideoFlow;
use duet_codecs::{CodecError, VideoCodec};
use duet_media::Time;
use duet_media::frame::{FrameError, FramePool, VideoFrame, check_dimensions, copy_to_i420};

use super::encoder_line::{EncoderLine, Outgoing, Settings};
use super::waiting::{NativeFrame, Waiting};
use super::{Monitor, spawn_codec_thread};
use crate::clock;
use crate::config::CallOptions;
use crate::peer::{FrameInfo, PeerPort};
use crate::stats::VideoSendStats;

/// Frames in flight: one waiting, one being encoded, one being copied by the host.
const POOL: usize = 3;
/// How long frames of a size that the encoder refused are dropped before it is asked again.
const RETRY: Duration = Duration::from_secs(1);
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

/// What the other side wants of our pictures at most; `None` where it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoLimits {
    /// Pictures per second.
    pub fps: Option<u32>,
    /// Width times height.
    pub pixels: Option<u32>,
}

struct Shared {
    monitor: Monitor<State>,
    pool: FramePool,
    stats: std::sync::Mutex<VideoSendStats>,
    on_toggle: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    newest: Option<Waiting>,
    out: Option<Arc<dyn PeerPort>>,
    codec: Option<VideoCodec>,
    target_bps: u64,
    fps: u32,
    limits: VideoLimits,
    screen: bool,
    key_requested: bool,
    flow: Flow,
    disabled: bool,
    running: bool,
    stopped: bool,
}

impl LocalVideo {
    /// `on_toggle` is called after the track was turned on or off, or from camera to screen or back, on the
    /// thread that did.
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
    /// The size may change from frame to frame, and so may the rotation, which travels beside the pixels.
    /// Before the call is connected the newest frame is
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
        Ok(self.shared.queue(Waiting::Copied(buffer)))
    }

    /// Hands in a picture in the platform's own memory, as its camera gives it, and returns at once; nothing is
    /// copied here. Platform encoders that can take it do so; for others it is copied on the encoder's thread.
    ///
    /// `frame` is released in any case, once: on the encoder's thread, by a later push on its thread, or
    /// before this returns. At most two are held at a time, one that waits and one that is being encoded; while the
    /// call is not connected, the newest is.
    ///
    /// # Errors
    /// [`FrameError::NativeUnsupported`] where this build cannot read such pictures, and other
    /// [`FrameError`]s for a size that frames may not have; the call goes on.
    pub fn push_native(&self, mut frame: NativeFrame) -> Result<Pushed, FrameError> {
        let (width, height) = frame.buffer.size()?;
        check_dimensions(width, height)?;
        self.shared.stat(|stats| stats.frames_pushed += 1);
        if frame.capture_time == Time::ZERO {
            frame.capture_time = clock::now();
        }
        Ok(self.shared.queue(Waiting::Native(frame)))
    }

    /// Turns the pictures off and on ("camera off"). Off, pushed frames are dropped.
    pub fn set_enabled(&self, enabled: bool) {
        let (changed, unsent) = self.shared.monitor.update(|state| {
            state.key_requested |= enabled;
            let unsent = if enabled { None } else { state.newest.take() };
            (std::mem::replace(&mut state.disabled, !enabled) == enabled, unsent)
        });
        // Under no lock: releasing a native picture calls the host.
        drop(unsent);
        if changed {
            (self.shared.on_toggle)();
        }
    }

    /// Whether pictures are on.
    pub fn is_enabled(&self) -> bool {
        !self.shared.monitor.lock().disabled
    }

    /// Says whether the frames pushed from now on are a screen's: they are encoded for sharp text before
    /// smooth motion, go on in the background, and the other end is told.
    pub fn set_screen(&self, screen: bool) {
        let was = self.shared.monitor.update(|state| std::mem::replace(&mut state.screen, screen));
        if was != screen {
            (self.shared.on_toggle)();
        }
    }

    /// Whether the pictures are a screen's.
    pub fn is_screen(&self) -> bool {
        self.shared.monitor.lock().screen
    }

    /// What the other side wants at most, as its session description says: `framerate`, or `max-fr` and `max-fs`
    /// of the codec it likes best. The encoder is told the rate; frames are sent as they are pushed, so the
    /// camera is the place to keep to it.
    pub fn limits(&self) -> VideoLimits {
        self.shared.monitor.lock().limits
    }

    pub(crate) fn set_limits(&self, limits: VideoLimits) {
        self.shared.monitor.update(|state| state.limits = limits);
    }

    pub(crate) fn configure(&self, fps: u32, screen: bool) {
        self.shared.monitor.update(|state| (state.fps, state.screen) = (fps, screen));
    }

    pub(crate) fn set_codec(&self, codec: VideoCodec) {
        self.shared.monitor.update(|state| state.codec = Some(codec));
        self.shared.stat(|stats| stats.codec = Some(codec));
    }

    /// From now on frames are sent.
    pub(crate) fn release(&self, out: Arc<dyn PeerPort>) {
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

    /// What the call lets pass.
    pub(crate) fn set_flow(&self, flow: VideoFlow) {
        self.shared.monitor.update(|state| {
            // Whoever sees pictures again needs one that stands alone.
            state.key_requested |= state.flow.0 == VideoFlow::Off && flow != VideoFlow::Off;
            state.flow = Flow(flow);
        });
    }

    /// Nothing is sent until the next [`LocalVideo::release`].
    pub(crate) fn detach(&self) {
        self.shared.monitor.update(|state| {
            state.out = None;
            state.key_requested = true;
        });
    }

    #[cfg(test)]
    pub(crate) fn is_released(&self) -> bool {
        self.shared.monitor.lock().out.is_some()
    }

    pub(crate) fn stop(&self) {
        let unsent = self.shared.monitor.update(|state| {
            state.stopped = true;
            state.out = None;
            state.newest.take()
        });
        drop(unsent);
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

/// What the call lets pass, beside the host's own wish.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Flow(VideoFlow);

impl Default for Flow {
    fn default() -> Self {
        Flow(VideoFlow::Full)
    }
}

/// One frame's worth of orders for the encoder thread.
struct Job {
    frame: Waiting,
    out: Arc<dyn PeerPort>,
    codec: VideoCodec,
    target_bps: u64,
    fps: u32,
    screen: bool,
    reduced: bool,
    key: bool,
}

/// What the encoder would not take.
struct Refused {
    kind: (VideoCodec, Option<(u32, u32)>),
    at: Time,
}

impl Refused {
    fn covers(&self, kind: (VideoCodec, Option<(u32, u32)>)) -> bool {
        self.kind == kind && clock::now().since(self.at) < RETRY
    }
}

impl Shared {
    fn stat(&self, change: impl FnOnce(&mut VideoSendStats)) {
        change(&mut self.stats.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// Puts `frame` in the place of the one that waits.
    fn queue(&self, frame: Waiting) -> Pushed {
        let (outcome, replaced) = self.monitor.update(|state| {
            // The camera may have been turned off while the pixels were copied.
            if state.disabled || state.stopped {
                return (Pushed::Dropped, Some(frame));
            }
            (Pushed::Queued, state.newest.replace(frame))
        });
        if replaced.is_some() {
            self.stat(|stats| stats.frames_dropped += 1);
        }
        outcome
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = self.monitor.lock();
        loop {
            if state.stopped {
                return None;
            }
            let ready = state.newest.is_some() && state.flow.0 != VideoFlow::Off;
            if let (Some(codec), Some(out), true) = (state.codec, state.out.clone(), ready) {
                let frame = state.newest.take()?;
                let key = std::mem::take(&mut state.key_requested);
                let State { target_bps, screen, .. } = *state;
                let fps = state.limits.fps.map_or(state.fps, |most| state.fps.min(most));
                let reduced = state.flow.0 == VideoFlow::Reduced;
                return Some(Job { frame, out, codec, target_bps, fps, screen, reduced, key });
            }
            state = self.monitor.wait(state);
        }
    }

    fn run(&self) {
        let mut line = EncoderLine::new();
        let mut refused: Option<Refused> = None;
        while let Some(job) = self.next_job() {
            let kind = (job.codec, job.frame.size());
            let again = refused.as_ref().is_some_and(|refused| refused.covers(kind));
            // A frame behind a full queue would only arrive later than the next one.
            if again || job.out.is_congested() {
                self.stat(|stats| stats.frames_dropped += 1);
                if job.key {
                    self.monitor.lock().key_requested = true;
                }
                continue;
            }
            match self.encode(&mut line, &job) {
                Ok(()) => refused = None,
                Err(error) => {
                    log::warn!("video encoder: {error}");
                    self.stat(|stats| stats.frames_dropped += 1);
                    line = EncoderLine::new();
                    refused = Some(Refused { kind, at: clock::now() });
                }
            }
        }
    }

    fn encode(&self, line: &mut EncoderLine, job: &Job) -> Result<(), CodecError> {
        let settings = Settings {
            codec: job.codec,
            fps: job.fps,
            bitrate_bps: (job.target_bps as f64 * PAYLOAD_SHARE) as u32,
            screen: job.screen,
            color: job.frame.color(),
            reduced: job.reduced,
        };
        let mut encoded = line.encode(job.frame.picture(), job.frame.captured(), &settings, job.key)?;
        if encoded.is_none() {
            self.stat(|stats| stats.frames_dropped += 1);
        }
        while let Some(frame) = encoded {
            self.send(job, frame);
            encoded = line.late()?;
        }
        Ok(())
    }

    fn send(&self, job: &Job, encoded: Outgoing<'_>) {
        let (packets, bytes) =
            (encoded.payloads.len(), encoded.payloads.iter().map(Bytes::len).sum::<usize>());
        self.stat(|stats| {
            stats.encoder = encoded.implementation;
            stats.frames_encoded += 1;
            stats.key_frames += u64::from(encoded.key);
            (stats.width, stats.height) = encoded.size;
            stats.packets_sent += packets as u64;
            stats.bytes_sent += bytes as u64;
        });
        let info = FrameInfo {
            timestamp: encoded.timestamp,
            key: encoded.key,
            captured: job.frame.captured(),
            rotation: job.frame.rotation(),
        };
        if !job.out.send_video(encoded.payloads, info) {
            self.monitor.lock().key_requested = true;
        }
    }
}

#[cfg(test)]
mod tests;
