//! Functions of the NDK that are younger than the oldest system we load on.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

use ndk_sys as sys;

type SetParameters =
    unsafe extern "C" fn(*mut sys::AMediaCodec, *const sys::AMediaFormat) -> sys::media_status_t;
type GetInputFormat = unsafe extern "C" fn(*mut sys::AMediaCodec) -> *mut sys::AMediaFormat;
type GetRect = unsafe extern "C" fn(
    *mut sys::AMediaFormat,
    *const c_char,
    *mut i32,
    *mut i32,
    *mut i32,
    *mut i32,
) -> bool;
type Describe = unsafe extern "C" fn(*const sys::AHardwareBuffer, *mut sys::AHardwareBuffer_Desc);
type Lock =
    unsafe extern "C" fn(*mut sys::AHardwareBuffer, u64, i32, *const sys::ARect, *mut *mut c_void) -> c_int;
type LockPlanes = unsafe extern "C" fn(
    *mut sys::AHardwareBuffer,
    u64,
    i32,
    *const sys::ARect,
    *mut sys::AHardwareBuffer_Planes,
) -> c_int;
type Unlock = unsafe extern "C" fn(*mut sys::AHardwareBuffer, *mut i32) -> c_int;

/// What this device's system has of them.
#[derive(Clone, Copy)]
pub(super) struct Later {
    /// `AMediaCodec_setParameters`, API level 26.
    pub(super) set_parameters: Option<SetParameters>,
    /// `AMediaCodec_getInputFormat`, API level 28.
    pub(super) get_input_format: Option<GetInputFormat>,
    /// `AMediaFormat_getRect`, API level 28.
    pub(super) get_rect: Option<GetRect>,
    /// `AHardwareBuffer_describe`, API level 26.
    pub(super) describe: Option<Describe>,
    /// `AHardwareBuffer_lock`, API level 26.
    pub(super) lock: Option<Lock>,
    /// `AHardwareBuffer_lockPlanes`, API level 29.
    pub(super) lock_planes: Option<LockPlanes>,
    /// `AHardwareBuffer_unlock`, API level 26.
    pub(super) unlock: Option<Unlock>,
}

/// Looks once.
pub(super) fn later() -> &'static Later {
    static LATER: OnceLock<Later> = OnceLock::new();
    LATER.get_or_init(|| {
        let (media, window) = (open(c"libmediandk.so"), open(c"libnativewindow.so"));
        // SAFETY: each name is that of a function of exactly this type in the NDK's headers.
        unsafe {
            Later {
                set_parameters: find(media, c"AMediaCodec_setParameters"),
                get_input_format: find(media, c"AMediaCodec_getInputFormat"),
                get_rect: find(media, c"AMediaFormat_getRect"),
                describe: find(window, c"AHardwareBuffer_describe"),
                lock: find(window, c"AHardwareBuffer_lock"),
                lock_planes: find(window, c"AHardwareBuffer_lockPlanes"),
                unlock: find(window, c"AHardwareBuffer_unlock"),
            }
        }
    })
}

/// A system library, open until the process ends; null where there is none of that name.
fn open(name: &CStr) -> *mut c_void {
    // SAFETY: the name ends with NUL. The system's own libraries do nothing untoward when loaded.
    unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) }
}

/// # Safety
/// `F` is the type of a pointer to the function `name` of that library.
unsafe fn find<F: Copy>(library: *mut c_void, name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    if library.is_null() {
        return None;
    }
    // SAFETY: the library is open and the name ends with NUL.
    let symbol = unsafe { libc::dlsym(library, name.as_ptr()) };
    // SAFETY: not null, a pointer's size, and by the caller's promise of this type.
    (!symbol.is_null()).then(|| unsafe { std::mem::transmute_copy(&symbol) })
}
