use std::ffi::{c_int, c_uint};
use std::ptr;

use duet_media::frame::MAX_DIMENSION;
use vpx_sys as sys;

use super::context::Context;
use super::{CODEC, IMPLEMENTATION};
use crate::{CodecError, DecodedFrame, VideoCodec, VideoDecoder, picture};

/// A libvpx VP8 decoder.
///
/// A damaged picture is an error, and everything up to the next key frame is then refused. VP8
/// frames do not say which frames they build on: that one is missing shows in RTP only.
pub(crate) struct Decoder {
    context: Context,
    needs_key: bool,
}

impl Decoder {
    /// # Errors
    /// [`CodecError::Init`] when libvpx does not start.
    pub(crate) fn new() -> Result<Self, CodecError> {
        // A second thread saves latency above 720p only, and spins.
        let config = sys::vpx_codec_dec_cfg_t { threads: 1, w: 0, h: 0 };
        Ok(Decoder { context: Context::decoder(&config)?, needs_key: true })
    }

    fn corrupt(&mut self, reason: impl Into<String>) -> CodecError {
        self.needs_key = true;
        CodecError::Corrupt { codec: CODEC, reason: reason.into() }
    }
}

impl VideoDecoder for Decoder {
    fn codec(&self) -> VideoCodec {
        VideoCodec::Vp8
    }

    fn implementation(&self) -> &'static str {
        IMPLEMENTATION
    }

    fn decode(&mut self, data: &[u8]) -> Result<Option<DecodedFrame<'_>>, CodecError> {
        let key = match parse(data) {
            Ok(key) => key,
            Err(reason) => return Err(self.corrupt(reason)),
        };
        let Some(length) = c_uint::try_from(data.len()).ok().filter(|_| key || !self.needs_key) else {
            return Err(self.corrupt("waiting for a key frame"));
        };
        // SAFETY: the context is a decoder; `data` is only read during the call.
        let status = unsafe {
            sys::vpx_codec_decode(self.context.as_mut(), data.as_ptr(), length, ptr::null_mut(), 0)
        };
        if status != sys::VPX_CODEC_OK {
            let reason = self.context.reason(status);
            return Err(self.corrupt(reason));
        }
        let mut iterator = ptr::null();
        // SAFETY: the context is a decoder and `iterator` begins at null as libvpx wants it.
        let image = unsafe { sys::vpx_codec_get_frame(self.context.as_mut(), &mut iterator) };
        // After the picture was taken: only then is this known.
        if self.context.get(sys::vp8_dec_control_id::VP8D_GET_FRAME_CORRUPTED as c_int) != Some(0) {
            return Err(self.corrupt("the picture is damaged"));
        }
        self.needs_key = false;
        // SAFETY: null, or an image that lives until the next call, which needs `&mut self`.
        let Some(image) = (unsafe { image.as_ref() }) else { return Ok(None) };
        let [y, u, v, _] = image.planes;
        let [y_stride, u_stride, v_stride, _] = image.stride;
        // SAFETY: libvpx lends 4:2:0 planes of this geometry until the next call.
        let picture = unsafe {
            picture::borrow(
                [y.cast_const(), u.cast_const(), v.cast_const()],
                [y_stride, u_stride, v_stride],
                image.d_w.into(),
                image.d_h.into(),
            )
        };
        match picture {
            Some(picture) => Ok(Some(picture)),
            None => Err(self.corrupt("the picture has no pixels")),
        }
    }
}

/// Reads the frame header (RFC 6386 section 9.1): whether it is a key frame. A key frame that asks
/// for more memory than any picture we show is refused before libvpx allocates it.
fn parse(data: &[u8]) -> Result<bool, &'static str> {
    let Some(&first) = data.first() else { return Err("it is empty") };
    if first & 1 != 0 {
        return Ok(false);
    }
    let Some(&[_, _, _, a, b, c, w0, w1, h0, h1]) = data.first_chunk() else {
        return Err("the key frame header is cut off");
    };
    if [a, b, c] != [0x9D, 0x01, 0x2A] {
        return Err("the key frame has no start code");
    }
    // The upper two bits are a scaling hint that nobody uses.
    let size = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    if size(w0, w1) > MAX_DIMENSION || size(h0, h1) > MAX_DIMENSION {
        return Err("the picture is too large");
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gigantic_key_frame_is_refused_before_it_costs_memory() {
        let header = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F];
        assert_eq!(parse(&header), Err("the picture is too large"));
    }

    #[test]
    fn key_and_delta_frames_are_told_apart() {
        assert_eq!(parse(&[0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01]), Ok(true));
        assert_eq!(parse(&[0x11, 0, 0]), Ok(false));
        assert_eq!(parse(&[0x10, 0, 0, 1, 2, 3, 0, 0, 0, 0]), Err("the key frame has no start code"));
        assert_eq!(parse(&[0x10, 0]), Err("the key frame header is cut off"));
        assert_eq!(parse(&[]), Err("it is empty"));
    }
}
