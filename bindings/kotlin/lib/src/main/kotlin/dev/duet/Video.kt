package dev.duet

import com.sun.jna.Memory
import com.sun.jna.Native
import java.nio.ByteBuffer

/** How the bytes of a picture are laid out. */
public enum class PixelFormat {
    /** 8-bit 4:2:0: Y, U and V. Pulled pictures are I420: tight planes, one behind the other. */
    YUV420,

    /** R, G, B, A in memory order. */
    RGBA,

    /** B, G, R, A in memory order. */
    BGRA,
}

/** How luma and chroma map to RGB. */
public enum class ColorSpace {
    /** ITU-R BT.601, limited range: phone cameras, unless they say otherwise. */
    BT601_LIMITED,

    /** ITU-R BT.601, full range (JPEG). */
    BT601_FULL,

    /** ITU-R BT.709, limited range. */
    BT709_LIMITED,
}

/**
 * One plane of a picture: the bytes from [data]'s position to its limit.
 *
 * @property data a direct buffer, so that nothing is copied on the way; a camera's planes are.
 * @property rowStride bytes from the start of one row to the start of the next.
 * @property pixelStride bytes from one sample to the next: 1 for planar, 2 for NV12, NV21 and most cameras.
 */
public class Plane(public val data: ByteBuffer, public val rowStride: Int, public val pixelStride: Int = 1)

/**
 * A picture to send. Its buffers are only read during [LocalVideo.push].
 *
 * @property width in pixels, even, 16 to 4096.
 * @property height in pixels, even, 16 to 4096.
 * @property rotation clockwise rotation a viewer must apply: 0, 90, 180 or 270. Travels as metadata.
 * @property captureTime when it was captured, in ns of any monotonic clock; 0: now.
 */
public class VideoFrame private constructor(
    public val width: Int,
    public val height: Int,
    internal val format: PixelFormat,
    internal val planes: List<Plane>,
    public val rotation: Int,
    public val color: ColorSpace,
    public val captureTime: Long,
) {
    public companion object {
        /** Three planes with strides: I420, NV12, NV21 and Android's YUV_420_888 without repacking. */
        public fun yuv420(
            width: Int,
            height: Int,
            y: Plane,
            u: Plane,
            v: Plane,
            rotation: Int = 0,
            color: ColorSpace = ColorSpace.BT601_LIMITED,
            captureTime: Long = 0,
        ): VideoFrame =
            VideoFrame(width, height, PixelFormat.YUV420, listOf(y, u, v), rotation, color, captureTime)

        /** Tight I420: Y, then U, then V, in one direct buffer. */
        public fun i420(width: Int, height: Int, data: ByteBuffer, rotation: Int = 0, captureTime: Long = 0): VideoFrame {
            val luma = width * height
            if (width <= 0 || height <= 0 || data.remaining() < luma * 3 / 2) {
                throw DuetException.InvalidArgument("${data.remaining()} bytes are no ${width}x$height picture")
            }
            fun part(from: Int, length: Int): ByteBuffer =
                data.duplicate().apply {
                    position(data.position() + from)
                    limit(position() + length)
                }
            return yuv420(
                width,
                height,
                Plane(part(0, luma), width),
                Plane(part(luma, luma / 4), width / 2),
                Plane(part(luma + luma / 4, luma / 4), width / 2),
                rotation,
                captureTime = captureTime,
            )
        }

        /** 32 bits a pixel. */
        public fun packed(
            width: Int,
            height: Int,
            format: PixelFormat,
            data: ByteBuffer,
            rowStride: Int = width * 4,
            rotation: Int = 0,
            captureTime: Long = 0,
        ): VideoFrame {
            if (format == PixelFormat.YUV420) {
                throw DuetException.InvalidArgument("YUV420 is not a packed format")
            }
            val plane = Plane(data, rowStride, 4)
            return VideoFrame(width, height, format, listOf(plane), rotation, ColorSpace.BT601_LIMITED, captureTime)
        }
    }
}

