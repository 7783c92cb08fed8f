import Foundation

/// Hands the events of one object to whoever listens: any number of streams and handlers, each of which
/// gets every event in order.
///
/// Events that nobody listens to wait for the next listener. The last event is kept, so that those who
/// come late hear it too.
final class EventHub<Event: Sendable>: Sendable {
    private typealias Sink = @Sendable (Event) -> Void

    private struct State {
        var sinks: [Int: Sink] = [:]
        var ends: [Int: @Sendable () -> Void] = [:]
        var audience: Set<Int> = []
        var nextId = 0
        var waiting: [Event] = []
        var last: Event?
        var finished = false
    }

    private let backlog: Int
    private let state = Locked(State())

    /// - Parameter backlog: Events kept while nobody listens, and for each stream whose reader does not
    ///   read; the newest stay. 256 is what the engine itself keeps, and far more than a call has to tell.
    init(backlog: Int = 256) {
        self.backlog = backlog
    }

    /// Tells all who listen. Called from one thread at a time.
    func emit(_ event: Event, isLast: Bool) {
        let sinks = state.withLock { state in
            if isLast {
                state.last = event
            } else if state.audience.isEmpty {
                if state.waiting.count == backlog { state.waiting.removeFirst() }
                state.waiting.append(event)
            }
            return state.sinks
        }
        // Not under the lock: a stream resumes its reader's task, whose cancellation leaves under the task's own.
        for sink in sinks.values { sink(event) }
    }

    /// Ends every stream: no event will come any more.
    func finish() {
        let ends = state.withLock { state in
            state.finished = true
            state.sinks = [:]
            state.audience = []
            defer { state.ends = [:] }
            return state.ends
        }
        for end in ends.values { end() }
    }

    /// Every event from now on, and those that waited.
    ///
    /// - Parameters:
    ///   - owner: Lives as long as the stream does.
    ///   - watching: Only looks on: events go on waiting for a listener.
    ///   - map: What the stream gets of an event.
    func stream<Element: Sendable>(
        keeping owner: some Sendable & AnyObject, watching: Bool = false,
        map: @escaping @Sendable (Event) -> Element?
    ) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Element.self, bufferingPolicy: .bufferingNewest(backlog))
        let sink: Sink = { event in
            if let element = map(event) { continuation.yield(element) }
        }
        let id = listen(watching: watching, sink: sink, end: { continuation.finish() })
        continuation.onTermination = { [self] _ in
            withExtendedLifetime(owner) { leave(id) }
        }
        return stream
    }

    /// Calls `handler` on `queue` for every event from now on, and for those that waited.
    func handle(on queue: DispatchQueue, _ handler: @escaping @Sendable (Event) -> Void) -> Subscription {
        let mailbox = Locked(Mailbox(limit: backlog))
        let sink: Sink = { event in
            guard mailbox.withLock({ $0.put(event) }) else { return }
            queue.async {
                if let event = mailbox.withLock({ $0.take() }) { handler(event) }
            }
        }
        let id = listen(watching: false, sink: sink, end: {})
        return Subscription { [weak self] in
            mailbox.withLock { $0.close() }
            self?.leave(id)
        }
    }

    /// Events on their way to a queue; as many as a stream keeps for its reader.
    private struct Mailbox {
        let limit: Int
        private var events: [Event] = []
        private var isOpen = true

        init(limit: Int) {
            self.limit = limit
        }

        /// Whether somebody must be sent to take it: when it took the place of the oldest, that one's
        /// messenger will.
        mutating func put(_ event: Event) -> Bool {
            guard isOpen else { return false }
            events.append(event)
            guard events.count > limit else { return true }
            events.removeFirst()
            return false
        }

        mutating func take() -> Event? {
            events.isEmpty ? nil : events.removeFirst()
        }

        mutating func close() {
            isOpen = false
            events = []
        }
    }

    private func listen(watching: Bool, sink: @escaping Sink, end: @escaping @Sendable () -> Void) -> Int {
        let (id, finished) = state.withLock { state in
            let id = state.nextId
            state.nextId += 1
            if !watching {
                for event in state.waiting { sink(event) }
                state.waiting = []
            }
            if let last = state.last { sink(last) }
            if !state.finished {
                state.sinks[id] = sink
                state.ends[id] = end
                if !watching { state.audience.insert(id) }
            }
            return (id, state.finished)
        }
        if finished { end() }
        return id
    }

    private func leave(_ id: Int) {
        let gone = state.withLock { state in
            state.audience.remove(id)
            return (state.sinks.removeValue(forKey: id), state.ends.removeValue(forKey: id))
        }
        // Not under the lock: a sink may own the last reference to what locks again when it goes.
        withExtendedLifetime(gone) {}
    }
}

/// Handles events until it is cancelled or forgotten.
public final class Subscription: Sendable {
    private let end: Locked<(@Sendable () -> Void)?>

    init(_ end: @escaping @Sendable () -> Void) {
        self.end = Locked(end)
    }

    deinit {
        cancel()
    }

    /// Ends it: the handler is not called any more, once a call that is running is over. Idempotent; any
    /// thread, even inside the handler.
    public func cancel() {
        let end = self.end.withLock { end in
            defer { end = nil }
            return end
        }
        end?()
    }
}
