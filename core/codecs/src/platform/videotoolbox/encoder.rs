use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use duet_media::frame::I420Ref;
use objc2_core_media::{CMSampleBuffer, CMVideoFormatDescriptionGetH264ParameterSetAtIndex};
use objc2_core_video::CVPixelBuffer;
use objc2_video_toolbox::kVTInvalidSessionErr;

use super::session::{Sample, Session};
use super::{CODEC, IMPLEMENTATION, failed, native, pixels};
use crate::native::NativeBuffer;
use crate::platform::avcc::{LENGTH_BYTES, lengths_to_start_codes};
use crate::platform::h264::{self, START_CODE};
use crate::platform::pending::Pending;
use crate::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder, picture};

/// How long a frame is waited for that is being encoded: less than it takes until the next comes.
const WAIT: Duration = Duration::from_millis(25);

/// The chip's H.264 encoder: constrained baseline, no reordering, rate control for low delay.
///
/// Key frames come only when asked for (and first), each with its parameter sets in front. The chip may drop
/// frames to meet the rate. A new size is a new session, and so is one that the system took away, as it does
/// from an app that goes to the background.
pub(crate) struct Encoder {
    session: Session,
    config: EncoderConfig,
    pending: Pending,
    /// A key frame was asked for with a picture that was left out.
    key_wanted: bool,
}

impl Encoder {
    /// # Errors
    /// [`CodecError::Init`] when the device has no such encoder, or it does not do `config`.
    pub(crate) fn new(config: &EncoderConfig) -> Result<Self, CodecError> {
        picture::check_size(CODEC, config)?;
        Ok(Encoder {
            session: Session::open(config)?,
            config: *config,
            pending: Pending::new(),
            key_wanted: false,
        })
    }

    /// Hands in `picture`, or leaves it out while the chip is behind.
    fn feed(&mut self, picture: &CVPixelBuffer, timestamp: u64, force_key: bool) -> Result<(), CodecError> {
        self.key_wanted |= force_key;
        if !self.pending.has_room() {
            return Ok(());
        }
        let force_key = std::mem::take(&mut self.key_wanted);
        let us = self.pending.push(timestamp, Instant::now());
        let mut status = self.session.encode(picture, us, force_key);
        if status == kVTInvalidSessionErr {
            self.session = Session::open(&self.config)?;
            self.pending.clear();
            let us = self.pending.push(timestamp, Instant::now());
            status = self.session.encode(picture, us, true);
        }
        if status == 0 { Ok(()) } else { Err(failed("encode", status)) }
    }

    /// The next frame, waited for until `deadline` while one is inside.
    fn next(&mut self, deadline: Instant, out: &mut EncodedFrame) -> Result<bool, CodecError> {
        while !self.pending.is_empty() {
            let Some(answer) = self.session.outbox.take(deadline) else {
                let stuck = self.pending.is_stuck(Instant::now());
                return if stuck { Err(failed("encode a frame within a second", 0)) } else { Ok(false) };
            };
            let Some(timestamp) = self.pending.take(answer.us) else { continue };
            if answer.status != 0 {
                return Err(failed("encode a frame", answer.status));
            }
            // None: left out by the rate control.
            let Some(Sample(sample)) = answer.sample else { continue };
            read(&sample, out)?;
            out.timestamp = timestamp;
            return Ok(true);
        }
        Ok(false)
    }

    fn deadline() -> Instant {
        Instant::now() + WAIT
    }
}

impl VideoEncoder for Encoder {
    fn codec(&self) -> VideoCodec {
        VideoCodec::H264
    }

