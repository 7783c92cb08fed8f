import Duet
import XCTest

@testable import CallCore

@MainActor
private final class Client: SystemCallsClient {
    var notes: [String] = []
    var consents = true

    func systemStarts(_ id: UUID, to peer: String, video: Bool) -> Bool { note("start \(peer) \(video)") }
    func systemAnswers(_ id: UUID) -> Bool { note("answer") }
    func systemEnds(_ id: UUID) { _ = note("end") }
    func systemMutes(_ id: UUID, _ isMuted: Bool) -> Bool { note("mute \(isMuted)") }
    func systemHolds(_ id: UUID, _ isHeld: Bool) -> Bool { note("hold \(isHeld)") }
    func systemAudio(_ isActive: Bool) { _ = note("audio \(isActive)") }

    private func note(_ what: String) -> Bool {
        notes.append(what)
        return consents
    }
}

@MainActor
final class CallKitBridgeTests: XCTestCase, @unchecked Sendable {
    private let id = UUID()
    private let info = SystemCallInfo(name: "alice", hasVideo: true)

    private func make() -> (ScriptedSystem, CallKitBridge, Client) {
        let system = ScriptedSystem()
        let (bridge, client) = (CallKitBridge(system: system), Client())
        bridge.client = client
        return (system, bridge, client)
    }

    func testACallsNameIsTheSameInPushAndSignaling() async {
        let id = "0123456789abcdef0123456789abcdef"
        XCTAssertEqual(
            CallKitBridge.uuid(of: id).uuidString.lowercased(), "01234567-89ab-cdef-0123-456789abcdef")
        XCTAssertEqual(CallKitBridge.uuid(of: id), CallKitBridge.uuid(of: id))
        for other in ["", "room-1", String(repeating: "g", count: 32)] {
            XCTAssertNotEqual(CallKitBridge.uuid(of: other), CallKitBridge.uuid(of: other), other)
        }
    }

    func testACallRingsOnceHoweverOftenItIsAnnounced() async {
        let (system, bridge, _) = make()
        bridge.ring(id, info, pushed: true)
        bridge.ring(id, info, pushed: false)
        XCTAssertEqual(system.notes, [.incoming(id, info)])
        bridge.ring(id, info, pushed: true)
        XCTAssertEqual(system.notes.count, 2, "every push message demands a report")
    }

    func testActionsOfUnknownCallsFailButTheirEnd() async {
        let (_, bridge, client) = make()
        XCTAssertFalse(bridge.perform(.answer(id)))
        XCTAssertFalse(bridge.perform(.mute(id, true)))
        XCTAssertFalse(bridge.perform(.hold(id, true)))
        XCTAssertTrue(bridge.perform(.end(id)))
        XCTAssertEqual(client.notes, [])
    }

    func testActionsReachTheApp() async {
        let (_, bridge, client) = make()
        bridge.ring(id, info, pushed: false)
        XCTAssertTrue(bridge.perform(.answer(id)))
        bridge.audioChanged(isActive: true)
        XCTAssertTrue(bridge.perform(.mute(id, true)))
        XCTAssertTrue(bridge.perform(.hold(id, true)))
        XCTAssertTrue(bridge.perform(.end(id)))
        XCTAssertEqual(client.notes, ["answer", "audio true", "mute true", "hold true", "end"])
        client.consents = false
        bridge.ring(id, info, pushed: false)
        XCTAssertFalse(bridge.perform(.answer(id)), "what the app cannot do fails")
    }

    func testTheSystemIsToldOfAnEndThatItDoesNotKnowOf() async {
        let (system, bridge, client) = make()
        bridge.ring(id, info, pushed: false)
        bridge.ended(id, .remoteEnded)
        XCTAssertEqual(system.notes.last, .report(id, .ended(.remoteEnded)))
        bridge.ring(id, info, pushed: false)
        _ = bridge.perform(.end(id))
        bridge.ended(id, .remoteEnded)
        XCTAssertEqual(system.notes.last, .incoming(id, info), "its own action ended it")
        XCTAssertEqual(client.notes, ["end"])
    }

