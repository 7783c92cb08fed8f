#if os(iOS) && canImport(AVFoundation)
import AVFoundation
import Duet

/// What a camera tells its app.
public enum CameraNews: Sendable {
    /// Pictures come.
    case started
    /// The light is off.
    case stopped
    /// The system took the camera: another app has it, or this one is in the background. It comes back by
    /// itself.
    case interrupted
    /// It did not start.
    case failed(any Error)
}

/// A phone's camera: NV12 buffers as the hardware made them, and how they are turned.
///
/// Every method may be called from any thread and returns at once; the work is done, in order, on a queue
/// of the camera's. Ask for the permission before: without it there are no pictures and no error.
public final class CameraSource: NSObject, @unchecked Sendable {
    /// Gets a picture on the camera's queue. The buffer may be kept, but not long: the hardware has few.
    public typealias FrameHandler = @Sendable (CVPixelBuffer, Rotation, CMTime) -> Void

    private let onFrame: FrameHandler
    private let onNews: @Sendable (CameraNews) -> Void
    // All that follows is used on the queue only.
    private let queue = DispatchQueue(label: "duet.camera", qos: .userInitiated)
    private let session = AVCaptureSession()
    private let output = AVCaptureVideoDataOutput()
    private var input: AVCaptureDeviceInput?
    private var position = CameraPosition.front
    private var wish = CameraWish.standard
    private var interface = InterfaceOrientation.portrait
    private var isWanted = false

    /// A camera that is off.
    ///
    /// - Parameters:
    ///   - onNews: On the camera's queue.
    ///   - onFrame: On the same queue.
    public init(
        onNews: @escaping @Sendable (CameraNews) -> Void = { _ in }, onFrame: @escaping FrameHandler
    ) {
        self.onFrame = onFrame
        self.onNews = onNews
        super.init()
        observe()
        queue.async { [self] in prepare() }
    }

    deinit {
        NotificationCenter.default.removeObserver(self)
    }

    /// Turns a camera on, or changes to another one or another format.
    public func start(_ position: CameraPosition, wish: CameraWish = .standard) {
        queue.async { [self] in
            self.position = position
            self.wish = wish
            isWanted = true
            do {
                try configure()
                if !session.isRunning { session.startRunning() }
                onNews(.started)
            } catch {
                onNews(.failed(error))
            }
        }
    }

    /// Turns it off, with its light.
    public func stop() {
        queue.async { [self] in
            isWanted = false
            if session.isRunning { session.stopRunning() }
            onNews(.stopped)
        }
    }

    /// Says how the interface is turned: pictures are to be seen upright in it.
    public func turn(to interface: InterfaceOrientation) {
        queue.async { [self] in self.interface = interface }
    }

    /// Turns the lamp beside the camera on or off, where there is one.
    public func setTorch(_ on: Bool) {
        queue.async { [self] in
            guard let device = input?.device, device.hasTorch else { return }
            do {
                try device.lockForConfiguration()
                device.torchMode = on ? .on : .off
                device.unlockForConfiguration()
            } catch {
                onNews(.failed(error))
            }
        }
    }

    private func prepare() {
        output.alwaysDiscardsLateVideoFrames = true
        output.videoSettings = [
            kCVPixelBufferPixelFormatTypeKey as String: kCVPixelFormatType_420YpCbCr8BiPlanarVideoRange
        ]
        output.setSampleBufferDelegate(self, queue: queue)
        session.beginConfiguration()
        // The device's format is chosen below.
        session.sessionPreset = .inputPriority
        if session.canAddOutput(output) { session.addOutput(output) }
        // In picture-in-picture the camera may go on.
        if #available(iOS 16.0, *), session.isMultitaskingCameraAccessSupported {
            session.isMultitaskingCameraAccessEnabled = true
        }
        session.commitConfiguration()
    }

    private func configure() throws {
        let side: AVCaptureDevice.Position = position == .front ? .front : .back
        guard let device = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: side)
        else { throw MediaError.noCamera }
        session.beginConfiguration()
        defer { session.commitConfiguration() }
        if input?.device != device {
            let replacement = try AVCaptureDeviceInput(device: device)
            if let input { session.removeInput(input) }
            input = nil
            guard session.canAddInput(replacement) else {
                throw MediaError.platform("the capture session takes no input")
            }
            session.addInput(replacement)
            input = replacement
        }
        let formats = device.formats.map { format in
            let size = CMVideoFormatDescriptionGetDimensions(format.formatDescription)
            return CameraFormat(
                size: VideoSize(width: Int(size.width), height: Int(size.height)),
                maxFps: format.videoSupportedFrameRateRanges.map(\.maxFrameRate).max() ?? 0,
                isBinned: format.isVideoBinned)
        }
        guard let chosen = CaptureMath.choose(from: formats, for: wish) else { throw MediaError.noCamera }
        try device.lockForConfiguration()
        defer { device.unlockForConfiguration() }
        device.activeFormat = device.formats[chosen]
        let fps = min(Double(wish.fps), formats[chosen].maxFps)
        device.activeVideoMinFrameDuration = CMTime(seconds: 1 / fps, preferredTimescale: 600)
    }

    private func observe() {
        let center = NotificationCenter.default
        center.addObserver(
            self, selector: #selector(interrupted), name: AVCaptureSession.wasInterruptedNotification,
            object: session)
        center.addObserver(
            self, selector: #selector(interruptionEnded),
            name: AVCaptureSession.interruptionEndedNotification, object: session)
        center.addObserver(
            self, selector: #selector(broke), name: AVCaptureSession.runtimeErrorNotification,
            object: session)
    }

    @objc private func interrupted(_: Notification) {
        onNews(.interrupted)
    }

    @objc private func interruptionEnded(_: Notification) {
        restart()
    }

    /// The system's media services were restarted, for instance: the session must be, too.
    @objc private func broke(_: Notification) {
        restart()
    }

    private func restart() {
        queue.async { [self] in
            guard isWanted else { return }
            if !session.isRunning { session.startRunning() }
            onNews(.started)
        }
    }
}

extension CameraSource: AVCaptureVideoDataOutputSampleBufferDelegate {
    /// A picture from the hardware.
    public func captureOutput(
        _: AVCaptureOutput, didOutput sample: CMSampleBuffer, from _: AVCaptureConnection
    ) {
        // Pictures that were on their way when the camera was turned off are not wanted any more.
        guard isWanted, let buffer = CMSampleBufferGetImageBuffer(sample) else { return }
        onFrame(
            buffer, CaptureMath.rotation(of: position, in: interface),
            CMSampleBufferGetPresentationTimeStamp(sample))
    }
}
#endif
