#if os(iOS) && canImport(ReplayKit)
import CoreMedia
import ReplayKit

/// The app's own screen, by ReplayKit's recorder: what the person sees of this app and nothing else. For
/// the whole device's screen, see ``BroadcastSender``.
public final class ScreenSource: Sendable {
    private let onPicture: @Sendable (CVPixelBuffer, CMTime) -> Void
    private let onEnd: @Sendable (any Error) -> Void

    /// A screen that is not shared.
    ///
    /// - Parameters:
    ///   - onEnd: The person refused, or the system ended it; on any thread.
    ///   - onPicture: On a thread of ReplayKit's; push it and return.
    public init(
        onEnd: @escaping @Sendable (any Error) -> Void,
        onPicture: @escaping @Sendable (CVPixelBuffer, CMTime) -> Void
    ) {
        self.onEnd = onEnd
        self.onPicture = onPicture
    }

    /// Begins to share; the system asks the person.
    @MainActor
    public func start() {
        let recorder = RPScreenRecorder.shared()
        recorder.isMicrophoneEnabled = false
        recorder.startCapture { [onPicture, onEnd] sample, kind, error in
            if let error { return onEnd(error) }
            guard kind == .video, let buffer = CMSampleBufferGetImageBuffer(sample) else { return }
            onPicture(buffer, CMSampleBufferGetPresentationTimeStamp(sample))
        } completionHandler: { [onEnd] error in
            if let error { onEnd(error) }
        }
    }

    /// Ends it.
    @MainActor
    public func stop() {
        RPScreenRecorder.shared().stopCapture { _ in }
    }
}

extension BroadcastSender {
    /// Sends a picture of the device's screen, as `RPBroadcastSampleHandler` gets it.
    ///
    /// - Returns: Whether it will be sent; one is dropped while the last one is on its way.
    @discardableResult
    public func offer(_ sample: CMSampleBuffer) -> Bool {
        guard
            let picture = PixelBufferPicture(sample, orientationKey: RPVideoSampleOrientationKey as CFString)
        else { return false }
        return offer(picture)
    }
}
#endif
