import CallCore
import Duet
import DuetMedia
import OSLog

/// Microphone and speaker of the call, by the helper module.
@MainActor
final class VoiceAdapter: VoicePort {
    private var unit: VoiceUnit?

    func start(_ microphone: LocalAudio, _ speaker: RemoteAudio) {
        unit?.stop()
        let log = Logger(subsystem: "dev.duet.sample", category: "voice")
        let unit = VoiceUnit(microphone: MicrophoneSource(microphone), speaker: SpeakerSink(speaker)) {
            error in
            log.error("voice: \(error.localizedDescription)")
        }
        unit.start()
        self.unit = unit
    }

    func stop() {
        unit?.stop()
        // The call lives as long as its tracks do.
        unit = nil
    }
}
