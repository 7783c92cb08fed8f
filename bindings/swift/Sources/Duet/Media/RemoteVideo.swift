internal import CDuet
import Dispatch
import Foundation

/// The other end's pictures.
///
/// The newest picture is there for whoever comes first: ``acquire()`` lends it without copying,
/// ``pull(into:)`` copies it, into the layout that the host wants.
public struct RemoteVideo: Sendable {
    let call: Call

    /// One element whenever a new picture can be taken; several pictures may have come. Ends with the call.
    public var ready: AsyncStream<Void> {
        call.core.news.frames.stream(keeping: call) { $0 }
    }

    /// Calls `handler` on `queue`, a serial one, whenever a new picture can be taken, until the
    /// subscription is forgotten. Pictures that come while the queue is busy are one call together.
    public func onReady(on queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void) -> Subscription {
        call.core.news.frames.handle(on: queue, handler)
    }

    /// Lends the newest picture not taken before, without copying; `nil` when there is no new one. Let go
    /// of it soon: while two are held, new pictures are dropped.
    public func acquire() -> RemoteFrame? {
        var handle: UInt64 = 0
        var info = DuetFrameInfo()
        info.size = MemoryLayout.size(ofValue: info)
        guard duet_remote_video_acquire(call.core.handle, &handle, &info) == DUET_OK, handle != 0 else {
            return nil
        }
        return RemoteFrame(handle: handle, info: info)
    }

    /// Copies the newest picture not taken before into `buffer`, whose memory is used again from picture to
    /// picture.
    ///
    /// - Returns: Whether there was a new one; without, `buffer` stays as it is.
    public func pull(into buffer: inout VideoBuffer) -> Bool {
        var info = DuetFrameInfo()
        let format = buffer.format.c
        while true {
            info.size = MemoryLayout.size(ofValue: info)
            let code = buffer.bytes.withUnsafeMutableBufferPointer { bytes in
                duet_remote_video_pull(call.core.handle, format, bytes.baseAddress, bytes.count, 0, &info)
            }
            switch UInt32(bitPattern: code) {
            case 0 where info.width != 0:
                buffer.fill(info)
                return true
            case DUET_ERROR_BUFFER_TOO_SMALL.rawValue where info.needed > buffer.bytes.count:
                // The picture waits; a newer and larger one may come meanwhile.
                buffer.grow(to: info.needed)
            default:
                return false
            }
        }
    }
}

/// What is known of a picture that the other end sent.
public struct FrameInfo: Hashable, Sendable {
    /// Width in pixels.
    public var width: Int
    /// Height in pixels.
    public var height: Int
    /// What a viewer must do to see it upright.
    public var rotation: Rotation
    /// How luma and chroma map to RGB.
    public var colorSpace: ColorSpace
    /// When it was decoded, on the clock of ``Engine/now``.
    public var time: Duration
    /// RTP timestamp, 90 kHz.
    public var rtpTimestamp: UInt32

    init(_ info: DuetFrameInfo) {
        width = Int(info.width)
        height = Int(info.height)
        rotation = Rotation(rawValue: info.rotation) ?? .none
        colorSpace = ColorSpace(rawValue: info.color) ?? .bt601Limited
        time = Duration(nanoseconds: info.time_ns)
        rtpTimestamp = info.rtp_timestamp
    }
}

/// How the bytes of a pulled picture are laid out.
public enum PixelFormat: Sendable, CaseIterable {
    /// I420: Y, U and V without padding, one behind the other.
    case i420
    /// R, G, B, A in memory order, without padding.
    case rgba
    /// B, G, R, A in memory order, without padding.
    case bgra

    fileprivate var c: UInt32 {
        switch self {
        case .i420: UInt32(DUET_PIXEL_FORMAT_YUV420.rawValue)
        case .rgba: UInt32(DUET_PIXEL_FORMAT_RGBA.rawValue)
        case .bgra: UInt32(DUET_PIXEL_FORMAT_BGRA.rawValue)
        }
    }
}

/// Room for a picture, used again from picture to picture.
public struct VideoBuffer: Sendable {
    /// How the bytes are laid out.
    public let format: PixelFormat
    /// The picture's bytes: `width * height * 3 / 2` for I420, `width * height * 4` otherwise. While another
    /// copy of this array is kept, the next picture gets an array of its own.
    public fileprivate(set) var bytes: [UInt8] = []
    /// What picture it is; `nil` before the first.
    public private(set) var info: FrameInfo?

    /// Room that grows with the first picture.
    public init(format: PixelFormat) {
        self.format = format
    }

    fileprivate mutating func grow(to size: Int) {
        bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
    }

    fileprivate mutating func fill(_ info: DuetFrameInfo) {
        // A smaller picture than the last: the room stays for the next larger one.
        if info.needed < bytes.count { bytes.removeLast(bytes.count - info.needed) }
        self.info = FrameInfo(info)
    }
}

/// A decoded picture on loan, in I420. It may outlive its call; forgetting it gives it back.
public struct RemoteFrame: Sendable {
    /// What picture it is.
    public let info: FrameInfo
    /// Luma.
    public let y: Plane
    /// First chroma, of half the width and height.
    public let u: Plane
    /// Second chroma, of half the width and height.
    public let v: Plane

    /// One plane of a picture on loan.
    public struct Plane: Sendable {
        /// The samples, in the engine's own memory: not copied unless changed. They keep the loan.
        public let data: Data
        /// Bytes from the start of one row to the start of the next.
        public let rowStride: Int

        fileprivate init(_ plane: DuetPlane, of loan: Loan) {
            rowStride = plane.row_stride
            guard let start = UnsafeMutableRawPointer(mutating: plane.data) else {
                data = Data()
                return
            }
            data = Data(
                bytesNoCopy: start, count: plane.length,
                deallocator: .custom { _, _ in withExtendedLifetime(loan) {} })
        }
    }

    fileprivate init(handle: UInt64, info: DuetFrameInfo) {
        let loan = Loan(handle: handle)
        self.info = FrameInfo(info)
        y = Plane(info.planes.0, of: loan)
        u = Plane(info.planes.1, of: loan)
        v = Plane(info.planes.2, of: loan)
    }

    /// Gives the picture back when nobody refers to it any more.
    fileprivate final class Loan: Sendable {
        private let handle: UInt64

        init(handle: UInt64) {
            self.handle = handle
        }

        deinit {
            duet_frame_release(handle)
        }
    }
}
