//! A 32-bit frame counter that survives a video codec: 24 bits of number and 8 bits of check, as
//! light and dark squares in the top rows of the picture.
//!
//! The picture is divided into 40 columns; the squares are columns 4 to 35, most significant bit
//! first. A reader needs no knowledge of the size that was sent: it works at the decoded size.

use duet_core::frame::I420Ref;

/// Squares in a stamp: one a bit.
const BITS: usize = 32;
/// Columns of the whole picture; a square is one column wide and as high as it is wide.
const COLUMNS: usize = 40;
/// The column of the first square.
const FIRST: usize = 4;
/// Luma of a one: far from the other, and inside the limited range.
const LIGHT: u8 = 220;
/// Luma of a zero.
const DARK: u8 = 30;
/// Between [`DARK`] and [`LIGHT`].
const THRESHOLD: u32 = 125;
/// Mixed into the check, so that an all-dark picture is no valid stamp.
const SALT: u32 = 0x5a;
/// A number is this many bits; counting goes on at zero after it.
pub const NUMBER_BITS: u32 = 24;

/// Writes the lower 24 bits of `number` into the top of a luma plane with rows of `width` bytes.
/// A plane too small for readable squares stays as it is.
pub fn write(luma: &mut [u8], width: usize, number: u32) {
    let height = edge(width, 1);
    if width < COLUMNS || luma.len() < width * height {
        return;
    }
    let word = encode(number);
    for row in luma.chunks_exact_mut(width).take(height) {
        for bit in 0..BITS {
            let value = if word >> (BITS - 1 - bit) & 1 == 1 { LIGHT } else { DARK };
            row[edge(width, FIRST + bit)..edge(width, FIRST + bit + 1)].fill(value);
        }
    }
}

/// Reads the number in `picture`, at whatever size it was decoded; `None` without a valid check.
pub fn read(picture: I420Ref<'_>) -> Option<u32> {
    let width = picture.width as usize;
    let cell = width as f32 / COLUMNS as f32;
    // The middle of a square: its edges bleed into the neighbours when the codec is short of bits.
    let top = (cell * 0.3).round() as usize;
    let bottom = ((cell * 0.7).round() as usize).max(top + 1);
    if width < COLUMNS || bottom > picture.height as usize {
        return None;
    }
    let mut word = 0u32;
    for bit in 0..BITS {
        let left = (((FIRST + bit) as f32 + 0.3) * cell).round() as usize;
        let right = ((((FIRST + bit) as f32 + 0.7) * cell).round() as usize).max(left + 1);
        let mut sum = 0u32;
        for row in top..bottom {
            let row = &picture.y[row * picture.y_stride..];
            sum += row[left..right].iter().map(|&luma| u32::from(luma)).sum::<u32>();
        }
        let area = ((bottom - top) * (right - left)) as u32;
        word = word << 1 | u32::from(sum > THRESHOLD * area);
    }
    let number = word >> 8;
    (encode(number) == word).then_some(number)
}

/// Number and check in one word.
fn encode(number: u32) -> u32 {
    let number = number & ((1 << NUMBER_BITS) - 1);
    let check = ((number ^ number >> 8 ^ number >> 16) & 0xff) ^ SALT;
    number << 8 | check
}

/// Where column `column` begins, in pixels.
fn edge(width: usize, column: usize) -> usize {
    (column * width + COLUMNS / 2) / COLUMNS
}

#[cfg(test)]
mod tests {
    use duet_core::frame::{I420Frame, scale_i420};

    use super::*;

    fn stamped(width: u32, height: u32, number: u32) -> I420Frame {
        let mut frame = I420Frame::black(width, height).expect("size");
        write(frame.planes_mut().0, width as usize, number);
        frame
    }

    #[test]
    fn what_is_written_is_read_at_every_common_size() {
        for (width, height) in [(160, 120), (320, 240), (426, 240), (640, 480), (854, 480), (1280, 720)] {
            for number in [0, 1, 29, 0x00_ffff, 0xaa_5555, 0xff_ffff] {
                let frame = stamped(width, height, number);
                assert_eq!(read(frame.as_ref()), Some(number), "{width}x{height} {number}");
            }
        }
    }

    #[test]
    fn a_stamp_survives_scaling() {
        let large = stamped(640, 480, 123_456);
        let mut small = I420Frame::black(320, 240).expect("size");
        scale_i420(large.as_ref(), &mut small);
        assert_eq!(read(small.as_ref()), Some(123_456));
    }

    #[test]
    fn pictures_without_a_stamp_read_as_none() {
        for luma in [0, 16, 125, 126, 235] {
            let mut frame = I420Frame::black(640, 480).expect("size");
            frame.planes_mut().0.fill(luma);
            assert_eq!(read(frame.as_ref()), None, "luma {luma}");
        }
        assert_eq!(read(I420Frame::black(16, 16).expect("size").as_ref()), None);
    }

    #[test]
    fn numbers_wrap_after_24_bits() {
        assert_eq!(read(stamped(640, 480, 0x0100_0007).as_ref()), Some(7));
    }

    #[test]
    fn the_layout_is_the_one_other_readers_know() {
        // Number 1: bits 0x0000_01 and check 1 ^ 0x5a = 0x5b.
        let frame = stamped(640, 480, 1);
        let luma = &frame.data()[8 * 640..9 * 640];
        let bits: u32 = (0..32).fold(0, |word, bit| word << 1 | u32::from(luma[(4 + bit) * 16 + 8] == LIGHT));
        assert_eq!(bits, 0x0000_015b);
    }
}
