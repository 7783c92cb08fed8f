import Duet
import Foundation
import XCTest

@testable import CallCore

final class WordTests: XCTestCase {
    private static let resources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("App/Resources")

    /// Keys and values of a `.strings` file whose lines are `"key" = "value";`.
    private func strings(_ language: String, _ file: String) throws -> [String: String] {
        let url = Self.resources.appendingPathComponent("\(language).lproj/\(file).strings")
        var found: [String: String] = [:]
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
            let parts = line.components(separatedBy: "\"")
            XCTAssertEqual(parts.count, 5, "\(language): \(line)")
            XCTAssertEqual(parts[0] + parts[2] + parts[4], " = ;", "\(language): \(line)")
            XCTAssertNil(found.updateValue(parts[3], forKey: parts[1]), "\(language): \(parts[1]) twice")
        }
        return found
    }

    func testEveryWordIsThereInEveryLanguageAndNoOther() throws {
        for language in ["en", "zh-Hans"] {
            let strings = try strings(language, "Localizable")
            XCTAssertEqual(Set(strings.keys), Set(Word.allCases.map(\.rawValue)), language)
            for (key, value) in strings { XCTAssertFalse(value.isEmpty, key) }
        }
        let (english, chinese) = (try strings("en", "InfoPlist"), try strings("zh-Hans", "InfoPlist"))
        XCTAssertEqual(Set(english.keys), Set(chinese.keys))
    }

    func testWhatHoldsTheCallUpIsSaidFirst() {
        var view = CallView()
        XCTAssertEqual(view.word, .phaseCalling)
        let phases: [(CallView.Phase, Word)] = [
            (.calling, .phaseCalling), (.ringing, .phaseRinging), (.incoming, .phaseIncoming),
            (.waiting, .phaseWaiting), (.connecting, .phaseConnecting), (.connected, .phaseConnected),
            (.reconnecting, .phaseReconnecting),
        ]
        for (phase, word) in phases {
            view.phase = phase
            XCTAssertEqual(view.word, word)
        }
        view.isAskingVideo = true
        XCTAssertEqual(view.word, .callAskingVideo)
        view.isHeldThere = true
        XCTAssertEqual(view.word, .callHeldThere)
        view.isHeld = true
        XCTAssertEqual(view.word, .callHeld)
    }

    func testTheClockRunsFromTheConnection() {
        var view = CallView()
        XCTAssertNil(view.clock(now: 5))
        view.connectedAt = 1000
        XCTAssertEqual(view.clock(now: 1000), "0:00")
        XCTAssertEqual(view.clock(now: 1187.9), "3:07")
        XCTAssertEqual(view.clock(now: 1000 + 3_661), "1:01:01")
        XCTAssertEqual(view.clock(now: 0), "0:00", "a clock that was set back")
    }

    func testAPictureInPictureWindowNeedsAPicture() {
        var view = CallView()
        (view.phase, view.isRemoteVideoShown) = (.connected, true)
        XCTAssertTrue(view.allowsPictureInPicture)
        view.isHeld = true
        XCTAssertFalse(view.allowsPictureInPicture)
        (view.isHeld, view.isRemoteVideoShown) = (false, false)
        XCTAssertFalse(view.allowsPictureInPicture)
        (view.isRemoteVideoShown, view.phase) = (true, .connecting)
        XCTAssertFalse(view.allowsPictureInPicture)
    }

    func testWithoutANetworkNothingElseIsSaidOfTheService() {
        var screen = CallScreen()
        let states: [(SessionState, Word)] = [
            (.closed, .serviceClosed), (.connecting, .serviceConnecting),
            (.reconnecting, .serviceConnecting), (.connected, .serviceConnected),
        ]
        for (state, word) in states {
            screen.service = state
            XCTAssertEqual(screen.serviceWord, word)
        }
        screen.isOnline = false
        XCTAssertEqual(screen.serviceWord, .offline)
    }

    func testEveryNoticeHasItsWordAndOnlyRefusalsLeadToTheSettings() {
        let words: [(Notice, Word)] = [
            (.account(.server), .noticeServer), (.account(.name), .noticeName),
            (.permission(.init(permission: .microphone, canChange: true)), .noticeMicrophone),
            (.permission(.init(permission: .microphone, canChange: false)), .noticeMicrophoneRestricted),
            (.permission(.init(permission: .camera, canChange: true)), .noticeCamera),
            (.permission(.init(permission: .camera, canChange: false)), .noticeCameraRestricted),
            (.service(.unauthorized), .noticeUnauthorized), (.service(.nameTaken), .noticeNameTaken),
            (.service(.signaling), .noticeService), (.ended(.declined), .endDeclined),
            (.ended(.busy), .endBusy), (.ended(.ringTimeout), .endUnanswered),
            (.ended(.notFound), .endNotThere), (.ended(.acceptedElsewhere), .endElsewhere),
            (.ended(.roomFull), .endRoomFull), (.ended(.peerGone), .endGone),
            (.ended(.iceFailed), .endFailed),
        ]
        for (notice, word) in words {
            XCTAssertEqual(notice.word, word)
            XCTAssertEqual(notice.leadsToSettings, [.noticeMicrophone, .noticeCamera].contains(word))
        }
        XCTAssertEqual(Quality.allCases.map(\.word), [.qualityPoor, .qualityFair, .qualityGood])
    }

    func testRatesAndSizesAreShownAsFarAsTheyAreKnown() {
        XCTAssertEqual(StatisticsTable.rate(126_000, since: 1_000, seconds: 1), 1000)
        XCTAssertNil(StatisticsTable.rate(1, since: 2, seconds: 1))
        XCTAssertNil(StatisticsTable.rate(2, since: 1, seconds: 0))
        XCTAssertEqual(StatisticsTable.picture(1280, 720, 900), "1280x720, 900 kbit/s")
        XCTAssertEqual(StatisticsTable.picture(0, 0, nil), "-")
        XCTAssertEqual(StatisticsTable.picture(0, 0, 5), "5 kbit/s")
    }
}
