package dev.duet.sample.live

import dev.duet.Call
import dev.duet.DuetException
import dev.duet.Engine
import dev.duet.Picture
import dev.duet.Played
import dev.duet.Session
import dev.duet.SessionConfig
import dev.duet.SessionEvent
import dev.duet.VideoFrame
import dev.duet.android.Facing
import dev.duet.sample.logic.AudioRouter
import dev.duet.sample.logic.CallController
import dev.duet.sample.logic.CallUi
import dev.duet.sample.logic.CameraQuality
import dev.duet.sample.logic.DuetLine
import dev.duet.sample.logic.FakeRoutes
import dev.duet.sample.logic.FakeTelecom
import dev.duet.sample.logic.Line
import dev.duet.sample.logic.MediaPort
import dev.duet.sample.logic.Tone
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.nio.ByteBuffer
import java.util.Collections
import kotlin.math.abs
import kotlin.math.sin
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** No step of a call takes this long, even on a loaded machine. */
val DEADLINE = 60.seconds

/** A signaling server, which also has the web page, in a process of its own. */
class Server : AutoCloseable {
    private val process = ProcessBuilder(System.getProperty("duet.program"), "serve", "--listen", "127.0.0.1:0")
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
    private val output = process.inputStream.bufferedReader()
    val url: String = output.readLine().split(' ').first { it.startsWith("http://") }

    override fun close() {
        process.destroyForcibly().waitFor()
        output.close()
    }
}

/** The sample's logic over the real engine and a real server, with devices that need no device. */
@OptIn(ExperimentalCoroutinesApi::class)
class Phone(url: String, name: String) : AutoCloseable {
    private val engine = Engine()
    private val main = Dispatchers.Default.limitedParallelism(1)
    private val scope = CoroutineScope(SupervisorJob() + main)
    val session: Session = engine.session(url, SessionConfig(name, roomStay = true))
    val media = SyntheticMedia()
    val log: MutableList<String> = Collections.synchronizedList(mutableListOf())
    val controller = CallController(
        scope, Dispatchers.IO, media, AudioRouter(FakeRoutes(log)), FakeTelecom(log), engine::deviceNews,
        clock = { System.nanoTime() / 1_000_000 },
    )

    init {
        scope.launch {
            controller.permissions(microphone = true, camera = true)
            session.events.filterIsInstance<SessionEvent.Incoming>().collect { controller.arrive(line(it.call)) }
        }
    }

    fun line(call: Call) = DuetLine(call, scope)

    /** Does something as the person would: on the main thread. */
    suspend fun <T> act(body: CallController.() -> T): T = withContext(main) { controller.body() }

    suspend fun ring(who: String) = act { place(line(session.ring(who))) }

    suspend fun join(room: String) = act { place(line(session.join(room)), room) }

    /** Waits until the screen shows what it should. */
    suspend fun shows(what: String, wanted: (CallUi) -> Boolean): CallUi =
        try {
            // What goes with it has happened, too, once the main thread has time again.
            withTimeout(DEADLINE) { controller.ui.first(wanted).also { withContext(main) {} } }
        } catch (late: kotlinx.coroutines.TimeoutCancellationException) {
            throw AssertionError("not $what: ${controller.ui.value}", late)
        }

    /** Waits until it has seen moving pictures and heard the other end's tone, anew. */
    suspend fun seesAndHears() {
        media.forget()
        try {
            withTimeout(DEADLINE) { while (media.changes < 5 || !media.heard) delay(20.milliseconds) }
        } catch (late: kotlinx.coroutines.TimeoutCancellationException) {
            throw AssertionError("saw ${media.changes} changes, heard ${media.heard}: ${controller.ui.value}", late)
        }
    }

    override fun close() {
        scope.cancel()
        media.stopAll()
        session.close()
        engine.close()
    }
}

/** A camera that sees a moving bar, a microphone that hears a tone, and a speaker and a screen that look and listen. */
class SyntheticMedia : MediaPort {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private var sound: Job? = null
    private var camera: Job? = null

    @Volatile
    var changes = 0
        private set

    @Volatile
    var heard = false
        private set

    @Volatile
    var cameraOn = false
        private set

    fun forget() {
        changes = 0
        heard = false
    }

    fun stopAll() = scope.cancel()

    override fun startSound(line: Line) {
        val call = (line as DuetLine).call
        sound = scope.launch {
            launch { watch(call) }
            val out = ShortArray(480)
            val block = ShortArray(480)
            var sample = 0L
            var due = System.nanoTime()
            while (isActive) {
                for (at in out.indices) out[at] = (9000 * sin(2 * Math.PI * 440 * sample++ / 48_000)).toInt().toShort()
                quietly {
                    call.localAudio.push(out, 48_000)
                    val played = call.remoteAudio.pull(block, 48_000)
                    heard = heard || (played == Played.DECODED && block.any { abs(it.toInt()) > 1000 })
                }
                due += 10_000_000
                delay((due - System.nanoTime()) / 1_000_000)
            }
        }
    }

    private suspend fun watch(call: Call) {
        val picture = Picture()
        var last = ByteArray(0)
        call.frames.collect {
            quietly {
                if (!call.remoteVideo.pull(picture)) return@quietly
                val luma = ByteArray(picture.width * picture.height).also { picture.data.duplicate().get(0, it) }
                if (last.size == luma.size && luma.indices.count { abs(luma[it] - last[it]) > 20 } > luma.size / 5000) changes++
                last = luma
            }
        }
    }

    override fun restartSound() = Unit

    override fun stopSound() {
        sound?.cancel()
    }

    override fun startCamera(line: Line, facing: Facing, quality: CameraQuality) {
        val call = (line as DuetLine).call
        camera?.cancel()
        cameraOn = true
        camera = scope.launch {
            val (width, height) = 320 to 240
            val pixels = ByteBuffer.allocateDirect(width * height * 3 / 2)
            for (at in width * height until pixels.capacity()) pixels.put(at, -128)
            var tick = 0
            while (isActive) {
                for (row in 0 until height) {
                    val bright: Byte = if ((row + 4 * tick) / 24 % 2 == 0) 110 else 30
                    for (column in 0 until width) pixels.put(row * width + column, bright)
                }
                tick++
                quietly { call.localVideo.push(VideoFrame.i420(width, height, pixels, rotation = 0)) }
                delay(1000L / quality.fps)
            }
        }
    }

    override fun stopCamera() {
        cameraOn = false
        camera?.cancel()
    }

    override fun torch(on: Boolean) = Unit
    override fun startScreen(line: Line) = Unit
    override fun stopScreen() = Unit
    override fun tone(tone: Tone?) = Unit

    private inline fun quietly(body: () -> Unit) {
        try {
            body()
        } catch (_: DuetException.Closed) {
            // The call ended first.
        }
    }
}
