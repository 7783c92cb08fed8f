//! Checks on sizes and planes that cross into or out of a C library.

use duet_media::frame::{I420Ref, MAX_DIMENSION, MIN_DIMENSION};

use crate::{CodecError, EncoderConfig};

/// Checks the size an encoder is to be made for.
pub(crate) fn check_size(codec: &'static str, config: &EncoderConfig) -> Result<(), CodecError> {
    let (width, height) = (config.width, config.height);
    let fits = |side: u32| (MIN_DIMENSION..=MAX_DIMENSION).contains(&side) && side.is_multiple_of(2);
    if fits(width) && fits(height) {
        return Ok(());
    }
    let reason = format!(
        "{width}x{height} is not even or not within {MIN_DIMENSION} to {MAX_DIMENSION} pixels a side"
    );
    Err(CodecError::Init { codec, reason })
}

/// Checks that `picture` is `width` x `height` and that its planes hold every row, so that a C
/// library may read them through raw pointers.
pub(crate) fn check(
    codec: &'static str,
    picture: &I420Ref<'_>,
    width: u32,
    height: u32,
) -> Result<(), CodecError> {
    if (picture.width, picture.height) != (width, height) {
        return Err(CodecError::Failed {
            codec,
            reason: format!(
                "the picture is {}x{}, the encoder is configured for {width}x{height}",
                picture.width, picture.height
            ),
        });
    }
    let (w, h) = (width as usize, height as usize);
    check_plane(codec, picture.y, picture.y_stride, w, h)?;
    check_plane(codec, picture.u, picture.u_stride, w.div_ceil(2), h.div_ceil(2))?;
    check_plane(codec, picture.v, picture.v_stride, w.div_ceil(2), h.div_ceil(2))
}

fn check_plane(
    codec: &'static str,
    data: &[u8],
    stride: usize,
    width: usize,
    height: usize,
) -> Result<(), CodecError> {
    if stride < width || i32::try_from(stride).is_err() {
        let reason = format!("a row stride of {stride} does not fit a row of {width}");
        return Err(CodecError::Failed { codec, reason });
    }
    let needed = span(stride, width, height);
    if data.len() < needed {
        return Err(CodecError::ShortBuffer { needed, actual: data.len() });
    }
    Ok(())
}

/// Wraps planes a decoder lends out. An odd last column or row is cropped: frames are even.
/// `None` when the geometry makes no sense.
///
/// # Safety
/// Each pointer is either null or valid for reads of `stride` x (rows - 1) + columns bytes of its
/// plane of a `width` x `height` 4:2:0 picture, and nothing writes there during `'a`.
#[cfg(any(feature = "h264", feature = "vp8"))]
pub(crate) unsafe fn borrow<'a>(
    planes: [*const u8; 3],
    strides: [i32; 3],
    width: i64,
    height: i64,
) -> Option<I420Ref<'a>> {
    let (width, height) = (u32::try_from(width).ok()? & !1, u32::try_from(height).ok()? & !1);
    if width == 0 || height == 0 || planes.iter().any(|plane| plane.is_null()) {
        return None;
    }
    let (w, h) = (width as usize, height as usize);
    let mut stride = [0; 3];
    for (to, from) in stride.iter_mut().zip(strides) {
        *to = usize::try_from(from).ok()?;
    }
    if stride[0] < w || stride[1] < w / 2 || stride[2] < w / 2 {
        return None;
    }
    let plane = |i: usize, columns, rows| {
        // SAFETY: not null, and by this function's contract the plane holds these bytes unchanged.
        unsafe { std::slice::from_raw_parts(planes[i], span(stride[i], columns, rows)) }
    };
    Some(I420Ref {
        y: plane(0, w, h),
        u: plane(1, w / 2, h / 2),
        v: plane(2, w / 2, h / 2),
        y_stride: stride[0],
        u_stride: stride[1],
        v_stride: stride[2],
        width,
        height,
    })
}

/// Bytes from the first sample of the first row to the last sample of the last row.
fn span(stride: usize, width: usize, height: usize) -> usize {
    stride.saturating_mul(height - 1).saturating_add(width)
}
