package dev.duet.sample.logic

import dev.duet.CallEvent
import dev.duet.CallState
import dev.duet.CallStats
import dev.duet.android.Facing
import kotlinx.coroutines.flow.Flow

/** What the controller needs of a call; [DuetLine] is the real one. Nothing here throws because a call is over. */
interface Line {
    val id: String

    /** The person at the other end; null while alone in a room. */
    val peer: String?

    /** Whether the call was made with pictures. */
    val wantsVideo: Boolean

    /** Where it stands now. */
    val state: CallState

    /** Ends after [CallEvent.Ended]. */
    val events: Flow<CallEvent>

    /** New pictures to show. */
    val frames: Flow<Unit>

    /** Answers; of a call that we placed it does nothing. */
    fun accept(video: Boolean)
    fun decline()
    fun hangUp()
    fun hold(on: Boolean)
    fun sound(on: Boolean)
    fun pictures(on: Boolean)
    fun screen(on: Boolean)
    fun askVideo()
    fun answerVideo(accept: Boolean)
    fun stats(): CallStats?

    /** Frees it, and hangs up if need be. */
    fun close()
}

/** Camera, microphone, speaker and screen of the device. Every function returns at once; the devices follow. */
interface MediaPort {
    fun startSound(line: Line)

    /** Opens microphone and speaker anew. */
    fun restartSound()
    fun stopSound()
    fun startCamera(line: Line, facing: Facing, quality: CameraQuality)
    fun stopCamera()
    fun torch(on: Boolean)

    /** Needs the person's agreement, which the activity has got. */
    fun startScreen(line: Line)
    fun stopScreen()

    /** What the person hears while it rings at the other end; null ends it. */
    fun tone(tone: Tone?)
}

/** What the phone's own telephone app is told of our calls, so that they do not talk over each other. */
interface TelecomPort {
    fun outgoing(id: String, peer: String, video: Boolean)
    fun incoming(id: String, peer: String, video: Boolean)
    fun active(id: String)
    fun held(id: String)
    fun ended(id: String, cause: EndCause)
}

enum class Tone { RINGBACK, BUSY }

enum class EndCause { LOCAL, REMOTE, DECLINED, MISSED, BUSY, FAILED }

/** What is asked of the camera. */
data class CameraQuality(val width: Int, val height: Int, val fps: Int) {
    companion object {
        val FULL = CameraQuality(1280, 720, 30)

        /** A third of the pixels per second: for a battery that runs low, or a phone that gets warm. */
        val SAVING = CameraQuality(640, 480, 15)
    }
}

/** How warm the phone is, from `PowerManager`'s steps. */
enum class Heat {
    NORMAL,
    WARM,
    HOT;

    companion object {
        /** @param status `THERMAL_STATUS_NONE` (0) to `THERMAL_STATUS_SHUTDOWN` (6). */
        fun of(status: Int): Heat = when {
            // Severe: the platform slows everything down already.
            status >= 3 -> HOT
            status == 2 -> WARM
            else -> NORMAL
        }
    }
}
