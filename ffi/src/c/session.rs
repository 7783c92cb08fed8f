//! One user's presence at a signaling service, or over the host's own signaling.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use duet_core::Session;

use super::call::DuetCall;
use super::config::{DuetCallOptions, DuetSessionConfig, call_options, media};
use super::engine::DuetEngine;
use super::entry::{DuetRelease, UserData, entry};
use super::error::DuetError;
use super::events::{DuetSessionCallback, DuetSessionState, with_session_event};
use super::memory;
use crate::objects::{self, Kind, Object, Watched, with_engine, with_session};

/// A session and the calls made over it. Keep it as long as its calls. 0 is none.
pub type DuetSession = u64;

/// Receives every message for the other side, in order, on the engine's event thread: UTF-8 of at most
/// 64 KiB, not ended by NUL, valid during the callback only.
pub type DuetMessageCallback =
    Option<unsafe extern "C" fn(message: *const c_char, length: usize, user_data: *mut c_void)>;

/// Opens a session to a signaling service. Returns at once; its events tell when it is connected, or
/// why it is not. Calls may be placed right away. Free it with `duet_session_free`.
///
/// @return `DUET_ERROR_INVALID_ARGUMENT`, `DUET_ERROR_CODEC` or `DUET_ERROR_CLOSED`.
///
/// # Safety
/// Every pointer in `config` is NULL or valid; `session` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_new(
    engine: DuetEngine,
    config: *const DuetSessionConfig,
    session: *mut DuetSession,
) -> DuetError {
    entry(|| {
        memory::writable("session", session)?;
        with_engine(engine, |engine| {
            // SAFETY: the caller's promise.
            let config = unsafe { memory::read("config", config)?.to_core()? };
            // SAFETY: the caller's promise.
            unsafe { put_session(engine.session(config)?, session) }
        })
    })
}

/// Opens a session whose messages the host carries: `on_message` is given each message for the other
/// side; what comes from there goes into `duet_session_deliver`. The `url` and `token` of `config` are
/// not used.
///
/// @param on_message Called for every message; not NULL.
/// @param user_data Handed to `on_message`.
/// @param release Called once when `user_data` is not needed any more, also when this function fails;
///        may be NULL.
/// @return As `duet_session_new`.
///
/// # Safety
/// Every pointer in `config` is NULL or valid; `on_message` may be called on the engine's event thread
/// until `release` was called; `session` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_new_custom(
    engine: DuetEngine,
    config: *const DuetSessionConfig,
    on_message: DuetMessageCallback,
    user_data: *mut c_void,
    release: DuetRelease,
    session: *mut DuetSession,
) -> DuetError {
    let user_data = UserData::new(user_data, release);
    entry(move || {
        memory::writable("session", session)?;
        let on_message = on_message.ok_or_else(|| memory::null("on_message"))?;
        with_engine(engine, |engine| {
            // SAFETY: the caller's promise.
            let config = unsafe { memory::read("config", config)?.to_custom()? };
            let new = engine.custom_session(config, move |message| {
                // SAFETY: the caller's promise; the message lives until the call is over.
                unsafe { on_message(message.as_ptr().cast(), message.len(), user_data.get()) }
            })?;
            // SAFETY: the caller's promise.
            unsafe { put_session(new, session) }
        })
    })
}

/// Hands in a message that the other side's session gave out.
///
/// @return `DUET_ERROR_INVALID_ARGUMENT` when it is not one; the calls go on.
///
/// # Safety
/// `message` points to `length` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_deliver(
    session: DuetSession,
    message: *const c_char,
    length: usize,
) -> DuetError {
    entry(|| {
        with_session(session, |session| {
            // SAFETY: the caller's promise.
            let bytes = unsafe { memory::slice("message", message.cast::<u8>(), length)? };
            let text = std::str::from_utf8(bytes)
                .map_err(|_| super::Failure::argument("message is not valid UTF-8"))?;
            Ok(session.object.deliver(text)?)
        })
    })
}

/// Sets the event handler, in the place of the one before. Events before the first handler wait for it.
///
/// @param callback NULL for none: events wait again.
/// @param user_data Handed to `callback`.
/// @param release Called once when `user_data` is not needed any more, also when this function fails;
///        may be NULL. A callback that is running when its handler is replaced finishes first.
///
/// # Safety
/// `callback` may be called on the engine's event thread until `release` was called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_on_event(
    session: DuetSession,
    callback: DuetSessionCallback,
    user_data: *mut c_void,
    release: DuetRelease,
) -> DuetError {
    let user_data = UserData::new(user_data, release);
    entry(move || {
        with_session(session, |session| {
            session.watch(callback.map(|callback| {
                session.object.on_event(move |event| {
                    // SAFETY: the caller's promise; the event lives until the call is over.
                    with_session_event(event, |event| unsafe { callback(event, user_data.get()) });
                })
            }));
            Ok(())
        })
    })
}

