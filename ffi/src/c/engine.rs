//! The root of everything.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use duet_core::{DeviceNews, Engine, Thermal};

use super::config::DuetEngineConfig;
use super::entry::entry;
use super::error::{DuetError, Failure};
use super::memory;
use crate::logs;
use crate::objects::{self, Kind, Object, with_engine};

/// An engine: threads, sessions and their calls. One serves a whole app. 0 is none.
pub type DuetEngine = u64;

/// What happened to the device that calls run on.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetDeviceNews {
    /// A telephone (GSM) call has begun: calls are held until it ends, and the other ends told so.
    PhoneCallBegan = 0,
    /// It is over: calls go on, unless a person holds them.
    PhoneCallEnded = 1,
    /// Another app has the sound: the microphone is closed and nothing is played. Pictures go on.
    AudioFocusLost = 2,
    /// The sound is ours again.
    AudioFocusRegained = 3,
    /// The app is not visible: the camera is closed. Sound and a shared screen go on.
    Background = 4,
    /// The app is visible.
    Foreground = 5,
    /// The device is cool: fit for anything.
    ThermalNormal = 6,
    /// The device is warm: pictures are sent smaller and less often.
    ThermalWarm = 7,
    /// The device is hot: no pictures are sent.
    ThermalHot = 8,
}

/// The library's version, `major.minor.patch`. A static string; any thread.
#[unsafe(no_mangle)]
pub extern "C" fn duet_version() -> *const c_char {
    const VERSION: &CStr =
        match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
            Ok(version) => version,
            Err(_) => panic!("a version holds no NUL"),
        };
    VERSION.as_ptr()
}

/// How many handles are in use in this process: for tests that look for leaks.
#[unsafe(no_mangle)]
pub extern "C" fn duet_handle_count() -> usize {
    objects::count()
}

/// Starts an engine and its threads. Nothing touches the network yet. Free it with
/// `duet_engine_free`.
///
/// @param config NULL for the defaults.
/// @param engine Where the handle goes.
/// @return `DUET_ERROR_INVALID_ARGUMENT`, or `DUET_ERROR_INTERNAL` when the system refuses a thread.
///
/// # Safety
/// `config` is NULL or valid, and its executor, too, until that was released; `engine` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_engine_new(
    config: *const DuetEngineConfig,
    engine: *mut DuetEngine,
) -> DuetError {
    entry(|| {
        // SAFETY: the caller's promise. First of all, so that whatever fails below releases the executor.
        let config = unsafe { memory::read("config", config)?.to_core()? };
        memory::writable("engine", engine)?;
        logs::start();
        let new = objects::insert(Object::Engine(Engine::new(config)?));
        // SAFETY: the caller's promise.
        unsafe { memory::put("engine", engine, new) }
    })
}

/// Now, in ns, on the clock of every time Duet hands out: monotonic; `CLOCK_MONOTONIC` on Linux and
/// Android.
///
/// # Safety
/// `now_ns` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_engine_now(engine: DuetEngine, now_ns: *mut u64) -> DuetError {
    // SAFETY: the caller's promise.
    entry(|| with_engine(engine, |engine| unsafe { memory::put("now_ns", now_ns, engine.now().as_nanos()) }))
}

/// The device's network changed (other Wi-Fi, cellular, VPN): every call looks for new paths at once
/// instead of after a time-out.
#[unsafe(no_mangle)]
pub extern "C" fn duet_engine_network_changed(engine: DuetEngine) -> DuetError {
    entry(|| {
        with_engine(engine, |engine| {
            engine.network_changed();
            Ok(())
        })
    })
}

/// Tells every call what happened to the device. Repetitions are harmless.
///
/// @param news A `DuetDeviceNews`.
/// @return `DUET_ERROR_OVERLOADED` when a session's queue is full: say it again.
#[unsafe(no_mangle)]
pub extern "C" fn duet_engine_device_news(engine: DuetEngine, news: u32) -> DuetError {
    entry(|| with_engine(engine, |engine| Ok(engine.device_news(device_news(news)?)?)))
}

/// Ends all calls and sessions; what can still be said to the other sides is said in the background.
/// Idempotent; any thread, even inside a callback; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_engine_close(engine: DuetEngine) -> DuetError {
    entry(|| {
        with_engine(engine, |engine| {
            engine.close();
            Ok(())
        })
    })
}

/// Does what `duet_engine_close` does, and waits until the other sides have been told: for a process that is
/// about to end. Inside a callback it does not wait; on the thread of the engine's executor it may wait for that
/// thread's own tasks.
///
/// @param timeout_ms The longest wait.
/// @param told Whether all were told; may be NULL.
///
/// # Safety
/// `told` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_engine_close_and_wait(
    engine: DuetEngine,
    timeout_ms: u32,
    told: *mut bool,
) -> DuetError {
    entry(|| {
        let engine = with_engine(engine, |engine| Ok(engine.clone()))?;
        let all = engine.close_and_wait(Duration::from_millis(timeout_ms.into()));
        if told.is_null() {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe { memory::put("told", told, all) }
    })
}

/// Closes the engine and frees its handle. Handles of its sessions and calls stay valid until they
/// are freed, and answer `DUET_ERROR_CLOSED`. Any thread, even inside a callback; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_engine_free(engine: DuetEngine) -> DuetError {
    entry(|| objects::remove(engine, Kind::Engine))
}

fn device_news(number: u32) -> Result<DeviceNews, Failure> {
    Ok(match number {
        0 => DeviceNews::PhoneCallBegan,
        1 => DeviceNews::PhoneCallEnded,
        2 => DeviceNews::AudioFocusLost,
        3 => DeviceNews::AudioFocusRegained,
        4 => DeviceNews::Background,
        5 => DeviceNews::Foreground,
        6 => DeviceNews::Thermal(Thermal::Normal),
        7 => DeviceNews::Thermal(Thermal::Warm),
        8 => DeviceNews::Thermal(Thermal::Hot),
        other => return Err(Failure::argument(format!("{other} is not a DuetDeviceNews"))),
    })
}
