import Dispatch
import Duet
import XCTest

import func CDuet.duet_handle_count

/// Hosts make mistakes; none of them may crash, hang or leak.
final class MisuseTests: XCTestCase {
    func testEverythingMayBeUsedAfterItsEngineWasClosed() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        let news = outgoing.events
        users.engine.close()
        users.engine.close()
        for await _ in news {}
        assertRefused(.closed) { _ = try Users(engine: users.engine) }
        assertRefused(.closed) { _ = try users.alice.ring("bob") }
        try await until("closed sessions") { users.alice.state == .closed && outgoing.state == .ended }
        assertRefused(.closed) { try outgoing.hold() }
        try users.engine.device(.background)
        useEverything(of: outgoing)
        useEverything(of: incoming)
        users.engine.networkChanged()
        users.alice.close()
        XCTAssertGreaterThan(users.engine.now, .zero)
    }

    func testEverythingMayBeUsedAfterTheCallIsOver() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        try await exchangeMedia(outgoing, incoming, frames: 1)
        outgoing.hangUp()
        let how = try await ended(incoming)
        _ = try await ended(outgoing)
        XCTAssertEqual(how.reason, .hangUp)
        useEverything(of: outgoing)
        useEverything(of: incoming)
        // Who comes late hears the end, and only that.
        var heard: [CallEvent] = []
        for await event in incoming.events { heard.append(event) }
        XCTAssertEqual(heard.last, .ended(how))
        var ready = 0
        for await _ in incoming.remoteVideo.ready { ready += 1 }
        XCTAssertLessThanOrEqual(ready, 1)
        await assertThrows(Ended.self, from: Task { try await incoming.connected() }) { $0 == how }
        XCTAssertGreaterThan(incoming.statistics.inboundVideo.framesDecoded, 0)
    }

    func testAnythingMayBeDoneInsideHandlersOnTheEnginesOwnThread() async throws {
        let engine = try Engine()
        let (bob, wire) = (Notes<Session>(), Wire())
        let inside = Notes<Call>()
        let alice = try Session.custom(options: SessionOptions(user: "alice"), engine: engine) { message in
            // The engine's event thread.
            for call in inside.all { useEverything(of: call, hangUp: false) }
            for session in bob.all { try? session.deliver(message) }
            assertRefused(.invalidArgument) { _ = try Engine(workerThreads: 99) }
            _ = try? Users(engine: engine).alice.ring("bob")
        }
        wire.connect(alice)
        bob.add(try .custom(options: SessionOptions(user: "bob"), engine: engine) { wire.carry($0) })
        let outgoing = try alice.ring("bob")
        inside.add(outgoing)
        let incoming = try await incoming(try XCTUnwrap(bob.all.first))
        try incoming.accept()
        try await within("media") { try await incoming.connected() }
        outgoing.hangUp()
        _ = try await ended(incoming)
    }

    func testHandlersRunOnTheirQueueInOrderUntilTheyAreCancelled() async throws {
        let queue = DispatchQueue(label: "host")
        nonisolated(unsafe) let key = DispatchSpecificKey<Bool>()
        queue.setSpecific(key: key, value: true)
        let users = try Users(queue: queue)
        let (states, strangers, frames) = (Notes<CallState>(), Notes<String>(), Notes<Bool>())
        let outgoing = try users.alice.ring("bob")
        let subscription = outgoing.onEvent(on: queue) { event in
            if DispatchQueue.getSpecific(key: key) != true { strangers.add("\(event)") }
            if case .state(let state) = event {
                states.add(state)
                useEverything(of: outgoing, hangUp: false)
            }
        }
        let ready = outgoing.remoteVideo.onReady(on: queue) {
            if DispatchQueue.getSpecific(key: key) != true { strangers.add("a frame") }
            frames.add(true)
        }
        let (rings, rung) = AsyncStream.makeStream(of: Call.self)
        let sessions = users.bob.onEvent(on: queue) { event in
            if case .incoming(let call) = event { rung.yield(call) }
        }
        let incoming = try await first("an incoming call", of: rings) { $0 }
        try incoming.accept()
        try await within("media") { try await incoming.connected() }
        try await exchangeMedia(outgoing, incoming, frames: 2)
        incoming.hangUp()
        _ = try await ended(outgoing)
        try await until("the last state") { states.all.last == .ended }
        XCTAssertEqual(states.all, [.connecting, .connected, .ended])
        XCTAssertEqual(strangers.all, [])
        XCTAssertFalse(frames.all.isEmpty)
        let count = states.all.count
        for subscription in [subscription, ready, sessions] {
            subscription.cancel()
            subscription.cancel()
        }
        queue.sync {}
        XCTAssertEqual(states.all.count, count, "\(states.all)")
    }

    func testACancelledTaskStopsWaitingAndTheCallGoesOn() async throws {
        let users = try Users()
        let outgoing = try users.alice.ring("bob")
        let incoming = try await incoming(users.bob)
        let waits = [
            Task { try await outgoing.connected() },
            Task { _ = try await outgoing.ended() },
            Task { for await _ in outgoing.events {} },
            Task { for await _ in users.alice.events {} },
        ]
        for wait in waits { wait.cancel() }
        for wait in waits[..<2] { await assertThrows(CancellationError.self, from: wait) }
        for wait in waits[2...] { _ = try await within("a cancelled stream") { try await wait.value } }
        XCTAssertEqual(outgoing.state, .outgoing)
        try incoming.accept()
        try await within("media") { try await outgoing.connected() }
    }

    func testManyTasksMayUseOneCallAtOnce() async throws {
        let users = try Users()
        let (outgoing, incoming) = try await users.connectedCall()
        try await within("sixteen tasks") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let call = number % 2 == 0 ? outgoing : incoming
                        var picture = Picture()
                        for round in 0..<50 {
                            try call.localVideo.push(picture.next())
                            useEverything(of: call, hangUp: number == 7 && round == 25)
                            await Task.yield()
                        }
                        for await _ in call.events {}
                    }
                }
                try await group.waitForAll()
            }
        }
        let ends = [try await ended(outgoing), try await ended(incoming)]
        XCTAssertEqual(ends.map(\.reason), [.hangUp, .hangUp])
    }

    func testCallsThatNobodyKeepsComeAndGo() async throws {
        let before = duet_handle_count()
        do {
            let users = try Users()
            for _ in 0..<20 {
                _ = try users.alice.ring("bob")
                _ = users.alice.events
                _ = try users.alice.ring("bob").events
            }
        }
        try await until("no handle left") { duet_handle_count() <= before }
    }
}

/// Whatever state the call is in.
private func useEverything(of call: Call, hangUp: Bool = true) {
    XCTAssertFalse(call.id.isEmpty)
    _ = (call.peer, call.state, call.media, call.statistics, call.hashValue)
    _ = (call.localVideo.isEnabled, call.localAudio.isEnabled)
    var picture = Picture()
    XCTAssertNoThrow(try call.localVideo.push(picture.next()))
    XCTAssertNoThrow(try call.localAudio.push([Int16](repeating: 1, count: 480), rate: 48_000))
    var block = [Int16](repeating: 1, count: 480)
    XCTAssertNoThrow(try call.remoteAudio.pull(into: &block, rate: 48_000))
    _ = call.remoteVideo.acquire()
    var buffer = VideoBuffer(format: .bgra)
    _ = call.remoteVideo.pull(into: &buffer)
    try? call.hold()
    try? call.resume()
    try? call.askVideo()
    try? call.answerVideo(false)
    XCTAssertNoThrow(try call.accept())
    if hangUp {
        call.decline()
        call.hangUp()
    }
    _ = call.onEvent(on: .global()) { _ in }
}
