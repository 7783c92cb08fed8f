package dev.duet

import com.sun.jna.Native
import com.sun.jna.Pointer

/**
 * The C functions that media passes through, as they stand in `duet.h`, for machines with 64-bit pointers: a call costs
 * a fraction of one through the generated half, and nothing is copied.
 */
internal object Native64 {
    init {
        check(Native.SIZE_T_SIZE == 8) { "Duet for the JVM needs 64-bit pointers" }
        Native.register(Native64::class.java, "duet")
    }

    @JvmStatic
    external fun duet_last_error(): String

    @JvmStatic
    external fun duet_version(): String

    @JvmStatic
    external fun duet_local_video_push(call: Long, frame: Pointer, queued: Pointer): Int

    @JvmStatic
    external fun duet_remote_video_pull(
        call: Long,
        format: Int,
        data: Pointer?,
        capacity: Long,
        rowStride: Long,
        info: Pointer,
    ): Int

    @JvmStatic
    external fun duet_local_audio_push_i16(call: Long, samples: ShortArray, frames: Long, rate: Int, channels: Int): Int

    @JvmStatic
    external fun duet_local_audio_push_f32(call: Long, samples: FloatArray, frames: Long, rate: Int, channels: Int): Int

    @JvmStatic
    external fun duet_remote_audio_pull_i16(
        call: Long,
        samples: ShortArray,
        frames: Long,
        rate: Int,
        channels: Int,
        played: IntArray,
    ): Int

    @JvmStatic
    external fun duet_remote_audio_pull_f32(
        call: Long,
        samples: FloatArray,
        frames: Long,
        rate: Int,
        channels: Int,
        played: IntArray,
    ): Int
}

/** Throws what a C function refused with. */
internal fun check(code: Int) {
    if (code == 0) return
    val message = Native64.duet_last_error()
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
