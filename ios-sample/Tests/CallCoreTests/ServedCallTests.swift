import Duet
import DuetMedia
import Foundation
import XCTest

@testable import CallCore

/// Whole calls of two controllers over a real `duet serve`, with media both ways.
@MainActor
final class ServedCallTests: XCTestCase, @unchecked Sendable {
    private func phones(_ names: [String]) async throws -> [Phone] {
        guard let url = ProcessInfo.processInfo.environment["DUET_URL"] else {
            throw XCTSkip("DUET_URL does not name a `duet serve`; `cargo xtask apple --check` starts one")
        }
        let phones = try names.map { name in
            let phone = Phone(engine: try Engine(), inApp: true)
            phone.controller.signIn(server: url, name: name)
            return phone
        }
        for phone in phones {
            try await until("a connection to the service") { phone.controller.screen.service == .connected }
        }
        return phones
    }

    func testTwoControllersSeeAndHearEachOther() async throws {
        let phones = try await phones(["anna", "bert"])
        let (anna, bert) = (phones[0], phones[1])
        await anna.controller.ring("bert", video: true)
        try await until("it rings") { bert.controller.screen.page == .incoming }
        try await until("word of it") { anna.call?.phase == .ringing }
        XCTAssertEqual(bert.call?.peer, "anna")
        await bert.controller.answer()
        for phone in phones {
            try await until("a connection") { phone.call?.phase == .connected }
        }
        try await exchangeMedia(anna, bert, pictures: 10)
        for phone in phones {
            let statistics = try XCTUnwrap(phone.controller.look())
            XCTAssertGreaterThan(statistics.inboundVideo.framesDecoded, 0)
            XCTAssertGreaterThan(statistics.outboundAudio.packetsSent, 0)
            var table = StatisticsTable()
            _ = table.rows(statistics, now: 0)
            let rows = table.rows(statistics, now: 1)
            XCTAssertEqual(Set(rows.map(\.word)).count, rows.count)
            XCTAssertEqual(rows.first { $0.word == .statisticsReceived }?.value, "160x120, 0 kbit/s")
            XCTAssertEqual(phone.call?.isRemoteVideoShown, true)
            XCTAssertEqual(phone.call?.allowsPictureInPicture, true)
        }
        bert.controller.hangUp()
        for phone in phones {
            try await until("the end") { phone.call == nil }
            XCTAssertNil(phone.devices.microphone)
            XCTAssertNil(phone.devices.camera)
            XCTAssertEqual(phone.devices.notes.last { $0 == .activate || $0 == .deactivate }, .deactivate)
        }
    }

    func testTwoControllersMeetInARoom() async throws {
        let phones = try await phones(["cleo", "dirk"])
        await phones[0].controller.join(room: "tea", video: true)
        try await until("alone") { phones[0].call?.phase == .waiting }
        await phones[1].controller.join(room: "tea", video: true)
        for phone in phones {
            try await until("a connection") { phone.call?.phase == .connected }
        }
        XCTAssertEqual(phones.map { $0.call?.peer }, ["dirk", "cleo"])
        XCTAssertEqual(phones[0].memory.contacts, [], "rooms are not people")
        try await exchangeMedia(phones[0], phones[1], pictures: 3)
        phones[0].controller.hangUp()
        try await until("the end") { phones[1].call == nil }
    }

    func testWhoIsNotThereIsNotReached() async throws {
        let phones = try await phones(["emma"])
        await phones[0].controller.ring("nobody", video: false)
        try await until("the end") { phones[0].call == nil }
        XCTAssertEqual(phones[0].controller.screen.notice, .ended(.notFound))
        XCTAssertFalse(phones[0].devices.notes.contains(.voice(true)))
    }

    /// Pictures and a tone through the tracks that the controllers gave to their devices, until each has
    /// seen `pictures` and heard something.
    private func exchangeMedia(_ one: Phone, _ other: Phone, pictures: Int) async throws {
        var ends = [End(phone: one), End(phone: other)]
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(60)
        var next = clock.now
        var tick = 0
        while ends.contains(where: { $0.seen < pictures || !$0.heard }) {
            guard clock.now < deadline else { throw Late(what: "media: \(ends.map { ($0.seen, $0.heard) })") }
            for index in ends.indices { try ends[index].step(tick) }
            tick += 1
            // A microphone's pace: real media needs real time.
            next += .milliseconds(10)
            try await clock.sleep(until: next)
        }
    }
}

/// The hardware of a phone.
@MainActor
private struct End {
    let phone: Phone
    var seen = 0
    var heard = false
    private var luma: UInt8 = 0
    private var block = [Float](repeating: 0, count: 480)

    init(phone: Phone) { self.phone = phone }

    mutating func step(_ tick: Int) throws {
        if tick % 3 == 0, let camera = phone.devices.camera {
            luma &+= 3
            let y = (0..<160 * 120).map { UInt8(truncatingIfNeeded: $0 % 160) &+ luma }
            try camera.push(.i420(width: 160, height: 120, y + [UInt8](repeating: 128, count: 80 * 120)))
        }
        let tone = (0..<480).map { n in sin(Float(n + tick * 480) * 440 * 2 * .pi / 48_000) * 0.3 }
        try phone.devices.microphone?.push(tone, rate: 48_000)
        while phone.controller.remoteVideo(in: .app)?.acquire() != nil { seen += 1 }
        try phone.devices.speaker?.pull(into: &block, rate: 48_000)
        heard = heard || block.reduce(0) { $0 + $1 * $1 } > 480 * 0.0001
    }
}
