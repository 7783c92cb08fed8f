import Duet
import DuetMedia
import Foundation

/// The app without its screens: takes what a person, the system and the engine say, decides, and tells its
/// ports what to do. All of it on the main thread, where CallKit, PushKit and SwiftUI are.
@MainActor
public final class CallController {
    /// What the screens show.
    public private(set) var screen = CallScreen() {
        didSet { if screen != oldValue { onChange?(screen) } }
    }
    /// Called whenever ``screen`` is another one.
    public var onChange: (@MainActor (CallScreen) -> Void)?
    /// Where CallKit's delegate puts its actions.
    public let bridge: CallKitBridge
    /// Where PushKit's delegate puts its messages.
    public private(set) lazy var push = PushRegistry(
        bridge: bridge, now: ports.now, onToken: ports.onPushToken
    ) { [weak self] pushed, id in self?.expect(pushed, id) ?? false }

    let ports: CallPorts
    let engine: Engine
    let permissions: PermissionFlow
    var audio = AudioSessionPolicy()
    var camera = CameraPolicy()
    var active: ActiveCall?
    private var network = NetworkMonitor()
    private var session: Session?
    private var reader: Task<Void, Never>?
    /// Nobody sees an app that the system started for a push message.
    private var isForeground = false
    private var isWindowOpen = false
    private var cameraState = CameraPolicy.Decision.off
    private var lastNews: DeviceNews?

    /// A controller of what is outside, signed in already if an account was kept. The service is joined when
    /// the app is seen, or a push message comes.
    public init(engine: Engine, ports: CallPorts) {
        self.engine = engine
        self.ports = ports
        permissions = PermissionFlow(port: ports.permissions)
        bridge = CallKitBridge(system: ports.system)
        bridge.client = self
        screen.contacts = ports.accounts.contacts
        if let account = ports.accounts.account {
            screen.account = account
            screen.page = .contacts
        }
        camera.isVisible = false
    }

    // MARK: Signing in

    /// Signs in, and remembers it. What is wrong with the words is told as a notice.
    public func signIn(server: String, name: String) {
        do throws(Account.Problem) {
            let account = try Account(server: server, name: name)
            closeSession()
            ports.accounts.account = account
            screen.account = account
            screen.notice = nil
            screen.page = .contacts
            openSession()
        } catch {
            screen.notice = .account(error)
        }
    }

    /// Ends the call, leaves the service and forgets the account.
    public func signOut() {
        hangUp()
        closeSession()
        ports.accounts.account = nil
        screen.account = nil
        screen.page = .signIn
    }

    /// The person has read it.
    public func dismissNotice() {
        screen.notice = nil
    }

    // MARK: What the device tells

    /// The app came in front, or went behind.
    public func sceneChanged(isForeground: Bool) {
        self.isForeground = isForeground
        screen.isSeen = isForeground
        refreshVisibility()
        if isForeground {
            openSession()
            applyAudio(.becameActive)
        } else if active == nil {
            // Asleep, nobody answers here: the service must know, so that callers are told by push.
            closeSession()
        }
    }

    /// The picture-in-picture window opens, or has closed.
    public func windowChanged(isOpen: Bool) {
        isWindowOpen = isOpen
        refreshVisibility()
    }

    /// The device's warmth or its saving of power is another.
    public func powerChanged(thermal: ThermalState, isLowPower: Bool) {
        camera.thermal = thermal
        camera.isLowPower = isLowPower
        if camera.news != lastNews { tell(camera.news) }
        lastNews = camera.news
        refreshCamera()
    }

    /// The network's path is another.
    public func networkChanged(_ path: NetworkPath) {
        if network.update(path) { engine.networkChanged() }
        screen.isOnline = network.isOnline
    }

    /// Something happened to the app's sound.
    public func audioHappened(_ happening: AudioHappening) {
        applyAudio(happening)
    }

    /// The broadcast extension came, or has gone.
    public func broadcastChanged(isOn: Bool) {
        guard let active, active.call != nil else { return ports.screen.share(into: nil) }
        share(isOn, in: active)
    }

    // MARK: The session

    private func openSession() {
        guard session == nil, let account = screen.account else { return }
        do {
            let session = try ports.openSession(account, engine)
            self.session = session
            screen.service = session.state
            let events = session.events
            reader = Task { [weak self] in
                for await event in events { self?.sessionHappened(event) }
            }
        } catch let error as DuetError {
            screen.notice = .service(error.kind)
        } catch {
            screen.notice = .service(.internalError)
        }
    }

    private func closeSession() {
        reader?.cancel()
        reader = nil
        session?.close()
        session = nil
        screen.service = .closed
    }

    private func sessionHappened(_ event: SessionEvent) {
        switch event {
        case .state(let state): screen.service = state
        case .incoming(let call): incoming(call)
        case .failed(let error):
            // Gone for good: a call that is on goes on; the next time the app is seen, it is tried again.
            session = nil
            screen.service = .closed
            screen.notice = .service(error.kind)
        }
    }

