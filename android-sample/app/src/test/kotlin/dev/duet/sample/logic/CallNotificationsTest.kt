package dev.duet.sample.logic

import dev.duet.EndReason
import dev.duet.Ended
import dev.duet.EndedBy
import dev.duet.Phase
import dev.duet.android.Facing
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import kotlin.time.Duration

class CallNotificationsTest {
    private val all = Granted(microphone = true, camera = true)
    private val camera = Running(sound = true, camera = CameraUse(Facing.FRONT, CameraQuality.FULL))
    private val talking = CallUi(Stage.TALKING, id = "1", peer = "bob", video = true, since = 7, running = camera)

    @Test
    fun `a call that rings is shown over the lock screen, with what one may answer`() {
        val plan = CallNotifications.of(CallUi(Stage.INCOMING, peer = "bob", video = true), all)!!
        assertTrue(plan.fullScreen)
        assertEquals(Channel.INCOMING to "bob", plan.channel to plan.title)
        assertEquals(listOf(CallAction.DECLINE, CallAction.ANSWER, CallAction.ANSWER_VIDEO), plan.actions)
        val voice = CallNotifications.of(CallUi(Stage.INCOMING), all)!!
        assertEquals(listOf(CallAction.DECLINE, CallAction.ANSWER), voice.actions)
    }

    // Day thirty: killed in the background.
    @Test
    fun `in every stage of a call a service keeps the app alive, and in no other`() {
        for (stage in Stage.entries) {
            val plan = CallNotifications.of(CallUi(stage), all)
            if (stage == Stage.IDLE || stage == Stage.ENDED) assertNull(plan) else {
                assertTrue(ServiceType.PHONE_CALL in assertNotNull(plan).let { plan!!.service }, "$stage")
            }
        }
    }

    @Test
    fun `a call that rings claims no device, for it may ring in the background`() {
        assertEquals(setOf(ServiceType.PHONE_CALL), CallNotifications.of(CallUi(Stage.INCOMING), all)?.service)
    }

    @Test
    fun `the microphone is claimed before the app can go to the background`() {
        assertTrue(ServiceType.MICROPHONE in CallNotifications.of(CallUi(Stage.OUTGOING), all)!!.service)
    }

    @Test
    fun `what is not granted is not claimed, for that would end the app`() {
        val none = Granted(microphone = false, camera = false)
        assertEquals(setOf(ServiceType.PHONE_CALL), CallNotifications.of(talking, none)?.service)
    }

    @Test
    fun `camera and screen are claimed while they are used`() {
        val devices = setOf(ServiceType.PHONE_CALL, ServiceType.MICROPHONE)
        assertEquals(devices + ServiceType.CAMERA, CallNotifications.of(talking, all)?.service)
        val sharing = talking.copy(sharing = true, running = Running(sound = true, screen = true))
        assertEquals(devices + ServiceType.SCREEN, CallNotifications.of(sharing, all)?.service)
    }

    @Test
    fun `a call tells how it stands and counts only while it talks`() {
        fun text(ui: CallUi) = CallNotifications.of(ui, all)!!.text
        assertEquals(CallText.TALKING, text(talking))
        assertEquals(CallText.ON_HOLD, text(talking.copy(heldThere = true)))
        assertEquals(CallText.ON_HOLD, text(talking.copy(phoneCall = true)))
        assertEquals(CallText.SHARING, text(talking.copy(sharing = true)))
        assertEquals(CallText.RECONNECTING, text(talking.copy(stage = Stage.RECONNECTING)))
        assertEquals(7L, CallNotifications.of(talking, all)?.since)
        assertNull(CallNotifications.of(talking.copy(stage = Stage.RECONNECTING), all)?.since)
    }

    @Test
    fun `the buttons are those that do something`() {
        assertEquals(listOf(CallAction.HANG_UP, CallAction.MUTE), CallNotifications.of(talking, all)?.actions)
        val other = talking.copy(muted = true, sharing = true)
        assertEquals(listOf(CallAction.HANG_UP, CallAction.UNMUTE, CallAction.STOP_SHARING), CallNotifications.of(other, all)?.actions)
    }

    private fun missed(stage: Stage, reason: EndReason): NotificationPlan? {
        val how = Ended(EndedBy.REMOTE, reason, Phase.RINGING, Duration.ZERO, false, 0)
        return CallNotifications.missed(CallUi(stage, id = "1", peer = "bob"), CallUi(Stage.ENDED, id = "1", how = how))
    }

    @Test
    fun `a call is missed if it rang in vain, and not if it was answered or declined anywhere`() {
        assertEquals("bob", missed(Stage.INCOMING, EndReason.CANCELLED)?.title)
        assertEquals(listOf(CallAction.CALL_BACK), missed(Stage.INCOMING, EndReason.RING_TIMEOUT)?.actions)
        for (reason in listOf(EndReason.DECLINED, EndReason.ACCEPTED_ELSEWHERE, EndReason.DECLINED_ELSEWHERE)) {
            assertNull(missed(Stage.INCOMING, reason), "$reason")
        }
        assertNull(missed(Stage.TALKING, EndReason.HANG_UP))
        assertNull(CallNotifications.missed(CallUi(Stage.INCOMING, id = "1"), CallUi(Stage.ENDED, id = "1")), "declined here")
    }
}
