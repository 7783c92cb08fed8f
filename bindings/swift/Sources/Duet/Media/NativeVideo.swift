internal import CDuet

#if canImport(CoreVideo)
import CoreVideo

extension LocalVideo {
    /// Hands in a picture in the platform's own memory, as a camera gives it, and returns at once; nothing is
    /// copied here. The platform's encoder takes it as it is; where another encoder is at work, it is copied
    /// on that one's thread. At most two are held at a time.
    ///
    /// - Parameters:
    ///   - buffer: 4:2:0 in two or three planes of 8 bits, or BGRA; width and height are even, 16 to 4096.
    ///     Kept until it is encoded; nobody may write to it meanwhile.
    ///   - rotation: What a viewer must do to see it upright. Travels as metadata.
    ///   - colorSpace: How luma and chroma map to RGB.
    ///   - captureTime: When it was captured, on any clock that never jumps; `nil`: now.
    /// - Returns: As `push(_:)` of a frame.
    /// - Throws: ``DuetError`` of kind `unsupported` where the engine was built without the platform's codecs:
    ///   push the planes; of kind `invalidArgument` for a buffer that is not valid. The call goes on.
    @discardableResult
    public func push(
        _ buffer: CVPixelBuffer, rotation: Rotation = .none, colorSpace: ColorSpace = .bt601Limited,
        captureTime: Duration? = nil
    ) throws(DuetError) -> Bool {
        try push(
            DUET_NATIVE_KIND_CV_PIXEL_BUFFER.rawValue, buffer, rotation, colorSpace, captureTime)
    }
}
#endif

extension LocalVideo {
    /// Hands in an object of the platform's, which is kept until the engine gives it back.
    func push(
        _ kind: UInt32, _ object: AnyObject, _ rotation: Rotation, _ colorSpace: ColorSpace,
        _ captureTime: Duration?
    ) throws(DuetError) -> Bool {
        var frame = DuetNativeFrame()
        frame.size = MemoryLayout.size(ofValue: frame)
        frame.kind = kind
        frame.color = colorSpace.rawValue
        frame.rotation = rotation.rawValue
        frame.capture_time_ns = captureTime?.nanoseconds ?? 0
        frame.handle = Unmanaged.passRetained(object).toOpaque()
        frame.release = { _, object in
            guard let object else { return }
            Unmanaged<AnyObject>.fromOpaque(object).release()
        }
        var queued = false
        try check(duet_local_video_push_native(call.core.handle, &frame, &queued))
        return queued
    }
}
