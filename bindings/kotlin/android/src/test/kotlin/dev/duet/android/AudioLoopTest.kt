package dev.duet.android

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

@Timeout(30)
class AudioLoopTest {
    private val told = LinkedBlockingQueue<String>()
    private var opens: () -> AudioDevice? = { Fake() }
    private val loop = AudioLoop("test-audio", { told.add("prepared") }, { opens() }, { told.add("lost: ${it?.message}") }, pauseMs = 1)

    /** A device whose blocks come when the test says so. */
    private inner class Fake : AudioDevice {
        val turns = LinkedBlockingQueue<Boolean>()

        init {
            told.add("opened")
        }

        override fun turn(): Boolean = turns.take()

        override fun interrupt() {
            turns.add(false)
        }

        override fun close() {
            told.add("closed")
        }
    }

    private fun expect(vararg wanted: String) =
        assertEquals(wanted.toList(), wanted.map { told.poll(20, TimeUnit.SECONDS) })

    @AfterEach
    fun end() = loop.stop()

    @Test
    fun `a device that is lost is opened anew`() {
        val devices = LinkedBlockingQueue<Fake>()
        opens = { Fake().also(devices::add) }
        loop.start()
        expect("prepared", "opened")
        devices.take().turns.addAll(listOf(true, false))
        expect("closed", "opened")
        assertTrue(loop.running)
    }

    @Test
    fun `after a telephone call the device is opened anew although it never complained`() {
        loop.start()
        expect("prepared", "opened")
        loop.restart()
        expect("closed", "opened")
        assertTrue(loop.running)
    }

    @Test
    fun `a call that ends while the device opens has it opened once more`() {
        var first = true
        opens = {
            if (first) loop.restart()
            first = false
            Fake()
        }
        loop.start()
        expect("prepared", "opened", "closed", "opened")
    }

    @Test
    fun `however often it is renewed, it is not given up`() {
        loop.start()
        expect("prepared", "opened")
        repeat(3 * AudioLoop.ATTEMPTS) {
            loop.restart()
            expect("closed", "opened")
        }
        assertTrue(loop.running)
    }

    @Test
    fun `stopping returns at once even if the device hangs, and it is closed later`() {
        val (turns, hang) = List(2) { CountDownLatch(1) }
        opens = {
            object : AudioDevice by Fake() {
                override fun turn(): Boolean {
                    turns.countDown()
                    return hang.await(20, TimeUnit.SECONDS)
                }

                override fun interrupt() = Unit
            }
        }
        loop.start()
        expect("prepared", "opened")
        // Until it hangs, it could be closed at once.
        assertTrue(turns.await(20, TimeUnit.SECONDS))
        loop.stop()
        assertTrue(!loop.running && told.isEmpty())
        hang.countDown()
        expect("closed")
    }

    @Test
    fun `a device that cannot be had is given up after a few tries, and told`() {
        val tries = mutableListOf<Unit>()
        opens = {
            tries.add(Unit)
            error("busy")
        }
        loop.start()
        expect("prepared", "lost: busy")
        assertEquals(AudioLoop.ATTEMPTS, tries.size)
        assertTrue(!loop.running)
    }

    @Test
    fun `a device that opens but never works is given up, too`() {
        opens = { Fake().also { it.turns.add(false) } }
        loop.start()
        expect("prepared", *Array(2 * AudioLoop.ATTEMPTS) { if (it % 2 == 0) "opened" else "closed" }, "lost: null")
    }

    @Test
    fun `stopping while it waits for another try ends it silently`() {
        val tried = LinkedBlockingQueue<Unit>()
        val slow = AudioLoop("test-audio", {}, { null.also { tried.add(Unit) } }, { told.add("lost") }, pauseMs = 60_000)
        slow.start()
        tried.take()
        slow.stop()
        slow.start()
        assertNotNull(tried.poll(20, TimeUnit.SECONDS))
        slow.stop()
        assertTrue(told.isEmpty())
    }
}
