internal import CDuet
import Dispatch

/// One call.
///
/// A call lives as long as somebody refers to it, to one of its tracks or to a stream of its events; then
/// it hangs up, so that a host that loses it does not leave a microphone open.
public final class Call: Sendable {
    let core: CallCore
    private let session: Session

    init(_ core: CallCore, of session: Session) {
        self.core = core
        self.session = session
    }

    /// The call's name; both sides of a ringing call know it by the same one.
    public var id: String { core.text(duet_call_id) }

    /// The person at the other end; `nil` while alone in a room.
    public var peer: String? {
        let peer = core.text(duet_call_peer)
        return peer.isEmpty ? nil : peer
    }

    /// Where it stands.
    public var state: CallState {
        var state: UInt32 = 0
        guard duet_call_state(core.handle, &state) == DUET_OK else { return .ended }
        return CallState(rawValue: state) ?? .ended
    }

    /// What an incoming call asks for; what this end asked for otherwise.
    public var media: MediaKinds {
        var media = MediaKinds(audio: false, video: false)
        duet_call_media(core.handle, &media.audio, &media.video)
        return media
    }

    /// What happens, from now on and since nobody listened; ends after ``CallEvent/ended(_:)``. Any number
    /// of streams may be read at once; each gets every event.
    public var events: AsyncStream<CallEvent> {
        core.news.events.stream(keeping: self) { $0 }
    }

    /// Calls `handler` on `queue`, a serial one, for every event, until the subscription is forgotten.
    public func onEvent(
        on queue: DispatchQueue, _ handler: @escaping @Sendable (CallEvent) -> Void
    ) -> Subscription {
        core.news.events.handle(on: queue, handler)
    }

    /// Waits until media flows.
    ///
    /// - Throws: ``Ended`` when the call ends first; ``DuetError`` of kind `closed` when the engine is
    ///   closed; `CancellationError` when the task is cancelled: the call goes on.
    public func connected() async throws {
        let events = core.news.events.stream(keeping: self, watching: true) { $0 }
        if [.connected, .reconnecting].contains(state) { return }
        for await event in events {
            switch event {
            case .connected, .state(.connected): return
            case .ended(let how): throw how
            default: continue
            }
        }
        try Task.checkCancellation()
        throw DuetError(.closed, "the engine was closed")
    }

    /// Waits until the call is over, and tells how it ended.
    ///
    /// - Throws: ``DuetError`` of kind `closed` when the engine is closed; `CancellationError` when the task
    ///   is cancelled: the call goes on.
    public func ended() async throws -> Ended {
        for await event in core.news.events.stream(keeping: self, watching: true, map: { $0 }) {
            if case .ended(let how) = event { return how }
        }
        try Task.checkCancellation()
        throw DuetError(.closed, "the engine was closed")
    }

    /// Answers an incoming call; of another call it does nothing. Returns at once; ``connected()`` waits.
    ///
    /// - Parameter options: Which media this end sends and their frame rate; codecs and rates are those of
    ///   the session's `incoming`.
    /// - Throws: ``DuetError`` of kind `invalidArgument`.
    public func accept(options: CallOptions = CallOptions()) throws(DuetError) {
        var options = try options.c()
        try check(duet_call_accept(core.handle, &options))
    }

    /// Refuses an incoming call; of another call it does nothing. Returns at once.
    public func decline() {
        duet_call_decline(core.handle)
    }

    /// Ends the call in whatever state it is. Idempotent; returns at once.
    public func hangUp() {
        duet_call_hang_up(core.handle)
    }

    /// Pauses the call: nothing is sent or played until ``resume()``; the other end is told.
    ///
    /// - Throws: ``DuetError`` of kind `closed` or `overloaded`.
    public func hold() throws(DuetError) {
        try check(duet_call_hold(core.handle))
    }

