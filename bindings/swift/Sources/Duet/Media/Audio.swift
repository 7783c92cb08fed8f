internal import CDuet

/// The microphone's track of a call: sound goes in here.
public struct LocalAudio: Sendable {
    let call: Call

    /// Hands in sound from the microphone, interleaved. Copies it and returns; never waits. Before the call
    /// is connected, and while muted, the sound is discarded.
    ///
    /// - Parameters:
    ///   - samples: Of full scale 32768; any number, a multiple of `channels`. An array, or anything else
    ///     whose elements lie side by side, is read in place.
    ///   - rate: Samples per second and channel, 8000 to 48000.
    ///   - channels: 1 or 2.
    /// - Throws: ``DuetError`` of kind `invalidArgument`; the call goes on.
    public func push(_ samples: some Collection<Int16>, rate: Int, channels: Int = 1) throws(DuetError) {
        try push(samples, rate, channels, with: duet_local_audio_push_i16)
    }

    /// As ``push(_:rate:channels:)-swift.method``, for samples of full scale 1.0. What is beyond is clipped.
    ///
    /// - Throws: ``DuetError`` of kind `invalidArgument`; the call goes on.
    public func push(_ samples: some Collection<Float>, rate: Int, channels: Int = 1) throws(DuetError) {
        try push(samples, rate, channels, with: duet_local_audio_push_f32)
    }

    /// Whether the microphone is on. Muted, silence is sent, so that the path stays warm.
    public var isEnabled: Bool {
        var enabled = false
        duet_local_audio_is_enabled(call.core.handle, &enabled)
        return enabled
    }

    /// Mutes (`false`) and unmutes.
    public func setEnabled(_ enabled: Bool) {
        duet_local_audio_set_enabled(call.core.handle, enabled)
    }

    private typealias Push<Sample> = (UInt64, UnsafePointer<Sample>?, Int, UInt32, UInt32) -> Int32

    private func push<Sample>(
        _ samples: some Collection<Sample>, _ rate: Int, _ channels: Int, with push: Push<Sample>
    ) throws(DuetError) {
        let block = try Block(count: samples.count, rate: rate, channels: channels)
        func code(_ samples: UnsafeBufferPointer<Sample>) -> Int32 {
            push(call.core.handle, samples.baseAddress, block.frames, block.rate, block.channels)
        }
        try check(
            samples.withContiguousStorageIfAvailable(code) ?? Array(samples).withUnsafeBufferPointer(code))
    }
}

/// The other end's sound.
public struct RemoteAudio: Sendable {
    let call: Call

    /// Fills the whole block with the next sound for the speaker: decoded, concealed or silent. Never waits
    /// for the network. Call it as the speaker needs sound, from one thread; its pace is the playout clock.
    ///
    /// - Parameters:
    ///   - samples: Filled with samples of full scale 32768, interleaved; any number, a multiple of
    ///     `channels`. An array, or anything else whose elements lie side by side, is written in place. Both
    ///     channels of stereo get the same sound.
    ///   - rate: Samples per second and channel, 8000 to 48000.
    ///   - channels: 1 or 2.
    /// - Returns: What the block holds.
    /// - Throws: ``DuetError`` of kind `invalidArgument`.
    @discardableResult
    public func pull(
        into samples: inout some MutableCollection<Int16>, rate: Int, channels: Int = 1
    ) throws(DuetError) -> Played {
        try pull(&samples, rate, channels, with: duet_remote_audio_pull_i16)
    }

    /// As ``pull(into:rate:channels:)-swift.method``, for samples of full scale 1.0.
    ///
    /// - Throws: ``DuetError`` of kind `invalidArgument`.
    @discardableResult
    public func pull(
        into samples: inout some MutableCollection<Float>, rate: Int, channels: Int = 1
    ) throws(DuetError) -> Played {
        try pull(&samples, rate, channels, with: duet_remote_audio_pull_f32)
    }

    private typealias Pull<Sample> = (
        UInt64, UnsafeMutablePointer<Sample>?, Int, UInt32, UInt32, UnsafeMutablePointer<UInt32>?
    ) -> Int32

    private func pull<Sample>(
        _ samples: inout some MutableCollection<Sample>, _ rate: Int, _ channels: Int,
        with pull: Pull<Sample>
    ) throws(DuetError) -> Played {
        let block = try Block(count: samples.count, rate: rate, channels: channels)
        var played: UInt32 = 0
        let code = samples.withContiguousMutableStorageIfAvailable { samples in
            pull(call.core.handle, samples.baseAddress, block.frames, block.rate, block.channels, &played)
        }
        guard let code else { throw DuetError(.invalidArgument, "the samples do not lie side by side") }
        try check(code)
        return Played(rawValue: played) ?? .silence
    }
}

/// What the best part of a block of sound is.
public enum Played: UInt32, Sendable, CaseIterable {
    /// Nothing was sent, or nothing came for so long that concealment faded out.
    case silence = 0
    /// Invented, because a packet is missing.
    case concealed
    /// What the sender said.
    case decoded
}

/// The shape of a block of sound in the form of C.
private struct Block {
    let frames: Int
    let rate: UInt32
    let channels: UInt32

    init(count: Int, rate: Int, channels: Int) throws(DuetError) {
        guard channels == 1 || channels == 2 else {
            throw DuetError(.invalidArgument, "\(channels) channels: there can be 1 or 2")
        }
        guard count % channels == 0 else {
            throw DuetError(.invalidArgument, "\(count) samples are not a multiple of \(channels) channels")
        }
        frames = count / channels
        self.rate = try number(rate, "rate")
        self.channels = UInt32(channels)
    }
}
