#if os(Linux)
import CMalloc
import Duet
import XCTest

import func CDuet.duet_handle_count

/// A phone runs for weeks: after a call nothing of it may be left.
final class GrowthTests: XCTestCase {
    /// Calls before the first measurement: allocators, caches and lazy tables fill.
    private static let warmUp = 20
    private static let calls = 200
    /// 5 KiB a call: well below the smallest connection, codec or queue that could leak.
    private static let maxGrowthKiB = 1000

    func testTwoHundredCallsLeaveNothingBehind() async throws {
        let users = try Users()
        for _ in 0..<Self.warmUp { try await oneCall(users) }
        let before = try await settled()
        var memory = [inUse()]
        for _ in 0..<2 {
            for _ in 0..<Self.calls / 2 { try await oneCall(users) }
            let after = try await settled(wanted: before)
            XCTAssertEqual(after, before)
            memory.append(try await leastInUse())
        }
        print("\(Self.calls) calls: memory in use at start, half-way and end: \(memory) KiB")
        // What leaks does so in both halves; a table that grows or a thread that starts does so once.
        XCTAssertLessThan(min(memory[1] - memory[0], memory[2] - memory[1]), Self.maxGrowthKiB / 2)
    }

    private func oneCall(_ users: Users) async throws {
        let (outgoing, incoming) = try await users.connectedCall()
        try await exchangeMedia(outgoing, incoming, frames: 1)
        outgoing.hangUp()
        _ = try await ended(outgoing)
        _ = try await ended(incoming)
    }

    /// What tasks still hold after the threads are gone is given back within a moment.
    private func leastInUse() async throws -> Int {
        var least = inUse()
        for _ in 0..<20 {
            try await Task.sleep(for: .milliseconds(50))
            least = min(least, inUse())
        }
        return least
    }

    private struct Resources: Hashable {
        let handles: Int
        let threads: Int
        let files: Int
    }

    /// What ends in the background (codec threads, sockets) has a moment to do so.
    private func settled(wanted: Resources? = nil) async throws -> Resources {
        var (last, same) = (try resources(), 0)
        let end = ContinuousClock.now + .seconds(deadlineSeconds)
        while ContinuousClock.now < end, same < 20, last != wanted {
            try await Task.sleep(for: .milliseconds(50))
            let now = try resources()
            same = now == last && wanted == nil ? same + 1 : 0
            last = now
        }
        return last
    }

    private func resources() throws -> Resources {
        func listing(_ folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder)
        }
        // The engine's threads only: the pools of Swift and Dispatch breathe.
        let names = try listing("/proc/self/task").map { thread in
            (try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)) ?? ""
        }
        return Resources(
            handles: duet_handle_count(), threads: names.filter { $0.hasPrefix("duet-") }.count,
            files: try listing("/proc/self/fd").count)
    }

    /// Memory in use by the allocator's own word, in KiB: what it keeps for later in the arenas of threads
    /// that are gone makes the resident size wander by megabytes without any leak.
    private func inUse() -> Int {
        let info = mallinfo2()
        return Int(info.uordblks + info.hblkhd) / 1024
    }
}
#endif
