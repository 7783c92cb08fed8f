package dev.duet

import kotlinx.coroutines.flow.first
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.lang.management.ManagementFactory
import java.nio.ByteBuffer

/** What a call into Duet costs the thread that makes it, in a call with 720p pictures. */
class CostTest {
    private val threads = ManagementFactory.getThreadMXBean()

    @Test
    fun `nothing uses more than a millisecond, and a picture crosses in 40 us`() = test {
        Hosts().use { hosts ->
            val (outgoing, incoming) = hosts.connect()
            exchangeMedia(outgoing, incoming, 3)
            val width = 1280
            val height = 720
            val pixels = ByteBuffer.allocateDirect(width * height * 3 / 2)
            val copy = ByteBuffer.allocateDirect(pixels.capacity())
            val frame = VideoFrame.i420(width, height, pixels)
            val sound = ShortArray(480)
            val picture = Picture()
            println("| language | call | thread CPU us, median | p99 |\n|---|---|---|---|")
            cost("nothing (the version)") { Duet.version }
            cost("the time, generated half") { hosts.engines[0].now() }
            cost("statistics") { outgoing.stats() }
            val memory = cost("copy of 720p (ByteBuffer)") { copy.put(0, pixels, 0, pixels.capacity()) }
            val push = cost("push 720p") { outgoing.localVideo.push(frame) }
            println("| Kotlin | push 720p / copy | %.2f | |".format(push / memory))
            outgoing.localVideo.enabled = false
            val crossing = cost("push 720p, camera off (no copy)") { outgoing.localVideo.push(frame) }
            assertTrue(crossing <= 40, "a picture crosses in $crossing us")
            outgoing.localVideo.enabled = true
            pullPictures(outgoing, incoming, frame, picture)
            events(outgoing)
            cost("pull, nothing new") { incoming.remoteVideo.pull(picture) }
            cost("push 10 ms of sound") { outgoing.localAudio.push(sound, 48_000) }
            cost("pull 10 ms of sound") { incoming.remoteAudio.pull(sound, 48_000) }
            outgoing.close()
            incoming.close()
        }
    }

    /** The cost of taking a picture, of which there is only one now and then. */
    private suspend fun pullPictures(from: Call, to: Call, frame: VideoFrame, picture: Picture) {
        val spent = ArrayList<Long>()
        while (spent.size < 110) {
            from.localVideo.push(frame)
            to.frames.first()
            val before = threads.currentThreadCpuTime
            if (to.remoteVideo.pull(picture)) spent.add(threads.currentThreadCpuTime - before)
        }
        // The first ones make room for the picture.
        row("pull a 720p picture", spent.drop(10).toLongArray())
    }

    /** From a request to the event that tells of it, by the clock: through the engine's threads and to a collector. */
    private suspend fun events(call: Call) {
        val spent = LongArray(200) { round ->
            val before = System.nanoTime()
            if (round % 2 == 0) call.hold() else call.resume()
            call.events.first { it is CallEvent.Held && it.local == (round % 2 == 0) }
            System.nanoTime() - before
        }
        spent.sort()
        println("| Kotlin | hold to its event (clock) | %.2f | %.2f |".format(spent[100] / 1e3, spent[198] / 1e3))
    }

    /** Prints a row of the table and gives the median, in us. */
    private inline fun cost(name: String, body: () -> Unit): Double {
        repeat(3000) { body() }
        val spent = LongArray(1000) {
            val before = threads.currentThreadCpuTime
            body()
            threads.currentThreadCpuTime - before
        }
        return row(name, spent)
    }

    private fun row(name: String, spent: LongArray): Double {
        spent.sort()
        val (median, p99) = spent[spent.size / 2] / 1e3 to spent[(spent.size - 1) * 99 / 100] / 1e3
        println("| Kotlin | %s | %.2f | %.2f |".format(name, median, p99))
        assertTrue(p99 <= 1000, "$name uses $p99 us")
        return median
    }
}
