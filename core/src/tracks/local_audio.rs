//! Microphone to network: any PCM in, 20 ms Opus packets out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use duet_media::Time;
use duet_media::audio::{AudioBlock, AudioError, CaptureConverter};

use super::{Monitor, spawn_codec_thread};
use crate::clock;
use crate::peer::PeerPort;
use crate::stats::AudioSendStats;

/// Samples in a packet: 20 ms at 48 kHz (RFC 7587's usual packet time).
const FRAME: usize = 960;
/// Sound that waited longer than this for the encoder is worth less than new sound.
const MAX_AGE: Duration = Duration::from_millis(200);
/// At most this many frames wait, 1 s, however large a block the host pushes.
const MAX_QUEUE: usize = 50;
/// How long a frame lasts.
const FRAME_TIME: Duration = Duration::from_millis(20);
/// A pause in the host's pushing longer than this moves the RTP clock on by the time that passed.
const PAUSE: Duration = Duration::from_millis(100);
/// Larger than any 20 ms Opus packet (RFC 6716: 1275 bytes).
const MAX_PACKET: usize = 1275;

/// The sound we send. Cheap to clone; any thread.
#[derive(Clone)]
pub struct LocalAudio {
    shared: Arc<Shared>,
}

struct Shared {
    monitor: Monitor<State>,
    stats: std::sync::Mutex<AudioSendStats>,
    on_toggle: Box<dyn Fn() + Send + Sync>,
}

struct State {
    converter: CaptureConverter,
    queue: VecDeque<Frame>,
    free: Vec<Box<[f32]>>,
    out: Option<Arc<dyn PeerPort>>,
    loss_percent: u8,
    disabled: bool,
    /// The call lets sound pass.
    passing: bool,
    running: bool,
    stopped: bool,
}

struct Frame {
    samples: Box<[f32]>,
    pushed: Time,
}

impl LocalAudio {
    /// `on_toggle` is called after the track was turned on or off, on the thread that did.
    pub(crate) fn new(enabled: bool, on_toggle: impl Fn() + Send + Sync + 'static) -> Self {
        let state = State {
            converter: CaptureConverter::new(),
            queue: VecDeque::new(),
            free: Vec::new(),
            out: None,
            loss_percent: 0,
            disabled: !enabled,
            passing: true,
            running: false,
            stopped: false,
        };
        let (monitor, stats) = (Monitor::new(state), Default::default());
        LocalAudio { shared: Arc::new(Shared { monitor, stats, on_toggle: Box::new(on_toggle) }) }
    }

    /// Hands in sound: any block size, 8 to 48 kHz, mono or stereo. Copies and returns; never waits.
    /// Before the call is connected, and while muted, the sound is discarded.
    ///
    /// # Errors
    /// [`AudioError`] when the block is not valid; the call goes on.
    pub fn push(&self, block: AudioBlock<'_>) -> Result<(), AudioError> {
        block.frames()?;
        let now = clock::now();
        let mut guard = self.shared.monitor.lock();
        let state = &mut *guard;
        if state.stopped || state.out.is_none() {
            return Ok(());
        }
        let silent = state.disabled || !state.passing;
        let (queue, free) = (&mut state.queue, &mut state.free);
        let waiting = queue.len();
        state.converter.push(block, |samples| {
            let mut buffer = free.pop().unwrap_or_else(|| vec![0.0; FRAME].into_boxed_slice());
            if silent {
                buffer.fill(0.0);
            } else {
                buffer.copy_from_slice(samples);
            }
            queue.push_back(Frame { samples: buffer, pushed: now });
        })?;
        // The block ends now; its frames lie one behind the other before that.
        let added = queue.len() - waiting;
        for (after, frame) in queue.iter_mut().rev().take(added).enumerate() {
            frame.pushed = now - FRAME_TIME * after as u32;
        }
        while queue.len() > MAX_QUEUE
            || queue.front().is_some_and(|frame| frame.pushed + MAX_AGE < now && queue.len() > added)
        {
            free.extend(queue.pop_front().map(|frame| frame.samples));
        }
        drop(guard);
        if added > 0 {
            self.shared.monitor.changed.notify_one();
        }
        Ok(())
    }

    /// Mutes (`false`) and unmutes. Muted, silence is sent, so that the path stays warm.
    pub fn set_enabled(&self, enabled: bool) {
        let was = std::mem::replace(&mut self.shared.monitor.lock().disabled, !enabled);
        if was == enabled {
            (self.shared.on_toggle)();
        }
    }

