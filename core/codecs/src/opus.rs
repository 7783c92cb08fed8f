//! Opus (RFC 6716) by opus-pure: 48 kHz, mono.

use opus_pure::{
    Application, Bandwidth, Error, MAX_PACKET_SAMPLES, OpusDecoder, OpusEncoder, OpusMode, packet,
};

use crate::{AudioDecoder, AudioEncoder, CodecError};

/// The implementation's name for statistics.
pub(crate) const IMPLEMENTATION: &str = "opus-pure";

/// The fewest bytes [`AudioEncoder::encode`] takes as output buffer. It is also the packet's
/// budget: this holds 20 ms at 200 kbit/s, several times what speech is sent with.
pub const MIN_PACKET_BUFFER: usize = 512;

const CODEC: &str = "Opus";
const RATE: i32 = 48_000;
/// Samples in the 20 ms that a packet carries.
const FRAME: usize = 960;
/// The shortest piece of sound Opus knows, 2.5 ms; all lengths are multiples of it.
const QUANTUM: usize = 120;
/// Full-band speech that few tell from the original (RFC 7587 section 3.1.1: 28 to 40 kbit/s).
const DEFAULT_BITRATE: i32 = 32_000;
/// RFC 6716 section 2.1.1.
const BITRATES: std::ops::RangeInclusive<u32> = 6_000..=510_000;
/// Phones spend a third less CPU; the difference is hard to hear.
const COMPLEXITY: i32 = if cfg!(any(target_os = "android", target_os = "ios")) { 5 } else { 9 };

pub(crate) struct Encoder(OpusEncoder);

impl Encoder {
    /// # Errors
    /// [`CodecError::Init`] when the library does not start.
    pub(crate) fn new() -> Result<Self, CodecError> {
        let mut encoder = OpusEncoder::new(RATE, 1, Application::Voip).map_err(init_error)?;
        encoder.bitrate_bps = DEFAULT_BITRATE;
        encoder.complexity = COMPLEXITY;
        encoder.max_bandwidth = Bandwidth::Fullband;
        encoder.use_inband_fec = true;
        encoder.use_dtx = false;
        Ok(Encoder(encoder))
    }
}

impl AudioEncoder for Encoder {
    fn set_bitrate(&mut self, bits_per_second: u32) -> Result<(), CodecError> {
        self.0.bitrate_bps = bits_per_second.clamp(*BITRATES.start(), *BITRATES.end()) as i32;
        Ok(())
    }

    fn set_expected_loss(&mut self, percent: u8) -> Result<(), CodecError> {
        self.0.packet_loss_perc = percent.min(100).into();
        Ok(())
    }

    fn encode(&mut self, pcm: &[f32], out: &mut [u8]) -> Result<usize, CodecError> {
        if pcm.len() != FRAME {
            return Err(CodecError::ShortBuffer { needed: FRAME, actual: pcm.len() });
        }
        if out.len() < MIN_PACKET_BUFFER {
            return Err(CodecError::ShortBuffer { needed: MIN_PACKET_BUFFER, actual: out.len() });
        }
        self.0.encode(pcm, FRAME, out).map_err(failed)
    }
}

pub(crate) struct Decoder(OpusDecoder);

impl Decoder {
    /// # Errors
    /// [`CodecError::Init`] when the library does not start.
    pub(crate) fn new() -> Result<Self, CodecError> {
        OpusDecoder::new(RATE, 1).map(Decoder).map_err(init_error)
    }
}

