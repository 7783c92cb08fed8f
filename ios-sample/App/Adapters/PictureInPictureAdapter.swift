import AVKit
import Duet
import DuetMedia
import UIKit

/// The window that stays when the app is left in a call with pictures.
@MainActor
final class PictureInPictureAdapter: NSObject, AVPictureInPictureControllerDelegate {
    var onChange: ((Bool) -> Void)?
    var isAllowed = false {
        didSet { controller?.canStartPictureInPictureAutomaticallyFromInline = isAllowed }
    }
    private let content = AVPictureInPictureVideoCallViewController()
    private let picture = SampleBufferView(frame: .zero)
    private var controller: AVPictureInPictureController?

    /// Grows out of `view`, which shows the other end in the app.
    func attach(to view: UIView) {
        picture.frame = content.view.bounds
        picture.autoresizingMask = [.flexibleWidth, .flexibleHeight]
        content.view.addSubview(picture)
        let source = AVPictureInPictureController.ContentSource(
            activeVideoCallSourceView: view, contentViewController: content)
        let controller = AVPictureInPictureController(contentSource: source)
        controller.delegate = self
        controller.canStartPictureInPictureAutomaticallyFromInline = isAllowed
        self.controller = controller
    }

    /// Shows the other end's pictures in the window; `nil` ends that.
    func show(_ video: RemoteVideo?) {
        picture.show(video) { [weak self] size in
            self?.content.preferredContentSize = CGSize(width: size.width, height: size.height)
        }
    }

    nonisolated func pictureInPictureControllerWillStartPictureInPicture(_: AVPictureInPictureController) {
        MainActor.assumeIsolated { onChange?(true) }
    }

    nonisolated func pictureInPictureControllerDidStopPictureInPicture(_: AVPictureInPictureController) {
        MainActor.assumeIsolated { onChange?(false) }
    }
}
