use crate::CodecError;

/// An audio codec this project knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    /// Opus (RFC 6716, RFC 7587), 48 kHz.
    Opus,
}

impl AudioCodec {
    /// The media type as SDP and statistics spell it.
    pub const fn mime_type(self) -> &'static str {
        match self {
            AudioCodec::Opus => "audio/opus",
        }
    }
}

/// Turns 48 kHz mono PCM into packets, one thread at a time.
pub trait AudioEncoder: Send {
    /// Target bits per second.
    ///
    /// # Errors
    /// [`CodecError`] when the library refuses.
    fn set_bitrate(&mut self, bits_per_second: u32) -> Result<(), CodecError>;

    /// Expected packet loss, 0 to 100 per cent: how much redundancy (in-band FEC) to add.
    ///
    /// # Errors
    /// [`CodecError`] when the library refuses.
    fn set_expected_loss(&mut self, percent: u8) -> Result<(), CodecError>;

    /// Encodes 20 ms (960 samples, full scale 1.0) into `out`; gives the bytes written.
    ///
    /// # Errors
    /// [`CodecError`] when `pcm` has another length, `out` is too small or the library fails.
    fn encode(&mut self, pcm: &[f32], out: &mut [u8]) -> Result<usize, CodecError>;
}

/// Turns packets into 48 kHz mono PCM, one thread at a time.
pub trait AudioDecoder: Send {
    /// Decodes a packet; gives the samples written to `pcm` (full scale 1.0, at most 5760).
    ///
    /// # Errors
    /// [`CodecError::Corrupt`] when the packet is not valid; conceal instead.
    fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, CodecError>;

    /// Rebuilds the packet before `packet` from the redundancy `packet` carries (in-band FEC);
    /// gives the samples written, as long as the lost packet was (`pcm.len()` samples).
    ///
    /// # Errors
    /// [`CodecError`] when there is no usable redundancy; conceal instead.
    fn decode_fec(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, CodecError>;

    /// Invents `pcm.len()` samples that continue the sound (packet loss concealment).
    ///
    /// # Errors
    /// [`CodecError`] when the library fails; play silence instead.
    fn conceal(&mut self, pcm: &mut [f32]) -> Result<usize, CodecError>;
}
