import Duet
import DuetMedia
import Foundation

// MARK: What a person does

extension CallController {
    /// Calls somebody, once the person allows what it needs.
    public func ring(_ peer: String, video: Bool) async {
        await place(peer, video: video, isRoom: false)
    }

    /// Enters a room of two.
    public func join(room: String, video: Bool) async {
        await place(room, video: video, isRoom: true)
    }

    private func place(_ name: String, video: Bool, isRoom: Bool) async {
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !name.isEmpty, active == nil else { return }
        let outcome = await permissions.prepare(video: video)
        // Somebody may have called while the person was being asked.
        guard active == nil, let hasVideo = consider(outcome) else { return }
        let origin: ActiveCall.Origin = isRoom ? .room(name) : .ring(name)
        let call = ActiveCall(id: UUID(), origin: origin, peer: name, hasVideo: hasVideo)
        active = call
        if !isRoom { remember(name) }
        bridge.request(.start(call.id, to: name, video: hasVideo))
        refresh()
    }

    /// Answers from the app's own screen.
    public func answer() async {
        guard let active, active.view.phase == .incoming, !active.isAnswered else { return }
        let outcome = await permissions.prepare(video: active.hasVideo)
        // It may have stopped to ring meanwhile.
        guard self.active === active else { return }
        guard let hasVideo = consider(outcome) else { return bridge.request(.end(active.id)) }
        active.hasVideo = hasVideo
        active.view.isCameraOn = hasVideo
        bridge.request(.answer(active.id))
    }

    /// Hangs up, or declines.
    public func hangUp() {
        if let active { bridge.request(.end(active.id)) }
    }

    /// Closes the microphone, or opens it.
    public func toggleMute() {
        if let active { bridge.request(.mute(active.id, !active.view.isMuted)) }
    }

    /// Pauses the call, or goes on.
    public func toggleHold() {
        if let active { bridge.request(.hold(active.id, !active.view.isHeld)) }
    }

    /// Turns the camera off or on. In a call without pictures the other one is asked first.
    public func toggleCamera() async {
        guard let active, let call = active.call else { return }
        if active.view.isCameraOn {
            active.view.isCameraOn = false
            call.localVideo.setEnabled(camera.isSharingScreen)
            return refreshCamera()
        }
        let outcome = await permissions.prepare(video: true)
        guard self.active === active, consider(outcome) == true else { return }
        if active.hasVideo {
            turnCameraOn(in: active)
        } else {
            active.view.isAskingVideo = (try? call.askVideo()) != nil
            refresh()
        }
    }

    /// The other camera.
    public func flipCamera() {
        camera.position = camera.position.flipped
        refreshCamera()
    }

    /// Loudspeaker or ear.
    public func toggleSpeaker() {
        applyAudio(.speakerPressed)
    }

    /// Answers the other one's question for pictures.
    public func answerVideo(_ accept: Bool) async {
        guard let active, active.view.asksVideo, let call = active.call else { return }
        active.view.asksVideo = false
        var accept = accept
        if accept {
            accept = consider(await permissions.prepare(video: true)) == true
            guard self.active === active else { return }
        }
        try? call.answerVideo(accept)
        refresh()
    }

    /// Ends the sharing of the screen. It begins with the system's own picker.
    public func stopSharing() {
        ports.screen.share(into: nil)
        if let active { share(false, in: active) }
    }

    /// The statistics now, and how good the call was since the last look; the screen looks once a second.
    public func look() -> CallStatistics? {
        guard let active, let call = active.call else { return nil }
        let statistics = call.statistics
        if let quality = active.meter.update(QualitySample(statistics)) { active.view.quality = quality }
        refresh()
        return statistics
    }

    /// The other end's pictures, for the view that gets them now; `nil` for the other one.
    public func remoteVideo(in place: CallView.Place) -> RemoteVideo? {
        screen.call?.remotePlace == place ? active?.call?.remoteVideo : nil
    }

    /// What the person allowed: whether a call goes on, with pictures or without; tells them what is missing.
    private func consider(_ outcome: PermissionFlow.Outcome) -> Bool? {
        switch outcome {
        case .call(let video): return video
        case .withoutCamera(let explanation):
            notify(.permission(explanation))
            return false
        case .refused(let explanation):
            notify(.permission(explanation))
            return nil
        }
    }
}

// MARK: What the system's call screens do

extension CallController: SystemCallsClient {
    /// Places the call that the app asked for, or one from the system's list of recent calls.
    public func systemStarts(_ id: UUID, to peer: String, video: Bool) -> Bool {
        if let active, active.id != id { return false }
        let call = active ?? ActiveCall(id: id, origin: .ring(peer), peer: peer, hasVideo: video)
        active = call
        applyAudio(.callBegins(video: call.hasVideo))
        guard place(call) else {
            active = nil
            refresh()
            return false
        }
        bridge.connecting(id)
        refreshCamera()
        return true
    }

