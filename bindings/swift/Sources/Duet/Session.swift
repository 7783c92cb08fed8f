internal import CDuet
import Dispatch

/// One user's presence at a signaling service, or over the host's own signaling.
///
/// A session lives as long as somebody refers to it, to one of its calls or to a stream of its events;
/// then it closes.
public final class Session: Sendable {
    private let handle: UInt64
    private let engine: Engine
    private let news = EventHub<SessionNotice>()

    /// Opens a session to a signaling service. Returns at once: ``connected()`` waits, and ``events`` tell.
    /// Calls may be placed right away.
    ///
    /// - Parameters:
    ///   - url: `http(s)://host:port` or `ws(s)://host:port` of the service.
    ///   - options: Who we are and how calls behave.
    ///   - engine: Where it runs.
    /// - Throws: ``DuetError`` of kind `invalidArgument`, `codec` or `closed`.
    public convenience init(
        url: String, options: SessionOptions, engine: Engine
    ) throws(DuetError) {
        var handle: UInt64 = 0
        try options.withC(url: url) { config throws(DuetError) in
            try check(duet_session_new(engine.handle, config, &handle))
        }
        try self.init(handle: handle, engine: engine)
    }

    /// Opens a session whose messages the host carries.
    ///
    /// - Parameters:
    ///   - options: Who we are and how calls behave; `token`, `dialect` and `insecure` are not used.
    ///   - engine: Where it runs.
    ///   - queue: A serial queue where `send` is called; `nil`: the engine's event thread.
    ///   - send: Given every message for the other side, in order: opaque text of at most 64 KiB. What
    ///     comes from there goes into ``deliver(_:)``.
    /// - Throws: ``DuetError`` of kind `invalidArgument`, `codec` or `closed`.
    public static func custom(
        options: SessionOptions, engine: Engine, queue: DispatchQueue? = nil,
        send: @escaping @Sendable (String) -> Void
    ) throws(DuetError) -> Session {
        let carrier = Carrier(queue: queue, send: send)
        var handle: UInt64 = 0
        try options.withC(url: nil) { config throws(DuetError) in
            try check(
                duet_session_new_custom(
                    engine.handle, config,
                    { message, length, carrier in
                        guard let message, let carrier else { return }
                        let bytes = UnsafeRawBufferPointer(start: message, count: length)
                        Unmanaged<Carrier>.fromOpaque(carrier).takeUnretainedValue()
                            .carry(String(decoding: bytes, as: UTF8.self))
                    },
                    Unmanaged.passRetained(carrier).toOpaque(),
                    { carrier in carrier.map { Unmanaged<Carrier>.fromOpaque($0).release() } }, &handle))
        }
        return try Session(handle: handle, engine: engine)
    }

    private init(handle: UInt64, engine: Engine) throws(DuetError) {
        self.handle = handle
        self.engine = engine
        try check(
            duet_session_on_event(
                handle,
                { event, news in
                    guard let event, let news else { return }
                    let notice = SessionNotice(event.pointee)
                    Unmanaged<EventHub<SessionNotice>>.fromOpaque(news).takeUnretainedValue()
                        .emit(notice, isLast: notice.isLast)
                },
                Unmanaged.passRetained(news).toOpaque(),
                { news in
                    guard let news else { return }
                    Unmanaged<EventHub<SessionNotice>>.fromOpaque(news).takeRetainedValue().finish()
                }))
    }

    deinit {
        duet_session_free(handle)
    }

    /// What happens, from now on and since nobody listened; ends when the session is over. Any number of
    /// streams may be read at once; each gets every event.
    public var events: AsyncStream<SessionEvent> {
        news.stream(keeping: self) { [weak self] in self?.event($0) }
    }

    /// Calls `handler` on `queue`, a serial one, for every event, until the subscription is forgotten.
    public func onEvent(
        on queue: DispatchQueue, _ handler: @escaping @Sendable (SessionEvent) -> Void
    ) -> Subscription {
        news.handle(on: queue) { [weak self] notice in
            if let event = self?.event(notice) { handler(event) }
        }
    }

    /// Where it stands.
    public var state: SessionState {
        var state: UInt32 = 0
        guard duet_session_state(handle, &state) == DUET_OK else { return .closed }
        return SessionState(rawValue: state) ?? .closed
    }

    /// Waits until it is connected. A session over the host's own signaling always is.
    ///
    /// - Throws: ``DuetError`` when the service cannot be reached for good or refuses us, or the session is
    ///   closed; `CancellationError` when the task is cancelled: the session goes on.
    public func connected() async throws {
        let notices = news.stream(keeping: self, watching: true) { $0 }
        if state == .connected { return }
        for await notice in notices {
            switch notice {
            case .state(.connected): return
            case .failed(let error): throw error
            case .state, .incoming: continue
            }
        }
        try Task.checkCancellation()
        throw DuetError(.closed, "the session was closed")
    }

    /// Waits until somebody rings: the next ``SessionEvent/incoming(_:)``.
    ///
    /// - Throws: ``DuetError`` with the reason when the session fails first, of kind `closed` when it is closed;
    ///   `CancellationError` when the task is cancelled.
    public func nextCall() async throws -> Call {
        for await event in events {
            switch event {
            case .incoming(let call): return call
            case .failed(let error): throw error
            case .state: continue
            }
        }
        try Task.checkCancellation()
        throw DuetError(.closed, "the session was closed")
    }

