package dev.duet.sample.logic

import dev.duet.Call
import dev.duet.CallEndedException
import dev.duet.CallEvent
import dev.duet.CallOptions
import dev.duet.CallState
import dev.duet.CallStats
import dev.duet.DuetException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch

/** A call of the engine. */
class DuetLine(val call: Call, private val scope: CoroutineScope) : Line {
    override val id: String = call.id
    override val peer: String? get() = quietly { call.peer }
    override val wantsVideo: Boolean = call.wantsVideo
    override val state: CallState get() = call.state.value
    override val events: Flow<CallEvent> = call.events
    override val frames: Flow<Unit> = call.frames

    override fun accept(video: Boolean) {
        scope.launch {
            try {
                call.accept(CallOptions(video = video))
            } catch (_: CallEndedException) {
                // Its events tell.
            } catch (_: DuetException.Closed) {
                // We hung up first.
            }
        }
    }

    override fun decline() = say { call.decline() }
    override fun hangUp() = say { call.hangUp() }
    override fun hold(on: Boolean) = say { if (on) call.hold() else call.resume() }
    override fun sound(on: Boolean) = say { call.localAudio.enabled = on }
    override fun pictures(on: Boolean) = say { call.localVideo.enabled = on }
    override fun screen(on: Boolean) = say { call.localVideo.setScreen(on) }
    override fun askVideo() = say { call.askVideo() }
    override fun answerVideo(accept: Boolean) = say { call.answerVideo(accept) }
    override fun stats(): CallStats? = quietly { call.stats() }
    override fun close() = call.close()

    private fun say(body: () -> Unit) {
        quietly(body)
    }

    private fun <T> quietly(body: () -> T): T? =
        try {
            body()
        } catch (_: DuetException.Closed) {
            null
        }
}