    func testOurCallIsReportedOnItsWay() async {
        let (system, bridge, client) = make()
        system.obedient = bridge
        bridge.request(.start(id, to: "bob", video: false))
        XCTAssertEqual(client.notes, ["start bob false"])
        bridge.connecting(id)
        bridge.connected(id)
        let bob = SystemCallInfo(name: "bob", hasVideo: true)
        bridge.update(id, bob)
        bridge.update(id, bob)
        XCTAssertEqual(
            Array(system.notes.dropFirst()),
            [.report(id, .connecting), .report(id, .connected), .report(id, .updated(bob))])
    }

    func testACallThatCannotBePlacedIsForgotten() async {
        let (system, bridge, client) = make()
        client.consents = false
        XCTAssertFalse(bridge.perform(.start(id, to: "bob", video: true)))
        bridge.connected(id)
        XCTAssertEqual(system.notes, [])
    }

    func testRefusalsOfTheSystemEndTheCall() async {
        let (_, bridge, client) = make()
        bridge.ring(id, info, pushed: true)
        bridge.incomingRefused(id, .alreadyKnown)
        XCTAssertEqual(client.notes, [], "a second push message of the same call")
        bridge.incomingRefused(id, .filtered)
        bridge.incomingRefused(id, .filtered)
        XCTAssertEqual(client.notes, ["end"])
        bridge.request(.start(id, to: "bob", video: true))
        bridge.requestRefused(.start(id, to: "bob", video: true))
        bridge.requestRefused(.end(id))
        bridge.requestRefused(.mute(id, true))
        XCTAssertEqual(client.notes, ["end", "end", "end"])
    }

    func testAResetEndsEveryCallAndClosesTheSound() async {
        let (_, bridge, client) = make()
        bridge.ring(id, info, pushed: true)
        bridge.reset()
        XCTAssertEqual(client.notes, ["end", "audio false"])
        XCTAssertFalse(bridge.perform(.answer(id)))
    }

    func testEveryReasonOfAnEndHasAWordOfTheSystems() async {
        let expected: [EndReason: SystemEnd] = [
            .hangUp: .remoteEnded, .busy: .remoteEnded, .ringTimeout: .unanswered, .notFound: .unanswered,
            .acceptedElsewhere: .answeredElsewhere, .declinedElsewhere: .declinedElsewhere,
            .iceFailed: .failed, .signalingLost: .failed,
        ]
        for (reason, end) in expected { XCTAssertEqual(SystemEnd(reason), end, "\(reason)") }
        XCTAssertEqual(Set(EndReason.allCases.map { SystemEnd($0) }), Set(SystemEnd.allCases))
    }
}

@MainActor
final class InAppCallsTests: XCTestCase, @unchecked Sendable {
    private let id = UUID()

    private func make() -> (InAppCalls, CallKitBridge, Client, Devices) {
        let devices = Devices()
        let calls = InAppCalls(audio: devices)
        let (bridge, client) = (CallKitBridge(system: calls), Client())
        (bridge.client, calls.bridge) = (client, bridge)
        return (calls, bridge, client, devices)
    }

    func testRequestsAreCarriedOutAndTheSoundIsActivatedHere() async {
        let (_, bridge, client, devices) = make()
        bridge.request(.start(id, to: "bob", video: false))
        XCTAssertEqual(client.notes, ["start bob false", "audio true"])
        XCTAssertEqual(devices.notes, [.activate])
        bridge.request(.end(id))
        XCTAssertEqual(client.notes.suffix(2), ["end", "audio false"])
        XCTAssertEqual(devices.notes, [.activate, .deactivate])
    }

    func testAnAnswerIsACallTheSameWayAndItsEndThereClosesTheSound() async {
        let (_, bridge, client, devices) = make()
        bridge.ring(id, SystemCallInfo(name: "alice", hasVideo: false), pushed: false)
        bridge.request(.answer(id))
        bridge.ended(id, .remoteEnded)
        XCTAssertEqual(client.notes, ["answer", "audio true", "audio false"])
        XCTAssertEqual(devices.notes, [.activate, .deactivate])
    }

