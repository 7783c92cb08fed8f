import CallCore
import CoreMedia
import CoreVideo
import Duet
import DuetMedia
import OSLog
import UIKit

/// The camera, by the helper module: its pictures go to the call and to the person's own view.
@MainActor
final class CameraAdapter: CameraPort {
    let view = VideoView(frame: .zero)
    private let track = Track()
    private let source: CameraSource

    init() {
        view.fit = .fill
        let log = Logger(subsystem: "dev.duet.sample", category: "camera")
        source = CameraSource { news in
            if case .failed(let error) = news { log.error("camera: \(error.localizedDescription)") }
        } onFrame: { [track, canvas = view.canvas] buffer, rotation, time in
            canvas.show(buffer, rotation: rotation)
            track.push(buffer, rotation, time)
        }
        _ = NotificationCenter.default.addObserver(
            forName: UIDevice.orientationDidChangeNotification, object: nil, queue: .main
        ) { [weak self] _ in MainActor.assumeIsolated { self?.turn() } }
    }

    func start(_ position: CameraPosition, _ wish: CameraWish, into video: LocalVideo) {
        track.video = video
        turn()
        source.start(position, wish: wish)
    }

    func stop() {
        source.stop()
        track.video = nil
    }

    private func turn() {
        source.turn(to: interface(UIApplication.shared.connectedScenes))
    }
}

/// The track that pictures go to; the camera's queue and the main thread share it.
final class Track: @unchecked Sendable {
    private let lock = NSLock()
    private var current: LocalVideo?

    var video: LocalVideo? {
        get { lock.withLock { current } }
        set { lock.withLock { current = newValue } }
    }

    func push(_ buffer: CVPixelBuffer, _ rotation: Rotation, _ time: CMTime) {
        // A picture that the engine refuses is the camera's fault: the next one may be better.
        try? video?.push(buffer, rotation: rotation, time: time)
    }
}

/// The system's word for how the interface is turned, in ours.
@MainActor
private func interface(_ scenes: Set<UIScene>) -> InterfaceOrientation {
    switch scenes.compactMap({ $0 as? UIWindowScene }).first?.interfaceOrientation {
    case .landscapeLeft: .landscapeLeft
    case .landscapeRight: .landscapeRight
    case .portraitUpsideDown: .portraitUpsideDown
    default: .portrait
    }
}