    /// Rings a user. The call's events tell how it goes.
    ///
    /// - Throws: ``DuetError`` of kind `invalidArgument`, `codec`, `closed` or `overloaded`.
    public func ring(_ user: String, options: CallOptions = CallOptions()) throws(DuetError) -> Call {
        try place(user, "user", options, with: duet_session_ring)
    }

    /// Enters a room of two and waits there for the other one. Sessions over the host's own signaling have
    /// no rooms.
    ///
    /// - Throws: ``DuetError`` as ``ring(_:options:)``.
    public func join(room: String, options: CallOptions = CallOptions()) throws(DuetError) -> Call {
        try place(room, "room", options, with: duet_session_join)
    }

    /// A push message says that `user` rings here as `callId`: the call is there at once as an incoming
    /// one, even before the session is connected. It ends if the invite itself does not come in time. Of a
    /// call that is known already it does nothing.
    ///
    /// - Throws: ``DuetError`` of kind `invalidArgument`, `closed` or `overloaded`.
    public func expectCall(
        id callId: String, from user: String, media: MediaKinds, expiresIn: Duration
    ) throws(DuetError) {
        let texts = CTexts()
        defer { withExtendedLifetime(texts) {} }
        let (id, from) = (try texts.add(callId, "id"), try texts.add(user, "user"))
        let expires = try expiresIn.milliseconds("expiresIn")
        try check(duet_session_expect_call(handle, id, from, media.audio, media.video, expires))
    }

    /// Hands in a message that the other side's session gave out.
    ///
    /// - Throws: ``DuetError`` of kind `invalidArgument` when it is not one; the calls go on.
    public func deliver(_ message: String) throws(DuetError) {
        var message = message
        var refused: DuetError?
        message.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                do throws(DuetError) {
                    try check(duet_session_deliver(handle, bytes.baseAddress, bytes.count))
                } catch { refused = error }
            }
        }
        if let refused { throw refused }
    }

    /// Hangs up every call and leaves the service. Idempotent; returns at once.
    public func close() {
        duet_session_close(handle)
    }

    private func event(_ notice: SessionNotice) -> SessionEvent {
        switch notice {
        case .state(let state): .state(state)
        case .incoming(let call): .incoming(Call(call, of: self))
        case .failed(let error): .failed(error)
        }
    }

    private typealias Place = (
        UInt64, UnsafePointer<CChar>?, UnsafePointer<DuetCallOptions>?, UnsafeMutablePointer<UInt64>?
    ) -> Int32

    private func place(
        _ target: String, _ what: String, _ options: CallOptions, with place: Place
    ) throws(DuetError) -> Call {
        let texts = CTexts()
        defer { withExtendedLifetime(texts) {} }
        let target = try texts.add(target, what)
        var options = try options.c()
        var call: UInt64 = 0
        try check(place(handle, target, &options, &call))
        return Call(CallCore(handle: call), of: self)
    }
}

/// Where a session stands.
public enum SessionState: UInt32, Sendable, CaseIterable {
    /// Not connected yet.
    case connecting = 0
    /// Connected: can ring and be rung. Sessions over the host's own signaling always are.
    case connected
    /// The connection broke and is being made anew; calls go on.
    case reconnecting
    /// Over.
    case closed
}

/// What a session tells its host.
public enum SessionEvent: Sendable {
    /// It is in another state.
    case state(SessionState)
    /// Somebody rings: accept or decline the call. One that is not `incoming` any more took the place of
    /// one of ours with that person, because both rang at once: it is accepted already. A call that is
    /// forgotten is declined.
    case incoming(Call)
    /// The service is gone for good, and the session with it. Calls that are connected go on until they
    /// are hung up.
    case failed(DuetError)
}

/// What the library says. It holds no session, so that what waits for a listener keeps none alive.
enum SessionNotice: Sendable {
    case state(SessionState)
    case incoming(CallCore)
    case failed(DuetError)

    init(_ event: DuetSessionEvent) {
        switch event.kind {
        case DUET_SESSION_EVENT_KIND_INCOMING.rawValue:
            self = .incoming(CallCore(handle: event.call))
        case DUET_SESSION_EVENT_KIND_FAILED.rawValue:
            let message = event.message.map { String(cString: $0) } ?? ""
            self = .failed(DuetError(code: event.error, message: message))
        default:
            self = .state(SessionState(rawValue: event.state) ?? .closed)
        }
    }

    var isLast: Bool {
        if case .state(.closed) = self { true } else { false }
    }
}

/// The host's own signaling.
private final class Carrier: Sendable {
    private let queue: DispatchQueue?
    private let send: @Sendable (String) -> Void

    init(queue: DispatchQueue?, send: @escaping @Sendable (String) -> Void) {
        self.queue = queue
        self.send = send
    }

    func carry(_ message: String) {
        guard let queue else { return send(message) }
        queue.async { [send] in send(message) }
    }
}
