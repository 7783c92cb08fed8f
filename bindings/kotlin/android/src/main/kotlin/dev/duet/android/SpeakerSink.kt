package dev.duet.android

import android.media.AudioAttributes
import android.media.AudioFormat
import android.media.AudioTrack
import android.os.Build
import android.os.Process
import dev.duet.DuetException

/**
 * The speaker, earpiece or headset, whichever the platform routes a call's sound to. For any thread; nothing here waits.
 *
 * @param listener is told if no output can be had.
 */
public class SpeakerSink(private val source: SoundSource, private val listener: DeviceListener) : AutoCloseable {
    private val loop = AudioLoop(
        name = "duet-speaker",
        prepare = { Process.setThreadPriority(Process.THREAD_PRIORITY_URGENT_AUDIO) },
        open = ::open,
        lost = { listener.lost("speaker: ${it?.message ?: "not available"}") },
    )

    /** Starts; does nothing while it runs. */
    public fun start(): Unit = loop.start()

    /** Opens the device anew, e.g. after a telephone call. */
    public fun restart(): Unit = loop.restart()

    /** Ends; returns at once. */
    override fun close(): Unit = loop.stop()

    private fun open(): AudioDevice? {
        val least = AudioTrack.getMinBufferSize(RATE, AudioFormat.CHANNEL_OUT_MONO, AudioFormat.ENCODING_PCM_16BIT)
        val builder = AudioTrack.Builder()
            .setAudioAttributes(
                // What echo cancellers and routes of calls go by.
                AudioAttributes.Builder()
                    .setUsage(AudioAttributes.USAGE_VOICE_COMMUNICATION)
                    .setContentType(AudioAttributes.CONTENT_TYPE_SPEECH)
                    .build(),
            )
            .setAudioFormat(
                AudioFormat.Builder()
                    .setSampleRate(RATE)
                    .setChannelMask(AudioFormat.CHANNEL_OUT_MONO)
                    .setEncoding(AudioFormat.ENCODING_PCM_16BIT)
                    .build(),
            )
            .setBufferSizeInBytes(maxOf(least, 2 * BLOCK * Short.SIZE_BYTES))
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
            builder.setPerformanceMode(AudioTrack.PERFORMANCE_MODE_LOW_LATENCY)
        }
        val track = builder.build()
        val device = Device(track, source)
        if (track.state == AudioTrack.STATE_INITIALIZED) track.play()
        if (track.playState == AudioTrack.PLAYSTATE_PLAYING) return device
        device.close()
        return null
    }

    private class Device(private val track: AudioTrack, private val source: SoundSource) : AudioDevice {
        private val block = ShortArray(BLOCK)

        override fun turn(): Boolean {
            try {
                source.pull(block, RATE)
            } catch (_: DuetException.Closed) {
                // The call ended first; whoever ended it also closes us.
                block.fill(0)
            }
            // Waits until there is room: the device's clock paces the call's.
            return track.write(block, 0, block.size) == block.size
        }

        override fun interrupt() {
            runCatching {
                track.pause()
                track.flush()
            }
        }

        override fun close() = track.release()
    }
}
