package dev.duet.sample.logic

import dev.duet.CallEvent
import dev.duet.CallState
import dev.duet.DeviceNews
import dev.duet.EndReason
import dev.duet.VideoNews
import dev.duet.android.Facing
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.time.Duration.Companion.milliseconds

@OptIn(ExperimentalCoroutinesApi::class)
class CallControllerTest {
    private val log: Log = mutableListOf()
    private val told = mutableListOf<DeviceNews>()
    private val routes = FakeRoutes(log)
    private lateinit var controller: CallController
    private val ui get() = controller.ui.value

    private fun test(body: suspend TestScope.() -> Unit) = runTest {
        // Its own queue: what the engine is told happens only when the test lets it.
        val engine = StandardTestDispatcher(testScheduler)
        controller = CallController(
            backgroundScope, engine, FakeMedia(log), AudioRouter(routes), FakeTelecom(log), told::add,
            clock = { testScheduler.currentTime },
        )
        controller.permissions(microphone = true, camera = true)
        body()
    }

    private fun TestScope.settle() = runCurrent()

    private fun since(body: () -> Unit): List<String> {
        log.clear()
        body()
        return log.toList()
    }

    /** A call that talks. */
    private fun TestScope.talking(line: FakeLine = FakeLine(log)): FakeLine {
        controller.place(line)
        line.tell(CallState.CONNECTING)
        line.tell(CallState.CONNECTED)
        line.tell(CallEvent.Connected(80.milliseconds))
        line.tell(CallEvent.RemoteMedia(audio = true, video = true, screen = false))
        settle()
        assertEquals(Stage.TALKING, ui.stage)
        return line
    }

    @Test
    fun `a call that we place shows each stage and opens the devices when they are needed`() = test {
        val line = FakeLine(log)
        controller.place(line)
        settle()
        assertEquals(Stage.OUTGOING to "bob", ui.stage to ui.title)
        assertEquals(Running(sound = false, camera = CameraUse(Facing.FRONT, CameraQuality.FULL)), ui.running)
        line.tell(CallEvent.RemoteRinging)
        settle()
        assertEquals("tone RINGBACK", log.last())
        line.tell(CallState.CONNECTING)
        settle()
        assertEquals(Stage.CONNECTING, ui.stage)
        assertTrue("tone null" in log && ui.running.sound)
        advanceTimeBy(500)
        line.tell(CallState.CONNECTED)
        line.tell(CallEvent.Connected(80.milliseconds))
        settle()
        assertEquals(Stage.TALKING to 500L, ui.stage to ui.since)
    }

    @Test
    fun `an incoming call opens nothing before it is answered`() = test {
        val line = FakeLine(log, state = CallState.INCOMING)
        controller.arrive(line)
        settle()
        assertEquals(Stage.INCOMING, ui.stage)
        assertEquals(Running(), ui.running)
        assertTrue(log.none { it.startsWith("mode") || it.startsWith("camera") || it.startsWith("sound") }, "$log")
        controller.accept(video = true)
        settle()
        assertEquals(Running(sound = true, camera = CameraUse(Facing.FRONT, CameraQuality.FULL)), ui.running)
        assertTrue(log.indexOf("call-1 accept") > 0)
    }

    @Test
    fun `a call answered without pictures never touches the camera and says so to the other end`() = test {
        val line = FakeLine(log, state = CallState.INCOMING)
        controller.arrive(line)
        controller.accept(video = false)
        line.tell(CallState.CONNECTED)
        settle()
        assertTrue(log.none { it.startsWith("camera") }, "$log")
        assertTrue("call-1 pictures false" in log)
        assertTrue(ui.video && !ui.camera)
    }

    @Test
    fun `whoever rings during a call is told that we are busy and the call goes on`() = test {
        talking()
        val second = FakeLine(log, id = "call-2", peer = "eve", state = CallState.INCOMING)
        assertFalse(controller.arrive(second))
        settle()
        assertEquals(listOf("call-2 decline", "call-2 close"), log.takeLast(2))
        assertEquals("bob", ui.title)
        assertFalse(controller.place(FakeLine(log, id = "call-3")))
    }

