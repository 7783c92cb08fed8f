import Foundation

#if canImport(Darwin)
import Darwin
private let streamSocket = SOCK_STREAM
private let quietly: Int32 = 0
#elseif canImport(Glibc)
import Glibc
private let streamSocket = Int32(SOCK_STREAM.rawValue)
/// A reader that is gone is an error, not the end of the process.
private let quietly = Int32(MSG_NOSIGNAL)
#endif

/// Why app and broadcast extension cannot talk.
public enum BroadcastError: Error, Hashable, Sendable {
    /// The path of the socket has more bytes than the system takes: shorten the file's name.
    case pathTooLong(String)
    /// The system refused; its `errno`. Nobody listening is `ENOENT` or `ECONNREFUSED`: no call is on.
    case system(operation: String, code: Int32)
    /// The other process is gone.
    case closed
    /// What came is not a picture.
    case malformed
}

/// One end of a socket in the file system that two processes of one app group share.
final class LocalSocket: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        #if canImport(Darwin)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    deinit {
        close(descriptor)
    }

    /// Connects to whoever listens at `path`.
    static func connect(to path: String) throws -> LocalSocket {
        try open(path, "connect", systemConnect)
    }

    /// Listens at `path`, in the place of what an earlier process left there.
    static func listen(at path: String) throws -> LocalSocket {
        unlink(path)
        let socket = try open(path, "bind", systemBind)
        guard systemListen(socket.descriptor) == 0 else { throw failure("listen") }
        return socket
    }

    /// The next one that connects. Waits until somebody does, or until ``shutDown()``.
    func accept() throws -> LocalSocket {
        while true {
            let accepted = systemAccept(descriptor)
            if accepted >= 0 { return LocalSocket(descriptor: accepted) }
            if errno != EINTR { throw failure("accept") }
        }
    }

    /// Writes all of it; waits while the reader is slow.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let slice = UnsafeRawBufferPointer(rebasing: rest)
            let count = send(descriptor, slice.baseAddress, slice.count, quietly)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw errno == EPIPE || errno == ECONNRESET ? BroadcastError.closed : failure("send")
            }
        }
    }

    /// Fills all of it; waits until it is there.
    func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let slice = UnsafeMutableRawBufferPointer(rebasing: rest)
            let count = recv(descriptor, slice.baseAddress, slice.count, 0)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count == 0 || errno == ECONNRESET {
                throw BroadcastError.closed
            } else if errno != EINTR {
                throw failure("recv")
            }
        }
    }

    /// Ends whatever waits here. The descriptor itself goes with this object, so that it cannot become
    /// somebody else's while it is waited on.
    func shutDown() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func open(_ path: String, _ operation: String, _ use: Use) throws -> LocalSocket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        // The last byte is the text's end.
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw BroadcastError.pathTooLong(path)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, streamSocket, 0)
        guard descriptor >= 0 else { throw failure("socket") }
        let open = LocalSocket(descriptor: descriptor)
        let code = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                use(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw failure(operation) }
        return open
    }
}

private func failure(_ operation: String) -> BroadcastError {
    .system(operation: operation, code: errno)
}

// The system's functions under names that the methods above do not hide.

private typealias Use = (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32

private func systemConnect(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t)
    -> Int32
{
    connect(descriptor, address, length)
}

private func systemBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32
{
    bind(descriptor, address, length)
}

private func systemListen(_ descriptor: Int32) -> Int32 {
    listen(descriptor, 1)
}

private func systemAccept(_ descriptor: Int32) -> Int32 {
    accept(descriptor, nil, nil)
}
