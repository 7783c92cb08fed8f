package dev.duet.sample.logic

import dev.duet.EndReason

/** The channels that notifications are sorted into; the person may silence each. */
enum class Channel { INCOMING, ONGOING, MISSED }

/** What a notification lets the person do. */
enum class CallAction { ANSWER, ANSWER_VIDEO, DECLINE, HANG_UP, MUTE, UNMUTE, STOP_SHARING, CALL_BACK }

/** What a notification says; the words are in the resources. */
enum class CallText { INCOMING, INCOMING_VIDEO, CALLING, WAITING, CONNECTING, TALKING, RECONNECTING, ON_HOLD, SHARING, MISSED }

/** The types of a foreground service, which the platform checks against what it uses. */
enum class ServiceType { PHONE_CALL, MICROPHONE, CAMERA, SCREEN }

/**
 * One notification.
 *
 * @property fullScreen shown over the lock screen.
 * @property since when to count from, in ms on the controller's clock; null for no clock.
 * @property service the foreground service's types; empty for none. The service runs exactly while there are any.
 */
data class NotificationPlan(
    val channel: Channel,
    val text: CallText,
    val title: String,
    val actions: List<CallAction>,
    val fullScreen: Boolean = false,
    val since: Long? = null,
    val service: Set<ServiceType> = emptySet(),
)

/** What may be used now: the platform ends an app that claims a type without its permission. */
data class Granted(val microphone: Boolean, val camera: Boolean)

/** Decides what is to be seen outside the app. */
object CallNotifications {
    /** The notification of a call; null for none. */
    fun of(ui: CallUi, granted: Granted): NotificationPlan? = when {
        !ui.live -> null
        ui.stage == Stage.INCOMING -> incoming(ui)
        else -> ongoing(ui, granted)
    }

    /** What stays of a call that rang in vain; null if it did not. */
    fun missed(before: CallUi, now: CallUi): NotificationPlan? {
        val rang = before.stage == Stage.INCOMING && now.stage == Stage.ENDED && before.id == now.id
        // Whoever declines has not missed it; nor has who answered on another device.
        val reason = now.how?.reason ?: return null
        if (!rang || reason !in IN_VAIN) return null
        return NotificationPlan(Channel.MISSED, CallText.MISSED, before.title, listOf(CallAction.CALL_BACK))
    }

    private fun incoming(ui: CallUi) = NotificationPlan(
        channel = Channel.INCOMING,
        text = if (ui.video) CallText.INCOMING_VIDEO else CallText.INCOMING,
        title = ui.title,
        actions = listOfNotNull(CallAction.DECLINE, CallAction.ANSWER, CallAction.ANSWER_VIDEO.takeIf { ui.video }),
        fullScreen = true,
        // It rings from a push, with the app in the background: only the telephone type may begin there.
        service = setOf(ServiceType.PHONE_CALL),
    )

    private fun ongoing(ui: CallUi, granted: Granted) = NotificationPlan(
        channel = Channel.ONGOING,
        text = when {
            ui.sharing -> CallText.SHARING
            ui.heldHere || ui.heldThere || ui.phoneCall -> CallText.ON_HOLD
            ui.stage == Stage.OUTGOING -> CallText.CALLING
            ui.stage == Stage.WAITING -> CallText.WAITING
            ui.stage == Stage.CONNECTING -> CallText.CONNECTING
            ui.stage == Stage.RECONNECTING -> CallText.RECONNECTING
            else -> CallText.TALKING
        },
        title = ui.title,
        actions = listOfNotNull(
            CallAction.HANG_UP,
            if (ui.muted) CallAction.UNMUTE else CallAction.MUTE,
            CallAction.STOP_SHARING.takeIf { ui.sharing },
        ),
        since = ui.since.takeIf { ui.stage == Stage.TALKING },
        service = setOfNotNull(
            ServiceType.PHONE_CALL,
            // Claimed from the first moment, while the app is to be seen: in the background it is too late.
            ServiceType.MICROPHONE.takeIf { granted.microphone },
            ServiceType.CAMERA.takeIf { granted.camera && ui.running.camera != null },
            ServiceType.SCREEN.takeIf { ui.sharing },
        ),
    )

    private val IN_VAIN = setOf(
        EndReason.CANCELLED,
        EndReason.RING_TIMEOUT,
        EndReason.HANG_UP,
        EndReason.PEER_GONE,
        EndReason.PEER_LEFT,
        EndReason.SIGNALING_LOST,
    )
}
