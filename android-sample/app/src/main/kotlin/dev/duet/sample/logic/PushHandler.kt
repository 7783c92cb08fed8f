package dev.duet.sample.logic

/** What a push message says: somebody rings. */
data class Ring(val id: String, val from: String, val video: Boolean, val expiresInMs: Long)

/** What became of a push message. */
sealed interface Pushed {
    /** The call is there, and rings. */
    data class Ringing(val ring: Ring) : Pushed

    /** It was known already: pushes come twice, and beside the invite itself. */
    data object Again : Pushed

    /** It came too late; the person is told that they missed it. */
    data class Expired(val from: String) : Pushed

    /** It is not ours, or makes no sense. @property why for a log. */
    data class Ignored(val why: String) : Pushed
}

/** Where the call is made. */
interface WakePort {
    /** Opens the session of the account that is signed in, unless it is open; false if nobody is. Does not wait. */
    fun openSession(): Boolean

    /** `Session.expectCall`: the call is there at once, before the session is connected. */
    fun expect(ring: Ring)
}

/**
 * The way from a push message to a phone that rings: the call is made from the payload, before signaling is connected, for
 * the platform gives a woken app only seconds to show it. For one thread.
 *
 * @param clock ms since 1970, as the sender's.
 */
class PushHandler(private val port: WakePort, private val clock: () -> Long) {
    private val seen = LinkedHashSet<String>()

    /** @param data the payload's fields; all text, as push services carry them. */
    fun received(data: Map<String, String>): Pushed {
        val (id, from) = listOf("call", "from").map { name ->
            data[name]?.takeIf { it.isNotEmpty() && it.length <= LONGEST } ?: return Pushed.Ignored("no good '$name'")
        }
        val video = when (data["media"]) {
            "audio" -> false
            "video" -> true
            else -> return Pushed.Ignored("no good 'media'")
        }
        val expires = data["expires"]?.toLongOrNull()?.takeIf { it in 0..LAST_SECOND } ?: return Pushed.Ignored("no good 'expires'")
        if (id in seen) return Pushed.Again
        val left = expires * 1000 - clock()
        if (left <= 0) return Pushed.Expired(from)
        if (!port.openSession()) return Pushed.Ignored("nobody is signed in")
        remember(id)
        // A sender's clock that is ahead must not make a phone ring for hours.
        val ring = Ring(id, from, video, left.coerceAtMost(RINGS_MS))
        port.expect(ring)
        return Pushed.Ringing(ring)
    }

    private fun remember(id: String) {
        seen.add(id)
        if (seen.size > REMEMBERED) seen.remove(seen.first())
    }

    private companion object {
        /** As long as the service lets a name be. */
        const val LONGEST = 128

        /** No caller waits longer. */
        const val RINGS_MS = 60_000L

        /** The year 9999: what is beyond is no time. */
        const val LAST_SECOND = 253_402_300_799L

        /** More calls than can ring at once, by far. */
        const val REMEMBERED = 64
    }
}
