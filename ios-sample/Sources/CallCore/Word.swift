import Duet

/// Every text of the app, by its key in `Localizable.strings`. A test compares the list with each language.
public enum Word: String, Hashable, Sendable, CaseIterable {
    /// "Sign in"
    case signInTitle = "signIn.title"
    /// "Server"
    case signInServer = "signIn.server"
    /// "calls.example.org"
    case signInServerHint = "signIn.server.hint"
    /// "Your name"
    case signInName = "signIn.name"
    /// "Sign in"
    case signInButton = "signIn.button"
    /// "Sign out"
    case signOut = "signOut"
    /// "Calls"
    case contactsTitle = "contacts.title"
    /// "Whom to call"
    case contactsWhom = "contacts.whom"
    /// "Or a room of two"
    case contactsRoom = "contacts.room"
    /// "Recent"
    case contactsRecent = "contacts.recent"
    /// "Voice call"
    case callAudio = "call.audio"
    /// "Video call"
    case callVideo = "call.video"
    /// "Enter the room"
    case callJoin = "call.join"
    /// "Answer"
    case callAnswer = "call.answer"
    /// "Decline"
    case callDecline = "call.decline"
    /// "Hang up"
    case callHangUp = "call.hangUp"
    /// "Mute"
    case callMute = "call.mute"
    /// "Unmute"
    case callUnmute = "call.unmute"
    /// "Turn the camera on"
    case callCameraOn = "call.camera.on"
    /// "Turn the camera off"
    case callCameraOff = "call.camera.off"
    /// "Other camera"
    case callFlip = "call.flip"
    /// "Speaker on"
    case callSpeakerOn = "call.speaker.on"
    /// "Speaker off"
    case callSpeakerOff = "call.speaker.off"
    /// "Share the screen"
    case callShare = "call.share"
    /// "Stop sharing"
    case callShareStop = "call.share.stop"
    /// "Statistics"
    case callStatistics = "call.statistics"
    /// "The other person's picture"
    case callRemotePicture = "call.picture.remote"
    /// "Your own picture"
    case callOwnPicture = "call.picture.own"
    /// "would like to see each other"
    case callAsksVideo = "call.asksVideo"
    /// "Turn on video"
    case callAllow = "call.allow"
    /// "Not now"
    case callNotNow = "call.notNow"
    /// "Microphone off there"
    case callRemoteMuted = "call.remoteMuted"
    /// "On hold"
    case callHeld = "call.held"
    /// "The other person is on another call"
    case callHeldThere = "call.heldThere"
    /// "Asking for video…"
    case callAskingVideo = "call.askingVideo"
    /// "Calling…"
    case phaseCalling = "phase.calling"
    /// "Ringing…"
    case phaseRinging = "phase.ringing"
    /// "Incoming call"
    case phaseIncoming = "phase.incoming"
    /// "Waiting for the other person…"
    case phaseWaiting = "phase.waiting"
    /// "Connecting…"
    case phaseConnecting = "phase.connecting"
    /// "Connected"
    case phaseConnected = "phase.connected"
    /// "Reconnecting…"
    case phaseReconnecting = "phase.reconnecting"
    /// "Good connection"
    case qualityGood = "quality.good"
    /// "Fair connection"
    case qualityFair = "quality.fair"
    /// "Poor connection"
    case qualityPoor = "quality.poor"
    /// "Connecting to the server…"
    case serviceConnecting = "service.connecting"
    /// "Ready"
    case serviceConnected = "service.connected"
    /// "Not connected"
    case serviceClosed = "service.closed"
    /// "No network"
    case offline = "offline"
    /// "OK"
    case noticeClose = "notice.close"
    /// "Open Settings"
    case noticeSettings = "notice.settings"
    /// "This is no server's address. Try calls.example.org."
    case noticeServer = "notice.server"
    /// "A name has 1 to 128 characters."
    case noticeName = "notice.name"
    /// "Calls need the microphone. Allow it in Settings."
    case noticeMicrophone = "notice.microphone"
    /// "Calls need the microphone, which is restricted on this device."
    case noticeMicrophoneRestricted = "notice.microphone.restricted"
    /// "You are not seen: allow the camera in Settings."
    case noticeCamera = "notice.camera"
    /// "You are not seen: the camera is restricted on this device."
    case noticeCameraRestricted = "notice.camera.restricted"
    /// "The server did not accept you. Sign in again."
    case noticeUnauthorized = "notice.unauthorized"
    /// "Somebody with this name is signed in. Choose another one."
    case noticeNameTaken = "notice.nameTaken"
    /// "The server cannot be reached."
    case noticeService = "notice.service"
    /// "The call was declined."
    case endDeclined = "end.declined"
    /// "They are on another call."
    case endBusy = "end.busy"
    /// "Nobody answered."
    case endUnanswered = "end.unanswered"
    /// "They cannot be reached now."
    case endNotThere = "end.notThere"
    /// "Answered or declined on another device."
    case endElsewhere = "end.elsewhere"
    /// "There are two people in the room already."
    case endRoomFull = "end.roomFull"
    /// "The other person has gone."
    case endGone = "end.gone"
    /// "The call could not go on. Check your network and try again."
    case endFailed = "end.failed"
    /// "Round trip"
    case statisticsRoundTrip = "statistics.roundTrip"
    /// "Sent"
    case statisticsSend = "statistics.send"
    /// "Received"
    case statisticsReceived = "statistics.received"
    /// "Packets lost"
    case statisticsLost = "statistics.lost"
    /// "Jitter buffer"
    case statisticsJitter = "statistics.jitter"
    /// "Path"
    case statisticsPath = "statistics.path"
    /// "Encoder"
    case statisticsEncoder = "statistics.encoder"
}

