import AVFAudio
import CallCore
import CallKit
import OSLog

/// CallKit: its words for ours, and ours for its.
@MainActor
final class CallKitAdapter: NSObject, SystemCalls {
    weak var bridge: CallKitBridge?
    private let provider: CXProvider
    private let requests = CXCallController()
    private let log = Logger(subsystem: "dev.duet.sample", category: "callkit")

    override init() {
        let configuration = CXProviderConfiguration()
        configuration.supportsVideo = true
        configuration.supportedHandleTypes = [.generic]
        configuration.maximumCallGroups = 1
        configuration.maximumCallsPerCallGroup = 1
        configuration.includesCallsInRecents = true
        provider = CXProvider(configuration: configuration)
        super.init()
        // On the main queue, where everything here is.
        provider.setDelegate(self, queue: nil)
    }

    func reportIncoming(_ id: UUID, _ info: SystemCallInfo) {
        provider.reportNewIncomingCall(with: id, update: update(info)) { [weak self] error in
            guard let error else { return }
            let message = error.localizedDescription
            let isKnown = (error as? CXErrorCodeIncomingCallError)?.code == .callUUIDAlreadyExists
            Task { @MainActor in
                self?.log.info("an incoming call was refused: \(message)")
                self?.bridge?.incomingRefused(id, isKnown ? .alreadyKnown : .filtered)
            }
        }
    }

    func request(_ action: SystemAction) {
        requests.request(CXTransaction(action: callKitAction(action))) { [weak self] error in
            guard let error else { return }
            let message = error.localizedDescription
            Task { @MainActor in
                self?.log.info("a request was refused: \(message)")
                self?.bridge?.requestRefused(action)
            }
        }
    }

    func report(_ id: UUID, _ news: SystemCallNews) {
        switch news {
        case .connecting: provider.reportOutgoingCall(with: id, startedConnectingAt: nil)
        case .connected: provider.reportOutgoingCall(with: id, connectedAt: nil)
        case .updated(let info): provider.reportCall(with: id, updated: update(info))
        case .ended(let why): provider.reportCall(with: id, endedAt: nil, reason: callKitReason(why))
        }
    }

    private func update(_ info: SystemCallInfo) -> CXCallUpdate {
        let update = CXCallUpdate()
        update.remoteHandle = CXHandle(type: .generic, value: info.name)
        update.localizedCallerName = info.name
        update.hasVideo = info.hasVideo
        update.supportsHolding = true
        update.supportsDTMF = false
        update.supportsGrouping = false
        update.supportsUngrouping = false
        return update
    }

    private func callKitAction(_ action: SystemAction) -> CXCallAction {
        switch action {
        case .start(let id, let peer, let video):
            let start = CXStartCallAction(call: id, handle: CXHandle(type: .generic, value: peer))
            start.isVideo = video
            return start
        case .answer(let id): return CXAnswerCallAction(call: id)
        case .end(let id): return CXEndCallAction(call: id)
        case .mute(let id, let isMuted): return CXSetMutedCallAction(call: id, muted: isMuted)
        case .hold(let id, let isHeld): return CXSetHeldCallAction(call: id, onHold: isHeld)
        }
    }

    private func callKitReason(_ why: SystemEnd) -> CXCallEndedReason {
        switch why {
        case .failed: .failed
        case .remoteEnded: .remoteEnded
        case .unanswered: .unanswered
        case .answeredElsewhere: .answeredElsewhere
        case .declinedElsewhere: .declinedElsewhere
        }
    }
}

extension CallKitAdapter: CXProviderDelegate {
    nonisolated func providerDidReset(_: CXProvider) {
        MainActor.assumeIsolated { bridge?.reset() }
    }

    nonisolated func provider(_: CXProvider, perform action: CXStartCallAction) {
        carryOut(.start(action.callUUID, to: action.handle.value, video: action.isVideo), action)
    }

    nonisolated func provider(_: CXProvider, perform action: CXAnswerCallAction) {
        carryOut(.answer(action.callUUID), action)
    }

    nonisolated func provider(_: CXProvider, perform action: CXEndCallAction) {
        carryOut(.end(action.callUUID), action)
    }

    nonisolated func provider(_: CXProvider, perform action: CXSetMutedCallAction) {
        carryOut(.mute(action.callUUID, action.isMuted), action)
    }

    nonisolated func provider(_: CXProvider, perform action: CXSetHeldCallAction) {
        carryOut(.hold(action.callUUID, action.isOnHold), action)
    }

    nonisolated func provider(_: CXProvider, didActivate _: AVAudioSession) {
        MainActor.assumeIsolated { bridge?.audioChanged(isActive: true) }
    }

    nonisolated func provider(_: CXProvider, didDeactivate _: AVAudioSession) {
        MainActor.assumeIsolated { bridge?.audioChanged(isActive: false) }
    }

    private nonisolated func carryOut(_ what: SystemAction, _ action: CXAction) {
        let isDone = MainActor.assumeIsolated { bridge?.perform(what) ?? false }
        if isDone { action.fulfill() } else { action.fail() }
    }
}
