//! Pictures in the platform's own memory, as its camera or screen capture gives them.

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use duet_media::frame::{ColorSpace, FrameError, I420Frame};

/// What kind of memory a picture is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NativeKind {
    /// A `CVPixelBufferRef` (Apple): 4:2:0 in two or three planes of 8 bits, video or full range, or BGRA.
    /// VideoToolbox takes it without a copy.
    CvPixelBuffer,
    /// An `AHardwareBuffer *` (Android 8.0 and later): RGBA, or YUV 4:2:0 of 8 bits from Android 10 on. It must
    /// be readable by the CPU; it is mapped and copied.
    AHardwareBuffer,
    /// Made by `NativeBuffer::of_picture`.
    #[cfg(feature = "test-native")]
    #[doc(hidden)]
    Picture,
}

/// Called once when a picture is not needed any more, on any thread.
pub type ReleaseNative = unsafe extern "C" fn(user_data: *mut c_void, handle: *mut c_void);

/// One such picture, held until this is dropped.
pub struct NativeBuffer {
    kind: NativeKind,
    handle: NonNull<c_void>,
    user_data: *mut c_void,
    release: Option<ReleaseNative>,
}

// SAFETY: `new` demands that the buffer may be read and released on any thread.
unsafe impl Send for NativeBuffer {}
// SAFETY: nothing writes to the picture while it is held.
unsafe impl Sync for NativeBuffer {}

impl NativeBuffer {
    /// Takes a picture; `release` is called with `user_data` and `handle` when it is dropped.
    ///
    /// # Safety
    /// `handle` is a valid buffer of `kind` until `release` is called, nobody writes to its picture until then,
    /// and any thread may read and release it.
    pub unsafe fn new(
        kind: NativeKind,
        handle: NonNull<c_void>,
        release: Option<ReleaseNative>,
        user_data: *mut c_void,
    ) -> Self {
        NativeBuffer { kind, handle, user_data, release }
    }

    /// A picture that any system can read; `on_release` is called when it is dropped.
    #[cfg(feature = "test-native")]
    #[doc(hidden)]
    pub fn of_picture(picture: I420Frame, on_release: impl Fn() + Send + Sync + 'static) -> Self {
        unsafe extern "C" fn release(_: *mut c_void, handle: *mut c_void) {
            // SAFETY: made below, and released once.
            let picture = unsafe { Box::from_raw(handle.cast::<TestPicture>()) };
            (picture.on_release)();
        }
        let picture = Box::new(TestPicture { picture, on_release: Box::new(on_release) });
        let handle = NonNull::from(Box::leak(picture)).cast();
        // SAFETY: valid until it is released, never written to, and any thread may have it.
        unsafe { NativeBuffer::new(NativeKind::Picture, handle, Some(release), std::ptr::null_mut()) }
    }

    #[cfg(feature = "test-native")]
    fn picture(&self) -> Option<&I420Frame> {
        // SAFETY: only `of_picture` makes buffers of this kind, and they live while they are held.
        (self.kind == NativeKind::Picture)
            .then(|| unsafe { &self.handle.cast::<TestPicture>().as_ref().picture })
    }

    /// What kind of memory it is in.
    pub fn kind(&self) -> NativeKind {
        self.kind
    }

    /// The platform's buffer.
    pub fn handle(&self) -> NonNull<c_void> {
        self.handle
    }

    /// Whether this build, on this system, can read pictures of this kind.
    pub fn is_supported(kind: NativeKind) -> bool {
        imp::supports(kind)
    }

    /// Width and height in pixels.
    ///
    /// # Errors
    /// [`FrameError::NativeUnsupported`] where [`NativeBuffer::is_supported`] is `false`, or for a picture
    /// that is not laid out as its kind says.
    pub fn size(&self) -> Result<(u32, u32), FrameError> {
        #[cfg(feature = "test-native")]
        if let Some(picture) = self.picture() {
            return Ok((picture.width(), picture.height()));
        }
        imp::size(self)
    }

    /// Copies the picture into `target`, which takes its size. Packed pixels become `color`.
    ///
    /// # Errors
    /// As for [`NativeBuffer::size`]; any other [`FrameError`] when its size or strides are none that a
    /// frame may have.
    pub fn copy_to(&self, color: ColorSpace, target: &mut I420Frame) -> Result<(), FrameError> {
        #[cfg(feature = "test-native")]
        if let Some(picture) = self.picture() {
            return target.copy_from(picture.as_ref());
        }
        imp::copy(self, color, target)
    }
}

#[cfg(feature = "test-native")]
struct TestPicture {
    picture: I420Frame,
    on_release: Box<dyn Fn() + Send + Sync>,
}

impl Drop for NativeBuffer {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the caller of `new` gave this function for these pointers; this is its only call.
            unsafe { release(self.user_data, self.handle.as_ptr()) }
        }
    }
}

impl fmt::Debug for NativeBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NativeBuffer({:?})", self.kind)
    }
}

#[cfg(all(feature = "platform-codecs", target_os = "android"))]
use crate::platform::mediacodec::native as imp;
#[cfg(all(feature = "platform-codecs", target_vendor = "apple"))]
use crate::platform::videotoolbox::native as imp;

/// Where no picture of the platform's can be read.
#[cfg(not(all(feature = "platform-codecs", any(target_os = "android", target_vendor = "apple"))))]
mod imp {
    use super::*;

    pub(super) fn supports(_: NativeKind) -> bool {
        false
    }

    pub(super) fn size(_: &NativeBuffer) -> Result<(u32, u32), FrameError> {
        Err(FrameError::NativeUnsupported)
    }

    pub(super) fn copy(_: &NativeBuffer, _: ColorSpace, _: &mut I420Frame) -> Result<(), FrameError> {
        Err(FrameError::NativeUnsupported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    unsafe extern "C" fn count(user_data: *mut c_void, handle: *mut c_void) {
        assert_eq!(handle, NonNull::dangling().as_ptr());
        // SAFETY: the tests give a counter that outlives the buffer.
        unsafe { &*user_data.cast::<AtomicU32>() }.fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn a_buffer_is_released_once_wherever_it_ends() {
        let released = AtomicU32::new(0);
        // SAFETY: nothing reads the buffer on a system that has no such pictures.
        let buffer = unsafe {
            let user_data = (&raw const released).cast_mut().cast();
            NativeBuffer::new(NativeKind::CvPixelBuffer, NonNull::dangling(), Some(count), user_data)
        };
        let mut frame = I420Frame::default();
        assert_eq!(buffer.copy_to(ColorSpace::default(), &mut frame), Err(FrameError::NativeUnsupported));
        assert_eq!(buffer.size(), Err(FrameError::NativeUnsupported));
        assert_eq!(released.load(Ordering::Relaxed), 0);
        std::thread::scope(|scope| scope.spawn(move || drop(buffer)).join()).expect("the thread ends");
        assert_eq!(released.load(Ordering::Relaxed), 1);
    }
}
