package dev.duet.example

import dev.duet.Engine
import dev.duet.Picture
import dev.duet.VideoFrame
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.nio.ByteBuffer
import kotlin.time.Duration.Companion.seconds

/** A call in a page of Kotlin: `URL NAME [CALLEE]` rings CALLEE, or waits to be rung; the hundredth picture ends it. */
fun main(args: Array<String>): Unit = runBlocking {
    Engine().use { engine ->
        val session = engine.session(url = args[0], user = args[1])
        val call = args.getOrNull(2)?.let { session.ring(it) } ?: session.nextCall()
        call.accept() // Of a call that we placed, it only waits.

        val gray = VideoFrame.i420(640, 480, ByteBuffer.allocateDirect(640 * 480 * 3 / 2))
        val camera = launch { while (true) { call.localVideo.push(gray); delay(33) } }
        val picture = Picture()
        var pictures = 0
        call.frames.collect { if (call.remoteVideo.pull(picture) && ++pictures == 100) call.hangUp() }
        camera.cancel()
        println("$pictures pictures, ${call.ended().reason}")
        engine.closeAndWait(1.seconds)
    }
}
