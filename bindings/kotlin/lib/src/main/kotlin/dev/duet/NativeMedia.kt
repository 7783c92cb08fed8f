package dev.duet

import com.sun.jna.Native
import com.sun.jna.Pointer

/**
 * The C functions that media passes through, as they stand in `duet.h`: a call costs a fraction of one through the
 * generated half, and nothing is copied. Sizes are Java's ints, which no picture and no sound exceeds; how wide C's are,
 * is known once the library is loaded.
 */
internal object NativeMedia {
    /** Whether pointers and `size_t` have 64 bits. */
    @JvmField
    val wide: Boolean = Native.SIZE_T_SIZE == 8

    fun lastError(): String = if (wide) Native64.duet_last_error() else Native32.duet_last_error()

    fun version(): String = if (wide) Native64.duet_version() else Native32.duet_version()

    fun pushVideo(call: Long, frame: Pointer, queued: Pointer): Int =
        if (wide) {
            Native64.duet_local_video_push(call, frame, queued)
        } else {
            Native32.duet_local_video_push(call, frame, queued)
        }

    fun pullVideo(call: Long, format: Int, data: Pointer?, capacity: Int, info: Pointer): Int =
        if (wide) {
            Native64.duet_remote_video_pull(call, format, data, capacity.toLong(), 0, info)
        } else {
            Native32.duet_remote_video_pull(call, format, data, capacity, 0, info)
        }

    fun pushAudio(call: Long, samples: ShortArray, frames: Int, rate: Int, channels: Int): Int =
        if (wide) {
            Native64.duet_local_audio_push_i16(call, samples, frames.toLong(), rate, channels)
        } else {
            Native32.duet_local_audio_push_i16(call, samples, frames, rate, channels)
        }

    fun pushAudio(call: Long, samples: FloatArray, frames: Int, rate: Int, channels: Int): Int =
        if (wide) {
            Native64.duet_local_audio_push_f32(call, samples, frames.toLong(), rate, channels)
        } else {
            Native32.duet_local_audio_push_f32(call, samples, frames, rate, channels)
        }

    fun pullAudio(call: Long, samples: ShortArray, frames: Int, rate: Int, channels: Int, played: IntArray): Int =
        if (wide) {
            Native64.duet_remote_audio_pull_i16(call, samples, frames.toLong(), rate, channels, played)
        } else {
            Native32.duet_remote_audio_pull_i16(call, samples, frames, rate, channels, played)
        }

    fun pullAudio(call: Long, samples: FloatArray, frames: Int, rate: Int, channels: Int, played: IntArray): Int =
        if (wide) {
            Native64.duet_remote_audio_pull_f32(call, samples, frames.toLong(), rate, channels, played)
        } else {
            Native32.duet_remote_audio_pull_f32(call, samples, frames, rate, channels, played)
        }
}

/** Throws what a C function refused with. */
internal fun check(code: Int) {
    if (code == 0) return
    val message = NativeMedia.lastError()
    throw when (code) {
        1, 3 -> DuetException.InvalidArgument(message)
        2, 8 -> DuetException.Closed("the call is closed")
        4 -> DuetException.Signaling(message)
        5 -> DuetException.Unauthorized(message)
        6 -> DuetException.RoomFull(message)
        7 -> DuetException.NotFound(message)
        9 -> DuetException.Overloaded(message)
        10 -> DuetException.Codec(message)
        12 -> DuetException.NameTaken(message)
        13 -> DuetException.Unsupported(message)
        else -> DuetException.Internal(message)
    }
}
