package dev.duet.sample.platform

import android.content.ComponentName
import android.content.Context
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.telecom.Connection
import android.telecom.ConnectionRequest
import android.telecom.DisconnectCause
import android.telecom.PhoneAccount
import android.telecom.PhoneAccountHandle
import android.telecom.TelecomManager
import android.telecom.VideoProfile
import dev.duet.sample.CallConnectionService
import dev.duet.sample.R
import dev.duet.sample.logic.EndCause
import dev.duet.sample.logic.TelecomPort

/** What the telephone app, a watch or a car asks of a call. */
interface TelecomEvents {
    fun answered(video: Boolean)
    fun declined()
    fun hungUp()

    /** Another call takes the phone, or gives it back. */
    fun held(on: Boolean)
}

/**
 * Our calls as Telecom knows them: self-managed, so that they have our own screens and still do not talk over telephone
 * calls (API 26; before, nobody knows them). For the main thread.
 */
class TelecomCalls(private val context: Context, private val events: TelecomEvents) : TelecomPort {
    private val manager = context.getSystemService(Context.TELECOM_SERVICE) as TelecomManager?
    private val account = PhoneAccountHandle(ComponentName(context, CallConnectionService::class.java), "duet")
    private var connection: CallConnection? = null
    private var state: (CallConnection) -> Unit = {}

    /** Makes the account known; harmless to repeat. */
    fun register() {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.O) return
        val made = PhoneAccount.builder(account, context.getString(R.string.phone_account))
            .setCapabilities(PhoneAccount.CAPABILITY_SELF_MANAGED or PhoneAccount.CAPABILITY_VIDEO_CALLING)
            .addSupportedUriScheme(PhoneAccount.SCHEME_SIP)
            .build()
        quietly { manager?.registerPhoneAccount(made) }
    }

    override fun outgoing(id: String, peer: String, video: Boolean) = quietly {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.O) return@quietly
        state = { it.setDialing() }
        val extras = Bundle().apply {
            putParcelable(TelecomManager.EXTRA_PHONE_ACCOUNT_HANDLE, account)
            putInt(TelecomManager.EXTRA_START_CALL_WITH_VIDEO_STATE, profile(video))
        }
        manager?.placeCall(address(peer), extras)
    }

    override fun incoming(id: String, peer: String, video: Boolean) = quietly {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.O) return@quietly
        state = { it.setRinging() }
        val extras = Bundle().apply {
            putParcelable(TelecomManager.EXTRA_INCOMING_CALL_ADDRESS, address(peer))
            putInt(TelecomManager.EXTRA_INCOMING_VIDEO_STATE, profile(video))
        }
        manager?.addNewIncomingCall(account, extras)
    }

    override fun active(id: String) = move { it.setActive() }

    override fun held(id: String) = move { it.setOnHold() }

    override fun ended(id: String, cause: EndCause) {
        move {
            it.setDisconnected(DisconnectCause(code(cause)))
            it.destroy()
        }
        connection = null
    }

    /** Telecom made a connection of what we announced. */
    fun created(request: ConnectionRequest?): Connection {
        val made = CallConnection(events)
        request?.address?.let { made.setAddress(it, TelecomManager.PRESENTATION_ALLOWED) }
        connection = made
        // What happened while Telecom took its time.
        state(made)
        return made
    }

    private fun move(next: (CallConnection) -> Unit) {
        state = next
        connection?.let(next)
    }

    private fun address(peer: String) = Uri.fromParts(PhoneAccount.SCHEME_SIP, peer, null)

    private fun profile(video: Boolean) = if (video) VideoProfile.STATE_BIDIRECTIONAL else VideoProfile.STATE_AUDIO_ONLY

    /** Tablets without Telecom, and makers who changed it, refuse in many ways; calls work without it. */
    private fun quietly(body: () -> Unit) {
        try {
            body()
        } catch (_: SecurityException) {
        } catch (_: UnsupportedOperationException) {
        } catch (_: IllegalArgumentException) {
        }
    }

    private companion object {
        fun code(cause: EndCause): Int = when (cause) {
            EndCause.LOCAL -> DisconnectCause.LOCAL
            EndCause.REMOTE -> DisconnectCause.REMOTE
            EndCause.DECLINED -> DisconnectCause.REJECTED
            EndCause.MISSED -> DisconnectCause.MISSED
            EndCause.BUSY -> DisconnectCause.BUSY
            EndCause.FAILED -> DisconnectCause.ERROR
        }
    }
}

/** One call, as Telecom handles it. */
class CallConnection(private val events: TelecomEvents) : Connection() {
    init {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) connectionProperties = PROPERTY_SELF_MANAGED
        connectionCapabilities = CAPABILITY_HOLD or CAPABILITY_SUPPORT_HOLD
        audioModeIsVoip = true
    }

    override fun onAnswer(videoState: Int) = events.answered(VideoProfile.isVideo(videoState))
    override fun onAnswer() = events.answered(video = false)
    override fun onReject() = events.declined()
    override fun onDisconnect() = events.hungUp()
    override fun onAbort() = events.hungUp()
    override fun onHold() = events.held(true)
    override fun onUnhold() = events.held(false)
}
