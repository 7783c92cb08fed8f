package dev.duet

/** What the best part of a block of sound is. */
public enum class Played {
    /** Nothing was sent, or nothing came for so long that concealment faded out. */
    SILENCE,

    /** Invented, because a packet is missing. */
    CONCEALED,

    /** What the sender said. */
    DECODED,
}

/** The sound we send. */
public class LocalAudio internal constructor(
    /** Keeps the call and what it needs. */
    @Suppress("unused") private val owner: Call,
    private val call: NativeCall,
    private val handle: Long,
) {
    /**
     * Hands in sound of any length. Copies and returns; never waits. Before the call is connected, and while muted, it
     * is discarded.
     *
     * @param samples interleaved, full scale 32768.
     * @param rate samples per second and channel, 8000 to 48000.
     * @param channels 1 or 2.
     */
    public fun push(samples: ShortArray, rate: Int, channels: Int = 1): Unit =
        check(NativeMedia.pushAudio(handle, samples, frames(samples.size, channels), rate, channels))

    /** As for shorts, of full scale 1.0. What is beyond is clipped. */
    public fun push(samples: FloatArray, rate: Int, channels: Int = 1): Unit =
        check(NativeMedia.pushAudio(handle, samples, frames(samples.size, channels), rate, channels))

    /** Mutes (false) and unmutes. Muted, silence is sent, so that the path stays warm. */
    public var enabled: Boolean
        get() = unlessClosed("the call") { call.isAudioEnabled() }
        set(value) = unlessClosed("the call") { call.setAudioEnabled(value) }
}

/** The sound we receive. */
public class RemoteAudio internal constructor(
    /** Keeps the call and what it needs. */
    @Suppress("unused") private val owner: Call,
    private val handle: Long,
) {
    private val played = IntArray(1)

    /**
     * Fills the whole block with the next sound: decoded, concealed or silent. Never waits for the network. Call it as
     * the speaker needs sound; its pace is the playout clock.
     *
     * @param samples interleaved, full scale 32768; both channels of stereo get the same sound.
     * @param rate samples per second and channel, 8000 to 48000.
     * @param channels 1 or 2.
     */
    @Synchronized
    public fun pull(samples: ShortArray, rate: Int, channels: Int = 1): Played {
        val frames = frames(samples.size, channels)
        check(NativeMedia.pullAudio(handle, samples, frames, rate, channels, played))
        return Played.entries[played[0]]
    }

    /** As for shorts, of full scale 1.0. */
    @Synchronized
    public fun pull(samples: FloatArray, rate: Int, channels: Int = 1): Played {
        val frames = frames(samples.size, channels)
        check(NativeMedia.pullAudio(handle, samples, frames, rate, channels, played))
        return Played.entries[played[0]]
    }
}

private fun frames(samples: Int, channels: Int): Int {
    if (channels !in 1..2 || samples % channels != 0) {
        throw DuetException.InvalidArgument("$samples samples of $channels channels are no sound; use 1 or 2")
    }
    return samples / channels
}
