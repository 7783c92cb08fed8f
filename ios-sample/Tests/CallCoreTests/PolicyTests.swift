import Duet
import DuetMedia
import XCTest

@testable import CallCore

final class CameraPolicyTests: XCTestCase {
    private func inCall() -> CameraPolicy {
        var policy = CameraPolicy()
        (policy.isWanted, policy.isCallOn, policy.isPermitted) = (true, true, true)
        return policy
    }

    func testTheCameraIsOnInACallWithPictures() {
        XCTAssertEqual(inCall().decision, .on(.front, .standard))
        var flipped = inCall()
        flipped.position = .back
        XCTAssertEqual(flipped.decision, .on(.back, .standard))
        XCTAssertEqual(CameraPolicy().decision, .off)
    }

    func testEachReasonAloneTurnsItOff() {
        let reasons: [(String, (inout CameraPolicy) -> Void)] = [
            ("the person turned it off", { $0.isWanted = false }),
            ("the call is over or on hold", { $0.isCallOn = false }),
            ("it is not allowed", { $0.isPermitted = false }),
            ("the app is not seen", { $0.isVisible = false }),
            ("a screen is shared", { $0.isSharingScreen = true }),
            ("the device is hot", { $0.thermal = .critical }),
        ]
        for (what, change) in reasons {
            var policy = inCall()
            change(&policy)
            XCTAssertEqual(policy.decision, .off, what)
        }
    }

    func testAWarmOrSavingDeviceTakesSmallerPicturesAndSaysSo() {
        var policy = inCall()
        policy.isLowPower = true
        XCTAssertEqual(policy.decision, .on(.front, .saving))
        XCTAssertEqual(policy.news, .thermalWarm)
        policy.isLowPower = false
        let expected: [(ThermalState, DeviceNews, CameraPolicy.Decision)] = [
            (.nominal, .thermalNormal, .on(.front, .standard)),
            (.fair, .thermalNormal, .on(.front, .standard)),
            (.serious, .thermalWarm, .on(.front, .saving)), (.critical, .thermalHot, .off),
        ]
        for (thermal, news, decision) in expected {
            policy.thermal = thermal
            XCTAssertEqual(policy.news, news)
            XCTAssertEqual(policy.decision, decision)
        }
    }
}

final class NetworkMonitorTests: XCTestCase {
    private let wifi = NetworkPath(isSatisfied: true, interfaces: ["en0"], gateways: ["192.168.1.1"])
    private let cellular = NetworkPath(isSatisfied: true, interfaces: ["pdp_ip0"])
    private let nothing = NetworkPath(isSatisfied: false, interfaces: [])

    func testTheFirstNetworkIsNoChange() {
        var monitor = NetworkMonitor()
        XCTAssertTrue(monitor.isOnline, "until something is known")
        XCTAssertFalse(monitor.update(wifi))
        XCTAssertFalse(monitor.update(wifi), "said again")
    }

    func testAnotherNetworkIsTold() {
        var monitor = NetworkMonitor()
        _ = monitor.update(wifi)
        XCTAssertTrue(monitor.update(cellular))
        XCTAssertTrue(monitor.update(wifi))
        var other = wifi
        other.gateways = ["10.0.0.1"]
        XCTAssertTrue(monitor.update(other), "another Wi-Fi")
    }

    func testALostNetworkIsToldWhenThereIsOneAgain() {
        var monitor = NetworkMonitor()
        _ = monitor.update(wifi)
        XCTAssertFalse(monitor.update(nothing), "there is nothing to try")
        XCTAssertFalse(monitor.isOnline)
        XCTAssertTrue(monitor.update(wifi), "the same one, but its connections are gone")
        XCTAssertTrue(monitor.isOnline)
    }

    func testAnAppThatStartsWithoutANetworkTellsTheFirstOne() {
        var monitor = NetworkMonitor()
        XCTAssertFalse(monitor.update(nothing))
        XCTAssertTrue(monitor.update(wifi))
    }
}

@MainActor
final class PermissionFlowTests: XCTestCase, @unchecked Sendable {
    func testOnlyWhatIsNeededIsAskedFor() async {
        let person = Person()
        person.decided = [:]
        person.answers = [.microphone: true, .camera: true]
        let flow = PermissionFlow(port: person)
        let sound = await flow.prepare(video: false)
        XCTAssertEqual(sound, .call(video: false))
        XCTAssertEqual(person.asked, [.microphone])
        let pictures = await flow.prepare(video: true)
        XCTAssertEqual(pictures, .call(video: true))
        XCTAssertEqual(person.asked, [.microphone, .camera], "nobody is asked twice")
        XCTAssertTrue(flow.hasCamera)
    }

