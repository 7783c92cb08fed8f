package dev.duet

import com.sun.jna.NativeLibrary
import com.sun.jna.Structure
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.net.InetAddress
import java.net.ServerSocket
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

class LifeTest {
    @Test
    fun `cancelling what waits ends neither the call nor what others wait for`() = test {
        Hosts().use { hosts ->
            val outgoing = hosts.alice.ring("bob")
            val incoming = hosts.bob.nextCall()
            assertNull(withTimeoutOrNull(20.milliseconds) { outgoing.connected() })
            coroutineScope {
                val collector = launch { outgoing.events.collect {} }
                val waiting = launch { outgoing.ended() }
                delay(20.milliseconds)
                collector.cancelAndJoin()
                waiting.cancelAndJoin()
            }
            incoming.accept()
            outgoing.connected()
            outgoing.close()
            incoming.ended()
            incoming.close()
        }
    }

    @Test
    fun `events and messages come on the thread that the host chose`() = test {
        Executors.newSingleThreadExecutor { Thread(it, "host") }.asCoroutineDispatcher().use { host ->
            fun here() = assertEquals("host", Thread.currentThread().name.substringBefore(' '))
            Engine(dispatcher = host).use { engine ->
                val bob = CompletableDeferred<Session>()
                val alice = engine.customSession("alice") { here(); bob.await().deliver(it) }
                bob.complete(engine.customSession("bob") { here(); runCatching { alice.deliver(it) } })
                coroutineScope {
                    val outgoing = alice.ring("bob")
                    val told = ConcurrentLinkedQueue<CallEvent>()
                    val collector = launch(host) { outgoing.events.collect { here(); told.add(it) } }
                    launch(host) { bob.await().nextCall().use { here(); it.accept(); it.hangUp() } }
                    collector.join()
                    assertTrue(told.any { it is CallEvent.Connected } && told.last() is CallEvent.Ended, told.toString())
                    outgoing.close()
                }
                alice.close()
                bob.await().close()
            }
        }
    }

    @Test
    fun `closing cancels what Rust waits for, and frees it`() = test {
        eventually("other tests' calls are freed") { nativeHandleCount() == 0UL }
        val native = NativeEngine(1u)
        val session = native.customSession(SessionConfig("alice"))
        val call = session.ring("bob", CallOptions())
        coroutineScope {
            // Nobody answers: after the first events, only cancelling ends this.
            val waiting = launch { call.events().use { while (it.next() != null) Unit } }
            delay(50.milliseconds)
            assertTrue(waiting.isActive)
            waiting.cancelAndJoin()
        }
        // Had the future lived, it would hold the call, and the call its handle.
        assertEquals(1UL, nativeHandleCount())
        call.destroy()
        assertEquals(0UL, nativeHandleCount())
        session.destroy()
        native.destroy()
    }

    @Test
    fun `a call that its host forgot hangs up`() = test {
        Hosts().use { hosts ->
            eventually("other tests' calls are freed") { nativeHandleCount() == 0UL }
            val incoming = ringAndForget(hosts)
            // The other end hears of it.
            eventually("the cleaner frees the call") { incoming.state.value == CallState.ENDED }
            assertEquals(EndedBy.REMOTE, incoming.ended().by)
            incoming.close()
            assertEquals(0UL, nativeHandleCount())
        }
    }

    /** In a frame of its own, so that nothing on the stack knows the call any more. */
    private suspend fun ringAndForget(hosts: Hosts): Call {
        hosts.alice.ring("bob")
        return hosts.bob.nextCall()
    }

    @Test
    fun `a call whose events somebody takes is not forgotten`() = test {
        Hosts().use { hosts ->
            coroutineScope {
                val told = ConcurrentLinkedQueue<CallEvent>()
                val collector = launch { hosts.alice.ring("bob").events.collect { told.add(it) } }
                val incoming = hosts.bob.nextCall()
                repeat(20) { System.gc(); delay(10.milliseconds) }
                assertTrue(collector.isActive && incoming.state.value == CallState.INCOMING, told.toString())
                incoming.decline()
                collector.join()
                assertEquals(EndReason.DECLINED, (told.last() as CallEvent.Ended).how.reason)
                incoming.close()
            }
        }
    }

