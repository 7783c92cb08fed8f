internal import CDuet
import Dispatch

/// The log of all engines.
public enum Log {
    /// How much is logged. Descriptions of connections, addresses and user data appear at `debug` and
    /// `trace` only.
    public enum Level: UInt32, Sendable, CaseIterable, Comparable {
        /// Nothing.
        case off = 0
        /// Bugs.
        case error
        /// What a host should know of.
        case warn
        /// Milestones.
        case info
        /// For those who look for a fault.
        case debug
        /// Everything.
        case trace

        /// Whether `one` says less than `other`.
        public static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }
    }

    /// What was logged.
    public struct Line: Hashable, Sendable {
        /// How much it matters.
        public var level: Level
        /// The part of Duet that wrote it.
        public var target: String
        /// In English.
        public var message: String
    }

    /// Sends the log to `handler`, in the place of the one before. Without one, warnings and errors go to the
    /// system's log on Apple's platforms, in the subsystem `dev.duet`; ``setLevel(_:)`` changes how much.
    ///
    /// - Parameters:
    ///   - level: What is above it is not logged.
    ///   - queue: A serial queue where `handler` is called; `nil`: the threads that log, several at once;
    ///     what Duet logs inside the handler is then dropped.
    ///   - handler: Given every line.
    /// - Throws: ``DuetError`` of kind `closed` when another library in this process owns the log.
    public static func handle(
        level: Level, on queue: DispatchQueue? = nil, _ handler: @escaping @Sendable (Line) -> Void
    ) throws(DuetError) {
        let writer = Writer(queue: queue, handler: handler)
        try check(
            duet_log_set_callback(
                level.rawValue,
                { level, target, message, writer in
                    guard let target, let message, let writer, let level = Level(rawValue: level)
                    else { return }
                    let line = Line(
                        level: level, target: String(cString: target), message: String(cString: message))
                    Unmanaged<Writer>.fromOpaque(writer).takeUnretainedValue().write(line)
                },
                Unmanaged.passRetained(writer).toOpaque(),
                { writer in writer.map { Unmanaged<Writer>.fromOpaque($0).release() } }))
    }

    /// Changes how much is logged, at any time.
    public static func setLevel(_ level: Level) {
        duet_log_set_level(level.rawValue)
    }

    /// Logs nothing any more, to the system neither, and forgets the handler.
    public static func stop() {
        duet_log_set_callback(Level.off.rawValue, nil, nil, nil)
    }

    private final class Writer: Sendable {
        private let queue: DispatchQueue?
        private let handler: @Sendable (Line) -> Void

        init(queue: DispatchQueue?, handler: @escaping @Sendable (Line) -> Void) {
            self.queue = queue
            self.handler = handler
        }

        func write(_ line: Line) {
            guard let queue else { return handler(line) }
            queue.async { [handler] in handler(line) }
        }
    }
}
