//! Pictures in an `AHardwareBuffer`: mapped and copied.

use std::ptr;

use duet_media::Time;
use duet_media::frame::{
    ColorSpace, FrameError, I420Frame, PackedFormat, Pixels, Plane, Rotation, VideoFrame, copy_to_i420,
};
use ndk_sys as sys;

use super::later::later;
use crate::native::{NativeBuffer, NativeKind};

/// `AHARDWAREBUFFER_FORMAT_...`.
const RGBA: u32 = 1;
const RGBX: u32 = 2;
const YUV_420: u32 = 0x23;
/// `AHARDWAREBUFFER_USAGE_CPU_READ_OFTEN`.
const CPU_READ: u64 = 3;

pub(crate) fn supports(kind: NativeKind) -> bool {
    kind == NativeKind::AHardwareBuffer && later().describe.is_some()
}

pub(crate) fn size(buffer: &NativeBuffer) -> Result<(u32, u32), FrameError> {
    let described = describe(buffer)?;
    Ok((described.width, described.height))
}

pub(crate) fn copy(
    buffer: &NativeBuffer,
    color: ColorSpace,
    target: &mut I420Frame,
) -> Result<(), FrameError> {
    let described = describe(buffer)?;
    let (width, height) = (described.width, described.height);
    let mapped = Mapped::new(buffer, &described)?;
    let frame = |pixels| VideoFrame {
        pixels,
        width,
        height,
        rotation: Rotation::default(),
        color,
        capture_time: Time::ZERO,
    };
    match mapped.planes.planes {
        [packed, ..] if mapped.planes.planeCount == 1 => {
            let row_stride = packed.rowStride as usize;
            // SAFETY: RGBA rows of this stride are mapped until `mapped` is dropped.
            let data = unsafe { bytes(&packed, row_stride * (height as usize - 1) + width as usize * 4) };
            let pixels = Pixels::Packed { format: PackedFormat::Rgba, data, row_stride };
            copy_to_i420(&frame(pixels), target)
        }
        [y, u, v, _] => {
            let plane = |plane: &sys::AHardwareBuffer_Plane, columns: u32, rows: u32| {
                let (row_stride, pixel_stride) = (plane.rowStride as usize, plane.pixelStride as usize);
                let length = row_stride * (rows as usize - 1) + pixel_stride * (columns as usize - 1) + 1;
                // SAFETY: a plane of this size and these strides is mapped until `mapped` is dropped.
                Plane { data: unsafe { bytes(plane, length) }, row_stride, pixel_stride }
            };
            let pixels = Pixels::Yuv420 {
                y: plane(&y, width, height),
                u: plane(&u, width / 2, height / 2),
                v: plane(&v, width / 2, height / 2),
            };
            copy_to_i420(&frame(pixels), target)
        }
    }
}

/// Its size and format, if it is of a kind that can be read and of a size that is not nonsense.
fn describe(buffer: &NativeBuffer) -> Result<sys::AHardwareBuffer_Desc, FrameError> {
    let describe = later().describe.filter(|_| buffer.kind() == NativeKind::AHardwareBuffer);
    let describe = describe.ok_or(FrameError::NativeUnsupported)?;
    let mut described = sys::AHardwareBuffer_Desc {
        width: 0,
        height: 0,
        layers: 0,
        format: 0,
        usage: 0,
        stride: 0,
        rfu0: 0,
        rfu1: 0,
    };
    // SAFETY: the buffer is valid while it is held, and the description may be written.
    unsafe { describe(buffer.handle().as_ptr().cast(), &mut described) };
    duet_media::frame::check_dimensions(described.width, described.height)?;
    Ok(described)
}

/// A buffer whose pixels can be read until this is dropped.
struct Mapped<'a> {
    buffer: &'a NativeBuffer,
    planes: sys::AHardwareBuffer_Planes,
}

impl<'a> Mapped<'a> {
    fn new(buffer: &'a NativeBuffer, described: &sys::AHardwareBuffer_Desc) -> Result<Self, FrameError> {
        let raw = buffer.handle().as_ptr().cast();
        let none = sys::AHardwareBuffer_Plane { data: ptr::null_mut(), pixelStride: 0, rowStride: 0 };
        let mut planes = sys::AHardwareBuffer_Planes { planeCount: 0, planes: [none; 4] };
        let status = match (described.format, later().lock, later().lock_planes) {
            (RGBA | RGBX, Some(lock), _) => {
                let mut data = ptr::null_mut();
                // SAFETY: the buffer is valid while it is held; -1 waits for no fence, and null means all of it.
                let status = unsafe { lock(raw, CPU_READ, -1, ptr::null(), &mut data) };
                planes.planeCount = 1;
                // The description counts the stride in pixels.
                planes.planes[0] =
                    sys::AHardwareBuffer_Plane { data, pixelStride: 4, rowStride: described.stride * 4 };
                status
            }
            (YUV_420, _, Some(lock_planes)) => {
                // SAFETY: as above; the planes may be written.
                unsafe { lock_planes(raw, CPU_READ, -1, ptr::null(), &mut planes) }
            }
            _ => return Err(FrameError::NativeUnsupported),
        };
        if status != 0 {
            return Err(FrameError::NativeUnsupported);
        }
        // From here on `Drop` unmaps it.
        let mapped = Mapped { buffer, planes };
        let wanted = if described.format == YUV_420 { 3 } else { 1 };
        let used = &mapped.planes.planes[..wanted];
        if mapped.planes.planeCount as usize != wanted || used.iter().any(|plane| plane.data.is_null()) {
            return Err(FrameError::NativeUnsupported);
        }
        Ok(mapped)
    }
}

impl Drop for Mapped<'_> {
    fn drop(&mut self) {
        if let Some(unlock) = later().unlock {
            // SAFETY: it was locked; null means to wait until it is unmapped.
            unsafe { unlock(self.buffer.handle().as_ptr().cast(), ptr::null_mut()) };
        }
    }
}

/// # Safety
/// `length` bytes are mapped from where `plane` begins, for as long as they are used.
unsafe fn bytes<'a>(plane: &sys::AHardwareBuffer_Plane, length: usize) -> &'a [u8] {
    // SAFETY: the caller's promise; not null, as was checked when it was mapped.
    unsafe { std::slice::from_raw_parts(plane.data.cast(), length) }
}
