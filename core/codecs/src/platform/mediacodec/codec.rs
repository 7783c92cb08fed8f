//! `AMediaCodec`, started: buffers in and out.

use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use ndk_sys as sys;

use super::format::Format;
use super::later::later;
use super::mime;
use crate::{CodecError, VideoCodec};

/// Which way it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Encode,
    Decode,
}

/// A codec that runs until it is dropped.
pub(super) struct Codec {
    raw: NonNull<sys::AMediaCodec>,
    kind: VideoCodec,
}

// SAFETY: AMediaCodec may be used from any thread, and `&mut self` keeps its use to one at a time.
unsafe impl Send for Codec {}

/// What comes out next.
pub(super) enum Output {
    /// A buffer; give it back by [`Codec::release_output`].
    Buffer(OutputBuffer),
    /// Buffers from now on have another format.
    Format,
}

/// A frame in a buffer of the codec's.
#[derive(Clone, Copy)]
pub(super) struct OutputBuffer {
    index: usize,
    offset: usize,
    size: usize,
    /// The time it went in with, in microseconds.
    pub(super) us: u64,
    /// Parameter sets, and no picture.
    pub(super) config: bool,
}

/// The codec's own words for a buffer that only carries parameter sets.
const CONFIG: u32 = sys::AMEDIACODEC_BUFFER_FLAG_CODEC_CONFIG as u32;

impl Codec {
    /// # Errors
    /// [`CodecError::Init`] when the device has no such codec, or it does not like `format`.
    pub(super) fn start(kind: VideoCodec, way: Way, format: &Format) -> Result<Self, CodecError> {
        let name = CString::new(mime(kind)).map_err(|_| init(kind, "be named", 0))?;
        // SAFETY: the name ends with NUL and is copied.
        let raw = unsafe {
            match way {
                Way::Encode => sys::AMediaCodec_createEncoderByType(name.as_ptr()),
                Way::Decode => sys::AMediaCodec_createDecoderByType(name.as_ptr()),
            }
        };
        let raw = NonNull::new(raw).ok_or_else(|| init(kind, "be found", 0))?;
        // From here on `Drop` deletes it.
        let codec = Codec { raw, kind };
        let flags = if way == Way::Encode { sys::AMEDIACODEC_CONFIGURE_FLAG_ENCODE as u32 } else { 0 };
        // SAFETY: codec and format are alive; neither a surface nor a key for protected content is needed.
        let status = unsafe {
            sys::AMediaCodec_configure(raw.as_ptr(), format.as_ptr(), ptr::null_mut(), ptr::null_mut(), flags)
        };
        check(status).map_err(|status| init(kind, "be configured", status))?;
        // SAFETY: the codec is configured.
        check(unsafe { sys::AMediaCodec_start(raw.as_ptr()) })
            .map_err(|status| init(kind, "start", status))?;
        Ok(codec)
    }

    /// Changes what may be changed while it runs.
    pub(super) fn set_parameters(&mut self, parameters: &Format) -> Result<(), CodecError> {
        let set = later().set_parameters.ok_or_else(|| self.failed("be changed while it runs", 0))?;
        // SAFETY: codec and format are alive; what the format holds is copied.
        check(unsafe { set(self.raw.as_ptr(), parameters.as_ptr()) })
            .map_err(|status| self.failed("take new settings", status))
    }

    /// The format of what goes in; `None` before API level 28.
    pub(super) fn input_format(&self) -> Option<Format> {
        let get = later().get_input_format?;
        // SAFETY: the codec is alive; the format is the caller's to delete.
        unsafe { Format::from_raw(get(self.raw.as_ptr())) }
    }

    /// The format of what comes out.
    pub(super) fn output_format(&self) -> Option<Format> {
        // SAFETY: the codec is alive; the format is the caller's to delete.
        unsafe { Format::from_raw(sys::AMediaCodec_getOutputFormat(self.raw.as_ptr())) }
    }

