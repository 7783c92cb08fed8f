//! The four tracks of a call: what a host pushes into and pulls out of.
//!
//! Pushing and pulling never wait for a codec or the network. Video is encoded and decoded, and
//! audio encoded, on threads of their own that end with the call; audio is decoded by the thread
//! that pulls it, which needs some 50 us per 20 ms and saves a queue's delay.

mod encoder_line;
mod local_audio;
mod local_video;
mod remote_audio;
mod remote_video;
mod waiting;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use duet_codecs::VideoCodec;
use duet_media::frame::Rotation;
use duet_media::rtp::PayloadFormat;

pub use local_audio::LocalAudio;
pub use local_video::{LocalVideo, Pushed, VideoLimits};
pub use remote_audio::{Played, RemoteAudio};
pub use remote_video::{FrameRef, RemoteVideo};
pub use waiting::NativeFrame;

/// An RTP packet as it came in.
#[derive(Clone, Debug)]
pub(crate) struct InboundPacket {
    pub(crate) seq: u16,
    pub(crate) timestamp: u32,
    pub(crate) marker: bool,
    pub(crate) rotation: Option<Rotation>,
    pub(crate) payload: Bytes,
    pub(crate) arrival: duet_media::Time,
}

/// A value two threads share and one of them waits on.
#[derive(Debug, Default)]
struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    fn new(value: T) -> Self {
        Monitor { value: Mutex::new(value), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the value and wakes the waiting thread.
    fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_one();
        result
    }

    fn wait<'a>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for<'a>(&self, guard: MutexGuard<'a, T>, timeout: Duration) -> MutexGuard<'a, T> {
        self.changed.wait_timeout(guard, timeout).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Starts a codec thread. It ends by its own flag and is never joined: a host's thread must not
/// wait for a frame to be encoded.
fn spawn_codec_thread<T: Send + Sync + 'static>(
    name: &'static str,
    shared: Arc<T>,
    run: impl FnOnce(&T) + Send + 'static,
) {
    let started = thread::Builder::new().name(name.into()).spawn(move || run(&shared));
    if let Err(error) = started {
        log::error!("no thread {name}: {error}; this track stays silent");
    }
}

/// How a codec's frames travel.
fn payload_format(codec: VideoCodec) -> PayloadFormat {
    match codec {
        VideoCodec::H264 => PayloadFormat::H264,
        VideoCodec::Vp8 => PayloadFormat::Vp8,
    }
}
