package dev.duet.android

import android.opengl.GLES20
import dev.duet.ColorSpace
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer

/** Draws I420 with OpenGL ES 2. For the one thread that owns the context. */
internal class PicturePainter {
    private var program = 0
    private val textures = IntArray(3)
    private val sizes = Array(3) { PictureSize(0, 0) }
    private val positions = floats(8)
    private val corners = floats(8)
    private var rotation = 0
    private var color = ColorSpace.BT601_LIMITED

    /** The size of the picture as it is seen. */
    var upright = PictureSize(0, 0)
        private set

    /** Sets up a new context. */
    fun create() {
        program = GLES20.glCreateProgram()
        attach(GLES20.GL_VERTEX_SHADER, VERTEX)
        attach(GLES20.GL_FRAGMENT_SHADER, FRAGMENT)
        GLES20.glLinkProgram(program)
        GLES20.glGenTextures(3, textures, 0)
        for (texture in textures) {
            GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, texture)
            parameter(GLES20.GL_TEXTURE_MIN_FILTER, GLES20.GL_LINEAR)
            parameter(GLES20.GL_TEXTURE_MAG_FILTER, GLES20.GL_LINEAR)
            // Without these, sizes that are no power of two are black on ES 2.
            parameter(GLES20.GL_TEXTURE_WRAP_S, GLES20.GL_CLAMP_TO_EDGE)
            parameter(GLES20.GL_TEXTURE_WRAP_T, GLES20.GL_CLAMP_TO_EDGE)
        }
        sizes.fill(PictureSize(0, 0))
    }

    /** @param data tight I420 from its beginning on. */
    fun upload(width: Int, height: Int, data: ByteBuffer, rotation: Int, color: ColorSpace) {
        this.rotation = rotation
        this.color = color
        upright = Geometry.upright(width, height, rotation)
        GLES20.glPixelStorei(GLES20.GL_UNPACK_ALIGNMENT, 1)
        val luma = width * height
        val bytes = data.duplicate()
        plane(0, PictureSize(width, height), bytes.at(0))
        plane(1, PictureSize(width / 2, height / 2), bytes.at(luma))
        plane(2, PictureSize(width / 2, height / 2), bytes.at(luma + luma / 4))
    }

    fun draw(view: PictureSize, fit: Fit, mirrored: Boolean) {
        clear(view)
        val (x, y) = Geometry.scale(upright, view, fit)
        positions.set(-x, -y, x, -y, -x, y, x, y)
        corners.set(*Geometry.textureCorners(rotation, mirrored))
        GLES20.glUseProgram(program)
        attribute("position", positions)
        attribute("corner", corners)
        for (index in 0..2) {
            GLES20.glActiveTexture(GLES20.GL_TEXTURE0 + index)
            GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, textures[index])
            GLES20.glUniform1i(GLES20.glGetUniformLocation(program, PLANES[index]), index)
        }
        val colors = YuvColors.of(color)
        GLES20.glUniform3fv(GLES20.glGetUniformLocation(program, "offset"), 1, colors.offset, 0)
        GLES20.glUniformMatrix3fv(GLES20.glGetUniformLocation(program, "colors"), 1, false, colors.matrix, 0)
        GLES20.glDrawArrays(GLES20.GL_TRIANGLE_STRIP, 0, 4)
    }

    fun clear(view: PictureSize) {
        GLES20.glViewport(0, 0, view.width, view.height)
        GLES20.glClearColor(0f, 0f, 0f, 1f)
        GLES20.glClear(GLES20.GL_COLOR_BUFFER_BIT)
    }

    private fun plane(index: Int, size: PictureSize, bytes: ByteBuffer) {
        GLES20.glBindTexture(GLES20.GL_TEXTURE_2D, textures[index])
        val (format, type) = GLES20.GL_LUMINANCE to GLES20.GL_UNSIGNED_BYTE
        if (sizes[index] == size) {
            GLES20.glTexSubImage2D(GLES20.GL_TEXTURE_2D, 0, 0, 0, size.width, size.height, format, type, bytes)
        } else {
            GLES20.glTexImage2D(GLES20.GL_TEXTURE_2D, 0, format, size.width, size.height, 0, format, type, bytes)
            sizes[index] = size
        }
    }

    private fun attribute(name: String, values: FloatBuffer) {
        val at = GLES20.glGetAttribLocation(program, name)
        GLES20.glEnableVertexAttribArray(at)
        GLES20.glVertexAttribPointer(at, 2, GLES20.GL_FLOAT, false, 0, values)
    }

    private fun attach(kind: Int, source: String) {
        val shader = GLES20.glCreateShader(kind)
        GLES20.glShaderSource(shader, source)
        GLES20.glCompileShader(shader)
        GLES20.glAttachShader(program, shader)
        GLES20.glDeleteShader(shader)
    }

    private fun parameter(name: Int, value: Int) = GLES20.glTexParameteri(GLES20.GL_TEXTURE_2D, name, value)

    private companion object {
        val PLANES = listOf("luma", "blue", "red")

        const val VERTEX = """
            attribute vec2 position;
            attribute vec2 corner;
            varying vec2 at;
            void main() {
                gl_Position = vec4(position, 0.0, 1.0);
                at = corner;
            }
        """

        const val FRAGMENT = """
            precision mediump float;
            varying vec2 at;
            uniform sampler2D luma;
            uniform sampler2D blue;
            uniform sampler2D red;
            uniform vec3 offset;
            uniform mat3 colors;
            void main() {
                vec3 yuv = vec3(texture2D(luma, at).r, texture2D(blue, at).r, texture2D(red, at).r);
                gl_FragColor = vec4(clamp(colors * (yuv - offset), 0.0, 1.0), 1.0);
            }
        """

        fun floats(count: Int): FloatBuffer =
            ByteBuffer.allocateDirect(count * Float.SIZE_BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer()

        fun FloatBuffer.set(vararg values: Float) {
            clear()
            put(values)
            flip()
        }

        fun ByteBuffer.at(position: Int): ByteBuffer = apply { position(position) }
    }
}

/** How Y, U and V, less [offset], become red, green and blue: by [matrix], column by column, as OpenGL takes it. */
internal class YuvColors private constructor(val offset: FloatArray, val matrix: FloatArray) {
    companion object {
        // ITU-R BT.601 and BT.709: the shares of red and blue in luma.
        private val bt601 = 0.299f to 0.114f
        private val bt709 = 0.2126f to 0.0722f

        private val all = ColorSpace.entries.associateWith {
            when (it) {
                ColorSpace.BT601_LIMITED -> make(bt601, limited = true)
                ColorSpace.BT601_FULL -> make(bt601, limited = false)
                ColorSpace.BT709_LIMITED -> make(bt709, limited = true)
            }
        }

        fun of(space: ColorSpace): YuvColors = all.getValue(space)

        private fun make(shares: Pair<Float, Float>, limited: Boolean): YuvColors {
            val (red, blue) = shares
            val green = 1 - red - blue
            // Limited: luma from 16 to 235, chroma from 16 to 240.
            val luma = if (limited) 255f / 219 else 1f
            val chroma = if (limited) 255f / 224 else 1f
            val (toRed, toBlue) = 2 * (1 - red) * chroma to 2 * (1 - blue) * chroma
            return YuvColors(
                floatArrayOf(if (limited) 16f / 255 else 0f, 128f / 255, 128f / 255),
                floatArrayOf(
                    luma, luma, luma,
                    0f, -toBlue * blue / green, toBlue,
                    toRed, -toRed * red / green, 0f,
                ),
            )
        }
    }
}
