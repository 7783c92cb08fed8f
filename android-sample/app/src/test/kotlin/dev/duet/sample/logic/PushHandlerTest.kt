package dev.duet.sample.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class PushHandlerTest {
    private val log = mutableListOf<String>()
    private var signedIn = true
    private var now = 1_700_000_000_000L
    private val handler = PushHandler(
        object : WakePort {
            override fun openSession() = signedIn.also { log.add("open") }
            override fun expect(ring: Ring) {
                log.add("expect ${ring.id} ${ring.from} ${ring.video} ${ring.expiresInMs}")
            }
        },
        clock = { now },
    )
    private val ring = mapOf("call" to "c1", "from" to "alice", "media" to "video", "expires" to "1700000030")

    @Test
    fun `a push makes the call at once, from what it says`() {
        assertEquals(Pushed.Ringing(Ring("c1", "alice", true, 30_000)), handler.received(ring))
        assertEquals(listOf("open", "expect c1 alice true 30000"), log)
    }

    @Test
    fun `a push that comes twice rings once`() {
        handler.received(ring)
        assertEquals(Pushed.Again, handler.received(ring))
        assertEquals(1, log.count { it.startsWith("expect") })
    }

    @Test
    fun `a push that comes too late is a missed call`() {
        now += 30_000
        assertEquals(Pushed.Expired("alice"), handler.received(ring))
        assertTrue(log.isEmpty())
    }

    @Test
    fun `a sender whose clock is ahead does not make the phone ring for hours`() {
        val late = handler.received(ring + ("expires" to "1700009999"))
        assertEquals(60_000, (late as Pushed.Ringing).ring.expiresInMs)
    }

    @Test
    fun `whatever makes no sense is ignored with its reason and makes no call`() {
        val bad = listOf(
            emptyMap(), ring - "call", ring + ("from" to ""), ring - "media", ring + ("media" to "smell"), ring - "expires",
            ring + ("expires" to "soon"), ring + ("expires" to "-5"), ring + ("expires" to "99999999999999999"),
            ring + ("call" to "x".repeat(200)),
        )
        for (data in bad) assertTrue((handler.received(data) as Pushed.Ignored).why.isNotEmpty(), "$data")
        assertTrue(log.isEmpty())
    }

    @Test
    fun `when nobody is signed in nothing rings, and it may come again after signing in`() {
        signedIn = false
        assertTrue(handler.received(ring) is Pushed.Ignored)
        signedIn = true
        assertTrue(handler.received(ring) is Pushed.Ringing)
    }

    @Test
    fun `what it remembers is bounded`() {
        repeat(100) { handler.received(ring + ("call" to "c$it")) }
        assertTrue(handler.received(ring + ("call" to "c99")) is Pushed.Again)
        assertTrue(handler.received(ring + ("call" to "c0")) is Pushed.Ringing)
    }
}
