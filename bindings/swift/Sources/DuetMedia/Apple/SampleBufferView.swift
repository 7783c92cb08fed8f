#if os(iOS) && canImport(UIKit) && canImport(AVFoundation)
import AVFoundation
import Duet
import UIKit

/// Shows a call's pictures by way of the system's own display layer: what picture-in-picture takes, and what
/// may be drawn while the app is in the background. Each picture is copied once, into a buffer of the
/// platform's; in the app itself ``VideoView`` costs less.
@MainActor
public final class SampleBufferView: UIView {
    private let feed = SampleFeed()
    private var subscription: Subscription?

    /// A view without a picture.
    public override init(frame: CGRect) {
        super.init(frame: frame)
        guard let layer = layer as? AVSampleBufferDisplayLayer else { return }
        layer.videoGravity = .resizeAspect
        feed.attach(layer)
    }

    /// Views of this kind are not made from archives.
    @available(*, unavailable)
    public required init?(coder: NSCoder) {
        return nil
    }

    /// The system's display layer.
    public override class var layerClass: AnyClass { AVSampleBufferDisplayLayer.self }

    /// Shows the other end's pictures from now on; `nil` ends that.
    ///
    /// - Parameter onTurn: Called on the main thread when pictures come turned otherwise or in another shape:
    ///   the size in which they are seen. The layer itself is turned here.
    public func show(_ video: RemoteVideo?, onTurn: @escaping @MainActor @Sendable (VideoSize) -> Void) {
        subscription = video.map { video in
            video.onReady(on: feed.queue) { [feed, weak self] in
                guard let frame = video.acquire() else { return }
                let size = VideoSize(width: frame.info.width, height: frame.info.height)
                if feed.enqueue(frame) {
                    let rotation = frame.info.rotation
                    DispatchQueue.main.async {
                        self?.turn(rotation)
                        onTurn(size.turned(rotation))
                    }
                }
            }
        }
    }

    private func turn(_ rotation: Rotation) {
        layer.setAffineTransform(CGAffineTransform(rotationAngle: CGFloat(rotation.rawValue) * .pi / 180))
    }
}

/// Makes the platform's samples of the engine's pictures.
private final class SampleFeed: @unchecked Sendable {
    let queue = DispatchQueue(label: "duet.video.samples", qos: .userInitiated)
    // All that follows is used on the queue only.
    private var layer: AVSampleBufferDisplayLayer?
    private var pool: CVPixelBufferPool?
    private var shape: (VideoSize, Rotation)?

    func attach(_ layer: AVSampleBufferDisplayLayer) {
        nonisolated(unsafe) let layer = layer
        queue.async { [self] in self.layer = layer }
    }

    /// - Returns: Whether it has another shape than the last one.
    func enqueue(_ frame: RemoteFrame) -> Bool {
        let size = VideoSize(width: frame.info.width, height: frame.info.height)
        let isNewSize = shape.map { $0.0 != size } ?? true
        let isNewShape = isNewSize || shape?.1 != frame.info.rotation
        if isNewSize { pool = makePool(size) }
        shape = (size, frame.info.rotation)
        guard let layer, let pool else { return isNewShape }
        if layer.status == .failed { layer.flush() }
        var buffer: CVPixelBuffer?
        CVPixelBufferPoolCreatePixelBuffer(nil, pool, &buffer)
        if let buffer, fill(buffer, with: frame), let sample = sample(of: buffer) { layer.enqueue(sample) }
        return isNewShape
    }

    private func makePool(_ size: VideoSize) -> CVPixelBufferPool? {
        let attributes: [CFString: Any] = [
            kCVPixelBufferPixelFormatTypeKey: kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange,
            kCVPixelBufferWidthKey: size.width, kCVPixelBufferHeightKey: size.height,
            kCVPixelBufferIOSurfacePropertiesKey: [CFString: Any](),
        ]
        var pool: CVPixelBufferPool?
        CVPixelBufferPoolCreate(nil, nil, attributes as CFDictionary, &pool)
        return pool
    }

    private func fill(_ buffer: CVPixelBuffer, with frame: RemoteFrame) -> Bool {
        guard CVPixelBufferLockBaseAddress(buffer, []) == kCVReturnSuccess else { return false }
        defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
        func plane(_ index: Int) -> (UnsafeMutableRawBufferPointer, Int) {
            let stride = CVPixelBufferGetBytesPerRowOfPlane(buffer, index)
            let rows = CVPixelBufferGetHeightOfPlane(buffer, index)
            let start = CVPixelBufferGetBaseAddressOfPlane(buffer, index)
            return (UnsafeMutableRawBufferPointer(start: start, count: stride * rows), stride)
        }
        let (width, height) = (frame.info.width, frame.info.height)
        let (luma, lumaStride) = plane(0)
        let (chroma, chromaStride) = plane(1)
        frame.y.data.withUnsafeBytes { y in
            PlaneMath.copy(
                .init(bytes: y, stride: frame.y.rowStride), width: width, height: height, into: luma,
                stride: lumaStride)
        }
        frame.u.data.withUnsafeBytes { u in
            frame.v.data.withUnsafeBytes { v in
                PlaneMath.interleave(
                    .init(bytes: u, stride: frame.u.rowStride), .init(bytes: v, stride: frame.v.rowStride),
                    width: width / 2, height: height / 2, into: chroma, stride: chromaStride)
            }
        }
        let matrix: CFString =
            frame.info.colorSpace == .bt709Limited
            ? kCVImageBufferYCbCrMatrix_ITU_R_709_2 : kCVImageBufferYCbCrMatrix_ITU_R_601_4
        CVBufferSetAttachment(buffer, kCVImageBufferYCbCrMatrixKey, matrix, .shouldPropagate)
        return true
    }

    /// To be shown at once: the engine has waited as long as was right.
    private func sample(of buffer: CVPixelBuffer) -> CMSampleBuffer? {
        var format: CMVideoFormatDescription?
        CMVideoFormatDescriptionCreateForImageBuffer(
            allocator: nil, imageBuffer: buffer, formatDescriptionOut: &format)
        guard let format else { return nil }
        var timing = CMSampleTimingInfo(
            duration: .invalid, presentationTimeStamp: CMClockGetTime(CMClockGetHostTimeClock()),
            decodeTimeStamp: .invalid)
        var sample: CMSampleBuffer?
        CMSampleBufferCreateReadyWithImageBuffer(
            allocator: nil, imageBuffer: buffer, formatDescription: format, sampleTiming: &timing,
            sampleBufferOut: &sample)
        guard let sample else { return nil }
        let list =
            CMSampleBufferGetSampleAttachmentsArray(sample, createIfNecessary: true) as? [NSMutableDictionary]
        list?.first?[kCMSampleAttachmentKey_DisplayImmediately] = true
        return sample
    }
}
#endif
