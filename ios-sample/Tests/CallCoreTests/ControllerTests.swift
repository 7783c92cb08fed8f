import Duet
import DuetMedia
import XCTest

@testable import CallCore

/// What the controller decides, with real calls of the engine and scripted devices.
@MainActor
final class CallControllerTests: XCTestCase, @unchecked Sendable {
    func testAKeptAccountIsSignedInAndAForgottenOneIsNot() async throws {
        let phones = try Phones()
        XCTAssertEqual(phones.alice.controller.screen.page, .contacts)
        XCTAssertEqual(phones.alice.sessions, 1)
        try await until("a session") { phones.alice.controller.screen.service == .connected }
        phones.alice.controller.signOut()
        XCTAssertEqual(phones.alice.controller.screen.page, .signIn)
        XCTAssertNil(phones.alice.memory.account)
        XCTAssertEqual(phones.alice.controller.screen.service, .closed)
        phones.alice.controller.signIn(server: "", name: "alice")
        XCTAssertEqual(phones.alice.controller.screen.notice, .account(.server))
        XCTAssertEqual(phones.alice.controller.screen.page, .signIn)
        phones.alice.controller.signIn(server: "x", name: "alice")
        XCTAssertEqual(phones.alice.memory.account?.name, "alice")
        XCTAssertNil(phones.alice.controller.screen.notice)
    }

    func testACallIsAcceptedOnlyOnceTheSystemActivatedTheSound() async throws {
        let phones = try Phones()
        await phones.alice.controller.ring("bob", video: true)
        try await until("ringing") { phones.bob.ringing != nil && phones.bob.call != nil }
        let id = try XCTUnwrap(phones.bob.ringing)
        XCTAssertEqual(phones.bob.controller.screen.page, .incoming)
        XCTAssertTrue(phones.bob.controller.bridge.perform(.answer(id)))
        XCTAssertEqual(phones.bob.devices.notes.first, .configure(video: true))
        XCTAssertFalse(phones.bob.devices.notes.contains(.activate), "CallKit does")
        XCTAssertEqual(phones.bob.call?.phase, .incoming, "not accepted yet")
        XCTAssertFalse(phones.bob.devices.notes.contains(.voice(true)))
        phones.bob.activateAudio()
        XCTAssertEqual(phones.bob.call?.phase, .connecting)
        try await until("a connection") { phones.alice.call?.phase == .connected }
        try await until("a connection") { phones.bob.call?.phase == .connected }
        XCTAssertTrue(phones.bob.devices.notes.contains(.voice(true)))
        XCTAssertFalse(
            phones.alice.devices.notes.contains(.voice(true)), "its sound is not active, though connected")
        phones.alice.activateAudio()
        XCTAssertTrue(phones.alice.devices.notes.contains(.voice(true)))
    }

    func testOurCallIsToldToTheSystemAsItGoes() async throws {
        let phones = try Phones()
        try await phones.connect()
        guard case .request(.start(let id, "bob", true)) = phones.alice.system.notes.first else {
            return XCTFail("no start")
        }
        let reports = phones.alice.system.notes.dropFirst()
        XCTAssertEqual(Array(reports), [.report(id, .connecting), .report(id, .connected)])
        XCTAssertEqual(phones.alice.controller.screen.contacts, ["bob"])
        XCTAssertEqual(phones.bob.memory.contacts, ["alice"])
        XCTAssertEqual(phones.alice.call?.connectedAt, phones.alice.time)
        phones.bob.controller.hangUp()
        try await until("the end") { phones.alice.call == nil }
        XCTAssertEqual(phones.alice.system.notes.last, .report(id, .ended(.remoteEnded)))
        XCTAssertFalse(phones.bob.system.notes.contains { if case .report = $0 { true } else { false } })
        for phone in [phones.alice, phones.bob] {
            XCTAssertEqual(phone.controller.screen.page, .contacts)
            XCTAssertNil(phone.devices.camera, "the light is off")
            XCTAssertNil(phone.devices.microphone, "the microphone is closed")
        }
    }

    func testADeclinedCallSaysSoAndNothingWasOpened() async throws {
        let phones = try Phones()
        await phones.alice.controller.ring("bob", video: false)
        try await until("ringing") { phones.bob.call != nil }
        phones.bob.controller.hangUp()
        try await until("the end") { phones.alice.call == nil }
        XCTAssertEqual(phones.alice.controller.screen.notice, .ended(.declined))
        XCTAssertNil(phones.bob.call)
        XCTAssertFalse(phones.bob.devices.notes.contains(.voice(true)))
        phones.alice.controller.dismissNotice()
        XCTAssertNil(phones.alice.controller.screen.notice)
    }

