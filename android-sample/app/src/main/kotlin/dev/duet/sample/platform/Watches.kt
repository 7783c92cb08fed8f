package dev.duet.sample.platform

import android.app.Activity
import android.app.Application
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.os.PowerManager
import dev.duet.sample.logic.Heat
import dev.duet.sample.logic.NetworkMonitor

/** Hands the network's news to [NetworkMonitor], on the main thread. */
class NetworkWatch(context: Context, private val monitor: NetworkMonitor) {
    private val main = Handler(Looper.getMainLooper())

    private val callback = object : ConnectivityManager.NetworkCallback() {
        override fun onAvailable(network: Network) = onMain { monitor.available(network.networkHandle) }

        override fun onLinkPropertiesChanged(network: Network, link: LinkProperties) {
            val addresses = link.linkAddresses.mapNotNull { it.address?.hostAddress }.toSet()
            onMain { monitor.addresses(network.networkHandle, addresses) }
        }

        override fun onLost(network: Network) = onMain { monitor.lost(network.networkHandle) }
    }

    init {
        val manager = context.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
        // For as long as the process lives.
        manager.registerDefaultNetworkCallback(callback)
    }

    private fun onMain(body: () -> Unit) {
        main.post(body)
    }
}

/** Whether the phone saves power, and how warm it is. */
class PowerWatch(private val context: Context, private val saving: (Boolean) -> Unit, private val heat: (Heat) -> Unit) {
    private val power = context.getSystemService(Context.POWER_SERVICE) as PowerManager

    fun start() {
        val receiver = object : BroadcastReceiver() {
            override fun onReceive(context: Context, intent: Intent) = saving(power.isPowerSaveMode)
        }
        context.registerReceiver(receiver, IntentFilter(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED))
        saving(power.isPowerSaveMode)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
            // Refused by phones that cannot tell.
            runCatching { power.addThermalStatusListener(context.mainExecutor) { heat(Heat.of(it)) } }
        }
    }
}

/** Whether any of the app is to be seen; a picture in picture counts. */
class ScreenWatch(private val background: (Boolean) -> Unit) : Application.ActivityLifecycleCallbacks {
    private var started = 0

    override fun onActivityStarted(activity: Activity) {
        if (started++ == 0) background(false)
    }

    override fun onActivityStopped(activity: Activity) {
        // Turning the phone stops an activity only to start it again.
        if (--started == 0 && !activity.isChangingConfigurations) background(true)
    }

    override fun onActivityCreated(activity: Activity, state: Bundle?) = Unit
    override fun onActivityResumed(activity: Activity) = Unit
    override fun onActivityPaused(activity: Activity) = Unit
    override fun onActivitySaveInstanceState(activity: Activity, state: Bundle) = Unit
    override fun onActivityDestroyed(activity: Activity) = Unit
}
