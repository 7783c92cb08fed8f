//! What waits for the encoder: pixels that were copied, or a picture in the platform's own memory.

use duet_codecs::NativeBuffer;
use duet_media::Time;
use duet_media::frame::{ColorSpace, PooledFrame, Rotation};

use super::encoder_line::Picture;

/// A picture in the platform's own memory, and what it means.
#[derive(Debug)]
pub struct NativeFrame {
    /// The picture; released once it is encoded, dropped or refused.
    pub buffer: NativeBuffer,
    /// Rotation to apply when showing it.
    pub rotation: Rotation,
    /// Colour matrix and range.
    pub color: ColorSpace,
    /// When the camera captured it, on any monotonic clock; zero: now.
    pub capture_time: Time,
}

/// A frame that waits for the encoder.
pub(super) enum Waiting {
    Copied(PooledFrame),
    Native(NativeFrame),
}

impl Waiting {
    pub(super) fn picture(&self) -> Picture<'_> {
        match self {
            Waiting::Copied(frame) => Picture::Pixels(frame.as_ref()),
            Waiting::Native(frame) => Picture::Native(&frame.buffer),
        }
    }

    /// Width and height; `None` for a native picture that tells none.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        match self {
            Waiting::Copied(frame) => Some((frame.width(), frame.height())),
            Waiting::Native(frame) => frame.buffer.size().ok(),
        }
    }

    pub(super) fn color(&self) -> ColorSpace {
        match self {
            Waiting::Copied(frame) => frame.color,
            Waiting::Native(frame) => frame.color,
        }
    }

    pub(super) fn captured(&self) -> Time {
        match self {
            Waiting::Copied(frame) => frame.time,
            Waiting::Native(frame) => frame.capture_time,
        }
    }

    pub(super) fn rotation(&self) -> Rotation {
        match self {
            Waiting::Copied(frame) => frame.rotation,
            Waiting::Native(frame) => frame.rotation,
        }
    }
}
