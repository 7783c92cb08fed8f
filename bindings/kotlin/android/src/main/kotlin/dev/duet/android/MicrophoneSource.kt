package dev.duet.android

import android.Manifest
import android.media.AudioFormat
import android.media.AudioRecord
import android.media.MediaRecorder
import android.media.audiofx.AcousticEchoCanceler
import android.media.audiofx.AudioEffect
import android.media.audiofx.AutomaticGainControl
import android.media.audiofx.NoiseSuppressor
import android.os.Process
import dev.duet.DuetException

/**
 * The microphone, with the platform's echo canceller, noise suppressor and gain control. Needs the permission
 * [Manifest.permission.RECORD_AUDIO]. For any thread; nothing here waits.
 *
 * @param listener is told if the microphone cannot be had, e.g. because another app holds it.
 */
public class MicrophoneSource(private val sink: SoundSink, private val listener: DeviceListener) : AutoCloseable {
    private val loop = AudioLoop(
        name = "duet-microphone",
        prepare = { Process.setThreadPriority(Process.THREAD_PRIORITY_URGENT_AUDIO) },
        open = ::open,
        lost = { listener.lost("microphone: ${it?.message ?: "not available"}") },
    )

    /** Starts; does nothing while it runs. */
    public fun start(): Unit = loop.start()

    /** Opens the device anew, e.g. after a telephone call. */
    public fun restart(): Unit = loop.restart()

    /** Ends; returns at once. */
    override fun close(): Unit = loop.stop()

    // The permission is the app's to ask for; without it the device is not to be had.
    private fun open(): AudioDevice? {
        val least = AudioRecord.getMinBufferSize(RATE, AudioFormat.CHANNEL_IN_MONO, AudioFormat.ENCODING_PCM_16BIT)
        val record = AudioRecord(
            // The source for which the platform cancels what the speaker plays.
            MediaRecorder.AudioSource.VOICE_COMMUNICATION,
            RATE,
            AudioFormat.CHANNEL_IN_MONO,
            AudioFormat.ENCODING_PCM_16BIT,
            maxOf(least, 4 * BLOCK * Short.SIZE_BYTES),
        )
        val device = Device(record, sink)
        if (record.state == AudioRecord.STATE_INITIALIZED) record.startRecording()
        if (record.recordingState == AudioRecord.RECORDSTATE_RECORDING) return device
        device.close()
        return null
    }

    private class Device(private val record: AudioRecord, private val sink: SoundSink) : AudioDevice {
        private val effects = effects(record.audioSessionId)
        private val block = ShortArray(BLOCK)

        override fun turn(): Boolean {
            val read = record.read(block, 0, block.size)
            if (read == block.size) return sink.take(block)
            // A part of a block comes only when the device was stopped; below 0 it is gone.
            return read > 0 && sink.take(block.copyOf(read))
        }

        override fun interrupt() {
            runCatching { record.stop() }
        }

        override fun close() {
            effects.forEach { it.release() }
            record.release()
        }
    }

    private companion object {
        fun SoundSink.take(samples: ShortArray): Boolean {
            try {
                push(samples, RATE)
            } catch (_: DuetException.Closed) {
                // The call ended first; whoever ended it also closes us.
            }
            return true
        }

        fun effects(session: Int): List<AudioEffect> {
            val available = listOf(
                AcousticEchoCanceler.isAvailable() to { AcousticEchoCanceler.create(session) as AudioEffect? },
                NoiseSuppressor.isAvailable() to { NoiseSuppressor.create(session) as AudioEffect? },
                AutomaticGainControl.isAvailable() to { AutomaticGainControl.create(session) as AudioEffect? },
            )
            return available.mapNotNull { (there, create) -> if (there) create() else null }.onEach { it.enabled = true }
        }
    }
}