    func testMuteIsOneStateForTheAppAndTheSystem() async throws {
        let phones = try Phones()
        try await phones.connect()
        phones.alice.controller.toggleMute()
        XCTAssertEqual(phones.alice.call?.isMuted, true)
        XCTAssertEqual(phones.alice.devices.microphone?.isEnabled, false)
        try await until("word of it") { phones.bob.call?.isRemoteMuted == true }
        let id = try XCTUnwrap(phones.bob.ringing)
        XCTAssertTrue(phones.bob.controller.bridge.perform(.mute(id, true)), "the car's button")
        XCTAssertEqual(phones.bob.call?.isMuted, true)
        phones.alice.controller.toggleMute()
        XCTAssertEqual(phones.alice.devices.microphone?.isEnabled, true)
    }

    func testATelephoneCallPausesAndItsEndGoesOnWithSound() async throws {
        let phones = try Phones()
        try await phones.connect()
        let id = try XCTUnwrap(phones.bob.ringing)
        let bob = phones.bob
        XCTAssertTrue(bob.controller.bridge.perform(.hold(id, true)))
        bob.controller.bridge.audioChanged(isActive: false)
        XCTAssertNil(bob.devices.microphone)
        XCTAssertNil(bob.devices.camera, "the light is off while the call is paused")
        try await until("word of it") { phones.alice.call?.isHeldThere == true }
        XCTAssertTrue(bob.controller.bridge.perform(.hold(id, false)))
        bob.activateAudio()
        XCTAssertNotNil(bob.devices.microphone)
        XCTAssertNotNil(bob.devices.camera)
        try await until("word of it") { phones.alice.call?.isHeldThere == false }
    }

    func testTheBackgroundClosesTheCameraAndKeepsTheSound() async throws {
        let phones = try Phones()
        try await phones.connect()
        let alice = phones.alice
        XCTAssertNotNil(alice.devices.camera)
        alice.controller.sceneChanged(isForeground: false)
        XCTAssertNil(alice.devices.camera)
        XCTAssertNotNil(alice.devices.microphone)
        XCTAssertEqual(alice.controller.screen.service, .connected, "a call needs its service")
        alice.controller.sceneChanged(isForeground: true)
        XCTAssertNotNil(alice.devices.camera)
        XCTAssertNotNil(alice.controller.remoteVideo(in: .app))
        XCTAssertNil(alice.controller.remoteVideo(in: .window))
        alice.controller.sceneChanged(isForeground: false)
        XCTAssertFalse(alice.controller.screen.isSeen)
        alice.controller.windowChanged(isOpen: true)
        XCTAssertNotNil(alice.devices.camera, "its picture-in-picture window is open")
        XCTAssertNil(alice.controller.remoteVideo(in: .app), "one view gets the pictures")
        XCTAssertNotNil(alice.controller.remoteVideo(in: .window))
        alice.controller.windowChanged(isOpen: false)
        XCTAssertNil(alice.devices.camera)
        alice.controller.hangUp()
        XCTAssertEqual(alice.controller.screen.service, .closed, "asleep after the call")
    }

    func testAsleepTheServiceIsLeftAndAwakeItIsJoined() async throws {
        let phones = try Phones()
        let alice = phones.alice.controller
        alice.sceneChanged(isForeground: false)
        XCTAssertEqual(alice.screen.service, .closed)
        XCTAssertEqual(phones.alice.sessions, 1)
        alice.sceneChanged(isForeground: true)
        XCTAssertEqual(phones.alice.sessions, 2)
        alice.sceneChanged(isForeground: true)
        XCTAssertEqual(phones.alice.sessions, 2, "once")
        let unseen = Phone(
            engine: phones.engine, isSeen: false, account: try Account(server: "x", name: "carol"))
        XCTAssertEqual(unseen.sessions, 0, "started for a push message")
        XCTAssertEqual(unseen.controller.screen.page, .contacts)
    }

