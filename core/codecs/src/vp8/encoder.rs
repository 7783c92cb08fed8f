use std::ffi::{c_int, c_uint};
use std::ptr;

use duet_media::frame::I420Ref;
use vpx_sys as sys;
use vpx_sys::vp8e_enc_control_id as control;

use super::context::Context;
use super::{CODEC, IMPLEMENTATION};
use crate::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder, picture};

/// RTP ticks per second, which libvpx counts in too.
const TIMEBASE: c_int = 90_000;
/// Quantiser bounds of the rate control, of 0 to 63: the best quality worth its bits, and the worst
/// still worth showing. Text needs a higher floor, or one sharp frame fills the buffer for seconds.
const MIN_QUANTIZER: c_uint = 2;
const MIN_QUANTIZER_SCREEN: c_uint = 12;
const MAX_QUANTIZER: c_uint = 56;
/// The rate control's model of the network buffer, in milliseconds of the target rate: a second of
/// it, half full at first, kept a little above half.
const BUFFER_MS: c_uint = 1000;
const BUFFER_INITIAL_MS: c_uint = 500;
const BUFFER_OPTIMAL_MS: c_uint = 600;
/// How far, in per cent, the rate may be missed to refill or drain that buffer.
const UNDERSHOOT_PERCENT: c_uint = 100;
const OVERSHOOT_PERCENT: c_uint = 15;
/// Up to this size one thread is quick enough, and more would only cost CPU.
const SINGLE_THREAD_PIXELS: u32 = 640 * 480;
/// Below this size (CIF) motion search is cheap and every pixel counts.
const SMALL_PIXELS: u32 = 352 * 288;
/// Speed settings: the larger the magnitude, the faster and worse. At VGA and 1.5 Mbit/s, -4 to -8 are
/// equal in PSNR within 0.1 dB and -8 takes half the CPU of -4; -10 saves 15 % more for 0.3 dB.
const SPEED: c_int = -8;
const SPEED_SMALL: c_int = -4;

/// A libvpx VP8 encoder set up for calls: constant bit rate, no look-ahead, one pass.
///
/// Key frames come only when asked for (and first). No frame is ever dropped to meet the rate: the
/// caller lowers the frame rate instead.
pub(crate) struct Encoder {
    context: Context,
    settings: sys::vpx_codec_enc_cfg_t,
    config: EncoderConfig,
}

// SAFETY: `settings` holds pointers for two-pass statistics only; they stay null.
unsafe impl Send for Encoder {}

impl Encoder {
    /// # Errors
    /// [`CodecError::Init`] when libvpx refuses `config`.
    pub(crate) fn new(config: &EncoderConfig) -> Result<Self, CodecError> {
        picture::check_size(CODEC, config)?;
        let settings = settings(config)?;
        let mut context = Context::encoder(&settings)?;
        let small = config.width * config.height < SMALL_PIXELS;
        context.set(control::VP8E_SET_CPUUSED, if small { SPEED_SMALL } else { SPEED })?;
        // Blocks that change less than this are skipped: 1 keeps all but true standstill.
        context.set(control::VP8E_SET_STATIC_THRESHOLD, if config.screen { 100 } else { 1 })?;
        context.set(control::VP8E_SET_TOKEN_PARTITIONS, 0)?;
        // The denoiser costs 10 to 40 % CPU; cameras do it already.
        context.set(control::VP8E_SET_NOISE_SENSITIVITY, 0)?;
        // 2 lets the rate overshoot so that a new slide is sharp at once.
        context.set(control::VP8E_SET_SCREEN_CONTENT_MODE, if config.screen { 2 } else { 0 })?;
        context.set(control::VP8E_SET_MAX_INTRA_BITRATE_PCT, max_intra_percent(config.fps))?;
        Ok(Encoder { context, settings, config: *config })
    }

    fn failed(&mut self, status: sys::vpx_codec_err_t) -> CodecError {
        CodecError::Failed { codec: CODEC, reason: self.context.reason(status) }
    }
}

impl VideoEncoder for Encoder {
    fn codec(&self) -> VideoCodec {
        VideoCodec::Vp8
    }

