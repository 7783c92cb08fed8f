import Duet
import XCTest

import func CDuet.duet_handle_count

/// Whole calls.
final class CallTests: XCTestCase {
    func testTwoUsersSeeAndHearEachOtherOverTheHostsOwnSignaling() async throws {
        let users = try Users()
        let outgoing = try users.alice.ring("bob")
        XCTAssertEqual(outgoing.peer, "bob")
        let news = outgoing.events
        let incoming = try await incoming(users.bob)
        XCTAssertEqual(incoming.peer, "alice")
        XCTAssertEqual(incoming.id, outgoing.id)
        XCTAssertEqual(incoming.state, .incoming)
        XCTAssertEqual(incoming.media, MediaKinds(audio: true, video: true))
        try incoming.accept()
        try await within("media") {
            try await outgoing.connected()
            try await incoming.connected()
        }
        try await exchangeMedia(outgoing, incoming, frames: 10)
        let statistics = outgoing.statistics
        XCTAssertEqual(statistics.outboundVideo.codec, .h264)
        XCTAssertEqual(statistics.inboundVideo.width, Picture.width)
        XCTAssertGreaterThan(statistics.inboundVideo.framesDecoded, 0)
        XCTAssertGreaterThan(statistics.outboundAudio.packetsSent, 0)
        XCTAssertEqual(statistics.dtls, "1.2")
        XCTAssertFalse(statistics.icePair.isEmpty)

        incoming.hangUp()
        let how = try await ended(outgoing)
        XCTAssertEqual(how.by, .remote)
        XCTAssertEqual(how.reason, .hangUp)
        XCTAssertEqual(how.phase, .connected)
        XCTAssertTrue(how.accepted)
        XCTAssertGreaterThan(how.duration, .zero)
        var story: [CallEvent] = []
        for await event in news { story.append(event) }
        XCTAssertEqual(story.last, .ended(how))
        XCTAssertTrue(story.contains(.remoteRinging))
        XCTAssertTrue(story.contains { if case .connected(let setup) = $0 { setup > .zero } else { false } })
    }

    func testTwoUsersMeetOverAServerInAnotherProcess() async throws {
        let url = try serverUrl()
        let engines = [try Engine(), try Engine()]
        let sessions = try zip(engines, ["alice", "bob"]).map { engine, name in
            try Session(url: url, options: SessionOptions(user: name), engine: engine)
        }
        for session in sessions {
            try await within("a connection") { try await session.connected() }
            XCTAssertEqual(session.state, .connected)
        }
        let outgoing = try sessions[0].ring("bob")
        let incoming = try await incoming(sessions[1])
        try incoming.accept()
        try await exchangeMedia(outgoing, incoming, frames: 10)
        outgoing.hangUp()
        let how = try await ended(incoming)
        XCTAssertEqual(how.reason, .hangUp)

        let rooms = try sessions.map { try $0.join(room: "tea") }
        for call in rooms { try await within("the room") { try await call.connected() } }
        XCTAssertEqual(Set(rooms.compactMap(\.peer)), ["alice", "bob"])
        rooms[0].hangUp()
        let left = try await ended(rooms[1])
        XCTAssertEqual(left.by, .remote)
    }

    func testCallsThatDoNotComeToPassSayWhy() async throws {
        let users = try Users()
        let declined = try users.alice.ring("bob")
        try await incoming(users.bob).decline()
        let how = try await ended(declined)
        XCTAssertEqual(how.reason, .declined)
        XCTAssertEqual(how.phase, .ringing)
        XCTAssertFalse(how.accepted)

        let cancelled = try users.alice.ring("bob")
        let rung = try await incoming(users.bob)
        cancelled.hangUp()
        let gone = try await ended(rung)
        XCTAssertEqual(gone.reason, .cancelled)

        let refused = try users.alice.ring("bob")
        async let failure: Void = refused.connected()
        try await incoming(users.bob).decline()
        do {
            try await failure
            XCTFail("a declined call never connects")
        } catch let how as Ended {
            XCTAssertEqual(how.reason, .declined)
        }
    }

