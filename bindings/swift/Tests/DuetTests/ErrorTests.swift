import Duet
import XCTest

/// What is wrong is said, and nothing is lost by it.
final class ErrorTests: XCTestCase {
    func testWhatCannotBeIsRefusedWithAReason() throws {
        for threads in [0, -1, 17, .max] {
            assertRefused(.invalidArgument) { _ = try Engine(workerThreads: threads) }
        }
        let engine = try Engine()
        func session(_ change: (inout SessionOptions) -> Void) throws {
            var options = SessionOptions(user: "alice")
            change(&options)
            _ = try Session.custom(options: options, engine: engine) { _ in }
        }
        try session { _ in }
        assertRefused(.invalidArgument) { try session { $0.user = "" } }
        assertRefused(.invalidArgument) { try session { $0.user = "a\0b" } }
        assertRefused(.invalidArgument) { try session { $0.user = String(repeating: "a", count: 1000) } }
        assertRefused(.invalidArgument) { try session { $0.iceServers = [IceServer(url: "stun:a\0b")] } }
        assertRefused(.invalidArgument) { try session { $0.incoming.fps = 61 } }
        assertRefused(.invalidArgument) { try session { $0.incoming.fps = 0 } }
        assertRefused(.invalidArgument) { try session { $0.incoming.maxKbps = -1 } }
        for timeout in [Duration.zero, .seconds(-1), .seconds(Int64.max)] {
            assertRefused(.invalidArgument) { try session { $0.ringTimeout = timeout } }
        }
        for url in ["", "nonsense", "http://", "a\0b"] {
            assertRefused(.invalidArgument) {
                _ = try Session(url: url, options: SessionOptions(user: "alice"), engine: engine)
            }
        }
    }

    func testAServiceThatIsNotThereIsSaidWhenWaitingIsGivenUp() async throws {
        let engine = try Engine()
        // Port 9 discards; nothing listens there.
        let session = try Session(
            url: "http://127.0.0.1:9", options: SessionOptions(user: "alice"), engine: engine)
        XCTAssertEqual(session.state, .connecting)
        let waiting = Task { try await session.connected() }
        session.close()
        await assertThrows(DuetError.self, from: waiting) { $0.kind == .closed }
        await assertThrows(DuetError.self, from: Task { try await session.nextCall() }) { $0.kind == .closed }
        XCTAssertEqual(session.state, .closed)
    }

    func testWhoeverWaitsForACallHearsWhyTheSessionFailed() async throws {
        let engine = try Engine()
        let session = try Session(
            url: "http://127.0.0.1:9", options: SessionOptions(user: "alice"), engine: engine)
        await assertThrows(DuetError.self, from: Task { try await session.nextCall() }) {
            $0.kind == .signaling
        }
    }

