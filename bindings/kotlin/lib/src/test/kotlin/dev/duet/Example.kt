package dev.duet.example

import dev.duet.CallEvent
import dev.duet.Engine
import dev.duet.Picture
import dev.duet.SessionEvent
import dev.duet.VideoFrame
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.nio.ByteBuffer

/** A call in a page of Kotlin: `URL NAME [CALLEE]` rings CALLEE, or waits to be rung. */
fun main(args: Array<String>): Unit = runBlocking {
    Engine().use { engine ->
        val session = engine.session(url = args[0], user = args[1])
        val call = args.getOrNull(2)?.let { session.ring(it) }
            ?: session.events.filterIsInstance<SessionEvent.Incoming>().first().call

        val picture = Picture()
        launch { call.frames.collect { if (call.remoteVideo.pull(picture)) println("a ${picture.width}x${picture.height} picture") } }
        val gray = ByteBuffer.allocateDirect(640 * 480 * 3 / 2)
        val camera = launch {
            while (true) {
                call.localVideo.push(VideoFrame.i420(640, 480, gray))
                delay(33)
            }
        }
        call.accept() // Of a call that we placed, it only waits.
        call.events.collect { if (it is CallEvent.Ended) println("over: ${it.how.reason}") else println(it) }
        camera.cancel()
    }
}