    /// Goes on with a call that ``hold()`` paused. Other calls that talk are put on hold.
    ///
    /// - Throws: As ``hold()``.
    public func resume() throws(DuetError) {
        try check(duet_call_resume(core.handle))
    }

    /// Asks the other end for pictures, both ways, in a call without; ``CallEvent/video(_:)`` brings the
    /// answer. Once agreed, each end turns its ``localVideo`` on.
    ///
    /// - Throws: As ``hold()``.
    public func askVideo() throws(DuetError) {
        try check(duet_call_ask_video(core.handle))
    }

    /// Answers ``VideoNews/asked``.
    ///
    /// - Throws: As ``hold()``.
    public func answerVideo(_ accept: Bool) throws(DuetError) {
        try check(duet_call_answer_video(core.handle, accept))
    }

    /// Ends the pictures in both directions, without asking; takes back a question, too.
    ///
    /// - Throws: As ``hold()``.
    public func stopVideo() throws(DuetError) {
        try check(duet_call_stop_video(core.handle))
    }

    /// A snapshot of the statistics; after the end, the last one. Never waits for the network.
    public var statistics: CallStatistics {
        var stats = DuetCallStats()
        stats.size = MemoryLayout.size(ofValue: stats)
        duet_call_stats(core.handle, &stats)
        return CallStatistics(stats)
    }

    /// The camera's track.
    public var localVideo: LocalVideo { LocalVideo(call: self) }
    /// The microphone's track.
    public var localAudio: LocalAudio { LocalAudio(call: self) }
    /// The other end's pictures.
    public var remoteVideo: RemoteVideo { RemoteVideo(call: self) }
    /// The other end's sound.
    public var remoteAudio: RemoteAudio { RemoteAudio(call: self) }
}

extension Call: Hashable {
    /// Whether both are the same call.
    public static func == (one: Call, other: Call) -> Bool { one.core === other.core }
    /// Hashes the call's identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(core)) }
}

/// Sound, pictures, or both.
public struct MediaKinds: Hashable, Sendable {
    /// Sound.
    public var audio: Bool
    /// Pictures.
    public var video: Bool

    /// Says what there is.
    public init(audio: Bool, video: Bool) {
        self.audio = audio
        self.video = video
    }
}

/// A call's handle, and what it tells.
final class CallCore: Sendable {
    let handle: UInt64
    let news = CallNews()

    /// Takes over `handle`, which lives until this object goes.
    init(handle: UInt64) {
        self.handle = handle
        // A handle that we have just got is valid.
        duet_call_on_event(
            handle,
            { event, news in
                guard let event, let news else { return }
                Unmanaged<CallNews>.fromOpaque(news).takeUnretainedValue().tell(event.pointee)
            },
            Unmanaged.passRetained(news).toOpaque(),
            { news in
                guard let news else { return }
                Unmanaged<CallNews>.fromOpaque(news).takeRetainedValue().finish()
            })
    }

    deinit {
        duet_call_free(handle)
    }

    typealias GetText = (UInt64, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?) -> Int32

    /// What a function that fills a buffer with text has to say.
    func text(_ get: GetText) -> String {
        var needed = 0
        _ = get(handle, nil, 0, &needed)
        var buffer = [CChar](repeating: 0, count: needed)
        guard get(handle, &buffer, needed, nil) == DUET_OK else { return "" }
        return String(decoding: buffer.lazy.map { UInt8(bitPattern: $0) }.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A call's events on their way to those who listen.
final class CallNews: Sendable {
    let events = EventHub<CallEvent>()
    /// Only the newest frame counts.
    let frames = EventHub<Void>(backlog: 1)

    func tell(_ event: DuetCallEvent) {
        if event.kind == DUET_CALL_EVENT_KIND_FRAME_READY.rawValue {
            frames.emit((), isLast: false)
        } else if let event = CallEvent(event) {
            events.emit(event, isLast: event.isLast)
        }
    }

    func finish() {
        events.finish()
        frames.finish()
    }
}