    /// Answers; the engine is told once sound may be opened.
    public func systemAnswers(_ id: UUID) -> Bool {
        guard let active, active.id == id, active.view.phase == .incoming else { return false }
        guard permissions.mayAnswer else {
            notify(.permission(.init(permission: .microphone, canChange: true)))
            return false
        }
        if !permissions.hasCamera { active.view.isCameraOn = false }
        active.isAnswered = true
        applyAudio(.callBegins(video: active.hasVideo))
        acceptIfReady(active)
        refreshCamera()
        return true
    }

    /// Hangs up or declines.
    public func systemEnds(_ id: UUID) {
        guard let active, active.id == id else { return }
        if active.isAnswered { active.call?.hangUp() } else { active.call?.decline() }
        finish(active)
    }

    /// Closes the microphone, or opens it.
    public func systemMutes(_ id: UUID, _ isMuted: Bool) -> Bool {
        guard let active, active.id == id else { return false }
        active.view.isMuted = isMuted
        active.call?.localAudio.setEnabled(!isMuted)
        refresh()
        return true
    }

    /// Pauses, or goes on.
    public func systemHolds(_ id: UUID, _ isHeld: Bool) -> Bool {
        guard let active, active.id == id, let call = active.call else { return false }
        do {
            if isHeld { try call.hold() } else { try call.resume() }
        } catch {
            return false
        }
        active.view.isHeld = isHeld
        refreshCamera()
        return true
    }

    /// Sound may be opened, or must be closed.
    public func systemAudio(_ isActive: Bool) {
        applyAudio(isActive ? .activated : .deactivated)
        if isActive, let active { acceptIfReady(active) }
    }
}

// MARK: What the engine tells

extension CallController {
    func attach(_ call: Call, to active: ActiveCall) {
        active.attach(call) { [weak self, weak active] event in
            guard let self, let active, self.active === active else { return }
            happened(event, in: active)
        }
        acceptIfReady(active)
        refreshCamera()
    }

    func acceptIfReady(_ active: ActiveCall) {
        do {
            try active.acceptIfReady(isAudioActive: audio.isActive)
        } catch {
            bridge.ended(active.id, .failed)
            finish(active)
        }
        refresh()
    }

    private func happened(_ event: CallEvent, in active: ActiveCall) {
        switch event {
        case .state(let state): stateChanged(state, in: active)
        case .remoteRinging: if active.view.phase == .calling { active.view.phase = .ringing }
        case .remoteMedia(let media):
            active.view.isRemoteVideoShown = media.video
            active.view.isRemoteMuted = !media.audio
            // A screen is shown whole; a face may be cut at the sides.
            active.view.remoteFit = media.screen ? .letterbox : .fill
        case .held(let locally, let remotely):
            active.view.isHeld = locally
            active.view.isHeldThere = remotely
            refreshCamera()
        case .video(let news): videoChanged(news, in: active)
        case .connected: break
        case .ended(let how): return ended(how, active)
        }
        refresh()
    }

    private func stateChanged(_ state: CallState, in active: ActiveCall) {
        switch state {
        case .waiting: active.view.phase = .waiting
        case .outgoing, .incoming, .ended: break
        case .connecting: active.view.phase = .connecting
        case .reconnecting: active.view.phase = .reconnecting
        case .connected:
            active.view.phase = .connected
            if case .room = active.origin, let peer = active.call?.peer { active.view.peer = peer }
            guard active.view.connectedAt == nil else { return }
            active.view.connectedAt = ports.now()
            if case .incoming = active.origin {
                remember(active.view.peer)
            } else {
                bridge.connected(active.id)
            }
            startVoice()
        }
    }

    private func videoChanged(_ news: VideoNews, in active: ActiveCall) {
        active.view.isAskingVideo = active.view.isAskingVideo && news == .asked
        switch news {
        case .asked: active.view.asksVideo = true
        case .agreed:
            active.hasVideo = true
            turnCameraOn(in: active)
        case .declined: active.view.asksVideo = false
        case .stopped:
            active.hasVideo = false
            active.view.isCameraOn = false
        }
        applyAudio(.videoChanged(active.hasVideo))
        bridge.update(active.id, SystemCallInfo(name: active.view.peer, hasVideo: active.hasVideo))
        refreshCamera()
    }

    private func turnCameraOn(in active: ActiveCall) {
        active.view.isCameraOn = true
        active.call?.localVideo.setEnabled(true)
        refreshCamera()
    }

    func share(_ isOn: Bool, in active: ActiveCall) {
        guard let video = active.call?.localVideo else { return }
        camera.isSharingScreen = isOn
        if isOn { refreshCamera() }
        video.setScreen(isOn)
        video.setEnabled(isOn || active.view.isCameraOn)
        if isOn { ports.screen.share(into: video) }
        refreshCamera()
    }

    private func ended(_ how: Ended, _ active: ActiveCall) {
        bridge.ended(active.id, SystemEnd(how.reason))
        if how.by != .local && how.reason != .hangUp { notify(.ended(how.reason)) }
        finish(active)
    }

    /// Nothing of the call stays open.
    private func finish(_ active: ActiveCall) {
        self.active = nil
        if camera.isSharingScreen { ports.screen.share(into: nil) }
        camera.isSharingScreen = false
        camera.position = .front
        applyAudio(.callEnded)
        active.forget()
        refreshCamera()
        sleepIfUnseen()
    }
}