    private func incoming(_ call: Call) {
        let id = CallKitBridge.uuid(of: call.id)
        if let active, active.id == id {
            return attach(call, to: active)
        }
        guard call.state == .incoming else {
            // Both rang at once: this one took the place of ours, and is accepted already.
            if let active, case .ring = active.origin { attach(call, to: active) }
            return
        }
        // The engine tells a second caller that we are busy; one may slip in while a call is being placed.
        guard active == nil else { return call.decline() }
        let incoming = ActiveCall(
            id: id, origin: .incoming, peer: call.peer ?? "", hasVideo: call.media.video)
        active = incoming
        attach(call, to: incoming)
        bridge.ring(
            id, SystemCallInfo(name: incoming.view.peer, hasVideo: incoming.hasVideo), pushed: false)
    }

    /// A push message announces a call: it is there before the service is reached.
    private func expect(_ pushed: PushedCall, _ id: UUID) -> Bool {
        if let active { return active.id == id }
        openSession()
        guard let session else { return false }
        active = ActiveCall(id: id, origin: .incoming, peer: pushed.from, hasVideo: pushed.media.video)
        do {
            try session.expectCall(
                id: pushed.callId, from: pushed.from, media: pushed.media, expiresIn: pushed.expiresIn)
        } catch {
            active = nil
            return false
        }
        refresh()
        return true
    }

    /// Places a call at the engine.
    func place(_ call: ActiveCall) -> Bool {
        openSession()
        guard let session else { return false }
        let options = CallOptions(audio: true, video: call.hasVideo)
        do throws(DuetError) {
            switch call.origin {
            case .ring(let user): attach(try session.ring(user, options: options), to: call)
            case .room(let room): attach(try session.join(room: room, options: options), to: call)
            case .incoming: return false
            }
        } catch {
            screen.notice = .service(error.kind)
            return false
        }
        return true
    }

    // MARK: What follows from all of it

    /// Draws the screen from what is known.
    func refresh() {
        guard let active else {
            screen.call = nil
            if screen.page != .signIn { screen.page = .contacts }
            return
        }
        active.view.remotePlace = isWindowOpen ? .window : .app
        active.view.isSpeakerOn = audio.isSpeakerOn
        active.view.isSharing = camera.isSharingScreen
        active.view.isSelfViewShown = cameraState != .off
        active.view.isMirrored = camera.position == .front
        screen.call = active.view
        screen.page = active.view.phase == .incoming && !active.isAnswered ? .incoming : .call
    }

    /// Has the camera do what it is to do.
    func refreshCamera() {
        camera.isWanted = active?.view.isCameraOn ?? false
        camera.isPermitted = permissions.hasCamera
        camera.isCallOn = active.map { $0.isAnswered && $0.call != nil && !$0.view.isHeld } ?? false
        let decision = camera.decision
        if decision != cameraState {
            switch (decision, active?.call) {
            case (.on(let position, let wish), let call?):
                ports.camera.start(position, wish, into: call.localVideo)
            default: ports.camera.stop()
            }
            cameraState = decision
        }
        refresh()
    }

    /// Has the audio session do what follows from what happened.
    func applyAudio(_ happening: AudioHappening) {
        for action in audio.handle(happening) {
            switch action {
            case .configure(let video): ports.audio.configure(video: video)
            case .activate: if ports.audio.activate() { applyAudio(.activated) }
            case .overrideSpeaker(let on): ports.audio.overrideSpeaker(on)
            case .proximity(let on): ports.audio.setProximity(on)
            case .startVoice: startVoice()
            case .stopVoice: ports.voice.stop()
            case .tell(let news): tell(news)
            }
        }
        refresh()
    }

    /// Opens microphone and speaker, if sound is ours and somebody is there to talk to.
    func startVoice() {
        guard audio.isActive, let active, active.isTalking, let call = active.call else { return }
        ports.voice.start(call.localAudio, call.remoteAudio)
    }

    /// Remembers whom this person called last.
    func remember(_ peer: String) {
        screen.contacts = Array(([peer] + screen.contacts.filter { $0 != peer }).prefix(20))
        ports.accounts.contacts = screen.contacts
    }

    func notify(_ notice: Notice?) {
        screen.notice = notice
    }

    /// After the last call in the background: asleep again.
    func sleepIfUnseen() {
        if !isForeground && active == nil { closeSession() }
    }

    /// In its window the app is seen, and the system leaves it the camera where the device can.
    private func refreshVisibility() {
        camera.isVisible = isForeground || isWindowOpen
        tell(camera.isVisible ? .foreground : .background)
        refreshCamera()
    }

    private func tell(_ news: DeviceNews) {
        // A queue that is full means calls that are being torn down: they need no news.
        try? engine.device(news)
    }
}
