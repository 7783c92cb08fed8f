package dev.duet.sample

import android.app.Activity
import android.app.PictureInPictureParams
import android.content.Context
import android.content.Intent
import android.content.res.Configuration
import android.media.projection.MediaProjectionManager
import android.os.Build
import android.os.Bundle
import android.util.Rational
import android.view.MotionEvent
import android.view.View
import android.view.WindowManager
import android.widget.FrameLayout
import android.widget.GridLayout
import dev.duet.android.Fit
import dev.duet.android.PictureListener
import dev.duet.android.PictureSize
import dev.duet.android.VideoView
import dev.duet.sample.logic.Box
import dev.duet.sample.logic.CallUi
import dev.duet.sample.logic.Corner
import dev.duet.sample.logic.DuetLine
import dev.duet.sample.logic.Line
import dev.duet.sample.logic.Purpose
import dev.duet.sample.logic.RenderMath
import dev.duet.sample.logic.RouteKind
import dev.duet.sample.logic.Stage
import dev.duet.sample.platform.MainThread
import dev.duet.sample.platform.Permissions
import dev.duet.sample.platform.part
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** The screen of a call. */
class CallActivity : Activity() {
    private val app by lazy { App.of(this) }
    private val permissions by lazy { Permissions(this) }
    private val scope = CoroutineScope(SupervisorJob() + MainThread)
    private lateinit var look: CallLook
    private lateinit var remote: VideoView
    private lateinit var self: VideoView
    private var shown: Line? = null
    private var frames: Job? = null
    private var corner = Corner.TOP_RIGHT
    private var remoteSize = PictureSize(0, 0)
    private var selfSize = PictureSize(0, 0)

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        setContentView(R.layout.activity_call)
        look = CallLook(part(R.id.stage))
        remote = part(R.id.remote)
        self = part(R.id.self)
        // Above the other picture, below the buttons.
        self.setZOrderMediaOverlay(true)
        self.fit = Fit.FILL
        remote.listener = PictureListener {
            remoteSize = it
            place()
        }
        self.listener = PictureListener {
            selfSize = it
            place()
        }
        buttons()
        part<View>(R.id.stage).addOnLayoutChangeListener { _, _, _, _, _, _, _, _, _ -> place() }
        scope.launch { app.controller.ui.collect(::show) }
        scope.launch { app.route.collect { look.route(it) } }
    }

    override fun onStart() {
        super.onStart()
        app.refreshPermissions()
        app.media.selfView = self
        remote.onResume()
        self.onResume()
    }

    override fun onStop() {
        app.media.selfView = null
        remote.onPause()
        self.onPause()
        super.onStop()
    }

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    override fun onUserLeaveHint() {
        val ui = app.controller.ui.value
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O && ui.joined && ui.video) {
            val (width, height) = RenderMath.pictureInPicture(remoteSize)
            // Refused where the person forbade it, or the phone has none.
            runCatching { enterPictureInPictureMode(PictureInPictureParams.Builder().setAspectRatio(Rational(width, height)).build()) }
        }
    }

    override fun onPictureInPictureModeChanged(small: Boolean, config: Configuration) {
        super.onPictureInPictureModeChanged(small, config)
        look.small(small)
        place()
    }

    override fun onRequestPermissionsResult(request: Int, names: Array<out String>, results: IntArray) = permissions.answered()

    @Deprecated("Its successor is not in the platform's own classes.")
    override fun onActivityResult(request: Int, result: Int, answer: Intent?) {
        if (request != SHARE || result != RESULT_OK || answer == null) return
        app.media.agreed(answer)
        app.controller.share(true)
    }

    private fun show(ui: CallUi) {
        if (ui.stage == Stage.IDLE) return finish()
        val line = app.controller.line
        if (line !== shown) attach(line)
        look.show(ui)
        self.mirrored = RenderMath.mirrored(ui.facing, ui.sharing)
        place()
    }

    private fun attach(line: Line?) {
        shown = line
        frames?.cancel()
        remote.attach((line as? DuetLine)?.call?.remoteVideo)
        self.clear()
        frames = line?.let { scope.launch { it.frames.collect { remote.pictureReady() } } }
    }

    /** Puts both pictures where they belong. */
    private fun place() {
        val stage = part<View>(R.id.stage)
        val view = PictureSize(stage.width, stage.height)
        if (view.area == 0) return
        remote.fit = RenderMath.fit(remoteSize, view, app.controller.ui.value.remoteScreen)
        val (top, tools) = part<View>(R.id.top) to part<GridLayout>(R.id.tools)
        val columns = RenderMath.columns((view.width / resources.displayMetrics.density).toInt() - 16, tools.childCount)
        // Setting it lays the screen out anew, whatever it was, and that leads here again.
        if (columns != tools.columnCount) tools.columnCount = columns
        val bars = Box(0, top.bottom, view.width, (tools.top.takeIf { it > 0 } ?: view.height) - top.bottom)
        val box = RenderMath.selfView(view, selfSize, corner, bars, resources.displayMetrics.density)
        val wanted = FrameLayout.LayoutParams(box.width, box.height).apply {
            leftMargin = box.left
            topMargin = box.top
        }
        val now = self.layoutParams as FrameLayout.LayoutParams
        val same = now.width == wanted.width && now.height == wanted.height
        if (!same || now.leftMargin != wanted.leftMargin || now.topMargin != wanted.topMargin) self.post { self.layoutParams = wanted }
    }

    private fun buttons() {
        val controller = app.controller
        click(R.id.mute) { controller.mute(!it.muted) }
        click(R.id.camera) { if (it.camera) controller.camera(false) else withCamera { controller.camera(true) } }
        click(R.id.flip) { controller.flip() }
        click(R.id.speaker) { app.router.speaker(app.route.value != RouteKind.SPEAKER) }
        click(R.id.share) { if (it.sharing) controller.share(false) else askToShare() }
        click(R.id.hang_up) { controller.hangUp() }
        click(R.id.statistics) { look.toggleFigures() }
        click(R.id.asked_yes) { withCamera { controller.answerVideo(true) } }
        click(R.id.asked_no) { controller.answerVideo(false) }
        click(R.id.notice) { controller.noticeSeen() }
        self.setOnTouchListener(::drag)
    }

    private fun withCamera(body: () -> Unit) = permissions.need(Purpose.CAMERA_ON) {
        app.refreshPermissions()
        body()
    }

    @Suppress("DEPRECATION")
    private fun askToShare() {
        val manager = getSystemService(Context.MEDIA_PROJECTION_SERVICE) as MediaProjectionManager
        startActivityForResult(manager.createScreenCaptureIntent(), SHARE)
    }

    /** The self view follows the finger, and rests in the nearest corner. */
    private fun drag(view: View, event: MotionEvent): Boolean {
        when (event.actionMasked) {
            MotionEvent.ACTION_MOVE -> {
                view.translationX += event.x - view.width / 2f
                view.translationY += event.y - view.height / 2f
            }
            MotionEvent.ACTION_UP -> {
                val stage = part<View>(R.id.stage)
                corner = RenderMath.corner(PictureSize(stage.width, stage.height), view.x + view.width / 2, view.y + view.height / 2)
                view.translationX = 0f
                view.translationY = 0f
                view.performClick()
                place()
            }
        }
        return true
    }

    private fun click(id: Int, body: (CallUi) -> Unit) =
        part<View>(id).setOnClickListener { body(app.controller.ui.value) }

    private companion object {
        const val SHARE = 2
    }
}