    func testWithoutTheSoundTheAppIsNotToldThatItHasIt() async {
        let (_, bridge, client, devices) = make()
        devices.refusesActivation = true
        bridge.request(.start(id, to: "bob", video: false))
        XCTAssertEqual(client.notes, ["start bob false"])
    }

    func testWhatTheAppRefusesEnds() async {
        let (_, bridge, client, devices) = make()
        client.consents = false
        bridge.request(.start(id, to: "bob", video: false))
        XCTAssertEqual(client.notes, ["start bob false"])
        XCTAssertEqual(devices.notes, [])
    }

    func testCallKitIsUsedEverywhereButInMainlandChina() async {
        for region in ["CN", "CHN", "chn"] { XCTAssertFalse(InAppCalls.isCallKitAllowed(region: region)) }
        for region in ["DE", "HK", "TWN", nil] { XCTAssertTrue(InAppCalls.isCallKitAllowed(region: region)) }
    }
}

@MainActor
final class PushRegistryTests: XCTestCase, @unchecked Sendable {
    private let callId = "0123456789abcdef0123456789abcdef"
    private let system = ScriptedSystem()
    private var taken: [PushedCall] = []
    private var tokens: [String?] = []

    private func registry(takes: Bool = true) -> PushRegistry {
        PushRegistry(
            bridge: CallKitBridge(system: system), now: { 1000 }, onToken: { self.tokens.append($0) }
        ) { call, _ in
            // The system must know of the call before anything else is done.
            XCTAssertEqual(self.system.notes.count, 1)
            self.taken.append(call)
            return takes
        }
    }

    private func payload(_ changes: [String: Any?] = [:]) -> [AnyHashable: Any] {
        var payload: [AnyHashable: Any] = [
            "call": callId, "from": "alice", "media": "video", "expires": 1045,
        ]
        for (key, value) in changes { payload[key] = value }
        return payload
    }

    func testAPushMessageRingsBeforeItsHandlerReturns() async {
        registry().received(payload())
        let id = CallKitBridge.uuid(of: callId)
        XCTAssertEqual(system.notes, [.incoming(id, SystemCallInfo(name: "alice", hasVideo: true))])
        XCTAssertEqual(taken.first?.callId, callId)
        XCTAssertEqual(taken.first?.expiresIn, .seconds(45))
        XCTAssertEqual(taken.first?.media, MediaKinds(audio: true, video: true))
    }

    func testNumbersMayBeTextsAndNobodyRingsForEver() async {
        registry().received(payload(["expires": "9999", "media": "audio"]))
        XCTAssertEqual(taken.first?.expiresIn, .seconds(120))
        XCTAssertEqual(taken.first?.media.video, false)
    }

    func testEveryMessageIsReportedEvenOneThatIsNoCall() async {
        let bad: [[AnyHashable: Any]] = [
            [:], payload(["call": nil]), payload(["from": 7]), payload(["media": "smell"]),
            payload(["expires": "soon"]), payload(["expires": 1000]), payload(["expires": Double.nan]),
            payload(["call": String(repeating: "a", count: 129)]),
        ]
        for payload in bad {
            system.notes = []
            registry().received(payload)
            guard case .incoming(let id, _) = system.notes.first else { return XCTFail("\(payload)") }
            XCTAssertEqual(system.notes.dropFirst(), [.report(id, .ended(.failed))], "\(payload)")
        }
        XCTAssertEqual(taken, [])
    }

    func testACallThatTheAppCannotTakeEndsAtOnce() async {
        registry(takes: false).received(payload())
        XCTAssertEqual(system.notes.last, .report(CallKitBridge.uuid(of: callId), .ended(.unanswered)))
    }

    func testTheAddressIsToldOnceAndInHexadecimalDigits() async {
        let registry = registry()
        registry.tokenChanged(Data([0x0a, 0xff]))
        registry.tokenChanged(Data([0x0a, 0xff]))
        registry.tokenChanged(nil)
        XCTAssertEqual(tokens, ["0aff", nil])
        XCTAssertNil(registry.token)
    }
}
