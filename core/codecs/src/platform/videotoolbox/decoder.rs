use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, PoisonError};

use duet_media::frame::{ColorSpace, I420Frame};
use objc2_core_foundation::{CFBoolean, CFDictionary, CFNumber, CFRetained, CFString, CFType};
use objc2_core_media::{
    CMBlockBuffer, CMFormatDescription, CMSampleBuffer, CMTime,
    CMVideoFormatDescriptionCreateFromH264ParameterSets, kCMBlockBufferAssureMemoryNowFlag,
};
use objc2_core_video::{
    CVImageBuffer, CVPixelBuffer, kCVPixelBufferPixelFormatTypeKey,
    kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
};
use objc2_video_toolbox::*;

use super::{CODEC, IMPLEMENTATION, failed, own, pixels};
use crate::platform::avcc::{LENGTH_BYTES, to_lengths};
use crate::platform::h264::{self, ParameterSets};
use crate::{CodecError, DecodedFrame, VideoCodec, VideoDecoder};

/// The chip's H.264 decoder. It conceals damage in ways that nobody knows, so it only gets what follows a key
/// frame without a gap.
///
/// Other parameter sets are a new session, and so is one that the system took away.
pub(crate) struct Decoder {
    session: Option<Session>,
    sets: ParameterSets,
    units: Vec<u8>,
    picture: I420Frame,
    needs_key: bool,
}

impl Decoder {
    /// The session is made when the stream's parameter sets are there.
    pub(crate) fn new() -> Self {
        Decoder {
            session: None,
            sets: ParameterSets::default(),
            units: Vec::new(),
            picture: I420Frame::default(),
            needs_key: true,
        }
    }

    fn corrupt(&mut self, reason: impl Into<String>) -> CodecError {
        self.needs_key = true;
        CodecError::Corrupt { codec: CODEC, reason: reason.into() }
    }

    /// What a status of the platform means for a frame.
    fn refused(&mut self, status: i32, key: bool) -> CodecError {
        match status {
            // Taken away: another one can start with the next key frame.
            kVTInvalidSessionErr => {
                self.session = None;
                self.corrupt("the system took the decoder away")
            }
            // A whole key frame that a decoder refuses is one that it will never decode.
            kVTVideoDecoderBadDataErr | kVTVideoDecoderReferenceMissingErr if !key => {
                self.corrupt(format!("VideoToolbox says {status}"))
            }
            status => failed("decode a frame", status),
        }
    }
}

impl VideoDecoder for Decoder {
    fn codec(&self) -> VideoCodec {
        VideoCodec::H264
    }

    fn implementation(&self) -> &'static str {
        IMPLEMENTATION
    }

    fn decode(&mut self, data: &[u8]) -> Result<Option<DecodedFrame<'_>>, CodecError> {
        let contents = h264::contents(data);
        if self.sets.update(data) {
            self.session = None;
            self.needs_key = true;
        }
        if !contents.slice {
            return if contents.sps { Ok(None) } else { Err(self.corrupt("no picture in it")) };
        }
        if self.needs_key && !contents.idr {
            return Err(self.corrupt("waiting for a key frame"));
        }
        if !self.sets.is_complete() {
            return Err(self.corrupt("its parameter sets are missing"));
        }
        self.units.clear();
        to_lengths(data, &mut self.units);
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(Session::open(&self.sets)?),
        };
        let decoded = session.decode(&self.units).and_then(|()| session.inbox.take());
        let picture = match decoded {
            Ok(picture) => picture,
            Err(status) => return Err(self.refused(status, contents.idr)),
        };
        let Some(Shown(picture)) = picture else { return Err(self.corrupt("it gave no picture")) };
        pixels::copy(&picture, ColorSpace::default(), &mut self.picture)
            .map_err(|error| failed(&format!("give a picture: {error}"), 0))?;
        self.needs_key = false;
        Ok(Some(self.picture.as_ref()))
    }
}

struct Shown(CFRetained<CVPixelBuffer>);

// SAFETY: pixel buffers are reference counted across threads, and nobody writes to this one any more.
unsafe impl Send for Shown {}

/// What the session made of the last frame.
struct Inbox(Mutex<Result<Option<Shown>, i32>>);

impl Inbox {
    fn put(&self, result: Result<Option<Shown>, i32>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = result;
    }

    fn take(&self) -> Result<Option<Shown>, i32> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Ok(None))
    }
}

/// Called by the session once for each frame.
unsafe extern "C-unwind" fn on_output(
    inbox: *mut c_void,
    _frame: *mut c_void,
    status: i32,
    _flags: VTDecodeInfoFlags,
    picture: *mut CVImageBuffer,
    _time: CMTime,
    _duration: CMTime,
) {
    // SAFETY: the session was given this inbox, which lives until after the session's end.
    let inbox = unsafe { &*inbox.cast::<Inbox>() };
    // SAFETY: a picture that we are shown may be kept by retaining it.
    let picture = NonNull::new(picture).map(|picture| Shown(unsafe { CFRetained::retain(picture) }));
    inbox.put(if status == 0 { Ok(picture) } else { Err(status) });
}

