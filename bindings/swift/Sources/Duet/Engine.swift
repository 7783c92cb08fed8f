internal import CDuet
import Dispatch

/// An engine: the threads, sessions and calls of an app. One serves a whole app.
///
/// Every method of every type may be called from any thread or task and inside any handler, and none
/// waits for the network or a codec. What waits is `async`.
///
/// An engine lives as long as somebody refers to it or to one of its sessions; then it closes.
public final class Engine: Sendable {
    let handle: UInt64

    /// Starts an engine and its threads. Nothing touches the network yet.
    ///
    /// - Parameter workerThreads: Threads for signaling and transport, 1 to 16; one carries several calls.
    /// - Throws: ``DuetError`` of kind `invalidArgument`; `internalError` when the system refuses a thread.
    public init(workerThreads: Int = 1) throws(DuetError) {
        var config = DuetEngineConfig()
        config.size = MemoryLayout.size(ofValue: config)
        config.worker_threads = try optionalNumber(workerThreads, "workerThreads")
        var handle: UInt64 = 0
        try check(duet_engine_new(&config, &handle))
        self.handle = handle
    }

    deinit {
        duet_engine_free(handle)
    }

    /// The library's version, `major.minor.patch`.
    public static var version: String { String(cString: duet_version()) }

    /// Now, on the clock of every time that Duet hands out. It never jumps.
    public var now: Duration {
        var now: UInt64 = 0
        return duet_engine_now(handle, &now) == DUET_OK ? Duration(nanoseconds: now) : .zero
    }

    /// The device's network changed (other Wi-Fi, cellular, VPN): every call looks for new paths at once
    /// instead of after a time-out.
    public func networkChanged() {
        duet_engine_network_changed(handle)
    }

    /// Tells every call what happened to the device. Repetitions are harmless.
    ///
    /// - Throws: ``DuetError`` of kind `overloaded` when a session's queue is full: say it again.
    public func device(_ news: DeviceNews) throws(DuetError) {
        try check(duet_engine_device_news(handle, news.rawValue))
    }

    /// Ends all calls and sessions; what can still be said to the other sides is said in the background.
    /// Idempotent; returns at once.
    public func close() {
        duet_engine_close(handle)
    }

    /// Does what ``close()`` does, and waits until the other sides have been told: for a process that is
    /// about to end. Cancelling the task does not shorten the wait.
    ///
    /// - Parameter timeout: The longest wait.
    /// - Returns: Whether all were told.
    /// - Throws: ``DuetError`` of kind `invalidArgument`.
    public func closeAndWait(timeout: Duration = .seconds(2)) async throws -> Bool {
        let milliseconds = try timeout.milliseconds("timeout")
        return try await withCheckedThrowingContinuation { continuation in
            // It waits where no task does.
            DispatchQueue.global().async { [self] in
                continuation.resume(
                    with: Result {
                        var told = false
                        try check(duet_engine_close_and_wait(handle, milliseconds, &told))
                        return told
                    })
            }
        }
    }
}

/// What happened to the device that calls run on.
public enum DeviceNews: UInt32, Sendable, CaseIterable {
    /// A telephone call has begun: calls are held until it ends, and the other ends told so.
    case phoneCallBegan = 0
    /// It is over: calls go on, unless a person holds them.
    case phoneCallEnded
    /// Another app has the sound: the microphone is closed and nothing is played. Pictures go on.
    case audioFocusLost
    /// The sound is ours again.
    case audioFocusRegained
    /// The app is not visible: the camera is closed. Sound and a shared screen go on.
    case background
    /// The app is visible.
    case foreground
    /// The device is cool: fit for anything.
    case thermalNormal
    /// The device is warm: pictures are sent smaller and less often.
    case thermalWarm
    /// The device is hot: no pictures are sent.
    case thermalHot
}
