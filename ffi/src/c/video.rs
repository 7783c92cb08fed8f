//! Pictures in and out.

use duet_core::FrameRef;
use duet_core::Time;
use duet_core::frame::{ColorSpace, I420Frame, PackedFormat, Pixels, Plane, Rotation, VideoFrame};

use super::call::DuetCall;
use super::entry::entry;
use super::error::{DuetError, Failure};
use super::memory::{self, Versioned};
use crate::objects::{self, Kind, Object, with_call};

/// A decoded frame on loan. 0 is none.
pub type DuetFrame = u64;

/// How the bytes of a picture are laid out.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetPixelFormat {
    /// 8-bit 4:2:0 in three planes Y, U and V, each with its strides: I420, NV12, NV21 and Android's
    /// YUV_420_888 alike. Pulled frames are I420: tight planes, one behind the other.
    Yuv420 = 0,
    /// R, G, B, A in memory order, one plane.
    Rgba = 1,
    /// B, G, R, A in memory order, one plane.
    Bgra = 2,
}

/// How luma and chroma map to RGB.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetColorSpace {
    /// ITU-R BT.601, limited range: phone cameras, unless they say otherwise.
    Bt601Limited = 0,
    /// ITU-R BT.601, full range (JPEG).
    Bt601Full = 1,
    /// ITU-R BT.709, limited range.
    Bt709Limited = 2,
}

/// One plane of a picture.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetPlane {
    /// The first sample of the first row.
    pub data: *const u8,
    /// Bytes that may be read from there.
    pub length: usize,
    /// Bytes from the start of one row to the start of the next.
    pub row_stride: usize,
    /// Bytes from one sample to the next: 1 for planar, 2 for NV12 and NV21, 4 for RGBA and BGRA.
    pub pixel_stride: usize,
}

/// A picture that the host hands in. Its bytes are needed during the call only.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetVideoFrame {
    /// `sizeof(DuetVideoFrame)`.
    pub size: usize,
    /// Width in pixels, even, 16 to 4096.
    pub width: u32,
    /// Height in pixels, even, 16 to 4096.
    pub height: u32,
    /// A `DuetPixelFormat`: how many planes there are and what they hold.
    pub format: u32,
    /// A `DuetColorSpace`.
    pub color: u32,
    /// Clockwise rotation a viewer must apply: 0, 90, 180 or 270. Travels as metadata.
    pub rotation: u32,
    /// When it was captured, in ns of any monotonic clock; 0: now.
    pub capture_time_ns: u64,
    /// Y, U and V; or the one plane of a packed format.
    pub planes: [DuetPlane; 3],
}

/// A picture that the other end sent.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetFrameInfo {
    /// `sizeof(DuetFrameInfo)`, set by the host.
    pub size: usize,
    /// Width in pixels; 0 when there is no picture.
    pub width: u32,
    /// Height in pixels; 0 when there is no picture.
    pub height: u32,
    /// Clockwise rotation to apply when showing it: 0, 90, 180 or 270.
    pub rotation: u32,
    /// A `DuetColorSpace`.
    pub color: u32,
    /// When it was decoded, in ns on the engine's clock.
    pub time_ns: u64,
    /// RTP timestamp, 90 kHz.
    pub rtp_timestamp: u32,
    /// Bytes that the host's buffer needs for it.
    pub needed: usize,
    /// Y, U and V of an acquired frame, readable until it is released. Zero for pulled frames.
    pub planes: [DuetPlane; 3],
}

// SAFETY: repr(C), size first; integers and raw pointers may be zero.
unsafe impl Versioned for DuetVideoFrame {}
// SAFETY: as above.
unsafe impl Versioned for DuetFrameInfo {}

/// Hands in a picture. Copies its pixels once and returns; never waits. The size may change from frame to
/// frame. Before the call is connected the newest frame is kept, so that the first picture leaves as soon
/// as there is a path.
///
/// @param queued Whether it will be encoded unless a newer one comes first; `false` when the track is off
///        or over, or no buffer was free. May be NULL.
/// @return `DUET_ERROR_INVALID_ARGUMENT` for a frame that is not valid; the call goes on.
///
/// # Safety
/// `frame` and its planes point to as many readable bytes as they say; `queued` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_local_video_push(
    call: DuetCall,
    frame: *const DuetVideoFrame,
    queued: *mut bool,
) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            if frame.is_null() {
                return Err(memory::null("frame"));
            }
            // SAFETY: the caller's promise.
            let frame = unsafe { memory::read("frame", frame)? };
            // SAFETY: the caller's promise.
            let pushed = call.object.local_video().push(&unsafe { frame.to_core()? })?;
            if queued.is_null() {
                return Ok(());
            }
            // SAFETY: the caller's promise.
            unsafe { memory::put("queued", queued, pushed == duet_core::Pushed::Queued) }
        })
    })
}

