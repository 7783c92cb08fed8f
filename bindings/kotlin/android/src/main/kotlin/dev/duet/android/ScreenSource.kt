package dev.duet.android

import android.content.Context
import android.graphics.PixelFormat
import android.hardware.display.DisplayManager
import android.hardware.display.VirtualDisplay
import android.media.Image
import android.media.ImageReader
import android.media.projection.MediaProjection
import android.os.Handler
import android.os.HandlerThread
import android.view.Display
import dev.duet.DuetException
import dev.duet.VideoFrame

/**
 * The device's screen, after the person agreed: [MediaProjection] comes from the platform's own question, and, from
 * API 29, only to an app whose foreground service of type `mediaProjection` runs already. Say `setScreen(true)` to the
 * call's local video first.
 *
 * @param longest pixels of the longer side: more costs more than it shows.
 * @param stopped the person, or the platform, ended the sharing. Called on the screen's thread, once.
 */
public class ScreenSource(
    context: Context,
    private val projection: MediaProjection,
    private val sink: PictureSink,
    private val longest: Int = 1920,
    private val stopped: () -> Unit,
) : AutoCloseable {
    private val displays = context.getSystemService(Context.DISPLAY_SERVICE) as DisplayManager
    private val density = context.resources.displayMetrics.densityDpi
    private val thread = HandlerThread("duet-screen").apply { start() }
    private val handler = Handler(thread.looper)

    // All of the screen's thread.
    private var size = PictureSize(0, 0)
    private var reader: ImageReader? = null
    private var virtual: VirtualDisplay? = null
    private var last: Image? = null
    private var over = false

    private val ended = object : MediaProjection.Callback() {
        override fun onStop() {
            if (release()) stopped()
        }
    }
    private val turned = object : DisplayManager.DisplayListener {
        override fun onDisplayAdded(id: Int) = Unit
        override fun onDisplayRemoved(id: Int) = Unit
        override fun onDisplayChanged(id: Int) {
            if (id == Display.DEFAULT_DISPLAY) resize()
        }
    }
    private val again = object : Runnable {
        override fun run() {
            last?.let(::push)
            handler.postDelayed(this, REPEAT_MS)
        }
    }

    init {
        handler.post {
            if (over) return@post
            projection.registerCallback(ended, handler)
            displays.registerDisplayListener(turned, handler)
            resize()
            again.run()
        }
    }

    /** Ends the sharing; returns at once. */
    override fun close() {
        handler.post {
            release()
            thread.quitSafely()
        }
    }

    /** Follows the screen when it is turned. */
    private fun resize() {
        if (over) return
        @Suppress("DEPRECATION")
        val real = android.graphics.Point().also { displays.getDisplay(Display.DEFAULT_DISPLAY)?.getRealSize(it) }
        val wanted = Geometry.screenSize(real.x, real.y, longest)
        if (wanted == size) return
        size = wanted
        dropLast()
        val old = reader
        val next = ImageReader.newInstance(size.width, size.height, PixelFormat.RGBA_8888, 3)
        next.setOnImageAvailableListener(::take, handler)
        reader = next
        val shown = virtual
        if (shown == null) {
            val flags = DisplayManager.VIRTUAL_DISPLAY_FLAG_AUTO_MIRROR
            virtual = projection.createVirtualDisplay("duet", size.width, size.height, density, flags, next.surface, null, handler)
        } else {
            shown.resize(size.width, size.height, density)
            shown.surface = next.surface
        }
        old?.close()
    }

    private fun take(from: ImageReader) {
        if (over || from !== reader) return
        val image = from.acquireLatestImage() ?: return
        dropLast()
        last = image
        push(image)
        // Where nothing moves, no image comes.
        handler.removeCallbacks(again)
        handler.postDelayed(again, REPEAT_MS)
    }

    private fun push(image: Image) {
        val plane = image.planes[0]
        try {
            sink.push(
                VideoFrame.packed(image.width, image.height, dev.duet.PixelFormat.RGBA, plane.buffer, plane.rowStride),
            )
        } catch (_: DuetException.Closed) {
            // The call ended first; whoever ended it also closes us.
        }
    }

    private fun dropLast() {
        last?.close()
        last = null
    }

    private fun release(): Boolean {
        if (over) return false
        over = true
        handler.removeCallbacks(again)
        displays.unregisterDisplayListener(turned)
        projection.unregisterCallback(ended)
        virtual?.release()
        dropLast()
        reader?.close()
        projection.stop()
        return true
    }

    private companion object {
        /** A screen that does not move is sent this often: whoever lost its picture gets it again. */
        const val REPEAT_MS = 500L
    }
}
