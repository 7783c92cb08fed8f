//! One stream's encoder: made when needed, kept up to date, its frames cut into payloads.

use std::sync::OnceLock;

use bytes::Bytes;
use duet_codecs::{CodecError, EncodedFrame, EncoderConfig, NativeBuffer, VideoCodec, VideoEncoder};
use duet_media::Time;
use duet_media::frame::{ColorSpace, FrameError, I420Frame, I420Ref, MIN_DIMENSION, scale_i420};
use duet_media::rtp::{Packetizer, PayloadFormat};

/// The encoder at work and what belongs to its stream.
pub(super) struct EncoderLine {
    encoder: Option<(Box<dyn VideoEncoder>, EncoderConfig)>,
    packetizer: Packetizer,
    payloads: Vec<Bytes>,
    encoded: EncodedFrame,
    last_timestamp: u64,
    /// A native picture whose memory the encoder cannot read itself.
    copied: I420Frame,
    /// The picture at half size, while the device must be spared.
    half: I420Frame,
    /// Of every two frames of a reduced stream, the one that is left out.
    skip: bool,
}

/// A picture to encode.
#[derive(Clone, Copy)]
pub(super) enum Picture<'a> {
    Pixels(I420Ref<'a>),
    Native(&'a NativeBuffer),
}

/// How the next frame is to be encoded.
pub(super) struct Settings {
    pub(super) codec: VideoCodec,
    pub(super) fps: u32,
    pub(super) bitrate_bps: u32,
    pub(super) screen: bool,
    pub(super) color: ColorSpace,
    /// Half the size, every other frame.
    pub(super) reduced: bool,
}

/// A frame ready to leave.
pub(super) struct Outgoing<'a> {
    pub(super) payloads: &'a mut Vec<Bytes>,
    pub(super) timestamp: u32,
    pub(super) key: bool,
    pub(super) size: (u32, u32),
    pub(super) implementation: &'static str,
}

impl EncoderLine {
    pub(super) fn new() -> Self {
        EncoderLine {
            encoder: None,
            packetizer: Packetizer::new(PayloadFormat::H264),
            payloads: Vec::new(),
            encoded: EncodedFrame::default(),
            last_timestamp: 0,
            copied: I420Frame::default(),
            half: I420Frame::default(),
            skip: false,
        }
    }

    /// Encodes a picture captured at `captured`; `None` when it is left out, or comes later.
    pub(super) fn encode(
        &mut self,
        picture: Picture<'_>,
        captured: Time,
        settings: &Settings,
        key: bool,
    ) -> Result<Option<Outgoing<'_>>, CodecError> {
        self.skip = settings.reduced && !self.skip && !key;
        if self.skip {
            return Ok(None);
        }
        let timestamp = self.timestamp(captured);
        let pixels = match picture {
            Picture::Pixels(pixels) => pixels,
            Picture::Native(native) => {
                if !settings.reduced {
                    let (width, height) = native.size().map_err(refused)?;
                    let config = settings.config(width, height);
                    let encoder = prepare(&mut self.encoder, &mut self.packetizer, settings.codec, &config)?;
                    if let Some(encoded) = encoder.encode_native(native, timestamp, key, &mut self.encoded)? {
                        return Ok(if encoded { self.outgoing() } else { None });
                    }
                }
                native.copy_to(settings.color, &mut self.copied).map_err(refused)?;
                self.copied.as_ref()
            }
        };
        let pixels = if settings.reduced { halve(pixels, &mut self.half) } else { pixels };
        let config = settings.config(pixels.width, pixels.height);
        let encoder = prepare(&mut self.encoder, &mut self.packetizer, settings.codec, &config)?;
        let encoded = encoder.encode(pixels, timestamp, key, &mut self.encoded)?;
        Ok(if encoded { self.outgoing() } else { None })
    }

    /// What an encoder that works behind has brought meanwhile; ask until `None`.
    pub(super) fn late(&mut self) -> Result<Option<Outgoing<'_>>, CodecError> {
        let Some((encoder, _)) = &mut self.encoder else { return Ok(None) };
        let late = encoder.poll_late(&mut self.encoded)?;
        Ok(if late { self.outgoing() } else { None })
    }

    /// The encoded frame, cut into payloads.
    fn outgoing(&mut self) -> Option<Outgoing<'_>> {
        let (encoder, config) = self.encoder.as_ref()?;
        self.payloads.clear();
        self.payloads.extend(self.packetizer.packetize(&self.encoded.data).map(|payload| payload.data));
        Some(Outgoing {
            payloads: &mut self.payloads,
            timestamp: self.encoded.timestamp as u32,
            key: self.encoded.key,
            size: (config.width, config.height),
            implementation: encoder.implementation(),
        })
    }

    /// 90 kHz, strictly increasing whatever the host's capture times do.
    fn timestamp(&mut self, capture: Time) -> u64 {
        let wanted = capture.as_nanos() / 100_000 * 9;
        self.last_timestamp = wanted.max(self.last_timestamp + 1);
        self.last_timestamp
    }
}

