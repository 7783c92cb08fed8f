//! `AMediaFormat`: what a codec is told, and what it tells. Keys are the texts of `android.media.MediaFormat`:
//! the NDK's constants for some of them are younger than the oldest system we load on.

use std::ffi::CStr;
use std::ptr::{self, NonNull};

use ndk_sys as sys;

use super::later::later;
use crate::platform::layout::Described;

pub(super) struct Format {
    raw: NonNull<sys::AMediaFormat>,
}

impl Format {
    /// An empty one; `None` when memory is short.
    pub(super) fn new() -> Option<Self> {
        // SAFETY: has no conditions.
        NonNull::new(unsafe { sys::AMediaFormat_new() }).map(|raw| Format { raw })
    }

    /// Takes over what a function of the NDK gave.
    ///
    /// # Safety
    /// `raw` is null or a format that nobody else deletes.
    pub(super) unsafe fn from_raw(raw: *mut sys::AMediaFormat) -> Option<Self> {
        NonNull::new(raw).map(|raw| Format { raw })
    }

    pub(super) fn as_ptr(&self) -> *mut sys::AMediaFormat {
        self.raw.as_ptr()
    }

    pub(super) fn set(&mut self, key: &CStr, value: i32) {
        // SAFETY: the format is alive, and the key, which ends with NUL, is copied.
        unsafe { sys::AMediaFormat_setInt32(self.raw.as_ptr(), key.as_ptr(), value) }
    }

    pub(super) fn set_text(&mut self, key: &CStr, value: &CStr) {
        // SAFETY: the format is alive, and both texts, which end with NUL, are copied.
        unsafe { sys::AMediaFormat_setString(self.raw.as_ptr(), key.as_ptr(), value.as_ptr()) }
    }

    pub(super) fn get(&self, key: &CStr) -> Option<i32> {
        let mut value = 0;
        // SAFETY: the format is alive, the key ends with NUL, and the value may be written.
        let found = unsafe { sys::AMediaFormat_getInt32(self.raw.as_ptr(), key.as_ptr(), &mut value) };
        found.then_some(value)
    }

    /// How the buffers it is about are laid out.
    pub(super) fn described(&self) -> Described<'_> {
        let positive = |key| self.get(key).and_then(|value| u32::try_from(value).ok()).unwrap_or(0);
        Described {
            width: positive(c"width"),
            height: positive(c"height"),
            color_format: self.get(c"color-format"),
            stride: self.get(c"stride"),
            slice_height: self.get(c"slice-height"),
            crop: self.crop(),
            image: self.bytes(c"image-data"),
        }
    }

    /// Left, top, and the last column and row of the picture.
    fn crop(&self) -> Option<[i32; 4]> {
        if let Some(get_rect) = later().get_rect {
            let [mut left, mut top, mut right, mut bottom] = [0; 4];
            let (raw, key) = (self.raw.as_ptr(), c"crop".as_ptr());
            // SAFETY: the format is alive, the key ends with NUL, and the four may be written.
            if unsafe { get_rect(raw, key, &mut left, &mut top, &mut right, &mut bottom) } {
                return Some([left, top, right, bottom]);
            }
        }
        let edge = |key| self.get(key);
        Some([edge(c"crop-left")?, edge(c"crop-top")?, edge(c"crop-right")?, edge(c"crop-bottom")?])
    }

    fn bytes(&self, key: &CStr) -> Option<&[u8]> {
        let (mut data, mut size) = (ptr::null_mut(), 0);
        // SAFETY: the format is alive, the key ends with NUL, and both may be written.
        let found =
            unsafe { sys::AMediaFormat_getBuffer(self.raw.as_ptr(), key.as_ptr(), &mut data, &mut size) };
        // SAFETY: the format owns these bytes and is not changed while they are borrowed.
        (found && !data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast(), size) })
    }
}

impl Drop for Format {
    fn drop(&mut self) {
        // SAFETY: ours, and not used again.
        unsafe { sys::AMediaFormat_delete(self.raw.as_ptr()) };
    }
}
