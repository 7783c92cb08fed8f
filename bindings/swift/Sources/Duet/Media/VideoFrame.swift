internal import CDuet
import Foundation

/// A picture that the host hands in: bytes of any kind (`Data`, `[UInt8]` ...), which are read in place.
///
/// Width and height are even, 16 to 4096.
public struct VideoFrame<Bytes: ContiguousBytes> {
    /// Width in pixels.
    public var width: Int
    /// Height in pixels.
    public var height: Int
    /// The samples.
    public var pixels: Pixels
    /// What a viewer must do to see it upright. Travels as metadata.
    public var rotation = Rotation.none
    /// How luma and chroma map to RGB.
    public var colorSpace = ColorSpace.bt601Limited
    /// When it was captured, on any clock that never jumps; `nil`: now.
    public var captureTime: Duration?

    /// How the samples are laid out.
    public enum Pixels {
        /// 8-bit 4:2:0 in three planes: I420, NV12 and NV21 alike.
        case yuv420(y: Plane, u: Plane, v: Plane)
        /// R, G, B, A in memory order.
        case rgba(Plane)
        /// B, G, R, A in memory order.
        case bgra(Plane)
    }

    /// One plane.
    public struct Plane {
        /// What holds it.
        public var bytes: Bytes
        /// Where in `bytes` its first sample is.
        public var offset: Int
        /// Bytes from the start of one row to the start of the next.
        public var rowStride: Int
        /// Bytes from one sample to the next: 1 for planar, 2 for NV12 and NV21, 4 for RGBA and BGRA.
        public var pixelStride: Int

        /// A plane of samples.
        public init(_ bytes: Bytes, offset: Int = 0, rowStride: Int, pixelStride: Int = 1) {
            self.bytes = bytes
            self.offset = offset
            self.rowStride = rowStride
            self.pixelStride = pixelStride
        }
    }

    /// A picture in any layout.
    public init(width: Int, height: Int, pixels: Pixels) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// I420: Y, U and V without padding, one behind the other.
    public static func i420(width: Int, height: Int, _ bytes: Bytes) -> Self {
        let (luma, half) = (area(width, height), width / 2)
        let y = Plane(bytes, rowStride: width)
        let u = Plane(bytes, offset: luma, rowStride: half)
        let v = Plane(bytes, offset: luma &+ luma / 4, rowStride: half)
        return Self(width: width, height: height, pixels: .yuv420(y: y, u: u, v: v))
    }

    /// NV12: Y, then U and V in turn, without padding.
    public static func nv12(width: Int, height: Int, _ bytes: Bytes) -> Self {
        let luma = area(width, height)
        let y = Plane(bytes, rowStride: width)
        return nv12(width: width, height: height, y: y, uv: Plane(bytes, offset: luma, rowStride: width))
    }

    /// NV12 in two planes, as cameras give it.
    public static func nv12(width: Int, height: Int, y: Plane, uv: Plane) -> Self {
        let (u, v) = pair(uv)
        return Self(width: width, height: height, pixels: .yuv420(y: y, u: u, v: v))
    }

    /// NV21: as NV12, V before U.
    public static func nv21(width: Int, height: Int, y: Plane, vu: Plane) -> Self {
        let (v, u) = pair(vu)
        return Self(width: width, height: height, pixels: .yuv420(y: y, u: u, v: v))
    }

    /// R, G, B, A in memory order.
    public static func rgba(width: Int, height: Int, rowStride: Int? = nil, _ bytes: Bytes) -> Self {
        Self(width: width, height: height, pixels: .rgba(packed(width, rowStride, bytes)))
    }

    /// B, G, R, A in memory order.
    public static func bgra(width: Int, height: Int, rowStride: Int? = nil, _ bytes: Bytes) -> Self {
        Self(width: width, height: height, pixels: .bgra(packed(width, rowStride, bytes)))
    }

    private static func packed(_ width: Int, _ rowStride: Int?, _ bytes: Bytes) -> Plane {
        Plane(bytes, rowStride: rowStride ?? area(width, 4), pixelStride: 4)
    }

    /// Two planes whose samples take turns.
    private static func pair(_ plane: Plane) -> (Plane, Plane) {
        var (first, second) = (plane, plane)
        first.pixelStride = 2
        second.pixelStride = 2
        second.offset = plane.offset &+ 1
        return (first, second)
    }

    /// A size that no picture has stays one, instead of a crash.
    private static func area(_ width: Int, _ height: Int) -> Int {
        let (area, overflow) = width.multipliedReportingOverflow(by: height)
        return overflow ? .max : area
    }
}

extension VideoFrame: Sendable where Bytes: Sendable {}
extension VideoFrame.Pixels: Sendable where Bytes: Sendable {}
extension VideoFrame.Plane: Sendable where Bytes: Sendable {}

/// What a viewer must do to see a picture upright: turn it clockwise.
public enum Rotation: UInt32, Sendable, CaseIterable {
    /// Nothing.
    case none = 0
    /// A quarter.
    case clockwise90 = 90
    /// A half.
    case clockwise180 = 180
    /// Three quarters.
    case clockwise270 = 270
}

/// How luma and chroma map to RGB.
public enum ColorSpace: UInt32, Sendable, CaseIterable {
    /// ITU-R BT.601, limited range: phone cameras, unless they say otherwise.
    case bt601Limited = 0
    /// ITU-R BT.601, full range (JPEG).
    case bt601Full
    /// ITU-R BT.709, limited range.
    case bt709Limited
}

extension VideoFrame {
    /// Calls `body` with the frame in the form of C; its planes are those of `bytes`.
    func withC(_ body: (inout DuetVideoFrame) -> Int32) throws(DuetError) {
        var frame = DuetVideoFrame()
        frame.size = MemoryLayout.size(ofValue: frame)
        frame.width = try number(width, "width")
        frame.height = try number(height, "height")
        frame.rotation = rotation.rawValue
        frame.color = colorSpace.rawValue
        frame.capture_time_ns = captureTime?.nanoseconds ?? 0
        let code: Int32? =
            switch pixels {
            case .yuv420(let y, let u, let v):
                y.withC { y in
                    u.withC { u in
                        v.withC { v in
                            frame.planes = (y, u, v)
                            return body(&frame)
                        }
                    }
                }
            case .rgba(let plane):
                plane.withC { plane in
                    frame.format = UInt32(DUET_PIXEL_FORMAT_RGBA.rawValue)
                    frame.planes.0 = plane
                    return body(&frame)
                }
            case .bgra(let plane):
                plane.withC { plane in
                    frame.format = UInt32(DUET_PIXEL_FORMAT_BGRA.rawValue)
                    frame.planes.0 = plane
                    return body(&frame)
                }
            }
        guard let code else { throw DuetError(.invalidArgument, "a plane lies outside its bytes") }
        try check(code)
    }
}

extension VideoFrame.Plane {
    /// `nil` when the plane does not lie in its bytes.
    fileprivate func withC(_ body: (DuetPlane) -> Int32?) -> Int32? {
        bytes.withUnsafeBytes { bytes in
            guard offset >= 0, offset <= bytes.count, rowStride >= 0, pixelStride >= 0 else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            let data = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return body(
                DuetPlane(data: data, length: rest.count, row_stride: rowStride, pixel_stride: pixelStride))
        }
    }
}
