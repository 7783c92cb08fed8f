package dev.duet.sample.logic

import dev.duet.Ended
import dev.duet.android.Facing

/** Where the person is in a call. */
enum class Stage {
    IDLE,

    /** It rings at the other end, or is about to. */
    OUTGOING,

    /** It rings here. */
    INCOMING,

    /** Alone in a room. */
    WAITING,

    /** Answered, and no media yet. */
    CONNECTING,
    TALKING,

    /** The network is lost, and looked for. */
    RECONNECTING,

    /** Over; how is still shown. */
    ENDED,
}

/** What is worth saying to the person once. */
enum class Notice { CAMERA_LOST, MICROPHONE_LOST, VIDEO_DECLINED, SHARING_STOPPED, NO_CAMERA_PERMISSION }

/** All that the screens, notifications and services show of a call: they draw it and keep nothing themselves. */
data class CallUi(
    val stage: Stage = Stage.IDLE,
    val id: String = "",
    val peer: String = "",
    /** The room we are in; null in a call that was rung. */
    val room: String? = null,
    /** The call has pictures, whether or not this end sends any. */
    val video: Boolean = false,
    val remoteRinging: Boolean = false,
    val muted: Boolean = false,
    /** The person wants their camera on. */
    val camera: Boolean = false,
    val facing: Facing = Facing.FRONT,
    val torch: Boolean = false,
    val sharing: Boolean = false,
    /** The other end has a picture to show; else its name is shown. */
    val remotePicture: Boolean = false,
    val remoteScreen: Boolean = false,
    val remoteMuted: Boolean = false,
    val heldHere: Boolean = false,
    val heldThere: Boolean = false,
    /** A telephone call has the phone. */
    val phoneCall: Boolean = false,
    /** The other end asks for pictures. */
    val videoAsked: Boolean = false,
    /** We asked for pictures and wait. */
    val videoAsking: Boolean = false,
    /** When media flowed first, on the clock the controller was given, in ms. */
    val since: Long? = null,
    val quality: Quality = Quality.UNKNOWN,
    val figures: Figures? = null,
    val how: Ended? = null,
    val notice: Notice? = null,
    /** What runs now. */
    val running: Running = Running(),
) {
    /** What the call is shown as: the person, or the room while alone in it. */
    val title: String get() = peer.ifEmpty { room.orEmpty() }

    /** A call is there and not over. */
    val live: Boolean get() = stage != Stage.IDLE && stage != Stage.ENDED

    /** The person takes part: the call is not merely ringing here. */
    val joined: Boolean get() = live && stage != Stage.INCOMING
}

/** Which devices run. */
data class Running(
    val sound: Boolean = false,
    val camera: CameraUse? = null,
    val screen: Boolean = false,
)

data class CameraUse(val facing: Facing, val quality: CameraQuality)
