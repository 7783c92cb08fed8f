import CallCore
import Duet
import DuetMedia
import Foundation
import OSLog

/// The device's screen: its pictures come from the broadcast extension through a socket in the app group's
/// folder.
@MainActor
final class ScreenAdapter: ScreenPort {
    var onNews: ((Bool) -> Void)?
    private let track = Track()
    private var receiver: BroadcastReceiver?

    init() {
        let log = Logger(subsystem: "dev.duet.sample", category: "screen")
        guard let path = AppGroup.socketPath else {
            return log.error("no app group: add it to the entitlements of app and extension")
        }
        do {
            receiver = try BroadcastReceiver(path: path) { [weak self] news in
                Task { @MainActor in self?.onNews?(news == .began) }
            } onFrame: { [track] frame in
                _ = try? track.video?.push(frame)
            }
        } catch {
            log.error("screen: \(error.localizedDescription)")
        }
    }

    func share(into video: LocalVideo?) {
        track.video = video
        if video == nil { receiver?.endBroadcast() }
    }
}
