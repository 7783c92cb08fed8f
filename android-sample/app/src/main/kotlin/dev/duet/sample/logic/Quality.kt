package dev.duet.sample.logic

import dev.duet.CallStats

/** How well the other end comes across. */
enum class Quality { UNKNOWN, GOOD, FAIR, POOR }

/** What the statistics overlay shows. */
data class Figures(
    val rttMs: Long?,
    val lossPercent: Double,
    val sendKbps: Long,
    val receiveKbps: Long,
    val sentSize: String,
    val receivedSize: String,
    val receivedFps: Double,
    val jitterMs: Long,
    val concealedPercent: Double,
    val freezes: Long,
    val codec: String?,
    val encoder: String,
    val path: String?,
)

/** Makes rates of counts, and a judgement of rates. */
class QualityMeter {
    private var last: Pair<Long, CallStats>? = null

    var quality = Quality.UNKNOWN
        private set

    /**
     * @param now ms, monotonic.
     * @return null for the first one: rates need two.
     */
    fun take(stats: CallStats, now: Long): Figures? {
        val (then, before) = last ?: (now to stats).also { last = it }
        val seconds = (now - then) / 1000.0
        if (seconds <= 0) return null
        last = now to stats
        val (video, audio) = stats.inboundVideo to stats.inboundAudio
        val lost = video.packetsLost + audio.packetsLost - before.inboundVideo.packetsLost - before.inboundAudio.packetsLost
        val received = video.packetsReceived + audio.packetsReceived -
            before.inboundVideo.packetsReceived - before.inboundAudio.packetsReceived
        val sentBytes = stats.outboundVideo.bytesSent + stats.outboundAudio.bytesSent -
            before.outboundVideo.bytesSent - before.outboundAudio.bytesSent
        // Invented silence, where nobody speaks, is nothing to complain of.
        val concealed = audio.concealedSamples - audio.silentConcealedSamples -
            before.inboundAudio.concealedSamples + before.inboundAudio.silentConcealedSamples
        val figures = Figures(
            rttMs = stats.rtt?.inWholeMilliseconds,
            lossPercent = share(lost, received + lost),
            sendKbps = kbps(sentBytes, seconds),
            receiveKbps = kbps(video.bytesReceived - before.inboundVideo.bytesReceived, seconds),
            sentSize = "${stats.outboundVideo.width}x${stats.outboundVideo.height}",
            receivedSize = "${video.width}x${video.height}",
            receivedFps = ((video.framesDecoded - before.inboundVideo.framesDecoded) / seconds).coerceAtLeast(0.0),
            jitterMs = audio.jitterDelay.inWholeMilliseconds,
            concealedPercent = share(concealed, audio.samples - before.inboundAudio.samples),
            freezes = video.freezes,
            codec = video.codec?.name ?: stats.outboundVideo.codec?.name,
            encoder = stats.outboundVideo.encoder,
            path = stats.icePair,
        )
        quality = judge(figures, froze = video.freezes > before.inboundVideo.freezes)
        return figures
    }

    private fun judge(figures: Figures, froze: Boolean): Quality {
        val rtt = figures.rttMs ?: 0
        return when {
            // Where people begin to talk over each other, or to miss words.
            rtt > 600 || figures.lossPercent > 10 || figures.concealedPercent > 10 -> Quality.POOR
            rtt > 300 || figures.lossPercent > 3 || figures.concealedPercent > 3 || froze -> Quality.FAIR
            else -> Quality.GOOD
        }
    }

    private fun share(part: Long, whole: Long) = if (whole <= 0) 0.0 else (100.0 * part / whole).coerceIn(0.0, 100.0)

    private fun kbps(bytes: Long, seconds: Double) = (bytes.coerceAtLeast(0) * 8 / 1000 / seconds).toLong()
}