extension CallView {
    /// What the screen says of the call, the most important first.
    public var word: Word {
        if isHeld { return .callHeld }
        if isHeldThere { return .callHeldThere }
        if isAskingVideo { return .callAskingVideo }
        switch phase {
        case .calling: return .phaseCalling
        case .ringing: return .phaseRinging
        case .incoming: return .phaseIncoming
        case .waiting: return .phaseWaiting
        case .connecting: return .phaseConnecting
        case .connected: return .phaseConnected
        case .reconnecting: return .phaseReconnecting
        }
    }

    /// How long the call has been on, `3:07`; nothing before it connects.
    public func clock(now: Double) -> String? {
        guard let connectedAt else { return nil }
        let seconds = Int(max(now - connectedAt, 0))
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0
            ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }
}

extension CallScreen {
    /// How the service is reached; without a network nothing else matters.
    public var serviceWord: Word {
        guard isOnline else { return .offline }
        switch service {
        case .connected: return .serviceConnected
        case .connecting, .reconnecting: return .serviceConnecting
        case .closed: return .serviceClosed
        }
    }
}

extension Quality {
    /// What the screen says of it.
    public var word: Word {
        switch self {
        case .good: .qualityGood
        case .fair: .qualityFair
        case .poor: .qualityPoor
        }
    }
}

extension Notice {
    /// What the person is told.
    public var word: Word {
        switch self {
        case .account(.server): .noticeServer
        case .account(.name): .noticeName
        case .permission(let explanation):
            switch (explanation.permission, explanation.canChange) {
            case (.microphone, true): .noticeMicrophone
            case (.microphone, false): .noticeMicrophoneRestricted
            case (.camera, true): .noticeCamera
            case (.camera, false): .noticeCameraRestricted
            }
        case .service(.unauthorized): .noticeUnauthorized
        case .service(.nameTaken): .noticeNameTaken
        case .service: .noticeService
        case .ended(let reason): Self.word(of: reason)
        }
    }

    /// Whether the system's settings can change it: a button leads there.
    public var leadsToSettings: Bool {
        if case .permission(let explanation) = self { explanation.canChange } else { false }
    }

    private static func word(of reason: EndReason) -> Word {
        switch reason {
        case .declined: .endDeclined
        case .busy: .endBusy
        case .ringTimeout: .endUnanswered
        case .notFound, .unreachable: .endNotThere
        case .acceptedElsewhere, .declinedElsewhere, .replaced: .endElsewhere
        case .roomFull: .endRoomFull
        case .hangUp, .cancelled, .glareLost, .recalled, .peerLeft, .peerGone: .endGone
        case .unauthorized, .rateLimited, .refused, .signalingLost, .connectTimeout, .iceFailed,
            .dtlsFailed, .noCommonCodec, .remoteFailed, .internalError:
            .endFailed
        }
    }
}
