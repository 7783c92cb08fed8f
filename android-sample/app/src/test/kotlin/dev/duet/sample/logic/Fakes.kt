package dev.duet.sample.logic

import dev.duet.AudioRecvStats
import dev.duet.AudioSendStats
import dev.duet.CallEvent
import dev.duet.CallState
import dev.duet.CallStats
import dev.duet.EndReason
import dev.duet.Ended
import dev.duet.EndedBy
import dev.duet.Phase
import dev.duet.VideoRecvStats
import dev.duet.VideoSendStats
import dev.duet.android.Facing
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.receiveAsFlow
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What happened, in order, whoever did it. */
typealias Log = MutableList<String>

/** A call that the test is the other end of. */
class FakeLine(
    private val log: Log,
    override val id: String = "call-1",
    override var peer: String? = "bob",
    override val wantsVideo: Boolean = true,
    override var state: CallState = CallState.OUTGOING,
) : Line {
    private val queue = Channel<CallEvent>(Channel.UNLIMITED)
    override val events: Flow<CallEvent> = queue.receiveAsFlow()
    override val frames: Flow<Unit> = emptyFlow()
    var stats: CallStats? = null

    fun tell(event: CallEvent) {
        if (event is CallEvent.State) state = event.state
        queue.trySend(event)
        if (event is CallEvent.Ended) queue.close()
    }

    fun tell(state: CallState) = tell(CallEvent.State(state))

    fun end(reason: EndReason, by: EndedBy = EndedBy.REMOTE) {
        tell(CallState.ENDED)
        tell(CallEvent.Ended(Ended(by, reason, Phase.CONNECTED, 5.seconds, true, 0)))
    }

    private fun say(what: String) {
        log.add("$id $what")
    }

    override fun accept(video: Boolean) = say("accept")
    override fun decline() = say("decline")
    override fun hangUp() = say("hangUp")
    override fun hold(on: Boolean) = say("hold $on")
    override fun sound(on: Boolean) = say("sound $on")
    override fun pictures(on: Boolean) = say("pictures $on")
    override fun screen(on: Boolean) = say("screen $on")
    override fun askVideo() = say("askVideo")
    override fun answerVideo(accept: Boolean) = say("answerVideo $accept")
    override fun stats(): CallStats? = stats
    override fun close() = say("close")
}

class FakeMedia(private val log: Log) : MediaPort {
    override fun startSound(line: Line) = say("sound on")
    override fun restartSound() = say("sound anew")
    override fun stopSound() = say("sound off")
    override fun startCamera(line: Line, facing: Facing, quality: CameraQuality) = say("camera $facing ${quality.height}p${quality.fps}")
    override fun stopCamera() = say("camera off")
    override fun torch(on: Boolean) = say("torch $on")
    override fun startScreen(line: Line) = say("screen on")
    override fun stopScreen() = say("screen off")
    override fun tone(tone: Tone?) = say("tone $tone")

    private fun say(what: String) {
        log.add(what)
    }
}

class FakeTelecom(private val log: Log) : TelecomPort {
    override fun outgoing(id: String, peer: String, video: Boolean) = say("outgoing $peer")
    override fun incoming(id: String, peer: String, video: Boolean) = say("incoming $peer")
    override fun active(id: String) = say("active")
    override fun held(id: String) = say("held")
    override fun ended(id: String, cause: EndCause) = say("ended $cause")

    private fun say(what: String) {
        log.add("telecom $what")
    }
}

val EARPIECE = Route(RouteKind.EARPIECE, 1)
val SPEAKER = Route(RouteKind.SPEAKER, 2)
val WIRED = Route(RouteKind.WIRED, 3)
val BLUETOOTH = Route(RouteKind.BLUETOOTH, 4, "Buds")

class FakeRoutes(private val log: Log = mutableListOf()) : RoutePort {
    var there = listOf(EARPIECE, SPEAKER)
    var refuses = emptySet<Route>()
    var pending = emptySet<Route>()
    val selected = mutableListOf<Route>()
    override fun available(): List<Route> = there

    override fun select(route: Route): Selected {
        log.add("route ${route.kind}")
        selected.add(route)
        return if (route in refuses) Selected.REFUSED else if (route in pending) Selected.PENDING else Selected.DONE
    }

    override fun clear() {
        log.add("route none")
    }

    override fun inCommunication(on: Boolean) {
        log.add("mode $on")
    }

    override fun focus(wanted: Boolean): Boolean {
        log.add("focus $wanted")
        return true
    }
}

/** Statistics with what a test is about. */
fun stats(
    rttMs: Long? = 50,
    received: Long = 0,
    lost: Long = 0,
    samples: Long = 0,
    concealed: Long = 0,
    silent: Long = 0,
    freezes: Long = 0,
    decoded: Long = 0,
    bytes: Long = 0,
) = CallStats(
    rtt = rttMs?.milliseconds,
    availableSendBps = 1_000_000,
    dtls = "1.2",
    iceState = "connected",
    icePair = "host/host",
    outboundVideo = VideoSendStats(null, "OpenH264", 0, 0, 0, 0, 640, 480, 0, 0, bytes, 0, 0),
    inboundVideo = VideoRecvStats(null, decoded, 0, 0, 640, 480, received, bytes, lost, 0, 0, freezes),
    outboundAudio = AudioSendStats(0, 0),
    inboundAudio = AudioRecvStats(0, 0, 0, samples, concealed, silent, 0, 40.milliseconds, 0.0),
)
