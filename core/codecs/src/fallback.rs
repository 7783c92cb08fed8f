//! Several implementations of a codec, one after the other: one that fails is replaced by the next, in
//! mid-call.

use crate::native::NativeBuffer;
use crate::{CodecError, DecodedFrame, EncodedFrame, EncoderConfig, VideoCodec, VideoDecoder, VideoEncoder};
use duet_media::frame::I420Ref;

/// Makes an encoder of one implementation.
pub(crate) type MakeEncoder = fn(&EncoderConfig) -> Result<Box<dyn VideoEncoder>, CodecError>;
/// Makes a decoder of one implementation.
pub(crate) type MakeDecoder = fn() -> Result<Box<dyn VideoDecoder>, CodecError>;

/// The encoder at work and those that take over if it fails.
pub(crate) struct FallbackEncoder<'m> {
    others: &'m [MakeEncoder],
    current: Box<dyn VideoEncoder>,
    config: EncoderConfig,
}

impl<'m> FallbackEncoder<'m> {
    /// The first of `makers` that starts with `config`.
    ///
    /// # Errors
    /// The last one's, when none does; [`CodecError::Unavailable`] when there is none.
    pub(crate) fn new(
        codec: VideoCodec,
        makers: &'m [MakeEncoder],
        config: &EncoderConfig,
    ) -> Result<Self, CodecError> {
        let (current, others) = first(codec, makers, |make| make(config))?;
        Ok(FallbackEncoder { others, current, config: *config })
    }

    /// The next implementation takes over, with a key frame; gives `failure` when there is none left.
    fn replace(&mut self, failure: CodecError) -> Result<(), CodecError> {
        let (current, others) =
            first(self.current.codec(), self.others, |make| make(&self.config)).map_err(|_| failure)?;
        (self.current, self.others) = (current, others);
        Ok(())
    }
}

impl VideoEncoder for FallbackEncoder<'_> {
    fn codec(&self) -> VideoCodec {
        self.current.codec()
    }

    fn implementation(&self) -> &'static str {
        self.current.implementation()
    }

    fn configure(&mut self, config: &EncoderConfig) -> Result<(), CodecError> {
        let before = std::mem::replace(&mut self.config, *config);
        let done = match self.current.configure(config) {
            Ok(()) => Ok(()),
            Err(failure) => self.replace(failure),
        };
        done.inspect_err(|_| self.config = before)
    }

    fn set_rates(&mut self, bitrate_bps: u32, fps: f32) -> Result<(), CodecError> {
        (self.config.bitrate_bps, self.config.fps) = (bitrate_bps, fps);
        self.current.set_rates(bitrate_bps, fps).or_else(|failure| self.replace(failure))
    }

    fn encode(
        &mut self,
        picture: I420Ref<'_>,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<bool, CodecError> {
        loop {
            match self.current.encode(picture, timestamp, force_key, out) {
                Err(failure) => self.replace(failure)?,
                done => return done,
            }
        }
    }

    fn encode_native(
        &mut self,
        picture: &NativeBuffer,
        timestamp: u64,
        force_key: bool,
        out: &mut EncodedFrame,
    ) -> Result<Option<bool>, CodecError> {
        loop {
            match self.current.encode_native(picture, timestamp, force_key, out) {
                Err(failure) => self.replace(failure)?,
                done => return done,
            }
        }
    }

    fn poll_late(&mut self, out: &mut EncodedFrame) -> Result<bool, CodecError> {
        match self.current.poll_late(out) {
            Err(failure) => self.replace(failure).map(|()| false),
            done => done,
        }
    }
}

/// The decoder at work and those that take over if it fails.
pub(crate) struct FallbackDecoder<'m> {
    others: &'m [MakeDecoder],
    current: Box<dyn VideoDecoder>,
    failed: bool,
}

impl<'m> FallbackDecoder<'m> {
    /// The first of `makers` that starts.
    ///
    /// # Errors
    /// The last one's, when none does; [`CodecError::Unavailable`] when there is none.
    pub(crate) fn new(codec: VideoCodec, makers: &'m [MakeDecoder]) -> Result<Self, CodecError> {
        let (current, others) = first(codec, makers, |make| make())?;
        Ok(FallbackDecoder { others, current, failed: false })
    }
}

impl VideoDecoder for FallbackDecoder<'_> {
    fn codec(&self) -> VideoCodec {
        self.current.codec()
    }

    fn implementation(&self) -> &'static str {
        self.current.implementation()
    }

    /// What a decoder fails on is lost; the next one begins with the frame after, once that is a key frame.
    fn decode(&mut self, data: &[u8]) -> Result<Option<DecodedFrame<'_>>, CodecError> {
        if std::mem::take(&mut self.failed)
            && let Ok((current, others)) = first(self.current.codec(), self.others, |make| make())
        {
            (self.current, self.others) = (current, others);
        }
        let result = self.current.decode(data);
        // Corrupt is the frame's fault. Anything else is the decoder's.
        self.failed = matches!(&result, Err(error) if !matches!(error, CodecError::Corrupt { .. }));
        result
    }
}

