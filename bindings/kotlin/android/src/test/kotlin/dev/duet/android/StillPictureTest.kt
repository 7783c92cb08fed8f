package dev.duet.android

import dev.duet.ColorSpace
import dev.duet.Plane
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.nio.ByteBuffer

class StillPictureTest {
    /** NV21 with rows longer than the picture, as cameras hand it out: the last chroma sample ends the buffer. */
    private fun nv21(width: Int, height: Int): Triple<Plane, Plane, Plane> {
        val stride = width + 6
        val luma = ByteBuffer.allocateDirect(stride * (height - 1) + width)
        for (row in 0 until height) for (column in 0 until width) luma.put(row * stride + column, (10 * row + column).toByte())
        val chroma = ByteBuffer.allocateDirect(stride * (height / 2 - 1) + width)
        for (row in 0 until height / 2) {
            for (column in 0 until width / 2) {
                chroma.put(row * stride + 2 * column, (100 + 10 * row + column).toByte())
                chroma.put(row * stride + 2 * column + 1, (200 + 10 * row + column).toByte())
            }
        }
        val blue = chroma.duplicate().position(1).slice()
        return Triple(Plane(luma, stride), Plane(blue, stride, 2), Plane(chroma, stride, 2))
    }

    private fun StillPicture.bytes() = ByteArray(data.remaining()).also { data.duplicate().get(it) }.map { it.toInt() and 255 }

    @Test
    fun `strides are followed and the planes become tight`() {
        val (y, u, v) = nv21(4, 4)
        val picture = StillPicture()
        picture.take(4, 4, y, u, v, 90, ColorSpace.BT601_FULL, longest = 4)
        val luma = (0..3).flatMap { row -> (0..3).map { 10 * row + it } }
        assertEquals(luma + listOf(200, 201, 210, 211) + listOf(100, 101, 110, 111), picture.bytes())
        assertEquals(listOf(4, 4, 90), listOf(picture.width, picture.height, picture.rotation))
        assertEquals(ColorSpace.BT601_FULL, picture.color)
    }

    @Test
    fun `a picture that is too large loses pixels, not its shape`() {
        val (y, u, v) = nv21(16, 8)
        val picture = StillPicture()
        picture.take(16, 8, y, u, v, 0, ColorSpace.BT601_LIMITED, longest = 8)
        assertEquals(listOf(8, 4), listOf(picture.width, picture.height))
        assertEquals(listOf(0, 2, 4, 6), picture.bytes().take(4))
        assertEquals(8 * 4 * 3 / 2, picture.data.remaining())
    }

    @Test
    fun `a smaller picture after a larger one leaves nothing of it behind`() {
        val picture = StillPicture()
        for (width in listOf(16, 4)) {
            val (y, u, v) = nv21(width, 4)
            picture.take(width, 4, y, u, v, 0, ColorSpace.BT601_LIMITED, longest = 16)
        }
        assertEquals(4 * 4 * 3 / 2, picture.data.remaining())
    }
}
