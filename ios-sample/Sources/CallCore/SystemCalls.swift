import Duet
import Foundation

/// What a person does with a call in the system's call screens, or the app asks the system to do: the actions
/// of CallKit. One list for both, as in CallKit itself, so that the car's button and the app's are the same.
public enum SystemAction: Hashable, Sendable {
    /// Place a call to somebody.
    case start(UUID, to: String, video: Bool)
    /// Answer.
    case answer(UUID)
    /// Hang up, or decline.
    case end(UUID)
    /// Close or open the microphone.
    case mute(UUID, Bool)
    /// Pause or go on: a telephone call was answered meanwhile, for instance.
    case hold(UUID, Bool)

    /// The call it is about.
    public var id: UUID {
        switch self {
        case .start(let id, _, _), .answer(let id), .end(let id), .mute(let id, _), .hold(let id, _): id
        }
    }
}

/// What the system shows of a call.
public struct SystemCallInfo: Hashable, Sendable {
    /// The other one's name.
    public var name: String
    /// Whether there are pictures.
    public var hasVideo: Bool

    /// What to show.
    public init(name: String, hasVideo: Bool) {
        self.name = name
        self.hasVideo = hasVideo
    }
}

/// Why the system does not let a call ring.
public enum SystemRefusal: Hashable, Sendable {
    /// It rings already, or is on.
    case alreadyKnown
    /// Do not disturb, a blocked caller, or a call that may not be interrupted: the caller is told that it was
    /// declined.
    case filtered
}

/// What the system is told of a call.
public enum SystemCallNews: Hashable, Sendable {
    /// Our call is on its way.
    case connecting
    /// Our call was answered and media flows.
    case connected
    /// It is called otherwise, or has pictures now.
    case updated(SystemCallInfo)
    /// It is over, and not because of an action here.
    case ended(SystemEnd)
}

/// Why a call is over, as CallKit has it.
public enum SystemEnd: Hashable, Sendable, CaseIterable {
    /// Something went wrong.
    case failed
    /// The other one ended it.
    case remoteEnded
    /// Nobody answered.
    case unanswered
    /// Another device of this person did.
    case answeredElsewhere
    /// Another device of this person declined.
    case declinedElsewhere

    /// What the engine's reason is for the system.
    public init(_ reason: EndReason) {
        self =
            switch reason {
            case .hangUp, .declined, .busy, .cancelled, .peerLeft, .peerGone, .recalled, .glareLost,
                .replaced:
                .remoteEnded
            case .ringTimeout, .notFound, .unreachable: .unanswered
            case .acceptedElsewhere: .answeredElsewhere
            case .declinedElsewhere: .declinedElsewhere
            case .roomFull, .unauthorized, .rateLimited, .refused, .signalingLost, .connectTimeout,
                .iceFailed, .dtlsFailed, .noCommonCodec, .remoteFailed, .internalError:
                .failed
            }
    }
}

/// The system's side of calls: CallKit's provider and call controller, or ``InAppCalls`` where CallKit may
/// not be used.
@MainActor
public protocol SystemCalls: AnyObject {
    /// Rings here. Must reach the system before it returns; a refusal goes to
    /// ``CallKitBridge/incomingRefused(_:_:)``.
    func reportIncoming(_ id: UUID, _ info: SystemCallInfo)
    /// Asks for an action. The system carries it out by ``CallKitBridge/perform(_:)``, or it does not and
    /// tells ``CallKitBridge/requestRefused(_:)``.
    func request(_ action: SystemAction)
    /// Tells what became of a call.
    func report(_ id: UUID, _ news: SystemCallNews)
}

/// What the bridge needs of the app: carries out what the system's screens ask for. Each says whether it
/// could.
@MainActor
public protocol SystemCallsClient: AnyObject {
    /// Place a call.
    func systemStarts(_ id: UUID, to peer: String, video: Bool) -> Bool
    /// Answer; media waits for ``systemAudio(_:)``.
    func systemAnswers(_ id: UUID) -> Bool
    /// Hang up or decline.
    func systemEnds(_ id: UUID)
    /// Close or open the microphone.
    func systemMutes(_ id: UUID, _ isMuted: Bool) -> Bool
    /// Pause or go on.
    func systemHolds(_ id: UUID, _ isHeld: Bool) -> Bool
    /// The system activated the audio session, or took it back.
    func systemAudio(_ isActive: Bool)
}
