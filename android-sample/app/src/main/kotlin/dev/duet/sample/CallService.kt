package dev.duet.sample

import android.app.Service
import android.content.Context
import android.content.Intent
import android.os.Build
import android.os.IBinder
import dev.duet.sample.logic.CallNotifications
import dev.duet.sample.logic.CallUi
import dev.duet.sample.logic.NotificationPlan
import dev.duet.sample.logic.ServiceType
import dev.duet.sample.logic.Stage
import dev.duet.sample.platform.Notifier

/** Keeps the process alive while there is a call, and says so: a notification, and what the call uses. */
class CallService : Service() {
    private var shown: NotificationPlan? = null

    override fun onBind(intent: Intent?): IBinder? = null

    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
        val app = App.of(this)
        app.serviceRuns(this)
        val plan = CallNotifications.of(app.controller.ui.value, app.granted())
        // Whoever was started as a foreground service must become one, even where the call is over already.
        show(plan ?: CallNotifications.of(CallUi(Stage.CONNECTING), app.granted())!!.copy(service = setOf(ServiceType.PHONE_CALL)))
        if (plan == null) end()
        // Without its process the call is gone; the service alone need not come back.
        return START_NOT_STICKY
    }

    /** Shows [plan], and claims what it claims. */
    fun show(plan: NotificationPlan) {
        if (plan == shown) return
        shown = plan
        val notification = App.of(this).notifier.build(plan)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q) {
            startForeground(Notifier.CALL, notification, Notifier.types(plan.service))
        } else {
            startForeground(Notifier.CALL, notification)
        }
        App.of(this).media.serviceRuns(ServiceType.SCREEN in plan.service)
    }

    fun end() {
        App.of(this).serviceRuns(null)
        stopForeground(STOP_FOREGROUND_REMOVE)
        stopSelf()
    }

    override fun onDestroy() {
        App.of(this).serviceRuns(null)
        super.onDestroy()
    }

    companion object {
        fun start(context: Context) {
            val intent = Intent(context, CallService::class.java)
            try {
                if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) context.startForegroundService(intent) else context.startService(intent)
            } catch (_: IllegalStateException) {
                // From the background, without a push of high priority, the platform refuses: the call goes on while it may.
            }
        }
    }
}
