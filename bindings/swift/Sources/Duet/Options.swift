internal import CDuet

/// A video codec.
public enum VideoCodec: UInt32, Sendable, CaseIterable {
    /// H.264.
    case h264 = 1
    /// VP8.
    case vp8
}

/// What a call sends and receives, and how much of the network it may use.
public struct CallOptions: Hashable, Sendable {
    /// Sound.
    public var audio = true
    /// Pictures.
    public var video = true
    /// The pictures are a screen's: sharp text before smooth motion.
    public var screen = false
    /// Frames per second the host will push, 1 to 60; `nil`: 30.
    public var fps: Int?
    /// The only video codec to use; `nil`: all of this build, H.264 first.
    public var codec: VideoCodec?
    /// First guess of the network, in kbit/s; `nil`: 800.
    public var startKbps: Int?
    /// Upper bound for audio and video together, in kbit/s; `nil`: 2500.
    public var maxKbps: Int?

    /// The defaults: sound and pictures.
    public init() {}

    /// Sound and pictures, or one of them.
    public init(audio: Bool, video: Bool) {
        self.audio = audio
        self.video = video
    }

    func c() throws(DuetError) -> DuetCallOptions {
        var options = DuetCallOptions()
        options.size = MemoryLayout.size(ofValue: options)
        options.no_audio = !audio
        options.no_video = !video
        options.screen = screen
        options.fps = try optionalNumber(fps, "fps")
        options.codec = codec?.rawValue ?? 0
        options.start_kbps = try optionalNumber(startKbps, "startKbps")
        options.max_kbps = try optionalNumber(maxKbps, "maxKbps")
        return options
    }
}

/// A STUN or TURN server.
public struct IceServer: Hashable, Sendable {
    /// `stun:host:port` or `turn:host:port?transport=udp`.
    public var url: String
    /// TURN user name.
    public var username: String?
    /// TURN password.
    public var credential: String?

    /// A server; a TURN server needs both words.
    public init(url: String, username: String? = nil, credential: String? = nil) {
        self.url = url
        self.username = username
        self.credential = credential
    }
}

/// When ICE and DTLS run in a ringing call.
public enum ConnectPolicy: UInt32, Sendable, CaseIterable {
    /// While it rings, so that answering feels instant.
    case whileRinging = 0
    /// Only once accepted: a caller learns nothing about who does not answer.
    case afterAccept
}

/// Which signaling system a service is.
public enum Dialect: String, Sendable, CaseIterable {
    /// `duet serve`'s own.
    case duet
    /// A Socket.IO server that relays to everybody in a room.
    case socketIoRelay = "socketio-relay"
    /// A WebSocket server that sends everybody everything.
    case webSocketBroadcast = "ws-broadcast"
    /// A Socket.IO server with rooms of two.
    case socketIoRoom = "socketio-room"
    /// A Socket.IO server whose users invite each other.
    case socketIoInvite = "socketio-invite"
    /// A PeerServer.
    case peerJs = "peerjs"
}

/// Who a session is and how its calls behave.
public struct SessionOptions: Hashable, Sendable {
    /// Who we are, 1 to 128 characters.
    public var user: String
    /// Proof of identity as the service defines it.
    public var token: String?
    /// Which system the service is.
    public var dialect = Dialect.duet
    /// Dangerous: accepts any certificate of the service. For tests against self-signed ones.
    public var insecure = false
    /// STUN and TURN servers, added to those the service hands out.
    public var iceServers: [IceServer] = []
    /// Use TURN relays only: hides our addresses from the other side.
    public var relayOnly = false
    /// A second caller rings instead of being told that we are busy.
    public var callWaiting = false
    /// In a room whose other one leaves, wait for the next one instead of ending the call.
    public var roomStay = false
    /// When media is set up.
    public var connectPolicy = ConnectPolicy.whileRinging
    /// How long a call rings before it counts as not answered; `nil`: one minute.
    public var ringTimeout: Duration?
    /// How incoming calls are set up before anybody accepts them.
    public var incoming = CallOptions()

    /// The defaults for a user.
    public init(user: String) {
        self.user = user
    }

    /// Calls `body` with these options in the form of C.
    func withC(
        url: String?, _ body: (UnsafePointer<DuetSessionConfig>) throws(DuetError) -> Void
    ) throws(DuetError) {
        let texts = CTexts()
        defer { withExtendedLifetime(texts) {} }
        var servers: [DuetIceServer] = []
        for server in iceServers {
            let url = try texts.add(server.url, "an ICE server's url")
            let username = try texts.add(server.username, "an ICE server's username")
            let credential = try texts.add(server.credential, "an ICE server's credential")
            servers.append(DuetIceServer(url: url, username: username, credential: credential))
        }
        var config = DuetSessionConfig()
        config.size = MemoryLayout.size(ofValue: config)
        config.url = try texts.add(url, "url")
        config.user = try texts.add(user, "user")
        config.token = try texts.add(token, "token")
        config.dialect = try texts.add(dialect == .duet ? nil : dialect.rawValue, "dialect")
        config.insecure = insecure
        config.ice_server_count = servers.count
        config.relay_only = relayOnly
        config.call_waiting = callWaiting
        config.room_stay = roomStay
        config.connect_policy = connectPolicy.rawValue
        config.ring_timeout_ms = try ringTimeout?.milliseconds("ringTimeout") ?? 0
        var incoming = try incoming.c()
        var refused: DuetError?
        servers.withUnsafeBufferPointer { servers in
            withUnsafePointer(to: &incoming) { incoming in
                config.ice_servers = servers.baseAddress
                config.incoming = incoming
                do throws(DuetError) { try body(&config) } catch { refused = error }
            }
        }
        if let refused { throw refused }
    }
}
