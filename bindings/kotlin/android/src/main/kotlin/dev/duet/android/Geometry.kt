package dev.duet.android

/** How a picture fills the view that shows it. */
public enum class Fit {
    /** The whole picture, with bars where its shape differs from the view's. */
    LETTERBOX,

    /** The whole view, with what does not fit cut off equally at both sides. */
    FILL,
}

/** Which way a camera looks. */
public enum class Facing {
    /** At the person who holds the device. */
    FRONT,

    /** Away from them. */
    BACK;

    /** The other one. */
    public val other: Facing get() = if (this == FRONT) BACK else FRONT
}

/** Width and height in pixels. */
public data class PictureSize(public val width: Int, public val height: Int) {
    /** How many pixels that is. */
    public val area: Int get() = width * height
}

/** The maths of rotation, shape and size: nothing here needs a device. */
public object Geometry {
    /**
     * The clockwise rotation that a viewer must apply to a camera's picture.
     *
     * @param sensor how the sensor is mounted: `SENSOR_ORIENTATION`, in degrees.
     * @param display how the display is turned from its natural position: 0, 90, 180 or 270.
     * @return 0, 90, 180 or 270.
     */
    public fun cameraRotation(sensor: Int, display: Int, facing: Facing): Int =
        // A display turned left by 90 shows what it shows turned right; a front camera looks the other way round.
        turn(if (facing == Facing.FRONT) sensor + display else sensor - display)

    /** An angle as 0, 90, 180 or 270, the nearest. */
    public fun turn(degrees: Int): Int = (((degrees % 360 + 360) % 360 + 45) / 90 * 90) % 360

    /** The size of a picture as it is seen, once turned by [rotation]. */
    public fun upright(width: Int, height: Int, rotation: Int): PictureSize =
        if (turn(rotation) % 180 == 0) PictureSize(width, height) else PictureSize(height, width)

    /**
     * How much of the view a picture covers in each direction, the view being 1 by 1. Beyond 1, the rest is cut off.
     *
     * @return horizontal and vertical share; 0 and 0 if either has no size yet.
     */
    public fun scale(picture: PictureSize, view: PictureSize, fit: Fit): Pair<Float, Float> {
        if (picture.width <= 0 || picture.height <= 0 || view.width <= 0 || view.height <= 0) return 0f to 0f
        val pictureShape = picture.width.toFloat() / picture.height
        val viewShape = view.width.toFloat() / view.height
        val wider = pictureShape > viewShape
        return if (wider == (fit == Fit.LETTERBOX)) 1f to viewShape / pictureShape else pictureShape / viewShape to 1f
    }

    /**
     * Where the four corners of the view's picture lie in the texture, as it must be sampled to appear turned by
     * [rotation] and, if asked for, mirrored: x and y of bottom left, bottom right, top left, top right. The texture's
     * first row is the picture's top.
     */
    public fun textureCorners(rotation: Int, mirrored: Boolean): FloatArray {
        // Clockwise from the top left: turning the picture clockwise moves each corner of it to the next of the view.
        val corners = listOf(0f to 0f, 1f to 0f, 1f to 1f, 0f to 1f)
        val steps = turn(rotation) / 90
        fun at(view: Int) = corners[(view - steps + 4) % 4]
        val (left, right) = if (mirrored) listOf(1, 2) to listOf(0, 3) else listOf(0, 3) to listOf(1, 2)
        val (topLeft, bottomLeft) = left.map(::at)
        val (topRight, bottomRight) = right.map(::at)
        return listOf(bottomLeft, bottomRight, topLeft, topRight).flatMap { listOf(it.first, it.second) }.toFloatArray()
    }

    /**
     * The best of a camera's sizes: of the wanted shape if there is one, the smallest that is not below [wanted], else
     * the largest.
     *
     * @return null if there is none whose sides are even and between 16 and 4096, as the engine takes them.
     */
    public fun chooseSize(available: List<PictureSize>, wanted: PictureSize): PictureSize? {
        val usable = available.filter { usable(it.width) && usable(it.height) }
        val shape = usable.filter { sameShape(it, wanted) }.ifEmpty { usable }
        return shape.filter { it.width >= wanted.width && it.height >= wanted.height }.minByOrNull { it.area }
            ?: shape.maxByOrNull { it.area }
    }

    /**
     * The best of a camera's ranges of frames per second: one that reaches [wanted] and overshoots it least; of those,
     * the one that may go lowest, so that the picture stays bright in the dark.
     */
    public fun chooseRate(available: List<IntRange>, wanted: Int): IntRange? {
        val enough = available.filter { it.last >= wanted }
        val limit = enough.minOfOrNull { it.last } ?: available.maxOfOrNull { it.last }
        return available.filter { it.last == limit }.minByOrNull { it.first }
    }

    /** The size to send a screen in: its shape, no side longer than [longest], both even. */
    public fun screenSize(width: Int, height: Int, longest: Int): PictureSize {
        val shrink = minOf(1.0, longest.toDouble() / maxOf(width, height))
        fun side(pixels: Int) = ((pixels * shrink).toInt() / 2 * 2).coerceIn(16, 4096)
        return PictureSize(side(width), side(height))
    }

    private fun usable(side: Int) = side % 2 == 0 && side in 16..4096

    private fun sameShape(one: PictureSize, other: PictureSize) =
        one.width.toLong() * other.height == one.height.toLong() * other.width
}
