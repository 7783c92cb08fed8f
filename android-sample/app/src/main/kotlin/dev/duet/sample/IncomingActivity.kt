package dev.duet.sample

import android.app.Activity
import android.app.KeyguardManager
import android.content.Context
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.view.View
import android.view.WindowManager
import android.widget.TextView
import dev.duet.sample.logic.Purpose
import dev.duet.sample.logic.Stage
import dev.duet.sample.platform.MainThread
import dev.duet.sample.platform.Permissions
import dev.duet.sample.platform.part
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** Somebody rings: over the lock screen, too. */
class IncomingActivity : Activity() {
    private val app by lazy { App.of(this) }
    private val permissions by lazy { Permissions(this) }
    private val scope = CoroutineScope(SupervisorJob() + MainThread)

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        wake()
        setContentView(R.layout.activity_incoming)
        part<View>(R.id.decline).setOnClickListener { app.controller.decline() }
        part<View>(R.id.answer).setOnClickListener { answer(video = false) }
        part<View>(R.id.answer_video).setOnClickListener { answer(video = true) }
        scope.launch {
            app.controller.ui.collect { ui ->
                if (ui.stage != Stage.INCOMING) return@collect finish()
                part<TextView>(R.id.peer).text = ui.title
                part<TextView>(R.id.what).setText(if (ui.video) R.string.incoming_video else R.string.incoming)
                part<View>(R.id.with_video).visibility = if (ui.video) View.VISIBLE else View.GONE
            }
        }
        answerIfAsked(intent)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        answerIfAsked(intent)
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    override fun onRequestPermissionsResult(request: Int, names: Array<out String>, results: IntArray) = permissions.answered()

    private fun answerIfAsked(intent: Intent) {
        if (intent.hasExtra(ANSWER)) answer(intent.getBooleanExtra(ANSWER, false))
    }

    private fun answer(video: Boolean) {
        // The platform asks for permissions over no lock.
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
            (getSystemService(Context.KEYGUARD_SERVICE) as KeyguardManager).requestDismissKeyguard(this, null)
        }
        permissions.need(if (video) Purpose.VIDEO_CALL else Purpose.AUDIO_CALL) {
            app.refreshPermissions()
            app.controller.accept(video && it.video)
            startActivity(Intent(this, CallActivity::class.java))
        }
    }

    @Suppress("DEPRECATION")
    private fun wake() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O_MR1) {
            setShowWhenLocked(true)
            setTurnScreenOn(true)
        } else {
            window.addFlags(WindowManager.LayoutParams.FLAG_SHOW_WHEN_LOCKED or WindowManager.LayoutParams.FLAG_TURN_SCREEN_ON)
        }
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
    }

    companion object {
        /** Answer at once; whether with pictures. */
        const val ANSWER = "answer"
    }
}
