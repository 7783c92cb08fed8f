package dev.duet.sample.screens

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import dev.duet.CallEvent
import dev.duet.CallState
import dev.duet.sample.App
import dev.duet.sample.logic.FakeLine
import dev.duet.sample.logic.Log
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import java.io.File
import kotlin.time.Duration.Companion.milliseconds

/** What a test of a screen needs. */
class Screens : AutoCloseable {
    val app = RuntimeEnvironment.getApplication() as App
    val log: Log = mutableListOf()
    private val open = mutableListOf<ActivityController<*>>()

    inline fun <reified A : Activity> open(): A = open(A::class.java)

    fun <A : Activity> open(kind: Class<A>): A {
        val made = Robolectric.buildActivity(kind).setup()
        open.add(made)
        settle()
        return made.get()
    }

    /** Lets the main thread do what waits for it. */
    fun settle() = shadowOf(android.os.Looper.getMainLooper()).idle()

    /** A call that rings here. */
    fun incoming(video: Boolean = true): FakeLine =
        FakeLine(log, peer = "Maria Fernández", wantsVideo = video, state = CallState.INCOMING).also {
            app.controller.arrive(it)
            settle()
        }

    /** A call that talks. */
    fun talking(): FakeLine = FakeLine(log, peer = "Maria Fernández").also {
        app.controller.place(it)
        it.tell(CallState.CONNECTED)
        it.tell(CallEvent.Connected(120.milliseconds))
        settle()
    }

    /** Draws the screen; kept as NAME.png where pictures are wanted. */
    fun picture(activity: Activity, name: String): Bitmap {
        settle()
        val view = activity.window.decorView
        val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(bitmap))
        System.getProperty("duet.shots").orEmpty().takeIf { it.isNotEmpty() }?.let { folder ->
            File(folder).mkdirs()
            File(folder, "$name.png").outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        }
        return bitmap
    }

    override fun close() {
        app.controller.hangUp()
        settle()
        app.controller.dismiss()
        open.forEach { it.pause().stop().destroy() }
        settle()
    }
}

/** All views below this one that are to be seen, itself included. */
fun View.seen(): List<View> {
    if (visibility != View.VISIBLE) return emptyList()
    val below = (this as? ViewGroup)?.let { group -> (0 until group.childCount).flatMap { group.getChildAt(it).seen() } }.orEmpty()
    return listOf(this) + below
}

/** What a person who does not see is told of this view. */
fun View.spoken(): String = contentDescription?.toString() ?: (this as? TextView)?.text?.toString().orEmpty()