impl Settings {
    fn config(&self, width: u32, height: u32) -> EncoderConfig {
        EncoderConfig {
            width,
            height,
            fps: self.fps as f32 / if self.reduced { 2.0 } else { 1.0 },
            bitrate_bps: self.bitrate_bps,
            screen: self.screen,
            color: self.color,
            threads: encoder_threads(width, height),
        }
    }
}

/// A native picture that cannot be read; pixels are checked when they are pushed.
fn refused(error: FrameError) -> CodecError {
    CodecError::Failed { codec: "native picture", reason: error.to_string() }
}

/// Makes the encoder, or brings it up to date.
fn prepare<'a>(
    slot: &'a mut Option<(Box<dyn VideoEncoder>, EncoderConfig)>,
    packetizer: &mut Packetizer,
    codec: VideoCodec,
    config: &EncoderConfig,
) -> Result<&'a mut dyn VideoEncoder, CodecError> {
    let current = slot.take().filter(|(encoder, _)| encoder.codec() == codec);
    let (mut encoder, applied) = match current {
        Some(current) => current,
        None => {
            *packetizer = Packetizer::new(super::payload_format(codec));
            (duet_codecs::video_encoder(codec, config)?, *config)
        }
    };
    let stream = |config: &EncoderConfig| (config.width, config.height, config.screen, config.color);
    if stream(&applied) != stream(config) {
        encoder.configure(config)?;
    } else if applied.bitrate_bps != config.bitrate_bps || applied.fps != config.fps {
        encoder.set_rates(config.bitrate_bps, config.fps)?;
    }
    Ok(slot.insert((encoder, *config)).0.as_mut())
}

/// `frame` at half its size, or as it is where that would be too small.
fn halve<'a>(frame: I420Ref<'a>, half: &'a mut I420Frame) -> I420Ref<'a> {
    let (width, height) = (frame.width / 4 * 2, frame.height / 4 * 2);
    if width < MIN_DIMENSION || height < MIN_DIMENSION || half.resize(width, height).is_err() {
        return frame;
    }
    scale_i420(frame, half);
    half.as_ref()
}

