import Duet
import XCTest

/// What Duet has to say about itself.
final class LogTests: XCTestCase {
    func testLinesComeToTheHandlerAtItsLevelAndStopWhenToldSo() async throws {
        let lines = Notes<Log.Line>()
        let queue = DispatchQueue(label: "log")
        try Log.handle(level: .trace, on: queue) { lines.add($0) }
        try await oneCall()
        try await until("a line of the log") { !lines.all.isEmpty }
        Log.setLevel(.warn)
        Log.stop()
        try await oneCall()
        queue.sync {}
        let count = lines.all.count
        try await oneCall()
        queue.sync {}
        XCTAssertEqual(lines.all.count, count)
        XCTAssertTrue(lines.all.contains { $0.target.hasPrefix("duet") })
    }

    func testNoAddressOrUserIsLoggedAboveDebug() async throws {
        let lines = Notes<Log.Line>()
        try Log.handle(level: .trace) { lines.add($0) }
        defer { Log.stop() }
        try await oneCall()
        let secrets = ["127.0.0.1", "candidate:", "a=fingerprint", "ice-ufrag", "alice", "bob"]
        let telling = lines.all.filter { line in secrets.contains { line.message.contains($0) } }
        XCTAssertEqual(telling.filter { $0.level <= .info }, [])
        XCTAssertFalse(telling.isEmpty, "there was something to keep quiet about")
    }

    private func oneCall() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        outgoing.hangUp()
        _ = try await ended(incoming)
    }
}