    func testHoldAndPicturesByConsentAreToldToTheOtherEnd() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall(
            options: CallOptions(audio: true, video: false))
        let (held, asked, agreed) = (incoming.events, incoming.events, outgoing.events)
        try outgoing.hold()
        _ = try await first("a hold", of: held) { $0 == .held(locally: false, remotely: true) ? true : nil }
        try outgoing.resume()
        _ = try await first("a resume", of: held) {
            $0 == .held(locally: false, remotely: false) ? true : nil
        }
        try outgoing.askVideo()
        _ = try await first("a question", of: asked) { $0 == .video(.asked) ? true : nil }
        try incoming.answerVideo(true)
        _ = try await first("an answer", of: agreed) { $0 == .video(.agreed) ? true : nil }
        for call in [outgoing, incoming] { call.localVideo.setEnabled(true) }
        try await exchangeMedia(outgoing, incoming, frames: 3)
        try users.engine.device(.background)
        users.engine.networkChanged()
    }

    func testMuteAndCameraOffAreKnownHereAndToldThere() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        // Both before anything is done: a stream has what happens from its making on.
        let (silence, screen) = (incoming.events, incoming.events)
        XCTAssertTrue(outgoing.localAudio.isEnabled && outgoing.localVideo.isEnabled)
        outgoing.localAudio.setEnabled(false)
        outgoing.localVideo.setEnabled(false)
        XCTAssertFalse(outgoing.localAudio.isEnabled || outgoing.localVideo.isEnabled)
        _ = try await first("silence and darkness", of: silence) { event -> Bool? in
            if case .remoteMedia(let media) = event, !media.audio, !media.video { true } else { nil }
        }
        var picture = Picture()
        XCTAssertFalse(try outgoing.localVideo.push(picture.next()))
        outgoing.localVideo.setScreen(true)
        outgoing.localVideo.setEnabled(true)
        _ = try await first("a screen", of: screen) { event -> Bool? in
            if case .remoteMedia(let media) = event, media.screen { true } else { nil }
        }
    }

    func testAProcessThatEndsHasTheOtherSidesTold() async throws {
        let url = try serverUrl()
        let engines = [try Engine(), try Engine()]
        let sessions = try zip(engines, ["dora", "emil"]).map { engine, name in
            try Session(url: url, options: SessionOptions(user: name), engine: engine)
        }
        for session in sessions { try await within("a connection") { try await session.connected() } }
        let outgoing = try sessions[0].ring("emil")
        let incoming = try await incoming(sessions[1])
        try incoming.accept()
        try await within("media") { try await outgoing.connected() }
        let told = try await within("the last word") { try await engines[0].closeAndWait() }
        XCTAssertTrue(told)
        let how = try await ended(incoming)
        XCTAssertEqual(how.by, .remote)
        await assertThrows(DuetError.self, from: Task { try await engines[1].closeAndWait(timeout: .zero) }) {
            $0.kind == .invalidArgument
        }
    }

    func testPicturesArePulledIntoOneBufferInAnyLayout() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        var picture = Picture()
        for format in PixelFormat.allCases {
            var buffer = VideoBuffer(format: format)
            XCTAssertNil(buffer.info)
            XCTAssertFalse(incoming.remoteVideo.pull(into: &buffer) && buffer.info == nil)
            while !incoming.remoteVideo.pull(into: &buffer) {
                try outgoing.localVideo.push(picture.next())
                try await first("a picture", of: incoming.remoteVideo.ready) { () }
            }
            XCTAssertEqual(buffer.info?.width, Picture.width)
            XCTAssertEqual(buffer.info?.height, Picture.height)
            let samples = Picture.width * Picture.height
            XCTAssertEqual(buffer.bytes.count, format == .i420 ? samples * 3 / 2 : samples * 4)
        }
    }

    func testAFrameOnLoanOutlivesItsCall() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        var picture = Picture()
        var lent: RemoteFrame?
        while lent == nil {
            try outgoing.localVideo.push(picture.next())
            try await first("a picture", of: incoming.remoteVideo.ready) { () }
            lent = incoming.remoteVideo.acquire()
        }
        let before = duet_handle_count()
        outgoing.hangUp()
        _ = try await ended(incoming)
        let luma = try XCTUnwrap(lent).y.data
        lent = nil
        XCTAssertEqual(luma.count, Picture.width * Picture.height)
        XCTAssertGreaterThan(Set(luma).count, 16, "a picture of many shades")
        // A copy that is changed is the host's own.
        var own = luma
        own[0] ^= 0xFF
        XCTAssertNotEqual(own[0], luma[0])
        XCTAssertEqual(duet_handle_count(), before, "the planes keep the loan")
    }

    func testACallThatIsForgottenHangsUp() async throws {
        let users = try Users()
        var outgoing: Call? = try users.alice.ring("bob")
        let incoming = try await incoming(users.bob)
        try incoming.accept()
        try await within("media") { try await incoming.connected() }
        XCTAssertEqual(outgoing?.peer, "bob")
        outgoing = nil
        let how = try await ended(incoming)
        XCTAssertEqual(how.by, .remote)
        XCTAssertEqual(how.reason, .hangUp)
    }

    func testACallLivesWhileItsEventsAreRead() async throws {
        let users = try Users()
        let events = try users.alice.ring("bob").events
        let incoming = try await incoming(users.bob)
        try incoming.accept()
        try await within("media") { try await incoming.connected() }
        incoming.hangUp()
        let how = try await first("the end", of: events) { event -> Ended? in
            if case .ended(let how) = event { how } else { nil }
        }
        XCTAssertEqual(how.by, .remote)
    }
}
