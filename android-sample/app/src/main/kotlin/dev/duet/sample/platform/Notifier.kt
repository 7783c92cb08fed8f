package dev.duet.sample.platform

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.graphics.drawable.Icon
import android.media.AudioAttributes
import android.media.RingtoneManager
import android.os.Build
import android.os.SystemClock
import dev.duet.sample.ActionReceiver
import dev.duet.sample.CallActivity
import dev.duet.sample.IncomingActivity
import dev.duet.sample.R
import dev.duet.sample.logic.CallAction
import dev.duet.sample.logic.CallText
import dev.duet.sample.logic.Channel
import dev.duet.sample.logic.NotificationPlan
import dev.duet.sample.logic.ServiceType

/** Draws what [dev.duet.sample.logic.CallNotifications] decides. */
class Notifier(private val context: Context) {
    private val manager = context.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager

    /** Makes the channels; harmless to repeat. */
    fun createChannels() {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.O) return
        for (channel in Channel.entries) {
            val importance = when (channel) {
                Channel.INCOMING -> NotificationManager.IMPORTANCE_HIGH
                Channel.ONGOING -> NotificationManager.IMPORTANCE_LOW
                Channel.MISSED -> NotificationManager.IMPORTANCE_DEFAULT
            }
            val made = NotificationChannel(channel.name, context.getString(name(channel)), importance)
            if (channel == Channel.INCOMING) {
                val ringing = AudioAttributes.Builder().setUsage(AudioAttributes.USAGE_NOTIFICATION_RINGTONE).build()
                made.setSound(RingtoneManager.getDefaultUri(RingtoneManager.TYPE_RINGTONE), ringing)
                made.enableVibration(true)
                made.vibrationPattern = VIBRATION
                made.lockscreenVisibility = Notification.VISIBILITY_PUBLIC
            }
            manager.createNotificationChannel(made)
        }
    }

    fun showMissed(plan: NotificationPlan) = manager.notify(plan.title, MISSED, build(plan))

    fun build(plan: NotificationPlan): Notification {
        val builder = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
            Notification.Builder(context, plan.channel.name)
        } else {
            old(plan)
        }
        val incoming = plan.channel == Channel.INCOMING
        val target = if (incoming) IncomingActivity::class.java else CallActivity::class.java
        val open = PendingIntent.getActivity(context, 0, Intent(context, target), IMMUTABLE)
        builder.setSmallIcon(R.drawable.ic_call)
            .setContentTitle(plan.title)
            .setContentText(context.getString(text(plan.text)))
            .setContentIntent(open)
            .setCategory(if (plan.channel == Channel.MISSED) Notification.CATEGORY_MISSED_CALL else Notification.CATEGORY_CALL)
            .setOngoing(plan.channel != Channel.MISSED)
            .setAutoCancel(plan.channel == Channel.MISSED)
            .setVisibility(Notification.VISIBILITY_PUBLIC)
            .setUsesChronometer(plan.since != null)
            .setShowWhen(plan.since != null || plan.channel == Channel.MISSED)
        // It counts from a time of day; the controller's clock goes by what the phone was on.
        plan.since?.let { builder.setWhen(System.currentTimeMillis() - (SystemClock.elapsedRealtime() - it)) }
        if (plan.fullScreen) builder.setFullScreenIntent(open, true)
        // A notification that repeats its sound until it is answered.
        for (action in plan.actions) builder.addAction(action(action, plan.title))
        return builder.build().apply { if (incoming) flags = flags or Notification.FLAG_INSISTENT }
    }

    private fun action(action: CallAction, peer: String): Notification.Action {
        val intent = Intent(context, ActionReceiver::class.java).setAction(action.name).putExtra(ActionReceiver.PEER, peer)
        val pending = PendingIntent.getBroadcast(context, action.ordinal, intent, IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT)
        val icon = Icon.createWithResource(context, R.drawable.ic_call)
        return Notification.Action.Builder(icon, context.getString(label(action)), pending).build()
    }

    @Suppress("DEPRECATION")
    private fun old(plan: NotificationPlan): Notification.Builder {
        val builder = Notification.Builder(context)
        if (plan.channel != Channel.INCOMING) return builder
        return builder.setPriority(Notification.PRIORITY_MAX)
            .setSound(RingtoneManager.getDefaultUri(RingtoneManager.TYPE_RINGTONE))
            .setVibrate(VIBRATION)
    }

    companion object {
        const val CALL = 1
        private const val MISSED = 2
        private const val IMMUTABLE = PendingIntent.FLAG_IMMUTABLE
        private val VIBRATION = longArrayOf(0, 800, 600)

        /** The platform's numbers of the types; those that a version does not know are left out. */
        fun types(types: Set<ServiceType>): Int = types.fold(0) { all, type ->
            val one = when (type) {
                ServiceType.PHONE_CALL -> if (Build.VERSION.SDK_INT >= 29) ServiceInfo.FOREGROUND_SERVICE_TYPE_PHONE_CALL else 0
                ServiceType.SCREEN -> if (Build.VERSION.SDK_INT >= 29) ServiceInfo.FOREGROUND_SERVICE_TYPE_MEDIA_PROJECTION else 0
                ServiceType.MICROPHONE -> if (Build.VERSION.SDK_INT >= 30) ServiceInfo.FOREGROUND_SERVICE_TYPE_MICROPHONE else 0
                ServiceType.CAMERA -> if (Build.VERSION.SDK_INT >= 30) ServiceInfo.FOREGROUND_SERVICE_TYPE_CAMERA else 0
            }
            all or one
        }

        fun name(channel: Channel): Int = when (channel) {
            Channel.INCOMING -> R.string.channel_incoming
            Channel.ONGOING -> R.string.channel_ongoing
            Channel.MISSED -> R.string.channel_missed
        }

        fun text(text: CallText): Int = when (text) {
            CallText.INCOMING -> R.string.incoming
            CallText.INCOMING_VIDEO -> R.string.incoming_video
            CallText.CALLING -> R.string.calling
            CallText.WAITING -> R.string.waiting
            CallText.CONNECTING -> R.string.connecting
            CallText.TALKING -> R.string.talking
            CallText.RECONNECTING -> R.string.reconnecting
            CallText.ON_HOLD -> R.string.on_hold
            CallText.SHARING -> R.string.sharing
            CallText.MISSED -> R.string.missed
        }

        fun label(action: CallAction): Int = when (action) {
            CallAction.ANSWER -> R.string.answer
            CallAction.ANSWER_VIDEO -> R.string.answer_video
            CallAction.DECLINE -> R.string.decline
            CallAction.HANG_UP -> R.string.hang_up
            CallAction.MUTE -> R.string.mute
            CallAction.UNMUTE -> R.string.unmute
            CallAction.STOP_SHARING -> R.string.stop_sharing
            CallAction.CALL_BACK -> R.string.call_back
        }
    }
}
