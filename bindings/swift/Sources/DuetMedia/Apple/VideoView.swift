#if os(iOS) && canImport(UIKit) && canImport(Metal)
import CoreVideo
import Duet
import UIKit

/// Shows a call's pictures, or the person's own: letterboxed or filling, mirrored, turned as the pictures
/// say. Black until a picture comes.
@MainActor
public final class VideoView: UIView {
    /// What happens where view and picture differ in shape.
    public var fit = VideoFit.letterbox { didSet { restyle() } }
    /// Swaps left and right, for the person's own picture of the front camera.
    public var isMirrored = false { didSet { restyle() } }
    /// Draws nothing: in the background the system does not let apps draw.
    public var isPaused = false { didSet { restyle() } }

    /// Draws what is handed to it; any thread may.
    public nonisolated let canvas = VideoCanvas()
    private var subscription: Subscription?

    /// A view without a picture.
    public override init(frame: CGRect) {
        super.init(frame: frame)
        if let layer = layer as? CAMetalLayer { canvas.attach(layer) }
    }

    /// Views of this kind are not made from archives.
    @available(*, unavailable)
    public required init?(coder: NSCoder) {
        return nil
    }

    /// The layer that Metal draws into.
    public override class var layerClass: AnyClass { CAMetalLayer.self }

    /// Takes over a new size.
    public override func layoutSubviews() {
        super.layoutSubviews()
        restyle()
    }

    /// Shows the other end's pictures from now on; `nil` ends that.
    public func show(_ video: RemoteVideo?) {
        subscription = video.map { video in
            video.onReady(on: canvas.queue) { [canvas] in
                if let frame = video.acquire() { canvas.draw(frame) }
            }
        }
    }

    private func restyle() {
        let scale = window?.screen.scale ?? traitCollection.displayScale
        let pixels = VideoSize(width: Int(bounds.width * scale), height: Int(bounds.height * scale))
        canvas.restyle(
            VideoRenderer.Style(view: pixels, fit: fit, isMirrored: isMirrored), isPaused: isPaused)
    }
}

/// Where a ``VideoView`` draws, from any thread.
public final class VideoCanvas: @unchecked Sendable {
    let queue = DispatchQueue(label: "duet.video.draw", qos: .userInitiated)
    private let isBusy = Flag()
    // All that follows is used on the queue only.
    private var layer: CAMetalLayer?
    private var renderer: VideoRenderer?
    private var style = VideoRenderer.Style()
    private var isPaused = false

    /// Shows a picture of the camera's; while the last one is being drawn, it is dropped.
    public func show(_ buffer: CVPixelBuffer, rotation: Rotation) {
        guard isBusy.raise() else { return }
        nonisolated(unsafe) let buffer = buffer
        queue.async { [self] in
            if !isPaused { renderer?.draw(buffer, rotation: rotation, style: style) }
            isBusy.lower()
        }
    }

    func attach(_ layer: CAMetalLayer) {
        nonisolated(unsafe) let layer = layer
        queue.async { [self] in
            self.layer = layer
            renderer = VideoRenderer(layer: layer)
        }
    }

    func restyle(_ style: VideoRenderer.Style, isPaused: Bool) {
        queue.async { [self] in
            self.style = style
            self.isPaused = isPaused
            guard style.view.width > 0, style.view.height > 0 else { return }
            layer?.drawableSize = CGSize(width: style.view.width, height: style.view.height)
        }
    }

    /// On the queue only.
    func draw(_ frame: RemoteFrame) {
        if !isPaused { renderer?.draw(frame, style: style) }
    }
}
#endif
