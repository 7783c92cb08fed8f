package dev.duet.sample.logic

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class PermissionFlowTest {
    private class Platform(override val api: Int = 35) : PermissionPort {
        val granted = mutableSetOf<Permission>()
        val refusedOnce = mutableSetOf<Permission>()
        override var asked = emptySet<Permission>()
        override fun granted(permission: Permission) = permission in granted
        override fun mayExplain(permission: Permission) = permission in refusedOnce

        /** The person's answer to the platform's question. */
        fun answer(step: Step, vararg yes: Permission) {
            for (permission in (step as Step.Ask).permissions) {
                if (permission in yes) granted.add(permission)
                // The second refusal is the last.
                else if (!refusedOnce.add(permission)) refusedOnce.remove(permission)
            }
        }
    }

    private val phone = Platform()
    private val flow = PermissionFlow(phone)

    @Test
    fun `what is granted already is not asked for`() {
        phone.granted.addAll(Permission.entries)
        assertEquals(Step.Proceed(video = true), flow.start(Purpose.VIDEO_CALL))
    }

    @Test
    fun `only what is needed is asked, when it is needed`() {
        assertEquals(Step.Ask(listOf(Permission.NOTIFICATIONS)), flow.start(Purpose.SIGN_IN))
        assertEquals(Step.Ask(listOf(Permission.MICROPHONE, Permission.BLUETOOTH)), flow.start(Purpose.AUDIO_CALL))
        assertEquals(Step.Ask(listOf(Permission.CAMERA)), flow.start(Purpose.CAMERA_ON))
    }

    @Test
    fun `old versions are not asked for what they do not know`() {
        val old = Platform(api = 24)
        assertEquals(Step.Proceed(video = false), PermissionFlow(old).start(Purpose.SIGN_IN))
        assertEquals(Step.Ask(listOf(Permission.MICROPHONE)), PermissionFlow(old).start(Purpose.AUDIO_CALL))
        val twelve = PermissionFlow(Platform(api = 31)).start(Purpose.AUDIO_CALL)
        assertEquals(Step.Ask(listOf(Permission.MICROPHONE, Permission.BLUETOOTH)), twelve)
    }

    @Test
    fun `a call without our camera goes on without it`() {
        phone.answer(flow.start(Purpose.VIDEO_CALL), Permission.MICROPHONE)
        assertEquals(Step.Proceed(video = false), flow.answered())
    }

    @Test
    fun `a call without a microphone does not begin`() {
        phone.answer(flow.start(Purpose.VIDEO_CALL), Permission.CAMERA, Permission.BLUETOOTH)
        assertEquals(Step.Stop(listOf(Permission.MICROPHONE)), flow.answered())
    }

    @Test
    fun `after a refusal it is explained before the platform asks again`() {
        phone.answer(flow.start(Purpose.AUDIO_CALL), Permission.BLUETOOTH)
        assertEquals(Step.Explain(listOf(Permission.MICROPHONE)), flow.start(Purpose.AUDIO_CALL))
        assertEquals(Step.Ask(listOf(Permission.MICROPHONE)), flow.understood())
        assertEquals(Step.Explain(listOf(Permission.MICROPHONE)), flow.start(Purpose.AUDIO_CALL))
        assertEquals(Step.Stop(listOf(Permission.MICROPHONE)), flow.later())
    }

    @Test
    fun `what was refused for good is got in the settings only`() {
        repeat(2) {
            flow.start(Purpose.AUDIO_CALL)
            phone.answer(flow.understood(), Permission.BLUETOOTH)
        }
        assertEquals(Step.OpenSettings(listOf(Permission.MICROPHONE)), flow.start(Purpose.AUDIO_CALL))
    }

    @Test
    fun `the first question is not taken for a refusal for good`() {
        // The platform answers "may not explain" before the first question, too.
        assertTrue(flow.start(Purpose.AUDIO_CALL) is Step.Ask)
    }

    @Test
    fun `a camera refused for good does not keep asking in calls, but the camera button tells`() {
        phone.granted.addAll(listOf(Permission.MICROPHONE, Permission.BLUETOOTH))
        phone.asked = setOf(Permission.CAMERA)
        assertEquals(Step.Proceed(video = false), flow.start(Purpose.VIDEO_CALL))
        assertEquals(Step.OpenSettings(listOf(Permission.CAMERA)), flow.start(Purpose.CAMERA_ON))
    }

    @Test
    fun `notifications that are refused do not keep anybody from signing in`() {
        phone.answer(flow.start(Purpose.SIGN_IN))
        assertEquals(Step.Proceed(video = false), flow.answered())
    }
}