/** The pictures we send. */
public class LocalVideo internal constructor(
    /** Keeps the call and what it needs. */
    @Suppress("unused") private val owner: Call,
    private val call: NativeCall,
    private val handle: Long,
) {
    private val frame = Memory(layout.frameSize.toLong()).apply { clear() }
    private val queued = Memory(1)

    /**
     * Hands in a picture. Copies its pixels once and returns; never waits. The size may change from one to the next.
     *
     * @return whether it will be encoded unless a newer one comes first; false when the track is off or over, or no
     *   buffer was free.
     * @throws DuetException.InvalidArgument for a picture that is not valid; the call goes on.
     */
    @Synchronized
    public fun push(picture: VideoFrame): Boolean {
        frame.setSize(0, layout.frameSize)
        frame.setInt(layout.frameWidth.toLong(), picture.width)
        frame.setInt(layout.frameHeight.toLong(), picture.height)
        frame.setInt(layout.frameFormat.toLong(), picture.format.ordinal)
        frame.setInt(layout.frameColor.toLong(), picture.color.ordinal)
        frame.setInt(layout.frameRotation.toLong(), picture.rotation)
        frame.setLong(layout.frameCaptureTimeNs.toLong(), picture.captureTime)
        picture.planes.forEachIndexed { index, plane ->
            val data = plane.data
            if (!data.isDirect) {
                throw DuetException.InvalidArgument("a plane is on the heap; use ByteBuffer.allocateDirect")
            }
            if (plane.rowStride < 0 || plane.pixelStride < 0) {
                throw DuetException.InvalidArgument("strides of ${plane.rowStride} and ${plane.pixelStride} are negative")
            }
            val at = layout.framePlanes + layout.planeSize * index
            frame.setPointer(at.toLong(), Native.getDirectBufferPointer(data).share(data.position().toLong()))
            frame.setSize(at + layout.planeLength, data.remaining())
            frame.setSize(at + layout.planeRowStride, plane.rowStride)
            frame.setSize(at + layout.planePixelStride, plane.pixelStride)
        }
        check(NativeMedia.pushVideo(handle, frame, queued))
        return queued.getByte(0) != 0.toByte()
    }

    /** Turns the pictures off and on ("camera off"). Off, pushed ones are dropped. */
    public var enabled: Boolean
        get() = unlessClosed("the call") { call.isVideoEnabled() }
        set(value) = unlessClosed("the call") { call.setVideoEnabled(value) }

    /**
     * Says whether the pictures pushed from now on are a screen's: they are encoded for sharp text before smooth motion, go
     * on in the background, and the other end is told.
     */
    public fun setScreen(screen: Boolean): Unit = unlessClosed("the call") { call.setScreen(screen) }

    private companion object {
        val layout = Layout.HERE
    }
}

/** A picture that the other end sent, and the buffer for it, which grows as needed and is used again. */
public class Picture(public val format: PixelFormat = PixelFormat.YUV420) {
    /** The bytes: a direct buffer, of which the picture fills the beginning. */
    public var data: ByteBuffer = ByteBuffer.allocateDirect(0)
        internal set

    /** Width in pixels; 0 before the first picture. */
    public var width: Int = 0
        internal set

    /** Height in pixels; 0 before the first picture. */
    public var height: Int = 0
        internal set

    /** Clockwise rotation to apply when showing it: 0, 90, 180 or 270. */
    public var rotation: Int = 0
        internal set

    /** Colour matrix and range of a YUV420 picture. */
    public var color: ColorSpace = ColorSpace.BT601_LIMITED
        internal set

    /** When it was decoded, in ns on the engine's clock. */
    public var time: Long = 0
        internal set
}

/** The pictures we receive. */
public class RemoteVideo internal constructor(
    /** Keeps the call and what it needs. */
    @Suppress("unused") private val owner: Call,
    private val handle: Long,
) {
    private val info = Memory(layout.infoSize.toLong()).apply { clear() }

    /**
     * Copies the newest picture not pulled before into [picture]. Never waits.
     *
     * @return false when there is no new one.
     */
    @Synchronized
    public fun pull(picture: Picture): Boolean {
        info.setSize(0, layout.infoSize)
        var code = pullInto(picture)
        if (code == BUFFER_TOO_SMALL) {
            picture.data = ByteBuffer.allocateDirect(info.getSize(layout.infoNeeded))
            code = pullInto(picture)
        }
        check(code)
        val width = info.getInt(layout.infoWidth.toLong())
        if (width == 0) return false
        picture.width = width
        picture.height = info.getInt(layout.infoHeight.toLong())
        picture.rotation = info.getInt(layout.infoRotation.toLong())
        picture.color = ColorSpace.entries[info.getInt(layout.infoColor.toLong())]
        picture.time = info.getLong(layout.infoTimeNs.toLong())
        return true
    }

    private fun pullInto(picture: Picture): Int {
        val capacity = picture.data.capacity()
        val target = if (capacity == 0) null else Native.getDirectBufferPointer(picture.data)
        return NativeMedia.pullVideo(handle, picture.format.ordinal, target, capacity, info)
    }

    private companion object {
        val layout = Layout.HERE

        /** `DUET_ERROR_BUFFER_TOO_SMALL`. */
        const val BUFFER_TOO_SMALL = 3
    }
}
