package dev.duet

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.nio.ByteBuffer
import kotlin.concurrent.thread

class MisuseTest {
    @Test
    fun `bad configurations are errors with words`() {
        assertThrows<DuetException.InvalidArgument> { Engine(workerThreads = -1) }
        assertThrows<DuetException.InvalidArgument> { Engine(workerThreads = 99) }
        Engine().use { engine ->
            val error = assertThrows<DuetException.InvalidArgument> { engine.session("nonsense", "alice") }
            assertTrue("nonsense" in error.message!!, error.message)
            assertThrows<DuetException.InvalidArgument> { engine.session("ws://127.0.0.1:1", "") }
            engine.customSession("alice") {}.use { session ->
                assertThrows<DuetException.InvalidArgument> { session.ring("") }
                assertThrows<DuetException.InvalidArgument> { session.ring("bob", CallOptions(fps = -3)) }
                assertThrows<DuetException.InvalidArgument> {
                    session.ring("bob", CallOptions(audio = false, video = false))
                }
                assertThrows<DuetException.InvalidArgument> { session.join("room") }
                assertThrows<DuetException.InvalidArgument> { session.deliver("nonsense") }
            }
        }
    }

    @Test
    fun `whoever waits for a call hears why the session failed`() = test {
        Engine().use { engine ->
            // Port 9 discards; nothing listens there.
            engine.session("ws://127.0.0.1:9", "alice").use { session ->
                repeat(2) { assertThrows<DuetException.Signaling> { runBlocking { session.nextCall() } } }
            }
        }
    }

    @Test
    fun `a session that is closed ends what waits for it`() = test {
        Engine().use { engine ->
            val session = engine.session("ws://127.0.0.1:1", "alice")
            session.close()
            assertThrows<DuetException.Closed> { runBlocking { session.connected() } }
            assertThrows<DuetException.Closed> { runBlocking { session.nextCall() } }
        }
    }

    @Test
    fun `bad pictures and sound are errors, and the call goes on`() = test {
        Hosts().use { hosts ->
            val (outgoing, incoming) = hosts.connect()
            val heap = ByteBuffer.allocate(WIDTH * HEIGHT * 3 / 2)
            val direct = ByteBuffer.allocateDirect(WIDTH * HEIGHT * 3 / 2)
            val video = outgoing.localVideo
            assertThrows<DuetException.InvalidArgument> { video.push(VideoFrame.i420(WIDTH, HEIGHT, heap)) }
            assertThrows<DuetException.InvalidArgument> { VideoFrame.i420(WIDTH, HEIGHT + 2, direct) }
            assertThrows<DuetException.InvalidArgument> { VideoFrame.i420(-2, -2, direct) }
            assertThrows<DuetException.InvalidArgument> { video.push(VideoFrame.i420(WIDTH - 1, HEIGHT, direct)) }
            assertThrows<DuetException.InvalidArgument> {
                video.push(VideoFrame.i420(WIDTH, HEIGHT, direct, rotation = 45))
            }
            assertThrows<DuetException.InvalidArgument> {
                video.push(VideoFrame.packed(WIDTH, HEIGHT, PixelFormat.RGBA, direct))
            }
            assertThrows<DuetException.InvalidArgument> {
                video.push(VideoFrame.yuv420(WIDTH, HEIGHT, Plane(direct, -1), Plane(direct, 80), Plane(direct, 80)))
            }
            assertThrows<DuetException.InvalidArgument> { outgoing.localAudio.push(ShortArray(480), 7_000) }
            assertThrows<DuetException.InvalidArgument> { outgoing.localAudio.push(ShortArray(481), 48_000, 2) }
            assertThrows<DuetException.InvalidArgument> { outgoing.localAudio.push(ShortArray(480), 48_000, 0) }
            assertThrows<DuetException.InvalidArgument> { outgoing.remoteAudio.pull(FloatArray(480), 1, 1) }
            outgoing.localVideo.enabled = false
            assertFalse(outgoing.localVideo.enabled)
            assertFalse(video.push(VideoFrame.i420(WIDTH, HEIGHT, direct)))
            outgoing.localVideo.enabled = true
            exchangeMedia(outgoing, incoming, 3)
            outgoing.close()
            incoming.close()
        }
    }

    @Test
    fun `what was closed says so, and may be closed again`() = test {
        val hosts = Hosts()
        val (outgoing, incoming) = hosts.connect()
        outgoing.close()
        outgoing.close()
        assertThrows<DuetException.Closed> { outgoing.hangUp() }
        assertThrows<DuetException.Closed> { outgoing.stats() }
        assertThrows<DuetException.Closed> { outgoing.localAudio.push(ShortArray(480), 48_000) }
        assertThrows<DuetException.Closed> { outgoing.remoteVideo.pull(Picture()) }
        assertThrows<DuetException.Closed> { outgoing.localVideo.enabled = true }
        assertThrows<CallEndedException> { runBlocking { outgoing.ended() } }
        incoming.close()
        hosts.close()
        hosts.close()
        assertThrows<DuetException.Closed> { hosts.alice.ring("bob") }
        assertThrows<DuetException.Closed> { hosts.engines[0].customSession("alice") {} }
        assertEquals(SessionState.CLOSED, hosts.alice.state.value)
    }

    @Test
    fun `threads that use and close a call at once end in errors, not crashes`() = test {
        Hosts().use { hosts ->
            repeat(5) {
                val (outgoing, incoming) = hosts.connect()
                val threads = List(4) { index ->
                    thread {
                        val media = Media(outgoing)
                        runCatching { repeat(200) { media.exchange() } }
                        if (index % 2 == 0) outgoing.close() else runCatching { outgoing.hangUp() }
                    }
                }
                threads.forEach { it.join() }
                incoming.ended()
                incoming.close()
            }
        }
    }
}
