//! Pictures in the platform's own memory.

use std::ffi::c_void;
use std::ptr::NonNull;

use duet_core::{NativeBuffer, NativeFrame, NativeKind, Time};

use super::call::DuetCall;
use super::entry::entry;
use super::error::{DuetError, Failure};
use super::memory::{self, Versioned};
use super::video::{color, rotation};
use crate::objects::with_call;

/// What kind of memory a native picture is in.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetNativeKind {
    /// A `CVPixelBufferRef` (Apple): 4:2:0 in two or three planes of 8 bits, or BGRA. VideoToolbox takes it
    /// without a copy.
    CvPixelBuffer = 1,
    /// An `AHardwareBuffer *` (Android 8.0 and later): RGBA, or YUV 4:2:0 of 8 bits from Android 10 on. It must
    /// be readable by the CPU.
    AHardwareBuffer = 2,
}

/// Called once when a native picture is not needed any more, on any thread, under no lock; any function of
/// Duet may be called from it.
pub type DuetReleaseNative = Option<unsafe extern "C" fn(user_data: *mut c_void, handle: *mut c_void)>;

/// A picture in the platform's own memory. It is held by `handle` until `release` is called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DuetNativeFrame {
    /// `sizeof(DuetNativeFrame)`.
    pub size: usize,
    /// A `DuetNativeKind`.
    pub kind: u32,
    /// A `DuetColorSpace`.
    pub color: u32,
    /// Clockwise rotation a viewer must apply: 0, 90, 180 or 270. Travels as metadata.
    pub rotation: u32,
    /// When it was captured, in ns of any monotonic clock; 0: now.
    pub capture_time_ns: u64,
    /// The platform's buffer.
    pub handle: *mut c_void,
    /// Gives up the host's hold of `handle`, e.g. by `CVPixelBufferRelease`. May be NULL.
    pub release: DuetReleaseNative,
    /// What `release` gets.
    pub user_data: *mut c_void,
}

// SAFETY: repr(C), size first; integers and raw pointers may be zero, and so may an optional function.
unsafe impl Versioned for DuetNativeFrame {}

/// Hands in a picture in the platform's own memory, as its camera gives it, and returns at once; nothing is
/// copied here. A platform's encoder takes it as it is where it can, else it is copied on the encoder's thread.
/// Width and height are the buffer's own: even, 16 to 4096.
///
/// From the call on the picture is Duet's: `release` is called once, whatever this returns, before or after it
/// does. Only where nothing could be read (`frame` or its `handle` is NULL, or its `size` was never set) it is
/// not called. At most two pictures are held at a time.
///
/// @param queued Whether it will be encoded unless a newer one comes first; `false` when the track is off or
///        over. May be NULL.
/// @return `DUET_ERROR_UNSUPPORTED` where this build cannot read such pictures, as on Linux: push the pixels.
///         `DUET_ERROR_INVALID_ARGUMENT` for a frame that is not valid; the call goes on.
///
/// # Safety
/// `frame` points to as many readable bytes as its size says, its `handle` is a valid buffer of its `kind` until
/// `release` is called, and nobody writes to its picture until then; `release` may be called from any thread.
/// `queued` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_local_video_push_native(
    call: DuetCall,
    frame: *const DuetNativeFrame,
    queued: *mut bool,
) -> DuetError {
    entry(|| {
        if frame.is_null() {
            return Err(memory::null("frame"));
        }
        // SAFETY: the caller's promise.
        let frame = unsafe { memory::read("frame", frame)? };
        let handle = NonNull::new(frame.handle).ok_or_else(|| memory::null("handle"))?;
        let kind = kind(frame.kind);
        // From here on it is released however this ends; a buffer of an unknown kind is not looked at.
        // SAFETY: the caller's promise.
        let buffer = unsafe {
            let kind = *kind.as_ref().unwrap_or(&NativeKind::CvPixelBuffer);
            NativeBuffer::new(kind, handle, frame.release, frame.user_data)
        };
        kind?;
        let frame = NativeFrame {
            buffer,
            rotation: rotation(frame.rotation)?,
            color: color(frame.color)?,
            capture_time: Time::from_nanos(frame.capture_time_ns),
        };
        with_call(call, |call| {
            if !queued.is_null() {
                memory::writable("queued", queued)?;
            }
            let pushed = call.object.local_video().push_native(frame)?;
            if queued.is_null() {
                return Ok(());
            }
            // SAFETY: the caller's promise.
            unsafe { memory::put("queued", queued, pushed == duet_core::Pushed::Queued) }
        })
    })
}

fn kind(number: u32) -> Result<NativeKind, Failure> {
    match number {
        1 => Ok(NativeKind::CvPixelBuffer),
        2 => Ok(NativeKind::AHardwareBuffer),
        other => Err(Failure::argument(format!("{other} is not a DuetNativeKind"))),
    }
}
