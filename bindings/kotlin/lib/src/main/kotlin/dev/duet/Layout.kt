package dev.duet

import com.sun.jna.Pointer

/**
 * Where the fields of `DuetVideoFrame`, `DuetFrameInfo` and `DuetPlane` are, in bytes. The checks of
 * `cargo xtask android` have a C compiler compare both tables with `duet.h`.
 */
internal class Layout private constructor(
    val frameSize: Int,
    val frameWidth: Int,
    val frameHeight: Int,
    val frameFormat: Int,
    val frameColor: Int,
    val frameRotation: Int,
    val frameCaptureTimeNs: Int,
    val framePlanes: Int,
    val planeLength: Int,
    val planeRowStride: Int,
    val planePixelStride: Int,
    val planeSize: Int,
    val infoSize: Int,
    val infoWidth: Int,
    val infoHeight: Int,
    val infoRotation: Int,
    val infoColor: Int,
    val infoTimeNs: Int,
    val infoNeeded: Int,
) {
    companion object {
        /** 64-bit pointers. */
        private val WIDE = Layout(
            frameSize = 136,
            frameWidth = 8,
            frameHeight = 12,
            frameFormat = 16,
            frameColor = 20,
            frameRotation = 24,
            frameCaptureTimeNs = 32,
            framePlanes = 40,
            planeLength = 8,
            planeRowStride = 16,
            planePixelStride = 24,
            planeSize = 32,
            infoSize = 144,
            infoWidth = 8,
            infoHeight = 12,
            infoRotation = 16,
            infoColor = 20,
            infoTimeNs = 24,
            infoNeeded = 40,
        )

        /** 32-bit pointers, as on armeabi-v7a. */
        private val NARROW = Layout(
            frameSize = 80,
            frameWidth = 4,
            frameHeight = 8,
            frameFormat = 12,
            frameColor = 16,
            frameRotation = 20,
            frameCaptureTimeNs = 24,
            framePlanes = 32,
            planeLength = 4,
            planeRowStride = 8,
            planePixelStride = 12,
            planeSize = 16,
            infoSize = 88,
            infoWidth = 4,
            infoHeight = 8,
            infoRotation = 12,
            infoColor = 16,
            infoTimeNs = 24,
            infoNeeded = 36,
        )

        /** This machine's. */
        @JvmField
        val HERE: Layout = if (NativeMedia.wide) WIDE else NARROW
    }
}

/** Writes a `size_t`. */
internal fun Pointer.setSize(offset: Int, value: Int) {
    if (NativeMedia.wide) setLong(offset.toLong(), value.toLong()) else setInt(offset.toLong(), value)
}

/** Reads a `size_t`, of which no picture's exceeds an int. */
internal fun Pointer.getSize(offset: Int): Int =
    if (NativeMedia.wide) getLong(offset.toLong()).toInt() else getInt(offset.toLong())
