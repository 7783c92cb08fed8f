//! Where the samples lie in a buffer of MediaCodec: its formats are many, its strides the chip's own.

use duet_media::Time;
use duet_media::frame::{ColorSpace, FrameError, I420Ref, Pixels, Plane, Rotation, VideoFrame};

/// `MediaCodecInfo.CodecCapabilities.COLOR_Format...`: three planes.
pub(crate) const PLANAR: i32 = 19;
const PACKED_PLANAR: i32 = 20;
/// Luma, then U and V in turns (NV12).
pub(crate) const SEMI_PLANAR: i32 = 21;
const PACKED_SEMI_PLANAR: i32 = 39;
/// As the codec likes; the buffer's format says how.
pub(crate) const FLEXIBLE: i32 = 0x7F42_0888;
/// Qualcomm's name for NV12, from before there was a common one.
const QCOM_SEMI_PLANAR: i32 = 0x7FA3_0C00;
/// Texas Instruments' name for NV12.
const TI_PACKED_SEMI_PLANAR: i32 = 0x7F00_0100;

/// Larger strides than any chip has: the format is nonsense.
const MAX_STRIDE: usize = 1 << 16;

/// What a format of MediaCodec says about its buffers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Described<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `color-format`, if it says so.
    pub(crate) color_format: Option<i32>,
    /// `stride`: bytes from luma row to luma row.
    pub(crate) stride: Option<i32>,
    /// `slice-height`: luma rows before the chroma begins.
    pub(crate) slice_height: Option<i32>,
    /// What of it is the picture: left, top, and the last column and row.
    pub(crate) crop: Option<[i32; 4]>,
    /// `image-data`: the platform's `MediaImage2`, which says it all.
    pub(crate) image: Option<&'a [u8]>,
}

/// Where three planes lie in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) width: u32,
    pub(crate) height: u32,
    planes: [Samples; 3],
    /// Bytes of the whole buffer, padding below included, as the format describes it.
    whole: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Samples {
    offset: usize,
    row: usize,
    pixel: usize,
}

impl Layout {
    /// `None` where the format is one that we do not know, or makes no sense.
    pub(crate) fn of(described: &Described<'_>) -> Option<Self> {
        let (width, height) = (described.width as usize, described.height as usize);
        let [left, top, right, bottom] = match described.crop {
            Some(crop) => {
                let [left, top, right, bottom] = crop.map(|edge| usize::try_from(edge).ok());
                // Chroma has half the samples: a picture may only begin at an even one.
                [left? & !1, top? & !1, right?, bottom?]
            }
            None => [0, 0, width.checked_sub(1)?, height.checked_sub(1)?],
        };
        if right >= width || bottom >= height || left > right || top > bottom {
            return None;
        }
        let mut planes = match described.image.and_then(image) {
            Some(planes) => planes,
            None => by_format(described, width, height)?,
        };
        // Behind the luma comes half as much again.
        let chroma = planes[1].offset.min(planes[2].offset);
        let whole = (chroma + chroma / 2).max(ends(&planes, width & !1, height & !1));
        for (index, plane) in planes.iter_mut().enumerate() {
            let half = if index == 0 { 1 } else { 2 };
            plane.offset += top / half * plane.row + left / half * plane.pixel;
        }
        // An odd last column or row is cropped: frames are even.
        let (width, height) = ((right - left + 1) & !1, (bottom - top + 1) & !1);
        (width > 0 && height > 0).then_some(Layout {
            width: width as u32,
            height: height as u32,
            planes,
            whole,
        })
    }

    /// Bytes that the buffer must have for the picture.
    pub(crate) fn bytes(&self) -> usize {
        ends(&self.planes, self.width as usize, self.height as usize)
    }

    /// Bytes that an encoder is told are there: those of the whole picture as the format describes it, its crop
    /// aside.
    pub(crate) fn whole(&self) -> usize {
        self.whole
    }

    /// The picture in `buffer`.
    ///
    /// # Errors
    /// [`FrameError`] when the buffer is too short for it.
    pub(crate) fn read<'a>(&self, buffer: &'a [u8]) -> Result<VideoFrame<'a>, FrameError> {
        let plane = |at: Samples| Plane {
            data: buffer.get(at.offset..).unwrap_or_default(),
            row_stride: at.row,
            pixel_stride: at.pixel,
        };
        let [y, u, v] = self.planes.map(plane);
        let frame = VideoFrame {
            pixels: Pixels::Yuv420 { y, u, v },
            width: self.width,
            height: self.height,
            rotation: Rotation::default(),
            color: ColorSpace::default(),
            capture_time: Time::ZERO,
        };
        frame.validate()?;
        Ok(frame)
    }

    /// Writes `picture`, which has this size, into `buffer`; `false`, and nothing is written, when the buffer is
    /// too short or the picture of another size.
    pub(crate) fn write(&self, picture: &I420Ref<'_>, buffer: &mut [u8]) -> bool {
        if (picture.width, picture.height) != (self.width, self.height) || buffer.len() < self.bytes() {
            return false;
        }
        let (width, height) = (self.width as usize, self.height as usize);
        let [y, u, v] = self.planes;
        write_plane(picture.y, picture.y_stride, (width, height), y, buffer);
        write_plane(picture.u, picture.u_stride, (width / 2, height / 2), u, buffer);
        write_plane(picture.v, picture.v_stride, (width / 2, height / 2), v, buffer);
        true
    }
}

