internal import CDuet

/// A snapshot of a call's statistics; counters start at zero with the call.
public struct CallStatistics: Hashable, Sendable {
    /// Round trip over the selected path, once it was measured.
    public var roundTrip: Duration?
    /// What the network is believed to carry from here, in bit/s, audio and video together.
    public var availableSendBps: UInt64
    /// The DTLS version, e.g. `1.2`; empty until connected.
    public var dtls: String
    /// The ICE connection state (W3C `RTCIceConnectionState`).
    public var iceState: String
    /// The selected candidate pair, e.g. `host/udp A -> host B`; empty until connected.
    public var icePair: String
    /// The encoder at work, e.g. `openh264`; empty before the first frame.
    public var encoder: String
    /// Pictures out.
    public var outboundVideo: OutboundVideo
    /// Pictures in.
    public var inboundVideo: InboundVideo
    /// Sound out.
    public var outboundAudio: OutboundAudio
    /// Sound in.
    public var inboundAudio: InboundAudio

    /// Pictures out.
    public struct OutboundVideo: Hashable, Sendable {
        /// The codec agreed on.
        public var codec: VideoCodec?
        /// Width of the last encoded frame, in pixels.
        public var width: Int
        /// Height of the last encoded frame, in pixels.
        public var height: Int
        /// Frames the host pushed.
        public var framesPushed: UInt64
        /// Frames encoded.
        public var framesEncoded: UInt64
        /// Frames pushed and not sent: replaced by a newer one, or the network was full.
        public var framesDropped: UInt64
        /// Key frames encoded.
        public var keyFrames: UInt64
        /// What the encoder aims at, in bit/s.
        public var targetBps: UInt64
        /// RTP packets sent, retransmissions not counted.
        public var packetsSent: UInt64
        /// Payload bytes sent, retransmissions not counted.
        public var bytesSent: UInt64
        /// RTP packets sent again on request.
        public var retransmitted: UInt64
        /// Key frames the other side asked for.
        public var pliReceived: UInt64
    }

    /// Pictures in.
    public struct InboundVideo: Hashable, Sendable {
        /// The codec received.
        public var codec: VideoCodec?
        /// Width of the last decoded frame, in pixels.
        public var width: Int
        /// Height of the last decoded frame, in pixels.
        public var height: Int
        /// Frames decoded.
        public var framesDecoded: UInt64
        /// Frames received and never shown: incomplete, undecodable or no buffer free.
        public var framesDropped: UInt64
        /// Key frames decoded.
        public var keyFrames: UInt64
        /// RTP packets received.
        public var packetsReceived: UInt64
        /// Payload bytes received.
        public var bytesReceived: UInt64
        /// Packets that never came, retransmissions included.
        public var packetsLost: UInt64
        /// Requests for retransmission sent.
        public var nacksSent: UInt64
        /// Requests for a key frame sent.
        public var plisSent: UInt64
        /// Gaps between shown frames longer than three times the average and the average + 150 ms.
        public var freezes: UInt64
    }

    /// Sound out.
    public struct OutboundAudio: Hashable, Sendable {
        /// RTP packets sent.
        public var packetsSent: UInt64
        /// Payload bytes sent.
        public var bytesSent: UInt64
    }

    /// Sound in.
    public struct InboundAudio: Hashable, Sendable {
        /// RTP packets received.
        public var packetsReceived: UInt64
        /// Packets that never came.
        public var packetsLost: UInt64
        /// Packets that came too late to be played.
        public var packetsDiscarded: UInt64
        /// Samples handed to the host, at 48 kHz.
        public var samples: UInt64
        /// Of these, invented ones.
        public var concealedSamples: UInt64
        /// Of these, invented ones that are silence.
        public var silentConcealedSamples: UInt64
        /// Times concealment began.
        public var concealmentEvents: UInt64
        /// Average time a sample spent in the jitter buffer.
        public var jitterDelay: Duration
        /// Sum of squared samples (full scale 1.0) times seconds.
        public var energy: Double
    }
}

extension CallStatistics {
    init(_ c: DuetCallStats) {
        roundTrip = c.has_rtt ? Duration(microseconds: c.rtt_us) : nil
        availableSendBps = c.available_send_bps
        dtls = text(c.dtls)
        iceState = text(c.ice_state)
        icePair = text(c.ice_pair)
        encoder = text(c.encoder)
        outboundVideo = OutboundVideo(c.outbound_video)
        inboundVideo = InboundVideo(c.inbound_video)
        outboundAudio = OutboundAudio(
            packetsSent: c.outbound_audio.packets_sent, bytesSent: c.outbound_audio.bytes_sent)
        inboundAudio = InboundAudio(c.inbound_audio)
    }
}

extension CallStatistics.OutboundVideo {
    fileprivate init(_ c: DuetVideoSendStats) {
        codec = VideoCodec(rawValue: c.codec)
        width = Int(c.width)
        height = Int(c.height)
        framesPushed = c.frames_pushed
        framesEncoded = c.frames_encoded
        framesDropped = c.frames_dropped
        keyFrames = c.key_frames
        targetBps = c.target_bps
        packetsSent = c.packets_sent
        bytesSent = c.bytes_sent
        retransmitted = c.retransmitted
        pliReceived = c.pli_received
    }
}

extension CallStatistics.InboundVideo {
    fileprivate init(_ c: DuetVideoRecvStats) {
        codec = VideoCodec(rawValue: c.codec)
        width = Int(c.width)
        height = Int(c.height)
        framesDecoded = c.frames_decoded
        framesDropped = c.frames_dropped
        keyFrames = c.key_frames
        packetsReceived = c.packets_received
        bytesReceived = c.bytes_received
        packetsLost = c.packets_lost
        nacksSent = c.nacks_sent
        plisSent = c.plis_sent
        freezes = c.freezes
    }
}

extension CallStatistics.InboundAudio {
    fileprivate init(_ c: DuetAudioRecvStats) {
        packetsReceived = c.packets_received
        packetsLost = c.packets_lost
        packetsDiscarded = c.packets_discarded
        samples = c.samples
        concealedSamples = c.concealed_samples
        silentConcealedSamples = c.silent_concealed_samples
        concealmentEvents = c.concealment_events
        jitterDelay = Duration(microseconds: c.jitter_delay_us)
        energy = c.energy
    }
}
