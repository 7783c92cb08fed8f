import Duet
import DuetMedia

/// How warm the device is, as `ProcessInfo.thermalState` says.
public enum ThermalState: Hashable, Sendable, CaseIterable {
    /// Cool.
    case nominal
    /// Warmer than usual.
    case fair
    /// The system slows down.
    case serious
    /// The system is about to stop things.
    case critical
}

/// Decides when the camera's light is on. One place, so that it never stays on by mistake.
public struct CameraPolicy: Hashable, Sendable {
    /// The call has pictures and the person has not turned the camera off.
    public var isWanted = false
    /// The call is connected or on its way there, and not on hold.
    public var isCallOn = false
    /// The person allows it.
    public var isPermitted = false
    /// The app is seen, or its picture-in-picture window is.
    public var isVisible = true
    /// A screen is shared in its place.
    public var isSharingScreen = false
    /// Which one.
    public var position = CameraPosition.front
    /// How warm the device is.
    public var thermal = ThermalState.nominal
    /// The person asked the device to save power.
    public var isLowPower = false

    /// Off.
    public init() {}

    /// What the camera is to do.
    public enum Decision: Hashable, Sendable {
        /// Be off.
        case off
        /// Deliver pictures.
        case on(CameraPosition, CameraWish)
    }

    /// What the camera is to do now.
    public var decision: Decision {
        guard isWanted, isCallOn, isPermitted, isVisible, !isSharingScreen, thermal != .critical else {
            return .off
        }
        let saves = isLowPower || thermal == .serious
        return .on(position, saves ? .saving : .standard)
    }

    /// What the engine is told of the device's warmth: with low power it sends as if it were warm.
    public var news: DeviceNews {
        switch thermal {
        case .critical: .thermalHot
        case .serious: .thermalWarm
        case .nominal, .fair: isLowPower ? .thermalWarm : .thermalNormal
        }
    }
}
