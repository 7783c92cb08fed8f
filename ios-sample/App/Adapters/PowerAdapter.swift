import CallCore
import Foundation

/// The device's warmth and its saving of power.
@MainActor
final class PowerAdapter {
    var onChange: ((ThermalState, Bool) -> Void)? {
        didSet { tell() }
    }

    init() {
        for name in [ProcessInfo.thermalStateDidChangeNotification, .NSProcessInfoPowerStateDidChange] {
            _ = NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) {
                [weak self] _ in
                MainActor.assumeIsolated { self?.tell() }
            }
        }
    }

    private func tell() {
        let process = ProcessInfo.processInfo
        let thermal: ThermalState =
            switch process.thermalState {
            case .nominal: .nominal
            case .fair: .fair
            case .serious: .serious
            case .critical: .critical
            @unknown default: .nominal
            }
        onChange?(thermal, process.isLowPowerModeEnabled)
    }
}
