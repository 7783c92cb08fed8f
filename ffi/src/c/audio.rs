//! Sound in and out: interleaved PCM of any block size.

use duet_core::audio::{AudioBlock, AudioBlockMut, Samples, SamplesMut};
use duet_core::{Call, Played};

use super::call::DuetCall;
use super::entry::entry;
use super::error::{DuetError, Failure};
use super::memory;
use crate::objects::with_call;

/// What the best part of a block of sound is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuetPlayed {
    /// Nothing was sent, or nothing came for so long that concealment faded out.
    Silence = 0,
    /// Invented, because a packet is missing.
    Concealed = 1,
    /// What the sender said.
    Decoded = 2,
}

/// Hands in sound from the microphone. Copies and returns; never waits. Before the call is connected,
/// and while muted, the sound is discarded.
///
/// @param samples `frames * channels` samples, interleaved, full scale 32768.
/// @param frames Samples per channel; any number.
/// @param rate Samples per second and channel, 8000 to 48000.
/// @param channels 1 or 2.
/// @return `DUET_ERROR_INVALID_ARGUMENT`; the call goes on.
///
/// # Safety
/// `samples` points to that many readable samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_local_audio_push_i16(
    call: DuetCall,
    samples: *const i16,
    frames: usize,
    rate: u32,
    channels: u32,
) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            // SAFETY: the caller's promise.
            let samples = unsafe { memory::slice("samples", samples, count(frames, channels)?)? };
            push(&call.object, Samples::I16(samples), rate, channels)
        })
    })
}

/// As `duet_local_audio_push_i16`, for samples of full scale 1.0. What is beyond is clipped.
///
/// # Safety
/// `samples` points to `frames * channels` readable samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_local_audio_push_f32(
    call: DuetCall,
    samples: *const f32,
    frames: usize,
    rate: u32,
    channels: u32,
) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            // SAFETY: the caller's promise.
            let samples = unsafe { memory::slice("samples", samples, count(frames, channels)?)? };
            push(&call.object, Samples::F32(samples), rate, channels)
        })
    })
}

/// Mutes (`false`) and unmutes. Muted, silence is sent, so that the path stays warm.
#[unsafe(no_mangle)]
pub extern "C" fn duet_local_audio_set_enabled(call: DuetCall, enabled: bool) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            call.object.local_audio().set_enabled(enabled);
            Ok(())
        })
    })
}

/// Whether the microphone is on.
///
/// # Safety
/// `enabled` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_local_audio_is_enabled(call: DuetCall, enabled: *mut bool) -> DuetError {
    // SAFETY: the caller's promise.
    let put = |now| unsafe { memory::put("enabled", enabled, now) };
    entry(|| with_call(call, |call| put(call.object.local_audio().is_enabled())))
}

/// Fills the whole block with the next sound for the speaker: decoded, concealed or silent. Never waits
/// for the network. Call it as the speaker needs sound, from one thread; its pace is the playout clock.
///
/// @param samples Room for `frames * channels` samples; both channels of stereo get the same sound.
/// @param frames Samples per channel; any number.
/// @param rate Samples per second and channel, 8000 to 48000.
/// @param channels 1 or 2.
/// @param played What the block holds; may be NULL.
/// @return `DUET_ERROR_INVALID_ARGUMENT`.
///
/// # Safety
/// `samples` points to that many writable samples; `played` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_remote_audio_pull_i16(
    call: DuetCall,
    samples: *mut i16,
    frames: usize,
    rate: u32,
    channels: u32,
    played: *mut DuetPlayed,
) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            // SAFETY: the caller's promise.
            let samples = unsafe { memory::slice_mut("samples", samples, count(frames, channels)?)? };
            // SAFETY: the caller's promise.
            unsafe { pull(&call.object, SamplesMut::I16(samples), rate, channels, played) }
        })
    })
}

/// As `duet_remote_audio_pull_i16`, for samples of full scale 1.0.
///
/// # Safety
/// `samples` points to `frames * channels` writable samples; `played` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn duet_remote_audio_pull_f32(
    call: DuetCall,
    samples: *mut f32,
    frames: usize,
    rate: u32,
    channels: u32,
    played: *mut DuetPlayed,
) -> DuetError {
    entry(|| {
        with_call(call, |call| {
            // SAFETY: the caller's promise.
            let samples = unsafe { memory::slice_mut("samples", samples, count(frames, channels)?)? };
            // SAFETY: the caller's promise.
            unsafe { pull(&call.object, SamplesMut::F32(samples), rate, channels, played) }
        })
    })
}

/// Samples of all channels together; none of a number of channels that will be refused.
fn count(frames: usize, channels: u32) -> Result<usize, Failure> {
    narrow(channels)?;
    frames.checked_mul(channels as usize).ok_or_else(|| Failure::argument("more frames than memory"))
}

fn narrow(channels: u32) -> Result<u16, Failure> {
    match channels {
        1 | 2 => Ok(channels as u16),
        other => Err(Failure::argument(format!("{other} channels are not supported; use 1 or 2"))),
    }
}

fn push(call: &Call, samples: Samples<'_>, rate: u32, channels: u32) -> Result<(), Failure> {
    Ok(call.local_audio().push(AudioBlock { samples, rate, channels: narrow(channels)? })?)
}

/// # Safety
/// `played` is NULL or may be written.
unsafe fn pull(
    call: &Call,
    samples: SamplesMut<'_>,
    rate: u32,
    channels: u32,
    played: *mut DuetPlayed,
) -> Result<(), Failure> {
    let best = call.remote_audio().pull(AudioBlockMut { samples, rate, channels: narrow(channels)? })?;
    if played.is_null() {
        return Ok(());
    }
    let best = match best {
        Played::Silence => DuetPlayed::Silence,
        Played::Concealed => DuetPlayed::Concealed,
        Played::Decoded => DuetPlayed::Decoded,
    };
    // SAFETY: the caller's promise.
    unsafe { memory::put("played", played, best) }
}
