import Duet
import DuetMedia

/// All that the app's screens show. A screen that draws it needs to decide nothing.
public struct CallScreen: Hashable, Sendable {
    /// Which screen is seen.
    public enum Page: Hashable, Sendable {
        /// Server and name.
        case signIn
        /// Whom to call.
        case contacts
        /// Somebody calls, and the system does not show it.
        case incoming
        /// In a call, or on its way there.
        case call
    }

    /// Which screen is seen.
    public var page = Page.signIn
    /// Who is signed in.
    public var account: Account?
    /// How the service is reached.
    public var service = SessionState.closed
    /// Whether there is a network at all.
    public var isOnline = true
    /// Whom this person called last, newest first.
    public var contacts: [String] = []
    /// The call.
    public var call: CallView?
    /// The app is in front: its views may draw.
    public var isSeen = false
    /// Something to tell the person, until it is put away.
    public var notice: Notice?

    /// Nobody is signed in.
    public init() {}
}

/// Something that a person is told.
public enum Notice: Hashable, Sendable {
    /// What was typed to sign in is not right.
    case account(Account.Problem)
    /// Microphone or camera may not be used.
    case permission(PermissionFlow.Explanation)
    /// The service refused, or is gone for good.
    case service(DuetError.Kind)
    /// How the call ended, where that is worth a word.
    case ended(EndReason)
}

/// What the screen of a call shows.
public struct CallView: Hashable, Sendable {
    /// How far it is.
    public enum Phase: Hashable, Sendable {
        /// We call.
        case calling
        /// It rings there.
        case ringing
        /// It rings here.
        case incoming
        /// Alone in a room.
        case waiting
        /// Answered, media is not there yet.
        case connecting
        /// In the call.
        case connected
        /// Media was lost and is being recovered.
        case reconnecting
    }

    /// Where pictures are shown.
    public enum Place: Hashable, Sendable {
        /// In the app's own view.
        case app
        /// In the picture-in-picture window.
        case window
    }

    /// The other one, or the room.
    public var peer = ""
    /// How far it is.
    public var phase = Phase.calling
    /// When it connected, Unix time in seconds.
    public var connectedAt: Double?
    /// Our microphone is closed.
    public var isMuted = false
    /// Our camera is on, as the person wants it.
    public var isCameraOn = false
    /// Our camera's pictures leave: it is on and nothing keeps it off.
    public var isSelfViewShown = false
    /// Our own picture is shown as in a mirror.
    public var isMirrored = true
    /// The loudspeaker is on.
    public var isSpeakerOn = false
    /// Our screen is shared.
    public var isSharing = false
    /// We paused it, or the system did.
    public var isHeld = false
    /// The other one paused it.
    public var isHeldThere = false
    /// The other end's pictures are to be seen.
    public var isRemoteVideoShown = false
    /// Which view gets the other end's pictures: one at a time.
    public var remotePlace = Place.app
    /// The other end's pictures are a screen: show all of it.
    public var remoteFit = VideoFit.fill
    /// The other end's microphone is closed.
    public var isRemoteMuted = false
    /// The other end asks for pictures.
    public var asksVideo = false
    /// We asked for pictures, and wait for the answer.
    public var isAskingVideo = false
    /// How good it is.
    public var quality: Quality?
    /// A picture-in-picture window may open when the app is left.
    public var allowsPictureInPicture: Bool { isRemoteVideoShown && phase == .connected && !isHeld }

    /// A call that begins.
    public init() {}
}
