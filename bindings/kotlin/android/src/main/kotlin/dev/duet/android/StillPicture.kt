package dev.duet.android

import dev.duet.ColorSpace
import dev.duet.Plane
import java.nio.ByteBuffer

/** Who wants to see what a camera takes: a [VideoView]. */
public fun interface PictureViewer {
    /**
     * The planes are only read during the call. Called on the camera's thread.
     *
     * @param rotation clockwise rotation to apply when showing it.
     */
    public fun show(width: Int, height: Int, y: Plane, u: Plane, v: Plane, rotation: Int, color: ColorSpace)
}

/** A copy of a picture in tight I420, made small: a self view needs no more. */
internal class StillPicture {
    var width = 0
        private set
    var height = 0
        private set
    var rotation = 0
        private set
    var color = ColorSpace.BT601_LIMITED
        private set
    var data: ByteBuffer = ByteBuffer.allocateDirect(0)
        private set

    /** Takes every nth pixel, so that the longer side has no more than [longest], but no less than half of it. */
    fun take(width: Int, height: Int, y: Plane, u: Plane, v: Plane, rotation: Int, color: ColorSpace, longest: Int) {
        val step = (maxOf(width, height) + longest - 1) / longest
        this.width = width / step / 2 * 2
        this.height = height / step / 2 * 2
        this.rotation = rotation
        this.color = color
        val luma = this.width * this.height
        if (data.capacity() < luma * 3 / 2) data = ByteBuffer.allocateDirect(luma * 3 / 2)
        data.clear()
        copy(y, this.width, this.height, step)
        copy(u, this.width / 2, this.height / 2, step)
        copy(v, this.width / 2, this.height / 2, step)
        data.flip()
    }

    private fun copy(from: Plane, width: Int, height: Int, step: Int) {
        val source = from.data
        val first = source.position()
        val row = ByteArray(width)
        for (line in 0 until height) {
            var at = first + line * step * from.rowStride
            for (column in 0 until width) {
                row[column] = source.get(at)
                at += step * from.pixelStride
            }
            data.put(row)
        }
    }
}
