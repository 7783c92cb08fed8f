package dev.duet.sample.logic

/** What the platform asks the person for. */
enum class Permission { MICROPHONE, CAMERA, NOTIFICATIONS, BLUETOOTH }

/** What the person is about to do. */
enum class Purpose { SIGN_IN, AUDIO_CALL, VIDEO_CALL, CAMERA_ON }

/** What to do next. */
sealed interface Step {
    /** Say why, in the app's own words; then [PermissionFlow.understood] or [PermissionFlow.later]. */
    data class Explain(val permissions: List<Permission>) : Step

    /** Show the platform's question; then [PermissionFlow.answered]. */
    data class Ask(val permissions: List<Permission>) : Step

    /** The platform asks no more: only the settings help. */
    data class OpenSettings(val permissions: List<Permission>) : Step

    /** Go ahead. @property video false if the call must do without our camera. */
    data class Proceed(val video: Boolean) : Step

    /** It cannot be done. */
    data class Stop(val missing: List<Permission>) : Step
}

/** What the platform knows about permissions now. */
interface PermissionPort {
    /** `Build.VERSION.SDK_INT`. */
    val api: Int

    fun granted(permission: Permission): Boolean

    /** The person has refused once, and may be asked again: `shouldShowRequestPermissionRationale`. */
    fun mayExplain(permission: Permission): Boolean

    /** Whether we ever asked; kept by the app. */
    var asked: Set<Permission>
}

/**
 * Asks when something is needed and not before, explains after a refusal, and goes on without what a call can do
 * without: only the microphone is a must. One thing at a time.
 */
class PermissionFlow(private val port: PermissionPort) {
    private var purpose = Purpose.SIGN_IN
    private var pending = emptyList<Permission>()

    /** The first step towards [purpose]. */
    fun start(purpose: Purpose): Step {
        this.purpose = purpose
        val missing = missing()
        if (missing.isEmpty()) return done()
        // What the platform asks no more cannot be got here; what is not a must is not worth leaving the app for.
        val (gone, askable) = missing.partition(::gone)
        pending = askable
        return when {
            gone.any(::must) -> Step.OpenSettings(gone.filter(::must))
            askable.isEmpty() -> done()
            askable.any(port::mayExplain) -> Step.Explain(askable)
            else -> ask()
        }
    }

    /** The person read why. */
    fun understood(): Step = ask()

    /** The person does not want to be asked now. */
    fun later(): Step = done()

    /** The platform's question was answered; what is granted is read anew. */
    fun answered(): Step = done()

    private fun ask(): Step {
        port.asked += pending
        return Step.Ask(pending)
    }

    private fun done(): Step {
        val musts = missing().filter(::must)
        return when {
            musts.isEmpty() -> Step.Proceed(video = port.granted(Permission.CAMERA))
            else -> Step.Stop(musts)
        }
    }

    /** Refused for good. Before the first question the platform says the same; hence [PermissionPort.asked]. */
    private fun gone(permission: Permission) = permission in port.asked && !port.mayExplain(permission)

    private fun must(permission: Permission) = when (purpose) {
        Purpose.SIGN_IN -> false
        Purpose.AUDIO_CALL, Purpose.VIDEO_CALL -> permission == Permission.MICROPHONE
        Purpose.CAMERA_ON -> permission == Permission.CAMERA
    }

    private fun missing(): List<Permission> {
        val needed = when (purpose) {
            Purpose.SIGN_IN -> listOf(Permission.NOTIFICATIONS)
            Purpose.AUDIO_CALL -> listOf(Permission.MICROPHONE, Permission.BLUETOOTH)
            Purpose.VIDEO_CALL -> listOf(Permission.MICROPHONE, Permission.CAMERA, Permission.BLUETOOTH)
            Purpose.CAMERA_ON -> listOf(Permission.CAMERA)
        }
        return needed.filter { exists(it) && !port.granted(it) }
    }

    /** Before these versions, what they guard is free. */
    private fun exists(permission: Permission) = when (permission) {
        Permission.MICROPHONE, Permission.CAMERA -> true
        Permission.NOTIFICATIONS -> port.api >= 33
        Permission.BLUETOOTH -> port.api >= 31
    }
}