/// Where the last sample of `planes` ends.
fn ends(planes: &[Samples; 3], width: usize, height: usize) -> usize {
    let ends = planes.iter().enumerate().map(|(index, plane)| {
        let half = if index == 0 { 1 } else { 2 };
        let (columns, rows) = (width / half, height / half);
        plane.offset + rows.saturating_sub(1) * plane.row + columns.saturating_sub(1) * plane.pixel + 1
    });
    ends.max().unwrap_or(0)
}

fn write_plane(
    source: &[u8],
    stride: usize,
    (columns, rows): (usize, usize),
    to: Samples,
    buffer: &mut [u8],
) {
    for (row, source) in source.chunks(stride).take(rows).enumerate() {
        let target = &mut buffer[to.offset + row * to.row..];
        if to.pixel == 1 {
            target[..columns].copy_from_slice(&source[..columns]);
        } else {
            for (target, sample) in target.iter_mut().step_by(to.pixel).zip(&source[..columns]) {
                *target = *sample;
            }
        }
    }
}

/// The planes of a format that goes by a number.
fn by_format(described: &Described<'_>, width: usize, height: usize) -> Option<[Samples; 3]> {
    let or = |value: Option<i32>, least: usize| match value {
        // Some chips say 0 where they mean "no padding".
        Some(value) if value > 0 => {
            Some(value as usize).filter(|&value| (least..=MAX_STRIDE).contains(&value))
        }
        _ => Some(least),
    };
    let (row, rows) = (or(described.stride, width)?, or(described.slice_height, height)?);
    let chroma = row * rows;
    let y = Samples { offset: 0, row, pixel: 1 };
    match described.color_format? {
        PLANAR | PACKED_PLANAR => {
            let half = row.div_ceil(2);
            let u = Samples { offset: chroma, row: half, pixel: 1 };
            Some([y, u, Samples { offset: chroma + half * rows.div_ceil(2), ..u }])
        }
        // A chip that was asked for "flexible" and does not say more has NV12.
        SEMI_PLANAR | PACKED_SEMI_PLANAR | QCOM_SEMI_PLANAR | TI_PACKED_SEMI_PLANAR | FLEXIBLE => {
            let u = Samples { offset: chroma, row, pixel: 2 };
            Some([y, u, Samples { offset: chroma + 1, ..u }])
        }
        _ => None,
    }
}

