package dev.duet.sample.platform

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.media.AudioAttributes
import android.media.AudioDeviceCallback
import android.media.AudioDeviceInfo
import android.media.AudioFocusRequest
import android.media.AudioManager
import android.os.Build
import android.os.Handler
import android.os.Looper
import dev.duet.sample.logic.Route
import dev.duet.sample.logic.RouteKind
import dev.duet.sample.logic.RoutePort
import dev.duet.sample.logic.Selected

/** What the routes of a call are told by the platform. */
interface RouteEvents {
    fun devicesChanged()
    fun selected(route: Route, success: Boolean)
    fun focus(has: Boolean)

    /** A telephone call has the phone's sound, or gave it back. */
    fun phoneCall(on: Boolean)
}

/** The platform's audio, by `setCommunicationDevice` from API 31 on, by speakerphone and Bluetooth SCO before. */
class Routes(private val context: Context, private val events: RouteEvents) : RoutePort {
    private val audio = context.getSystemService(Context.AUDIO_SERVICE) as AudioManager
    private val main = Handler(Looper.getMainLooper())
    private val modern = Build.VERSION.SDK_INT >= Build.VERSION_CODES.S
    private var listening = false
    private var request: AudioFocusRequest? = null
    private var sco: Route? = null
    private var modeListener: Any? = null

    private val focusListener = AudioManager.OnAudioFocusChangeListener { change ->
        // A short sound of another app may lie over a call.
        if (change != AudioManager.AUDIOFOCUS_LOSS_TRANSIENT_CAN_DUCK) events.focus(change == AudioManager.AUDIOFOCUS_GAIN)
    }
    private val devices = object : AudioDeviceCallback() {
        override fun onAudioDevicesAdded(added: Array<out AudioDeviceInfo>) = events.devicesChanged()
        override fun onAudioDevicesRemoved(removed: Array<out AudioDeviceInfo>) = events.devicesChanged()
    }
    private val scoReceiver = object : BroadcastReceiver() {
        override fun onReceive(context: Context, intent: Intent) {
            val route = sco ?: return
            when (intent.getIntExtra(AudioManager.EXTRA_SCO_AUDIO_STATE, -1)) {
                AudioManager.SCO_AUDIO_STATE_CONNECTED -> events.selected(route, success = true)
                // It says so at registration, too; only what comes later is an answer.
                AudioManager.SCO_AUDIO_STATE_DISCONNECTED -> if (!isInitialStickyBroadcast) events.selected(route, success = false)
            }
        }
    }

    override fun available(): List<Route> {
        val found = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
            audio.availableCommunicationDevices
        } else {
            audio.getDevices(AudioManager.GET_DEVICES_OUTPUTS).toList()
        }
        return found.mapNotNull { device -> kind(device.type)?.let { Route(it, device.id, "${device.productName}") } }
            .distinctBy { it.kind }
    }

    override fun select(route: Route): Selected =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) {
            val device = audio.availableCommunicationDevices.firstOrNull { it.id == route.id }
            if (device != null && audio.setCommunicationDevice(device)) Selected.DONE else Selected.REFUSED
        } else {
            selectOld(route)
        }

    override fun clear() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) audio.clearCommunicationDevice() else clearOld()
    }

    override fun inCommunication(on: Boolean) {
        audio.mode = if (on) AudioManager.MODE_IN_COMMUNICATION else AudioManager.MODE_NORMAL
        listen(on)
    }

    override fun focus(wanted: Boolean): Boolean =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) focusModern(wanted) else focusOld(wanted)

    private fun listen(on: Boolean) {
        if (on == listening) return
        listening = on
        if (on) {
            audio.registerAudioDeviceCallback(devices, main)
            if (!modern) context.registerReceiver(scoReceiver, IntentFilter(AudioManager.ACTION_SCO_AUDIO_STATE_UPDATED))
        } else {
            audio.unregisterAudioDeviceCallback(devices)
            if (!modern) context.unregisterReceiver(scoReceiver)
        }
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) listenToMode(on)
    }

    /** Below API 31 a telephone call is known by Telecom's hold and by the lost focus alone. */
    private fun listenToMode(on: Boolean) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.S) return
        if (on) {
            val listener = AudioManager.OnModeChangedListener { mode ->
                events.phoneCall(mode == AudioManager.MODE_IN_CALL)
            }
            audio.addOnModeChangedListener(context.mainExecutor, listener)
            modeListener = listener
        } else {
            (modeListener as? AudioManager.OnModeChangedListener)?.let(audio::removeOnModeChangedListener)
            modeListener = null
        }
    }

    private fun focusModern(wanted: Boolean): Boolean {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.O) return false
        val attributes = AudioAttributes.Builder()
            .setUsage(AudioAttributes.USAGE_VOICE_COMMUNICATION)
            .setContentType(AudioAttributes.CONTENT_TYPE_SPEECH)
            .build()
        val focus = request ?: AudioFocusRequest.Builder(AudioManager.AUDIOFOCUS_GAIN_TRANSIENT)
            .setAudioAttributes(attributes)
            .setOnAudioFocusChangeListener(focusListener, main)
            .build()
        request = focus.takeIf { wanted }
        val answer = if (wanted) audio.requestAudioFocus(focus) else audio.abandonAudioFocusRequest(focus)
        return answer == AudioManager.AUDIOFOCUS_REQUEST_GRANTED
    }

    @Suppress("DEPRECATION")
    private fun focusOld(wanted: Boolean): Boolean {
        val answer = if (wanted) {
            audio.requestAudioFocus(focusListener, AudioManager.STREAM_VOICE_CALL, AudioManager.AUDIOFOCUS_GAIN_TRANSIENT)
        } else {
            audio.abandonAudioFocus(focusListener)
        }
        return answer == AudioManager.AUDIOFOCUS_REQUEST_GRANTED
    }

    @Suppress("DEPRECATION")
    private fun selectOld(route: Route): Selected {
        val bluetooth = route.kind == RouteKind.BLUETOOTH
        audio.isSpeakerphoneOn = route.kind == RouteKind.SPEAKER
        if (!bluetooth) {
            stopSco()
            return Selected.DONE
        }
        if (!audio.isBluetoothScoAvailableOffCall) return Selected.REFUSED
        sco = route
        audio.startBluetoothSco()
        return Selected.PENDING
    }

    @Suppress("DEPRECATION")
    private fun clearOld() {
        audio.isSpeakerphoneOn = false
        stopSco()
    }

    @Suppress("DEPRECATION")
    private fun stopSco() {
        if (sco == null) return
        sco = null
        audio.stopBluetoothSco()
    }

    private companion object {
        fun kind(type: Int): RouteKind? = when (type) {
            AudioDeviceInfo.TYPE_BUILTIN_EARPIECE -> RouteKind.EARPIECE
            AudioDeviceInfo.TYPE_BUILTIN_SPEAKER -> RouteKind.SPEAKER
            AudioDeviceInfo.TYPE_WIRED_HEADSET,
            AudioDeviceInfo.TYPE_WIRED_HEADPHONES,
            AudioDeviceInfo.TYPE_USB_HEADSET,
            -> RouteKind.WIRED
            AudioDeviceInfo.TYPE_BLUETOOTH_SCO,
            AudioDeviceInfo.TYPE_BLE_HEADSET,
            AudioDeviceInfo.TYPE_HEARING_AID,
            -> RouteKind.BLUETOOTH
            else -> null
        }
    }
}
