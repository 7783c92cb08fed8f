package dev.duet.sample.logic

import dev.duet.CallEvent
import dev.duet.CallState
import dev.duet.DeviceNews
import dev.duet.EndReason
import dev.duet.EndedBy
import dev.duet.VideoNews
import dev.duet.android.Facing
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/**
 * One call at a time, from its first ring to its end: what the person does, what the other end does and what the phone
 * does become one state, and the devices follow it. For the thread of [scope]; nothing here waits.
 *
 * @param engine where the call is spoken to: never the main thread, so that nothing there can hang.
 * @param tellEngine hands on what happens to the device.
 * @param clock ms, monotonic.
 */
class CallController(
    private val scope: CoroutineScope,
    private val engine: CoroutineDispatcher,
    private val media: MediaPort,
    private val router: AudioRouter,
    private val telecom: TelecomPort,
    private val tellEngine: (DeviceNews) -> Unit,
    private val clock: () -> Long,
) {
    private val current = MutableStateFlow(CallUi())

    /** What is to be shown. */
    val ui: StateFlow<CallUi> = current.asStateFlow()

    /** The call, for views that draw its pictures; null without one. */
    var line: Line? = null
        private set

    private val device = Device()
    private var work: Job? = null

    /** Whether the other end believes that we send pictures; null before it was told. */
    private var told: Boolean? = null
    private var heard: Tone? = null

    // Commands to one call keep their order.
    private val commands = engine.limitedParallelism(1)

    /** We ring somebody, or enter a room. False if there is a call already. */
    fun place(line: Line, room: String? = null): Boolean {
        if (current.value.live) return refuse(line)
        val stage = if (room == null) Stage.OUTGOING else Stage.WAITING
        begin(line, CallUi(stage = stage, peer = line.peer.orEmpty(), room = room, camera = line.wantsVideo))
        telecom.outgoing(line.id, current.value.title, line.wantsVideo)
        return true
    }

    /** Somebody rings. False, and they are told that we are busy, if there is a call already. */
    fun arrive(line: Line): Boolean {
        val ours = this.line
        // We rang each other at once: the engine made one call of both, accepted already, in the place of ours.
        val glare = ours != null && line.state != CallState.INCOMING && line.peer == ours.peer
        if (current.value.live && !glare) return refuse(line)
        if (glare) {
            follow(null, Running())
            release(ours)
            begin(line, current.value.copy(stage = stage(line.state, current.value.stage)))
        } else {
            begin(line, CallUi(stage = Stage.INCOMING, peer = line.peer.orEmpty()))
            telecom.incoming(line.id, current.value.title, line.wantsVideo)
        }
        return true
    }

    /** Answers, with our pictures or without. */
    fun accept(video: Boolean) {
        val accepted = line ?: return
        if (current.value.stage != Stage.INCOMING) return
        show { copy(stage = Stage.CONNECTING, camera = video && this.video) }
        command { it.accept(accepted.wantsVideo) }
    }

    fun decline() {
        if (current.value.stage == Stage.INCOMING) over(EndCause.DECLINED) { it.decline() }
    }

    /** Ends the call in whatever stage. The devices are let go of before the engine is spoken to. */
    fun hangUp() {
        if (current.value.live) over(EndCause.LOCAL) { it.hangUp() }
    }

    /** The end has been seen. */
    fun dismiss() {
        if (current.value.stage == Stage.ENDED) current.value = CallUi()
    }

    fun mute(on: Boolean) {
        show { copy(muted = on) }
        command { it.sound(!on) }
    }

    /** Camera on or off. In a call without pictures, on asks the other end for them. */
    fun camera(on: Boolean) {
        if (!current.value.live) return
        if (on && !device.cameraAllowed) return show { copy(notice = Notice.NO_CAMERA_PERMISSION) }
        if (on && !current.value.video) {
            show { copy(camera = true, videoAsking = true) }
            return command { it.askVideo() }
        }
        show { copy(camera = on, torch = torch && on) }
    }

    fun flip() = show { copy(facing = facing.other, torch = false) }

    fun torch(on: Boolean) {
        if (current.value.running.camera?.facing == Facing.FRONT) return
        show { copy(torch = on) }
        media.torch(on)
    }

    /** Shares the screen in the place of the camera's pictures, once the person has agreed. */
    fun share(on: Boolean) = show { copy(sharing = on && live) }

    /** The platform ended the sharing. */
    fun sharingStopped() {
        if (current.value.sharing) show { copy(sharing = false, notice = Notice.SHARING_STOPPED) }
    }

    fun hold(on: Boolean) = command { it.hold(on) }

    fun answerVideo(accept: Boolean) {
        show { copy(videoAsked = false, camera = accept) }
        command { it.answerVideo(accept) }
    }

    fun noticeSeen() = show { copy(notice = null) }

    /** What permissions the app has now; without one its device stays closed. */
    fun permissions(microphone: Boolean, camera: Boolean) {
        device.microphone = microphone
        device.cameraAllowed = camera
        apply()
    }

    /** A telephone call, or another app's, has the phone. */
    fun phoneCall(on: Boolean) {
        if (device.phoneCall == on) return
        device.phoneCall = on
        tellEngine(if (on) DeviceNews.PHONE_CALL_BEGAN else DeviceNews.PHONE_CALL_ENDED)
        // The telephone app had the mode and the route; they do not come back by themselves.
        if (!on && router.running) router.restore()
        show { copy(phoneCall = on) }
    }

    /** Another app makes sound. */
    fun audioFocus(has: Boolean) {
        if (device.focus == has) return
        device.focus = has
        tellEngine(if (has) DeviceNews.AUDIO_FOCUS_REGAINED else DeviceNews.AUDIO_FOCUS_LOST)
        if (has && current.value.running.sound) {
            router.restore()
            media.restartSound()
        }
    }

    /** No activity of ours is to be seen, nor a picture in picture: the camera is off, the sound goes on. */
    fun background(on: Boolean) {
        if (device.background == on) return
        device.background = on
        tellEngine(if (on) DeviceNews.BACKGROUND else DeviceNews.FOREGROUND)
        apply()
    }

    fun heat(heat: Heat) {
        if (device.heat == heat) return
        device.heat = heat
        tellEngine(
            when (heat) {
                Heat.NORMAL -> DeviceNews.THERMAL_NORMAL
                Heat.WARM -> DeviceNews.THERMAL_WARM
                Heat.HOT -> DeviceNews.THERMAL_HOT
            },
        )
        apply()
    }

    /** The person, or the battery, asks to save power. */
    fun powerSave(on: Boolean) {
        device.saving = on
        apply()
    }

    fun cameraLost() {
        if (current.value.live) show { copy(camera = false, notice = Notice.CAMERA_LOST) }
    }

    fun microphoneLost() {
        if (current.value.live) show { copy(notice = Notice.MICROPHONE_LOST) }
    }

    private fun begin(line: Line, ui: CallUi) {
        this.line = line
        told = null
        current.value = ui.copy(id = line.id, video = line.wantsVideo, phoneCall = device.phoneCall)
        work?.cancel()
        work = scope.launch {
            launch { measure(line) }
            line.events.collect { hear(line, it) }
        }
        apply()
    }

    private fun refuse(line: Line): Boolean {
        scope.launch(commands) {
            line.decline()
            line.close()
        }
        return false
    }

    private fun hear(line: Line, event: CallEvent) {
        // What an earlier call still had to say.
        if (line !== this.line) return
        when (event) {
            is CallEvent.State -> moved(line, event.state)
            is CallEvent.RemoteRinging -> show { copy(remoteRinging = true) }
            is CallEvent.RemoteMedia -> show {
                copy(remotePicture = event.video, remoteScreen = event.screen, remoteMuted = !event.audio)
            }
            is CallEvent.Held -> held(line, event)
            is CallEvent.Video -> video(event.news)
            is CallEvent.Connected -> show { copy(since = since ?: clock()) }
            is CallEvent.FrameReady -> Unit
            is CallEvent.Ended -> {
                val cause = cause(event)
                show { copy(how = event.how) }
                over(cause) {}
            }
        }
    }

    private fun moved(line: Line, state: CallState) {
        if (state == CallState.ENDED) return
        show {
            copy(
                stage = stage(state, stage),
                peer = line.peer.orEmpty(),
                remotePicture = remotePicture && state != CallState.WAITING,
            )
        }
        if (state == CallState.CONNECTED) telecom.active(line.id)
    }

    private fun held(line: Line, event: CallEvent.Held) {
        show { copy(heldHere = event.local, heldThere = event.remote) }
        if (event.local) telecom.held(line.id) else if (current.value.stage == Stage.TALKING) telecom.active(line.id)
    }

    private fun video(news: VideoNews) = when (news) {
        VideoNews.ASKED -> show { copy(videoAsked = true) }
        VideoNews.AGREED -> show { copy(video = true, videoAsked = false, videoAsking = false) }
        VideoNews.DECLINED -> show { copy(camera = false, videoAsking = false, notice = Notice.VIDEO_DECLINED) }
        VideoNews.STOPPED -> show { copy(video = false, camera = false, videoAsked = false, sharing = false, remotePicture = false) }
    }

    private suspend fun measure(line: Line) {
        val meter = QualityMeter()
        while (true) {
            delay(MEASURE_MS)
            if (current.value.stage !in MEASURED) continue
            val stats = withContext(commands) { line.stats() } ?: continue
            if (line !== this.line) return
            val figures = meter.take(stats, clock())
            show { copy(quality = meter.quality, figures = figures) }
        }
    }

    /** Ends the call here: first what the person notices, then the engine, elsewhere. */
    private fun over(cause: EndCause, last: (Line) -> Unit) {
        val ended = line ?: return
        line = null
        work?.cancel()
        show { CallUi(Stage.ENDED, id, peer, room, since = since, how = how, running = running) }
        telecom.ended(ended.id, cause)
        release(ended, last)
        if (cause == EndCause.BUSY) tone(Tone.BUSY)
        val shown = ended.id
        scope.launch {
            delay(END_SHOWN_MS)
            if (current.value.id != shown) return@launch
            tone(null)
            dismiss()
        }
    }

    private fun release(line: Line, last: (Line) -> Unit = {}) {
        // Not a child of the call's work, which is over.
        scope.launch(commands) {
            last(line)
            line.close()
        }
    }

    private fun command(body: (Line) -> Unit) {
        val line = line ?: return
        scope.launch(commands) { body(line) }
    }

    private fun show(change: CallUi.() -> CallUi) {
        current.value = current.value.change()
        apply()
    }

    /** Makes what runs what should run. */
    private fun apply() {
        val ui = current.value
        if (ui.joined && !router.running) router.begin(video = ui.video && ui.camera)
        follow(line, device.wanted(ui))
        if (line != null) tone(if (ui.stage == Stage.OUTGOING && ui.remoteRinging) Tone.RINGBACK else null)
        // Last: what runs still sounds right until it stops.
        if (!ui.joined && router.running) router.end()
    }

    private fun follow(line: Line?, wanted: Running) {
        val before = current.value.running
        if (before != wanted) {
            if (before.camera != null && wanted.camera == null) media.stopCamera()
            if (before.screen && !wanted.screen) media.stopScreen()
            if (before.sound && !wanted.sound) media.stopSound()
            current.value = current.value.copy(running = wanted)
        }
        if (line == null) return
        if (!before.sound && wanted.sound) media.startSound(line)
        // Said before the first picture of the new kind.
        if (before.screen != wanted.screen) command { it.screen(wanted.screen) }
        wanted.camera?.let { if (it != before.camera) media.startCamera(line, it.facing, it.quality) }
        if (!before.screen && wanted.screen) media.startScreen(line)
        val sends = wanted.camera != null || wanted.screen
        if (sends != told) {
            told = sends
            command { it.pictures(sends) }
        }
    }

    private fun tone(wanted: Tone?) {
        if (wanted != heard) media.tone(wanted)
        heard = wanted
    }

    private fun stage(state: CallState, before: Stage): Stage = when (state) {
        CallState.WAITING -> Stage.WAITING
        CallState.OUTGOING -> Stage.OUTGOING
        // Once answered, the engine may still be about to say so.
        CallState.INCOMING -> if (before == Stage.CONNECTING) before else Stage.INCOMING
        CallState.CONNECTING -> Stage.CONNECTING
        CallState.CONNECTED -> Stage.TALKING
        CallState.RECONNECTING -> Stage.RECONNECTING
        CallState.ENDED -> Stage.ENDED
    }

    private fun cause(event: CallEvent.Ended): EndCause = when (event.how.reason) {
        EndReason.BUSY -> EndCause.BUSY
        EndReason.DECLINED, EndReason.DECLINED_ELSEWHERE -> EndCause.DECLINED
        EndReason.CANCELLED, EndReason.RING_TIMEOUT -> EndCause.MISSED
        EndReason.HANG_UP, EndReason.PEER_LEFT, EndReason.ACCEPTED_ELSEWHERE ->
            if (event.how.by == EndedBy.LOCAL) EndCause.LOCAL else EndCause.REMOTE
        else -> EndCause.FAILED
    }

    private companion object {
        /** Often enough for a person to watch; a snapshot costs far less than a picture. */
        const val MEASURE_MS = 1000L

        /** Long enough to read how a call ended. */
        const val END_SHOWN_MS = 3000L
        val MEASURED = setOf(Stage.TALKING, Stage.RECONNECTING)
    }
}

/** What the phone allows now. */
private class Device {
    var microphone = false
    var cameraAllowed = false
    var phoneCall = false
    var focus = true
    var background = false
    var saving = false
    var heat = Heat.NORMAL

    fun wanted(ui: CallUi): Running {
        val screen = ui.joined && ui.sharing && ui.video && !phoneCall
        val camera = ui.joined && ui.camera && ui.video && !ui.sharing &&
            cameraAllowed && !background && !phoneCall && heat != Heat.HOT
        val quality = if (saving || heat == Heat.WARM) CameraQuality.SAVING else CameraQuality.FULL
        return Running(
            sound = ui.stage in SPEAKING && microphone && !phoneCall,
            camera = CameraUse(ui.facing, quality).takeIf { camera },
            screen = screen,
        )
    }

    private companion object {
        val SPEAKING = setOf(Stage.CONNECTING, Stage.TALKING, Stage.RECONNECTING)
    }
}
