package dev.duet.sample.screens

import android.app.Activity
import android.app.NotificationManager
import android.content.Context
import android.content.Intent
import android.content.pm.ServiceInfo
import android.view.View
import android.widget.EditText
import android.widget.ImageButton
import android.widget.TextView
import dev.duet.CallEvent
import dev.duet.EndReason
import dev.duet.sample.ActionReceiver
import dev.duet.sample.CallActivity
import dev.duet.sample.CallService
import dev.duet.sample.HomeActivity
import dev.duet.sample.IncomingActivity
import dev.duet.sample.R
import dev.duet.sample.SignInActivity
import dev.duet.sample.logic.Account
import dev.duet.sample.logic.CallAction
import dev.duet.sample.logic.Pushed
import dev.duet.sample.logic.Stage
import dev.duet.sample.logic.stats
import dev.duet.sample.platform.part
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.net.InetAddress
import java.net.ServerSocket
import java.time.Duration

@RunWith(RobolectricTestRunner::class)
class ScreensTest {
    private fun screens(body: Screens.() -> Unit) = Screens().use(body)

    private fun Activity.text(id: Int) = part<TextView>(id).text.toString()

    @Test
    fun `signing in tells what is wrong with what was typed`() = screens {
        val activity = open<SignInActivity>()
        activity.part<EditText>(R.id.server).setText("http://calls.example.org")
        activity.part<EditText>(R.id.name).setText("ann")
        activity.part<View>(R.id.sign_in).performClick()
        assertEquals(activity.getString(R.string.not_secure), activity.text(R.id.problem))
        assertEquals(View.VISIBLE, activity.part<View>(R.id.problem).visibility)
        picture(activity, "sign-in")
    }

    @Test
    fun `a call that rings is answered and declined from its screen`() = screens {
        val line = incoming()
        val activity = open<IncomingActivity>()
        assertEquals("Maria Fernández", activity.text(R.id.peer))
        picture(activity, "incoming")
        activity.part<View>(R.id.decline).performClick()
        settle()
        assertEquals(Stage.ENDED, app.controller.ui.value.stage)
        assertTrue(activity.isFinishing)
        assertTrue(line.id.isNotEmpty())
    }

    @Test
    fun `a voice call offers no answer with video`() = screens {
        incoming(video = false)
        val activity = open<IncomingActivity>()
        assertEquals(View.GONE, activity.part<View>(R.id.with_video).visibility)
    }

    @Test
    fun `the screen of a call follows its state, and its buttons change it`() = screens {
        val line = talking()
        val activity = open<CallActivity>()
        assertEquals(View.VISIBLE, activity.part<View>(R.id.placeholder).visibility)
        assertEquals("Maria Fernández", activity.text(R.id.peer))
        picture(activity, "call")
        activity.part<View>(R.id.mute).performClick()
        settle()
        assertTrue(app.controller.ui.value.muted)
        assertEquals(activity.getString(R.string.unmute), activity.part<View>(R.id.mute).contentDescription)
        line.tell(CallEvent.RemoteMedia(audio = true, video = true, screen = false))
        settle()
        assertEquals(View.GONE, activity.part<View>(R.id.placeholder).visibility)
        line.tell(CallEvent.Held(local = false, remote = true))
        settle()
        assertEquals(activity.getString(R.string.held_by_other), activity.text(R.id.status))
        activity.part<View>(R.id.hang_up).performClick()
        settle()
        assertEquals(activity.getString(R.string.ended_hang_up), activity.text(R.id.status))
    }

    @Test
    fun `statistics lie over the call when asked for`() = screens {
        val line = talking()
        val activity = open<CallActivity>()
        line.stats = stats(received = 100)
        shadowOf(android.os.Looper.getMainLooper()).idleFor(Duration.ofSeconds(1))
        activity.part<View>(R.id.statistics).performClick()
        line.stats = stats(received = 990, lost = 10, decoded = 30, bytes = 187_500, samples = 48_000, concealed = 480)
        val until = System.nanoTime() + 30_000_000_000
        while (app.controller.ui.value.figures == null && System.nanoTime() < until) {
            shadowOf(android.os.Looper.getMainLooper()).idleFor(Duration.ofMillis(100))
            Thread.onSpinWait()
        }
        settle()
        assertTrue(activity.text(R.id.figures), activity.text(R.id.figures).contains("50 ms"))
        assertEquals(View.VISIBLE, activity.part<View>(R.id.figures).visibility)
        picture(activity, "statistics")
    }

    @Test
    fun `how a call ended is told in words`() = screens {
        val activity = run {
            val line = talking()
            open<CallActivity>().also {
                line.end(EndReason.BUSY)
                settle()
            }
        }
        assertEquals(activity.getString(R.string.ended_busy), activity.text(R.id.status))
    }

