package dev.duet

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.receiveAsFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlin.time.Duration

/** The call was over before what was waited for came. */
public class CallEndedException(
    /** How it ended; null if this end closed the object first. */
    public val how: Ended?,
) : Exception(if (how == null) "the call is closed" else "the call ended: ${how.reason} by ${how.by}")

/**
 * One call. [close] hangs up. So does forgetting it, some time later: whoever holds the call or its media, takes its
 * events or waits for something of it has not.
 */
public class Call internal constructor(
    private val native: NativeCall,
    /** Kept: a session that is forgotten closes, and its calls with it. */
    @Suppress("unused") private val owner: Session?,
    dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    private val handle = native.handle().toLong()
    private val scope = CoroutineScope(SupervisorJob() + dispatcher)
    private val news = CallNews(native.state())

    /**
     * What happens, in order, except for [CallEvent.FrameReady]. Each event goes to one collector and waits for it; the
     * flow ends after [CallEvent.Ended].
     */
    public val events: Flow<CallEvent> = kept(news.queue)

    /** New pictures to [RemoteVideo.pull]; several may have come. Ends with the call. */
    public val frames: Flow<Unit> = kept(news.shown)

    /** Where the call stands. */
    public val state: StateFlow<CallState> = news.current.asStateFlow()

    /** The call's name; both sides of a ringing call know it by the same one. */
    public val id: String = native.id()

    /** The person at the other end; null while alone in a room. */
    public val peer: String? get() = open { native.peer() }

    /** Whether an incoming call asks for pictures; whether this end did otherwise. */
    public val wantsVideo: Boolean = native.wantsVideo()

    /** The pictures we send. */
    public val localVideo: LocalVideo = LocalVideo(this, native, handle)

    /** The sound we send. */
    public val localAudio: LocalAudio = LocalAudio(this, native, handle)

    /** The pictures we receive. */
    public val remoteVideo: RemoteVideo = RemoteVideo(this, handle)

    /** The sound we receive. */
    public val remoteAudio: RemoteAudio = RemoteAudio(this, handle)

    init {
        // Not the call itself: one that its host forgot is freed, and hangs up.
        val told = news
        val events = native.events()
        scope.launch {
            events.use { drain(it::next, told::take) }
            told.finish(null)
        }
    }

    /**
     * Answers an incoming call, and waits until media flows; of another call it only waits.
     *
     * @param options which media this end sends and their frame rate; codecs and rates are those of the session's
     *   `incoming`.
     * @return the time it took.
     * @throws CallEndedException if the call ends instead. Cancelling the coroutine does not end it.
     */
    public suspend fun accept(options: CallOptions = CallOptions()): Duration {
        open { native.accept(options) }
        return connected()
    }

    /**
     * Waits until media flows for the first time.
     *
     * @throws CallEndedException if the call ends instead.
     */
    public suspend fun connected(): Duration = news.up.await().also { stay() }

    /** Waits until the call is over. */
    public suspend fun ended(): Ended = news.over.await().also { stay() }

    /** Refuses an incoming call; of another call it does nothing. */
    public fun decline(): Unit = open { native.decline() }

    /** Ends the call in whatever state it is. Idempotent; returns at once. */
    public fun hangUp(): Unit = open { native.hangUp() }

    /** Pauses the call: nothing is sent or played until [resume]; the other end is told. */
    public fun hold(): Unit = open { native.hold() }

    /** Goes on with a call that [hold] paused. Other calls that talk are put on hold. */
    public fun resume(): Unit = open { native.resume() }

    /** Asks the other end for pictures, both ways, in a call without; [CallEvent.Video] brings the answer. */
    public fun askVideo(): Unit = open { native.askVideo() }

    /** Answers [VideoNews.ASKED]. */
    public fun answerVideo(accept: Boolean): Unit = open { native.answerVideo(accept) }

    /** Ends the pictures in both directions, without asking; takes back a question, too. */
    public fun stopVideo(): Unit = open { native.stopVideo() }

    /** A snapshot of the statistics; after the end, the last one. */
    public fun stats(): CallStats = open { native.stats() }

    /** Hangs up and frees what the call holds. Idempotent; returns at once. */
    override fun close() {
        scope.cancel()
        // Before the end that closing brings, so that whoever waits hears of the closing, always.
        news.finish(null)
        // Closed before: nothing is left to say.
        runCatching { native.release() }
        native.destroy()
    }

    /** Whoever takes what comes has not forgotten the call. */
    private fun <E> kept(channel: ReceiveChannel<E>): Flow<E> =
        flow {
            emitAll(channel.receiveAsFlow())
            stay()
        }

    /** Whoever has this yet to do holds the call. */
    private fun stay() = Unit

    private inline fun <T> open(body: () -> T): T = unlessClosed("the call", body)
}

/** What a call has told; knows nothing of the call. */
private class CallNews(state: CallState) {
    val queue = Channel<CallEvent>(BACKLOG, BufferOverflow.DROP_OLDEST)
    val shown = Channel<Unit>(Channel.CONFLATED)
    val current = MutableStateFlow(state)
    val up = CompletableDeferred<Duration>()
    val over = CompletableDeferred<Ended>()

    fun take(event: CallEvent) {
        when (event) {
            is CallEvent.FrameReady -> {
                shown.trySend(Unit)
                return
            }
            // Closing the object is faster than its last events.
            is CallEvent.State -> current.update { if (it == CallState.ENDED) it else event.state }
            is CallEvent.Connected -> up.complete(event.setup)
            is CallEvent.Ended -> finish(event)
            else -> Unit
        }
        queue.trySend(event)
    }

    fun finish(last: CallEvent.Ended?) {
        current.value = CallState.ENDED
        up.completeExceptionally(CallEndedException(last?.how))
        if (last != null) {
            over.complete(last.how)
            queue.trySend(last)
        }
        over.completeExceptionally(CallEndedException(null))
        queue.close()
        shown.close()
    }
}
