//! Between sizes.

use crate::frame::{I420Frame, I420Ref, MAX_DIMENSION};

/// Columns that fit the row buffer; a power of two, so that indices can be masked.
const COLUMNS: usize = 2 * MAX_DIMENSION as usize;

/// Scales `source` to the size `target` already has (bilinear; exact halves by box filter). A target
/// that was never sized is left alone. Metadata of `target` stays.
///
/// # Panics
/// When a plane of `source` is shorter than its strides and size say.
pub fn scale_i420(source: I420Ref<'_>, target: &mut I420Frame) {
    let (from, to) = ((source.width, source.height), (target.width(), target.height()));
    if to == (0, 0) || from.0 == 0 || from.1 == 0 {
        return;
    }
    let scale: fn(View<'_>, &mut [u8], usize) = if from == to {
        copy
    } else if from == (2 * to.0, 2 * to.1) {
        halve
    } else {
        bilinear
    };
    let (w, h, out) = (from.0 as usize, from.1 as usize, to.0 as usize);
    let view = |data, stride, width, height| View { data, stride, width, height };
    let (y, u, v) = target.planes_mut();
    scale(view(source.y, source.y_stride, w, h), y, out);
    scale(view(source.u, source.u_stride, w / 2, h / 2), u, out / 2);
    scale(view(source.v, source.v_stride, w / 2, h / 2), v, out / 2);
}

#[derive(Clone, Copy)]
struct View<'a> {
    data: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a> View<'a> {
    fn row(&self, index: usize) -> &'a [u8] {
        &self.data[index * self.stride..][..self.width]
    }
}

fn copy(from: View<'_>, to: &mut [u8], width: usize) {
    for (row, to) in to.chunks_exact_mut(width).enumerate() {
        to.copy_from_slice(from.row(row));
    }
}

/// Each sample becomes the rounded mean of the four it covers.
fn halve(from: View<'_>, to: &mut [u8], width: usize) {
    for (row, to) in to.chunks_exact_mut(width).enumerate() {
        let (upper, _) = from.row(2 * row).as_chunks::<2>();
        let (lower, _) = from.row(2 * row + 1).as_chunks::<2>();
        for (to, (a, b)) in to.iter_mut().zip(upper.iter().zip(lower)) {
            let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
            *to = ((sum + 2) >> 2) as u8;
        }
    }
}

/// Sample centres are aligned: the corners of both pictures, not of their corner samples, coincide.
fn bilinear(from: View<'_>, to: &mut [u8], width: usize) {
    let rows = Positions::new(from.height, to.len() / width);
    let columns = Positions::new(from.width, width);
    let mut taps = [(0u16, 0u16); MAX_DIMENSION as usize];
    for (column, tap) in taps[..width].iter_mut().enumerate() {
        let (index, weight) = columns.at(column);
        *tap = (index as u16, weight);
    }
    // One source row, blended vertically, as 8.8 fixed point, its last sample twice.
    let mut blend = [0u16; COLUMNS];
    for (row, to) in to.chunks_exact_mut(width).enumerate() {
        let (index, weight) = rows.at(row);
        let (upper, lower) = (from.row(index), from.row((index + 1).min(from.height - 1)));
        for (out, (a, b)) in blend.iter_mut().zip(upper.iter().zip(lower)) {
            *out = u16::from(*a) * (256 - weight) + u16::from(*b) * weight;
        }
        blend[from.width] = blend[from.width - 1];
        for (to, &(index, weight)) in to.iter_mut().zip(&taps) {
            // Masked, so that no bounds need checking.
            let left = u32::from(blend[usize::from(index) % COLUMNS]);
            let right = u32::from(blend[(usize::from(index) + 1) % COLUMNS]);
            let weight = u32::from(weight);
            *to = ((left * (256 - weight) + right * weight + (1 << 15)) >> 16) as u8;
        }
    }
}

/// Where the samples of a scaled row or column lie in the original, in 16.16 fixed point.
struct Positions {
    first: i64,
    step: i64,
    last: i64,
}

impl Positions {
    fn new(from: usize, to: usize) -> Self {
        let step = ((from as i64) << 16) / to as i64;
        Positions { first: step / 2 - (1 << 15), step, last: (from as i64 - 1) << 16 }
    }

    /// The original sample at or before scaled sample `index`, and the next one's weight of 256.
    fn at(&self, index: usize) -> (usize, u16) {
        let position = (self.first + self.step * index as i64).clamp(0, self.last);
        ((position >> 16) as usize, (position >> 8 & 0xFF) as u16)
    }
}
