package dev.duet.sample.logic

import dev.duet.CallStats
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class QualityTest {
    private val meter = QualityMeter()

    @Test
    fun `rates are of the time between two snapshots`() {
        assertNull(meter.take(stats(), 0))
        val figures = meter.take(stats(received = 98, lost = 2, decoded = 60, bytes = 250_000), 2000)!!
        assertEquals(2.0, figures.lossPercent)
        assertEquals(30.0, figures.receivedFps)
        assertEquals(1000, figures.receiveKbps)
        assertNull(meter.take(stats(), 2000), "no time has passed")
    }

    @Test
    fun `delay, loss, gaps in the sound and freezes each cost quality`() {
        fun judged(of: CallStats): Quality {
            val fresh = QualityMeter()
            fresh.take(stats(), 0)
            fresh.take(of, 1000)
            return fresh.quality
        }
        assertEquals(Quality.UNKNOWN, meter.quality)
        assertEquals(Quality.GOOD, judged(stats(received = 100)))
        assertEquals(Quality.FAIR, judged(stats(rttMs = 400)))
        assertEquals(Quality.POOR, judged(stats(rttMs = 700)))
        assertEquals(Quality.FAIR, judged(stats(received = 95, lost = 5)))
        assertEquals(Quality.POOR, judged(stats(received = 80, lost = 20)))
        assertEquals(Quality.FAIR, judged(stats(samples = 1000, concealed = 50)))
        assertEquals(Quality.GOOD, judged(stats(samples = 1000, concealed = 50, silent = 50)))
        assertEquals(Quality.FAIR, judged(stats(freezes = 1)))
    }
}
