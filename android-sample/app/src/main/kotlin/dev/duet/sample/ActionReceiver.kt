package dev.duet.sample

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import dev.duet.sample.logic.CallAction

/** The buttons of the notifications. */
class ActionReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        val app = App.of(context)
        val controller = app.controller
        when (CallAction.entries.find { it.name == intent.action } ?: return) {
            CallAction.ANSWER -> answer(app, video = false)
            CallAction.ANSWER_VIDEO -> answer(app, video = true)
            CallAction.DECLINE -> controller.decline()
            CallAction.HANG_UP -> controller.hangUp()
            CallAction.MUTE -> controller.mute(true)
            CallAction.UNMUTE -> controller.mute(false)
            CallAction.STOP_SHARING -> controller.share(false)
            CallAction.CALL_BACK -> intent.getStringExtra(PEER)?.let { app.ring(it, video = false) }
        }
    }

    /** The screen asks for what is missing before it answers. */
    private fun answer(app: App, video: Boolean) {
        val screen = Intent(app, IncomingActivity::class.java).addFlags(Intent.FLAG_ACTIVITY_NEW_TASK)
        app.startActivity(screen.putExtra(IncomingActivity.ANSWER, video))
    }

    companion object {
        const val PEER = "peer"
    }
}
