package dev.duet

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.firstOrNull
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import java.lang.ref.WeakReference
import kotlin.time.Duration

/** What a session tells its host. */
public sealed interface SessionEvent {
    /** The session is in another state. */
    public data class State(public val state: SessionState) : SessionEvent

    /**
     * Somebody rings: accept or decline the call, and close it in the end. A call that is not
     * [CallState.INCOMING] any more took the place of one of ours with that person, because both rang at once:
     * it is accepted already.
     */
    public data class Incoming(public val call: Call) : SessionEvent

    /**
     * The service is gone for good, and the session with it. Calls that are connected go on until they are hung
     * up.
     */
    public data class Failed(public val error: DuetException) : SessionEvent
}

/**
 * One user's presence at a signaling service, or over the host's own signaling. [close] hangs up its calls. So does
 * forgetting it, some time later: whoever holds it or one of its calls, takes its events or waits for something of
 * it has not.
 */
public class Session internal constructor(
    private val native: NativeSession,
    /** Kept: an engine that is forgotten closes, and its sessions with it. */
    @Suppress("unused") private val owner: Engine,
    send: (suspend (String) -> Unit)?,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    private val scope = CoroutineScope(SupervisorJob() + dispatcher)
    private val news = SessionNews(native.state(), WeakReference(this), dispatcher)

    /** What happens, in order. Each event goes to one collector and waits for it; the flow ends with the session. */
    public val events: Flow<SessionEvent> =
        flow {
            emitAll(news.queue.receiveAsFlow())
            stay()
        }

    /** Where the session stands. */
    public val state: StateFlow<SessionState> = news.current.asStateFlow()

    init {
        // Not the session itself: one that its host forgot is freed, and closes.
        val told = news
        val events = native.events()
        scope.launch {
            if (send != null) launch { drain(events::nextMessage, send) }
            drain(events::next, told::take)
            told.finish()
        }.invokeOnCompletion { events.destroy() }
    }

    /**
     * Waits until the service knows us.
     *
     * @throws DuetException if it refuses, cannot be reached, or the session is closed.
     */
    public suspend fun connected() {
        news.ready.await()
        stay()
    }

    /** Rings [to]. The call's events tell how it goes; close it in the end. */
    public fun ring(to: String, options: CallOptions = CallOptions()): Call =
        open { Call(native.ring(to, options), this, dispatcher) }

    /**
     * Waits until somebody rings: the next [SessionEvent.Incoming], past whatever else [events] has to tell.
     *
     * @throws DuetException if the session ends first: why it failed, or [DuetException.Closed].
     */
    public suspend fun nextCall(): Call =
        when (val event = events.firstOrNull { it !is SessionEvent.State }) {
            is SessionEvent.Incoming -> event.call
            is SessionEvent.Failed -> throw event.error
            // Another collector may have taken the reason.
            else -> throw news.failure ?: DuetException.Closed("the session is closed")
        }

    /** Enters a room of two and waits there for the other one. Needs a service. */
    public fun join(room: String, options: CallOptions = CallOptions()): Call =
        open { Call(native.join(room, options), this, dispatcher) }

    /**
     * A push message says that [from] rings here as [id]: the call is there at once ([SessionEvent.Incoming]), even
     * before the session is connected. It ends if the invite itself does not come in time.
     */
    public fun expectCall(id: String, from: String, audio: Boolean, video: Boolean, expiresIn: Duration): Unit =
        open { native.expectCall(id, from, audio, video, expiresIn) }

    /** Hands in a message that the other side's session gave out. */
    public fun deliver(message: String): Unit = open { native.deliver(message) }

    /** Hangs up every call and leaves the service. Idempotent; returns at once. */
    override fun close() {
        // Closed before: nothing is left to say.
        runCatching { native.shutDown() }
        news.current.value = SessionState.CLOSED
        scope.cancel()
        news.finish()
        native.destroy()
    }

    /** Whoever has this yet to do holds the session. */
    private fun stay() = Unit

    private inline fun <T> open(body: () -> T): T = unlessClosed("the session", body)
}

/** What a session has told; does not keep the session. */
private class SessionNews(
    state: SessionState,
    private val session: WeakReference<Session>,
    private val dispatcher: CoroutineDispatcher,
) {
    val queue = Channel<SessionEvent>(BACKLOG, BufferOverflow.DROP_OLDEST) { lost ->
        // Nobody will take it any more.
        (lost as? SessionEvent.Incoming)?.call?.close()
    }
    val current = MutableStateFlow(state)
    val ready = CompletableDeferred<Unit>()

    @Volatile var failure: DuetException? = null

    init {
        if (state == SessionState.CONNECTED) ready.complete(Unit)
    }

    fun take(event: NativeSessionEvent) {
        when (event) {
            is NativeSessionEvent.State -> {
                // Closing the object is faster than its last events.
                current.update { if (it == SessionState.CLOSED) it else event.state }
                if (event.state == SessionState.CONNECTED) ready.complete(Unit)
                queue.trySend(SessionEvent.State(event.state))
            }
            is NativeSessionEvent.Incoming -> {
                val call = Call(event.call, session.get(), dispatcher)
                // The session was closed meanwhile.
                if (queue.trySend(SessionEvent.Incoming(call)).isFailure) call.close()
            }
            is NativeSessionEvent.Failed -> {
                val error = event.error.use { it.thrown() }
                failure = error
                ready.completeExceptionally(error)
                queue.trySend(SessionEvent.Failed(error))
            }
        }
    }

    fun finish() {
        ready.completeExceptionally(DuetException.Closed("the session is closed"))
        queue.close()
    }
}

private fun NativeFailure.thrown(): DuetException =
    try {
        raise()
        error("a failure raises")
    } catch (error: DuetException) {
        error
    }