    func testCameraOffAndOtherSideAndHeat() async throws {
        let phones = try Phones()
        try await phones.connect()
        let alice = phones.alice
        await alice.controller.toggleCamera()
        XCTAssertNil(alice.devices.camera)
        XCTAssertEqual(alice.call?.isCameraOn, false)
        try await until("word of it") { phones.bob.call?.isRemoteVideoShown == false }
        await alice.controller.toggleCamera()
        XCTAssertEqual(alice.devices.camera?.isEnabled, true)
        alice.controller.flipCamera()
        XCTAssertEqual(alice.devices.notes.last, .camera(.on(.back, .standard)))
        XCTAssertEqual(alice.call?.isMirrored, false)
        alice.controller.powerChanged(thermal: .nominal, isLowPower: true)
        XCTAssertEqual(alice.devices.notes.last, .camera(.on(.back, .saving)))
        alice.controller.powerChanged(thermal: .critical, isLowPower: true)
        XCTAssertNil(alice.devices.camera)
        XCTAssertEqual(alice.call?.isSelfViewShown, false)
        XCTAssertEqual(alice.call?.isCameraOn, true, "as the person wants it")
    }

    func testPicturesInACallWithoutAreAskedFor() async throws {
        let phones = try Phones()
        try await phones.connect(video: false)
        XCTAssertNil(phones.alice.devices.camera)
        await phones.alice.controller.toggleCamera()
        XCTAssertNil(phones.alice.devices.camera, "not before the other one agrees")
        try await until("a question") { phones.bob.call?.asksVideo == true }
        await phones.bob.controller.answerVideo(true)
        for phone in [phones.alice, phones.bob] {
            try await until("a camera") { phone.devices.camera != nil }
            XCTAssertEqual(phone.call?.isSpeakerOn, true)
        }
        XCTAssertEqual(phones.bob.call?.asksVideo, false)
        let id = try XCTUnwrap(phones.bob.ringing)
        XCTAssertTrue(
            phones.bob.system.notes.contains(
                .report(id, .updated(SystemCallInfo(name: "alice", hasVideo: true)))))
    }

    func testAQuestionForPicturesMayBeDeclined() async throws {
        let phones = try Phones()
        try await phones.connect(video: false)
        await phones.alice.controller.toggleCamera()
        try await until("a question") { phones.bob.call?.asksVideo == true }
        XCTAssertEqual(phones.alice.call?.isAskingVideo, true)
        await phones.bob.controller.answerVideo(false)
        try await until("the answer") { phones.alice.call?.isAskingVideo == false }
        await phones.alice.controller.toggleCamera()
        try await until("another question") { phones.bob.call?.asksVideo == true }
        XCTAssertNil(phones.alice.devices.camera)
    }

    func testASharedScreenTakesTheCamerasPlace() async throws {
        let phones = try Phones()
        try await phones.connect()
        let alice = phones.alice
        alice.controller.broadcastChanged(isOn: true)
        XCTAssertNil(alice.devices.camera)
        XCTAssertNotNil(alice.devices.screen)
        XCTAssertEqual(alice.call?.isSharing, true)
        try await until("word of it") { phones.bob.call?.remoteFit == .letterbox }
        alice.controller.broadcastChanged(isOn: false)
        XCTAssertNotNil(alice.devices.camera)
        try await until("word of it") { phones.bob.call?.remoteFit == .fill }
        alice.controller.broadcastChanged(isOn: true)
        alice.controller.stopSharing()
        XCTAssertNil(alice.devices.screen, "the broadcast is ended")
        XCTAssertEqual(alice.call?.isSharing, false)
        alice.controller.broadcastChanged(isOn: true)
        alice.controller.hangUp()
        XCTAssertNil(alice.devices.screen, "with the call")
        alice.controller.broadcastChanged(isOn: true)
        XCTAssertNil(alice.devices.screen, "without a call there is nobody to show it to")
    }

    func testWhatAPersonRefusesIsExplained() async throws {
        let phones = try Phones()
        let alice = phones.alice
        alice.person.decided[.microphone] = .denied
        await alice.controller.ring("bob", video: true)
        XCTAssertNil(alice.call)
        XCTAssertEqual(
            alice.controller.screen.notice, .permission(.init(permission: .microphone, canChange: true)))
        alice.person.decided = [.microphone: .granted, .camera: .restricted]
        await alice.controller.ring("bob", video: true)
        XCTAssertEqual(
            alice.controller.screen.notice, .permission(.init(permission: .camera, canChange: false)))
        XCTAssertEqual(alice.call?.isCameraOn, false)
        try await until("ringing") { phones.bob.ringing != nil && phones.bob.call != nil }
        phones.bob.person.decided[.microphone] = .denied
        let id = try XCTUnwrap(phones.bob.ringing)
        XCTAssertFalse(phones.bob.controller.bridge.perform(.answer(id)))
    }

