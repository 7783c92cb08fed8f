//! The codecs of the platform.
//!
//! What talks to the platform is in `mediacodec` and `videotoolbox` and can only be compiled for it. What
//! can be decided without it is in the other modules, whose tests run anywhere.

#[cfg(any(test, target_vendor = "apple"))]
mod avcc;
mod h264;
#[cfg(any(test, target_os = "android"))]
mod layout;
mod pending;

#[cfg(target_os = "android")]
pub(crate) mod mediacodec;
#[cfg(target_vendor = "apple")]
pub(crate) mod videotoolbox;
