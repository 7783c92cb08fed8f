import Duet

/// The statistics as a person reads them, and rates since the last look.
public struct StatisticsTable: Sendable {
    /// A line of the table.
    public struct Row: Hashable, Sendable {
        /// What it is.
        public let word: Word
        /// Its value, in figures and units that every language shares.
        public let value: String
    }

    private var last: (sent: UInt64, received: UInt64, at: Double)?

    /// Nothing seen yet.
    public init() {}

    /// Counters count from the start of the call; rates are those since the last look.
    ///
    /// - Parameter now: Seconds on any clock.
    public mutating func rows(_ statistics: CallStatistics, now: Double) -> [Row] {
        let (outVideo, inVideo) = (statistics.outboundVideo, statistics.inboundVideo)
        let sent = outVideo.bytesSent + statistics.outboundAudio.bytesSent
        let received = inVideo.bytesReceived
        let rates = last.map { last in
            (
                Self.rate(sent, since: last.sent, seconds: now - last.at),
                Self.rate(received, since: last.received, seconds: now - last.at)
            )
        }
        last = (sent, received, now)
        let trip = statistics.roundTrip.map { "\(Self.milliseconds($0)) ms" } ?? "-"
        let lost = inVideo.packetsLost + statistics.inboundAudio.packetsLost
        return [
            Row(word: .statisticsRoundTrip, value: trip),
            Row(word: .statisticsSend, value: Self.picture(outVideo.width, outVideo.height, rates?.0)),
            Row(word: .statisticsReceived, value: Self.picture(inVideo.width, inVideo.height, rates?.1)),
            Row(word: .statisticsLost, value: "\(lost)"),
            Row(
                word: .statisticsJitter,
                value: "\(Self.milliseconds(statistics.inboundAudio.jitterDelay)) ms"),
            Row(word: .statisticsPath, value: statistics.icePair.isEmpty ? "-" : statistics.icePair),
            Row(word: .statisticsEncoder, value: statistics.encoder.isEmpty ? "-" : statistics.encoder),
        ]
    }

    /// Kilobits per second; nothing where no time passed or a counter began anew.
    static func rate(_ count: UInt64, since last: UInt64, seconds: Double) -> Int? {
        guard seconds > 0, count >= last else { return nil }
        return Int((Double(count - last) * 8 / 1000 / seconds).rounded())
    }

    /// Size and rate, as far as they are known.
    static func picture(_ width: Int, _ height: Int, _ kbps: Int?) -> String {
        let size = width > 0 && height > 0 ? "\(width)x\(height)" : nil
        let known = [size, kbps.map { "\($0) kbit/s" }].compactMap { $0 }
        return known.isEmpty ? "-" : known.joined(separator: ", ")
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    }
}
