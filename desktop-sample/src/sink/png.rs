//! One picture as a PNG file.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use duet_core::frame::{I420Frame, PackedFormat, Rotation, write_packed};

use super::SinkError;

/// Writes `frame` as it is meant to be seen: rotated upright.
///
/// # Errors
/// [`SinkError`] when there is no picture yet or the file cannot be written.
pub fn write_png(path: &Path, frame: &I420Frame) -> Result<(), SinkError> {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    if width == 0 {
        return Err(SinkError::new(path, "no picture was received"));
    }
    let mut pixels = vec![0; width * height * 4];
    write_packed(frame.as_ref(), PackedFormat::Rgba, &mut pixels, width * 4)
        .map_err(|error| SinkError::new(path, error))?;
    let (pixels, width, height) = upright(pixels, width, height, frame.rotation);
    let file = File::create(path).map_err(|error| SinkError::new(path, error))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    // A hang-up waits for this file: the larger one is written in a few milliseconds.
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(|error| SinkError::new(path, error))?;
    writer.write_image_data(&pixels).map_err(|error| SinkError::new(path, error))?;
    writer.finish().map_err(|error| SinkError::new(path, error))
}

/// The pixels turned clockwise by `rotation`, and their width and height.
fn upright(pixels: Vec<u8>, width: usize, height: usize, rotation: Rotation) -> (Vec<u8>, usize, usize) {
    let (new_width, new_height) = match rotation {
        Rotation::Deg0 => return (pixels, width, height),
        Rotation::Deg180 => (width, height),
        Rotation::Deg90 | Rotation::Deg270 => (height, width),
    };
    let mut turned = Vec::with_capacity(pixels.len());
    for row in 0..new_height {
        for column in 0..new_width {
            let (x, y) = match rotation {
                Rotation::Deg0 => (column, row),
                Rotation::Deg90 => (row, height - 1 - column),
                Rotation::Deg180 => (width - 1 - column, height - 1 - row),
                Rotation::Deg270 => (width - 1 - row, column),
            };
            turned.extend_from_slice(&pixels[(y * width + x) * 4..][..4]);
        }
    }
    (turned, new_width, new_height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::test_path;

    /// Left half dark, right half light, read back as (width, height, rgba).
    fn round_trip(name: &str, rotation: Rotation) -> (usize, usize, Vec<u8>) {
        let mut frame = I420Frame::black(32, 16).expect("size");
        for row in frame.planes_mut().0.chunks_exact_mut(32) {
            row[16..].fill(235);
        }
        frame.rotation = rotation;
        let path = test_path(name);
        write_png(&path, &frame).expect("write");
        let file = std::io::BufReader::new(File::open(&path).expect("open"));
        let mut reader = png::Decoder::new(file).read_info().expect("png");
        let mut pixels = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut pixels).expect("picture");
        (info.width as usize, info.height as usize, pixels)
    }

    #[test]
    fn a_picture_is_written_upright() {
        let light = |pixels: &[u8], index: usize| pixels[index * 4] > 200;
        let (width, height, pixels) = round_trip("plain.png", Rotation::Deg0);
        assert_eq!((width, height), (32, 16));
        assert!(!light(&pixels, 0) && light(&pixels, 31));

        let (width, height, pixels) = round_trip("right.png", Rotation::Deg90);
        assert_eq!((width, height), (16, 32));
        assert!(!light(&pixels, 0) && light(&pixels, 31 * 16));

        let (_, _, pixels) = round_trip("over.png", Rotation::Deg180);
        assert!(light(&pixels, 0) && !light(&pixels, 31));

        let (_, _, pixels) = round_trip("left.png", Rotation::Deg270);
        assert!(light(&pixels, 0) && !light(&pixels, 31 * 16));
    }

    #[test]
    fn no_picture_is_an_error_not_a_file() {
        let path = test_path("nothing.png");
        assert!(write_png(&path, &I420Frame::default()).is_err());
        assert!(!path.exists());
    }
}