    fn implementation(&self) -> &'static str {
        IMPLEMENTATION
    }

    fn configure(&mut self, config: &EncoderConfig) -> Result<(), CodecError> {
        let EncoderConfig { bitrate_bps, fps, color, .. } = *config;
        let rates_only = EncoderConfig { bitrate_bps, fps, color, ..self.config } == *config;
        if rates_only {
            return self.set_rates(config.bitrate_bps, config.fps);
        }
        *self = Encoder::new(config)?;
        Ok(())
    }

    fn set_rates(&mut self, bitrate_bps: u32, fps: f32) -> Result<(), CodecError> {
        if fps != self.config.fps {
            self.context.set(control::VP8E_SET_MAX_INTRA_BITRATE_PCT, max_intra_percent(fps))?;
            self.config.fps = fps;
        }
        if bitrate_bps == self.config.bitrate_bps {
            return Ok(());
        }
        let settings = sys::vpx_codec_enc_cfg_t { rc_target_bitrate: kilobits(bitrate_bps), ..self.settings };
        // SAFETY: the context is an encoder; the settings are copied.
        let status = unsafe { sys::vpx_codec_enc_config_set(self.context.as_mut(), &settings) };
        if status != sys::VPX_CODEC_OK {
            return Err(self.failed(status));
        }
        self.settings = settings;
        self.config.bitrate_bps = bitrate_bps;
        Ok(())
    }

    fn encode(
        &mut self,
        picture: I420Ref<'_>,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<bool, CodecError> {
        picture::check(CODEC, &picture, self.config.width, self.config.height)?;
        let image = wrap(&picture);
        let flags = if force_key { sys::VPX_EFLAG_FORCE_KF } else { 0 };
        let duration = (TIMEBASE as f32 / frame_rate(self.config.fps)) as u32;
        // SAFETY: the context is an encoder. `picture::check` saw that the planes hold every row at
        // their strides; they are borrowed for the whole call, only read, and not kept.
        let status = unsafe {
            sys::vpx_codec_encode(
                self.context.as_mut(),
                &image,
                timestamp as sys::vpx_codec_pts_t,
                duration.into(),
                flags.into(),
                sys::VPX_DL_REALTIME.into(),
            )
        };
        if status != sys::VPX_CODEC_OK {
            return Err(self.failed(status));
        }
        out.data.clear();
        out.timestamp = timestamp;
        let mut iterator = ptr::null();
        loop {
            // SAFETY: the context is an encoder and `iterator` began at null as libvpx wants it; a
            // packet lives until the next encode call.
            let packet = unsafe { sys::vpx_codec_get_cx_data(self.context.as_mut(), &mut iterator).as_ref() };
            let Some(packet) = packet else { break };
            if packet.kind != sys::vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
                continue;
            }
            // SAFETY: the kind says that the union holds a frame, whose buffer is `sz` bytes.
            let (frame, bytes) = unsafe {
                let frame = packet.data.frame;
                (frame, std::slice::from_raw_parts(frame.buf.cast::<u8>(), frame.sz as usize))
            };
            out.data.extend_from_slice(bytes);
            out.key = frame.flags & sys::VPX_FRAME_IS_KEY != 0;
        }
        if out.data.is_empty() {
            return Ok(false);
        }
        let qp = self.context.get(control::VP8E_GET_LAST_QUANTIZER as c_int);
        out.qp = qp.and_then(|qp| u8::try_from(qp).ok());
        Ok(true)
    }
}

fn settings(config: &EncoderConfig) -> Result<sys::vpx_codec_enc_cfg_t, CodecError> {
    let mut settings = sys::vpx_codec_enc_cfg_t::default();
    // SAFETY: libvpx writes the whole struct, whose layout the bindings' version fixes.
    let status = unsafe { sys::vpx_codec_enc_config_default(sys::vpx_codec_vp8_cx(), &mut settings, 0) };
    if status != sys::VPX_CODEC_OK {
        return Err(CodecError::Init { codec: CODEC, reason: "libvpx has no VP8 encoder".into() });
    }
    let single = config.width * config.height <= SINGLE_THREAD_PIXELS;
    settings.g_w = config.width;
    settings.g_h = config.height;
    settings.g_threads = if single { 1 } else { config.threads.max(1) };
    settings.g_timebase = sys::vpx_rational { num: 1, den: TIMEBASE };
    settings.g_error_resilient = 0;
    settings.g_lag_in_frames = 0;
    settings.g_pass = sys::vpx_enc_pass::VPX_RC_ONE_PASS;
    settings.rc_end_usage = sys::vpx_rc_mode::VPX_CBR;
    settings.rc_target_bitrate = kilobits(config.bitrate_bps);
    settings.rc_min_quantizer = if config.screen { MIN_QUANTIZER_SCREEN } else { MIN_QUANTIZER };
    settings.rc_max_quantizer = MAX_QUANTIZER;
    settings.rc_undershoot_pct = UNDERSHOOT_PERCENT;
    settings.rc_overshoot_pct = OVERSHOOT_PERCENT;
    settings.rc_buf_sz = BUFFER_MS;
    settings.rc_buf_initial_sz = BUFFER_INITIAL_MS;
    settings.rc_buf_optimal_sz = BUFFER_OPTIMAL_MS;
    settings.rc_dropframe_thresh = 0;
    settings.rc_resize_allowed = 0;
    // The fixed mode is libvpx's "never on its own".
    settings.kf_mode = sys::vpx_kf_mode::VPX_KF_FIXED;
    Ok(settings)
}

/// The picture as libvpx wants it, over the caller's own planes.
fn wrap(picture: &I420Ref<'_>) -> sys::vpx_image_t {
    sys::vpx_image_t {
        fmt: sys::vpx_img_fmt::VPX_IMG_FMT_I420,
        w: picture.width,
        h: picture.height,
        d_w: picture.width,
        d_h: picture.height,
        bit_depth: 8,
        bps: 12,
        x_chroma_shift: 1,
        y_chroma_shift: 1,
        planes: [
            picture.y.as_ptr().cast_mut(),
            picture.u.as_ptr().cast_mut(),
            picture.v.as_ptr().cast_mut(),
            ptr::null_mut(),
        ],
        // Checked to fit before.
        stride: [picture.y_stride as c_int, picture.u_stride as c_int, picture.v_stride as c_int, 0],
        ..Default::default()
    }
}

/// The largest key frame, in per cent of a delta frame's share: half of what the buffer is kept at.
/// A key frame then delays what follows by 0.3 s at most, and is never starved.
fn max_intra_percent(fps: f32) -> c_int {
    let half_buffer_seconds = BUFFER_OPTIMAL_MS as f32 / 1000.0 * 0.5;
    ((half_buffer_seconds * frame_rate(fps) * 100.0) as c_int).max(300)
}

fn frame_rate(fps: f32) -> f32 {
    if fps.is_finite() { fps.clamp(1.0, 60.0) } else { 30.0 }
}

fn kilobits(bps: u32) -> c_uint {
    (bps / 1000).max(1)
}
