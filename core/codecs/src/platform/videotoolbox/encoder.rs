use std::collections::VecDeque;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use duet_media::frame::{ColorSpace, I420Ref};
use objc2_core_foundation::{CFBoolean, CFDictionary, CFNumber, CFRetained, CFString, CFType};
use objc2_core_media::{
    CMSampleBuffer, CMTime, CMTimeFlags, CMVideoFormatDescriptionGetH264ParameterSetAtIndex, kCMTimeInvalid,
    kCMVideoCodecType_H264,
};
use objc2_core_video::{
    CVPixelBuffer, CVPixelBufferPool, kCVImageBufferColorPrimaries_ITU_R_709_2,
    kCVImageBufferColorPrimaries_SMPTE_C, kCVImageBufferTransferFunction_ITU_R_709_2,
    kCVImageBufferYCbCrMatrix_ITU_R_601_4, kCVImageBufferYCbCrMatrix_ITU_R_709_2,
    kCVPixelBufferIOSurfacePropertiesKey, kCVPixelBufferPixelFormatTypeKey,
    kCVPixelFormatType_420YpCbCr8BiPlanarFullRange, kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
};
use objc2_video_toolbox::*;

use super::{CODEC, IMPLEMENTATION, failed, init_error, native, own, pixels};
use crate::native::NativeBuffer;
use crate::platform::avcc::{LENGTH_BYTES, lengths_to_start_codes};
use crate::platform::h264::{self, START_CODE};
use crate::platform::pending::{MAX_PENDING, Pending};
use crate::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder, picture};

/// How long a frame is waited for that is being encoded: less than it takes until the next comes.
const WAIT: Duration = Duration::from_millis(25);
/// Frames, and seconds, between key frames that nobody asked for: none within a call.
const KEY_INTERVAL: i32 = 1 << 20;
const KEY_INTERVAL_S: i32 = 3_600;
const MICROS: i32 = 1_000_000;

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

/// What came out for one picture.
struct Answer {
    us: u64,
    status: i32,
    sample: Option<Sample>,
}

struct Sample(CFRetained<CMSampleBuffer>);

// SAFETY: sample buffers are reference counted across threads, and nobody changes this one.
unsafe impl Send for Sample {}

/// Where the session's thread puts what it made.
struct Outbox {
    answers: Mutex<VecDeque<Answer>>,
    arrived: Condvar,
}