    @Test
    fun `two who ring each other at once are in one call`() = test {
        controller.place(FakeLine(log, id = "ours"))
        val theirs = FakeLine(log, id = "theirs", state = CallState.CONNECTING)
        assertTrue(controller.arrive(theirs))
        settle()
        assertEquals(Stage.CONNECTING to "theirs", ui.stage to ui.id)
        assertTrue("ours close" in log)
        // Its pictures go into the call that is left.
        assertEquals(listOf("camera FRONT 720p30", "camera off", "camera FRONT 720p30"), log.filter { it.startsWith("camera") })
        theirs.end(EndReason.HANG_UP)
        settle()
        assertEquals(Stage.ENDED, ui.stage)
    }

    // Day thirty: ANR on hang-up.
    @Test
    fun `hanging up lets go of everything at once, before the engine is even asked`() = test {
        talking()
        val now = since { controller.hangUp() }
        assertEquals(Stage.ENDED, ui.stage)
        assertTrue(now.containsAll(listOf("camera off", "sound off", "telecom ended LOCAL", "mode false")), "$now")
        assertTrue(now.none { it.startsWith("call-1") }, "the engine is spoken to elsewhere: $now")
        settle()
        assertEquals(listOf("call-1 hangUp", "call-1 close"), log.takeLast(2))
    }

    // Day thirty: the camera's light stays on.
    @Test
    fun `whoever ends the call, the camera, the microphone and the route are let go of once`() = test {
        for (reason in listOf(EndReason.HANG_UP, EndReason.PEER_GONE, EndReason.ICE_FAILED, EndReason.INTERNAL)) {
            val line = talking()
            log.clear()
            line.end(reason)
            settle()
            for (what in listOf("camera off", "sound off", "route none", "mode false", "call-1 close")) {
                assertEquals(1, log.count { it == what }, "$what after $reason: $log")
            }
            assertEquals(Running(), ui.running)
            controller.dismiss()
        }
    }

    @Test
    fun `the camera's light is off while the camera is off, not only its pictures`() = test {
        talking()
        assertEquals(listOf("camera off"), since { controller.camera(false) })
        settle()
        assertEquals("call-1 pictures false", log.last())
        assertEquals(listOf("camera FRONT 720p30"), since { controller.camera(true) })
        settle()
        assertEquals("call-1 pictures true", log.last())
    }

    // Day thirty: echo on the speakerphone.
    @Test
    fun `the phone is in communication before the microphone opens and until it is closed`() = test {
        talking()
        assertTrue(log.indexOf("mode true") in 0 until log.indexOf("sound on"), "$log")
        assertTrue(log.indexOf("route SPEAKER") in 0 until log.indexOf("sound on"), "$log")
        val end = since { controller.hangUp() }
        assertTrue(end.indexOf("sound off") in 0 until end.indexOf("mode false"), "$end")
    }

    // Day thirty: no sound after a GSM call.
    @Test
    fun `after a telephone call the mode, the route and both devices come back`() = test {
        talking()
        val during = since { controller.phoneCall(true) }
        assertTrue("sound off" in during && "camera off" in during, "$during")
        assertEquals(DeviceNews.PHONE_CALL_BEGAN, told.last())
        val after = since { controller.phoneCall(false) }
        assertEquals(DeviceNews.PHONE_CALL_ENDED, told.last())
        val order = listOf("mode true", "focus true", "route SPEAKER", "sound on").map(after::indexOf)
        assertTrue(order.all { it >= 0 } && order == order.sorted(), "$after")
        assertTrue("camera FRONT 720p30" in after)
    }

    @Test
    fun `a call that is answered during a telephone call sounds once that is over`() = test {
        controller.phoneCall(true)
        val line = talking()
        assertFalse(ui.running.sound)
        assertTrue(ui.phoneCall)
        controller.phoneCall(false)
        assertTrue(ui.running.sound)
        line.end(EndReason.HANG_UP)
        settle()
        controller.phoneCall(true)
        assertEquals(1, told.count { it == DeviceNews.PHONE_CALL_ENDED })
    }

