package dev.duet

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeSource

/**
 * The root of everything: threads, sessions and their calls. One serves a whole app.
 *
 * Nothing in Duet waits for the network or a codec except functions marked `suspend`. Everything may be called
 * from any thread and inside any collector.
 *
 * @param workerThreads threads for signaling and transport, 1 to 16; one carries several calls.
 * @param dispatcher where events are handed on from; collectors choose their own context.
 * @throws DuetException for a bad number, or if the system refuses a thread.
 */
public class Engine(
    workerThreads: Int = 1,
    private val dispatcher: CoroutineDispatcher = Dispatchers.Default,
) : AutoCloseable {
    private val native = NativeEngine(workerThreads.toUInt())

    /**
     * Opens a session to a signaling service. Returns at once; [Session.connected] waits for it. Calls may be
     * placed right away.
     *
     * @param url `http(s)://host:port` or `ws(s)://host:port` of the service.
     */
    public fun session(url: String, config: SessionConfig): Session =
        open { Session(native.session(url, config), this, null, dispatcher) }

    /** Opens a session as [user] with the defaults. */
    public fun session(url: String, user: String): Session = session(url, SessionConfig(user))

    /**
     * Opens a session whose messages the host carries: [send] is given each message for the other side, in
     * order; what comes from there goes into [Session.deliver].
     */
    public fun customSession(config: SessionConfig, send: suspend (message: String) -> Unit): Session =
        open { Session(native.customSession(config), this, send, dispatcher) }

    /** Opens a session as [user] with the defaults, whose messages the host carries. */
    public fun customSession(user: String, send: suspend (message: String) -> Unit): Session =
        customSession(SessionConfig(user), send)

    /** Now, in ns, on the clock of every time Duet hands out: monotonic; `System.nanoTime` on Android. */
    public fun now(): Long = open { native.now().toLong() }

    /** The device's network changed: every call looks for new paths at once instead of after a time-out. */
    public fun networkChanged(): Unit = open { native.networkChanged() }

    /** Tells every call what happened to the device. Repetitions are harmless. */
    public fun deviceNews(news: DeviceNews): Unit = open { native.deviceNews(news) }

    /**
     * Ends all calls and sessions, and waits until the other sides have been told: for a process that is about to end.
     * The engine still is to be [close]d. Cancelling ends the wait, not the closing.
     *
     * @return whether all were told in [timeout].
     */
    public suspend fun closeAndWait(timeout: Duration): Boolean =
        withContext(Dispatchers.IO) {
            val end = TimeSource.Monotonic.markNow() + timeout
            var left = timeout
            // A little at a time, so that it can be cancelled.
            while (!open { native.shutDownAndWait(minOf(left, SLICE)) }) {
                ensureActive()
                left = -end.elapsedNow()
                if (!left.isPositive()) return@withContext false
            }
            true
        }

    /** Ends all calls and sessions. Idempotent; returns at once. */
    override fun close() {
        // Closed before: nothing is left to say.
        runCatching { native.shutDown() }
        native.destroy()
    }

    private inline fun <T> open(body: () -> T): T = unlessClosed("the engine", body)

    private companion object {
        /** The longest that a cancelled wait goes on. */
        val SLICE = 50.milliseconds
    }
}

/** What was freed says so in the words of everything else. */
internal inline fun <T> unlessClosed(what: String, body: () -> T): T =
    try {
        body()
    } catch (_: IllegalStateException) {
        throw DuetException.Closed("$what is closed")
    }

/** Events kept for a host that takes none; beyond it, the oldest is lost. */
internal const val BACKLOG: Int = 256

/** Takes what comes, until the last one came or its source was freed. */
internal suspend fun <E : Any> drain(next: suspend () -> E?, take: suspend (E) -> Unit) {
    while (true) {
        val event =
            try {
                next()
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (_: IllegalStateException) {
                null
            }
        take(event ?: return)
    }
}
