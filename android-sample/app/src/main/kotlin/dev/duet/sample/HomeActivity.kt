package dev.duet.sample

import android.app.Activity
import android.content.Intent
import android.os.Bundle
import android.view.View
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import android.widget.Toast
import dev.duet.DuetException
import dev.duet.sample.logic.Purpose
import dev.duet.sample.platform.MainThread
import dev.duet.sample.platform.Permissions
import dev.duet.sample.platform.part
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** Whom to ring, and which room to enter. */
class HomeActivity : Activity() {
    private val app by lazy { App.of(this) }
    private val permissions by lazy { Permissions(this) }
    private val scope = CoroutineScope(SupervisorJob() + MainThread)

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.activity_home)
        part<TextView>(R.id.who).text = getString(R.string.signed_in_as, app.account?.name.orEmpty())
        button(R.id.sign_out) {
            app.signOut()
            startActivity(Intent(this, SignInActivity::class.java))
            finish()
        }
        button(R.id.ring_audio) { ring(typed(R.id.callee), video = false) }
        button(R.id.ring_video) { ring(typed(R.id.callee), video = true) }
        button(R.id.join) {
            val room = typed(R.id.room)
            if (room.isNotEmpty()) permissions.need(Purpose.VIDEO_CALL) { go { app.join(room) } }
        }
        scope.launch {
            app.online.collect {
                part<TextView>(R.id.online).setText(if (it) R.string.online else R.string.connecting_server)
            }
        }
    }

    override fun onResume() {
        super.onResume()
        app.refreshPermissions()
        val list = part<LinearLayout>(R.id.recent)
        list.removeAllViews()
        for (who in app.recent) list.addView(contact(who))
        part<View>(R.id.recent_title).visibility = if (app.recent.isEmpty()) View.GONE else View.VISIBLE
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    override fun onRequestPermissionsResult(request: Int, names: Array<out String>, results: IntArray) = permissions.answered()

    private fun ring(who: String, video: Boolean) {
        if (who.isEmpty()) return
        permissions.need(if (video) Purpose.VIDEO_CALL else Purpose.AUDIO_CALL) { go { app.ring(who, video) } }
    }

    private fun go(place: () -> DuetException?) {
        app.refreshPermissions()
        val error = place()
        if (error != null) return Toast.makeText(this, error.message, Toast.LENGTH_LONG).show()
        startActivity(Intent(this, CallActivity::class.java))
    }

    private fun contact(who: String): View = TextView(this).apply {
        text = who
        textSize = 18f
        setTextColor(getColor(R.color.text))
        minHeight = (48 * resources.displayMetrics.density).toInt()
        gravity = android.view.Gravity.CENTER_VERTICAL
        isClickable = true
        isFocusable = true
        setOnClickListener { ring(who, video = true) }
    }

    private fun typed(id: Int) = part<EditText>(id).text.toString().trim()

    private fun button(id: Int, body: () -> Unit) = part<Button>(id).setOnClickListener { body() }
}