impl Outbox {
    fn put(&self, answer: Answer) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        // No more come than went in; one of before is of no use any more.
        if answers.len() < MAX_PENDING {
            answers.push_back(answer);
        }
        drop(answers);
        self.arrived.notify_one();
    }

    fn take(&self, deadline: Instant) -> Option<Answer> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(answer) = answers.pop_front() {
                return Some(answer);
            }
            let wait = deadline.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return None;
            }
            answers = self.arrived.wait_timeout(answers, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Called by the session, on a thread of its own, once for each picture.
unsafe extern "C-unwind" fn on_output(
    outbox: *mut c_void,
    us: *mut c_void,
    status: i32,
    _flags: VTEncodeInfoFlags,
    sample: *mut CMSampleBuffer,
) {
    // SAFETY: the session was given this outbox, which lives until after the session's end.
    let outbox = unsafe { &*outbox.cast::<Outbox>() };
    // SAFETY: a sample that we are shown may be kept by retaining it.
    let sample = NonNull::new(sample).map(|sample| Sample(unsafe { CFRetained::retain(sample) }));
    outbox.put(Answer { us: us as usize as u64, status, sample });
}

/// A compression session until it is dropped.
struct Session {
    raw: CFRetained<VTCompressionSession>,
    outbox: Arc<Outbox>,
    /// What asks for a key frame.
    key: CFRetained<CFDictionary<CFString, CFType>>,
}

// SAFETY: VideoToolbox's sessions may be used from any thread, and `&mut` keeps it to one at a time.
unsafe impl Send for Session {}

impl Session {
    fn open(config: &EncoderConfig) -> Result<Self, CodecError> {
        // Rate control for low delay is not on every device, nor in the simulator.
        let session = Session::create(config, true)
            .or_else(|_| Session::create(config, false))
            .map_err(|status| init_error("start", status))?;
        session.set_stream(config)?;
        match session.set_rates(config) {
            0 => {}
            status => return Err(init_error("take its rate", status)),
        }
        // SAFETY: the session is alive.
        match unsafe { session.raw.prepare_to_encode_frames() } {
            0 => Ok(session),
            status => Err(init_error("get ready", status)),
        }
    }

    fn create(config: &EncoderConfig, low_delay: bool) -> Result<Self, i32> {
        let answers = Mutex::new(VecDeque::with_capacity(MAX_PENDING));
        let outbox = Arc::new(Outbox { answers, arrived: Condvar::new() });
        let format = CFNumber::new_i32(match config.color {
            ColorSpace::Bt601Full => kCVPixelFormatType_420YpCbCr8BiPlanarFullRange as i32,
            ColorSpace::Bt601Limited | ColorSpace::Bt709Limited => {
                kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange as i32
            }
        });
        let shared = CFDictionary::<CFString, CFType>::empty();
        // SAFETY: constants of the frameworks.
        let (pixels, specification, key) = unsafe {
            let keys = [kCVPixelBufferPixelFormatTypeKey, kCVPixelBufferIOSurfacePropertiesKey];
            let values: [&CFType; 2] = [format.as_ref(), shared.as_ref()];
            let yes: &CFType = CFBoolean::new(true).as_ref();
            (
                CFDictionary::<CFString, CFType>::from_slices(&keys, &values),
                CFDictionary::<CFString, CFType>::from_slices(
                    &[kVTVideoEncoderSpecification_EnableLowLatencyRateControl],
                    &[yes],
                ),
                CFDictionary::<CFString, CFType>::from_slices(
                    &[kVTEncodeFrameOptionKey_ForceKeyFrame],
                    &[yes],
                ),
            )
        };
        let mut raw = ptr::null_mut();
        // SAFETY: everything given is alive; the outbox lives until the session has ended (see `Drop`).
        let status = unsafe {
            VTCompressionSession::create(
                None,
                config.width as i32,
                config.height as i32,
                kCMVideoCodecType_H264,
                low_delay.then(|| specification.as_opaque()),
                Some(pixels.as_opaque()),
                None,
                Some(on_output),
                Arc::as_ptr(&outbox).cast_mut().cast(),
                NonNull::from(&mut raw),
            )
        };
        // SAFETY: what `create` made is ours.
        match unsafe { own(raw) } {
            Some(raw) if status == 0 => Ok(Session { raw, outbox, key }),
            _ => Err(status),
        }
    }

    /// What stays as it is for as long as the session lives.
    fn set_stream(&self, config: &EncoderConfig) -> Result<(), CodecError> {
        let (yes, no): (&CFType, &CFType) = (CFBoolean::new(true).as_ref(), CFBoolean::new(false).as_ref());
        let (frames, seconds) = (CFNumber::new_i32(KEY_INTERVAL), CFNumber::new_i32(KEY_INTERVAL_S));
        // SAFETY: constants of the framework.
        unsafe {
            // What a receiver relies on.
            for (key, value) in [
                (kVTCompressionPropertyKey_RealTime, yes),
                (kVTCompressionPropertyKey_AllowFrameReordering, no),
            ] {
                match self.set(key, value) {
                    0 => {}
                    status => return Err(init_error("encode in real time without reordering", status)),
                }
            }
            let profiles: [&CFType; 2] = [
                kVTProfileLevel_H264_ConstrainedBaseline_AutoLevel.as_ref(),
                kVTProfileLevel_H264_Baseline_AutoLevel.as_ref(),
            ];
            if profiles.iter().all(|profile| self.set(kVTCompressionPropertyKey_ProfileLevel, profile) != 0) {
                return Err(init_error("encode the baseline profile", 0));
            }
            // What makes it better where the device knows it.
            let (primaries, matrix) = match config.color {
                ColorSpace::Bt601Limited | ColorSpace::Bt601Full => {
                    (kCVImageBufferColorPrimaries_SMPTE_C, kCVImageBufferYCbCrMatrix_ITU_R_601_4)
                }
                ColorSpace::Bt709Limited => {
                    (kCVImageBufferColorPrimaries_ITU_R_709_2, kCVImageBufferYCbCrMatrix_ITU_R_709_2)
                }
            };
            let wishes: [(&CFString, &CFType); 5] = [
                (kVTCompressionPropertyKey_MaxKeyFrameInterval, frames.as_ref()),
                (kVTCompressionPropertyKey_MaxKeyFrameIntervalDuration, seconds.as_ref()),
                (kVTCompressionPropertyKey_ColorPrimaries, primaries.as_ref()),
                (
                    kVTCompressionPropertyKey_TransferFunction,
                    kCVImageBufferTransferFunction_ITU_R_709_2.as_ref(),
                ),
                (kVTCompressionPropertyKey_YCbCrMatrix, matrix.as_ref()),
            ];
            for (key, value) in wishes {
                self.set(key, value);
            }
        }
        Ok(())
    }

    /// The platform's status: 0 when it took them.
    fn set_rates(&self, config: &EncoderConfig) -> i32 {
        let bits = CFNumber::new_i32(i32::try_from(config.bitrate_bps.max(1)).unwrap_or(i32::MAX));
        let fps = CFNumber::new_f32(config.fps.clamp(1.0, 60.0));
        // SAFETY: constants of the framework.
        unsafe {
            // A hint only.
            self.set(kVTCompressionPropertyKey_ExpectedFrameRate, fps.as_ref());
            self.set(kVTCompressionPropertyKey_AverageBitRate, bits.as_ref())
        }
    }

    fn set(&self, key: &CFString, value: &CFType) -> i32 {
        let session: &CFType = self.raw.as_ref();
        // SAFETY: the session is alive; the framework checks the value's type.
        unsafe { VTSessionSetProperty(session, key, Some(value)) }
    }

    /// A buffer for a picture, from the session's own pool.
    fn pixel_buffer(&mut self) -> Result<CFRetained<CVPixelBuffer>, CodecError> {
        // SAFETY: the session is alive.
        let pool = unsafe { self.raw.pixel_buffer_pool() };
        let pool = pool.ok_or_else(|| failed("give its pool", 0))?;
        let mut buffer = ptr::null_mut();
        // SAFETY: the pool is alive.
        let status =
            unsafe { CVPixelBufferPool::create_pixel_buffer(None, &pool, NonNull::from(&mut buffer)) };
        // SAFETY: what it made is ours.
        unsafe { own(buffer) }.filter(|_| status == 0).ok_or_else(|| failed("give a buffer", status))
    }

    /// Hands a picture in; the platform's status.
    fn encode(&mut self, picture: &CVPixelBuffer, us: u64, force_key: bool) -> i32 {
        let time = CMTime { value: us as i64, timescale: MICROS, flags: CMTimeFlags::Valid, epoch: 0 };
        // SAFETY: all are alive; the session keeps what it needs. The time comes back as it is.
        unsafe {
            self.raw.encode_frame(
                picture,
                time,
                kCMTimeInvalid,
                force_key.then(|| self.key.as_opaque()),
                us as usize as *mut c_void,
                ptr::null_mut(),
            )
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again. Once the first has returned, everything that went in has come
        // out; so nobody uses the outbox any more.
        unsafe {
            self.raw.complete_frames(kCMTimeInvalid);
            self.raw.invalidate();
        }
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
