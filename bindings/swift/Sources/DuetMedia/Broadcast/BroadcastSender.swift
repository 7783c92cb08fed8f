import Dispatch
import Foundation

/// A picture of the screen that can be read in place.
public protocol ScreenPicture: Sendable {
    /// What it is; `nil` when the engine cannot take it.
    var header: ScreenHeader? { get }

    /// Calls `body` with luma and chroma (NV12), as long as the header says.
    func withPlanes(_ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void) throws
}

/// The broadcast extension's end: sends the screen to the app, one picture at a time and without a copy of
/// its own, since the extension's memory is small.
public final class BroadcastSender: Sendable {
    private let socket: LocalSocket
    private let queue = DispatchQueue(label: "duet.broadcast.send")
    private let isBusy = Flag()
    private let onEnd: @Sendable (any Error) -> Void

    /// Connects to the app.
    ///
    /// - Parameters:
    ///   - path: Where the app listens: a file in the folder of the app group, of at most 103 bytes.
    ///   - onEnd: Called once, on a queue of the sender's, when the app has gone or stopped the screen:
    ///     end the broadcast.
    /// - Throws: ``BroadcastError``; `system` with `ENOENT` or `ECONNREFUSED` when no call is on.
    public init(path: String, onEnd: @escaping @Sendable (any Error) -> Void) throws {
        socket = try .connect(to: path)
        self.onEnd = onEnd
    }

    deinit {
        socket.shutDown()
    }

    /// Sends a picture, unless the last one is still on its way: then this one is dropped, and the next one
    /// is newer anyway. Returns at once; keeps the picture until it is sent.
    ///
    /// - Returns: Whether it will be sent.
    @discardableResult
    public func offer(_ picture: some ScreenPicture) -> Bool {
        guard let header = picture.header, isBusy.raise() else { return false }
        queue.async { [socket, isBusy, onEnd] in
            do {
                try picture.withPlanes { luma, chroma in
                    guard luma.count >= header.lumaLength, chroma.count >= header.chromaLength else {
                        throw BroadcastError.malformed
                    }
                    try header.bytes.withUnsafeBytes { try socket.write($0) }
                    try socket.write(UnsafeRawBufferPointer(rebasing: luma.prefix(header.lumaLength)))
                    try socket.write(UnsafeRawBufferPointer(rebasing: chroma.prefix(header.chromaLength)))
                }
                isBusy.lower()
            } catch {
                // Stays busy: nothing is sent after a part of a picture.
                onEnd(error)
            }
        }
        return true
    }

    /// Ends it; the app is told by the socket's end.
    public func close() {
        socket.shutDown()
    }
}

/// Up or down, for several threads.
final class Flag: @unchecked Sendable {
    private let lock = NSLock()
    private var isUp = false

    /// Whether it was down.
    func raise() -> Bool {
        lock.withLock {
            defer { isUp = true }
            return !isUp
        }
    }

    func lower() {
        lock.withLock { isUp = false }
    }
}
