package dev.duet.sample.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File

class PurityTest {
    @Test
    fun `the logic knows nothing of Android, so that all of it runs here`() {
        val files = File("src/main/kotlin/dev/duet/sample/logic").listFiles()!!
        assertTrue(files.size > 10)
        for (file in files) {
            val lines = file.readLines().filter { Regex("""\bandroid\.""").containsMatchIn(it.replace("dev.duet.android.", "")) }
            assertEquals(emptyList<String>(), lines, file.name)
        }
    }
}
