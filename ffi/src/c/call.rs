//! One call.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use duet_core::{Call, Error};

use super::config::{DuetCallOptions, call_options};
use super::entry::{DuetRelease, UserData, entry};
use super::error::DuetError;
use super::events::{
    DuetCallCallback, DuetCallEvent, DuetCallEventKind, DuetCallState, fill_ended, with_call_event,
};
use super::memory;
use crate::objects::{self, Kind, with_call};

/// One call. 0 is none.
pub type DuetCall = u64;

/// Sets the event handler, in the place of the one before. Events before the first handler wait for it.
///
/// @param callback NULL for none: events wait again.
/// @param user_data Handed to `callback`.
/// @param release Called once when `user_data` is not needed any more, also when this function fails;
///        may be NULL. After the last event that is soon; a callback that is running when its handler is
///        replaced finishes first.
///
/// # Safety
/// `callback` may be called on the engine's event thread until `release` was called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_on_event(
    call: DuetCall,
    callback: DuetCallCallback,
    user_data: *mut c_void,
    release: DuetRelease,
) -> DuetError {
    let user_data = UserData::new(user_data, release);
    entry(move || {
        with_call(call, |call| {
            call.watch(callback.map(|callback| {
                call.object.on_event(move |event| {
                    // SAFETY: the caller's promise; the event lives until the call is over.
                    with_call_event(event, |event| unsafe { callback(event, user_data.get()) });
                })
            }));
            Ok(())
        })
    })
}

/// The call's name; both sides of a ringing call know it by the same one.
///
/// @param buffer Where the name and its NUL go.
/// @param capacity Bytes in `buffer`; 129 are always enough for 128 ASCII characters.
/// @param needed Bytes needed, NUL included; may be NULL.
/// @return `DUET_ERROR_BUFFER_TOO_SMALL`.
///
/// # Safety
/// `buffer` holds `capacity` bytes; `needed` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_id(
    call: DuetCall,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> DuetError {
    // SAFETY: the caller's promise.
    let put = |id: &str| unsafe { memory::put_text(id, buffer, capacity, needed) };
    entry(|| with_call(call, |call| put(call.object.id().as_str())))
}

/// The person at the other end; empty while alone in a room. Parameters as for `duet_call_id`.
///
/// # Safety
/// As `duet_call_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_peer(
    call: DuetCall,
    buffer: *mut c_char,
    capacity: usize,
    needed: *mut usize,
) -> DuetError {
    // SAFETY: the caller's promise.
    let put = |peer: &str| unsafe { memory::put_text(peer, buffer, capacity, needed) };
    entry(|| with_call(call, |call| put(call.object.peer().as_ref().map_or("", |peer| peer.as_str()))))
}

/// Where the call stands.
///
/// # Safety
/// `state` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_state(call: DuetCall, state: *mut DuetCallState) -> DuetError {
    // SAFETY: the caller's promise.
    let put = |now| unsafe { memory::put("state", state, now) };
    entry(|| with_call(call, |call| put(call.object.state().into())))
}

/// What an incoming call asks for; what this end asked for otherwise.
///
/// # Safety
/// `audio` and `video` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_media(call: DuetCall, audio: *mut bool, video: *mut bool) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            memory::writable("video", video)?;
            let media = call.object.media();
            // SAFETY: the caller's promise.
            unsafe {
                memory::put("audio", audio, media.audio)?;
                memory::put("video", video, media.video)
            }
        })
    })
}

/// Answers an incoming call; of another call it does nothing. Returns at once.
///
/// @param options Which media this end sends and their frame rate; codecs and rates are those of the
///        session's `incoming`. NULL for the defaults.
///
/// # Safety
/// `options` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_accept(call: DuetCall, options: *const DuetCallOptions) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            // SAFETY: the caller's promise.
            call.object.accept(unsafe { call_options(options)? });
            Ok(())
        })
    })
}

/// Refuses an incoming call; of another call it does nothing. Returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_decline(call: DuetCall) -> DuetError {
    on(call, |call| {
        call.decline();
        Ok(())
    })
}

/// Ends the call in whatever state it is. Idempotent; returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_hang_up(call: DuetCall) -> DuetError {
    on(call, |call| {
        call.hang_up();
        Ok(())
    })
}

/// Pauses the call: nothing is sent or played until `duet_call_resume`; the other end is told.
///
/// @return `DUET_ERROR_CLOSED` or `DUET_ERROR_OVERLOADED`.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_hold(call: DuetCall) -> DuetError {
    on(call, Call::hold)
}

/// Goes on with a call that `duet_call_hold` paused. Other calls that talk are put on hold.
///
/// @return As `duet_call_hold`.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_resume(call: DuetCall) -> DuetError {
    on(call, Call::resume)
}

/// Asks the other end for pictures, both ways, in a call without; `DUET_CALL_EVENT_KIND_VIDEO` brings
/// the answer.
///
/// @return As `duet_call_hold`.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_ask_video(call: DuetCall) -> DuetError {
    on(call, Call::ask_video)
}

/// Answers `DUET_VIDEO_NEWS_ASKED`.
///
/// @return As `duet_call_hold`.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_answer_video(call: DuetCall, accept: bool) -> DuetError {
    on(call, |call| call.answer_video(accept))
}

/// Ends the pictures in both directions, without asking; takes back a question, too.
///
/// @return As `duet_call_hold`.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_stop_video(call: DuetCall) -> DuetError {
    on(call, Call::stop_video)
}

/// Waits until the call is over, for `timeout_ms` at most: for a host with a loop of its own. Handlers are
/// called all the same. Inside a callback it does not wait.
///
/// @param event Like that of a callback: `DUET_CALL_EVENT_KIND_ENDED`, or, if the call goes on,
///        `DUET_CALL_EVENT_KIND_STATE`.
///
/// # Safety
/// `event` is valid and may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_call_wait_ended(
    call: DuetCall,
    timeout_ms: u32,
    event: *mut DuetCallEvent,
) -> DuetError {
    entry(|| {
        memory::writable("event", event)?;
        let call = with_call(call, |call| Ok(call.object.clone()))?;
        let mut out: DuetCallEvent = memory::zeroed();
        match call.wait_ended(Duration::from_millis(timeout_ms.into())) {
            Some(ended) => fill_ended(&mut out, &ended),
            None => (out.kind, out.state) = (DuetCallEventKind::State, call.state().into()),
        }
        // SAFETY: the caller's promise.
        unsafe { memory::write("event", event, &out) }
    })
}

/// Hangs up and frees the handle; who waits for the call's end is told of it. Any thread, even inside a callback;
/// returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn duet_call_free(call: DuetCall) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            call.object.hang_up();
            Ok(())
        })?;
        objects::remove(call, Kind::Call)
    })
}

fn on(call: DuetCall, body: impl FnOnce(&Call) -> Result<(), Error>) -> DuetError {
    entry(|| with_call(call, |call| Ok(body(&call.object)?)))
}
