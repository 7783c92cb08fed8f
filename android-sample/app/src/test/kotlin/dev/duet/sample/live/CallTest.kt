package dev.duet.sample.live

import dev.duet.EndReason
import dev.duet.sample.logic.Running
import dev.duet.sample.logic.Stage
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.seconds

class CallTest {
    private fun test(body: suspend (alice: Phone, bob: Phone) -> Unit) = runBlocking {
        Server().use { server ->
            Phone(server.url, "alice").use { alice ->
                Phone(server.url, "bob").use { bob ->
                    alice.session.connected()
                    bob.session.connected()
                    body(alice, bob)
                }
            }
        }
    }

    @Test
    fun `two phones ring, talk, see each other and hang up`() = test { alice, bob ->
        alice.ring("bob")
        bob.shows("ringing") { it.stage == Stage.INCOMING && it.title == "alice" }
        alice.shows("that it rings there") { it.remoteRinging }
        bob.act { accept(video = true) }
        for (phone in listOf(alice, bob)) phone.shows("talking, with pictures") { it.stage == Stage.TALKING && it.remotePicture }
        alice.seesAndHears()
        bob.seesAndHears()

        bob.act { background(true) }
        assertFalse(bob.media.cameraOn)
        alice.shows("a name in the place of the picture") { !it.remotePicture }
        bob.act { background(false) }
        alice.shows("the picture again") { it.remotePicture }
        alice.seesAndHears()

        alice.act { phoneCall(true) }
        bob.shows("that it is held there") { it.heldThere }
        alice.act { phoneCall(false) }
        bob.shows("that it goes on") { !it.heldThere }
        bob.seesAndHears()
        alice.seesAndHears()

        alice.shows("figures") { (it.figures?.receivedFps ?: 0.0) > 0 }
        bob.act { hangUp() }
        assertEquals(Stage.ENDED, bob.controller.ui.value.stage)
        val end = alice.shows("how it ended, with all devices closed") { it.stage == Stage.ENDED && it.running == Running() }
        assertEquals(EndReason.HANG_UP, end.how?.reason)
        assertFalse(alice.media.cameraOn)
        assertTrue("telecom ended REMOTE" in alice.log && "telecom ended LOCAL" in bob.log)
    }

    @Test
    fun `two phones meet in a room, without pictures of one of them`() = test { alice, bob ->
        alice.join("tea")
        alice.shows("waiting") { it.stage == Stage.WAITING && it.title == "tea" }
        bob.join("tea")
        for (phone in listOf(alice, bob)) phone.shows("talking") { it.stage == Stage.TALKING && it.remotePicture }
        bob.act { camera(false) }
        alice.shows("a name") { !it.remotePicture }
        bob.seesAndHears()
        bob.act { hangUp() }
        alice.shows("waiting again") { it.stage == Stage.WAITING && it.title == "tea" }
    }

    @Test
    fun `a phone that a push woke rings at once, and has missed the call if the caller is gone already`() = runBlocking {
        Server().use { server ->
            Phone(server.url, "bob").use { bob ->
                bob.session.expectCall("woken", "alice", audio = true, video = true, 2.seconds)
                bob.shows("ringing") { it.stage == Stage.INCOMING && it.title == "alice" && it.id == "woken" && it.video }
                bob.shows("the end") { it.stage == Stage.ENDED }
                assertTrue("telecom ended MISSED" in bob.log, "${bob.log}")
            }
        }
    }

    @Test
    fun `a call that is declined is over at both ends`() = test { alice, bob ->
        alice.ring("bob")
        bob.shows("ringing") { it.stage == Stage.INCOMING }
        bob.act { decline() }
        assertEquals(EndReason.DECLINED, alice.shows("how it ended") { it.stage == Stage.ENDED }.how?.reason)
        assertTrue("telecom ended DECLINED" in alice.log)
    }
}