    /// Lets `fill` write into a free input buffer, and hands it in with what that gives: its length. `None`
    /// when no buffer becomes free in time; `Some(false)`, and the codec gets nothing, when `fill` gives `None`.
    pub(super) fn feed(
        &mut self,
        us: u64,
        wait: Duration,
        fill: impl FnOnce(&mut [u8]) -> Option<usize>,
    ) -> Result<Option<bool>, CodecError> {
        // SAFETY: the codec runs.
        let index = unsafe { sys::AMediaCodec_dequeueInputBuffer(self.raw.as_ptr(), micros(wait)) };
        if index == sys::AMEDIACODEC_INFO_TRY_AGAIN_LATER as isize {
            return Ok(None);
        }
        let index = usize::try_from(index).map_err(|_| self.failed("give a buffer", index as i32))?;
        let mut size = 0;
        // SAFETY: the codec just lent this buffer, and `size` may be written.
        let data = unsafe { sys::AMediaCodec_getInputBuffer(self.raw.as_ptr(), index, &mut size) };
        if data.is_null() {
            return Err(self.failed("show its buffer", 0));
        }
        // SAFETY: the buffer is ours until it is queued, and the codec says how long it is. What it holds are
        // bytes somebody has written before: the memory is shared with another process.
        let length = fill(unsafe { std::slice::from_raw_parts_mut(data, size) });
        // An empty buffer goes back; codecs take it for no frame.
        let used = length.unwrap_or(0).min(size);
        // SAFETY: the buffer is lent to us, and `used` of its bytes are there.
        let status = unsafe { sys::AMediaCodec_queueInputBuffer(self.raw.as_ptr(), index, 0, used, us, 0) };
        check(status).map_err(|status| self.failed("take a frame", status))?;
        Ok(Some(length.is_some()))
    }

    /// The next thing to come out, waited for until `deadline`; `None` when nothing comes.
    pub(super) fn next_output(&mut self, deadline: Instant) -> Result<Option<Output>, CodecError> {
        loop {
            let wait = deadline.saturating_duration_since(Instant::now());
            let mut info = sys::AMediaCodecBufferInfo { offset: 0, size: 0, presentationTimeUs: 0, flags: 0 };
            // SAFETY: the codec runs, and `info` may be written.
            let index =
                unsafe { sys::AMediaCodec_dequeueOutputBuffer(self.raw.as_ptr(), &mut info, micros(wait)) };
            if index >= 0 {
                return Ok(Some(Output::Buffer(OutputBuffer {
                    index: index as usize,
                    offset: usize::try_from(info.offset).unwrap_or(0),
                    size: usize::try_from(info.size).unwrap_or(0),
                    us: u64::try_from(info.presentationTimeUs).unwrap_or(0),
                    config: info.flags & CONFIG != 0,
                })));
            }
            match index as i32 {
                again if again == sys::AMEDIACODEC_INFO_TRY_AGAIN_LATER => return Ok(None),
                format if format == sys::AMEDIACODEC_INFO_OUTPUT_FORMAT_CHANGED => {
                    return Ok(Some(Output::Format));
                }
                // Nothing for whoever asks for each buffer by its number.
                buffers if buffers == sys::AMEDIACODEC_INFO_OUTPUT_BUFFERS_CHANGED => {}
                status => return Err(self.failed("go on", status)),
            }
        }
    }

    /// The bytes of an output buffer that was not given back yet; none where the codec's numbers make no sense.
    pub(super) fn output(&self, buffer: OutputBuffer) -> &[u8] {
        let OutputBuffer { index, offset, size: used, .. } = buffer;
        let mut size = 0;
        // SAFETY: the codec lent this buffer, and `size` may be written.
        let data = unsafe { sys::AMediaCodec_getOutputBuffer(self.raw.as_ptr(), index, &mut size) };
        if data.is_null() {
            return &[];
        }
        // SAFETY: the buffer stays until it is given back, which needs `&mut self`.
        let all = unsafe { std::slice::from_raw_parts(data, size) };
        all.get(offset..offset + used).unwrap_or_default()
    }

    /// Gives an output buffer back; it is not shown anywhere.
    pub(super) fn release_output(&mut self, buffer: OutputBuffer) -> Result<(), CodecError> {
        // SAFETY: the codec lent this buffer.
        check(unsafe { sys::AMediaCodec_releaseOutputBuffer(self.raw.as_ptr(), buffer.index, false) })
            .map_err(|status| self.failed("take its buffer back", status))
    }

    /// An error of this codec: it could not do `step`.
    pub(super) fn failed(&self, step: &str, status: i32) -> CodecError {
        CodecError::Failed {
            codec: self.kind.mime_type(),
            reason: format!("MediaCodec could not {step} ({status})"),
        }
    }
}

impl Drop for Codec {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again; both also take a codec that never got as far as starting.
        unsafe {
            sys::AMediaCodec_stop(self.raw.as_ptr());
            sys::AMediaCodec_delete(self.raw.as_ptr());
        }
    }
}

fn check(status: sys::media_status_t) -> Result<(), i32> {
    if status == sys::media_status_t::AMEDIA_OK { Ok(()) } else { Err(status.0) }
}

fn micros(wait: Duration) -> i64 {
    i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)
}

/// It could not be got to work.
pub(super) fn init(kind: VideoCodec, step: &str, status: i32) -> CodecError {
    CodecError::Init { codec: kind.mime_type(), reason: format!("MediaCodec could not {step} ({status})") }
}
