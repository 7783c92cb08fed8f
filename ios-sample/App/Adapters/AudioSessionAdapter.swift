import AVFAudio
import CallCore
import OSLog
import UIKit

/// The app's `AVAudioSession`: does what it is told, and tells what happens to it.
@MainActor
final class AudioSessionAdapter: AudioSessionPort {
    var onHappening: ((AudioHappening) -> Void)?
    private let session = AVAudioSession.sharedInstance()
    private let log = Logger(subsystem: "dev.duet.sample", category: "audio")

    init() {
        observe(AVAudioSession.interruptionNotification) { note in
            let type = note.userInfo?[AVAudioSessionInterruptionTypeKey] as? UInt
            return type == AVAudioSession.InterruptionType.began.rawValue
                ? .interruptionBegan : .interruptionEnded
        }
        observe(AVAudioSession.mediaServicesWereResetNotification) { _ in .mediaServicesReset }
        observe(AVAudioSession.routeChangeNotification) { _ in
            .routeChanged(output(AVAudioSession.sharedInstance().currentRoute))
        }
    }

    func configure(video: Bool) {
        attempt("configure") {
            try session.setCategory(
                .playAndRecord, mode: video ? .videoChat : .voiceChat,
                options: [.allowBluetooth, .allowBluetoothA2DP])
        }
    }

    func activate() -> Bool {
        attempt("activate") { try session.setActive(true) }
    }

    func deactivate() {
        attempt("deactivate") { try session.setActive(false, options: .notifyOthersOnDeactivation) }
    }

    func overrideSpeaker(_ on: Bool) {
        attempt("speaker") { try session.overrideOutputAudioPort(on ? .speaker : .none) }
    }

    func setProximity(_ on: Bool) {
        UIDevice.current.isProximityMonitoringEnabled = on
    }

    @discardableResult
    private func attempt(_ what: String, _ body: () throws -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            log.error("audio session: \(what): \(error.localizedDescription)")
            return false
        }
    }

    private func observe(
        _ name: Notification.Name, _ read: @escaping @Sendable (Notification) -> AudioHappening
    ) {
        _ = NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) {
            [weak self] note in
            let happening = read(note)
            MainActor.assumeIsolated { self?.onHappening?(happening) }
        }
    }
}

/// The system's word for where sound comes out, in ours.
private func output(_ route: AVAudioSessionRouteDescription) -> AudioOutput {
    switch route.outputs.first?.portType {
    case .builtInSpeaker: .speaker
    case .headphones, .usbAudio, .lineOut: .headphones
    case .bluetoothHFP, .bluetoothA2DP, .bluetoothLE: .bluetooth
    case .carAudio: .car
    default: .receiver
    }
}