/// Turns the pictures off and on ("camera off"). Off, pushed frames are dropped.
#[unsafe(no_mangle)]
pub extern "C" fn duet_local_video_set_enabled(call: DuetCall, enabled: bool) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            call.object.local_video().set_enabled(enabled);
            Ok(())
        })
    })
}

/// Says whether the frames pushed from now on are a screen's: they are encoded for sharp text before smooth
/// motion, go on in the background, and the other end is told.
#[unsafe(no_mangle)]
pub extern "C" fn duet_local_video_set_screen(call: DuetCall, screen: bool) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            call.object.local_video().set_screen(screen);
            Ok(())
        })
    })
}

/// Whether pictures are on.
///
/// # Safety
/// `enabled` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_local_video_is_enabled(call: DuetCall, enabled: *mut bool) -> DuetError {
    // SAFETY: the caller's promise.
    let put = |now| unsafe { memory::put("enabled", enabled, now) };
    entry(|| with_call(call, |call| put(call.object.local_video().is_enabled())))
}

/// Copies the newest picture not taken before into the host's buffer.
///
/// @param format A `DuetPixelFormat`.
/// @param data The buffer.
/// @param capacity Bytes in it: `width * height * 3 / 2` for YUV420, `row_stride * height` otherwise.
/// @param row_stride Bytes from row to row of a packed format; 0: no padding. Not used for YUV420.
/// @param info Set its `size`. Its `width` is 0 when there is no new picture.
/// @return `DUET_ERROR_BUFFER_TOO_SMALL` when `capacity` is less than `info->needed`: the picture waits.
///
/// # Safety
/// `data` points to `capacity` writable bytes, `info` to a struct of its `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_remote_video_pull(
    call: DuetCall,
    format: u32,
    data: *mut u8,
    capacity: usize,
    row_stride: usize,
    info: *mut DuetFrameInfo,
) -> DuetError {
    entry(|| {
        let layout = Layout::of(format, row_stride)?;
        with_call(call, |call| {
            // SAFETY: the caller's promise.
            let target = unsafe { memory::slice_mut("data", data, capacity)? };
            let done = call.object.remote_video().take_with(|frame| {
                let mut out = describe(frame);
                out.needed = layout.bytes(frame);
                // SAFETY: the caller's promise.
                unsafe { memory::write("info", info, &out)? };
                layout.copy(frame, target, out.needed)
            })?;
            match done {
                Some(()) => Ok(()),
                // SAFETY: the caller's promise.
                None => unsafe { memory::write("info", info, &memory::zeroed()) },
            }
        })
    })
}

/// Lends the newest picture not taken before, without copying. Release it soon: at most two may be held
/// before new pictures are dropped.
///
/// @param frame The picture; 0 when there is no new one.
/// @param info Set its `size`. Its planes are readable until `duet_frame_release`.
///
/// # Safety
/// `frame` may be written; `info` points to a struct of its `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_remote_video_acquire(
    call: DuetCall,
    frame: *mut DuetFrame,
    info: *mut DuetFrameInfo,
) -> DuetError {
    entry(|| {
        memory::writable("frame", frame)?;
        with_call(call, |call| {
            let taken = call.object.remote_video().take_with(|lent| {
                let mut out = describe(lent);
                out.planes = planes(lent);
                // SAFETY: the caller's promise.
                unsafe { memory::write("info", info, &out)? };
                Ok::<_, Failure>(objects::insert(Object::Frame(lent.clone())))
            })?;
            if taken.is_none() {
                // SAFETY: the caller's promise.
                unsafe { memory::write("info", info, &memory::zeroed())? };
            }
            // SAFETY: the caller's promise.
            unsafe { memory::put("frame", frame, taken.unwrap_or(0)) }
        })
    })
}

/// Gives a picture back; its planes must not be read any more. It may outlive its call.
#[unsafe(no_mangle)]
pub extern "C" fn duet_frame_release(frame: DuetFrame) -> DuetError {
    entry(|| objects::remove(frame, Kind::Frame))
}

