/// What a person can allow.
public enum Permission: Hashable, Sendable, CaseIterable {
    /// The microphone.
    case microphone
    /// The camera.
    case camera
}

/// How they decided.
public enum PermissionStatus: Hashable, Sendable, CaseIterable {
    /// Not asked yet.
    case undecided
    /// Allowed.
    case granted
    /// Refused; only the system's settings change that.
    case denied
    /// Somebody else decided: parents, an employer.
    case restricted
}

/// The system's permissions.
@MainActor
public protocol PermissionPort: AnyObject {
    /// How it stands; asks nobody.
    func status(of permission: Permission) -> PermissionStatus
    /// Asks the person; the system shows its question once in the app's life.
    func ask(for permission: Permission) async -> Bool
}

/// Asks when something is needed, and knows what to say when it is refused.
@MainActor
public final class PermissionFlow {
    /// What a call can be made of.
    public enum Outcome: Hashable, Sendable {
        /// With sound, and with pictures or without.
        case call(video: Bool)
        /// Sound only, though pictures were wanted: say why.
        case withoutCamera(Explanation)
        /// No call: say why.
        case refused(Explanation)
    }

    /// What a person is told.
    public struct Explanation: Hashable, Sendable {
        /// What is missing.
        public let permission: Permission
        /// Whether the settings can change it: offer to open them.
        public let canChange: Bool
    }

    private let port: any PermissionPort

    /// A flow over the system's permissions.
    public init(port: any PermissionPort) {
        self.port = port
    }

    /// Asks for what a call needs and was not asked for yet: the microphone first, without which there is no
    /// call; the camera only where pictures are wanted.
    public func prepare(video: Bool) async -> Outcome {
        if let explanation = await obtain(.microphone) { return .refused(explanation) }
        guard video else { return .call(video: false) }
        if let explanation = await obtain(.camera) { return .withoutCamera(explanation) }
        return .call(video: true)
    }

    /// Whether a call may be answered from outside the app, where nobody can be asked: an undecided
    /// microphone is asked for once the app is seen.
    public var mayAnswer: Bool {
        switch port.status(of: .microphone) {
        case .granted, .undecided: true
        case .denied, .restricted: false
        }
    }

    /// Whether the camera may be opened without a question.
    public var hasCamera: Bool { port.status(of: .camera) == .granted }

    private func obtain(_ permission: Permission) async -> Explanation? {
        switch port.status(of: permission) {
        case .granted: nil
        case .denied: Explanation(permission: permission, canChange: true)
        case .restricted: Explanation(permission: permission, canChange: false)
        case .undecided:
            await port.ask(for: permission) ? nil : Explanation(permission: permission, canChange: true)
        }
    }
}
