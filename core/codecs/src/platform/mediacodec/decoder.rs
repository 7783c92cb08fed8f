use std::time::Instant;

use duet_media::frame::{I420Frame, copy_to_i420};

use super::codec::{Codec, Output, OutputBuffer, Way, init};
use super::format::Format;
use super::{IMPLEMENTATION, WAIT, mime};
use crate::platform::h264;
use crate::platform::layout::{FLEXIBLE, Layout};
use crate::platform::pending::Pending;
use crate::{CodecError, DecodedFrame, VideoCodec, VideoDecoder};

/// What a decoder is told before it has seen a key frame; the stream says what it really is.
const GUESS: (i32, i32) = (1280, 720);
/// Room for the largest key frame: 4096x2304 at its worst.
const MAX_FRAME: i32 = 4 << 20;

/// Between two frames, on the clock that a decoder is told: 30 a second.
const TICKS: u64 = 3_000;

/// A decoder of the device, most often a chip. It conceals damage in ways that nobody knows, so it only gets
/// what follows a key frame without a gap.
///
/// A decoder that answers late gives a picture with the next frame.
pub(crate) struct Decoder {
    codec: Codec,
    kind: VideoCodec,
    layout: Option<Layout>,
    picture: I420Frame,
    pending: Pending,
    count: u64,
    needs_key: bool,
}

impl Decoder {
    /// # Errors
    /// [`CodecError::Init`] when the device has no such decoder.
    pub(crate) fn new(kind: VideoCodec) -> Result<Self, CodecError> {
        let format = wanted(kind).ok_or_else(|| init(kind, "get memory", 0))?;
        Ok(Decoder {
            codec: Codec::start(kind, Way::Decode, &format)?,
            kind,
            layout: None,
            picture: I420Frame::default(),
            pending: Pending::new(),
            count: 0,
            needs_key: true,
        })
    }

    fn corrupt(&mut self, reason: &str) -> CodecError {
        self.needs_key = true;
        CodecError::Corrupt { codec: self.kind.mime_type(), reason: reason.into() }
    }

    /// Takes what comes out until `deadline` or until nothing is left inside. Whether there was a picture: the
    /// newest is kept.
    fn drain(&mut self, deadline: Instant) -> Result<bool, CodecError> {
        let mut any = false;
        while !self.pending.is_empty() {
            match self.codec.next_output(deadline)? {
                None => break,
                Some(Output::Format) => self.layout = None,
                Some(Output::Buffer(buffer)) => {
                    let shown = self.copy(buffer);
                    self.codec.release_output(buffer)?;
                    self.pending.take(buffer.us);
                    any |= shown?;
                }
            }
        }
        Ok(any)
    }

    /// Copies the picture in `buffer`; `false` when it has none.
    fn copy(&mut self, buffer: OutputBuffer) -> Result<bool, CodecError> {
        if buffer.config || self.codec.output(buffer).is_empty() {
            return Ok(false);
        }
        let layout = match self.layout {
            Some(layout) => layout,
            None => {
                let format = self.codec.output_format();
                let layout = format.and_then(|format| Layout::of(&format.described()));
                *self
                    .layout
                    .insert(layout.ok_or_else(|| self.codec.failed("say how its pictures are laid out", 0))?)
            }
        };
        layout
            .read(self.codec.output(buffer))
            .and_then(|picture| copy_to_i420(&picture, &mut self.picture))
            .map_err(|error| self.codec.failed(&format!("give a picture: {error}"), 0))?;
        Ok(true)
    }
}

impl VideoDecoder for Decoder {
    fn codec(&self) -> VideoCodec {
        self.kind
    }

    fn implementation(&self) -> &'static str {
        IMPLEMENTATION
    }

    fn decode(&mut self, data: &[u8]) -> Result<Option<DecodedFrame<'_>>, CodecError> {
        let (picture, key) = match self.kind {
            VideoCodec::H264 => {
                let contents = h264::contents(data);
                (contents.slice, contents.idr)
            }
            VideoCodec::Vp8 => (!data.is_empty(), data.first().is_some_and(|head| head & 1 == 0)),
        };
        if data.is_empty() {
            return Err(self.corrupt("nothing in it"));
        }
        if self.needs_key && picture && !key {
            return Err(self.corrupt("waiting for a key frame"));
        }
        let deadline = Instant::now() + WAIT;
        // Only to know the frame again: when it is to be shown is decided elsewhere.
        self.count += 1;
        let us = picture.then(|| self.pending.push(self.count * TICKS, Instant::now()));
        let fed = self.codec.feed(us.unwrap_or_default(), WAIT, |buffer| {
            buffer.get_mut(..data.len())?.copy_from_slice(data);
            Some(data.len())
        })?;
        if fed != Some(true) {
            if picture {
                self.pending.drop_newest();
            }
            if fed == Some(false) {
                return Err(self.codec.failed("hold the frame in its buffer", 0));
            }
        }
        let shown = self.drain(deadline)?;
        if self.pending.is_stuck(Instant::now()) {
            return Err(self.codec.failed("decode a frame within a second", 0));
        }
        if fed.is_none() {
            return Err(self.corrupt("the decoder is too far behind to take it"));
        }
        if key {
            self.needs_key = false;
        }
        Ok(shown.then(|| self.picture.as_ref()))
    }
}

fn wanted(kind: VideoCodec) -> Option<Format> {
    let mut format = Format::new()?;
    format.set_text(c"mime", &std::ffi::CString::new(mime(kind)).ok()?);
    format.set(c"width", GUESS.0);
    format.set(c"height", GUESS.1);
    format.set(c"max-input-size", MAX_FRAME);
    format.set(c"color-format", FLEXIBLE);
    // Real time, and a picture out for each frame that goes in.
    format.set(c"priority", 0);
    format.set(c"low-latency", 1);
    Some(format)
}
