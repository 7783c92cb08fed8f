package dev.duet.sample

import android.view.View
import android.widget.ImageButton
import android.widget.TextView
import dev.duet.EndReason
import dev.duet.android.Facing
import dev.duet.sample.logic.CallUi
import dev.duet.sample.logic.Figures
import dev.duet.sample.logic.Notice
import dev.duet.sample.logic.Quality
import dev.duet.sample.logic.RouteKind
import dev.duet.sample.logic.Stage
import dev.duet.sample.platform.part
import java.util.Locale

/** Draws a call's state into its screen: words, icons, what is to be seen at all. */
class CallLook(private val root: View) {
    private var figures = false
    private var small = false
    private var last = CallUi()

    fun show(ui: CallUi) {
        last = ui
        view(R.id.placeholder).visibility = seen(!ui.remotePicture)
        text(R.id.peer).text = ui.title
        text(R.id.status).text = status(ui)
        view(R.id.remote).contentDescription = string(R.string.remote_picture, ui.title)
        view(R.id.self).visibility = seen(ui.running.camera != null && !small)
        tool(R.id.mute, if (ui.muted) R.drawable.ic_mic_off else R.drawable.ic_mic, if (ui.muted) R.string.unmute else R.string.mute, ui.muted)
        val camera = if (ui.camera) R.drawable.ic_camera to R.string.camera_off else R.drawable.ic_camera_off to R.string.camera_on
        tool(R.id.camera, camera.first, camera.second, !ui.camera)
        tool(R.id.share, R.drawable.ic_share, if (ui.sharing) R.string.stop_sharing else R.string.share, ui.sharing)
        view(R.id.share).isEnabled = ui.video
        tool(R.id.flip, R.drawable.ic_flip, R.string.flip, ui.facing == Facing.BACK)
        view(R.id.flip).isEnabled = ui.running.camera != null
        quality(ui.quality)
        notice(ui.notice)
        view(R.id.asked).visibility = seen(ui.videoAsked && !small)
        text(R.id.asked_text).text = string(R.string.ask_video, ui.title)
        figures(ui.figures)
    }

    fun route(kind: RouteKind?) {
        val on = kind == RouteKind.SPEAKER
        tool(R.id.speaker, R.drawable.ic_speaker, if (on) R.string.speaker_off else R.string.speaker_on, on)
    }

    /** Whether only a picture in picture is to be seen: too small for words. */
    fun small(on: Boolean) {
        small = on
        view(R.id.bars).visibility = seen(!on)
        show(last)
    }

    fun toggleFigures() {
        figures = !figures
        view(R.id.statistics).contentDescription = string(if (figures) R.string.hide_statistics else R.string.statistics)
        figures(last.figures)
    }

    private fun status(ui: CallUi): String = when {
        ui.stage == Stage.ENDED -> ended(ui)
        ui.phoneCall -> string(R.string.phone_call)
        ui.heldHere -> string(R.string.on_hold)
        ui.heldThere -> string(R.string.held_by_other)
        ui.stage == Stage.OUTGOING -> string(if (ui.remoteRinging) R.string.ringing else R.string.calling)
        ui.stage == Stage.WAITING -> string(R.string.waiting)
        ui.stage == Stage.CONNECTING -> string(R.string.connecting)
        ui.stage == Stage.RECONNECTING -> string(R.string.reconnecting)
        ui.sharing -> string(R.string.sharing)
        ui.remoteMuted -> string(R.string.remote_muted)
        else -> ui.title
    }

    private fun ended(ui: CallUi): String = when (val reason = ui.how?.reason ?: EndReason.HANG_UP) {
        EndReason.HANG_UP, EndReason.PEER_LEFT, EndReason.CANCELLED -> string(R.string.ended_hang_up)
        EndReason.DECLINED, EndReason.DECLINED_ELSEWHERE -> string(R.string.ended_declined)
        EndReason.BUSY -> string(R.string.ended_busy)
        EndReason.RING_TIMEOUT -> string(R.string.ended_no_answer)
        EndReason.NOT_FOUND, EndReason.UNREACHABLE -> string(R.string.ended_not_found)
        EndReason.PEER_GONE, EndReason.ICE_FAILED, EndReason.SIGNALING_LOST -> string(R.string.ended_network)
        EndReason.ROOM_FULL -> string(R.string.ended_room_full)
        EndReason.ACCEPTED_ELSEWHERE -> string(R.string.ended_elsewhere)
        else -> string(R.string.ended_failed, reason.name.lowercase(Locale.ROOT).replace('_', ' '))
    }

    private fun quality(quality: Quality) {
        val (color, words) = when (quality) {
            Quality.UNKNOWN -> R.color.on_stage_second to R.string.quality_unknown
            Quality.GOOD -> R.color.good to R.string.quality_good
            Quality.FAIR -> R.color.fair to R.string.quality_fair
            Quality.POOR -> R.color.poor to R.string.quality_poor
        }
        text(R.id.quality).setTextColor(root.context.getColor(color))
        text(R.id.quality).contentDescription = string(words)
    }

    private fun notice(notice: Notice?) {
        val view = text(R.id.notice)
        view.visibility = seen(notice != null && !small)
        view.setText(
            when (notice ?: return) {
                Notice.CAMERA_LOST -> R.string.notice_camera
                Notice.MICROPHONE_LOST -> R.string.notice_microphone
                Notice.VIDEO_DECLINED -> R.string.notice_video_declined
                Notice.SHARING_STOPPED -> R.string.notice_sharing
                Notice.NO_CAMERA_PERMISSION -> R.string.notice_no_camera
            },
        )
    }

    private fun figures(now: Figures?) {
        val view = text(R.id.figures)
        view.visibility = seen(figures && now != null && !small)
        if (now == null) return
        view.text = listOf(
            R.string.stat_rtt to "${now.rttMs ?: "–"} ms",
            R.string.stat_loss to "%.1f %%".format(now.lossPercent),
            R.string.stat_send to "${now.sendKbps} kbit/s ${now.sentSize}",
            R.string.stat_receive to "${now.receiveKbps} kbit/s ${now.receivedSize} %.0f/s".format(now.receivedFps),
            R.string.stat_sound to "${now.jitterMs} ms, %.1f %%".format(now.concealedPercent),
            R.string.stat_codec to "${now.codec ?: "–"} ${now.encoder}",
            R.string.stat_path to (now.path ?: "–"),
        ).joinToString("\n") { (name, value) -> "${string(name)}: $value" }
    }

    private fun tool(id: Int, icon: Int, label: Int, on: Boolean) {
        val button = root.part<ImageButton>(id)
        button.setImageResource(icon)
        button.contentDescription = string(label)
        button.setBackgroundResource(if (on) R.drawable.button_tool_on else R.drawable.button_tool)
    }

    private fun seen(yes: Boolean) = if (yes) View.VISIBLE else View.GONE

    private fun view(id: Int): View = root.part(id)

    private fun text(id: Int): TextView = root.part(id)

    private fun string(id: Int, vararg arguments: Any): String = root.context.getString(id, *arguments)
}
