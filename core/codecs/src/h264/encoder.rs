use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

use duet_media::frame::I420Ref;
use openh264_sys2::{self as sys, source::APILoader};

use super::{CODEC, IMPLEMENTATION};
use crate::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder, picture};

/// RTP ticks in the millisecond that openh264 counts in.
const TICKS_PER_MS: u64 = 90;

/// An openh264 encoder: constrained baseline, one slice and one reference a picture, Annex B out.
///
/// Key frames come only when asked for (and first), each with its SPS and PPS in front. No frame is
/// ever dropped to meet the rate: the caller lowers the frame rate instead.
pub(crate) struct Encoder {
    library: Library,
    config: EncoderConfig,
}

impl Encoder {
    /// # Errors
    /// [`CodecError::Init`] when openh264 refuses `config`.
    pub(crate) fn new(config: &EncoderConfig) -> Result<Self, CodecError> {
        Ok(Encoder { library: Library::open(config)?, config: *config })
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
        let same_stream = (config.width, config.height, config.screen)
            == (self.config.width, self.config.height, self.config.screen);
        if same_stream {
            return self.set_rates(config.bitrate_bps, config.fps);
        }
        self.library = Library::open(config)?;
        self.config = *config;
        Ok(())
    }

    fn set_rates(&mut self, bitrate_bps: u32, fps: f32) -> Result<(), CodecError> {
        if fps != self.config.fps {
            self.library.set_option(sys::ENCODER_OPTION_FRAME_RATE, &mut frame_rate(fps))?;
            self.config.fps = fps;
        }
        if bitrate_bps != self.config.bitrate_bps {
            let mut info =
                sys::SBitrateInfo { iLayer: sys::SPATIAL_LAYER_ALL, iBitrate: bit_rate(bitrate_bps) };
            self.library.set_option(sys::ENCODER_OPTION_BITRATE, &mut info)?;
            self.config.bitrate_bps = bitrate_bps;
        }
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
        if force_key {
            self.library.force_key()?;
        }
        // The strides were checked to fit, and openh264 only reads the planes.
        let source = sys::SSourcePicture {
            iColorFormat: sys::videoFormatI420,
            iStride: [picture.y_stride as c_int, picture.u_stride as c_int, picture.v_stride as c_int, 0],
            pData: [
                picture.y.as_ptr().cast_mut(),
                picture.u.as_ptr().cast_mut(),
                picture.v.as_ptr().cast_mut(),
                ptr::null_mut(),
            ],
            iPicWidth: picture.width as c_int,
            iPicHeight: picture.height as c_int,
            uiTimeStamp: (timestamp / TICKS_PER_MS) as i64,
            ..Default::default()
        };
        // SAFETY: `picture::check` saw that the planes hold every row at these strides; they are
        // borrowed for the whole call and only read.
        let frame = unsafe { self.library.encode(&source)? };
        out.data.clear();
        out.timestamp = timestamp;
        if matches!(frame.eFrameType, sys::videoFrameTypeSkip | sys::videoFrameTypeInvalid) {
            return Ok(false);
        }
        // SAFETY: the encoder just filled `frame` and was not called since.
        unsafe { append(frame, &mut out.data) };
        out.key = frame.eFrameType == sys::videoFrameTypeIDR;
        out.qp = self.library.last_qp();
        Ok(!out.data.is_empty())
    }
}

/// The C++ object, initialised, behind its virtual table.
struct Library {
    raw: NonNull<sys::ISVCEncoder>,
    /// What the last frame consists of; large, so it stays.
    frame: Box<sys::SFrameBSInfo>,
}

// SAFETY: an openh264 encoder with one thread has no thread affinity and shares no mutable state
// with other instances, and `frame` points into it only; `&mut self` keeps its use to one thread at
// a time.
unsafe impl Send for Library {}

