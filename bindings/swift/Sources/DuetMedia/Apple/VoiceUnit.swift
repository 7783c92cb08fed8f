#if os(iOS) && canImport(AVFAudio)
import AVFAudio
import Duet

/// The microphone: sound goes from here into a call.
public struct MicrophoneSource: Sendable {
    /// Gets a block of sound on the system's real-time thread, and the rate of its samples. Must not wait.
    public typealias BlockHandler = @Sendable (UnsafeBufferPointer<Float>, Int) -> Void

    let onBlock: BlockHandler

    /// A microphone for a ``VoiceUnit``.
    public init(onBlock: @escaping BlockHandler) {
        self.onBlock = onBlock
    }

    /// A microphone of a call. Pushing copies and never waits.
    public init(_ audio: LocalAudio) {
        self.init { block, rate in try? audio.push(block, rate: rate) }
    }

    func node(rate: Int) -> AVAudioSinkNode {
        AVAudioSinkNode { [onBlock] _, frames, list in
            // Channels lie in buffers of their own; the first is the processed voice.
            let buffers = UnsafeMutableAudioBufferListPointer(UnsafeMutablePointer(mutating: list))
            if let samples = buffers.first?.mData?.assumingMemoryBound(to: Float.self) {
                onBlock(UnsafeBufferPointer(start: samples, count: Int(frames)), rate)
            }
            return noErr
        }
    }
}

/// The speaker: the other end's sound goes to it.
public struct SpeakerSink: Sendable {
    /// Fills a block of sound on the system's real-time thread, at the rate given. Must not wait.
    public typealias Fill = @Sendable (UnsafeMutableBufferPointer<Float>, Int) -> Void

    let fill: Fill

    /// A speaker for a ``VoiceUnit``.
    public init(fill: @escaping Fill) {
        self.fill = fill
    }

    /// The speaker of a call. The hardware's pace is the call's playout clock.
    public init(_ audio: RemoteAudio) {
        self.init { block, rate in
            var block = block
            if (try? audio.pull(into: &block, rate: rate)) == nil { block.update(repeating: 0) }
        }
    }

    func node(format: AVAudioFormat, rate: Int) -> AVAudioSourceNode {
        AVAudioSourceNode(format: format) { [fill] _, _, frames, list in
            for buffer in UnsafeMutableAudioBufferListPointer(list) {
                guard let samples = buffer.mData?.assumingMemoryBound(to: Float.self) else { continue }
                fill(UnsafeMutableBufferPointer(start: samples, count: Int(frames)), rate)
            }
            return noErr
        }
    }
}

/// Microphone and speaker of one call in one `AVAudioEngine` with the platform's voice processing: echo
/// cancellation needs to know what the speaker plays.
///
/// The app's audio session must be active, in category `playAndRecord`, before ``start()``: with CallKit,
/// from `provider(_:didActivate:)` on. Every method may be called from any thread and returns at once; the
/// work is done, in order, on a queue of the unit's.
public final class VoiceUnit: @unchecked Sendable {
    private let microphone: MicrophoneSource
    private let speaker: SpeakerSink
    private let onFailure: @Sendable (any Error) -> Void
    // All that follows is used on the queue only.
    private let queue = DispatchQueue(label: "duet.voice", qos: .userInteractive)
    private var engine: AVAudioEngine?
    private var observer: (any NSObjectProtocol)?

    /// A unit that is silent and deaf.
    ///
    /// - Parameter onFailure: Called on the unit's queue when the hardware could not be started; starting
    ///   again may be tried after the next change of the route.
    public init(
        microphone: MicrophoneSource, speaker: SpeakerSink,
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.microphone = microphone
        self.speaker = speaker
        self.onFailure = onFailure
    }

    deinit {
        if let observer { NotificationCenter.default.removeObserver(observer) }
        engine?.stop()
    }

    /// Opens microphone and speaker. Started already, it starts anew: after an interruption the hardware
    /// may be another.
    public func start() {
        queue.async { [self] in build() }
    }

    /// Closes both; the system's microphone sign goes out.
    public func stop() {
        queue.async { [self] in tearDown() }
    }

    private func build() {
        tearDown()
        let engine = AVAudioEngine()
        do {
            // Both ends of the hardware: what is heard is taken out of what is said.
            try engine.inputNode.setVoiceProcessingEnabled(true)
            let heard = engine.inputNode.outputFormat(forBus: 0)
            let rate = CaptureMath.audioRate(hardware: engine.outputNode.outputFormat(forBus: 0).sampleRate)
            guard heard.sampleRate > 0,
                let mono = AVAudioFormat(standardFormatWithSampleRate: Double(rate), channels: 1)
            else { throw MediaError.platform("the audio session is not active") }
            let source = speaker.node(format: mono, rate: rate)
            let sink = microphone.node(rate: CaptureMath.audioRate(hardware: heard.sampleRate))
            engine.attach(source)
            engine.attach(sink)
            engine.connect(source, to: engine.mainMixerNode, format: mono)
            engine.connect(engine.inputNode, to: sink, format: heard)
            engine.prepare()
            try engine.start()
            self.engine = engine
            observe(engine)
        } catch {
            onFailure(error)
        }
    }

    /// Another route has another rate: the engine has stopped itself and wants to be built for it.
    private func observe(_ engine: AVAudioEngine) {
        observer = NotificationCenter.default.addObserver(
            forName: .AVAudioEngineConfigurationChange, object: engine, queue: nil
        ) { [weak self] _ in
            guard let self else { return }
            queue.async { [self] in
                if self.engine != nil { build() }
            }
        }
    }

    private func tearDown() {
        if let observer { NotificationCenter.default.removeObserver(observer) }
        observer = nil
        engine?.stop()
        engine = nil
    }
}
#endif
