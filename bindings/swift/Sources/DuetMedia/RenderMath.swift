import Duet

/// How a picture is placed in a view of another shape.
public enum VideoFit: Sendable, CaseIterable {
    /// The whole picture is seen, with bars where the view is longer.
    case letterbox
    /// The whole view is covered; what does not fit is cut off at both sides alike.
    case fill
}

/// A size in pixels or points.
public struct VideoSize: Hashable, Sendable {
    /// Width, zero or more.
    public var width: Int
    /// Height, zero or more.
    public var height: Int

    /// A size.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// The size as it is seen, once the picture is turned.
    public func turned(_ rotation: Rotation) -> VideoSize {
        switch rotation {
        case .none, .clockwise180: self
        case .clockwise90, .clockwise270: VideoSize(width: height, height: width)
        }
    }
}

/// One corner of a picture on its way to the screen.
public struct VideoVertex: Hashable, Sendable {
    /// In the view: -1 at its left, 1 at its right.
    public var x: Float
    /// In the view: -1 at its bottom, 1 at its top.
    public var y: Float
    /// In the picture's memory: 0 at the start of a row, 1 at its end.
    public var u: Float
    /// In the picture's memory: 0 at the first row, 1 after the last.
    public var v: Float

    /// A corner.
    public init(x: Float, y: Float, u: Float, v: Float) {
        (self.x, self.y, self.u, self.v) = (x, y, u, v)
    }
}

/// Where a picture goes in a view. Without any device, so that it can be tested everywhere.
public enum RenderMath {
    /// The four corners of the visible part as a triangle strip: top left, top right, bottom left, bottom
    /// right of the view.
    ///
    /// - Parameters:
    ///   - picture: Its size in memory.
    ///   - rotation: What must be done to see it upright.
    ///   - mirrored: Swaps left and right as they are seen, as in a mirror: for the person's own picture.
    ///   - view: The view's size; only its shape matters.
    ///   - fit: What happens where the shapes differ.
    /// - Returns: Nothing when there is no picture or no view to show.
    public static func vertices(
        picture: VideoSize, rotation: Rotation, mirrored: Bool, view: VideoSize, fit: VideoFit
    ) -> [VideoVertex] {
        let seen = picture.turned(rotation)
        guard seen.width > 0, seen.height > 0, view.width > 0, view.height > 0 else { return [] }
        let horizontal = Float(view.width) / Float(seen.width)
        let vertical = Float(view.height) / Float(seen.height)
        // How far the picture reaches in the view, and how much of the picture is seen.
        let scale = fit == .letterbox ? min(horizontal, vertical) : max(horizontal, vertical)
        let reach = (x: min(scale / horizontal, 1), y: min(scale / vertical, 1))
        let shown = (x: min(horizontal / scale, 1), y: min(vertical / scale, 1))
        let corners: [(right: Bool, bottom: Bool)] = [
            (false, false), (true, false), (false, true), (true, true),
        ]
        return corners.map { corner in
            let acrossSeen = corner.right != mirrored ? (1 + shown.x) / 2 : (1 - shown.x) / 2
            let downSeen = corner.bottom ? (1 + shown.y) / 2 : (1 - shown.y) / 2
            let (u, v) = inMemory(across: acrossSeen, down: downSeen, rotation)
            return VideoVertex(
                x: corner.right ? reach.x : -reach.x, y: corner.bottom ? -reach.y : reach.y, u: u, v: v)
        }
    }

    /// The size that a view takes within `bounds` to show the whole picture without bars.
    public static func fitted(picture: VideoSize, rotation: Rotation, in bounds: VideoSize) -> VideoSize {
        let seen = picture.turned(rotation)
        guard seen.width > 0, seen.height > 0, bounds.width > 0, bounds.height > 0 else {
            return VideoSize(width: 0, height: 0)
        }
        if bounds.width * seen.height <= bounds.height * seen.width {
            return VideoSize(width: bounds.width, height: bounds.width * seen.height / seen.width)
        }
        return VideoSize(width: bounds.height * seen.width / seen.height, height: bounds.height)
    }

    /// Where a point of the upright picture lies in its memory.
    private static func inMemory(across: Float, down: Float, _ rotation: Rotation) -> (Float, Float) {
        switch rotation {
        case .none: (across, down)
        case .clockwise90: (down, 1 - across)
        case .clockwise180: (1 - across, 1 - down)
        case .clockwise270: (1 - down, across)
        }
    }
}
