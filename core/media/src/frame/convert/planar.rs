//! Planes of any stride into tight ones.

use crate::frame::{I420Frame, Plane};

/// Copies three validated planes into `target`, which has their size.
pub(super) fn copy(y: Plane<'_>, u: Plane<'_>, v: Plane<'_>, target: &mut I420Frame) {
    let width = target.width() as usize;
    let (to_y, to_u, to_v) = target.planes_mut();
    copy_plane(y, to_y, width);
    // Row by row: where U and V share their rows (NV12, NV21), the second finds them cached.
    let rows = to_u.chunks_exact_mut(width / 2).zip(to_v.chunks_exact_mut(width / 2));
    for (row, (to_u, to_v)) in rows.enumerate() {
        gather(&u.data[row * u.row_stride..], u.pixel_stride, to_u);
        gather(&v.data[row * v.row_stride..], v.pixel_stride, to_v);
    }
}

fn copy_plane(from: Plane<'_>, to: &mut [u8], width: usize) {
    if from.pixel_stride == 1 && from.row_stride == width {
        to.copy_from_slice(&from.data[..to.len()]);
        return;
    }
    for (row, to) in to.chunks_exact_mut(width).enumerate() {
        gather(&from.data[row * from.row_stride..], from.pixel_stride, to);
    }
}

/// Fills `to` with every `stride`-th byte of `from`, which may end with the last one taken.
fn gather(from: &[u8], stride: usize, to: &mut [u8]) {
    match stride {
        1 => to.copy_from_slice(&from[..to.len()]),
        2 => gather_pairs(from, to),
        _ => to.iter_mut().zip(from.iter().step_by(stride)).for_each(|(to, from)| *to = *from),
    }
}

/// Stride 2 as a loop the compiler turns into vector instructions.
fn gather_pairs(from: &[u8], to: &mut [u8]) {
    let Some((last, head)) = to.split_last_mut() else { return };
    *last = from[2 * head.len()];
    let (pairs, _) = from[..2 * head.len()].as_chunks::<2>();
    for (to, [first, _]) in head.iter_mut().zip(pairs) {
        *to = *first;
    }
}
