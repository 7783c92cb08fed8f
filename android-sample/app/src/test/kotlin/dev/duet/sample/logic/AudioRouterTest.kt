package dev.duet.sample.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class AudioRouterTest {
    private val log: Log = mutableListOf()
    private val port = FakeRoutes(log)
    private var shown: Pair<Route?, List<Route>>? = null
    private val router = AudioRouter(port) { current, all -> shown = current to all }

    @Test
    fun `a voice call goes to the ear and a video call to the speaker`() {
        router.begin(video = false)
        assertEquals(EARPIECE, router.current)
        router.end()
        router.begin(video = true)
        assertEquals(SPEAKER, router.current)
    }

    @Test
    fun `a tablet without an earpiece uses the speaker`() {
        port.there = listOf(SPEAKER)
        router.begin(video = false)
        assertEquals(SPEAKER, router.current)
    }

    @Test
    fun `a headset goes before everything, Bluetooth before a wire`() {
        port.there = listOf(EARPIECE, SPEAKER, WIRED)
        router.begin(video = true)
        assertEquals(WIRED, router.current)
        port.there += BLUETOOTH
        router.devicesChanged()
        assertEquals(BLUETOOTH, router.current)
    }

    @Test
    fun `a headset that comes in mid-call takes the sound, even from a chosen speaker`() {
        router.begin(video = false)
        router.speaker(true)
        assertEquals(SPEAKER, router.current)
        port.there += WIRED
        router.devicesChanged()
        assertEquals(WIRED, router.current)
    }

    @Test
    fun `when the headset leaves, the sound falls back`() {
        port.there += BLUETOOTH
        router.begin(video = false)
        port.there -= BLUETOOTH
        router.devicesChanged()
        assertEquals(EARPIECE, router.current)
        assertEquals(EARPIECE to listOf(EARPIECE, SPEAKER), shown)
    }

    @Test
    fun `the person's choice stays while its device does`() {
        port.there += BLUETOOTH
        router.begin(video = false)
        router.choose(RouteKind.EARPIECE)
        router.devicesChanged()
        router.restore()
        assertEquals(EARPIECE, router.current)
    }

    @Test
    fun `speaker off goes back to the headset, or else to the ear`() {
        port.there += WIRED
        router.begin(video = true)
        router.speaker(true)
        router.speaker(false)
        assertEquals(WIRED, router.current)
        port.there -= WIRED
        router.devicesChanged()
        router.speaker(false)
        assertEquals(EARPIECE, router.current)
    }

    @Test
    fun `what the platform refuses is passed over until devices change`() {
        port.there += BLUETOOTH
        port.refuses = setOf(BLUETOOTH)
        router.begin(video = false)
        assertEquals(EARPIECE, router.current)
        port.refuses = emptySet()
        router.devicesChanged()
        assertEquals(BLUETOOTH, router.current)
    }

    @Test
    fun `Bluetooth that does not come about gives way`() {
        port.there += BLUETOOTH
        port.pending = setOf(BLUETOOTH)
        router.begin(video = false)
        assertEquals(BLUETOOTH, router.current)
        router.selected(BLUETOOTH, success = false)
        assertEquals(EARPIECE, router.current)
        router.selected(BLUETOOTH, success = false)
        assertEquals(EARPIECE, router.current, "an answer that is late changes nothing")
    }

    @Test
    fun `where everything is refused, nothing is chosen and nothing loops`() {
        port.refuses = setOf(EARPIECE, SPEAKER)
        router.begin(video = false)
        assertNull(router.current)
        assertEquals(2, port.selected.size)
    }

    @Test
    fun `after a telephone call mode, focus and route are set again although nothing changed`() {
        router.begin(video = false)
        log.clear()
        router.restore()
        assertEquals(listOf("mode true", "focus true", "route EARPIECE"), log)
    }

    @Test
    fun `everything is given back once, and later news change nothing`() {
        router.begin(video = false)
        log.clear()
        router.end()
        router.end()
        router.devicesChanged()
        router.restore()
        assertEquals(listOf("route none", "focus false", "mode false"), log)
        assertFalse(router.running)
    }

    @Test
    fun `the route that is in use is not selected again`() {
        router.begin(video = false)
        router.devicesChanged()
        assertEquals(1, port.selected.size)
    }
}
