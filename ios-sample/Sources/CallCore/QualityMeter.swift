import Duet

/// How good a call is.
public enum Quality: Int, Hashable, Sendable, CaseIterable, Comparable {
    /// Hardly usable.
    case poor = 1
    /// One notices.
    case fair
    /// As it should be.
    case good

    /// Worse first.
    public static func < (one: Quality, other: Quality) -> Bool { one.rawValue < other.rawValue }
}

/// What quality is judged by: counters since the call's start, and the newest round trip.
public struct QualitySample: Hashable, Sendable {
    /// Packets of sound that came.
    public var received: UInt64
    /// Packets of sound that did not.
    public var lost: UInt64
    /// Samples played.
    public var samples: UInt64
    /// Of these, invented.
    public var concealed: UInt64
    /// Times the picture stood still.
    public var freezes: UInt64
    /// The way there and back.
    public var roundTrip: Duration?

    /// A sample.
    public init(
        received: UInt64, lost: UInt64, samples: UInt64, concealed: UInt64, freezes: UInt64,
        roundTrip: Duration?
    ) {
        self.received = received
        self.lost = lost
        self.samples = samples
        self.concealed = concealed
        self.freezes = freezes
        self.roundTrip = roundTrip
    }

    /// What a call's statistics say. Silence that was invented because nothing was sent is no fault.
    public init(_ statistics: CallStatistics) {
        let audio = statistics.inboundAudio
        self.init(
            received: audio.packetsReceived, lost: audio.packetsLost, samples: audio.samples,
            concealed: audio.concealedSamples - min(audio.silentConcealedSamples, audio.concealedSamples),
            freezes: statistics.inboundVideo.freezes, roundTrip: statistics.roundTrip)
    }
}

/// Judges a call by what happened since the last look.
public struct QualityMeter: Hashable, Sendable {
    private var last: QualitySample?

    /// Nothing seen yet.
    public init() {}

    /// - Returns: `nil` for the first sample, and when nothing came in between: there is nothing to judge.
    ///
    /// The bounds: from 2 % of invented sound or 5 % of lost packets on, or 400 ms of round trip, words
    /// must be asked for again now and then; from 8 %, 15 % or 800 ms on, a talk is not possible.
    public mutating func update(_ sample: QualitySample) -> Quality? {
        defer { last = sample }
        guard let last, sample.received > last.received else { return nil }
        func part(_ path: KeyPath<QualitySample, UInt64>, of whole: UInt64) -> Double {
            let more = sample[keyPath: path] - min(last[keyPath: path], sample[keyPath: path])
            return whole == 0 ? 0 : Double(more) / Double(whole)
        }
        let received = sample.received - last.received
        let lost = sample.lost - min(last.lost, sample.lost)
        let loss = part(\.lost, of: received + lost)
        let invented = part(\.concealed, of: sample.samples - min(last.samples, sample.samples))
        let way = sample.roundTrip ?? .zero
        if invented >= 0.08 || loss >= 0.15 || way >= .milliseconds(800) { return .poor }
        let froze = sample.freezes > last.freezes
        if invented >= 0.02 || loss >= 0.05 || way >= .milliseconds(400) || froze { return .fair }
        return .good
    }
}
