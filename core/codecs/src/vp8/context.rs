//! A libvpx codec context that is destroyed when dropped.

use std::ffi::{CStr, c_char, c_int};

use vpx_sys as sys;

use super::CODEC;
use crate::CodecError;

/// An initialised libvpx context, encoder or decoder. libvpx keeps its address: it stays boxed.
pub(super) struct Context(Box<sys::vpx_codec_ctx_t>);

// SAFETY: a libvpx context has no thread affinity; its worker threads are its own and idle between
// calls. `&mut self` keeps its use to one thread at a time.
unsafe impl Send for Context {}

impl Context {
    /// An encoder with `config`.
    ///
    /// # Errors
    /// [`CodecError::Init`] with libvpx's own words.
    pub(super) fn encoder(config: &sys::vpx_codec_enc_cfg_t) -> Result<Self, CodecError> {
        let mut context: Box<sys::vpx_codec_ctx_t> = Box::default();
        // SAFETY: the context is zeroed as libvpx wants it, `config` is copied, and the version is
        // that of the bindings, which libvpx checks against its own.
        let status = unsafe {
            sys::vpx_codec_enc_init_ver(
                &mut *context,
                sys::vpx_codec_vp8_cx(),
                config,
                0,
                sys::VPX_ENCODER_ABI_VERSION as c_int,
            )
        };
        Self::checked(context, status)
    }

    /// A decoder with `config`.
    ///
    /// # Errors
    /// [`CodecError::Init`] with libvpx's own words.
    pub(super) fn decoder(config: &sys::vpx_codec_dec_cfg_t) -> Result<Self, CodecError> {
        let mut context: Box<sys::vpx_codec_ctx_t> = Box::default();
        // SAFETY: as for the encoder.
        let status = unsafe {
            sys::vpx_codec_dec_init_ver(
                &mut *context,
                sys::vpx_codec_vp8_dx(),
                config,
                0,
                sys::VPX_DECODER_ABI_VERSION as c_int,
            )
        };
        Self::checked(context, status)
    }

    fn checked(context: Box<sys::vpx_codec_ctx_t>, status: sys::vpx_codec_err_t) -> Result<Self, CodecError> {
        if status == sys::VPX_CODEC_OK {
            return Ok(Context(context));
        }
        // A failed init leaves nothing to destroy.
        Err(CodecError::Init { codec: CODEC, reason: words(status, std::ptr::null()) })
    }

    pub(super) fn as_mut(&mut self) -> &mut sys::vpx_codec_ctx_t {
        &mut self.0
    }

    /// Sets a control whose argument is an `int` or `unsigned`.
    ///
    /// # Errors
    /// [`CodecError::Init`] when libvpx refuses: an unknown control or a value out of range.
    pub(super) fn set(&mut self, control: sys::vp8e_enc_control_id, value: c_int) -> Result<(), CodecError> {
        // SAFETY: the context is initialised; every control that this module sets takes one `int`
        // or `unsigned`, which are passed alike.
        let status = unsafe { sys::vpx_codec_control_(self.as_mut(), control as c_int, value) };
        if status == sys::VPX_CODEC_OK {
            return Ok(());
        }
        Err(CodecError::Init { codec: CODEC, reason: format!("{control:?}: {}", self.reason(status)) })
    }

    /// Reads a control that writes one `int`.
    pub(super) fn get(&mut self, control: c_int) -> Option<c_int> {
        let mut value: c_int = 0;
        // SAFETY: the context is initialised; every control that this module reads writes one `int`.
        let status = unsafe { sys::vpx_codec_control_(self.as_mut(), control, &raw mut value) };
        (status == sys::VPX_CODEC_OK).then_some(value)
    }

    /// libvpx's words for its latest failure.
    pub(super) fn reason(&mut self, status: sys::vpx_codec_err_t) -> String {
        // SAFETY: the context is initialised.
        let detail = unsafe { sys::vpx_codec_error_detail(self.as_mut()) };
        words(status, detail)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context is initialised and not used again.
        unsafe { sys::vpx_codec_destroy(self.as_mut()) };
    }
}

fn words(status: sys::vpx_codec_err_t, detail: *const c_char) -> String {
    // SAFETY: libvpx gives static texts for status codes, and null or a text that lives as long as
    // its context as detail.
    unsafe {
        let text = CStr::from_ptr(sys::vpx_codec_err_to_string(status)).to_string_lossy();
        if detail.is_null() {
            return text.into_owned();
        }
        format!("{text}: {}", CStr::from_ptr(detail).to_string_lossy())
    }
}
