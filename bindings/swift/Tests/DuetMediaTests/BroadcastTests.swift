import Duet
import Foundation
import XCTest

@testable import DuetMedia

/// The screen's way from the extension's process to the app's.
final class BroadcastTests: XCTestCase {
    /// Short, as the path of a socket must be.
    private let path = "/tmp/duet-\(UInt32.random(in: 0 ... .max))"

    func testAHeaderComesBackAsItWasWritten() throws {
        let header = try XCTUnwrap(Picture(shade: 0).header)
        XCTAssertEqual(header.bytes.count, ScreenHeader.length)
        XCTAssertEqual(ScreenHeader(header.bytes), header)
    }

    func testWhatIsNoHeaderIsRefused() throws {
        let good = try XCTUnwrap(Picture(shade: 0).header).bytes
        XCTAssertNil(ScreenHeader([]))
        XCTAssertNil(ScreenHeader(good.dropLast()))
        XCTAssertNil(ScreenHeader(good + [0]))
        // Magic, odd width, width, height, strides, rotation, colour, zeros.
        let changes: [(Int, UInt8)] = [
            (0, 1), (4, 65), (7, 1), (11, 255), (12, 1), (15, 1), (16, 1), (20, 45), (24, 9), (28, 1),
        ]
        for (offset, value) in changes {
            var bad = good
            bad[offset] = value
            XCTAssertNil(ScreenHeader(bad), "byte \(offset)")
        }
    }

    func testPicturesOfTheExtensionArriveInTheApp() throws {
        let frames = Inbox<(Int, Rotation, ColorSpace, Duration?)>()
        let news = Inbox<BroadcastNews>()
        let receiver = try BroadcastReceiver(path: path, onNews: { news.put($0) }) { frame in
            guard case .yuv420(let y, let u, let v) = frame.pixels else { return XCTFail("not NV12") }
            XCTAssertEqual(frame.width, 64)
            XCTAssertEqual(frame.height, 32)
            XCTAssertEqual(y.rowStride, 80)
            XCTAssertEqual(u.offset, 80 * 32)
            XCTAssertEqual(v.offset, 80 * 32 + 1)
            XCTAssertEqual(u.bytes[u.offset], 7)
            XCTAssertEqual(u.bytes.count, 80 * 32 + 96 * 16)
            frames.put((Int(y.bytes[0]), frame.rotation, frame.colorSpace, frame.captureTime))
        }
        let sender = try BroadcastSender(path: path) { _ in }
        XCTAssertEqual(news.take(), .began)
        for shade in [UInt8(1), 2, 3] {
            // The last one may be on its way still.
            while !sender.offer(Picture(shade: shade)) { Thread.sleep(forTimeInterval: 0.001) }
            let seen = try XCTUnwrap(frames.take())
            XCTAssertEqual(seen.0, Int(shade))
            XCTAssertEqual(seen.1, .clockwise90)
            XCTAssertEqual(seen.2, .bt709Limited)
            XCTAssertEqual(seen.3, .nanoseconds(5))
        }
        sender.close()
        XCTAssertEqual(news.take(), .ended)
        let next = try BroadcastSender(path: path) { _ in }
        XCTAssertEqual(news.take(), .began)
        withExtendedLifetime(next) { receiver.close() }
        XCTAssertEqual(news.take(), .ended)
    }

    func testWhatTheEngineCannotTakeIsNotSent() throws {
        let receiver = try BroadcastReceiver(path: path, onNews: { _ in }) { _ in XCTFail("no picture") }
        let sender = try BroadcastSender(path: path) { _ in }
        XCTAssertFalse(sender.offer(Picture(shade: 0, width: 63)))
        withExtendedLifetime(receiver) {}
    }

    func testAPictureIsDroppedWhileTheLastOneIsOnItsWay() throws {
        let server = try LocalSocket.listen(at: path)
        let sender = try BroadcastSender(path: path) { _ in }
        // Nobody reads, and a picture is larger than what the system keeps between two processes.
        let large = Picture(shade: 0, width: 4096, height: 4096)
        XCTAssertTrue(sender.offer(large))
        XCTAssertFalse(sender.offer(large))
        withExtendedLifetime(server) {}
    }

    func testTheExtensionLearnsThatTheAppEndedTheBroadcast() throws {
        let (ends, news) = (Inbox<any Error>(), Inbox<BroadcastNews>())
        let receiver = try BroadcastReceiver(path: path, onNews: { news.put($0) }) { _ in }
        let sender = try BroadcastSender(path: path) { ends.put($0) }
        XCTAssertEqual(news.take(), .began)
        receiver.endBroadcast()
        XCTAssertEqual(news.take(), .ended)
        while sender.offer(Picture(shade: 0)) { Thread.sleep(forTimeInterval: 0.001) }
        XCTAssertEqual(ends.take() as? BroadcastError, .closed)
    }

    func testGarbageEndsTheConnectionAndTheNextOneIsTaken() throws {
        let (frames, news) = (Inbox<Int>(), Inbox<BroadcastNews>())
        let receiver = try BroadcastReceiver(path: path, onNews: { news.put($0) }) { frames.put($0.width) }
        let rude = try LocalSocket.connect(to: path)
        try [UInt8](repeating: 255, count: 40).withUnsafeBytes { try rude.write($0) }
        XCTAssertEqual(news.take(), .began)
        XCTAssertEqual(news.take(), .ended)
        let sender = try BroadcastSender(path: path) { _ in }
        XCTAssertTrue(sender.offer(Picture(shade: 1)))
        XCTAssertEqual(frames.take(), 64)
        withExtendedLifetime((receiver, rude)) {}
    }

    func testWithoutACallTheExtensionIsToldSo() {
        XCTAssertThrowsError(try BroadcastSender(path: path) { _ in }) { error in
            XCTAssertEqual(error as? BroadcastError, .system(operation: "connect", code: 2))
        }
        let long = "/tmp/" + String(repeating: "a", count: 200)
        XCTAssertThrowsError(try BroadcastSender(path: long) { _ in }) { error in
            XCTAssertEqual(error as? BroadcastError, .pathTooLong(long))
        }
    }
}

/// A grey picture whose rows are padded.
private struct Picture: ScreenPicture {
    let shade: UInt8
    var width = 64
    var height = 32

    var header: ScreenHeader? {
        ScreenHeader(
            size: VideoSize(width: width, height: height), lumaStride: width + 16, chromaStride: width + 32,
            rotation: .clockwise90, colorSpace: .bt709Limited, time: 5)
    }

    func withPlanes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void) throws {
        let luma = [UInt8](repeating: shade, count: (width + 16) * height)
        let chroma = [UInt8](repeating: 7, count: (width + 32) * height / 2)
        try luma.withUnsafeBytes { luma in try chroma.withUnsafeBytes { try body(luma, $0) } }
    }
}

/// What other threads bring; taking waits until something is there, but not for ever.
private final class Inbox<Item: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var items: [Item] = []

    func put(_ item: Item) {
        condition.withLock {
            items.append(item)
            condition.signal()
        }
    }

    func take() -> Item? {
        let deadline = Date(timeIntervalSinceNow: 30)
        condition.lock()
        defer { condition.unlock() }
        while items.isEmpty {
            guard condition.wait(until: deadline) else { return nil }
        }
        return items.removeFirst()
    }
}