    @Test
    fun `when another app gives the sound back, the devices are opened anew`() = test {
        talking()
        controller.audioFocus(false)
        assertEquals(DeviceNews.AUDIO_FOCUS_LOST, told.last())
        val back = since { controller.audioFocus(true) }
        assertTrue(back.indexOf("route SPEAKER") in 0 until back.indexOf("sound anew"), "$back")
    }

    @Test
    fun `in the background the camera is off and the sound goes on`() = test {
        talking()
        assertEquals(listOf("camera off"), since { controller.background(true) })
        assertTrue(ui.running.sound && ui.camera, "the person still wants it on")
        assertEquals(DeviceNews.BACKGROUND, told.last())
        assertEquals(listOf("camera FRONT 720p30"), since { controller.background(false) })
    }

    // Day thirty: black video.
    @Test
    fun `a name is shown, not black, where the other end sends no picture`() = test {
        val line = talking()
        assertTrue(ui.remotePicture)
        line.tell(CallEvent.RemoteMedia(audio = false, video = false, screen = false))
        settle()
        assertTrue(!ui.remotePicture && ui.remoteMuted)
        line.tell(CallEvent.RemoteMedia(audio = true, video = true, screen = true))
        settle()
        assertTrue(ui.remotePicture && ui.remoteScreen)
    }

    @Test
    fun `flipping opens the other camera and puts the torch out`() = test {
        talking()
        controller.torch(true)
        assertFalse(ui.torch, "a front camera has none")
        assertEquals(listOf("camera BACK 720p30"), since { controller.flip() })
        assertEquals(listOf("torch true"), since { controller.torch(true) })
        controller.flip()
        assertFalse(ui.torch)
    }

    @Test
    fun `a camera that another app takes is off, and the person is told`() = test {
        talking()
        assertEquals(listOf("camera off"), since { controller.cameraLost() })
        assertEquals(Notice.CAMERA_LOST, ui.notice)
        controller.noticeSeen()
        assertNull(ui.notice)
        controller.camera(true)
        assertTrue(ui.running.camera != null)
    }

    @Test
    fun `without permission a device stays closed until it is given`() = test {
        controller.permissions(microphone = false, camera = false)
        talking()
        assertEquals(Running(), ui.running)
        controller.permissions(microphone = true, camera = false)
        assertEquals(Running(sound = true), ui.running)
        controller.camera(true)
        assertEquals(Notice.NO_CAMERA_PERMISSION, ui.notice)
    }

    @Test
    fun `a shared screen takes the camera's place, and is announced before its first picture`() = test {
        talking()
        controller.share(true)
        settle()
        assertEquals(Running(sound = true, screen = true), ui.running)
        assertTrue("camera off" in log && "call-1 screen true" in log)
        controller.background(true)
        assertTrue(ui.running.screen, "that is what one shares a screen for")
        controller.background(false)
        val end = since { controller.sharingStopped() }
        settle()
        assertTrue("screen off" in end && "camera FRONT 720p30" in end, "$end")
        assertTrue("call-1 screen false" in log)
        assertEquals(Notice.SHARING_STOPPED, ui.notice)
    }

    @Test
    fun `a phone that gets warm takes fewer pictures, and a hot one none`() = test {
        talking()
        assertEquals(listOf("camera FRONT 480p15"), since { controller.heat(Heat.of(2)) })
        assertEquals(DeviceNews.THERMAL_WARM, told.last())
        assertEquals(listOf("camera off"), since { controller.heat(Heat.of(4)) })
        assertEquals(DeviceNews.THERMAL_HOT, told.last())
        assertEquals(listOf("camera FRONT 720p30"), since { controller.heat(Heat.of(0)) })
        assertEquals(listOf("camera FRONT 480p15"), since { controller.powerSave(true) })
    }

