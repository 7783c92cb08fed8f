package dev.duet.sample.logic

/** Where a call's sound may go. */
enum class RouteKind { EARPIECE, SPEAKER, WIRED, BLUETOOTH }

/** One place for sound. @property id the platform's. */
data class Route(val kind: RouteKind, val id: Int, val name: String = "")

/** What selecting a route led to. */
enum class Selected {
    DONE,

    /** [AudioRouter.selected] tells later: Bluetooth takes seconds. */
    PENDING,
    REFUSED,
}

/** The platform's side: Telecom, `AudioManager.setCommunicationDevice` (API 31), or what was there before. */
interface RoutePort {
    /** The places there are now. */
    fun available(): List<Route>

    fun select(route: Route): Selected

    /** Gives the route back to the platform. */
    fun clear()

    /** Between true and false the platform treats sound as a call's: echo canceller, call volume. */
    fun inCommunication(on: Boolean)

    /** Whether we may sound; others are asked to be silent. */
    fun focus(wanted: Boolean): Boolean
}

/**
 * Chooses where a call sounds. The person's choice counts until its device leaves or a new headset comes. For one thread.
 */
class AudioRouter(private val port: RoutePort, private val changed: (current: Route?, all: List<Route>) -> Unit = { _, _ -> }) {
    /** Whether a call has the sound. */
    var running = false
        private set

    /** Where it sounds, or is about to. */
    var current: Route? = null
        private set

    private var video = false
    private var chosen: RouteKind? = null
    private var known = emptyList<Route>()

    /** What was refused since the devices last changed. */
    private val refused = mutableSetOf<Route>()

    /** A call begins. Microphone and speaker are opened after it: they sound as a call's only then. */
    fun begin(video: Boolean) {
        running = true
        this.video = video
        chosen = null
        refused.clear()
        port.inCommunication(true)
        port.focus(true)
        known = port.available()
        apply()
    }

    /** The call is over. */
    fun end() {
        if (!running) return
        running = false
        current = null
        port.clear()
        port.focus(false)
        port.inCommunication(false)
        changed(null, emptyList())
    }

    /** The person chooses. */
    fun choose(kind: RouteKind) {
        chosen = kind
        refused.clear()
        if (running) apply()
    }

    /** Speaker on or off. */
    fun speaker(on: Boolean) {
        val quiet = known.map { it.kind }.filter { it != RouteKind.SPEAKER }.minByOrNull { QUIET.indexOf(it) }
        choose(if (on) RouteKind.SPEAKER else quiet ?: RouteKind.SPEAKER)
    }

    /** Devices came or left. */
    fun devicesChanged() {
        if (!running) return
        val now = port.available()
        val came = now.filter { new -> known.none { it.id == new.id } }.map { it.kind }
        known = now
        refused.clear()
        // Whoever plugs in a headset in mid-call wants to hear there.
        if (came.any { it == RouteKind.WIRED || it == RouteKind.BLUETOOTH }) chosen = null
        if (now.none { it.kind == chosen }) chosen = null
        apply()
    }

    /** A pending route came about, or did not. */
    fun selected(route: Route, success: Boolean) {
        if (!running || success || route != current) return
        refused.add(route)
        apply()
    }

    /** Takes the sound back, after a telephone call or another app had it. */
    fun restore() {
        if (!running) return
        port.inCommunication(true)
        port.focus(true)
        known = port.available()
        current = null
        refused.clear()
        apply()
    }

    private fun apply() {
        for (route in wishes()) {
            if (route == current) return changed(current, known)
            // Set first: the port may answer before it returns.
            current = route
            if (port.select(route) != Selected.REFUSED) return changed(current, known)
            refused.add(route)
        }
        current = null
        changed(null, known)
    }

    /** Places from best to worst. */
    private fun wishes(): List<Route> {
        val order = if (video) LOUD else QUIET
        return known.filter { it !in refused }.sortedBy { if (it.kind == chosen) -1 else order.indexOf(it.kind) }
    }

    private companion object {
        /** A headset before anything; then the ear. */
        val QUIET = listOf(RouteKind.BLUETOOTH, RouteKind.WIRED, RouteKind.EARPIECE, RouteKind.SPEAKER)

        /** Who looks at the phone does not hold it to the ear. */
        val LOUD = listOf(RouteKind.BLUETOOTH, RouteKind.WIRED, RouteKind.SPEAKER, RouteKind.EARPIECE)
    }
}
