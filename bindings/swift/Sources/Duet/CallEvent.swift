internal import CDuet

/// What a call tells its host. New frames are told by ``RemoteVideo/ready``.
public enum CallEvent: Hashable, Sendable {
    /// The call is in another state.
    case state(CallState)
    /// It rings at the other end.
    case remoteRinging
    /// What the other end sends has changed.
    case remoteMedia(RemoteMedia)
    /// Who holds the call has changed.
    case held(locally: Bool, remotely: Bool)
    /// About pictures in a call that had none.
    case video(VideoNews)
    /// Media flows for the first time.
    ///
    /// - Parameter setup: Time since the call was accepted, or since the other one was in the room.
    case connected(setup: Duration)
    /// The call is over. Always the last event, exactly once.
    case ended(Ended)
}

/// Where a call stands.
public enum CallState: UInt32, Sendable, CaseIterable {
    /// In a room, alone.
    case waiting = 0
    /// Rings at the other end.
    case outgoing
    /// Rings here.
    case incoming
    /// Accepted; media is not connected yet.
    case connecting
    /// In the call.
    case connected
    /// In the call; media was lost and is being recovered.
    case reconnecting
    /// Over.
    case ended
}

/// What the other end sends.
public struct RemoteMedia: Hashable, Sendable {
    /// The other end's microphone is open.
    public var audio: Bool
    /// The other end sends pictures.
    public var video: Bool
    /// The pictures are a screen's.
    public var screen: Bool
}

/// About pictures in a call that had none.
public enum VideoNews: UInt32, Sendable, CaseIterable {
    /// The other end would like pictures: ask the person, then ``Call/answerVideo(_:)``.
    case asked = 0
    /// Both want them.
    case agreed
    /// They are not wanted, or nobody answered, or the question was taken back.
    case declined
    /// There were pictures; one of the ends wants no more.
    case stopped
}

/// How a call ended.
public struct Ended: Error, Hashable, Sendable {
    /// Who ended it.
    public var by: EndedBy
    /// Why.
    public var reason: EndReason
    /// How far the call had come.
    public var phase: Phase
    /// How long media had been connected.
    public var duration: Duration
    /// How often a connected call had to recover its media, or to move to another network.
    public var recoveries: Int
    /// It was answered; or, in a room, somebody was there.
    public var accepted: Bool
}

/// Who ended a call.
public enum EndedBy: UInt32, Sendable, CaseIterable {
    /// The person or host at this end.
    case local = 0
    /// The other end.
    case remote
    /// Nobody: time ran out.
    case timeout
    /// The service, the network or the engine.
    case system
}

/// How far a call had come when it ended.
public enum Phase: UInt32, Sendable, CaseIterable {
    /// It rang, here or there.
    case ringing = 0
    /// Alone in the room.
    case waiting
    /// Accepted, media not yet connected.
    case connecting
    /// In the call.
    case connected
    /// Had been connected; media was lost.
    case reconnecting
}

/// Why a call ended.
public enum EndReason: UInt32, Sendable, CaseIterable {
    /// Somebody hung up.
    case hangUp = 0
    /// The callee did not want to answer.
    case declined
    /// The callee is in another call.
    case busy
    /// Nobody answered.
    case ringTimeout
    /// The caller gave up ringing.
    case cancelled
    /// Another device of the callee answered.
    case acceptedElsewhere
    /// Another device of the callee declined.
    case declinedElsewhere
    /// Both ends rang each other; the other of the two calls goes on.
    case glareLost
    /// The other one rang anew: their new call takes the place of this one.
    case recalled
    /// Two are in the room already.
    case roomFull
    /// The other one left the room.
    case peerLeft
    /// The other one is not connected to the service.
    case notFound
    /// The invite reached no device of the other one in time.
    case unreachable
    /// This user may not do that.
    case unauthorized
    /// Too many calls, rooms or messages.
    case rateLimited
    /// The service refused for another reason.
    case refused
    /// The signaling connection is gone for good.
    case signalingLost
    /// A newer connection of the same user took over.
    case replaced
    /// Media did not connect in time.
    case connectTimeout
    /// ICE found no way, or lost it and found no new one.
    case iceFailed
    /// The DTLS handshake failed.
    case dtlsFailed
    /// The two ends have no codec in common.
    case noCommonCodec
    /// The other end vanished without a word.
    case peerGone
    /// The callee could not take part in the call.
    case remoteFailed
    /// The engine failed; its log says more.
    case internalError
}

extension CallEvent {
    /// `nil` for an event that a newer library knows and we do not.
    init?(_ event: DuetCallEvent) {
        switch event.kind {
        case DUET_CALL_EVENT_KIND_STATE.rawValue:
            guard let state = CallState(rawValue: event.state) else { return nil }
            self = .state(state)
        case DUET_CALL_EVENT_KIND_REMOTE_RINGING.rawValue:
            self = .remoteRinging
        case DUET_CALL_EVENT_KIND_REMOTE_MEDIA.rawValue:
            self = .remoteMedia(RemoteMedia(audio: event.audio, video: event.video, screen: event.screen))
        case DUET_CALL_EVENT_KIND_HELD.rawValue:
            self = .held(locally: event.held_locally, remotely: event.held_remotely)
        case DUET_CALL_EVENT_KIND_VIDEO.rawValue:
            guard let news = VideoNews(rawValue: event.video_news) else { return nil }
            self = .video(news)
        case DUET_CALL_EVENT_KIND_CONNECTED.rawValue:
            self = .connected(setup: Duration(microseconds: event.setup_us))
        case DUET_CALL_EVENT_KIND_ENDED.rawValue:
            self = .ended(Ended(event))
        default:
            return nil
        }
    }

    var isLast: Bool {
        if case .ended = self { true } else { false }
    }
}

extension Ended {
    fileprivate init(_ event: DuetCallEvent) {
        by = EndedBy(rawValue: event.ended_by) ?? .system
        reason = EndReason(rawValue: event.reason) ?? .internalError
        phase = Phase(rawValue: event.phase) ?? .ringing
        duration = Duration(microseconds: event.duration_ms &* 1000)
        recoveries = Int(event.recoveries)
        accepted = event.accepted
    }
}
