package dev.duet.sample.logic

import dev.duet.android.Facing
import dev.duet.android.Fit
import dev.duet.android.PictureSize
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class RenderMathTest {
    private val phone = PictureSize(1080, 2340)

    @Test
    fun `a picture of nearly the screen's shape fills it, and a screen never loses an edge`() {
        assertEquals(Fit.FILL, RenderMath.fit(PictureSize(720, 1280), phone, screen = false))
        assertEquals(Fit.LETTERBOX, RenderMath.fit(PictureSize(1280, 720), phone, screen = false))
        assertEquals(Fit.LETTERBOX, RenderMath.fit(PictureSize(720, 1280), phone, screen = true))
        assertEquals(Fit.LETTERBOX, RenderMath.fit(PictureSize(0, 0), phone, screen = false))
    }

    @Test
    fun `only one's own front camera is a mirror`() {
        assertTrue(RenderMath.mirrored(Facing.FRONT, sharing = false))
        assertFalse(RenderMath.mirrored(Facing.BACK, sharing = false))
        assertFalse(RenderMath.mirrored(Facing.FRONT, sharing = true))
    }

    @Test
    fun `the self view lies inside the bars, in its corner, in its picture's shape`() {
        val bars = Box(0, 80, 1080, 2000)
        for (corner in Corner.entries) {
            val box = RenderMath.selfView(phone, PictureSize(720, 1280), corner, bars, density = 3f)
            assertTrue(box.left >= bars.left && box.right <= bars.right && box.top >= bars.top && box.bottom <= bars.bottom, "$corner $box")
            assertEquals(720f / 1280, box.width.toFloat() / box.height, 0.01f)
        }
        assertTrue(RenderMath.selfView(phone, PictureSize(720, 1280), Corner.TOP_RIGHT, bars, 3f).left > 540)
        assertTrue(RenderMath.selfView(phone, PictureSize(720, 1280), Corner.BOTTOM_LEFT, bars, 3f).top > 1000)
    }

    @Test
    fun `the self view is neither tiny on a small phone nor huge on a tablet`() {
        fun width(view: PictureSize, density: Float) =
            RenderMath.selfView(view, PictureSize(3, 4), Corner.TOP_LEFT, Box(0, 0, view.width, view.height), density).width / density
        assertEquals(80f, width(PictureSize(320, 480), 1f))
        assertEquals(72f, width(PictureSize(240, 320), 1f))
        assertEquals(160f, width(PictureSize(1600, 2560), 2f))
    }

    @Test
    fun `a self view goes to the corner nearest to where it was let go`() {
        assertEquals(Corner.TOP_LEFT, RenderMath.corner(phone, 100f, 100f))
        assertEquals(Corner.TOP_RIGHT, RenderMath.corner(phone, 1000f, 100f))
        assertEquals(Corner.BOTTOM_LEFT, RenderMath.corner(phone, 100f, 2000f))
        assertEquals(Corner.BOTTOM_RIGHT, RenderMath.corner(phone, 1000f, 2000f))
    }

    @Test
    fun `picture in picture asks for no shape that the platform refuses`() {
        assertEquals(PictureSize(1280, 720), RenderMath.pictureInPicture(PictureSize(1280, 720)))
        assertEquals(PictureSize(239, 100), RenderMath.pictureInPicture(PictureSize(3000, 1000)))
        assertEquals(PictureSize(100, 239), RenderMath.pictureInPicture(PictureSize(1000, 3000)))
        assertEquals(PictureSize(9, 16), RenderMath.pictureInPicture(PictureSize(0, 0)))
    }

    @Test
    fun `buttons wrap on a narrow phone`() {
        assertEquals(5, RenderMath.columns(320, 7))
        assertEquals(7, RenderMath.columns(600, 7))
        assertEquals(1, RenderMath.columns(10, 7))
    }
}
