use std::ffi::{c_int, c_uchar, c_void};
use std::fmt::Display;
use std::ptr::{self, NonNull};

use openh264_sys2::{self as sys, source::APILoader};

use super::{CODEC, IMPLEMENTATION, annexb};
use crate::{CodecError, DecodedFrame, VideoCodec, VideoDecoder, picture};

/// An openh264 decoder.
///
/// Error concealment is off: a damaged picture or a missing reference is an error, never a guess.
/// After one, everything up to the next IDR picture is refused.
pub(crate) struct Decoder {
    raw: NonNull<sys::ISVCDecoder>,
    needs_key: bool,
}

// SAFETY: an openh264 decoder has no thread affinity, no thread of its own (threads are off) and
// shares no mutable state with other instances; `&mut self` keeps its use to one thread at a time.
unsafe impl Send for Decoder {}

impl Decoder {
    /// # Errors
    /// [`CodecError::Init`] when openh264 does not start.
    pub(crate) fn new() -> Result<Self, CodecError> {
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` is a valid place for the new object's address.
        let status = unsafe { APILoader::WelsCreateDecoder(&mut raw) };
        let raw = NonNull::new(raw).filter(|_| status == 0).ok_or_else(|| init_error("create", status))?;
        // From here on `Drop` frees the object.
        let decoder = Decoder { raw, needs_key: true };
        decoder.set_option(sys::DECODER_OPTION_TRACE_LEVEL, sys::WELS_LOG_QUIET)?;
        let params = sys::SDecodingParam {
            eEcActiveIdc: sys::ERROR_CON_DISABLE,
            sVideoProperty: sys::SVideoProperty {
                size: size_of::<sys::SVideoProperty>() as u32,
                eVideoBsType: sys::VIDEO_BITSTREAM_AVC,
            },
            ..Default::default()
        };
        let initialize = decoder.table().Initialize.ok_or_else(|| init_error("initialize", -1))?;
        // SAFETY: the object is alive; `params` is only read during the call.
        let status = unsafe { initialize(raw.as_ptr(), &params) };
        if status != 0 {
            return Err(init_error("initialize", status));
        }
        Ok(decoder)
    }

    fn table(&self) -> &sys::ISVCDecoderVtbl {
        // SAFETY: the object lives until drop and begins with a pointer to its static table.
        unsafe { &**self.raw.as_ptr() }
    }

    fn set_option(&self, option: sys::DECODER_OPTION, mut value: c_int) -> Result<(), CodecError> {
        let set = self.table().SetOption.ok_or_else(|| init_error("set an option", -1))?;
        // SAFETY: the object is alive; these options read one int during the call.
        let status = unsafe { set(self.raw.as_ptr(), option, (&raw mut value).cast::<c_void>()) };
        if status == 0 { Ok(()) } else { Err(init_error("set an option", status)) }
    }

    /// Feeds one access unit; gives openh264's status bits and what it put out.
    fn feed(&mut self, data: &[u8], length: c_int) -> Option<(c_int, [*mut c_uchar; 3], sys::SBufferInfo)> {
        let (decode, flush) = (self.table().DecodeFrameNoDelay?, self.table().FlushFrame?);
        let mut planes = [ptr::null_mut(); 3];
        let mut info = sys::SBufferInfo::default();
        // SAFETY: the object is alive; `data` is `length` bytes and only read during the call;
        // `planes` has room for the three pointers it writes.
        let status =
            unsafe { decode(self.raw.as_ptr(), data.as_ptr(), length, planes.as_mut_ptr(), &mut info) };
        if status == 0 && info.iBufferStatus != 1 {
            // Profiles above baseline are reordered; nothing here is, so the picture is due now.
            // SAFETY: as above.
            unsafe { flush(self.raw.as_ptr(), planes.as_mut_ptr(), &mut info) };
        }
        Some((status, planes, info))
    }

    fn corrupt(&mut self, reason: impl Into<String>) -> CodecError {
        self.needs_key = true;
        CodecError::Corrupt { codec: CODEC, reason: reason.into() }
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
        let contents = annexb::contents(data);
        let Some(length) = c_int::try_from(data.len()).ok().filter(|_| contents.any) else {
            return Err(self.corrupt("no NAL unit in it"));
        };
        if contents.slice && !contents.idr && self.needs_key {
            return Err(self.corrupt("waiting for a key frame"));
        }
        let Some((status, planes, info)) = self.feed(data, length) else {
            return Err(CodecError::Failed { codec: CODEC, reason: "no decode entry point".into() });
        };
        if status != sys::dsErrorFree {
            return Err(self.corrupt(describe(status)));
        }
        if info.iBufferStatus != 1 {
            return if contents.slice { Err(self.corrupt("the picture is incomplete")) } else { Ok(None) };
        }
        // SAFETY: `iBufferStatus` says that openh264 filled in the system buffer's geometry.
        let buffer = unsafe { info.UsrData.sSystemBuffer };
        let [y, chroma] = buffer.iStride;
        // SAFETY: openh264 lends planes of this geometry until the next call, which needs `&mut self`.
        let picture = unsafe {
            picture::borrow(
                planes.map(|plane| plane.cast_const()),
                [y, chroma, chroma],
                buffer.iWidth.into(),
                buffer.iHeight.into(),
            )
        };
        let Some(picture) = picture else { return Err(self.corrupt("the picture has no pixels")) };
        if contents.idr {
            self.needs_key = false;
        }
        Ok(Some(picture))
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the object is alive and not used again; `Uninitialize` also takes one that never
        // got as far as `Initialize`.
        unsafe {
            if let Some(uninitialize) = self.table().Uninitialize {
                uninitialize(self.raw.as_ptr());
            }
            APILoader::WelsDestroyDecoder(self.raw.as_ptr());
        }
    }
}

fn init_error(step: &str, status: impl Display) -> CodecError {
    CodecError::Init { codec: CODEC, reason: format!("openh264 could not {step} ({status})") }
}

/// openh264's status bits in words.
fn describe(status: c_int) -> String {
    let words = [
        (sys::dsRefLost, "a reference picture is missing"),
        (sys::dsBitstreamError, "the bitstream is damaged"),
        (sys::dsNoParamSets, "its parameter sets are missing"),
        (sys::dsRefListNullPtrs, "the reference list is empty"),
        (sys::dsOutOfMemory, "out of memory"),
    ];
    let known: Vec<_> = words.iter().filter(|(bit, _)| status & bit != 0).map(|(_, text)| *text).collect();
    if known.is_empty() { format!("openh264 status {status}") } else { known.join(", ") }
}
