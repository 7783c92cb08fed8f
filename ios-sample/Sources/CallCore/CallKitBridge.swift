import Duet
import Foundation

/// Stands between CallKit and the app's calls: which calls the system knows, what it is told of them, and
/// what its actions mean here.
@MainActor
public final class CallKitBridge {
    private let system: any SystemCalls
    /// Carries actions out.
    public weak var client: (any SystemCallsClient)?
    private var calls: [UUID: Stage] = [:]

    /// What the system thinks of a call.
    private enum Stage {
        /// The app asked for it; the system has not carried it out.
        case asked
        case known(SystemCallInfo)
    }

    /// A bridge to the system's calls.
    public init(system: any SystemCalls) {
        self.system = system
    }

    /// The system's name of a call. The engine's ids of 32 hexadecimal digits are UUIDs without dashes, so
    /// that a push message and the signaling that follows it are the same call whoever comes first. Another
    /// service's ids get one of their own.
    public static func uuid(of callId: String) -> UUID {
        let digits = Array(callId)
        guard digits.count == 32, digits.allSatisfy(\.isHexDigit) else { return UUID() }
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
        return UUID(uuidString: groups.joined(separator: "-")) ?? UUID()
    }

    // MARK: From the app

    /// Rings here: tells the system before it returns. A call that is known already is reported again only
    /// for a push message, for which the system demands a report each time.
    public func ring(_ id: UUID, _ info: SystemCallInfo, pushed: Bool) {
        if calls[id] != nil && !pushed { return update(id, info) }
        calls[id] = .known(info)
        system.reportIncoming(id, info)
    }

    /// A push message that is no call, or too late: the system demands a call for each one, so it gets one
    /// that ends at once.
    public func ringInVain(_ info: SystemCallInfo, why: SystemEnd) {
        let id = UUID()
        system.reportIncoming(id, info)
        system.report(id, .ended(why))
    }

    /// Asks the system to carry something out, as if it had been pressed in its own screens.
    public func request(_ action: SystemAction) {
        if case .start(let id, _, _) = action { calls[id] = .asked }
        system.request(action)
    }

    /// Our call is on its way.
    public func connecting(_ id: UUID) {
        if calls[id] != nil { system.report(id, .connecting) }
    }

    /// Media flows.
    public func connected(_ id: UUID) {
        if calls[id] != nil { system.report(id, .connected) }
    }

    /// The call is called otherwise, or has pictures now.
    public func update(_ id: UUID, _ info: SystemCallInfo) {
        guard case .known(let old) = calls[id], old != info else { return }
        calls[id] = .known(info)
        system.report(id, .updated(info))
    }

    /// The call is over. The system is told unless an action of its own ended it.
    public func ended(_ id: UUID, _ why: SystemEnd) {
        if calls.removeValue(forKey: id) != nil { system.report(id, .ended(why)) }
    }

    // MARK: From the system

    /// Carries an action out.
    ///
    /// - Returns: Whether to fulfil it; it fails otherwise.
    public func perform(_ action: SystemAction) -> Bool {
        guard let client else { return false }
        switch action {
        case .start(let id, let peer, let video):
            calls[id] = .known(SystemCallInfo(name: peer, hasVideo: video))
            guard client.systemStarts(id, to: peer, video: video) else {
                calls[id] = nil
                return false
            }
            return true
        case .answer(let id): return calls[id] != nil && client.systemAnswers(id)
        case .end(let id):
            // Known or not: what is not there has ended.
            if calls.removeValue(forKey: id) != nil { client.systemEnds(id) }
            return true
        case .mute(let id, let isMuted): return calls[id] != nil && client.systemMutes(id, isMuted)
        case .hold(let id, let isHeld): return calls[id] != nil && client.systemHolds(id, isHeld)
        }
    }

    /// The system did not let it ring.
    public func incomingRefused(_ id: UUID, _ why: SystemRefusal) {
        // The call that a second push message announced goes on.
        guard why != .alreadyKnown else { return }
        if calls.removeValue(forKey: id) != nil { client?.systemEnds(id) }
    }

    /// The system does not carry out what was asked for: another call goes before, for instance. A call that
    /// would have begun does not; one that was to end is ended all the same.
    public func requestRefused(_ action: SystemAction) {
        switch action {
        case .start(let id, _, _):
            if calls.removeValue(forKey: id) != nil { client?.systemEnds(id) }
        case .end(let id):
            calls[id] = nil
            client?.systemEnds(id)
        case .answer, .mute, .hold: break
        }
    }

    /// CallKit's `didActivate` and `didDeactivate`.
    public func audioChanged(isActive: Bool) {
        client?.systemAudio(isActive)
    }

    /// CallKit started anew and knows no calls any more.
    public func reset() {
        let ids = calls.keys.sorted { $0.uuidString < $1.uuidString }
        calls = [:]
        for id in ids { client?.systemEnds(id) }
        client?.systemAudio(false)
    }
}
