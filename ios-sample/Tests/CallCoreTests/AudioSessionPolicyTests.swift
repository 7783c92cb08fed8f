import XCTest

@testable import CallCore

final class AudioSessionPolicyTests: XCTestCase {
    private var policy = AudioSessionPolicy()

    private func talk(video: Bool = false) {
        policy = AudioSessionPolicy()
        _ = policy.handle(.callBegins(video: video))
        _ = policy.handle(.activated)
    }

    func testACallSetsTheSessionUpButDoesNotActivateIt() {
        XCTAssertEqual(policy.handle(.callBegins(video: false)), [.configure(video: false)])
        XCTAssertFalse(policy.isActive, "the system activates")
        XCTAssertEqual(
            policy.handle(.activated), [.overrideSpeaker(false), .proximity(true), .startVoice])
        XCTAssertTrue(policy.isActive)
    }

    func testACallWithPicturesIsHeardFromTheLoudspeaker() {
        XCTAssertEqual(policy.handle(.callBegins(video: true)), [.configure(video: true)])
        XCTAssertEqual(
            policy.handle(.activated), [.overrideSpeaker(true), .proximity(false), .startVoice])
        XCTAssertTrue(policy.isSpeakerOn)
    }

    func testHeadphonesGoBeforeTheLoudspeaker() {
        for output in AudioOutput.allCases where output.isPersonal {
            policy = AudioSessionPolicy()
            _ = policy.handle(.routeChanged(output))
            _ = policy.handle(.callBegins(video: true))
            XCTAssertFalse(policy.isSpeakerOn, "\(output) was there before the call")
            talk(video: true)
            XCTAssertEqual(
                policy.handle(.routeChanged(output)), [.overrideSpeaker(false), .proximity(false)],
                "\(output) is put on in the call")
        }
    }

    func testHeadphonesTakenOffInACallWithPicturesTurnTheLoudspeakerOn() {
        talk(video: true)
        _ = policy.handle(.routeChanged(.bluetooth))
        XCTAssertEqual(
            policy.handle(.routeChanged(.receiver)), [.overrideSpeaker(true), .proximity(false)])
        talk(video: false)
        _ = policy.handle(.routeChanged(.headphones))
        XCTAssertEqual(policy.handle(.routeChanged(.receiver)), [.proximity(true)], "at the ear again")
    }

    func testTheButtonTurnsTheLoudspeakerOnAndOff() {
        talk()
        XCTAssertEqual(policy.handle(.speakerPressed), [.overrideSpeaker(true), .proximity(false)])
        XCTAssertEqual(policy.handle(.speakerPressed), [.overrideSpeaker(false), .proximity(true)])
    }

    func testTheSoundIsOpenedAgainAfterATelephoneCall() {
        talk()
        XCTAssertEqual(policy.handle(.interruptionBegan), [.stopVoice, .tell(.audioFocusLost)])
        XCTAssertFalse(policy.isActive)
        XCTAssertEqual(policy.handle(.interruptionBegan), [], "once is enough")
        XCTAssertEqual(policy.handle(.interruptionEnded), [.activate])
        XCTAssertEqual(
            policy.handle(.activated),
            [.overrideSpeaker(false), .proximity(true), .startVoice, .tell(.audioFocusRegained)])
        XCTAssertEqual(policy.handle(.interruptionEnded), [], "nothing to end")
    }

    func testAnInterruptionWhoseEndIsNotToldEndsWhenTheAppIsSeen() {
        talk()
        XCTAssertEqual(policy.handle(.becameActive), [], "nothing was interrupted")
        _ = policy.handle(.interruptionBegan)
        XCTAssertEqual(policy.handle(.becameActive), [.activate])
    }

    func testCallKitsOwnPauseClosesTheSoundAndActivationOpensIt() {
        talk()
        XCTAssertEqual(policy.handle(.deactivated), [.stopVoice])
        XCTAssertFalse(policy.isActive)
        XCTAssertTrue(policy.handle(.activated).contains(.startVoice))
    }

    func testANewAudioServerIsSetUpFromTheStart() {
        talk(video: true)
        XCTAssertEqual(
            policy.handle(.mediaServicesReset), [.stopVoice, .configure(video: true), .activate])
    }

    func testPicturesThatComeOrGoChangeTheMode() {
        talk()
        XCTAssertEqual(
            policy.handle(.videoChanged(true)),
            [.configure(video: true), .overrideSpeaker(true), .proximity(false)])
        XCTAssertEqual(policy.handle(.videoChanged(true)), [], "they are there already")
        XCTAssertTrue(policy.handle(.videoChanged(false)).contains(.configure(video: false)))
    }

    func testWithoutACallNothingIsOpened() {
        policy = AudioSessionPolicy()
        let happenings: [AudioHappening] = [
            .activated, .interruptionBegan, .interruptionEnded, .becameActive, .routeChanged(.speaker),
            .speakerPressed, .mediaServicesReset, .videoChanged(true), .callEnded,
        ]
        for happening in happenings { XCTAssertEqual(policy.handle(happening), [], "\(happening)") }
    }

    func testTheEndOfACallClosesEverything() {
        talk(video: true)
        XCTAssertEqual(
            policy.handle(.callEnded), [.stopVoice, .overrideSpeaker(false), .proximity(false)])
        XCTAssertFalse(policy.isSpeakerOn)
    }
}