/// The planes of Android's `MediaImage2`, in the machine's byte order: kind, number of planes, width,
/// height, two bit depths, then for each plane where it begins, bytes from sample to sample and from row to
/// row, and how it is subsampled in both directions.
fn image(bytes: &[u8]) -> Option<[Samples; 3]> {
    const YUV: u32 = 1;
    const HEAD: usize = 6;
    const EACH: usize = 5;
    let words: &[[u8; 4]] = bytes.as_chunks().0;
    let word = |at: usize| words.get(at).map(|word| u32::from_ne_bytes(*word));
    if word(0)? != YUV || word(1)? < 3 || word(4)? != 8 || word(5)? != 8 {
        return None;
    }
    let plane = |index: usize| {
        let at = HEAD + index * EACH;
        let half = if index == 0 { 1 } else { 2 };
        let samples = Samples {
            offset: word(at)? as usize,
            pixel: word(at + 1)? as usize,
            row: word(at + 2)? as usize,
        };
        let fits = (1..=4).contains(&samples.pixel)
            && samples.row <= MAX_STRIDE
            && (word(at + 3)?, word(at + 4)?) == (half, half);
        fits.then_some(samples)
    };
    Some([plane(0)?, plane(1)?, plane(2)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_media::frame::{I420Frame, copy_to_i420};

    fn described(width: u32, height: u32, color_format: i32) -> Described<'static> {
        Described { width, height, color_format: Some(color_format), ..Described::default() }
    }

    /// Every sample another value, as far as bytes go.
    fn picture(width: u32, height: u32) -> I420Frame {
        let mut frame = I420Frame::black(width, height).expect("even");
        frame.data_mut().iter_mut().enumerate().for_each(|(at, byte)| *byte = (at * 7 % 251) as u8);
        frame
    }

    /// Writes a picture, reads it again, and gives the buffer it went through.
    fn there_and_back(described: &Described<'_>) -> Vec<u8> {
        let layout = Layout::of(described).expect("a known format");
        let picture = picture(layout.width, layout.height);
        let mut buffer = vec![0xEE; layout.bytes()];
        assert!(layout.write(&picture.as_ref(), &mut buffer));
        let mut read = I420Frame::default();
        copy_to_i420(&layout.read(&buffer).expect("fits"), &mut read).expect("valid");
        assert!(read.data() == picture.data(), "{described:?}");
        buffer
    }

    #[test]
    fn three_planes_and_two_are_told_apart() {
        let planar = there_and_back(&described(16, 16, PLANAR));
        assert_eq!(planar, picture(16, 16).data());
        let semi = there_and_back(&described(16, 16, SEMI_PLANAR));
        let tight = picture(16, 16);
        assert_eq!(semi.len(), tight.data().len());
        assert_eq!(
            [semi[256], semi[257], semi[258]],
            [tight.data()[256], tight.data()[320], tight.data()[257]]
        );
    }

    #[test]
    fn padding_to_the_right_and_below_is_left_alone() {
        for format in [PLANAR, SEMI_PLANAR, FLEXIBLE, QCOM_SEMI_PLANAR] {
            let padded = Described { stride: Some(64), slice_height: Some(32), ..described(48, 30, format) };
            let buffer = there_and_back(&padded);
            assert_eq!(buffer[48], 0xEE, "the luma's padding");
            assert_eq!(buffer[30 * 64], 0xEE, "the rows below the luma");
            let whole = Layout::of(&padded).map(|layout| layout.whole());
            assert_eq!(whole, Some(64 * 32 * 3 / 2), "all rows, with their padding");
        }
    }

    #[test]
    fn a_decoders_crop_is_the_picture() {
        let crop = Some([2, 4, 33, 27]);
        let cropped = Described { crop, stride: Some(64), ..described(48, 32, SEMI_PLANAR) };
        let layout = Layout::of(&cropped).expect("inside");
        assert_eq!((layout.width, layout.height), (32, 24));
        there_and_back(&cropped);
        // 1080 lines come in 1088.
        let full = Described { crop: Some([0, 0, 1919, 1079]), ..described(1920, 1088, SEMI_PLANAR) };
        assert_eq!(Layout::of(&full).map(|layout| (layout.width, layout.height)), Some((1920, 1080)));
    }

    #[test]
    fn the_platforms_own_description_goes_first() {
        // NV21: V before U, beginning at 1024.
        let words: [u32; 26] =
            [1, 3, 16, 16, 8, 8, 0, 1, 32, 1, 1, 1025, 2, 32, 2, 2, 1024, 2, 32, 2, 2, 0, 0, 0, 0, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let described = Described { image: Some(&bytes), ..described(16, 16, PLANAR) };
        let buffer = there_and_back(&described);
        let tight = picture(16, 16);
        assert_eq!([buffer[1024], buffer[1025]], [tight.data()[320], tight.data()[256]]);
        for cut in [0, 3, 23, 80, 83] {
            let cut = Described { image: Some(&bytes[..cut]), ..described };
            assert_eq!(
                Layout::of(&cut),
                Layout::of(&Described { image: None, ..described }),
                "not all there"
            );
        }
    }

    #[test]
    fn nonsense_is_no_layout() {
        let good = described(16, 16, SEMI_PLANAR);
        for bad in [
            Described { color_format: None, ..good },
            Described { color_format: Some(11), ..good },
            Described { width: 0, ..good },
            Described { stride: Some(8), ..good },
            Described { stride: Some(i32::MAX), ..good },
            Described { slice_height: Some(4), ..good },
            Described { crop: Some([0, 0, 16, 15]), ..good },
            Described { crop: Some([8, 0, 4, 15]), ..good },
            Described { crop: Some([-1, 0, 4, 15]), ..good },
            Described { crop: Some([0, 0, 0, 15]), ..good },
        ] {
            assert_eq!(Layout::of(&bad), None, "{bad:?}");
        }
        let zero = Described { stride: Some(0), slice_height: Some(-1), ..good };
        assert_eq!(Layout::of(&zero), Layout::of(&good), "no padding");
    }

    #[test]
    fn a_short_buffer_is_refused_both_ways() {
        let layout = Layout::of(&described(16, 16, SEMI_PLANAR)).expect("known");
        let mut short = vec![0; layout.bytes() - 1];
        assert!(!layout.write(&picture(16, 16).as_ref(), &mut short));
        assert!(layout.read(&short).is_err());
        let mut enough = vec![0; layout.bytes()];
        assert!(!layout.write(&picture(32, 16).as_ref(), &mut enough), "another size");
    }
}
