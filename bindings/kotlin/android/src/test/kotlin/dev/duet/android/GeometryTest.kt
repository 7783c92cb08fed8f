package dev.duet.android

import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class GeometryTest {
    @Test
    fun `a front camera turns with the display and a back camera against it`() {
        val front = listOf(0, 90, 180, 270).map { Geometry.cameraRotation(270, it, Facing.FRONT) }
        val back = listOf(0, 90, 180, 270).map { Geometry.cameraRotation(90, it, Facing.BACK) }
        assertEquals(listOf(270, 0, 90, 180), front)
        assertEquals(listOf(90, 0, 270, 180), back)
    }

    @Test
    fun `any angle becomes a quarter turn`() {
        assertEquals(listOf(0, 90, 270, 0, 0, 180), listOf(0, 90, -90, 360, 44, 200).map(Geometry::turn))
    }

    @Test
    fun `a picture that lies on its side is seen upright`() {
        assertEquals(PictureSize(720, 1280), Geometry.upright(1280, 720, 90))
        assertEquals(PictureSize(1280, 720), Geometry.upright(1280, 720, 180))
    }

    @Test
    fun `a letterbox shows the whole picture and a fill the whole view`() {
        val (picture, view) = PictureSize(1280, 720) to PictureSize(720, 720)
        assertEquals(1f to 0.5625f, Geometry.scale(picture, view, Fit.LETTERBOX))
        assertEquals(1280f / 720 to 1f, Geometry.scale(picture, view, Fit.FILL))
        val (tall, wide) = PictureSize(720, 1280) to PictureSize(1280, 720)
        assertEquals(0.31640625f to 1f, Geometry.scale(tall, wide, Fit.LETTERBOX))
        assertEquals(1f to 1f, Geometry.scale(wide, wide, Fit.FILL))
    }

    @Test
    fun `a view or a picture without a size shows nothing`() {
        assertEquals(0f to 0f, Geometry.scale(PictureSize(0, 0), PictureSize(10, 10), Fit.FILL))
        assertEquals(0f to 0f, Geometry.scale(PictureSize(10, 10), PictureSize(10, 0), Fit.FILL))
    }

    /** What a picture of four letters, rows from the top, looks like on the screen. */
    private fun look(rotation: Int, mirrored: Boolean): List<String> {
        val picture = listOf("AB", "CD")
        val corners = Geometry.textureCorners(rotation, mirrored)
        val letters = (0..3).map { picture[corners[2 * it + 1].toInt()][corners[2 * it].toInt()] }
        val (bottomLeft, bottomRight, topLeft, topRight) = letters
        return listOf("$topLeft$topRight", "$bottomLeft$bottomRight")
    }

    @Test
    fun `a picture is turned clockwise`() {
        assertEquals(listOf("AB", "CD"), look(0, false))
        assertEquals(listOf("CA", "DB"), look(90, false))
        assertEquals(listOf("DC", "BA"), look(180, false))
        assertEquals(listOf("BD", "AC"), look(270, false))
    }

    @Test
    fun `a mirrored picture is mirrored as it is seen, however it is turned`() {
        assertEquals(listOf("BA", "DC"), look(0, true))
        assertEquals(listOf("AC", "BD"), look(90, true))
        assertEquals(listOf("DB", "CA"), look(270, true))
    }

    @Test
    fun `of a camera's sizes the smallest of the wanted shape that suffices is taken`() {
        val sizes = listOf(4000 to 3000, 1920 to 1080, 1280 to 960, 1280 to 720, 640 to 480, 1281 to 721).map { PictureSize(it.first, it.second) }
        assertEquals(PictureSize(1280, 720), Geometry.chooseSize(sizes, PictureSize(1280, 720)))
        assertEquals(PictureSize(1280, 960), Geometry.chooseSize(sizes, PictureSize(800, 600)))
        assertEquals(PictureSize(640, 480), Geometry.chooseSize(sizes, PictureSize(640, 480)))
    }

    @Test
    fun `a camera that cannot do the wanted shape or size does what it can`() {
        assertEquals(PictureSize(640, 480), Geometry.chooseSize(listOf(PictureSize(320, 240), PictureSize(640, 480)), PictureSize(1280, 720)))
        assertNull(Geometry.chooseSize(listOf(PictureSize(641, 481), PictureSize(8, 8), PictureSize(8000, 6000)), PictureSize(640, 480)))
    }

    @Test
    fun `of the rates the nearest that suffices and is brightest in the dark is taken`() {
        assertEquals(15..30, Geometry.chooseRate(listOf(30..30, 15..30, 15..15, 60..60), 30))
        assertEquals(15..24, Geometry.chooseRate(listOf(15..15, 15..24), 30))
        assertEquals(15..15, Geometry.chooseRate(listOf(15..15, 7..30), 15))
        assertNull(Geometry.chooseRate(emptyList(), 30))
    }

    @Test
    fun `a screen keeps its shape, and its sides stay even`() {
        assertEquals(PictureSize(864, 1920), Geometry.screenSize(1080, 2400, 1920))
        assertEquals(PictureSize(1080, 1920), Geometry.screenSize(1081, 1921, 4096).let { PictureSize(it.width, it.height) })
        assertEquals(PictureSize(16, 1000), Geometry.screenSize(10, 4000, 1000))
    }

    private fun rgb(space: dev.duet.ColorSpace, y: Int, u: Int, v: Int): List<Int> {
        val colors = YuvColors.of(space)
        val yuv = listOf(y, u, v).mapIndexed { at, value -> value / 255f - colors.offset[at] }
        return (0..2).map { row -> Math.round(255 * (0..2).sumOf { (colors.matrix[3 * it + row] * yuv[it]).toDouble() }.coerceIn(0.0, 1.0)).toInt() }
    }

    @Test
    fun `black, white and red come out as such in every colour space`() {
        assertEquals(listOf(0, 0, 0), rgb(dev.duet.ColorSpace.BT601_LIMITED, 16, 128, 128))
        assertEquals(listOf(255, 255, 255), rgb(dev.duet.ColorSpace.BT709_LIMITED, 235, 128, 128))
        assertEquals(listOf(255, 255, 255), rgb(dev.duet.ColorSpace.BT601_FULL, 255, 128, 128))
        val reds = listOf(
            rgb(dev.duet.ColorSpace.BT601_LIMITED, 81, 90, 240),
            rgb(dev.duet.ColorSpace.BT709_LIMITED, 63, 102, 240),
            rgb(dev.duet.ColorSpace.BT601_FULL, 76, 85, 255),
        )
        for (red in reds) assertArrayEquals(intArrayOf(255, 0, 0), red.map { if (it < 4) 0 else if (it > 251) 255 else it }.toIntArray(), "$reds")
    }
}
