use std::time::{Duration, Instant};

use duet_media::frame::{ColorSpace, I420Ref};

use super::codec::{Codec, Output, OutputBuffer, Way, init};
use super::format::Format;
use super::later::later;
use super::{IMPLEMENTATION, WAIT, mime};
use crate::platform::h264::{self, ParameterSets};
use crate::platform::layout::{Described, Layout, PLANAR, SEMI_PLANAR};
use crate::platform::pending::Pending;
use crate::{CodecError, EncodedFrame, EncoderConfig, VideoCodec, VideoEncoder, picture};

/// Seconds between key frames that nobody asked for: none within a call.
const KEY_INTERVAL_S: i32 = 3_600;
/// `MediaCodecInfo.EncoderCapabilities.BITRATE_MODE_CBR`: a link has a rate, not a quality.
const CONSTANT_RATE: i32 = 2;
/// `MediaCodecInfo.CodecProfileLevel.AVCProfileBaseline`. Encoders use neither of the tools that
/// constrained baseline leaves out of it.
const BASELINE: i32 = 1;
/// `MediaFormat.COLOR_...`.
const RANGE_FULL: i32 = 1;
const RANGE_LIMITED: i32 = 2;
const STANDARD_BT709: i32 = 1;
const STANDARD_BT601_NTSC: i32 = 4;
const TRANSFER_SDR: i32 = 3;

/// An encoder of the device, most often a chip: constrained baseline for H.264, no B frames, in real time.
///
/// Key frames come only when asked for (and first), H.264's each with its parameter sets in front. The chip
/// may drop frames to meet the rate. A new size is a new codec.
pub(crate) struct Encoder {
    codec: Codec,
    kind: VideoCodec,
    config: EncoderConfig,
    layout: Layout,
    sets: ParameterSets,
    pending: Pending,
}

impl Encoder {
    /// # Errors
    /// [`CodecError::Init`] when the device has no such encoder, or it does not do `config`.
    pub(crate) fn new(kind: VideoCodec, config: &EncoderConfig) -> Result<Self, CodecError> {
        picture::check_size(kind.mime_type(), config)?;
        let later = later();
        if later.set_parameters.is_none() {
            return Err(init(kind, "change its rate: it needs Android 8.0 (API level 26)", 0));
        }
        // A system that does not tell the input's strides has none only where the blocks fit.
        let fits_blocks = config.width.is_multiple_of(16) && config.height.is_multiple_of(16);
        if later.get_input_format.is_none() && !fits_blocks {
            return Err(init(kind, "tell its strides for this size: it needs Android 9 (API level 28)", 0));
        }
        let mut failure = init(kind, "be tried", 0);
        // Every chip takes one of the two layouts; some know no profile but their own.
        for (color_format, with_profile) in
            [(SEMI_PLANAR, true), (PLANAR, true), (SEMI_PLANAR, false), (PLANAR, false)]
        {
            let format = wanted(kind, config, color_format, with_profile)
                .ok_or_else(|| init(kind, "get memory", 0))?;
            let codec = match Codec::start(kind, Way::Encode, &format) {
                Ok(codec) => codec,
                Err(error) => {
                    failure = error;
                    continue;
                }
            };
            let told = codec.input_format();
            let described = told.as_ref().map(Format::described).unwrap_or_default();
            let described = Described {
                width: config.width,
                height: config.height,
                color_format: described.color_format.or(Some(color_format)),
                // The input is as large as we said; strides may be larger.
                crop: None,
                ..described
            };
            let Some(layout) = Layout::of(&described) else {
                failure = init(kind, "take pictures in a layout that we know", 0);
                continue;
            };
            return Ok(Encoder {
                codec,
                kind,
                config: *config,
                layout,
                sets: ParameterSets::default(),
                pending: Pending::new(),
            });
        }
        Err(failure)
    }

    fn change(&mut self, key: &std::ffi::CStr, value: i32) -> Result<(), CodecError> {
        let mut parameters = Format::new().ok_or_else(|| self.codec.failed("get memory", 0))?;
        parameters.set(key, value);
        self.codec.set_parameters(&parameters)
    }

    /// The next frame, waited for until `deadline`.
    fn next(&mut self, deadline: Instant, out: &mut EncodedFrame) -> Result<bool, CodecError> {
        while let Some(output) = self.codec.next_output(deadline)? {
            let Output::Buffer(buffer) = output else { continue };
            let frame = self.take(buffer, out);
            self.codec.release_output(buffer)?;
            if frame {
                return Ok(true);
            }
        }
        if self.pending.is_stuck(Instant::now()) {
            return Err(self.codec.failed("encode a frame within a second", 0));
        }
        Ok(false)
    }

