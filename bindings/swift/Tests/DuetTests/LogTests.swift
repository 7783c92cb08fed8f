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
        try Log.handle(level: .info) { lines.add($0) }
        defer { Log.stop() }
        try await oneCall()
        for line in lines.all {
            XCTAssertLessThanOrEqual(line.level, .info)
            for secret in ["127.0.0.1", "candidate:", "a=fingerprint", "alice"] {
                XCTAssertFalse(line.message.contains(secret), "\(line)")
            }
        }
    }

    private func oneCall() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        outgoing.hangUp()
        _ = try await ended(incoming)
    }
}
