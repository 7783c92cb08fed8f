package dev.duet.android

import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.thread
import kotlin.concurrent.withLock

/** One open audio device. */
internal interface AudioDevice {
    /**
     * Moves one block between the device and the call, at the device's pace.
     *
     * @return false when the device is lost, as after a telephone call or when a headset left.
     */
    fun turn(): Boolean

    /** Makes a [turn] that waits return soon. Called from another thread. */
    fun interrupt()

    fun close()
}

/**
 * The thread that an audio device runs on. A lost device is opened anew, after a pause that doubles; [stop] returns at
 * once and never waits for the device: hanging up must not hang.
 *
 * @param prepare runs on the thread first.
 * @param open null, or an exception, if the device is not to be had now.
 * @param lost is told when the device could not be opened [ATTEMPTS] times in a row; the thread is over then.
 */
internal class AudioLoop(
    private val name: String,
    private val prepare: () -> Unit,
    private val open: () -> AudioDevice?,
    private val lost: (Throwable?) -> Unit,
    private val pauseMs: Long = FIRST_PAUSE_MS,
) {
    private val lock = ReentrantLock()
    private val changed = lock.newCondition()

    /** What the running thread looks at; another one means that it is to end. */
    private var run: Any? = null
    private var device: AudioDevice? = null
    private var renew = false

    /** Whether the thread runs. */
    val running: Boolean get() = lock.withLock { run != null }

    /** Starts; does nothing while it runs. */
    fun start() {
        val mine = Any()
        lock.withLock {
            if (run != null) return
            run = mine
            renew = false
        }
        thread(name = name) {
            prepare()
            work(mine)
        }
    }

    /** Opens the device anew: what ran before a telephone call may be silent after it. */
    fun restart() {
        lock.withLock {
            renew = true
            changed.signalAll()
            device
        }?.interrupt()
    }

    /** Ends; returns at once. The device is closed by its own thread. */
    fun stop() {
        lock.withLock {
            run = null
            changed.signalAll()
            device
        }?.interrupt()
    }

    private fun work(mine: Any) {
        var failures = 0
        var last: Throwable? = null
        while (failures < ATTEMPTS) {
            if (failures > 0 && !pause(mine, pauseMs shl (failures - 1))) return
            lock.withLock { renew = false }
            val opened = attempt({ last = it }) { open() }
            if (opened == null) {
                failures++
                if (!wanted(mine)) return
                continue
            }
            if (turn(mine, opened) { last = it }) failures = 0 else failures++
            if (!wanted(mine)) return
        }
        val gaveUp = lock.withLock { (run === mine).also { if (it) run = null } }
        if (gaveUp) lost(last)
    }

    /** Runs one device until it is lost or not wanted: whether it ever worked. */
    private fun turn(mine: Any, opened: AudioDevice, failed: (Throwable) -> Unit): Boolean {
        var worked = false
        try {
            // Whoever asks from here on also interrupts the device.
            val go = lock.withLock { (run === mine && !renew).also { if (it) device = opened } }
            while (go && attempt(failed) { opened.turn() } == true) {
                worked = true
                if (lock.withLock { run !== mine || renew }) break
            }
        } finally {
            lock.withLock { if (device === opened) device = null }
            attempt(failed) { opened.close() }
        }
        // What was asked to be opened anew has not failed.
        return worked || lock.withLock { renew }
    }

    private fun wanted(mine: Any) = lock.withLock { run === mine }

    /** Waits; false if the thread is to end. A restart ends the wait. */
    private fun pause(mine: Any, ms: Long): Boolean = lock.withLock {
        var left = TimeUnit.MILLISECONDS.toNanos(ms)
        while (run === mine && !renew && left > 0) left = changed.awaitNanos(left)
        run === mine
    }

    private fun <T> attempt(failed: (Throwable) -> Unit, body: () -> T): T? =
        try {
            body()
        } catch (error: Exception) {
            failed(error)
            null
        }

    companion object {
        /** With the pauses between them, about six seconds: longer than other apps take to let go of a device. */
        const val ATTEMPTS = 6
        const val FIRST_PAUSE_MS = 200L
    }
}
