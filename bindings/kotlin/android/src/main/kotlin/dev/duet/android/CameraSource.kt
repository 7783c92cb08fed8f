package dev.duet.android

import android.Manifest
import android.annotation.SuppressLint
import android.content.Context
import android.graphics.ImageFormat
import android.hardware.DataSpace
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CaptureRequest
import android.hardware.display.DisplayManager
import android.media.Image
import android.media.ImageReader
import android.os.Build
import android.os.Handler
import android.os.HandlerThread
import android.view.Display
import android.view.Surface
import dev.duet.ColorSpace
import dev.duet.DuetException
import dev.duet.Plane
import dev.duet.VideoFrame

/** Where pictures go: `{ call.localVideo.push(it) }`. */
public fun interface PictureSink {
    public fun push(frame: VideoFrame)
}

/**
 * The camera: its planes go into the call as they are, with their strides; rotation travels beside them. Needs the
 * permission [Manifest.permission.CAMERA]. For any thread; nothing here waits, and once [stop] was called, no picture
 * comes and no light stays on.
 *
 * @param viewer who shows the pictures to the person they are of.
 * @param listener is told if the camera cannot be had, or another app took it.
 */
public class CameraSource(
    context: Context,
    private val sink: PictureSink,
    private val viewer: PictureViewer?,
    private val listener: DeviceListener,
) : AutoCloseable {
    private val cameras = context.getSystemService(Context.CAMERA_SERVICE) as CameraManager
    private val displays = context.getSystemService(Context.DISPLAY_SERVICE) as DisplayManager
    private val thread = HandlerThread("duet-camera").apply { start() }
    private val handler = Handler(thread.looper)
    private val opening = Opening<Shot> { it.close() }

    /** The light beside the camera, where there is one. Front cameras have none. */
    @Volatile
    public var torch: Boolean = false
        set(value) {
            field = value
            handler.post { current?.repeat() }
        }

    // Of the camera's thread: the one in use, and how many were asked for whose answer is not there yet.
    private var current: Shot? = null
    private var awaited = 0
    private var over = false

    /** Whether the device has a camera that looks this way. */
    public fun has(facing: Facing): Boolean = find(facing) != null

    /**
     * Starts, or starts anew with other wishes.
     *
     * @param facing the other one is taken if the device has none that looks this way.
     * @param size the nearest that the camera can do.
     * @param fps as many as it can do, up to this.
     */
    @SuppressLint("MissingPermission")
    public fun start(facing: Facing, size: PictureSize = PictureSize(1280, 720), fps: Int = 30) {
        val ticket = opening.begin()
        handler.post {
            // A later start, or a stop, came first.
            if (!opening.isCurrent(ticket)) return@post
            try {
                open(ticket, facing, size, fps)
            } catch (error: CameraAccessException) {
                fail(ticket, "${error.message}")
            } catch (error: IllegalArgumentException) {
                fail(ticket, "${error.message}")
            } catch (error: SecurityException) {
                fail(ticket, "${error.message}")
            }
        }
    }

    /** Ends, and turns the light off; returns at once. [start] may follow. */
    public fun stop(): Unit = opening.end()

    /** Ends for good. */
    override fun close() {
        stop()
        handler.post {
            over = true
            quitWhenDone()
        }
    }

    /** A camera that opens when nobody listens any more would stay open. */
    private fun quitWhenDone() {
        if (over && awaited == 0) thread.quitSafely()
    }

    private fun open(ticket: Long, facing: Facing, size: PictureSize, fps: Int) {
        val id = find(facing) ?: find(facing.other) ?: return fail(ticket, "this device has none")
        val facts = cameras.getCameraCharacteristics(id)
        val map = facts.get(CameraCharacteristics.SCALER_STREAM_CONFIGURATION_MAP)
        val sizes = map?.getOutputSizes(ImageFormat.YUV_420_888).orEmpty().map { PictureSize(it.width, it.height) }
        val chosen = Geometry.chooseSize(sizes, size) ?: return fail(ticket, "it has no size that calls can use")
        val rates = facts.get(CameraCharacteristics.CONTROL_AE_AVAILABLE_TARGET_FPS_RANGES).orEmpty()
        val shot = Shot(
            ticket = ticket,
            size = chosen,
            rate = Geometry.chooseRate(rates.map { it.lower..it.upper }, fps),
            sensor = facts.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0,
            facing = facing(facts),
            light = facts.get(CameraCharacteristics.FLASH_INFO_AVAILABLE) == true,
        )
        try {
            awaited++
            cameras.openCamera(id, shot, handler)
        } catch (error: Exception) {
            shot.answered()
            shot.close()
            throw error
        }
    }

    private fun find(facing: Facing): String? =
        try {
            cameras.cameraIdList.firstOrNull { facing(cameras.getCameraCharacteristics(it)) == facing }
        } catch (_: CameraAccessException) {
            null
        }

    private fun facing(facts: CameraCharacteristics): Facing =
        if (facts.get(CameraCharacteristics.LENS_FACING) == CameraCharacteristics.LENS_FACING_FRONT) Facing.FRONT else Facing.BACK

    private fun fail(ticket: Long, why: String) {
        if (!opening.isCurrent(ticket)) return
        opening.end()
        listener.lost("camera: $why")
    }

    /** One use of one camera. Runs on the camera's thread, but for [close]. */
    private inner class Shot(
        private val ticket: Long,
        private val size: PictureSize,
        private val rate: IntRange?,
        private val sensor: Int,
        private val facing: Facing,
        private val light: Boolean,
    ) : CameraDevice.StateCallback() {
        // One is read while the next is filled; a third spares the camera from waiting.
        private val reader = ImageReader.newInstance(size.width, size.height, ImageFormat.YUV_420_888, 3)
        private var device: CameraDevice? = null
        private var session: CameraCaptureSession? = null
        private var answered = false

        override fun onOpened(camera: CameraDevice) {
            device = camera
            answered()
            if (!opening.opened(ticket, this)) return
            current = this
            reader.setOnImageAvailableListener({ from -> from.acquireLatestImage()?.use(::take) }, handler)
            try {
                configure(camera)
            } catch (error: CameraAccessException) {
                fail(ticket, "${error.message}")
            } catch (_: IllegalStateException) {
                fail(ticket, "it was closed while it opened")
            }
        }

        override fun onDisconnected(camera: CameraDevice) {
            device = camera
            answered()
            lose("another app took it")
        }

        override fun onError(camera: CameraDevice, error: Int) {
            device = camera
            answered()
            lose("error $error")
        }

        /** Whether it opened or not is known. */
        fun answered() {
            if (answered) return
            answered = true
            awaited--
            handler.post(::quitWhenDone)
        }

        /** Closes everything, on the thread that uses it. */
        fun close() {
            if (!handler.post(::release)) release()
        }

        /** Asks for pictures from now on, with the light as it should be. */
        fun repeat() {
            val (camera, session) = (device ?: return) to (session ?: return)
            try {
                val request = camera.createCaptureRequest(CameraDevice.TEMPLATE_RECORD)
                request.addTarget(reader.surface)
                rate?.let { request.set(CaptureRequest.CONTROL_AE_TARGET_FPS_RANGE, android.util.Range(it.first, it.last)) }
                if (light) {
                    val mode = if (torch) CaptureRequest.FLASH_MODE_TORCH else CaptureRequest.FLASH_MODE_OFF
                    request.set(CaptureRequest.FLASH_MODE, mode)
                }
                session.setRepeatingRequest(request.build(), null, handler)
            } catch (error: CameraAccessException) {
                fail(ticket, "${error.message}")
            } catch (_: IllegalStateException) {
                // It is being closed; whoever closes it knows.
            }
        }

        // Its successor needs an executor and is there from API 28 only.
        @Suppress("DEPRECATION")
        private fun configure(camera: CameraDevice) {
            val ready = object : CameraCaptureSession.StateCallback() {
                override fun onConfigured(configured: CameraCaptureSession) {
                    session = configured
                    repeat()
                }

                override fun onConfigureFailed(refused: CameraCaptureSession) = fail(ticket, "it refused ${size.width}x${size.height}")
            }
            camera.createCaptureSession(listOf(reader.surface), ready, handler)
        }

        private fun take(image: Image) {
            if (!opening.isCurrent(ticket)) return
            val (y, u, v) = image.planes.map { Plane(it.buffer, it.rowStride, it.pixelStride) }
            val color = color(image)
            val turn = Geometry.cameraRotation(sensor, displayRotation(), facing)
            try {
                sink.push(VideoFrame.yuv420(image.width, image.height, y, u, v, turn, color, image.timestamp))
            } catch (_: DuetException.Closed) {
                // The call ended first; whoever ended it also stops us.
            }
            viewer?.show(image.width, image.height, y, u, v, turn, color)
        }

        private fun lose(why: String) {
            // Closed twice does no harm: it may not have been handed over yet.
            fail(ticket, why)
            release()
        }

        private fun release() {
            if (current === this) current = null
            session = null
            device?.close()
            device = null
            reader.close()
        }
    }

    /** How the display is turned now: an app's own rotation may be locked, the device's is not. */
    private fun displayRotation(): Int =
        when (displays.getDisplay(Display.DEFAULT_DISPLAY)?.rotation) {
            Surface.ROTATION_90 -> 90
            Surface.ROTATION_180 -> 180
            Surface.ROTATION_270 -> 270
            else -> 0
        }

    private companion object {
        fun color(image: Image): ColorSpace {
            if (Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU) return ColorSpace.BT601_LIMITED
            val space = image.dataSpace
            return when {
                DataSpace.getRange(space) == DataSpace.RANGE_FULL -> ColorSpace.BT601_FULL
                DataSpace.getStandard(space) == DataSpace.STANDARD_BT709 -> ColorSpace.BT709_LIMITED
                else -> ColorSpace.BT601_LIMITED
            }
        }
    }
}
