package dev.duet.sample.logic

import dev.duet.android.Facing
import dev.duet.android.Fit
import dev.duet.android.PictureSize

/** A place on the screen, in pixels. */
data class Box(val left: Int, val top: Int, val width: Int, val height: Int) {
    val right: Int get() = left + width
    val bottom: Int get() = top + height
}

/** The corners that the self view may rest in. */
enum class Corner { TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT }

/** Where pictures go on the screen of a call. */
object RenderMath {
    /**
     * How the other end's picture fills the screen: all of it, unless that would cut off more than a third, or it is a
     * screen, of which every edge counts.
     */
    fun fit(picture: PictureSize, view: PictureSize, screen: Boolean): Fit {
        if (screen || picture.area <= 0 || view.area <= 0) return Fit.LETTERBOX
        val shape = picture.width.toDouble() / picture.height
        val wanted = view.width.toDouble() / view.height
        return if (minOf(shape, wanted) / maxOf(shape, wanted) >= 2.0 / 3) Fit.FILL else Fit.LETTERBOX
    }

    /** Whether one's own picture is shown as in a mirror: a front camera's is, what one shows to others is not. */
    fun mirrored(facing: Facing, sharing: Boolean): Boolean = facing == Facing.FRONT && !sharing

    /**
     * The self view: a quarter of the shorter side wide, but no less than 72 dp and no more than 160 dp, of its picture's
     * shape, in a corner between the bars.
     *
     * @param picture as it is seen, upright; 3 by 4 before there is one.
     * @param density pixels per dp.
     */
    fun selfView(view: PictureSize, picture: PictureSize, corner: Corner, bars: Box, density: Float): Box {
        val margin = (MARGIN_DP * density).toInt()
        val short = (minOf(view.width, view.height) / 4f).coerceIn(LEAST_DP * density, MOST_DP * density)
        val shape = if (picture.area > 0) picture.width.toFloat() / picture.height else 0.75f
        val (width, height) = if (shape < 1) short to short / shape else short * shape to short
        val left = corner == Corner.TOP_LEFT || corner == Corner.BOTTOM_LEFT
        val top = corner == Corner.TOP_LEFT || corner == Corner.TOP_RIGHT
        return Box(
            left = if (left) bars.left + margin else bars.right - margin - width.toInt(),
            top = if (top) bars.top + margin else bars.bottom - margin - height.toInt(),
            width = width.toInt(),
            height = height.toInt(),
        )
    }

    /** The corner nearest to where a finger let go of the self view. */
    fun corner(view: PictureSize, centerX: Float, centerY: Float): Corner {
        val (left, top) = (centerX < view.width / 2f) to (centerY < view.height / 2f)
        return when {
            top && left -> Corner.TOP_LEFT
            top -> Corner.TOP_RIGHT
            left -> Corner.BOTTOM_LEFT
            else -> Corner.BOTTOM_RIGHT
        }
    }

    /** The shape of a picture in picture, within what the platform takes: 1 to 2.39 either way. */
    fun pictureInPicture(picture: PictureSize): PictureSize {
        if (picture.area <= 0) return PictureSize(9, 16)
        val (width, height) = picture
        return when {
            width * 100L > height * 239L -> PictureSize(239, 100)
            height * 100L > width * 239L -> PictureSize(100, 239)
            else -> picture
        }
    }

    /** How many columns of buttons fit, so that each is at least 64 dp wide. */
    fun columns(widthDp: Int, buttons: Int): Int = (widthDp / BUTTON_DP).coerceIn(1, buttons)

    private const val MARGIN_DP = 12
    private const val LEAST_DP = 72f
    private const val MOST_DP = 160f
    private const val BUTTON_DP = 64
}
