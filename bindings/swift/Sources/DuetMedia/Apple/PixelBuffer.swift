#if canImport(CoreVideo) && canImport(CoreMedia)
import CoreMedia
import CoreVideo
import Duet

/// Why a buffer of the platform's cannot be used.
public enum MediaError: Error, Hashable, Sendable {
    /// Its pixels are not NV12 in limited range (`kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange`): set
    /// that in the capture's settings. The code is the buffer's own.
    case pixelFormat(UInt32)
    /// The device has no such camera, or none whose formats the engine takes.
    case noCamera
    /// The platform refused, in its own words.
    case platform(String)
}

extension LocalVideo {
    /// Hands in a camera's or a screen's buffer, NV12. Its planes are read where they lie, with the rows that
    /// the hardware gave them, and the buffer is free again when this returns.
    ///
    /// - Parameters:
    ///   - buffer: Of a size that the engine takes; one row or column too many is left out.
    ///   - rotation: What a viewer must do to see it upright.
    ///   - time: When it was captured, on the host's clock.
    /// - Returns: As `push(_:)` of a frame.
    /// - Throws: ``MediaError``, or `DuetError` for a size that is none.
    @discardableResult
    public func push(_ buffer: CVPixelBuffer, rotation: Rotation = .none, time: CMTime) throws -> Bool {
        try PixelBufferPicture(buffer, rotation: rotation, time: time).withFrame { try push($0) }
    }
}

/// A buffer of the platform's in NV12, and how it is to be seen.
public struct PixelBufferPicture: ScreenPicture, @unchecked Sendable {
    // Read only, and never while somebody writes: the platform hands a buffer out when it is complete.
    private let buffer: CVPixelBuffer
    private let rotation: Rotation
    private let time: UInt64

    /// Keeps the buffer.
    public init(_ buffer: CVPixelBuffer, rotation: Rotation, time: CMTime) {
        self.buffer = buffer
        self.rotation = rotation
        let seconds = time.isNumeric ? max(time.seconds, 0) : 0
        self.time = UInt64(seconds * 1e9)
    }

    /// The picture of ReplayKit's or the camera's sample, turned as the sample says.
    ///
    /// - Returns: `nil` when the sample holds no picture.
    public init?(_ sample: CMSampleBuffer, orientationKey: CFString) {
        guard let buffer = CMSampleBufferGetImageBuffer(sample) else { return nil }
        let exif = CMGetAttachment(sample, key: orientationKey, attachmentModeOut: nil) as? Int
        self.init(
            buffer, rotation: CaptureMath.rotation(exif: exif ?? 1),
            time: CMSampleBufferGetPresentationTimeStamp(sample))
    }

    /// What it is; `nil` when the engine cannot take it.
    public var header: ScreenHeader? {
        let size = VideoSize(width: CVPixelBufferGetWidth(buffer), height: CVPixelBufferGetHeight(buffer))
        guard isNv12, let even = CaptureMath.even(size) else { return nil }
        return ScreenHeader(
            size: even, lumaStride: CVPixelBufferGetBytesPerRowOfPlane(buffer, 0),
            chromaStride: CVPixelBufferGetBytesPerRowOfPlane(buffer, 1), rotation: rotation,
            colorSpace: colorSpace, time: time)
    }

    /// Calls `body` with luma and chroma, which stay where they are meanwhile.
    public func withPlanes(
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let code = CVPixelBufferLockBaseAddress(buffer, .readOnly)
        guard code == kCVReturnSuccess else {
            throw MediaError.platform("CVPixelBufferLockBaseAddress: \(code)")
        }
        defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
        try body(plane(0), plane(1))
    }

    /// Calls `body` with the picture as the engine takes it.
    func withFrame<Result>(
        _ body: (VideoFrame<UnsafeRawBufferPointer>) throws -> Result
    ) throws -> Result {
        guard isNv12 else { throw MediaError.pixelFormat(CVPixelBufferGetPixelFormatType(buffer)) }
        var result: Result?
        try withPlanes { luma, chroma in
            var frame = VideoFrame<UnsafeRawBufferPointer>.nv12(
                width: CVPixelBufferGetWidth(buffer) & ~1, height: CVPixelBufferGetHeight(buffer) & ~1,
                y: .init(luma, rowStride: CVPixelBufferGetBytesPerRowOfPlane(buffer, 0)),
                uv: .init(chroma, rowStride: CVPixelBufferGetBytesPerRowOfPlane(buffer, 1)))
            frame.rotation = rotation
            frame.colorSpace = colorSpace
            frame.captureTime = time == 0 ? nil : .nanoseconds(Int64(clamping: time))
            result = try body(frame)
        }
        guard let result else { throw MediaError.platform("the buffer has no planes") }
        return result
    }

    private var isNv12: Bool {
        CVPixelBufferGetPixelFormatType(buffer) == kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange
    }

    private var colorSpace: ColorSpace {
        let matrix = CVBufferCopyAttachment(buffer, kCVImageBufferYCbCrMatrixKey, nil) as? String
        return CaptureMath.colorSpace(matrix: matrix)
    }

    private func plane(_ index: Int) -> UnsafeRawBufferPointer {
        let rows = CVPixelBufferGetHeightOfPlane(buffer, index)
        return UnsafeRawBufferPointer(
            start: CVPixelBufferGetBaseAddressOfPlane(buffer, index),
            count: rows * CVPixelBufferGetBytesPerRowOfPlane(buffer, index))
    }
}
#endif
