package dev.duet

import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty
import java.nio.ByteBuffer

/** What a call into Duet costs from the JVM: `cargo xtask bench --ffi`. */
@EnabledIfSystemProperty(named = "duet.cost", matches = "true")
class CostTest {
    @Test
    fun `the table`() = test {
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
            println("| language | call | us, median | p99 |\n|---|---|---|---|")
            cost("nothing, generated half (the time)") { hosts.engines[0].now() }
            cost("statistics") { outgoing.stats() }
            cost("copy of 720p (ByteBuffer)") { copy.put(0, pixels, 0, pixels.capacity()) }
            cost("push 720p") { outgoing.localVideo.push(frame) }
            outgoing.localVideo.enabled = false
            cost("push 720p, camera off (no copy)") { outgoing.localVideo.push(frame) }
            cost("pull picture") { incoming.remoteVideo.pull(picture) }
            cost("push 10 ms of sound") { outgoing.localAudio.push(sound, 48_000) }
            cost("pull 10 ms of sound") { incoming.remoteAudio.pull(sound, 48_000) }
            outgoing.close()
            incoming.close()
        }
    }

    private inline fun cost(name: String, body: () -> Unit) {
        repeat(3000) { body() }
        val spent = LongArray(1000) {
            val before = System.nanoTime()
            body()
            System.nanoTime() - before
        }
        spent.sort()
        println("| Kotlin | %s | %.2f | %.2f |".format(name, spent[500] / 1e3, spent[990] / 1e3))
    }
}
