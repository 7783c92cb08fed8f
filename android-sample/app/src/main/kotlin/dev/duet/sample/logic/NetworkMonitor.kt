package dev.duet.sample.logic

/**
 * Tells the engine when the phone's way into the network is another one. For one thread.
 *
 * @param changed `Engine.networkChanged`: calls look for new paths at once instead of after a time-out.
 * @param online whether there is a way at all, for the screen to say so.
 */
class NetworkMonitor(private val changed: () -> Unit, private val online: (Boolean) -> Unit) {
    private var network: Long? = null
    private var addresses = emptySet<String>()
    private var lastTold: Pair<Long, Set<String>>? = null

    /** The default network is this one: `onAvailable`. Its addresses follow. */
    fun available(network: Long) {
        if (network == this.network) return
        this.network = network
        addresses = emptySet()
        online(true)
    }

    /** The network's own addresses, in any order: `onLinkPropertiesChanged`. */
    fun addresses(network: Long, addresses: Set<String>) {
        if (network != this.network) return
        // A tunnel or an address that comes late matters; the same ones in another order do not.
        this.addresses = addresses
        if (addresses.isEmpty()) return
        val now = network to addresses
        val before = lastTold
        lastTold = now
        // The first one is what calls begin with.
        if (before != null && before != now) changed()
    }

    /** It is gone: `onLost`. Nothing is told until there is another. */
    fun lost(network: Long) {
        if (network != this.network) return
        this.network = null
        addresses = emptySet()
        // Even the same one is another one when it comes back.
        lastTold = lastTold?.let { GONE to emptySet() }
        online(false)
    }

    private companion object {
        const val GONE = -1L
    }
}
