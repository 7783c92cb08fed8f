package dev.duet.sample.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class NetworkMonitorTest {
    private var changes = 0
    private val online = mutableListOf<Boolean>()
    private val monitor = NetworkMonitor({ changes++ }, online::add)

    private fun on(network: Long, vararg addresses: String) {
        monitor.available(network)
        monitor.addresses(network, addresses.toSet())
    }

    @Test
    fun `the network that the app begins with is no change`() {
        on(1, "192.0.2.7")
        assertEquals(0, changes)
        assertEquals(listOf(true), online)
    }

    @Test
    fun `from Wi-Fi to mobile data is one change`() {
        on(1, "192.0.2.7")
        on(2, "198.51.100.9")
        monitor.lost(1)
        assertEquals(1, changes)
        assertEquals(true, online.last())
    }

    @Test
    fun `the same addresses told again are no change, others on the same network are`() {
        on(1, "192.0.2.7", "2001:db8::1")
        monitor.addresses(1, setOf("2001:db8::1", "192.0.2.7"))
        assertEquals(0, changes)
        monitor.addresses(1, setOf("192.0.2.8", "2001:db8::1"))
        assertEquals(1, changes)
    }

    @Test
    fun `the same network after a lift is another one`() {
        on(1, "192.0.2.7")
        monitor.lost(1)
        assertEquals(listOf(true, false), online)
        assertEquals(0, changes)
        on(1, "192.0.2.7")
        assertEquals(1, changes)
    }

    @Test
    fun `a network without an address is not told before it has one`() {
        on(1, "192.0.2.7")
        on(2)
        assertEquals(0, changes)
        monitor.addresses(2, setOf("198.51.100.9"))
        assertEquals(1, changes)
    }

    @Test
    fun `news of a network that is not ours mean nothing`() {
        on(1, "192.0.2.7")
        monitor.addresses(3, setOf("198.51.100.9"))
        monitor.lost(3)
        assertEquals(0, changes)
        assertEquals(listOf(true), online)
    }
}
