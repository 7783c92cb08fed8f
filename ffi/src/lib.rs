//! Duet for Kotlin, Swift and C: converts between their types and [`duet_core`], decides nothing.
//!
//! The C functions and the UniFFI objects that will live here share one table of handles
//! ([`duet_core::HandleTable`]), so that a stale handle is an error in every language.
#![deny(unsafe_op_in_unsafe_fn)]

use std::ffi::{CStr, c_char};

/// The library's version, `major.minor.patch`, as a static string. Any thread; never NULL; not to
/// be freed.
#[unsafe(no_mangle)]
pub extern "C" fn duet_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no NUL"),
        };
    VERSION.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_packages() {
        // SAFETY: duet_version gives a static NUL-terminated string.
        let version = unsafe { CStr::from_ptr(duet_version()) };
        assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
    }
}
