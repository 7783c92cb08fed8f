package dev.duet.sample.live

import dev.duet.EndReason
import dev.duet.sample.logic.Stage
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfSystemProperty
import java.util.concurrent.TimeUnit

/** Calls with the web page in Chromium, which a script drives as a person would. */
@EnabledIfSystemProperty(named = "duet.page", matches = "true")
class PageTest {
    /** The script with a page, which ends well or tells why not. */
    private class Page(vararg args: String) : AutoCloseable {
        private val process = ProcessBuilder("node", "src/test/page/call.mjs", *args).redirectErrorStream(true).start()
        private val output = process.inputStream.bufferedReader()
        private val lines = mutableListOf<String>()

        /** Waits until it says [word]. */
        fun says(word: String) {
            while (true) {
                val line = output.readLine() ?: throw AssertionError("the page never said $word:\n${lines.joinToString("\n")}")
                lines.add(line)
                if (line == word) return
            }
        }

        /** Lets it hang up. */
        fun hangUp() {
            process.outputStream.use { it.write("hang up\n".toByteArray()) }
        }

        fun endsWell() {
            output.forEachLine { lines.add(it) }
            check(process.waitFor(60, TimeUnit.SECONDS)) { "the page's script hangs" }
            assertEquals(0, process.exitValue(), lines.joinToString("\n"))
        }

        override fun close() {
            process.destroy()
            output.close()
        }
    }

    @Test
    fun `the phone rings the page, both see and hear each other, the page hangs up`() = runBlocking {
        Server().use { server ->
            Phone(server.url, "phone").use { phone ->
                phone.session.connected()
                Page("answer", server.url, "page").use { page ->
                    page.says("online")
                    phone.ring("page")
                    phone.shows("talking, with pictures") { it.stage == Stage.TALKING && it.remotePicture }
                    page.says("sees and hears")
                    phone.seesAndHears()
                    page.hangUp()
                    page.endsWell()
                    assertEquals(EndReason.HANG_UP, phone.shows("the end") { it.stage == Stage.ENDED }.how?.reason)
                }
            }
        }
    }

    @Test
    fun `the page rings the phone, both see and hear each other, the phone hangs up`() = runBlocking {
        Server().use { server ->
            Phone(server.url, "phone").use { phone ->
                phone.session.connected()
                Page("ring", server.url, "page", "phone").use { page ->
                    phone.shows("ringing") { it.stage == Stage.INCOMING && it.title == "page" }
                    phone.act { accept(video = true) }
                    phone.shows("talking, with pictures") { it.stage == Stage.TALKING && it.remotePicture }
                    page.says("sees and hears")
                    phone.seesAndHears()
                    phone.act { hangUp() }
                    page.endsWell()
                }
            }
        }
    }
}