/// Where the session stands.
///
/// # Safety
/// `state` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_state(session: DuetSession, state: *mut DuetSessionState) -> DuetError {
    entry(|| {
        with_session(session, |session| {
            let now = session.object.state().into();
            // SAFETY: the caller's promise.
            unsafe { memory::put("state", state, now) }
        })
    })
}

/// Rings `to`. Free the call with `duet_call_free`; its events tell how it goes.
///
/// @param options NULL for the defaults.
/// @return `DUET_ERROR_INVALID_ARGUMENT`, `DUET_ERROR_CODEC`, `DUET_ERROR_CLOSED` or
///         `DUET_ERROR_OVERLOADED`.
///
/// # Safety
/// `to` ends with NUL; `options` is NULL or valid; `call` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_ring(
    session: DuetSession,
    to: *const c_char,
    options: *const DuetCallOptions,
    call: *mut DuetCall,
) -> DuetError {
    entry(|| {
        memory::writable("call", call)?;
        with_session(session, |session| {
            // SAFETY: the caller's promise.
            let (to, options) = unsafe { (memory::text("to", to)?, call_options(options)?) };
            let new = objects::insert(Object::Call(Watched::new(session.object.ring(to, options)?)));
            // SAFETY: the caller's promise.
            unsafe { memory::put("call", call, new) }
        })
    })
}

/// Enters a room of two and waits there for the other one. Sessions over the host's own signaling have
/// no rooms.
///
/// @return As `duet_session_ring`.
///
/// # Safety
/// `room` ends with NUL; `options` is NULL or valid; `call` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_join(
    session: DuetSession,
    room: *const c_char,
    options: *const DuetCallOptions,
    call: *mut DuetCall,
) -> DuetError {
    entry(|| {
        memory::writable("call", call)?;
        with_session(session, |session| {
            // SAFETY: the caller's promise.
            let (room, options) = unsafe { (memory::text("room", room)?, call_options(options)?) };
            let new = objects::insert(Object::Call(Watched::new(session.object.join(room, options)?)));
            // SAFETY: the caller's promise.
            unsafe { memory::put("call", call, new) }
        })
    })
}

/// Waits until somebody rings, for `timeout_ms` at most: in the place of an event handler that takes calls. From
/// the first wait on, calls that come between two waits are kept for the next one, and ring until they are taken
/// or their caller gives up, and no event waits for a handler any more. If there is such a handler, too, it has a handle of its own for each call, and
/// freeing either hangs up. Inside a callback it does not wait; on the thread of the engine's executor it may wait
/// for that thread's own tasks.
///
/// @param call The call, which is the host's to free; 0 if nobody rang.
/// @return Why the session failed, or `DUET_ERROR_CLOSED`, also when it is closed or freed meanwhile.
///
/// # Safety
/// `call` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_wait_call(
    session: DuetSession,
    timeout_ms: u32,
    call: *mut DuetCall,
) -> DuetError {
    entry(|| {
        memory::writable("call", call)?;
        let session = with_session(session, |session| Ok(session.object.clone()))?;
        let came = session.wait_call(Duration::from_millis(timeout_ms.into()))?;
        let new = came.map_or(0, |incoming| objects::insert(Object::Call(Watched::new(incoming))));
        // SAFETY: the caller's promise.
        unsafe { memory::put("call", call, new) }
    })
}

/// A push message says that `from` rings here as `call_id`: the call is there at once as an incoming one,
/// even before the session is connected. It ends if the invite itself does not come in time. Of a call
/// that is known already it does nothing.
///
/// # Safety
/// `call_id` and `from` end with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_session_expect_call(
    session: DuetSession,
    call_id: *const c_char,
    from: *const c_char,
    audio: bool,
    video: bool,
    expires_in_ms: u32,
) -> DuetError {
    entry(|| {
        with_session(session, |session| {
            // SAFETY: the caller's promise.
            let (id, from) = unsafe { (memory::text("call_id", call_id)?, memory::text("from", from)?) };
            let expires_in = Duration::from_millis(expires_in_ms.into());
            Ok(session.object.expect_call(id.into(), from, media(audio, video), expires_in)?)
        })
    })
}

/// Hangs up every call and leaves the service. Idempotent; any thread, even inside a callback; returns
/// at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_session_close(session: DuetSession) -> DuetError {
    entry(|| {
        with_session(session, |session| {
            session.object.close();
            Ok(())
        })
    })
}

/// Closes the session and frees its handle. Any thread, even inside a callback; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_session_free(session: DuetSession) -> DuetError {
    entry(|| {
        // Now, even if another thread is using it.
        with_session(session, |session| {
            session.object.close();
            Ok(())
        })?;
        objects::remove(session, Kind::Session)
    })
}

/// # Safety
/// `target` may be written.
unsafe fn put_session(session: Session, target: *mut DuetSession) -> Result<(), super::Failure> {
    let handle = objects::insert(Object::Session(Watched::new(session)));
    // SAFETY: the caller's promise.
    unsafe { memory::put("session", target, handle) }
}