    /// Copies what is in `buffer` to `out`, if it is a frame.
    fn take(&mut self, buffer: OutputBuffer, out: &mut EncodedFrame) -> bool {
        let data = self.codec.output(buffer);
        out.data.clear();
        out.qp = None;
        match self.kind {
            VideoCodec::H264 => {
                if buffer.config {
                    self.sets.update(data);
                    return false;
                }
                let contents = h264::contents(data);
                out.key = contents.idr;
                if contents.idr && !contents.sps {
                    self.sets.write(&mut out.data);
                }
            }
            // RFC 6386, 9.1: the lowest bit is 0 in a key frame.
            VideoCodec::Vp8 => out.key = data.first().is_some_and(|head| head & 1 == 0),
        }
        if buffer.config || data.is_empty() {
            return false;
        }
        out.data.extend_from_slice(data);
        // A time of nobody's: the codec changed it. Better a frame with its own than none.
        out.timestamp = self.pending.take(buffer.us).unwrap_or(buffer.us * 9 / 100);
        true
    }
}

impl VideoEncoder for Encoder {
    fn codec(&self) -> VideoCodec {
        self.kind
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
        *self = Encoder::new(self.kind, config)?;
        Ok(())
    }

    /// The frame rate is a hint for the start only: the pictures' times tell the rest.
    fn set_rates(&mut self, bitrate_bps: u32, fps: f32) -> Result<(), CodecError> {
        if bitrate_bps != self.config.bitrate_bps {
            self.change(c"video-bitrate", bit_rate(bitrate_bps))?;
            self.config.bitrate_bps = bitrate_bps;
        }
        self.config.fps = fps;
        Ok(())
    }

    fn encode(
        &mut self,
        picture: I420Ref<'_>,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<bool, CodecError> {
        picture::check(self.kind.mime_type(), &picture, self.config.width, self.config.height)?;
        let deadline = Instant::now() + WAIT;
        if force_key {
            self.change(c"request-sync", 0)?;
        }
        // A chip that is behind gets no more; this picture is left out.
        if self.pending.has_room() {
            let us = self.pending.push(timestamp, Instant::now());
            let layout = self.layout;
            let fed = self.codec.feed(us, WAIT, |buffer| {
                layout.write(&picture, buffer).then_some(buffer.len().min(layout.whole()))
            })?;
            match fed {
                Some(true) => {}
                Some(false) => return Err(self.codec.failed("hold the picture in its buffer", 0)),
                None => self.pending.drop_newest(),
            }
        }
        self.next(deadline, out)
    }

    fn poll_late(&mut self, out: &mut EncodedFrame) -> Result<bool, CodecError> {
        let wait = if self.pending.is_empty() { Duration::ZERO } else { WAIT };
        self.next(Instant::now() + wait, out)
    }
}

/// What the encoder is asked for.
fn wanted(kind: VideoCodec, config: &EncoderConfig, color_format: i32, with_profile: bool) -> Option<Format> {
    let fps = config.fps.clamp(1.0, 60.0).ceil() as i32;
    let mut format = Format::new()?;
    format.set_text(c"mime", &std::ffi::CString::new(mime(kind)).ok()?);
    format.set(c"width", config.width as i32);
    format.set(c"height", config.height as i32);
    format.set(c"color-format", color_format);
    format.set(c"bitrate", bit_rate(config.bitrate_bps));
    format.set(c"bitrate-mode", CONSTANT_RATE);
    format.set(c"frame-rate", fps);
    format.set(c"i-frame-interval", KEY_INTERVAL_S);
    // Real time, and a frame out for each that goes in.
    format.set(c"priority", 0);
    format.set(c"latency", 1);
    format.set(c"max-bframes", 0);
    let (range, standard) = match config.color {
        ColorSpace::Bt601Limited => (RANGE_LIMITED, STANDARD_BT601_NTSC),
        ColorSpace::Bt601Full => (RANGE_FULL, STANDARD_BT601_NTSC),
        ColorSpace::Bt709Limited => (RANGE_LIMITED, STANDARD_BT709),
    };
    format.set(c"color-range", range);
    format.set(c"color-standard", standard);
    format.set(c"color-transfer", TRANSFER_SDR);
    if with_profile && kind == VideoCodec::H264 {
        let level = h264::level(config.width, config.height, config.fps, config.bitrate_bps);
        format.set(c"profile", BASELINE);
        format.set(c"level", level_constant(level));
    }
    Some(format)
}

/// `MediaCodecInfo.CodecProfileLevel.AVCLevel...` of a level times ten.
fn level_constant(level: u32) -> i32 {
    let order = [10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52];
    let at = order.iter().position(|&known| known == level).unwrap_or(order.len() - 1);
    // One bit each; level 1b takes the second.
    1 << if at == 0 { 0 } else { at + 1 }
}

fn bit_rate(bps: u32) -> i32 {
    i32::try_from(bps.max(1)).unwrap_or(i32::MAX)
}