    func testMessagesThatAreNoneAreRefusedAndTheCallGoesOn() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        for message in ["", "nonsense", "{}", "\0", String(repeating: "x", count: 70_000)] {
            assertRefused(.invalidArgument) { try users.alice.deliver(message) }
        }
        try await exchangeMedia(outgoing, incoming, frames: 2)
    }

    func testFramesThatAreNoneAreRefusedAndTheCallGoesOn() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        let video = outgoing.localVideo
        let bytes = [UInt8](repeating: 128, count: 160 * 120 * 4)
        func refused(_ frame: VideoFrame<[UInt8]>, line: UInt = #line) {
            assertRefused(.invalidArgument, line: line) { try video.push(frame) }
        }
        for (width, height) in [(0, 0), (-2, 120), (161, 120), (8, 8), (4098, 16), (.max, .max), (.min, 2)] {
            refused(.i420(width: width, height: height, bytes))
            refused(.nv12(width: width, height: height, bytes))
            refused(.rgba(width: width, height: height, bytes))
        }
        refused(.i420(width: 160, height: 120, Array(bytes.prefix(160 * 120 * 3 / 2 - 1))))
        refused(.i420(width: 160, height: 120, []))
        refused(.nv12(width: 160, height: 120, Array(bytes.prefix(160 * 120))))
        refused(.rgba(width: 160, height: 120, rowStride: 8, bytes))
        refused(.bgra(width: 160, height: 120, rowStride: -8, bytes))
        refused(.rgba(width: 160, height: 120, rowStride: .max, bytes))
        for offset in [-1, bytes.count + 1, .max, .min] {
            let plane = VideoFrame<[UInt8]>.Plane(bytes, offset: offset, rowStride: 160)
            refused(.nv12(width: 160, height: 120, y: plane, uv: plane))
        }
        let plane = VideoFrame.Plane(bytes, rowStride: 160)
        try video.push(.nv12(width: 160, height: 120, y: plane, uv: plane))
        try video.push(.nv21(width: 160, height: 120, y: plane, vu: plane))
        try video.push(.bgra(width: 160, height: 120, Data(bytes)))
        var late = VideoFrame.i420(width: 160, height: 120, bytes)
        for time in [Duration.seconds(-1), .seconds(Int64.max), .zero] {
            late.captureTime = time
            late.rotation = .clockwise270
            late.colorSpace = .bt709Limited
            try video.push(late)
        }
        try await exchangeMedia(outgoing, incoming, frames: 2)
    }

    func testSoundThatIsNoneIsRefusedAndTheCallGoesOn() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        let (microphone, speaker) = (outgoing.localAudio, outgoing.remoteAudio)
        var block = [Int16](repeating: 0, count: 481)
        for (rate, channels) in [
            (0, 1), (-1, 1), (7999, 1), (48_001, 1), (.max, 1), (48_000, 0), (48_000, 2), (48_000, 3),
            (48_000, -1),
        ] {
            assertRefused(.invalidArgument) { try microphone.push(block, rate: rate, channels: channels) }
            assertRefused(.invalidArgument) {
                try speaker.pull(into: &block, rate: rate, channels: channels)
            }
        }
        // Whatever holds samples will do.
        try microphone.push([Float](), rate: 8000)
        try microphone.push(block[0..<240], rate: 24_000, channels: 2)
        try microphone.push((0..<480).lazy.map { Int16($0) }, rate: 48_000)
        try speaker.pull(into: &block[0..<240], rate: 16_000, channels: 2)
        var slow = EveryOther(samples: block)
        assertRefused(.invalidArgument) { try speaker.pull(into: &slow, rate: 16_000) }
        try await exchangeMedia(outgoing, incoming, frames: 2)
    }
}

/// Samples that do not lie side by side.
private struct EveryOther: MutableCollection {
    var samples: [Int16]
    var startIndex: Int { 0 }
    var endIndex: Int { samples.count / 2 }
    subscript(index: Int) -> Int16 {
        get { samples[index * 2] }
        set { samples[index * 2] = newValue }
    }
    func index(after index: Int) -> Int { index + 1 }
}

func assertRefused(
    _ kind: DuetError.Kind, file: StaticString = #filePath, line: UInt = #line, _ body: () throws -> Void
) {
    XCTAssertThrowsError(try body(), file: file, line: line) { error in
        guard let error = error as? DuetError else { return XCTFail("\(error)", file: file, line: line) }
        XCTAssertEqual(error.kind, kind, error.message, file: file, line: line)
        XCTAssertFalse(error.message.isEmpty, file: file, line: line)
    }
}

func assertThrows<Wanted: Error, Value: Sendable>(
    _: Wanted.Type, from task: Task<Value, any Error>, file: StaticString = #filePath, line: UInt = #line,
    _ isRight: (Wanted) -> Bool = { _ in true }
) async {
    switch await task.result {
    case .success: XCTFail("it should have failed", file: file, line: line)
    case .failure(let error as Wanted) where isRight(error): break
    case .failure(let error): XCTFail("\(error)", file: file, line: line)
    }
}