/// A decompression session until it is dropped.
struct Session {
    raw: CFRetained<VTDecompressionSession>,
    format: CFRetained<CMFormatDescription>,
    inbox: Box<Inbox>,
}

// SAFETY: VideoToolbox's sessions may be used from any thread, and `&mut` keeps it to one at a time.
unsafe impl Send for Session {}

impl Session {
    fn open(sets: &ParameterSets) -> Result<Self, CodecError> {
        let format = describe(sets)?;
        let pixels = CFNumber::new_i32(kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange as i32);
        let (yes, inbox) = (CFBoolean::new(true), Box::new(Inbox(Mutex::new(Ok(None)))));
        // SAFETY: a constant of the framework.
        let wanted = unsafe {
            CFDictionary::<CFString, CFType>::from_slices(
                &[kCVPixelBufferPixelFormatTypeKey],
                &[pixels.as_ref()],
            )
        };
        let callback = VTDecompressionOutputCallbackRecord {
            decompressionOutputCallback: Some(on_output),
            decompressionOutputRefCon: (&raw const *inbox).cast_mut().cast(),
        };
        let mut raw = ptr::null_mut();
        // SAFETY: all are alive; the inbox lives until the session has ended (see `Drop`).
        let status = unsafe {
            VTDecompressionSession::create(
                None,
                &format,
                None,
                Some(wanted.as_opaque()),
                &callback,
                NonNull::from(&mut raw),
            )
        };
        // SAFETY: what `create` made is ours.
        let raw = unsafe { own(raw) }.filter(|_| status == 0);
        let raw = raw.ok_or_else(|| failed("start a decoder", status))?;
        // SAFETY: session and value are alive. A decoder that does not know it goes as fast as it can.
        unsafe {
            VTSessionSetProperty(raw.as_ref(), kVTDecompressionPropertyKey_RealTime, Some(yes.as_ref()))
        };
        Ok(Session { raw, format, inbox })
    }

    /// Decodes a frame whose NAL units are behind lengths; the inbox has the picture afterwards. The
    /// platform's status if it fails.
    fn decode(&mut self, units: &[u8]) -> Result<(), i32> {
        let sample = sample(units, &self.format)?;
        // Without leave to do it in the background, the callback comes before this returns.
        let flags = VTDecodeFrameFlags::Frame_1xRealTimePlayback;
        // SAFETY: session and sample are alive.
        match unsafe { self.raw.decode_frame(&sample, flags, ptr::null_mut(), ptr::null_mut()) } {
            0 => Ok(()),
            status => Err(status),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again. Once the first has returned, no callback comes any more.
        unsafe {
            self.raw.wait_for_asynchronous_frames();
            self.raw.invalidate();
        }
    }
}

/// The stream's format, from its parameter sets.
fn describe(sets: &ParameterSets) -> Result<CFRetained<CMFormatDescription>, CodecError> {
    let mut pointers: Vec<NonNull<u8>> = sets.iter().map(|set| NonNull::from(set).cast()).collect();
    let mut sizes: Vec<usize> = sets.iter().map(<[u8]>::len).collect();
    let mut format = ptr::null();
    // SAFETY: as many pointers and sizes as said, of bytes that are only read meanwhile.
    let status = unsafe {
        CMVideoFormatDescriptionCreateFromH264ParameterSets(
            None,
            pointers.len(),
            NonNull::from(pointers.as_mut_slice()).cast(),
            NonNull::from(sizes.as_mut_slice()).cast(),
            LENGTH_BYTES as i32,
            NonNull::from(&mut format),
        )
    };
    // SAFETY: what it made is ours.
    let format = unsafe { own(format.cast_mut()) }.filter(|_| status == 0);
    format.ok_or_else(|| failed("understand the stream's parameter sets", status))
}

/// One frame, as the platform wants it: in memory of its own, for it may keep it.
fn sample(units: &[u8], format: &CMFormatDescription) -> Result<CFRetained<CMSampleBuffer>, i32> {
    let length = units.len();
    let mut block = ptr::null_mut();
    // SAFETY: without memory of ours, it gets its own.
    let status = unsafe {
        CMBlockBuffer::create_with_memory_block(
            None,
            ptr::null_mut(),
            length,
            None,
            ptr::null(),
            0,
            length,
            kCMBlockBufferAssureMemoryNowFlag,
            NonNull::from(&mut block),
        )
    };
    // SAFETY: what it made is ours.
    let block: CFRetained<CMBlockBuffer> = unsafe { own(block) }.filter(|_| status == 0).ok_or(status)?;
    // SAFETY: the block has `length` bytes, and so have the units, which are only read.
    match unsafe { CMBlockBuffer::replace_data_bytes(NonNull::from(units).cast(), &block, 0, length) } {
        0 => {}
        status => return Err(status),
    }
    let mut sample = ptr::null_mut();
    // SAFETY: block and format are alive; one sample of `length` bytes, without times: nothing is reordered.
    let status = unsafe {
        CMSampleBuffer::create_ready(
            None,
            Some(&block),
            Some(format),
            1,
            0,
            ptr::null(),
            1,
            &length,
            NonNull::from(&mut sample),
        )
    };
    // SAFETY: what it made is ours.
    unsafe { own(sample) }.filter(|_| status == 0).ok_or(status)
}
