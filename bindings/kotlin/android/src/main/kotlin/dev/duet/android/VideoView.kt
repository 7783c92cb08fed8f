package dev.duet.android

import android.content.Context
import android.opengl.GLSurfaceView
import android.util.AttributeSet
import dev.duet.ColorSpace
import dev.duet.DuetException
import dev.duet.Picture
import dev.duet.Plane
import dev.duet.RemoteVideo
import javax.microedition.khronos.egl.EGLConfig
import javax.microedition.khronos.opengles.GL10

/** Told on the main thread when a picture of another size or rotation is shown; 0 by 0 when none is. */
public fun interface PictureListener {
    public fun changed(upright: PictureSize)
}

/**
 * Shows the other side's pictures ([attach], [pictureReady]) or one's own camera's (as a [PictureViewer]). Draws only
 * when there is something new; the last picture comes back with the surface. For the main thread, but for [show] and
 * [pictureReady], which any thread may call.
 */
public class VideoView @JvmOverloads constructor(context: Context, attributes: AttributeSet? = null) :
    GLSurfaceView(context, attributes), PictureViewer {
    private val lock = Any()
    private val own = StillPicture()
    private val renderer = Renderer()

    // Under the lock.
    private var remote: RemoteVideo? = null
    private var fresh = false
    private var empty = true
    private var shownSize = PictureSize(0, 0)

    /** How the picture fills the view. */
    @Volatile
    public var fit: Fit = Fit.LETTERBOX
        set(value) {
            if (value == field) return
            field = value
            requestRender()
        }

    /** Whether left and right are swapped, as people expect of their own front camera. What is sent is not. */
    @Volatile
    public var mirrored: Boolean = false
        set(value) {
            if (value == field) return
            field = value
            requestRender()
        }

    /** Who is told of the picture's size. */
    public var listener: PictureListener? = null

    init {
        setEGLContextClientVersion(2)
        // Going to the background and back then costs no black picture.
        preserveEGLContextOnPause = true
        setRenderer(renderer)
        renderMode = RENDERMODE_WHEN_DIRTY
    }

    /** From now on shows these pictures; null shows none. */
    public fun attach(remote: RemoteVideo?) {
        synchronized(lock) {
            this.remote = remote
            clearLocked()
        }
        requestRender()
    }

    /** There is a new picture to pull: call it for each element of the call's `frames`. */
    public fun pictureReady(): Unit = requestRender()

    /** Shows nothing until the next picture. */
    public fun clear() {
        synchronized(lock) { clearLocked() }
        requestRender()
    }

    override fun show(width: Int, height: Int, y: Plane, u: Plane, v: Plane, rotation: Int, color: ColorSpace) {
        synchronized(lock) {
            own.take(width, height, y, u, v, rotation, color, SELF_VIEW)
            fresh = true
            empty = false
        }
        requestRender()
    }

    private fun clearLocked() {
        empty = true
        fresh = false
        tell(PictureSize(0, 0))
    }

    private fun tell(size: PictureSize) {
        if (size == shownSize) return
        shownSize = size
        post { listener?.changed(size) }
    }

    /** Runs on the view's own thread. */
    private inner class Renderer : GLSurfaceView.Renderer {
        private val painter = PicturePainter()
        private val picture = Picture()
        private var size = PictureSize(0, 0)

        override fun onSurfaceCreated(gl: GL10?, config: EGLConfig?) {
            painter.create()
            // The new context knows none of the old one's textures.
            synchronized(lock) { fresh = !empty }
        }

        override fun onSurfaceChanged(gl: GL10?, width: Int, height: Int) {
            size = PictureSize(width, height)
        }

        override fun onDrawFrame(gl: GL10?) {
            synchronized(lock) {
                if (pulled()) {
                    fresh = true
                    empty = false
                }
                if (fresh) upload()
                fresh = false
                if (empty) painter.clear(size) else painter.draw(size, fit, mirrored)
            }
        }

        private fun pulled(): Boolean =
            try {
                remote?.pull(picture) == true
            } catch (_: DuetException.Closed) {
                false
            }

        private fun upload() {
            if (remote != null) {
                painter.upload(picture.width, picture.height, picture.data, picture.rotation, picture.color)
            } else {
                painter.upload(own.width, own.height, own.data, own.rotation, own.color)
            }
            tell(painter.upright)
        }
    }

    private companion object {
        /** Pixels of the longer side of a self view: it is small on every screen. */
        const val SELF_VIEW = 640
    }
}