    fn implementation(&self) -> &'static str {
        IMPLEMENTATION
    }

    fn configure(&mut self, config: &EncoderConfig) -> Result<(), CodecError> {
        let stream = |config: &EncoderConfig| (config.width, config.height, config.color);
        if stream(config) == stream(&self.config) {
            self.config.screen = config.screen;
            return self.set_rates(config.bitrate_bps, config.fps);
        }
        *self = Encoder::new(config)?;
        Ok(())
    }

    fn set_rates(&mut self, bitrate_bps: u32, fps: f32) -> Result<(), CodecError> {
        (self.config.bitrate_bps, self.config.fps) = (bitrate_bps, fps);
        match self.session.set_rates(&self.config) {
            // The next picture makes a new one, with the new rates.
            0 | kVTInvalidSessionErr => Ok(()),
            status => Err(failed("change its rate", status)),
        }
    }

    fn encode(
        &mut self,
        picture: I420Ref<'_>,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<bool, CodecError> {
        picture::check(CODEC, &picture, self.config.width, self.config.height)?;
        let buffer = self.session.pixel_buffer()?;
        if !pixels::write(&picture, &buffer) {
            return Err(failed("lay out its own picture", 0));
        }
        self.feed(&buffer, timestamp, force_key)?;
        self.next(Self::deadline(), out)
    }

    fn encode_native(
        &mut self,
        picture: &NativeBuffer,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<Option<bool>, CodecError> {
        let Ok(buffer) = native::pixel_buffer(picture) else { return Ok(None) };
        if pixels::size(buffer) != Ok((self.config.width, self.config.height)) {
            return Err(failed("encode a picture of another size than configured", 0));
        }
        // The session keeps the buffer for as long as it needs it.
        self.feed(buffer, timestamp, force_key)?;
        self.next(Self::deadline(), out).map(Some)
    }

    fn poll_late(&mut self, out: &mut EncodedFrame) -> Result<bool, CodecError> {
        self.next(Self::deadline(), out)
    }
}

/// Copies an encoded frame, as Annex B.
fn read(sample: &CMSampleBuffer, out: &mut EncodedFrame) -> Result<(), CodecError> {
    // SAFETY: the sample is alive.
    let block = unsafe { sample.data_buffer() }.ok_or_else(|| failed("give the frame's bytes", 0))?;
    // SAFETY: the block is alive.
    let length = unsafe { block.data_length() };
    out.qp = None;
    out.data.clear();
    out.data.resize(length, 0);
    let Some(target) = NonNull::new(out.data.as_mut_ptr().cast::<c_void>()).filter(|_| length > 0) else {
        return Err(failed("give the frame's bytes", 0));
    };
    // SAFETY: the block has `length` bytes, and so has the target.
    match unsafe { block.copy_data_bytes(0, length, target) } {
        0 => {}
        status => return Err(failed("give the frame's bytes", status)),
    }
    if !lengths_to_start_codes(&mut out.data) {
        return Err(failed("put lengths before its NAL units", 0));
    }
    let contents = h264::contents(&out.data);
    out.key = contents.idr;
    if contents.idr && !contents.sps {
        let sets = parameter_sets(sample)?;
        out.data.splice(0..0, sets);
    }
    Ok(())
}

/// The parameter sets that a sample's format carries, in Annex B.
fn parameter_sets(sample: &CMSampleBuffer) -> Result<Vec<u8>, CodecError> {
    // SAFETY: the sample is alive.
    let format =
        unsafe { sample.format_description() }.ok_or_else(|| failed("tell the frame's format", 0))?;
    let mut sets = Vec::new();
    let mut count = 1;
    let mut index = 0;
    while index < count {
        let (mut data, mut size, mut length_bytes) = (ptr::null(), 0, 0);
        // SAFETY: the format is alive, and all of them may be written.
        let status = unsafe {
            CMVideoFormatDescriptionGetH264ParameterSetAtIndex(
                &format,
                index,
                &mut data,
                &mut size,
                &mut count,
                &mut length_bytes,
            )
        };
        if status != 0 || data.is_null() || length_bytes as usize != LENGTH_BYTES {
            return Err(failed("tell the parameter sets", status));
        }
        sets.extend_from_slice(&START_CODE);
        // SAFETY: the format owns these bytes.
        sets.extend_from_slice(unsafe { std::slice::from_raw_parts(data, size) });
        index += 1;
    }
    Ok(sets)
}
