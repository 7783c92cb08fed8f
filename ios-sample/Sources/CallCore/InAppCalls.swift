import Foundation

/// Calls without CallKit: in mainland China's App Store, where apps may not use it, in the simulator and in
/// tests. The app's own screen rings, every request is carried out, and the audio session is activated here.
@MainActor
public final class InAppCalls: SystemCalls {
    /// Who carries actions out.
    public weak var bridge: CallKitBridge?
    private let audio: any AudioSessionPort
    private var open: Set<UUID> = []

    /// Calls that activate the session themselves.
    public init(audio: any AudioSessionPort) {
        self.audio = audio
    }

    /// Whether CallKit is to be used, by the region of the person's App Store account or, where that is not
    /// known, of the device.
    public static func isCallKitAllowed(region: String?) -> Bool {
        !["CN", "CHN"].contains(region?.uppercased() ?? "")
    }

    /// The app's screen shows it.
    public func reportIncoming(_: UUID, _: SystemCallInfo) {}

    /// Carries it out at once.
    public func request(_ action: SystemAction) {
        guard let bridge else { return }
        guard bridge.perform(action) else { return bridge.requestRefused(action) }
        switch action {
        case .start(let id, _, _), .answer(let id):
            open.insert(id)
            activate()
        case .end(let id): close(id)
        case .hold(_, false): activate()
        case .mute, .hold: break
        }
    }

    /// The last call that ends gives the sound back.
    public func report(_ id: UUID, _ news: SystemCallNews) {
        if case .ended = news { close(id) }
    }

    private func activate() {
        if audio.activate() { bridge?.audioChanged(isActive: true) }
    }

    private func close(_ id: UUID) {
        guard open.remove(id) != nil, open.isEmpty else { return }
        bridge?.audioChanged(isActive: false)
        audio.deactivate()
    }
}
