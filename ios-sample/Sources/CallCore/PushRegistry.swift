import Duet
import Foundation

/// A call that a push message announces.
public struct PushedCall: Hashable, Sendable {
    /// The call's id at the engine.
    public let callId: String
    /// Who calls.
    public let from: String
    /// With sound, pictures or both.
    public let media: MediaKinds
    /// How long it goes on ringing.
    public let expiresIn: Duration

    /// What a VoIP push carries, as flat keys whose values are texts or numbers: `call`, the engine's id of
    /// the call; `from`, the caller; `media`, `audio` or `video`; `expires`, the Unix time in seconds at
    /// which it stops to ring.
    ///
    /// - Parameter now: Unix time in seconds.
    /// - Returns: `nil` when a key is missing or no such value, or the time is up.
    public init?(_ payload: [AnyHashable: Any], now: TimeInterval) {
        func text(_ key: String) -> String? {
            let text = payload[key] as? String
            return text.flatMap { (1...128).contains($0.count) ? $0 : nil }
        }
        func number(_ key: String) -> Double? {
            (payload[key] as? NSNumber)?.doubleValue ?? (payload[key] as? Double)
                ?? (payload[key] as? Int).map(Double.init) ?? text(key).flatMap(Double.init)
        }
        guard let callId = text("call"), let from = text("from"), let expires = number("expires"),
            let media = text("media"), ["audio", "video"].contains(media)
        else { return nil }
        let left = expires - now
        guard left.isFinite, left > 0 else { return nil }
        self.callId = callId
        self.from = from
        self.media = MediaKinds(audio: true, video: media == "video")
        // Clocks differ: nobody rings for longer than two minutes.
        self.expiresIn = .milliseconds(Int(min(left, 120) * 1000))
    }
}

/// Decides what becomes of a VoIP push. The system demands a report of a call for every one, before the
/// handler returns, and ends apps that fail to.
@MainActor
public final class PushRegistry {
    private let bridge: CallKitBridge
    private let now: @MainActor () -> TimeInterval
    /// Whether the app can take the call, and takes it: says no when it is not signed in or in a call.
    private let take: @MainActor (PushedCall, UUID) -> Bool
    /// The app's address at the push service, in hexadecimal digits, for the app's server; `nil` when it is
    /// not valid any more.
    public private(set) var token: String?
    private let onToken: @MainActor (String?) -> Void

    /// A registry that reports to a bridge.
    public init(
        bridge: CallKitBridge, now: @escaping @MainActor () -> TimeInterval,
        onToken: @escaping @MainActor (String?) -> Void,
        take: @escaping @MainActor (PushedCall, UUID) -> Bool
    ) {
        self.bridge = bridge
        self.now = now
        self.onToken = onToken
        self.take = take
    }

    /// A push message. When this returns, the system knows of a call.
    public func received(_ payload: [AnyHashable: Any]) {
        guard let call = PushedCall(payload, now: now()) else {
            let from = payload["from"] as? String ?? ""
            return bridge.ringInVain(SystemCallInfo(name: from, hasVideo: false), why: .failed)
        }
        let id = CallKitBridge.uuid(of: call.callId)
        let info = SystemCallInfo(name: call.from, hasVideo: call.media.video)
        bridge.ring(id, info, pushed: true)
        if !take(call, id) { bridge.ended(id, .unanswered) }
    }

    /// A new address at the push service, or none any more.
    public func tokenChanged(_ data: Data?) {
        let token = data?.map { String(format: "%02x", $0) }.joined()
        guard token != self.token else { return }
        self.token = token
        onToken(token)
    }
}
