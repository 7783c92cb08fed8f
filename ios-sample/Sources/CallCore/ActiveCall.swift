import Duet
import Foundation

/// The one call of the app, from the first word of it to its end.
@MainActor
final class ActiveCall {
    /// Where it came from.
    enum Origin {
        case ring(String)
        case room(String)
        case incoming
    }

    let id: UUID
    let origin: Origin
    /// What the screen shows.
    var view = CallView()
    /// The engine's call; not there yet when a push message announced it and the session is just being
    /// opened.
    private(set) var call: Call?
    /// The person answered; the call is accepted as soon as it is here and sound may be opened.
    var isAnswered: Bool
    private(set) var isAccepted = false
    /// Whether this end sends pictures, or would.
    var hasVideo: Bool
    var meter = QualityMeter()
    private var reader: Task<Void, Never>?

    init(id: UUID, origin: Origin, peer: String, hasVideo: Bool) {
        self.id = id
        self.origin = origin
        self.hasVideo = hasVideo
        isAnswered = if case .incoming = origin { false } else { true }
        view.peer = peer
        view.phase = if case .incoming = origin { .incoming } else { .calling }
        view.isCameraOn = hasVideo
    }

    /// Takes the engine's call and hands on what it tells.
    func attach(_ call: Call, onEvent: @escaping @MainActor (CallEvent) -> Void) {
        self.call = call
        call.localAudio.setEnabled(!view.isMuted)
        let events = call.events
        reader = Task {
            for await event in events { onEvent(event) }
        }
    }

    /// Accepts an incoming call once all is there: the person's answer, the engine's call, the sound.
    func acceptIfReady(isAudioActive: Bool) throws {
        guard isAnswered, isAudioActive, !isAccepted, let call, case .incoming = origin else { return }
        isAccepted = true
        try call.accept(options: CallOptions(audio: true, video: hasVideo))
        if view.phase == .incoming { view.phase = .connecting }
    }

    /// Whether media may be opened: nobody's microphone is open before both agree.
    var isTalking: Bool {
        switch view.phase {
        case .connected, .reconnecting: true
        case .calling, .ringing, .incoming, .waiting, .connecting: false
        }
    }

    func forget() {
        reader?.cancel()
        reader = nil
        call = nil
    }
}