/// One thread up to VGA; above, two where four cores leave room for the rest of the call
/// (libvpx's row threads spin when cores are short).
fn encoder_threads(width: u32, height: u32) -> u32 {
    static CORES: OnceLock<usize> = OnceLock::new();
    let cores = *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
    if width * height > 640 * 480 && cores >= 4 { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(reduced: bool) -> Option<Settings> {
        let codec = *duet_codecs::video_codecs().first()?;
        let color = ColorSpace::default();
        Some(Settings { codec, fps: 30, bitrate_bps: 500_000, screen: false, color, reduced })
    }

    #[test]
    fn a_reduced_stream_has_half_the_size_and_half_the_frames() {
        let (Some(full), Some(reduced)) = (settings(false), settings(true)) else { return };
        let mut line = EncoderLine::new();
        let frame = I420Frame::black(320, 240).expect("a valid size");
        let mut sizes = Vec::new();
        for settings in [&full, &full, &reduced, &reduced, &reduced, &reduced, &full] {
            let sent = line.encode(Picture::Pixels(frame.as_ref()), Time::ZERO, settings, false);
            let sent = sent.expect("the encoder works");
            sizes.push(sent.map(|sent| sent.size));
        }
        let (whole, half) = (Some((320, 240)), Some((160, 120)));
        assert_eq!(sizes, [whole, whole, None, half, None, half, whole]);
    }

    #[test]
    fn a_native_picture_that_the_encoder_cannot_take_is_copied() {
        let (Some(full), Some(reduced)) = (settings(false), settings(true)) else { return };
        let frame = I420Frame::black(320, 240).expect("a valid size");
        let native = NativeBuffer::of_picture(frame, || {});
        let mut line = EncoderLine::new();
        for (settings, size) in [(&full, (320, 240)), (&reduced, (160, 120))] {
            let sent = line.encode(Picture::Native(&native), Time::ZERO, settings, true);
            assert_eq!(sent.expect("the encoder works").map(|sent| sent.size), Some(size));
        }
    }

    /// Gives each frame one picture late, and then also the one that is due.
    struct Behind {
        inside: Vec<u64>,
    }

    impl VideoEncoder for Behind {
        fn codec(&self) -> VideoCodec {
            VideoCodec::Vp8
        }

        fn implementation(&self) -> &'static str {
            "behind"
        }

        fn configure(&mut self, _: &EncoderConfig) -> Result<(), CodecError> {
            Ok(())
        }

        fn set_rates(&mut self, _: u32, _: f32) -> Result<(), CodecError> {
            Ok(())
        }

        fn encode(
            &mut self,
            _: I420Ref<'_>,
            timestamp: u64,
            _: bool,
            out: &mut EncodedFrame,
        ) -> Result<bool, CodecError> {
            self.inside.push(timestamp);
            if self.inside.len() < 2 { Ok(false) } else { self.poll_late(out) }
        }

        fn poll_late(&mut self, out: &mut EncodedFrame) -> Result<bool, CodecError> {
            if self.inside.is_empty() {
                return Ok(false);
            }
            *out =
                EncodedFrame { data: vec![1], timestamp: self.inside.remove(0), ..EncodedFrame::default() };
            Ok(true)
        }
    }

    #[test]
    fn an_encoder_that_works_behind_is_asked_on_and_its_frames_keep_their_times() {
        let color = ColorSpace::default();
        let (codec, fps) = (VideoCodec::Vp8, 30);
        let settings = Settings { codec, fps, bitrate_bps: 500_000, screen: false, color, reduced: false };
        let frame = I420Frame::black(320, 240).expect("a valid size");
        let mut line = EncoderLine::new();
        line.packetizer = Packetizer::new(PayloadFormat::Vp8);
        line.encoder = Some((Box::new(Behind { inside: Vec::new() }), settings.config(320, 240)));
        let push = |line: &mut EncoderLine, ms| {
            let picture = Picture::Pixels(frame.as_ref());
            let sent = line.encode(picture, Time::from_millis(ms), &settings, false).expect("it works");
            sent.map(|sent| sent.timestamp)
        };
        assert_eq!(push(&mut line, 100), None);
        assert_eq!(push(&mut line, 200), Some(9_000));
        let late = line.late().expect("it works").map(|sent| sent.timestamp);
        assert_eq!(late, Some(18_000));
        assert!(line.late().expect("it works").is_none());
    }

    #[test]
    fn timestamps_increase_whatever_the_camera_says() {
        let mut line = EncoderLine::new();
        let first = line.timestamp(Time::from_millis(1000));
        assert_eq!(first, 90_000);
        assert_eq!(line.timestamp(Time::from_millis(500)), 90_001);
        assert_eq!(line.timestamp(Time::from_millis(1100)), 99_000);
    }
}
