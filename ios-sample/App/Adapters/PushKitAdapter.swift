import CallCore
import PushKit

/// PushKit: hands on what comes, on the main queue and before its handlers return.
@MainActor
final class PushKitAdapter: NSObject, PKPushRegistryDelegate {
    private let calls: PushRegistry
    private let registry = PKPushRegistry(queue: .main)

    init(_ calls: PushRegistry) {
        self.calls = calls
        super.init()
        registry.delegate = self
        registry.desiredPushTypes = [.voIP]
    }

    nonisolated func pushRegistry(
        _: PKPushRegistry, didUpdate credentials: PKPushCredentials, for _: PKPushType
    ) {
        let token = credentials.token
        MainActor.assumeIsolated { calls.tokenChanged(token) }
    }

    nonisolated func pushRegistry(_: PKPushRegistry, didInvalidatePushTokenFor _: PKPushType) {
        MainActor.assumeIsolated { calls.tokenChanged(nil) }
    }

    nonisolated func pushRegistry(
        _: PKPushRegistry, didReceiveIncomingPushWith payload: PKPushPayload, for _: PKPushType,
        completion: @escaping () -> Void
    ) {
        nonisolated(unsafe) let message = payload.dictionaryPayload
        MainActor.assumeIsolated { calls.received(message) }
        completion()
    }
}