    @Test
    fun `pictures come into a call without by consent`() = test {
        val line = talking(FakeLine(log, wantsVideo = false))
        controller.camera(true)
        settle()
        assertTrue("call-1 askVideo" in log && ui.videoAsking && ui.running.camera == null)
        line.tell(CallEvent.Video(VideoNews.AGREED))
        settle()
        assertTrue(ui.running.camera != null && !ui.videoAsking)
        line.tell(CallEvent.Video(VideoNews.STOPPED))
        settle()
        assertTrue(ui.running.camera == null && !ui.camera)
        line.tell(CallEvent.Video(VideoNews.ASKED))
        settle()
        assertTrue(ui.videoAsked)
        controller.answerVideo(false)
        settle()
        assertEquals("call-1 answerVideo false", log.last())
        controller.camera(true)
        line.tell(CallEvent.Video(VideoNews.DECLINED))
        settle()
        assertEquals(Notice.VIDEO_DECLINED, ui.notice)
        assertFalse(ui.camera)
    }

    @Test
    fun `muting is told to the engine and survives a lost network`() = test {
        val line = talking()
        controller.mute(true)
        settle()
        assertEquals("call-1 sound false", log.last())
        line.tell(CallState.RECONNECTING)
        settle()
        assertTrue(ui.muted && ui.running.sound)
        assertEquals(Stage.RECONNECTING, ui.stage)
    }

    @Test
    fun `in a room one waits, talks, and waits again`() = test {
        val line = FakeLine(log, peer = null, state = CallState.WAITING)
        controller.place(line, room = "tea")
        settle()
        assertEquals(Stage.WAITING to "tea", ui.stage to ui.title)
        line.peer = "bob"
        line.tell(CallState.CONNECTED)
        line.tell(CallEvent.RemoteMedia(audio = true, video = true, screen = false))
        settle()
        assertEquals("bob", ui.title)
        line.peer = null
        line.tell(CallState.WAITING)
        settle()
        assertEquals(Stage.WAITING to "tea", ui.stage to ui.title)
        assertTrue(!ui.remotePicture && !ui.running.sound)
    }

    @Test
    fun `hold is shown and told to the telephone app`() = test {
        val line = talking()
        controller.hold(true)
        settle()
        assertEquals("call-1 hold true", log.last())
        line.tell(CallEvent.Held(local = true, remote = false))
        settle()
        assertTrue(ui.heldHere)
        assertEquals("telecom held", log.last())
        line.tell(CallEvent.Held(local = false, remote = true))
        settle()
        assertTrue(ui.heldThere && !ui.heldHere)
        assertEquals("telecom active", log.last())
    }

    @Test
    fun `how a call ended is shown for a while, and busy is heard`() = test {
        val line = FakeLine(log)
        controller.place(line)
        line.end(EndReason.BUSY)
        settle()
        assertEquals(EndReason.BUSY, ui.how?.reason)
        assertTrue("tone BUSY" in log && "telecom ended BUSY" in log)
        advanceTimeBy(2999)
        assertEquals(Stage.ENDED, ui.stage)
        advanceTimeBy(2)
        assertEquals(CallUi(), ui)
        assertEquals("tone null", log.last())
    }

    @Test
    fun `what an earlier call still says does not disturb the next`() = test {
        val old = talking()
        controller.hangUp()
        controller.place(FakeLine(log, id = "call-2"))
        old.end(EndReason.HANG_UP)
        settle()
        advanceTimeBy(5000)
        assertEquals(Stage.OUTGOING to "call-2", ui.stage to ui.id)
    }

    @Test
    fun `declining closes the call and missing it is told`() = test {
        controller.arrive(FakeLine(log, state = CallState.INCOMING))
        controller.decline()
        settle()
        assertEquals(listOf("call-1 decline", "call-1 close"), log.takeLast(2))
        assertTrue("telecom ended DECLINED" in log)
        controller.dismiss()
        val missed = FakeLine(log, state = CallState.INCOMING)
        controller.arrive(missed)
        missed.end(EndReason.CANCELLED)
        settle()
        assertTrue("telecom ended MISSED" in log)
    }

    @Test
    fun `the quality is measured every second while somebody talks`() = test {
        val line = talking()
        line.stats = stats(received = 100)
        advanceTimeBy(1001)
        line.stats = stats(received = 180, lost = 20)
        advanceTimeBy(1001)
        assertEquals(Quality.POOR, ui.quality)
        assertEquals(20.0, ui.figures?.lossPercent)
    }
}
