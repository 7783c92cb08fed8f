package dev.duet.android

import dev.duet.Played

/** What becomes of a device in use. Called on the device's thread. */
public fun interface DeviceListener {
    /**
     * The device is gone and does not come back by itself.
     *
     * @param what says which and why, for a log.
     */
    public fun lost(what: String)
}

/** Where the microphone's sound goes: `{ samples, rate -> call.localAudio.push(samples, rate) }`. */
public fun interface SoundSink {
    public fun push(samples: ShortArray, rate: Int)
}

/** Where the speaker's sound comes from: `{ samples, rate -> call.remoteAudio.pull(samples, rate) }`. */
public fun interface SoundSource {
    public fun pull(samples: ShortArray, rate: Int): Played
}

/** Samples per second: the engine's own rate, so that nothing is resampled on the way. */
internal const val RATE: Int = 48_000

/** 10 ms: half of what the engine sends at a time, so that sound never waits for more than it must. */
internal const val BLOCK: Int = RATE / 100