/// The first of `makers` that makes one, and those behind it.
fn first<'m, M, T: ?Sized>(
    codec: VideoCodec,
    makers: &'m [M],
    mut make: impl FnMut(&M) -> Result<Box<T>, CodecError>,
) -> Result<(Box<T>, &'m [M]), CodecError> {
    let mut failure = CodecError::Unavailable(codec.mime_type());
    let mut rest = makers;
    while let Some((maker, others)) = rest.split_first() {
        match make(maker) {
            Ok(made) => return Ok((made, others)),
            Err(error) => failure = error,
        }
        rest = others;
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_media::frame::{ColorSpace, I420Frame};

    /// Works for so many frames, then fails.
    struct Mortal {
        name: &'static str,
        left: u32,
        picture: I420Frame,
    }

    fn failed() -> CodecError {
        CodecError::Failed { codec: "test", reason: "its chip is gone".into() }
    }

    impl Mortal {
        fn of(name: &'static str, left: u32) -> Self {
            Mortal { name, left, picture: I420Frame::black(16, 16).expect("even") }
        }

        fn live(&mut self) -> Result<(), CodecError> {
            self.left = self.left.checked_sub(1).ok_or_else(failed)?;
            Ok(())
        }
    }

    impl VideoEncoder for Mortal {
        fn codec(&self) -> VideoCodec {
            VideoCodec::H264
        }

        fn implementation(&self) -> &'static str {
            self.name
        }

        fn configure(&mut self, _: &EncoderConfig) -> Result<(), CodecError> {
            self.live()
        }

        fn set_rates(&mut self, _: u32, _: f32) -> Result<(), CodecError> {
            self.live()
        }

        fn encode(
            &mut self,
            _: I420Ref<'_>,
            timestamp: u64,
            _: bool,
            out: &mut EncodedFrame,
        ) -> Result<bool, CodecError> {
            self.live()?;
            out.timestamp = timestamp;
            Ok(true)
        }
    }

    impl VideoDecoder for Mortal {
        fn codec(&self) -> VideoCodec {
            VideoCodec::H264
        }

        fn implementation(&self) -> &'static str {
            self.name
        }

        fn decode(&mut self, data: &[u8]) -> Result<Option<DecodedFrame<'_>>, CodecError> {
            if data.is_empty() {
                return Err(CodecError::Corrupt { codec: "test", reason: "nothing in it".into() });
            }
            self.live()?;
            Ok(Some(self.picture.as_ref()))
        }
    }

    const CONFIG: EncoderConfig = EncoderConfig {
        width: 16,
        height: 16,
        fps: 30.0,
        bitrate_bps: 100_000,
        screen: false,
        color: ColorSpace::Bt601Limited,
        threads: 1,
    };
    const ENCODERS: &[MakeEncoder] = &[
        |_| Err(failed()),
        |_| Ok(Box::new(Mortal::of("chip", 2))),
        |_| Err(failed()),
        |_| Ok(Box::new(Mortal::of("software", 3))),
    ];

    #[test]
    fn the_first_encoder_that_starts_works_until_it_fails_and_the_next_takes_its_picture() {
        let mut encoder =
            FallbackEncoder::new(VideoCodec::H264, ENCODERS, &CONFIG).expect("the second starts");
        let picture = I420Frame::black(16, 16).expect("even");
        let mut out = EncodedFrame::default();
        let mut who = Vec::new();
        for n in 0..5 {
            assert_eq!(encoder.encode(picture.as_ref(), n, false, &mut out), Ok(true));
            who.push(encoder.implementation());
        }
        assert_eq!(who, ["chip", "chip", "software", "software", "software"]);
        assert_eq!(encoder.encode(picture.as_ref(), 5, false, &mut out), Err(failed()), "none is left");
    }

    #[test]
    fn settings_that_an_encoder_refuses_go_to_the_next() {
        let mut encoder =
            FallbackEncoder::new(VideoCodec::H264, ENCODERS, &CONFIG).expect("the second starts");
        for _ in 0..3 {
            assert_eq!(encoder.set_rates(50_000, 15.0), Ok(()));
        }
        assert_eq!(encoder.implementation(), "software");
        assert_eq!(encoder.configure(&EncoderConfig { width: 32, ..CONFIG }), Ok(()));
    }

    #[test]
    fn a_decoder_that_fails_costs_a_frame_and_one_that_got_a_damaged_frame_stays() {
        const DECODERS: &[MakeDecoder] =
            &[|| Ok(Box::new(Mortal::of("chip", 1))), || Ok(Box::new(Mortal::of("software", 2)))];
        let mut decoder = FallbackDecoder::new(VideoCodec::H264, DECODERS).expect("starts");
        assert!(decoder.decode(&[1]).is_ok());
        assert!(matches!(decoder.decode(&[]), Err(CodecError::Corrupt { .. })));
        assert_eq!(decoder.implementation(), "chip");
        assert_eq!(decoder.decode(&[1]).err(), Some(failed()));
        assert!(decoder.decode(&[1]).is_ok());
        assert_eq!(decoder.implementation(), "software");
        assert!(decoder.decode(&[1]).is_ok());
        assert_eq!(decoder.decode(&[1]).err(), Some(failed()), "none is left");
        assert_eq!(decoder.decode(&[1]).err(), Some(failed()));
    }

    #[test]
    fn where_none_starts_the_last_ones_error_is_told() {
        const NONE: &[MakeEncoder] = &[|_| Err(failed())];
        assert_eq!(FallbackEncoder::new(VideoCodec::H264, NONE, &CONFIG).err(), Some(failed()));
        let unavailable = CodecError::Unavailable("video/H264");
        assert_eq!(FallbackEncoder::new(VideoCodec::H264, &[], &CONFIG).err(), Some(unavailable));
    }
}