    /// Whether sound is on.
    pub fn is_enabled(&self) -> bool {
        !self.shared.monitor.lock().disabled
    }

    /// From now on sound is sent.
    pub(crate) fn release(&self, out: Arc<dyn PeerPort>) {
        let start = self.shared.monitor.update(|state| {
            state.out = Some(out);
            !std::mem::replace(&mut state.running, true) && !state.stopped
        });
        if start {
            spawn_codec_thread("duet-aenc", self.shared.clone(), Shared::run);
        }
    }

    pub(crate) fn set_expected_loss(&self, percent: u8) {
        self.shared.monitor.lock().loss_percent = percent;
    }

    /// Whether the call lets sound pass; silence is sent otherwise.
    pub(crate) fn set_passing(&self, passing: bool) {
        self.shared.monitor.lock().passing = passing;
    }

    /// Nothing is sent until the next [`LocalAudio::release`].
    pub(crate) fn detach(&self) {
        self.shared.monitor.update(|state| {
            state.queue.clear();
            state.out = None;
        });
    }

    #[cfg(test)]
    pub(crate) fn is_released(&self) -> bool {
        self.shared.monitor.lock().out.is_some()
    }

    pub(crate) fn stop(&self) {
        self.shared.monitor.update(|state| {
            state.stopped = true;
            state.queue.clear();
            state.out = None;
        });
    }

    pub(crate) fn stats(&self) -> AudioSendStats {
        self.shared.stats.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for LocalAudio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalAudio")
    }
}

impl Shared {
    fn run(&self) {
        let mut encoder = match duet_codecs::audio_encoder() {
            Ok(encoder) => encoder,
            Err(error) => {
                log::error!("no sound can be sent: {error}");
                return;
            }
        };
        let mut packet = [0; MAX_PACKET];
        let mut clock = RtpClock::default();
        let mut applied_loss = 0;
        let mut first = true;
        while let Some((frame, out, loss)) = self.next_frame() {
            if loss != applied_loss && encoder.set_expected_loss(loss).is_ok() {
                applied_loss = loss;
            }
            let pushed = frame.pushed;
            let timestamp = clock.next(pushed);
            let result = encoder.encode(&frame.samples, &mut packet);
            self.monitor.lock().free.push(frame.samples);
            match result {
                Ok(length) => {
                    let mut stats = self.stats.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    stats.packets_sent += 1;
                    stats.bytes_sent += length as u64;
                    drop(stats);
                    out.send_audio(Bytes::copy_from_slice(&packet[..length]), timestamp, first, pushed);
                    first = false;
                }
                Err(error) => log::warn!("audio encoder: {error}"),
            }
        }
    }

    fn next_frame(&self) -> Option<(Frame, Arc<dyn PeerPort>, u8)> {
        let mut state = self.monitor.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(out) = state.out.clone()
                && let Some(frame) = state.queue.pop_front()
            {
                return Some((frame, out, state.loss_percent));
            }
            state = self.monitor.wait(state);
        }
    }
}

/// RTP time at 48 kHz: counts samples, and skips the pauses in which the host pushed nothing.
#[derive(Default)]
struct RtpClock {
    next: u32,
    last_push: Option<Time>,
}

impl RtpClock {
    fn next(&mut self, pushed: Time) -> u32 {
        let due = self.last_push.map_or(pushed, |last| last + FRAME_TIME);
        self.last_push = Some(pushed);
        let pause = pushed.since(due);
        if pause > PAUSE {
            let frames = (pause.as_millis() / FRAME_TIME.as_millis()) as u32;
            self.next = self.next.wrapping_add(frames.wrapping_mul(FRAME as u32));
        }
        let timestamp = self.next;
        self.next = self.next.wrapping_add(FRAME as u32);
        timestamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rtp_clock_counts_samples_and_skips_pauses() {
        let mut clock = RtpClock::default();
        assert_eq!(clock.next(Time::from_millis(1000)), 0);
        assert_eq!(clock.next(Time::from_millis(1020)), 960);
        assert_eq!(clock.next(Time::from_millis(1040)), 1920);
        assert_eq!(clock.next(Time::from_millis(2060)), 3 * 960 + 50 * 960);
    }
}
