package dev.duet

import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Duration.Companion.milliseconds

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
    fun `the log names nobody and no place above debug, and stops when told so`() = test {
        val lines = ConcurrentLinkedQueue<Pair<LogLevel, String>>()
        Duet.setLog(LogLevel.TRACE) { level, _, message -> lines.add(level to message) }
        Server().use { server ->
            Engine().use { engine ->
                val sessions = listOf("alice", "bob").map { name ->
                    engine.session(server.url, SessionConfig(name, token = "a-token-of-ours")).also { it.connected() }
                }
                val outgoing = sessions[0].ring("bob")
                val incoming = sessions[1].incoming()
                incoming.accept()
                outgoing.close()
                incoming.ended()
                incoming.close()
            }
        }
        val secrets = listOf("127.0.0.1", "candidate:", "a=fingerprint", "ice-ufrag", "alice", "bob", "a-token-of-ours")
        val (told, kept) = lines.partition { it.first <= LogLevel.INFO }
        assertEquals(emptyList<String>(), told.map { it.second }.filter { line -> secrets.any { it in line } })
        assertTrue(kept.any { line -> secrets.any { it in line.second } }, "there was something to keep quiet about")

        Duet.setLogLevel(LogLevel.OFF)
        // What was on its way arrives.
        delay(50.milliseconds)
        val before = lines.size
        Hosts().use { hosts ->
            val (outgoing, incoming) = hosts.connect()
            outgoing.close()
            incoming.close()
        }
        assertEquals(before, lines.size)
        Duet.setLog(LogLevel.OFF, null)
    }
}
