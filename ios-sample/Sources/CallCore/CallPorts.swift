import Duet
import DuetMedia
import Foundation

/// The app's audio session.
@MainActor
public protocol AudioSessionPort: AnyObject {
    /// Sets category and mode; does not activate.
    func configure(video: Bool)
    /// - Returns: Whether the sound is ours.
    func activate() -> Bool
    /// Gives it back, and tells other apps.
    func deactivate()
    /// Overrides the route to the loudspeaker, or takes that back.
    func overrideSpeaker(_ on: Bool)
    /// Darkens the screen at the ear, or stops that.
    func setProximity(_ on: Bool)
}

/// Microphone and speaker.
@MainActor
public protocol VoicePort: AnyObject {
    /// Opens both for a call; anew when they are open.
    func start(_ microphone: LocalAudio, _ speaker: RemoteAudio)
    /// Closes both.
    func stop()
}

/// The camera.
@MainActor
public protocol CameraPort: AnyObject {
    /// Turns it on, or changes it.
    func start(_ position: CameraPosition, _ wish: CameraWish, into video: LocalVideo)
    /// Turns it off, with its light.
    func stop()
}

/// The device's screen, shared by a broadcast extension.
@MainActor
public protocol ScreenPort: AnyObject {
    /// Takes the extension's pictures for a call from now on, or (`nil`) no more and ends the broadcast.
    func share(into video: LocalVideo?)
}

/// Everything outside that a ``CallController`` uses.
@MainActor
public struct CallPorts {
    /// Opens a session at the account's service.
    public var openSession: (Account, Engine) throws -> Session
    /// CallKit, or what stands in its place.
    public var system: any SystemCalls
    /// The audio session.
    public var audio: any AudioSessionPort
    /// Microphone and speaker.
    public var voice: any VoicePort
    /// The camera.
    public var camera: any CameraPort
    /// The shared screen.
    public var screen: any ScreenPort
    /// What the person allows.
    public var permissions: any PermissionPort
    /// What is kept between two starts.
    public var accounts: any AccountStore
    /// Unix time in seconds.
    public var now: @MainActor () -> TimeInterval
    /// The app's address at the push service is another one: tell the app's server.
    public var onPushToken: @MainActor (String?) -> Void

    /// Ports over the real engine and clock.
    public init(
        system: any SystemCalls, audio: any AudioSessionPort, voice: any VoicePort,
        camera: any CameraPort, screen: any ScreenPort, permissions: any PermissionPort,
        accounts: any AccountStore
    ) {
        openSession = { account, engine in
            try Session(url: account.server, options: SessionOptions(user: account.name), engine: engine)
        }
        self.system = system
        self.audio = audio
        self.voice = voice
        self.camera = camera
        self.screen = screen
        self.permissions = permissions
        self.accounts = accounts
        now = { Date().timeIntervalSince1970 }
        onPushToken = { _ in }
    }
}
