#if os(Linux)
import Duet
import Foundation
import XCTest

/// What a call into Duet costs the thread that makes it.
final class CostTests: XCTestCase {
    func testNothingUsesMoreThanAMillisecondAndAPictureCrossesInFiveMicroseconds() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        let data = Data(repeating: 128, count: 1280 * 720 * 3 / 2)
        let block = [Int16](repeating: 100, count: 480)
        var (buffer, speaker) = (VideoBuffer(format: .i420), block)
        measure("state") { _ = outgoing.state }
        measure("statistics") { _ = outgoing.statistics }
        try measure("push 720p") {
            try outgoing.localVideo.push(.i420(width: 1280, height: 720, data))
        }
        outgoing.localVideo.setEnabled(false)
        // The least of a few rounds, without what reading the clock costs: what else the machine does, it
        // does not do in all of them.
        let crossing = try (0..<5).map { _ in
            try measure("push 720p, camera off (no copy)") {
                try outgoing.localVideo.push(.i420(width: 1280, height: 720, data))
            } - measure("nothing") {}
        }
        XCTAssertLessThanOrEqual(crossing.min() ?? .infinity, 5)
        measure("pull") { _ = incoming.remoteVideo.pull(into: &buffer) }
        try measure("push 10 ms of sound") { try outgoing.localAudio.push(block, rate: 48_000) }
        try measure("pull 10 ms of sound") { try incoming.remoteAudio.pull(into: &speaker, rate: 48_000) }
        measure("hold and resume") {
            // As many requests in a row may be too many for the session, and it says so.
            try? outgoing.hold()
            try? outgoing.resume()
        }
        measure("hang up") { outgoing.hangUp() }
    }

    /// The median of what `body` uses of its thread, in microseconds; the 99th percentile is checked.
    @discardableResult
    private func measure(_ name: String, _ body: () throws -> Void) rethrows -> Double {
        var spent: [Double] = []
        for _ in 0..<500 {
            let before = threadMicroseconds()
            try body()
            spent.append(threadMicroseconds() - before)
        }
        spent.sort()
        XCTAssertLessThanOrEqual(spent[495], 1000, name)
        return spent[250]
    }

    private func threadMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}
#endif
