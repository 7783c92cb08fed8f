import Duet

/// What precedes a screen's picture on its way from the broadcast extension to the app: the extension is a
/// process of its own with 50 MB of memory, and the call lives in the app.
///
/// 40 bytes, numbers in little endian: `DSC1`, width, height, luma's row stride, chroma's row stride, rotation
/// in degrees, colour space, four bytes of zero, capture time in nanoseconds. Then luma's rows and chroma's
/// (NV12), as they lie in memory.
public struct ScreenHeader: Hashable, Sendable {
    /// Bytes of a header.
    public static let length = 40
    private static let magic = Array("DSC1".utf8)
    /// Rows are padded for the hardware; by more than this nobody pads.
    private static let mostPadding = 4096

    /// The picture's size, even.
    public let size: VideoSize
    /// Bytes from one row of luma to the next.
    public let lumaStride: Int
    /// Bytes from one row of chroma to the next.
    public let chromaStride: Int
    /// What a viewer must do to see it upright.
    public let rotation: Rotation
    /// How luma and chroma map to RGB.
    public let colorSpace: ColorSpace
    /// When it was captured, in nanoseconds on a clock that never jumps.
    public let time: UInt64

    /// - Returns: `nil` when no picture has that shape: sizes are even and 16 to 4096, rows are not shorter
    ///   than the picture.
    public init?(
        size: VideoSize, lumaStride: Int, chromaStride: Int, rotation: Rotation, colorSpace: ColorSpace,
        time: UInt64
    ) {
        guard CaptureMath.even(size) == size else { return nil }
        let strides = size.width...(size.width + Self.mostPadding)
        guard strides.contains(lumaStride), strides.contains(chromaStride) else { return nil }
        self.size = size
        self.lumaStride = lumaStride
        self.chromaStride = chromaStride
        self.rotation = rotation
        self.colorSpace = colorSpace
        self.time = time
    }

    /// What ``bytes`` made.
    ///
    /// - Returns: `nil` when it is not that.
    public init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == Self.length, bytes.starts(with: Self.magic) else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        func word(_ index: Int) -> UInt32 { UInt32(number(index * 4, 4)) }
        guard let rotation = Rotation(rawValue: word(5)), let color = ColorSpace(rawValue: word(6)),
            word(7) == 0
        else { return nil }
        self.init(
            size: VideoSize(width: Int(word(1)), height: Int(word(2))), lumaStride: Int(word(3)),
            chromaStride: Int(word(4)), rotation: rotation, colorSpace: color, time: number(32, 8))
    }

    /// The header as it travels.
    public var bytes: [UInt8] {
        func little(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        let words = [
            UInt32(size.width), UInt32(size.height), UInt32(lumaStride), UInt32(chromaStride),
            rotation.rawValue, colorSpace.rawValue, 0,
        ]
        return Self.magic + words.flatMap { little($0) } + little(time)
    }

    /// Bytes of luma.
    public var lumaLength: Int { lumaStride * size.height }
    /// Bytes of both chromas.
    public var chromaLength: Int { chromaStride * size.height / 2 }
}
