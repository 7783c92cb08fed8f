//! What every entry has in common.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{DuetError, Failure, remember};

/// Runs the body of an entry. What it refuses becomes a code and this thread's last message; a
/// panic, which is a bug of ours, ends here and not in the host's frames.
pub(crate) fn entry(body: impl FnOnce() -> Result<(), Failure>) -> DuetError {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => DuetError::None,
        Ok(Err(failure)) => remember(failure),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            remember(Failure::new(DuetError::Internal, format!("internal error: {said}")))
        }
    }
}

/// Called once when Duet has no more use for a `user_data`, on whatever thread that happens.
pub type DuetRelease = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// A host's pointer that its callbacks get back.
pub(crate) struct UserData {
    data: *mut c_void,
    release: DuetRelease,
}

// SAFETY: the pointer is only handed back; the host promised that its callbacks may run on any thread.
unsafe impl Send for UserData {}
// SAFETY: as above; nothing here reads through it.
unsafe impl Sync for UserData {}

impl UserData {
    pub(crate) fn new(data: *mut c_void, release: DuetRelease) -> Self {
        UserData { data, release }
    }

    pub(crate) fn get(&self) -> *mut c_void {
        self.data
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the host gave this function for this pointer, and this is its only call.
            unsafe { release(self.data) }
        }
    }
}