impl DuetVideoFrame {
    /// # Safety
    /// The planes of the format point to as many readable bytes as they say, for as long as the result
    /// is used.
    unsafe fn to_core<'a>(self) -> Result<VideoFrame<'a>, Failure> {
        let plane = |index: usize| {
            let DuetPlane { data, length, row_stride, pixel_stride } = self.planes[index];
            // SAFETY: the caller's promise.
            let data = unsafe { memory::slice("a plane", data, length)? };
            Ok::<_, Failure>(Plane { data, row_stride, pixel_stride })
        };
        let pixels = match self.format {
            0 => Pixels::Yuv420 { y: plane(0)?, u: plane(1)?, v: plane(2)? },
            packed => {
                let Plane { data, row_stride, .. } = plane(0)?;
                Pixels::Packed { format: packed_format(packed)?, data, row_stride }
            }
        };
        Ok(VideoFrame {
            pixels,
            width: self.width,
            height: self.height,
            rotation: rotation(self.rotation)?,
            color: color(self.color)?,
            capture_time: Time::from_nanos(self.capture_time_ns),
        })
    }
}

pub(super) fn rotation(degrees: u32) -> Result<Rotation, Failure> {
    match degrees {
        0 => Ok(Rotation::Deg0),
        90 => Ok(Rotation::Deg90),
        180 => Ok(Rotation::Deg180),
        270 => Ok(Rotation::Deg270),
        other => Err(Failure::argument(format!("{other} is not 0, 90, 180 or 270 degrees"))),
    }
}

pub(super) fn color(number: u32) -> Result<ColorSpace, Failure> {
    match number {
        0 => Ok(ColorSpace::Bt601Limited),
        1 => Ok(ColorSpace::Bt601Full),
        2 => Ok(ColorSpace::Bt709Limited),
        other => Err(Failure::argument(format!("{other} is not a DuetColorSpace"))),
    }
}

/// How a pulled picture is laid out.
#[derive(Clone, Copy)]
enum Layout {
    I420,
    Packed { format: PackedFormat, row_stride: usize },
}

impl Layout {
    fn of(format: u32, row_stride: usize) -> Result<Self, Failure> {
        match format {
            0 => Ok(Layout::I420),
            packed => Ok(Layout::Packed { format: packed_format(packed)?, row_stride }),
        }
    }

    fn stride(row_stride: usize, frame: &I420Frame) -> usize {
        if row_stride == 0 { frame.width() as usize * 4 } else { row_stride }
    }

    fn bytes(self, frame: &I420Frame) -> usize {
        match self {
            Layout::I420 => frame.data().len(),
            Layout::Packed { row_stride, .. } => {
                Layout::stride(row_stride, frame).saturating_mul(frame.height() as usize)
            }
        }
    }

    fn copy(self, frame: &I420Frame, target: &mut [u8], needed: usize) -> Result<(), Failure> {
        if target.len() < needed {
            let message = format!("the buffer holds {} bytes, {needed} are needed", target.len());
            return Err(Failure::new(DuetError::BufferTooSmall, message));
        }
        match self {
            Layout::I420 => target[..needed].copy_from_slice(frame.data()),
            Layout::Packed { format, row_stride } => {
                frame.write_packed(format, target, Layout::stride(row_stride, frame))?;
            }
        }
        Ok(())
    }
}

fn packed_format(number: u32) -> Result<PackedFormat, Failure> {
    match number {
        1 => Ok(PackedFormat::Rgba),
        2 => Ok(PackedFormat::Bgra),
        other => Err(Failure::argument(format!("{other} is not a DuetPixelFormat"))),
    }
}

fn describe(frame: &I420Frame) -> DuetFrameInfo {
    DuetFrameInfo {
        size: size_of::<DuetFrameInfo>(),
        width: frame.width(),
        height: frame.height(),
        rotation: match frame.rotation {
            Rotation::Deg0 => 0,
            Rotation::Deg90 => 90,
            Rotation::Deg180 => 180,
            Rotation::Deg270 => 270,
        },
        color: match frame.color {
            ColorSpace::Bt601Limited => DuetColorSpace::Bt601Limited as u32,
            ColorSpace::Bt601Full => DuetColorSpace::Bt601Full as u32,
            ColorSpace::Bt709Limited => DuetColorSpace::Bt709Limited as u32,
        },
        time_ns: frame.time.as_nanos(),
        rtp_timestamp: frame.rtp_timestamp,
        ..memory::zeroed()
    }
}

fn planes(frame: &FrameRef) -> [DuetPlane; 3] {
    let planes = frame.as_ref();
    let plane = |data: &[u8], row_stride| DuetPlane {
        data: data.as_ptr(),
        length: data.len(),
        row_stride,
        pixel_stride: 1,
    };
    [plane(planes.y, planes.y_stride), plane(planes.u, planes.u_stride), plane(planes.v, planes.v_stride)]
}
