import Duet

/// Which of a phone's cameras.
public enum CameraPosition: Sendable, CaseIterable {
    /// On the side of the screen.
    case front
    /// On the other side.
    case back

    /// The other one.
    public var flipped: CameraPosition { self == .front ? .back : .front }
}

/// Which way the app's interface is turned, as `UIInterfaceOrientation` has it.
public enum InterfaceOrientation: Sendable, CaseIterable {
    /// Upright.
    case portrait
    /// The screen's top is down.
    case portraitUpsideDown
    /// The bottom of the device (the home button, where there is one) is at the left.
    case landscapeLeft
    /// The bottom of the device is at the right.
    case landscapeRight
}

/// A format that a camera offers.
public struct CameraFormat: Hashable, Sendable {
    /// Its size in memory, which lies on its side in a phone held upright.
    public var size: VideoSize
    /// The most pictures per second.
    public var maxFps: Double
    /// Whether it is made by joining pixels, which is cheap and noisy.
    public var isBinned: Bool

    /// A format.
    public init(size: VideoSize, maxFps: Double, isBinned: Bool = false) {
        self.size = size
        self.maxFps = maxFps
        self.isBinned = isBinned
    }
}

/// What is asked of a camera.
public struct CameraWish: Hashable, Sendable {
    /// The least size, in memory's orientation.
    public var size: VideoSize
    /// Pictures per second, 1 to 60.
    public var fps: Int

    /// A wish.
    public init(size: VideoSize, fps: Int) {
        self.size = size
        self.fps = fps
    }

    /// What the engine's default bit rates carry well: 1280x720 at 30.
    public static let standard = CameraWish(size: VideoSize(width: 1280, height: 720), fps: 30)
    /// For a device that must save power: 640x480 at 15.
    public static let saving = CameraWish(size: VideoSize(width: 640, height: 480), fps: 15)
}

/// How cameras and screens are read. Without any device, so that it can be tested everywhere.
public enum CaptureMath {
    /// What a viewer must do to see a camera's picture upright. Sensors lie on their side: their rows run
    /// along the device's long edge, and the front one looks the other way.
    public static func rotation(of position: CameraPosition, in interface: InterfaceOrientation) -> Rotation {
        switch (interface, position) {
        case (.portrait, _): .clockwise90
        case (.portraitUpsideDown, _): .clockwise270
        case (.landscapeRight, .back), (.landscapeLeft, .front): .none
        case (.landscapeRight, .front), (.landscapeLeft, .back): .clockwise180
        }
    }

    /// What a viewer must do to see a screen's picture upright, from the orientation that ReplayKit gives with
    /// it (the numbers of EXIF).
    public static func rotation(exif: Int) -> Rotation {
        switch exif {
        case 3, 4: .clockwise180
        case 5, 6: .clockwise90
        case 7, 8: .clockwise270
        default: .none
        }
    }

    /// The format that serves a wish best: fast enough first, then the smallest that is large enough, then
    /// the nearest to the wished shape, then one that is not binned; the largest when none is large enough.
    ///
    /// - Returns: Its place in `formats`; `nil` when the engine can take none of them.
    public static func choose(from formats: [CameraFormat], for wish: CameraWish) -> Int? {
        formats.indices.filter { isUsable(formats[$0].size) }.min { one, other in
            rank(formats[one], wish).lexicographicallyPrecedes(rank(formats[other], wish))
        }
    }

    /// The colour space of NV12 from a camera or a screen in limited range, as its buffers are marked.
    ///
    /// - Parameter matrix: The value of `kCVImageBufferYCbCrMatrixKey`; `nil` where there is none.
    public static func colorSpace(matrix: String?) -> ColorSpace {
        matrix == "ITU_R_709_2" ? .bt709Limited : .bt601Limited
    }

    /// The part of a screen's picture that the engine takes: sizes are even.
    ///
    /// - Returns: `nil` when it is too small or too large.
    public static func even(_ size: VideoSize) -> VideoSize? {
        let even = VideoSize(width: size.width & ~1, height: size.height & ~1)
        return isUsable(even) ? even : nil
    }

    /// The rate at which the engine is given or asked for sound: the hardware's own where it may be.
    public static func audioRate(hardware: Double) -> Int {
        guard hardware.isFinite else { return 48_000 }
        return Int(min(max(hardware.rounded(), 8_000), 48_000))
    }

    private static func isUsable(_ size: VideoSize) -> Bool {
        let range = 16...4096
        return range.contains(size.width) && range.contains(size.height)
            && size.width % 2 == 0 && size.height % 2 == 0
    }

    /// Less is better, the first difference decides.
    private static func rank(_ format: CameraFormat, _ wish: CameraWish) -> [Double] {
        let (size, wished) = (format.size, wish.size)
        let isLarge = size.width >= wished.width && size.height >= wished.height
        let area = Double(size.width * size.height)
        let shape = Double(size.width) / Double(size.height)
        let wishedShape = Double(wished.width) / Double(max(wished.height, 1))
        return [
            format.maxFps >= Double(wish.fps) ? 0 : 1,
            isLarge ? 0 : 1,
            isLarge ? area : -area,
            abs(shape - wishedShape),
            format.isBinned ? 1 : 0,
        ]
    }
}