impl AudioDecoder for Decoder {
    fn decode(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, CodecError> {
        let samples = packet::samples_48k(packet).map_err(corrupt)?;
        let actual = pcm.len();
        let Some(pcm) = pcm.get_mut(..samples) else {
            return Err(CodecError::ShortBuffer { needed: samples, actual });
        };
        self.0.decode(packet, samples, pcm).map_err(corrupt)
    }

    fn decode_fec(&mut self, packet: &[u8], pcm: &mut [f32]) -> Result<usize, CodecError> {
        check_length(pcm.len())?;
        // Without redundancy the library would conceal without a word.
        if redundancy(packet).is_none_or(|samples| samples > pcm.len()) {
            return Err(CodecError::Corrupt { codec: CODEC, reason: "no usable redundancy".into() });
        }
        self.0.decode_fec(packet, pcm.len(), pcm).map_err(corrupt)
    }

    fn conceal(&mut self, pcm: &mut [f32]) -> Result<usize, CodecError> {
        check_length(pcm.len())?;
        self.0.decode(&[], pcm.len(), pcm).map_err(failed)
    }
}

/// A length that concealment can fill: a multiple of 2.5 ms, up to 120 ms.
fn check_length(samples: usize) -> Result<(), CodecError> {
    if samples == 0 || samples > MAX_PACKET_SAMPLES || !samples.is_multiple_of(QUANTUM) {
        let needed = samples.next_multiple_of(QUANTUM).clamp(QUANTUM, MAX_PACKET_SAMPLES);
        return Err(CodecError::ShortBuffer { needed, actual: samples });
    }
    Ok(())
}

/// How many samples the redundant copy in `packet` stands for; `None` when it carries none.
///
/// The SILK layer begins with a voice flag for each of its frames, then, for each channel, the flag
/// asked for here (RFC 6716 section 4.2.3); the range coder stores these first bits as they are.
fn redundancy(packet: &[u8]) -> Option<usize> {
    if packet::mode(packet).ok()? == OpusMode::CeltOnly {
        return None;
    }
    let samples = packet::samples_per_frame(packet, RATE).ok()?;
    let silk_frames = samples.div_ceil(FRAME).max(1);
    let header = *first_frame(packet)?.first()?;
    let mono = header >> (7 - silk_frames) & 1 == 1;
    let stereo = packet::channels(packet).ok()? == 2 && header >> (6 - 2 * silk_frames.min(3)) & 1 == 1;
    (mono || stereo).then_some(samples)
}

/// The bytes from the first frame on (RFC 6716 section 3.2); the first frame may end earlier.
fn first_frame(packet: &[u8]) -> Option<&[u8]> {
    let length_bytes = |first: u8| if first >= 252 { 2 } else { 1 };
    let start = match packet.first()? & 3 {
        0 | 1 => 1,
        2 => 1 + length_bytes(*packet.get(1)?),
        _ => {
            let count = *packet.get(1)?;
            let mut at = 2;
            if count & 0x40 != 0 {
                // Padding length: 255 means 254 and go on.
                while *packet.get(at)? == 255 {
                    at += 1;
                }
                at += 1;
            }
            if count & 0x80 != 0 {
                // The lengths of all frames but the last.
                for _ in 1..count & 0x3F {
                    at += length_bytes(*packet.get(at)?);
                }
            }
            at
        }
    };
    packet.get(start..)
}

fn init_error(error: Error) -> CodecError {
    CodecError::Init { codec: CODEC, reason: error.to_string() }
}

fn failed(error: Error) -> CodecError {
    CodecError::Failed { codec: CODEC, reason: error.to_string() }
}

fn corrupt(error: Error) -> CodecError {
    CodecError::Corrupt { codec: CODEC, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_is_found_behind_every_kind_of_framing() {
        assert_eq!(first_frame(&[0b00, 7, 8]), Some(&[7, 8][..]));
        assert_eq!(first_frame(&[0b01, 7, 8]), Some(&[7, 8][..]));
        assert_eq!(first_frame(&[0b10, 1, 7, 8]), Some(&[7, 8][..]));
        assert_eq!(first_frame(&[0b10, 253, 0, 7]), Some(&[7][..]));
        assert_eq!(first_frame(&[0b11, 0x02, 7, 8]), Some(&[7, 8][..]), "two equal frames");
        assert_eq!(first_frame(&[0b11, 0x42, 255, 3, 7]), Some(&[7][..]), "padding");
        assert_eq!(first_frame(&[0b11, 0x83, 1, 2, 7]), Some(&[7][..]), "lengths");
        assert_eq!(first_frame(&[0b11, 0x83, 1]), None);
        assert_eq!(first_frame(&[]), None);
    }
}