    @Test
    fun `whoever is signed in sees whom to ring`() = screens {
        app.account = Account("https://127.0.0.1:9", "ann")
        app.getSharedPreferences("account", Context.MODE_PRIVATE).edit().putString("recent", "bob\nMaria").apply()
        val activity = open<HomeActivity>()
        assertEquals(activity.getString(R.string.signed_in_as, "ann"), activity.text(R.id.who))
        assertEquals(listOf("bob", "Maria"), activity.part<android.widget.LinearLayout>(R.id.recent).seen().filterIsInstance<TextView>().map { it.text.toString() })
        picture(activity, "home")
    }

    @Test
    fun `a push rings before the session is connected, and shows a notification over the lock screen`() = screens {
        // A server that never answers: the call is made of the push alone.
        val silent = ServerSocket(0, 1, InetAddress.getLoopbackAddress())
        app.account = Account("http://127.0.0.1:${silent.localPort}", "ann")
        val expires = System.currentTimeMillis() / 1000 + 30
        val answer = app.pushed(mapOf("call" to "p1", "from" to "bob", "media" to "video", "expires" to "$expires"))
        assertTrue("$answer", answer is Pushed.Ringing)
        val until = System.nanoTime() + 30_000_000_000
        while (app.controller.ui.value.stage != Stage.INCOMING && System.nanoTime() < until) {
            settle()
            Thread.onSpinWait()
        }
        assertEquals("bob", app.controller.ui.value.title)
        assertNotNull(shadowOf(app).nextStartedService)
        val service = Robolectric.buildService(CallService::class.java).create().startCommand(0, 1).get()
        val shown = shadowOf(service).lastForegroundNotification
        assertNotNull("full screen: ${app.controller.ui.value}", shown?.fullScreenIntent)
        assertEquals(ServiceInfo.FOREGROUND_SERVICE_TYPE_PHONE_CALL, service.foregroundServiceType)
        app.signOut()
        silent.close()
    }

    @Test
    fun `the buttons of the notification reach the call`() = screens {
        talking()
        fun press(action: CallAction) = ActionReceiver().onReceive(app, Intent(action.name))
        press(CallAction.MUTE)
        assertTrue(app.controller.ui.value.muted)
        press(CallAction.UNMUTE)
        assertFalse(app.controller.ui.value.muted)
        press(CallAction.HANG_UP)
        assertEquals(Stage.ENDED, app.controller.ui.value.stage)
    }

    @Test
    fun `a missed call stays as a notification`() = screens {
        incoming().end(EndReason.CANCELLED)
        settle()
        val manager = app.getSystemService(Context.NOTIFICATION_SERVICE) as NotificationManager
        assertEquals(1, shadowOf(manager).allNotifications.count { it.channelId == "MISSED" })
    }

    private fun Screens.all(check: (Activity, String) -> Unit) {
        check(open<SignInActivity>(), "sign-in")
        app.account = Account("https://127.0.0.1:9", "ann")
        check(open<HomeActivity>(), "home")
        incoming()
        check(open<IncomingActivity>(), "incoming")
        app.controller.decline()
        app.controller.dismiss()
        talking()
        check(open<CallActivity>(), "call")
        app.account = null
    }

    /** Every button can be named, hit and seen. */
    private fun accessible(activity: Activity, name: String) {
        val density = activity.resources.displayMetrics.density
        val root = activity.window.decorView
        for (view in root.seen().filter { it.isClickable && it.width > 0 }) {
            val told = "$name: ${view.javaClass.simpleName} ${if (view.id > 0) activity.resources.getResourceEntryName(view.id) else ""}"
            if (view is ImageButton || view is android.widget.Button) assertTrue("$told says nothing", view.spoken().isNotEmpty())
            if (view is ImageButton || view is android.widget.Button || view is EditText) {
                assertTrue("$told is ${view.width / density} by ${view.height / density} dp", view.height / density >= 47.5 && view.width / density >= 47.5)
            }
            val place = IntArray(2).also(view::getLocationInWindow)
            assertTrue("$told is outside: ${place[0]} + ${view.width} of ${root.width}", place[0] >= 0 && place[0] + view.width <= root.width)
        }
    }

    @Test
    @Config(qualifiers = "w320dp-h533dp-hdpi")
    fun `on a small phone every button can be read aloud and hit`() = screens {
        all { activity, name ->
            accessible(activity, name)
            picture(activity, "$name-320dp")
        }
    }

    @Test
    @Config(qualifiers = "zh-w411dp-h891dp-night-420dpi")
    fun `at night and in Chinese, too`() = screens {
        all { activity, name ->
            accessible(activity, name)
            picture(activity, "$name-night-zh")
        }
        assertEquals("静音", app.getString(R.string.mute))
    }

    @Test
    @Config(qualifiers = "w1280dp-h800dp-land-mdpi")
    fun `and on a tablet`() = screens {
        all { activity, name ->
            accessible(activity, name)
            picture(activity, "$name-tablet")
        }
    }
}
