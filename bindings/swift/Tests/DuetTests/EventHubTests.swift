import XCTest

@testable import Duet

final class EventHubTests: XCTestCase {
    /// Resuming a reader takes a lock of its task, and cancelling it leaves the hub under that lock.
    func testReadersThatAreCancelledWhileEventsComeDoNotStopThem() async throws {
        let hub = EventHub<Int>()
        let owner = Owner()
        let ended = Locked(false)
        let emitter = Thread {
            for number in 0..<200_000 { hub.emit(number, isLast: false) }
            ended.withLock { $0 = true }
        }
        emitter.start()
        try await within("the last event") {
            while !ended.withLock({ $0 }) {
                let stream = hub.stream(keeping: owner) { $0 }
                let reader = Task { for await _ in stream {} }
                await Task.yield()
                reader.cancel()
                await reader.value
            }
        }
    }

    private final class Owner: Sendable {}
}
