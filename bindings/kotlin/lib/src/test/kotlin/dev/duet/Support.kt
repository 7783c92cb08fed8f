package dev.duet

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import java.io.File
import java.nio.ByteBuffer
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.math.abs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** No step of a call takes this long, even on a loaded machine. */
val DEADLINE = 30.seconds

const val WIDTH = 160
const val HEIGHT = 120

/** Two hosts that carry each other's messages. */
class Hosts(configure: (SessionConfig) -> SessionConfig = { it }) : AutoCloseable {
    val engines = List(2) { Engine() }
    private val sessions = List(2) { CompletableDeferred<Session>() }
    val alice = open(0, "alice", configure)
    val bob = open(1, "bob", configure)

    private fun open(side: Int, name: String, configure: (SessionConfig) -> SessionConfig): Session {
        val session = engines[side].customSession(configure(SessionConfig(name))) { message ->
            // What is still said to somebody who has left is lost.
            runCatching { sessions[1 - side].await().deliver(message) }
        }
        sessions[side].complete(session)
        return session
    }

    /** A call in which media flows both ways. */
    suspend fun connect(options: CallOptions = CallOptions()): Pair<Call, Call> {
        val outgoing = alice.ring("bob", options)
        val incoming = bob.nextCall()
        incoming.accept(options)
        outgoing.connected()
        return outgoing to incoming
    }

    override fun close() {
        alice.close()
        bob.close()
        engines.forEach { it.close() }
    }
}

/** What nobody caught on any thread: on a phone, each ends the app. */
private val uncaught = ConcurrentLinkedQueue<Throwable>().also { seen ->
    Thread.setDefaultUncaughtExceptionHandler { _, error -> seen.add(error) }
}

/** Runs a test that must not take long, and must not throw where nobody catches. */
fun test(limit: Duration = DEADLINE, body: suspend () -> Unit) {
    uncaught.clear()
    runBlocking { withTimeout(limit) { body() } }
    assertEquals(emptyList<Throwable>(), uncaught.toList())
}

/** One end's pictures and sound. */
class Media(private val call: Call) {
    private val source = ByteBuffer.allocateDirect(WIDTH * HEIGHT * 3 / 2)
    private val picture = Picture()
    private var luma = ByteArray(0)
    private var tick = 0
    var pictures = 0
    var changes = 0
    var heard = false

    fun exchange() {
        if (tick++ % 4 == 0) push()
        if (call.remoteVideo.pull(picture)) see()
        val block = ShortArray(480) { if (it / 60 % 2 == 0) 8000 else -8000 }
        call.localAudio.push(block, 48_000)
        heard = heard or (call.remoteAudio.pull(block, 48_000) == Played.DECODED && block.any { abs(it.toInt()) > 1000 })
    }

    private fun push() {
        for (row in 0 until HEIGHT) {
            val bright: Byte = if ((row + tick) / 16 % 2 == 0) 90 else 40
            for (column in 0 until WIDTH) source.put(row * WIDTH + column, bright)
        }
        for (chroma in WIDTH * HEIGHT until source.capacity()) source.put(chroma, -128)
        call.localVideo.push(VideoFrame.i420(WIDTH, HEIGHT, source))
    }

    private fun see() {
        check(picture.width == WIDTH && picture.height == HEIGHT) { "${picture.width}x${picture.height}" }
        val now = ByteArray(WIDTH * HEIGHT).also { picture.data.duplicate().get(0, it) }
        if (luma.isNotEmpty() && now.indices.count { abs(now[it] - luma[it]) > 20 } > 100) changes++
        luma = now
        pictures++
    }
}

/** Sends and receives at both ends until each has seen and heard the other. */
suspend fun exchangeMedia(first: Call, second: Call, pictures: Int = 10) {
    val ends = listOf(Media(first), Media(second))
    while (ends.any { it.pictures < pictures || it.changes < pictures / 2 || !it.heard }) {
        ends.forEach { it.exchange() }
        delay(10.milliseconds)
    }
}

/** A signaling server of its own process. */
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

/** Waits for something that ends in the background. */
suspend fun eventually(what: String, condition: () -> Boolean) {
    withTimeout(DEADLINE) {
        while (!condition()) {
            System.gc()
            delay(20.milliseconds)
        }
    }
    check(condition()) { what }
}

/** The engine's threads; the JVM's own come and go. */
fun threads(): Int =
    File("/proc/self/task").listFiles()!!.count { task ->
        // A thread may end while we look.
        runCatching { task.resolve("comm").readText().startsWith("duet") }.getOrDefault(false)
    }