impl Library {
    fn open(config: &EncoderConfig) -> Result<Self, CodecError> {
        picture::check_size(CODEC, config)?;
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` is a valid place for the new object's address.
        let status = unsafe { APILoader::WelsCreateSVCEncoder(&mut raw) };
        let raw = NonNull::new(raw).filter(|_| status == 0).ok_or_else(|| init_error("create", status))?;
        // From here on `Drop` frees the object.
        let mut library = Library { raw, frame: Box::default() };
        library.set_option(sys::ENCODER_OPTION_TRACE_LEVEL, &mut { sys::WELS_LOG_QUIET })?;
        let mut params = sys::SEncParamExt::default();
        let table = library.table();
        let defaults = table.GetDefaultParams.ok_or_else(|| init_error("start", -1))?;
        let initialize = table.InitializeExt.ok_or_else(|| init_error("start", -1))?;
        // SAFETY: the object is alive; the calls write and read `params` and do not keep it.
        let status = unsafe {
            defaults(raw.as_ptr(), &mut params);
            apply(config, &mut params);
            initialize(raw.as_ptr(), &params)
        };
        if status == 0 { Ok(library) } else { Err(init_error("start", status)) }
    }

    fn table(&self) -> &sys::ISVCEncoderVtbl {
        // SAFETY: the object lives until drop and begins with a pointer to its static table.
        unsafe { &**self.raw.as_ptr() }
    }

    /// `value` must have the type that `option` reads.
    fn set_option<T>(&mut self, option: sys::ENCODER_OPTION, value: &mut T) -> Result<(), CodecError> {
        let set = self.table().SetOption.ok_or_else(|| failed("set an option", -1))?;
        // SAFETY: the object is alive; the callers, all in this file, pass the type each option reads.
        let status = unsafe { set(self.raw.as_ptr(), option, ptr::from_mut(value).cast::<c_void>()) };
        if status == 0 { Ok(()) } else { Err(failed("set an option", status)) }
    }

    fn force_key(&mut self) -> Result<(), CodecError> {
        let force = self.table().ForceIntraFrame.ok_or_else(|| failed("make a key frame", -1))?;
        // SAFETY: the object is alive. The C++ method has a second parameter, the simulcast layer,
        // that the C table leaves out; without simulcast it is not looked at.
        let status = unsafe { force(self.raw.as_ptr(), true) };
        if status == 0 { Ok(()) } else { Err(failed("make a key frame", status)) }
    }

    /// # Safety
    /// The planes of `source` must hold every row at its strides.
    unsafe fn encode(&mut self, source: &sys::SSourcePicture) -> Result<&sys::SFrameBSInfo, CodecError> {
        let encode = self.table().EncodeFrame.ok_or_else(|| failed("encode", -1))?;
        // SAFETY: the object is alive, the caller vouches for the planes, nothing is kept.
        let status = unsafe { encode(self.raw.as_ptr(), source, &mut *self.frame) };
        if status == sys::cmResultSuccess { Ok(&self.frame) } else { Err(failed("encode", status)) }
    }

    fn last_qp(&mut self) -> Option<u8> {
        let get = self.table().GetOption?;
        let mut statistics = sys::SEncoderStatistics::default();
        // SAFETY: the object is alive and this option writes one such struct.
        let status = unsafe {
            get(self.raw.as_ptr(), sys::ENCODER_OPTION_GET_STATISTICS, (&raw mut statistics).cast::<c_void>())
        };
        u8::try_from(statistics.uiAverageFrameQP).ok().filter(|_| status == 0)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the object is alive and not used again; `Uninitialize` also takes one that never
        // got as far as `InitializeExt`.
        unsafe {
            if let Some(uninitialize) = self.table().Uninitialize {
                uninitialize(self.raw.as_ptr());
            }
            APILoader::WelsDestroySVCEncoder(self.raw.as_ptr());
        }
    }
}

/// Our settings over openh264's defaults.
fn apply(config: &EncoderConfig, params: &mut sys::SEncParamExt) {
    let (width, height) = (config.width as c_int, config.height as c_int);
    params.iUsageType =
        if config.screen { sys::SCREEN_CONTENT_REAL_TIME } else { sys::CAMERA_VIDEO_REAL_TIME };
    params.iPicWidth = width;
    params.iPicHeight = height;
    params.fMaxFrameRate = frame_rate(config.fps);
    params.iTargetBitrate = bit_rate(config.bitrate_bps);
    params.iRCMode = sys::RC_BITRATE_MODE;
    params.bEnableFrameSkip = false;
    params.iMaxBitrate = sys::UNSPECIFIED_BIT_RATE as c_int;
    params.iComplexityMode = sys::LOW_COMPLEXITY;
    params.uiIntraPeriod = 0;
    params.eSpsPpsIdStrategy = sys::CONSTANT_ID;
    params.iEntropyCodingModeFlag = 0;
    // Threads need slices, and one slice a picture costs the fewest bits.
    params.iMultipleThreadIdc = 1;
    // A cut would bring a key frame nobody asked for. (Screen mode insists on it.)
    params.bEnableSceneChangeDetect = config.screen;
    // It codes what it takes for background more coarsely: 1.6 dB less at 640x480 and 1.5 Mbit/s for a
    // third of the encoder's time, which is a bad bargain at a millisecond a frame.
    params.bEnableBackgroundDetection = false;
    let layer = &mut params.sSpatialLayers[0];
    layer.iVideoWidth = width;
    layer.iVideoHeight = height;
    layer.fFrameRate = frame_rate(config.fps);
    layer.iSpatialBitrate = bit_rate(config.bitrate_bps);
    layer.iMaxSpatialBitrate = sys::UNSPECIFIED_BIT_RATE as c_int;
    layer.uiProfileIdc = sys::PRO_BASELINE;
    layer.sSliceArgument.uiSliceMode = sys::SM_SINGLE_SLICE;
    layer.sSliceArgument.uiSliceNum = 1;
}

/// Copies every NAL unit of the frame behind `data`.
///
/// # Safety
/// `frame` was filled by the encoder, which was not called since.
unsafe fn append(frame: &sys::SFrameBSInfo, data: &mut Vec<u8>) {
    let count = usize::try_from(frame.iLayerNum).unwrap_or(0).min(frame.sLayerInfo.len());
    for layer in &frame.sLayerInfo[..count] {
        let units = usize::try_from(layer.iNalCount).unwrap_or(0);
        if units == 0 || layer.pNalLengthInByte.is_null() || layer.pBsBuf.is_null() {
            continue;
        }
        // SAFETY: the encoder says that this many lengths are there, and that its units lie one
        // behind the other from `pBsBuf`.
        let bytes = unsafe {
            let lengths = std::slice::from_raw_parts(layer.pNalLengthInByte, units);
            let total = lengths.iter().map(|&length| usize::try_from(length).unwrap_or(0)).sum();
            std::slice::from_raw_parts(layer.pBsBuf, total)
        };
        data.extend_from_slice(bytes);
    }
}

/// openh264 takes 1 to 60 frames per second.
fn frame_rate(fps: f32) -> f32 {
    if fps.is_finite() { fps.clamp(1.0, 60.0) } else { 30.0 }
}

fn bit_rate(bps: u32) -> c_int {
    c_int::try_from(bps.max(1)).unwrap_or(c_int::MAX)
}

fn init_error(step: &str, status: c_int) -> CodecError {
    CodecError::Init { codec: CODEC, reason: format!("openh264 could not {step} ({status})") }
}

fn failed(step: &str, status: c_int) -> CodecError {
    CodecError::Failed { codec: CODEC, reason: format!("openh264 could not {step} ({status})") }
}
