package dev.duet

import com.sun.jna.Native
import com.sun.jna.Pointer

/** The C functions of [NativeMedia] where `size_t` has 64 bits. */
internal object Native64 {
    init {
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
