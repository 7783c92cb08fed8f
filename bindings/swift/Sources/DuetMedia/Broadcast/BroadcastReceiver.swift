import Duet
import Foundation

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#endif

/// What the app is told of a screen that is shared by its broadcast extension.
public enum BroadcastNews: Hashable, Sendable {
    /// The extension has connected: pictures follow.
    case began
    /// It has gone: the person stopped it, the system did, or what it sent was not a picture.
    case ended
}

/// The app's end: takes the screen's pictures from the broadcast extension.
///
/// Listens while it lives, for one extension after the other, on a thread of its own.
public final class BroadcastReceiver: Sendable {
    private let path: String
    private let server: LocalSocket
    private let reader: Reader

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - path: A file in the folder of the app group, of at most 103 bytes; what is there is replaced.
    ///   - onNews: When an extension comes and goes; on the receiver's thread.
    ///   - onFrame: Every picture, NV12 in memory that is used again after the call; on the same thread.
    /// - Throws: ``BroadcastError``.
    public init(
        path: String, onNews: @escaping @Sendable (BroadcastNews) -> Void,
        onFrame: @escaping @Sendable (VideoFrame<UnsafeRawBufferPointer>) -> Void
    ) throws {
        self.path = path
        server = try .listen(at: path)
        reader = Reader(server: server, onNews: onNews, onFrame: onFrame)
        let thread = Thread { [reader] in reader.run() }
        thread.name = "duet.broadcast.receive"
        thread.start()
    }

    deinit {
        close()
    }

    /// Ends the broadcast that is on; the next one may begin.
    public func endBroadcast() {
        reader.disconnect()
    }

    /// Stops listening. Idempotent; returns at once.
    public func close() {
        reader.close()
        server.shutDown()
        unlink(path)
    }
}

/// Reads one extension after the other. Holds no receiver, so that a forgotten one ends.
private final class Reader: @unchecked Sendable {
    private let server: LocalSocket
    private let onNews: @Sendable (BroadcastNews) -> Void
    private let onFrame: @Sendable (VideoFrame<UnsafeRawBufferPointer>) -> Void
    private let lock = NSLock()
    private var connection: LocalSocket?
    private var isClosed = false

    init(
        server: LocalSocket, onNews: @escaping @Sendable (BroadcastNews) -> Void,
        onFrame: @escaping @Sendable (VideoFrame<UnsafeRawBufferPointer>) -> Void
    ) {
        self.server = server
        self.onNews = onNews
        self.onFrame = onFrame
    }

    func run() {
        while let connection = try? server.accept() {
            guard take(connection) else { return }
            onNews(.began)
            // Ends by throwing: the extension has gone, or sends what is no picture.
            try? read(from: connection)
            disconnect()
            onNews(.ended)
        }
    }

    func disconnect() {
        lock.withLock {
            connection?.shutDown()
            connection = nil
        }
    }

    func close() {
        lock.withLock { isClosed = true }
        disconnect()
    }

    private func take(_ connection: LocalSocket) -> Bool {
        lock.withLock {
            guard !isClosed else { return false }
            self.connection = connection
            return true
        }
    }

    private func read(from connection: LocalSocket) throws {
        var head = [UInt8](repeating: 0, count: ScreenHeader.length)
        var pixels: [UInt8] = []
        while true {
            try head.withUnsafeMutableBytes { try connection.read(into: $0) }
            guard let header = ScreenHeader(head) else { throw BroadcastError.malformed }
            let length = header.lumaLength + header.chromaLength
            // Bounded by what a header may say: 4096 rows of 8192 bytes, and half as much again.
            if pixels.count != length { pixels = [UInt8](repeating: 0, count: length) }
            try pixels.withUnsafeMutableBytes { try connection.read(into: $0) }
            pixels.withUnsafeBytes { onFrame(frame(header, $0)) }
        }
    }

    private func frame(
        _ header: ScreenHeader, _ bytes: UnsafeRawBufferPointer
    ) -> VideoFrame<UnsafeRawBufferPointer> {
        var frame = VideoFrame<UnsafeRawBufferPointer>.nv12(
            width: header.size.width, height: header.size.height,
            y: .init(bytes, rowStride: header.lumaStride),
            uv: .init(bytes, offset: header.lumaLength, rowStride: header.chromaStride))
        frame.rotation = header.rotation
        frame.colorSpace = header.colorSpace
        frame.captureTime = .nanoseconds(Int64(clamping: header.time))
        return frame
    }
}
