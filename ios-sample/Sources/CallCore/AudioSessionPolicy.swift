import Duet

/// What the audio session of the app is to do.
public enum AudioAction: Hashable, Sendable {
    /// Category `playAndRecord` with Bluetooth, in mode `voiceChat` or, for a call with pictures,
    /// `videoChat`. Does not activate.
    case configure(video: Bool)
    /// Activate: only where nobody else does. With CallKit the system activates.
    case activate
    /// Override the route to the loudspeaker, or take that back.
    case overrideSpeaker(Bool)
    /// Open microphone and speaker, or anew: the hardware may be another.
    case startVoice
    /// Close both.
    case stopVoice
    /// Darken the screen at the ear, or stop that.
    case proximity(Bool)
    /// Tell the engine.
    case tell(DeviceNews)
}

/// Where sound comes out.
public enum AudioOutput: Hashable, Sendable, CaseIterable {
    /// At the ear.
    case receiver
    /// The loudspeaker.
    case speaker
    /// Headphones on a wire or USB.
    case headphones
    /// A Bluetooth headset or hearing aid.
    case bluetooth
    /// A car.
    case car

    /// Whether a person put it on: it goes before what the app would choose.
    var isPersonal: Bool { self != .receiver && self != .speaker }
}

/// What happens to the app's sound.
public enum AudioHappening: Hashable, Sendable {
    /// A call is about to be placed or answered.
    case callBegins(video: Bool)
    /// Pictures came to the call, or left it.
    case videoChanged(Bool)
    /// The session is active: CallKit's `didActivate`, or our own activation.
    case activated
    /// CallKit's `didDeactivate`.
    case deactivated
    /// The call is over.
    case callEnded
    /// Another app or a telephone call took the sound.
    case interruptionBegan
    /// It is over. The system's advice whether to resume is for music: a call always does.
    case interruptionEnded
    /// The app is in front. The end of an interruption is not always told; then this is.
    case becameActive
    /// Another output, or other ones to choose from.
    case routeChanged(AudioOutput)
    /// The person pressed the loudspeaker's button.
    case speakerPressed
    /// The system's audio server started anew: all that was set is lost.
    case mediaServicesReset
}

/// Everything that is decided about the audio session: a list of happenings always has the same
/// consequences.
public struct AudioSessionPolicy: Hashable, Sendable {
    /// Whether sound may be opened now. Media must not be started, nor a call accepted, before.
    public private(set) var isActive = false
    /// Where sound comes out, as last heard.
    public private(set) var output = AudioOutput.receiver
    private var call: Call?
    private var isInterrupted = false

    private struct Call: Hashable {
        var hasVideo: Bool
        var wantsSpeaker: Bool
    }

    /// No call.
    public init() {}

    /// What is to be done, in this order.
    public mutating func handle(_ happening: AudioHappening) -> [AudioAction] {
        switch happening {
        case .callBegins(let video):
            // A call with pictures is held at arm's length.
            call = Call(hasVideo: video, wantsSpeaker: video && !output.isPersonal)
            return [.configure(video: video)]
        case .videoChanged(let video):
            guard let call, call.hasVideo != video else { return [] }
            self.call?.hasVideo = video
            if video && !output.isPersonal { self.call?.wantsSpeaker = true }
            return [.configure(video: video)] + speaker()
        case .activated:
            isActive = true
            guard call != nil else { return [] }
            let regained = isInterrupted ? [AudioAction.tell(.audioFocusRegained)] : []
            isInterrupted = false
            // Activation forgets what the route was overridden with.
            return speaker() + [.startVoice] + regained
        case .deactivated:
            isActive = false
            return [.stopVoice]
        case .callEnded:
            guard call != nil else { return [] }
            call = nil
            isInterrupted = false
            return [.stopVoice, .overrideSpeaker(false), .proximity(false)]
        case .interruptionBegan:
            guard call != nil, !isInterrupted else { return [] }
            isInterrupted = true
            isActive = false
            return [.stopVoice, .tell(.audioFocusLost)]
        case .interruptionEnded, .becameActive:
            guard call != nil, isInterrupted else { return [] }
            // Activating succeeds when the other one has let go, and is told as `activated`.
            return [.activate]
        case .routeChanged(let output):
            return changeRoute(to: output)
        case .speakerPressed:
            guard let call else { return [] }
            self.call?.wantsSpeaker = !call.wantsSpeaker
            return speaker()
        case .mediaServicesReset:
            guard let call else { return [] }
            isActive = false
            return [.stopVoice, .configure(video: call.hasVideo), .activate]
        }
    }

    /// Whether the loudspeaker is on or asked for.
    public var isSpeakerOn: Bool { call?.wantsSpeaker ?? false }

    private mutating func changeRoute(to output: AudioOutput) -> [AudioAction] {
        let before = self.output
        self.output = output
        guard let call else { return [] }
        if output.isPersonal && call.wantsSpeaker {
            // Whoever puts on headphones wants to hear in them.
            self.call?.wantsSpeaker = false
            return speaker()
        }
        if before.isPersonal && !output.isPersonal && call.hasVideo {
            // They were taken off in a call with pictures: nobody holds that to the ear.
            self.call?.wantsSpeaker = true
            return speaker()
        }
        return [proximity]
    }

    private func speaker() -> [AudioAction] {
        [.overrideSpeaker(isSpeakerOn), proximity]
    }

    /// At the ear only: not with the loudspeaker, pictures or a headset.
    private var proximity: AudioAction {
        let isAtEar = call.map { !$0.hasVideo && !$0.wantsSpeaker && !output.isPersonal } ?? false
        return .proximity(isAtEar)
    }
}
