package dev.duet

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * One end of a call with a program in another language: `URL NAME [CALLEE]` rings CALLEE, or waits to be rung. Says
 * `ready` when it can be rung, `media` when it has seen and heard the other end, and at last how the call ended. A line
 * on its input, or the end of it, hangs up.
 */
fun main(args: Array<String>) = test(limit = 2.minutes) {
    Engine().use { engine ->
        val session = engine.session(args[0], args[1])
        session.connected()
        println("ready")
        val call = args.getOrNull(2)?.let { session.ring(it) } ?: session.nextCall()
        call.accept()
        val hangUp = CompletableDeferred<Unit>()
        thread(isDaemon = true) { readlnOrNull(); hangUp.complete(Unit) }
        coroutineScope {
            val asked = launch { hangUp.await(); call.hangUp() }
            val media = Media(call)
            var satisfied = false
            while (call.state.value != CallState.ENDED) {
                media.exchange()
                if (!satisfied && media.pictures >= 10 && media.changes >= 5 && media.heard) {
                    satisfied = true
                    println("media")
                }
                delay(10.milliseconds)
            }
            asked.cancel()
        }
        check(call.ended().reason == EndReason.HANG_UP) { call.ended() }
        println("hang-up")
        engine.closeAndWait(1.seconds)
        call.close()
        session.close()
    }
}
