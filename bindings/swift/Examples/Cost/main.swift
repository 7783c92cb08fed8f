import Duet
import Foundation

// What crossing into the engine costs, in a call between two users of one process.

/// Microseconds of one `body`, by the clock: the median and the 99th percentile of many.
func measure(_ name: String, rounds: Int = 2000, _ body: () throws -> Void) rethrows {
    let clock = ContinuousClock()
    var times: [Duration] = []
    for _ in 0..<rounds { times.append(try clock.measure { try body() }) }
    row(name, times)
}

/// A row of the table.
func row(_ name: String, _ times: [Duration]) {
    let sorted = times.sorted()
    let figures = [sorted[sorted.count / 2], sorted[sorted.count * 99 / 100]].map { time in
        String(format: "%.2f", time / .microseconds(1))
    }
    print("| Swift | \(name) | \(figures[0]) | \(figures[1]) |")
}

/// Carries messages to the other session.
final class Wire: @unchecked Sendable {
    weak var session: Session?
}

let engine = try Engine()
let (toAlice, toBob) = (Wire(), Wire())
let alice = try Session.custom(options: SessionOptions(user: "alice"), engine: engine) { message in
    try? toBob.session?.deliver(message)
}
let bob = try Session.custom(options: SessionOptions(user: "bob"), engine: engine) { message in
    try? toAlice.session?.deliver(message)
}
(toAlice.session, toBob.session) = (alice, bob)

let call = try alice.ring("bob")
for await case .incoming(let other) in bob.events {
    try other.accept()
    try await other.connected()
    let (width, height) = (1280, 720)
    let picture = [UInt8](repeating: 128, count: width * height * 3 / 2)
    let data = Data(picture)
    var copy = data
    var buffer = VideoBuffer(format: .i420)
    let block = [Int16](repeating: 100, count: 480)
    var speaker = block

    print("| language | call | us by the clock, median | p99 |")
    print("|---|---|---|---|")
    measure("ask for the state") { _ = call.state }
    measure("copy 1.38 MB, for comparison") { copy.replaceSubrange(0..<copy.count, with: data) }
    try measure("push a 720p frame, [UInt8]") {
        try call.localVideo.push(.i420(width: width, height: height, picture))
    }
    try measure("push a 720p frame, Data") {
        try call.localVideo.push(.i420(width: width, height: height, data))
    }
    call.localVideo.setEnabled(false)
    try measure("push a 720p frame that is not taken") {
        try call.localVideo.push(.i420(width: width, height: height, data))
    }
    measure("pull, nothing new") { _ = other.remoteVideo.pull(into: &buffer) }
    try measure("push 10 ms of sound") { try call.localAudio.push(block, rate: 48_000) }
    try measure("pull 10 ms of sound") { try other.remoteAudio.pull(into: &speaker, rate: 48_000) }
    call.localVideo.setEnabled(true)
    try await measurePictures(from: call, to: other, data, width, height)
    try await measureEvents(of: call)
    call.hangUp()
    break
}

/// The cost of taking a picture, of which there is only one now and then.
func measurePictures(
    from call: Call, to other: Call, _ data: Data, _ width: Int, _ height: Int
) async throws {
    var buffer = VideoBuffer(format: .i420)
    var (pulls, loans): ([Duration], [Duration]) = ([], [])
    let clock = ContinuousClock()
    let ready = other.remoteVideo.ready
    try call.localVideo.push(.i420(width: width, height: height, data))
    for await _ in ready {
        let start = clock.now
        if pulls.count <= loans.count {
            if other.remoteVideo.pull(into: &buffer) { pulls.append(clock.now - start) }
        } else if let frame = other.remoteVideo.acquire() {
            loans.append(clock.now - start)
            precondition(frame.y.data.count >= width * height)
        }
        if loans.count == 100 { break }
        try call.localVideo.push(.i420(width: width, height: height, data))
    }
    row("pull a 720p frame", pulls)
    row("borrow a 720p frame", loans)
}

/// From a request to the event that tells of it: through the engine's threads and to a task.
func measureEvents(of call: Call) async throws {
    var times: [Duration] = []
    let clock = ContinuousClock()
    var events = call.events.makeAsyncIterator()
    for round in 0..<200 {
        let (hold, start) = (round % 2 == 0, clock.now)
        try hold ? call.hold() : call.resume()
        while let event = await events.next() {
            if case .held(hold, _) = event { break }
        }
        times.append(clock.now - start)
    }
    row("hold to its event", times)
}
