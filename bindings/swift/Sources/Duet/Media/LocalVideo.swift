internal import CDuet
import Foundation

/// The camera's track of a call: pictures go in here.
public struct LocalVideo: Sendable {
    let call: Call

    /// Hands in a picture. Its bytes are read in place and copied once, into the engine's own buffer;
    /// returns then, and never waits. The size may change from frame to frame. Before the call is connected
    /// the newest frame is kept, so that the first picture leaves as soon as there is a path.
    ///
    /// - Returns: Whether it will be encoded unless a newer one comes first; `false` when the track is off
    ///   or over, or no buffer was free.
    /// - Throws: ``DuetError`` of kind `invalidArgument` for a frame that is not valid; the call goes on.
    @discardableResult
    public func push<Bytes: ContiguousBytes>(_ frame: VideoFrame<Bytes>) throws(DuetError) -> Bool {
        var queued = false
        try frame.withC { frame in duet_local_video_push(call.core.handle, &frame, &queued) }
        return queued
    }

    /// Whether pictures are on ("camera off"). Off, pushed frames are dropped.
    public var isEnabled: Bool {
        var enabled = false
        duet_local_video_is_enabled(call.core.handle, &enabled)
        return enabled
    }

    /// Turns the pictures off and on.
    public func setEnabled(_ enabled: Bool) {
        duet_local_video_set_enabled(call.core.handle, enabled)
    }

    /// Says whether the frames pushed from now on are a screen's: they are encoded for sharp text before
    /// smooth motion, go on in the background, and the other end is told.
    public func setScreen(_ screen: Bool) {
        duet_local_video_set_screen(call.core.handle, screen)
    }
}
