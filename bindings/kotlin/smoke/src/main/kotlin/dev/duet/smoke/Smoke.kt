package dev.duet.smoke

import dev.duet.Call
import dev.duet.Duet
import dev.duet.DuetException
import dev.duet.EndReason
import dev.duet.Engine
import dev.duet.LogLevel
import dev.duet.Picture
import dev.duet.Played
import dev.duet.Session
import dev.duet.SessionConfig
import dev.duet.SessionEvent
import dev.duet.VideoFrame
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.math.abs
import kotlin.system.exitProcess

private const val WIDTH = 160
private const val HEIGHT = 120

/** Far more than a call takes, even on a loaded machine. */
private const val DEADLINE_MS = 60_000L

/** Two engines of this process call each other: both see and hear the other one, and one hangs up. */
fun main() {
    // Whatever goes wrong on whatever thread, and whoever still waits: the process fails, and ends.
    Thread.setDefaultUncaughtExceptionHandler { _, error -> end(error) }
    thread(isDaemon = true) {
        Thread.sleep(DEADLINE_MS + 10_000)
        end(IllegalStateException("the call does not end"))
    }
    runBlocking { run() }
    exitProcess(0)
}

private fun end(error: Throwable) {
    error.printStackTrace()
    Runtime.getRuntime().halt(1)
}

private suspend fun run() {
    val logged = AtomicInteger()
    Duet.setLog(LogLevel.DEBUG) { _, _, _ -> logged.incrementAndGet() }
    withTimeout(DEADLINE_MS) { call() }
    check(logged.get() > 0) { "nothing was logged" }
    Duet.setLog(LogLevel.DEBUG, null)
    println("a call through the package: ok, Duet ${Duet.version}")
}

private suspend fun call() {
    val engines = List(2) { Engine() }
    val sessions = List(2) { CompletableDeferred<Session>() }
    listOf("alice", "bob").forEachIndexed { side, name ->
        sessions[side].complete(engines[side].customSession(SessionConfig(name)) { message ->
            // What is still said to somebody who has left is lost.
            runCatching { sessions[1 - side].await().deliver(message) }
        })
    }
    val (alice, bob) = sessions.map { it.await() }
    val outgoing = alice.ring("bob")
    val incoming = bob.events.filterIsInstance<SessionEvent.Incoming>().first().call
    incoming.accept()
    outgoing.connected()
    val ends = listOf(End(outgoing), End(incoming))
    while (ends.any { !it.satisfied }) {
        ends.forEach { it.exchange() }
        delay(10)
    }
    check(incoming.stats().inboundVideo.framesDecoded > 0) { "the statistics know of no picture" }
    refused(outgoing)
    outgoing.hangUp()
    check(incoming.ended().reason == EndReason.HANG_UP) { "the end has another reason" }
    listOf<AutoCloseable>(outgoing, incoming, alice, bob).plus(engines).forEach { it.close() }
}

/** Errors of the library are exceptions, whatever their classes are called. */
private fun refused(call: Call) {
    try {
        call.localVideo.push(VideoFrame.i420(3, 3, ByteBuffer.allocateDirect(64)))
    } catch (refused: DuetException.InvalidArgument) {
        check(!refused.message.isNullOrEmpty()) { "a refusal without words" }
        return
    }
    error("a picture of 3x3 was taken")
}

private class End(private val call: Call) {
    private val source = ByteBuffer.allocateDirect(WIDTH * HEIGHT * 3 / 2)
    private val picture = Picture()
    private var pictures = 0
    private var heard = false
    private var tick = 0

    val satisfied: Boolean get() = pictures >= 3 && heard

    fun exchange() {
        if (tick++ % 4 == 0) {
            for (at in 0 until source.capacity()) source.put(at, if (at < WIDTH * HEIGHT) (at / 640 + tick).toByte() else -128)
            call.localVideo.push(VideoFrame.i420(WIDTH, HEIGHT, source))
        }
        if (call.remoteVideo.pull(picture) && picture.width == WIDTH) pictures++
        val block = ShortArray(480) { if (it / 60 % 2 == 0) 8000 else -8000 }
        call.localAudio.push(block, 48_000)
        heard = heard || call.remoteAudio.pull(block, 48_000) == Played.DECODED && block.any { abs(it.toInt()) > 1000 }
    }
}
