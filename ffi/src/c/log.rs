//! The log, handed to C.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;

use log::LevelFilter;

use super::entry::{DuetRelease, UserData, entry};
use super::error::{DuetError, Failure};
use crate::logs;

/// How much is logged. Descriptions of connections, addresses and user data appear at debug and trace
/// only.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetLogLevel {
    /// Nothing.
    Off = 0,
    /// Bugs.
    Error = 1,
    /// What a host should know of.
    Warn = 2,
    /// Milestones.
    Info = 3,
    /// For those who look for a fault.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

/// Receives log lines, on whatever thread writes them: several may call at once. What Duet logs inside
/// the callback is dropped. Both texts are valid during the callback only; nothing may be thrown out of it.
pub type DuetLogCallback = Option<
    unsafe extern "C" fn(
        level: DuetLogLevel,
        target: *const c_char,
        message: *const c_char,
        user_data: *mut c_void,
    ),
>;

/// Sends the log of all engines to `callback`, in the place of the one before. Without one, lines go to the
/// system's log: on Android under the tag `duet`, on Apple's platforms in the subsystem `dev.duet`, from
/// the first engine on and warnings and errors only unless a level was set. Other systems have none.
///
/// @param level A `DuetLogLevel`: what is above it is not logged.
/// @param callback NULL for none.
/// @param user_data Handed to `callback`.
/// @param release Called once when `user_data` is not needed any more, also when this function fails;
///        may be NULL.
/// @return `DUET_ERROR_INVALID_ARGUMENT`; `DUET_ERROR_CLOSED` when another library in this process owns
///         the log.
///
/// # Safety
/// `callback` may be called on any thread until `release` was called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_log_set_callback(
    level: u32,
    callback: DuetLogCallback,
    user_data: *mut c_void,
    release: DuetRelease,
) -> DuetError {
    let user_data = UserData::new(user_data, release);
    entry(move || {
        let filter = filter(level)?;
        let sink = callback.map(|callback| -> logs::Sink {
            Arc::new(move |line, target, message| {
                let text = |text: &str| CString::new(text.replace('\0', " ")).unwrap_or_default();
                let (target, message) = (text(target), text(message));
                // SAFETY: the host promised that the callback may be called on any thread.
                unsafe { callback(level_of(line), target.as_ptr(), message.as_ptr(), user_data.get()) }
            })
        });
        if logs::set(filter, sink) {
            Ok(())
        } else {
            Err(Failure::new(DuetError::Closed, "another library in this process owns the log"))
        }
    })
}

/// Changes how much is logged, at any time.
///
/// @param level A `DuetLogLevel`.
#[unsafe(no_mangle)]
pub extern "C" fn duet_log_set_level(level: u32) -> DuetError {
    entry(|| {
        logs::set_level(filter(level)?);
        Ok(())
    })
}

fn level_of(level: log::Level) -> DuetLogLevel {
    match level {
        log::Level::Error => DuetLogLevel::Error,
        log::Level::Warn => DuetLogLevel::Warn,
        log::Level::Info => DuetLogLevel::Info,
        log::Level::Debug => DuetLogLevel::Debug,
        log::Level::Trace => DuetLogLevel::Trace,
    }
}

fn filter(number: u32) -> Result<LevelFilter, Failure> {
    Ok(match number {
        0 => LevelFilter::Off,
        1 => LevelFilter::Error,
        2 => LevelFilter::Warn,
        3 => LevelFilter::Info,
        4 => LevelFilter::Debug,
        5 => LevelFilter::Trace,
        other => return Err(Failure::argument(format!("{other} is not a DuetLogLevel"))),
    })
}
