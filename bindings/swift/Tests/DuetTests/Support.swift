import Dispatch
import Duet
import XCTest

/// How long a test waits for something that must happen.
let deadlineSeconds = 30.0

struct Late: Error {
    let what: String
}

/// Waits for `body`, but not for ever.
func within<T: Sendable>(
    _ what: String, _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await body() }
        group.addTask {
            await pastDeadline()
            throw Late(what: what)
        }
        guard let first = try await group.next() else { throw Late(what: what) }
        return first
    }
}

/// Returns after the deadline, or when its task is cancelled. A cancelled `Task.sleep` would keep its memory
/// until the time is up, which looks like a leak of those who call often.
private func pastDeadline() async {
    let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
    nonisolated(unsafe) let timer = DispatchSource.makeTimerSource()
    timer.setEventHandler { tick.finish() }
    tick.onTermination = { _ in timer.cancel() }
    timer.schedule(deadline: .now() + deadlineSeconds)
    timer.activate()
    for await _ in ticks {}
}

/// Waits until `condition` holds, which nothing announces; looks every few milliseconds.
func until(_ what: String, _ condition: @escaping @Sendable () -> Bool) async throws {
    try await within(what) {
        while !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// The first event that `pick` wants.
func first<Event: Sendable, T: Sendable>(
    _ what: String, of events: AsyncStream<Event>, _ pick: @escaping @Sendable (Event) -> T?
) async throws -> T {
    try await within(what) {
        for await event in events {
            if let picked = pick(event) { return picked }
        }
        throw Late(what: "\(what): the events ended")
    }
}

func incoming(_ session: Session) async throws -> Call {
    try await first("an incoming call", of: session.events) { event in
        if case .incoming(let call) = event { call } else { nil }
    }
}

func ended(_ call: Call) async throws -> Ended {
    try await within("the end of a call") { try await call.ended() }
}

/// Two users whose messages the test carries.
struct Users {
    let engine: Engine
    let alice: Session
    let bob: Session

    init(engine: Engine? = nil, queue: DispatchQueue? = nil) throws {
        let engine = try engine ?? Engine()
        let (toAlice, toBob) = (Wire(), Wire())
        self.engine = engine
        alice = try .custom(options: SessionOptions(user: "alice"), engine: engine, queue: queue) { message in
            toBob.carry(message)
        }
        bob = try .custom(options: SessionOptions(user: "bob"), engine: engine, queue: queue) { message in
            toAlice.carry(message)
        }
        toAlice.connect(alice)
        toBob.connect(bob)
    }

    /// A call that both take part in; media may not be there yet.
    func call(options: CallOptions = CallOptions()) async throws -> (Call, Call) {
        let outgoing = try alice.ring("bob", options: options)
        let incoming = try await incoming(bob)
        try incoming.accept(options: options)
        return (outgoing, incoming)
    }

    /// A call with media both ways.
    func connectedCall(options: CallOptions = CallOptions()) async throws -> (Call, Call) {
        let (outgoing, incoming) = try await call(options: options)
        try await within("media") {
            try await outgoing.connected()
            try await incoming.connected()
        }
        return (outgoing, incoming)
    }
}

/// Carries messages to a session, without keeping it.
final class Wire: @unchecked Sendable {
    private let lock = NSLock()
    private weak var session: Session?

    func connect(_ session: Session) {
        lock.withLock { self.session = session }
    }

    func carry(_ message: String) {
        // The last messages of a call may come when the other session is gone.
        try? lock.withLock { session }?.deliver(message)
    }
}

/// Something that handlers note and tests read.
final class Notes<Note: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var notes: [Note] = []

    var all: [Note] { lock.withLock { notes } }

    func add(_ note: Note) {
        lock.withLock { notes.append(note) }
    }
}

/// Sends moving pictures and a tone both ways until both ends have seen `frames` pictures and heard
/// something.
func exchangeMedia(_ one: Call, _ other: Call, frames: Int) async throws {
    try await within("\(frames) pictures and a tone each way") {
        var ends = [End(call: one), End(call: other)]
        let clock = ContinuousClock()
        var next = clock.now
        var tick = 0
        while ends.contains(where: { $0.seen < frames || !$0.heard }) {
            for index in ends.indices { try ends[index].step(tick) }
            tick += 1
            // A microphone's pace: real media needs real time.
            next += .milliseconds(10)
            try await clock.sleep(until: next)
        }
    }
}

/// Somebody with a camera, a microphone, a screen and a speaker.
private struct End {
    let call: Call
    var seen = 0
    var heard = false
    private var picture = Picture()
    private var block = [Float](repeating: 0, count: 480)

    init(call: Call) {
        self.call = call
    }

    mutating func step(_ tick: Int) throws {
        if tick % 3 == 0 { try call.localVideo.push(picture.next()) }
        let tone = (0..<480).map { n in sin(Float(n + tick * 480) * 440 * 2 * .pi / 48_000) * 0.3 }
        try call.localAudio.push(tone, rate: 48_000)
        while let frame = call.remoteVideo.acquire() {
            XCTAssertEqual(frame.info.width, Picture.width)
            XCTAssertEqual(frame.y.rowStride * Picture.height, frame.y.data.count)
            seen += 1
        }
        try call.remoteAudio.pull(into: &block, rate: 48_000)
        heard = heard || block.reduce(0) { $0 + $1 * $1 } > 480 * 0.0001
    }
}

/// A small picture that moves.
struct Picture {
    static let width = 160
    static let height = 120
    private var bytes = [UInt8](repeating: 128, count: width * height * 3 / 2)
    private var count: UInt8 = 0

    mutating func next() -> VideoFrame<[UInt8]> {
        count &+= 3
        for index in 0..<Self.width * Self.height {
            bytes[index] = UInt8(index % Self.width) &+ count
        }
        return .i420(width: Self.width, height: Self.height, bytes)
    }
}

/// Where the signaling server in a process of its own listens.
func serverUrl() throws -> String {
    guard let url = ProcessInfo.processInfo.environment["DUET_URL"] else {
        throw XCTSkip("DUET_URL does not name a `duet serve`; `cargo xtask swift` starts one")
    }
    return url
}
