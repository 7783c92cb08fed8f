package dev.duet.sample.platform

import android.app.Activity
import android.content.Context
import android.content.Intent
import android.media.AudioManager
import android.media.ToneGenerator
import android.media.projection.MediaProjectionManager
import dev.duet.Call
import dev.duet.android.CameraSource
import dev.duet.android.Facing
import dev.duet.android.MicrophoneSource
import dev.duet.android.PictureSize
import dev.duet.android.PictureViewer
import dev.duet.android.ScreenSource
import dev.duet.android.SpeakerSink
import dev.duet.sample.logic.CameraQuality
import dev.duet.sample.logic.DuetLine
import dev.duet.sample.logic.Line
import dev.duet.sample.logic.MediaPort
import dev.duet.sample.logic.Tone

/** The device's camera, microphone, speaker and screen. For the main thread. */
class AndroidMedia(
    private val context: Context,
    private val cameraLost: () -> Unit,
    private val microphoneLost: () -> Unit,
    private val sharingStopped: () -> Unit,
) : MediaPort {
    private var microphone: MicrophoneSource? = null
    private var speaker: SpeakerSink? = null
    private var camera: CameraSource? = null
    private var screen: ScreenSource? = null
    private var tones: ToneGenerator? = null

    /** What the person agreed to; good for one sharing. */
    private var consent: Intent? = null
    private var waiting: Call? = null
    private var servesScreen = false

    /** Who shows the camera's pictures; null while no screen of a call is to be seen. */
    @Volatile
    var selfView: PictureViewer? = null

    /** The person agreed to share the screen: what the platform's question answered. */
    fun agreed(answer: Intent) {
        consent = answer
    }

    /** The service of a call runs, for the screen's sake or not: only then the platform hands the screen out. */
    fun serviceRuns(screen: Boolean) {
        servesScreen = screen
        beginScreen()
    }

    override fun startSound(line: Line) {
        val call = line.call
        microphone = MicrophoneSource({ samples, rate -> call.localAudio.push(samples, rate) }, { onMain(microphoneLost) }).apply { start() }
        speaker = SpeakerSink({ samples, rate -> call.remoteAudio.pull(samples, rate) }, { onMain(microphoneLost) }).apply { start() }
    }

    override fun restartSound() {
        microphone?.restart()
        speaker?.restart()
    }

    override fun stopSound() {
        microphone?.close()
        speaker?.close()
        microphone = null
        speaker = null
    }

    override fun startCamera(line: Line, facing: Facing, quality: CameraQuality) {
        val call = line.call
        camera?.close()
        camera = CameraSource(
            context,
            { call.localVideo.push(it) },
            { width, height, y, u, v, rotation, color -> selfView?.show(width, height, y, u, v, rotation, color) },
            { onMain(cameraLost) },
        ).apply { start(facing, PictureSize(quality.width, quality.height), quality.fps) }
    }

    override fun stopCamera() {
        camera?.close()
        camera = null
    }

    override fun torch(on: Boolean) {
        camera?.torch = on
    }

    override fun startScreen(line: Line) {
        waiting = line.call
        beginScreen()
    }

    override fun stopScreen() {
        waiting = null
        screen?.close()
        screen = null
    }

    override fun tone(tone: Tone?) {
        tones?.release()
        tones = null
        val kind = when (tone ?: return) {
            Tone.RINGBACK -> ToneGenerator.TONE_SUP_RINGTONE
            Tone.BUSY -> ToneGenerator.TONE_SUP_BUSY
        }
        // It fails where the phone has no sound to give; a call goes on without.
        tones = runCatching { ToneGenerator(AudioManager.STREAM_VOICE_CALL, VOLUME).apply { startTone(kind) } }.getOrNull()
    }

    private fun beginScreen() {
        val call = waiting?.takeIf { servesScreen } ?: return
        val answer = consent ?: return onMain(sharingStopped)
        waiting = null
        consent = null
        val manager = context.getSystemService(Context.MEDIA_PROJECTION_SERVICE) as MediaProjectionManager
        val projection = runCatching { manager.getMediaProjection(Activity.RESULT_OK, answer) }.getOrNull()
        if (projection == null) return onMain(sharingStopped)
        screen = ScreenSource(context, projection, { call.localVideo.push(it) }) { onMain(sharingStopped) }
    }

    private fun onMain(body: () -> Unit) = MainThread.dispatch(MainThread) { body() }

    private val Line.call: Call get() = (this as DuetLine).call

    private companion object {
        /** Of 100: as loud as a voice. */
        const val VOLUME = 70
    }
}
