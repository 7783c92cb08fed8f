package dev.duet

import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.concurrent.ConcurrentLinkedQueue

class CallTest {
    @Test
    fun `a whole call over the host's own signaling`() = test {
        Hosts().use { hosts ->
            val (outgoing, incoming) = hosts.connect()
            assertEquals(outgoing.id, incoming.id)
            assertEquals("alice", incoming.peer)
            exchangeMedia(outgoing, incoming)
            val stats = incoming.stats()
            assertTrue(stats.inboundVideo.framesDecoded >= 10)
            assertEquals("1.2", stats.dtls)
            incoming.frames.first()
            incoming.hangUp()
            assertEquals(EndReason.HANG_UP, outgoing.ended().reason)
            assertEquals(EndedBy.LOCAL, incoming.ended().by)
            val events = outgoing.events.toList()
            assertTrue(events.any { it is CallEvent.Connected })
            assertTrue(events.last() is CallEvent.Ended)
            outgoing.close()
            incoming.close()
        }
    }

    @Test
    fun `a whole call over a service, with other pixels and sound`() = test {
        Server().use { server ->
            Engine().use { engine ->
                val alice = engine.session(server.url, "alice")
                val bob = engine.session(server.url, SessionConfig("bob"))
                alice.connected()
                bob.connected()
                assertEquals(SessionState.CONNECTED, bob.state.value)
                val outgoing = alice.ring("bob", CallOptions(fps = 20, maxKbps = 1000))
                val incoming = bob.incoming()
                assertEquals(CallState.INCOMING, incoming.state.value)
                incoming.accept()
                outgoing.connected()
                exchangeMedia(outgoing, incoming)
                val block = FloatArray(2 * 441)
                incoming.localAudio.push(block, 44_100, channels = 2)
                incoming.remoteAudio.pull(block, 44_100, channels = 2)
                outgoing.hold()
                incoming.events.first { it is CallEvent.Held && it.remote }
                outgoing.resume()
                outgoing.close()
                assertEquals(EndReason.HANG_UP, incoming.ended().reason)
                incoming.close()
            }
        }
    }

    @Test
    fun `a call that is declined ends what waits for it`() = test {
        Hosts().use { hosts ->
            val outgoing = hosts.alice.ring("bob", CallOptions(video = false))
            val incoming = hosts.bob.incoming()
            assertTrue(!incoming.wantsVideo)
            incoming.decline()
            val ended = assertThrows<CallEndedException> { runBlocking { outgoing.connected() } }
            assertEquals(EndReason.DECLINED, ended.how?.reason)
            outgoing.close()
            incoming.close()
        }
    }

    @Test
    fun `the log comes with its level and without addresses above debug`() = test {
        val lines = ConcurrentLinkedQueue<Pair<LogLevel, String>>()
        Duet.setLog(LogLevel.TRACE) { level, _, message -> lines.add(level to message) }
        Hosts().use { hosts ->
            val (outgoing, incoming) = hosts.connect()
            outgoing.close()
            incoming.ended()
            incoming.close()
        }
        Duet.setLog(LogLevel.TRACE, null)
        assertTrue(lines.isNotEmpty())
        val told = lines.filter { it.first <= LogLevel.INFO }.map { it.second }
        assertTrue(told.none { "candidate:" in it || "a=fingerprint" in it || "ice-ufrag" in it }, told.toString())
    }
}
