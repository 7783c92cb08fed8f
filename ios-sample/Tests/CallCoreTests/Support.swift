import Dispatch
import Duet
import DuetMedia
import Foundation
import XCTest

@testable import CallCore

/// Nothing happened within half a minute.
struct Late: Error {
    let what: String
}

/// Waits for `condition`, which the main thread makes true, but not for ever.
@MainActor
func until(
    _ what: String, _ condition: @MainActor () -> Bool, file: StaticString = #filePath, line: UInt = #line
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !condition() {
        guard ContinuousClock.now < deadline else {
            XCTFail("\(what) did not happen", file: file, line: line)
            throw Late(what: what)
        }
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// CallKit as the tests see it: it notes what it is told and carries nothing out by itself.
@MainActor
final class ScriptedSystem: SystemCalls {
    enum Note: Equatable {
        case incoming(UUID, SystemCallInfo)
        case request(SystemAction)
        case report(UUID, SystemCallNews)
    }

    var notes: [Note] = []
    /// Carries requests out at once, as CallKit does when nothing is in the way.
    weak var obedient: CallKitBridge?

    func reportIncoming(_ id: UUID, _ info: SystemCallInfo) { notes.append(.incoming(id, info)) }

    func request(_ action: SystemAction) {
        notes.append(.request(action))
        if let obedient, !obedient.perform(action) { obedient.requestRefused(action) }
    }

    func report(_ id: UUID, _ news: SystemCallNews) { notes.append(.report(id, news)) }
}

/// Microphone, speaker, camera, screen and audio session: notes what is asked of them, and keeps the tracks.
@MainActor
final class Devices: AudioSessionPort, VoicePort, ScreenPort {
    enum Note: Equatable {
        case configure(video: Bool)
        case activate
        case deactivate
        case speaker(Bool)
        case proximity(Bool)
        case voice(Bool)
        case camera(CameraPolicy.Decision)
        case screen(Bool)
    }

    var notes: [Note] = []
    var refusesActivation = false
    private(set) var microphone: LocalAudio?
    private(set) var speaker: RemoteAudio?
    private(set) var camera: LocalVideo?
    private(set) var screen: LocalVideo?

    func configure(video: Bool) { notes.append(.configure(video: video)) }

    func activate() -> Bool {
        notes.append(.activate)
        return !refusesActivation
    }

    func deactivate() { notes.append(.deactivate) }
    func overrideSpeaker(_ on: Bool) { notes.append(.speaker(on)) }
    func setProximity(_ on: Bool) { notes.append(.proximity(on)) }

    func start(_ microphone: LocalAudio, _ speaker: RemoteAudio) {
        notes.append(.voice(true))
        (self.microphone, self.speaker) = (microphone, speaker)
    }

    func stop() {
        notes.append(.voice(false))
        (microphone, speaker) = (nil, nil)
    }

    func start(_ position: CameraPosition, _ wish: CameraWish, into video: LocalVideo) {
        notes.append(.camera(.on(position, wish)))
        camera = video
    }

    func stopCamera() {
        notes.append(.camera(.off))
        camera = nil
    }

    func share(into video: LocalVideo?) {
        notes.append(.screen(video != nil))
        screen = video
    }
}

/// The camera of ``Devices``: both it and the voice have a `stop`.
@MainActor
final class DeviceCamera: CameraPort {
    let devices: Devices

    init(_ devices: Devices) { self.devices = devices }

    func start(_ position: CameraPosition, _ wish: CameraWish, into video: LocalVideo) {
        devices.start(position, wish, into: video)
    }

    func stop() { devices.stopCamera() }
}

/// A person who was asked, or will be.
@MainActor
final class Person: PermissionPort {
    var decided: [Permission: PermissionStatus] = [.microphone: .granted, .camera: .granted]
    var answers: [Permission: Bool] = [:]
    var asked: [Permission] = []

    func status(of permission: Permission) -> PermissionStatus { decided[permission] ?? .undecided }

    func ask(for permission: Permission) async -> Bool {
        asked.append(permission)
        let answer = answers[permission] ?? false
        decided[permission] = answer ? .granted : .denied
        return answer
    }
}

/// What is kept between two starts.
@MainActor
final class Memory: AccountStore {
    var account: Account?
    var contacts: [String] = []
}

/// A phone with its controller. Its service is either a real server or another phone's, by messages that the
/// test carries.
@MainActor
final class Phone {
    let system = ScriptedSystem()
    let devices = Devices()
    let person = Person()
    let memory = Memory()
    var time = 1_000_000.0
    var tokens: [String?] = []
    /// How often a session was opened.
    var sessions = 0
    private(set) var controller: CallController

    /// - Parameters:
    ///   - engine: Whose calls these are.
    ///   - inApp: Without CallKit, as the tests of whole calls want it.
    ///   - isSeen: The person opened it; otherwise the system started it for a push message.
    ///   - open: Opens sessions; `nil`: at the account's server.
    init(
        engine: Engine, inApp: Bool = false, isSeen: Bool = true, account: Account? = nil,
        open: ((Account, Engine) throws -> Session)? = nil
    ) {
        memory.account = account
        let inAppCalls = inApp ? InAppCalls(audio: devices) : nil
        var ports = CallPorts(
            system: inAppCalls ?? system, audio: devices, voice: devices, camera: DeviceCamera(devices),
            screen: devices, permissions: person, accounts: memory)
        let box = Box()
        let real = ports.openSession
        ports.openSession = { account, engine in
            box.phone?.sessions += 1
            return try (open ?? real)(account, engine)
        }
        ports.now = { box.phone?.time ?? 0 }
        ports.onPushToken = { box.phone?.tokens.append($0) }
        controller = CallController(engine: engine, ports: ports)
        inAppCalls?.bridge = controller.bridge
        system.obedient = controller.bridge
        keep = inAppCalls
        box.phone = self
        if isSeen { controller.sceneChanged(isForeground: true) }
    }

    private let keep: InAppCalls?
    private final class Box { weak var phone: Phone? }

    var call: CallView? { controller.screen.call }

    /// CallKit's `didActivate`.
    func activateAudio() { controller.bridge.audioChanged(isActive: true) }

    /// The system's name of the call that rings here.
    var ringing: UUID? {
        for case .incoming(let id, _) in system.notes.reversed() { return id }
        return nil
    }
}

/// Two phones whose messages the test carries: alice and bob.
@MainActor
struct Phones {
    let engine: Engine
    let alice: Phone
    let bob: Phone

    init(inApp: Bool = false) throws {
        let engine = try Engine()
        let (toAlice, toBob) = (Wire(), Wire())
        func phone(_ name: String, own: Wire, other: Wire) throws -> Phone {
            let account = try Account(server: "https://unused.example", name: name)
            return Phone(engine: engine, inApp: inApp, account: account) { account, engine in
                let options = SessionOptions(user: account.name)
                let session = try Session.custom(options: options, engine: engine) { other.carry($0) }
                own.connect(session)
                return session
            }
        }
        self.engine = engine
        alice = try phone("alice", own: toAlice, other: toBob)
        bob = try phone("bob", own: toBob, other: toAlice)
    }

    /// A call that both are in, by CallKit.
    func connect(video: Bool = true) async throws {
        await alice.controller.ring("bob", video: video)
        alice.activateAudio()
        try await until("ringing") { bob.ringing != nil && bob.call != nil }
        let id = try XCTUnwrap(bob.ringing)
        XCTAssertTrue(bob.controller.bridge.perform(.answer(id)))
        bob.activateAudio()
        for phone in [alice, bob] {
            try await until("a connection") { phone.call?.phase == .connected }
        }
    }
}

/// Carries messages to a session, without keeping it.
final class Wire: @unchecked Sendable {
    private let lock = NSLock()
    private weak var session: Session?

    func connect(_ session: Session) {
        lock.withLock { self.session = session }
    }

    func carry(_ message: String) {
        // The last messages of a call may come when the other session is gone.
        try? lock.withLock { session }?.deliver(message)
    }
}