    @Test
    fun `a session that its host forgot closes`() = test {
        Engine().use { engine ->
            val states = forgetSession(engine)
            eventually("the cleaner frees the session") { states.value == SessionState.CLOSED }
        }
    }

    private fun forgetSession(engine: Engine): StateFlow<SessionState> = engine.customSession("alice") {}.state

    @Test
    fun `waiting for the engine's end can be given up`() = test {
        Engine().use { engine ->
            ServerSocket(0, 1, InetAddress.getLoopbackAddress()).use { silent ->
                engine.session("ws://127.0.0.1:${silent.localPort}", "alice").use {
                    val began = TimeSource.Monotonic.markNow()
                    withTimeoutOrNull(100.milliseconds) { engine.closeAndWait(DEADLINE) }
                    // By itself the engine would wait twice as long for a service that says nothing.
                    assertTrue(began.elapsedNow() < 800.milliseconds)
                }
            }
        }
    }

    @Test
    fun `two hundred calls leave nothing behind`() = test(limit = 2.minutes) {
        Hosts().use { hosts ->
            repeat(30) { oneCall(hosts) }
            val left = mutableListOf(settled())
            repeat(2) {
                repeat(100) { oneCall(hosts, media = it % 20 == 0) }
                left += settled(left.first())
                assertEquals(0UL, nativeHandleCount())
            }
            println("before, after 100 and after 200 calls: $left")
            assertTrue(left.all { it.threads <= left.first().threads }, "$left")
            // What leaks does so in both halves; the JVM compiles and loads when it likes. 20 KiB a call: any buffer
            // pool, connection or codec left behind is more.
            val growth = left.zipWithNext { before, after -> after.inUseKib - before.inUseKib }
            assertTrue(growth.min() < 2 * 1024, "$left")
        }
    }

    private suspend fun oneCall(hosts: Hosts, media: Boolean = true) {
        val (outgoing, incoming) = hosts.connect()
        if (media) exchangeMedia(outgoing, incoming, 2)
        outgoing.hangUp()
        incoming.ended()
        outgoing.ended()
        outgoing.close()
        incoming.close()
    }

    private data class Left(val threads: Int, val inUseKib: Long)

    /** What ends in the background (codec threads, sockets) has a moment to do so. */
    private suspend fun settled(wanted: Left? = null): Left {
        var last = threads()
        var same = 0
        withTimeoutOrNull(DEADLINE) {
            while (if (wanted == null) same < 30 else last > wanted.threads) {
                delay(50.milliseconds)
                val now = threads()
                same = if (now == last) same + 1 else 0
                last = now
            }
        }
        System.gc()
        // A compiler that is at work gives back within a moment what it holds.
        return Left(last, List(20) { delay(50.milliseconds); inUse() }.min())
    }

    /**
     * Memory in use by the allocator's own word, in KiB: what it keeps for later makes the resident size wander by
     * megabytes without any leak.
     */
    private fun inUse(): Long {
        val info = NativeLibrary.getInstance("c").getFunction("mallinfo2").invoke(MallInfo::class.java, emptyArray())
        return (info as MallInfo).run { uordblks + hblkhd } / 1024
    }

    /** glibc's `struct mallinfo2`. */
    @Structure.FieldOrder(
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )
    class MallInfo : Structure(), Structure.ByValue {
        @JvmField var arena = 0L
        @JvmField var ordblks = 0L
        @JvmField var smblks = 0L
        @JvmField var hblks = 0L
        @JvmField var hblkhd = 0L
        @JvmField var usmblks = 0L
        @JvmField var fsmblks = 0L
        @JvmField var uordblks = 0L
        @JvmField var fordblks = 0L
        @JvmField var keepcost = 0L
    }
}