    func testAPushMessageRingsBeforeTheServiceIsReachedAndIsTheSameCallThen() async throws {
        let phones = try Phones()
        let bob = phones.bob
        bob.controller.sceneChanged(isForeground: false)
        // The caller rings; bob's service is not there, so that a push message goes out.
        let callId = "0123456789abcdef0123456789abcdef"
        bob.controller.push.received([
            "call": callId, "from": "alice", "media": "audio", "expires": bob.time + 30,
        ])
        let id = CallKitBridge.uuid(of: callId)
        XCTAssertEqual(
            bob.system.notes, [.incoming(id, SystemCallInfo(name: "alice", hasVideo: false))])
        XCTAssertEqual(bob.sessions, 2, "awake")
        XCTAssertTrue(bob.controller.bridge.perform(.answer(id)), "faster than the service")
        bob.activateAudio()
        try await until("an answer") { bob.call?.phase == .connecting }
        XCTAssertEqual(bob.system.notes.count, 1, "it rings once")
        _ = bob.controller.bridge.perform(.end(id))
        XCTAssertNil(bob.call)
        XCTAssertEqual(bob.controller.screen.service, .closed, "asleep again")
    }

    func testAPushMessageInACallOrWithoutAnAccountEndsAtOnce() async throws {
        let phones = try Phones()
        try await phones.connect()
        let payload: [AnyHashable: Any] = [
            "call": "ffff456789abcdef0123456789abcdef", "from": "eve", "media": "audio",
            "expires": phones.bob.time + 30,
        ]
        let id = CallKitBridge.uuid(of: "ffff456789abcdef0123456789abcdef")
        phones.bob.controller.push.received(payload)
        XCTAssertEqual(phones.bob.system.notes.last, .report(id, .ended(.unanswered)))
        XCTAssertEqual(phones.bob.call?.phase, .connected, "the call goes on")
        phones.bob.controller.signOut()
        phones.bob.controller.push.received(payload)
        XCTAssertEqual(phones.bob.system.notes.last, .report(id, .ended(.unanswered)))
    }

    func testTheSystemsResetEndsTheCall() async throws {
        let phones = try Phones()
        try await phones.connect()
        phones.alice.controller.bridge.reset()
        XCTAssertNil(phones.alice.call)
        try await until("the end") { phones.bob.call == nil }
        XCTAssertNil(phones.alice.devices.microphone)
    }

    func testAnInterruptionThatIsNoCallClosesTheSoundUntilItEnds() async throws {
        let phones = try Phones()
        try await phones.connect()
        let alice = phones.alice
        alice.controller.audioHappened(.interruptionBegan)
        XCTAssertNil(alice.devices.microphone)
        alice.devices.refusesActivation = true
        alice.controller.audioHappened(.interruptionEnded)
        XCTAssertNil(alice.devices.microphone, "the other one has not let go")
        alice.devices.refusesActivation = false
        alice.controller.sceneChanged(isForeground: true)
        XCTAssertNotNil(alice.devices.microphone)
    }

    func testTheEngineIsToldOfAnotherNetworkAndThePersonOfNone() async throws {
        let phones = try Phones()
        try await phones.connect()
        let alice = phones.alice.controller
        alice.networkChanged(NetworkPath(isSatisfied: true, interfaces: ["en0"]))
        XCTAssertTrue(alice.screen.isOnline)
        alice.networkChanged(NetworkPath(isSatisfied: false, interfaces: []))
        XCTAssertFalse(alice.screen.isOnline)
        alice.networkChanged(NetworkPath(isSatisfied: true, interfaces: ["pdp_ip0"]))
        XCTAssertTrue(alice.screen.isOnline)
        // The engine looks for new paths: the call says so and finds them.
        try await until("a recovery") { phones.alice.call?.phase == .connected }
    }

    func testOneCallAtATime() async throws {
        let phones = try Phones()
        try await phones.connect()
        await phones.alice.controller.ring("carol", video: false)
        XCTAssertEqual(phones.alice.call?.peer, "bob")
        XCTAssertFalse(
            phones.alice.controller.bridge.perform(.start(UUID(), to: "carol", video: false)),
            "from the system's list of recent calls")
        await phones.alice.controller.join(room: " ", video: false)
        XCTAssertEqual(phones.alice.call?.peer, "bob")
    }
}
