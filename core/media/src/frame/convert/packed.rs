//! 32-bit pixels to and from I420, by dcv-color-primitives (SIMD, picked at run time).

use dcv_color_primitives::{ColorSpace as Model, ImageFormat, PixelFormat, convert_image};

use crate::frame::{ColorSpace, I420Frame, I420Ref, MAX_DIMENSION, PackedFormat};

/// Reads validated pixels into `target`, which has their size and the colour to convert to.
pub(super) fn read(format: PackedFormat, data: &[u8], stride: usize, target: &mut I420Frame) {
    match format {
        PackedFormat::Bgra => read_rows(PixelFormat::Bgra, data, stride, 0, target.height() as usize, target),
        PackedFormat::Rgba => read_rgba(data, stride, target),
    }
}

/// The library reads ARGB but not RGBA. Seen from one byte earlier, RGBA is ARGB with the alpha of
/// the pixel before, and alpha does not count. Only the first rows have no byte before them.
fn read_rgba(data: &[u8], stride: usize, target: &mut I420Frame) {
    // Two rows, because they share their chroma.
    const ROWS: usize = 2;
    const LEAD: usize = 1;
    let mut first = [0; LEAD + ROWS * 4 * MAX_DIMENSION as usize];
    let row = 4 * target.width() as usize;
    first[LEAD..][..row].copy_from_slice(&data[..row]);
    first[LEAD + row..][..row].copy_from_slice(&data[stride..][..row]);
    read_rows(PixelFormat::Argb, &first[..LEAD + ROWS * row], row, 0, ROWS, target);
    let rest = &data[ROWS * stride - LEAD..];
    read_rows(PixelFormat::Argb, rest, stride, ROWS, target.height() as usize - ROWS, target);
}

/// Reads `rows` rows of `data` into `target` from row `first` on; both are even.
fn read_rows(
    format: PixelFormat,
    data: &[u8],
    stride: usize,
    first: usize,
    rows: usize,
    target: &mut I420Frame,
) {
    let from = ImageFormat { pixel_format: format, color_space: Model::Rgb, num_planes: 1 };
    let to = ImageFormat { pixel_format: PixelFormat::I420, color_space: model(target.color), num_planes: 3 };
    let width = target.width();
    let (w, cw) = (width as usize, width as usize / 2);
    let (y, u, v) = target.planes_mut();
    let planes = &mut [&mut y[first * w..], &mut u[first / 2 * cw..], &mut v[first / 2 * cw..]];
    convert_image(width, rows as u32, &from, Some(&[stride]), &[data], &to, Some(&[w, cw, cw]), planes)
        .expect("lengths were checked, and the formats are ones the library converts");
}

/// Writes a validated picture into `target`, which was checked to hold it.
pub(super) fn write(
    source: I420Ref<'_>,
    color: ColorSpace,
    format: PackedFormat,
    target: &mut [u8],
    stride: usize,
) {
    let from = ImageFormat { pixel_format: PixelFormat::I420, color_space: model(color), num_planes: 3 };
    let format = match format {
        PackedFormat::Rgba => PixelFormat::Rgba,
        PackedFormat::Bgra => PixelFormat::Bgra,
    };
    let to = ImageFormat { pixel_format: format, color_space: Model::Rgb, num_planes: 1 };
    let strides = [source.y_stride, source.u_stride, source.v_stride];
    let planes = [source.y, source.u, source.v];
    let (width, height) = (source.width, source.height);
    convert_image(width, height, &from, Some(&strides), &planes, &to, Some(&[stride]), &mut [target])
        .expect("lengths were checked, and the formats are ones the library converts");
}

fn model(color: ColorSpace) -> Model {
    match color {
        ColorSpace::Bt601Limited => Model::Bt601,
        ColorSpace::Bt601Full => Model::Bt601FR,
        ColorSpace::Bt709Limited => Model::Bt709,
    }
}