    func testWithoutAMicrophoneThereIsNoCall() async {
        let person = Person()
        person.decided[.microphone] = .denied
        let flow = PermissionFlow(port: person)
        let denied = await flow.prepare(video: true)
        XCTAssertEqual(denied, .refused(.init(permission: .microphone, canChange: true)))
        XCTAssertFalse(flow.mayAnswer)
        person.decided[.microphone] = .restricted
        let restricted = await flow.prepare(video: true)
        XCTAssertEqual(restricted, .refused(.init(permission: .microphone, canChange: false)))
        XCTAssertEqual(person.asked, [])
    }

    func testWithoutACameraTheCallHasSoundOnly() async {
        let person = Person()
        person.decided[.camera] = nil
        person.answers = [.camera: false]
        let flow = PermissionFlow(port: person)
        let outcome = await flow.prepare(video: true)
        XCTAssertEqual(outcome, .withoutCamera(.init(permission: .camera, canChange: true)))
        XCTAssertFalse(flow.hasCamera)
    }

    func testACallIsAnsweredFromTheLockScreenBeforeAnybodyCouldBeAsked() async {
        let person = Person()
        person.decided = [:]
        XCTAssertTrue(PermissionFlow(port: person).mayAnswer)
        XCTAssertEqual(person.asked, [])
    }
}

final class QualityMeterTests: XCTestCase {
    private func sample(
        _ received: UInt64, lost: UInt64 = 0, concealed: UInt64 = 0, freezes: UInt64 = 0, way: Int = 50
    ) -> QualitySample {
        QualitySample(
            received: received, lost: lost, samples: received * 960, concealed: concealed, freezes: freezes,
            roundTrip: .milliseconds(way))
    }

    private func judge(_ sample: QualitySample) -> Quality? {
        var meter = QualityMeter()
        _ = meter.update(self.sample(100, lost: 90, concealed: 90_000, freezes: 7))
        return meter.update(sample)
    }

    func testOnlyWhatHappenedSinceTheLastLookCounts() {
        XCTAssertEqual(judge(sample(150, lost: 90, concealed: 90_000, freezes: 7)), .good)
        var meter = QualityMeter()
        XCTAssertNil(meter.update(sample(100)), "the first look")
        XCTAssertNil(meter.update(sample(100)), "nothing came")
    }

    func testLossInventionDelayAndFreezesLowerIt() {
        let base = (lost: UInt64(90), concealed: UInt64(90_000))
        func after(
            lost: UInt64 = 0, concealed: UInt64 = 0, freezes: UInt64 = 7, way: Int = 50
        ) -> Quality? {
            judge(
                sample(
                    200, lost: base.lost + lost, concealed: base.concealed + concealed, freezes: freezes,
                    way: way))
        }
        XCTAssertEqual(after(lost: 6), .fair)
        XCTAssertEqual(after(lost: 20), .poor)
        XCTAssertEqual(after(concealed: 96_000 * 3 / 100), .fair)
        XCTAssertEqual(after(concealed: 96_000 / 10), .poor)
        XCTAssertEqual(after(way: 400), .fair)
        XCTAssertEqual(after(way: 900), .poor)
        XCTAssertEqual(after(freezes: 8), .fair)
        XCTAssertLessThan(Quality.poor, .good)
    }
}

final class AccountTests: XCTestCase {
    func testWhatIsTypedIsMadeComplete() throws {
        let account = try Account(server: " calls.example.org ", name: " alice ")
        XCTAssertEqual(account.server, "https://calls.example.org")
        XCTAssertEqual(account.name, "alice")
        XCTAssertEqual(try Account(server: "http://10.0.0.2:8080", name: "a").server, "http://10.0.0.2:8080")
    }

    func testWhatIsNoAccountIsRefused() {
        for server in ["", "https://", "ftp://x", "two words"] {
            XCTAssertThrowsError(try Account(server: server, name: "a"), server) {
                XCTAssertEqual($0 as? Account.Problem, .server)
            }
        }
        for name in ["", "  ", String(repeating: "a", count: 129)] {
            XCTAssertThrowsError(try Account(server: "x", name: name), name) {
                XCTAssertEqual($0 as? Account.Problem, .name)
            }
        }
    }
}
