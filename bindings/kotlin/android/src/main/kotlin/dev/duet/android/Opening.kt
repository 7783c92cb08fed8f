package dev.duet.android

/**
 * A device that takes its time to open, such as a camera. Whoever stops while it still opens gets it closed as soon as
 * it is there: no light stays on. For any thread.
 */
internal class Opening<D : Any>(private val close: (D) -> Unit) {
    private var wanted = 0L
    private var device: D? = null

    /** Begins anew, and closes what was open. */
    fun begin(): Long {
        val (ticket, old) = synchronized(this) { ++wanted to take() }
        old?.let(close)
        return ticket
    }

    /** The device of [ticket] is open: false, and it is closed, if nobody wants it any more. */
    fun opened(ticket: Long, device: D): Boolean {
        val kept = synchronized(this) {
            (ticket == wanted && this.device == null).also { if (it) this.device = device }
        }
        if (!kept) close(device)
        return kept
    }

    /** Whether [ticket] is the one that counts. */
    @Synchronized
    fun isCurrent(ticket: Long): Boolean = ticket == wanted

    /** Closes what is open, and what is still to be opened once it is. Idempotent. */
    fun end() {
        synchronized(this) {
            wanted++
            take()
        }?.let(close)
    }

    private fun take(): D? = device.also { device = null }
}
