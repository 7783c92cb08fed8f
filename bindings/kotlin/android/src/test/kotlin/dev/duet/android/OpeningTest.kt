package dev.duet.android

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class OpeningTest {
    private val closed = mutableListOf<String>()
    private val opening = Opening<String> { closed.add(it) }

    @Test
    fun `a camera that opens after the call is over is closed again`() {
        val ticket = opening.begin()
        opening.end()
        assertFalse(opening.opened(ticket, "front"))
        assertEquals(listOf("front"), closed)
    }

    @Test
    fun `flipping closes the camera before the other one is used`() {
        val front = opening.begin()
        assertTrue(opening.opened(front, "front"))
        val back = opening.begin()
        assertEquals(listOf("front"), closed)
        assertFalse(opening.isCurrent(front))
        assertTrue(opening.opened(back, "back"))
    }

    @Test
    fun `flipping twice while both still open leaves one open`() {
        val (first, second) = opening.begin() to opening.begin()
        assertTrue(opening.opened(second, "second"))
        assertFalse(opening.opened(first, "first"))
        assertEquals(listOf("first"), closed)
    }

    @Test
    fun `what is open is closed once`() {
        opening.opened(opening.begin(), "front")
        opening.end()
        opening.end()
        assertEquals(listOf("front"), closed)
    }
}
