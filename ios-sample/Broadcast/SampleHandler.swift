import CoreMedia
import DuetMedia
import ReplayKit

/// The broadcast extension: a process of its own that the system starts when the person shares the screen.
/// Hands its pictures to the app.
final class SampleHandler: RPBroadcastSampleHandler {
    private var sender: BroadcastSender?

    override func broadcastStarted(withSetupInfo _: [String: NSObject]?) {
        guard let path = AppGroup.socketPath else { return finish() }
        do {
            sender = try BroadcastSender(path: path) { [weak self] _ in self?.finish() }
        } catch {
            // No call is on.
            finish()
        }
    }

    override func broadcastFinished() {
        sender?.close()
    }

    override func processSampleBuffer(_ sample: CMSampleBuffer, with type: RPSampleBufferType) {
        if type == .video { sender?.offer(sample) }
    }

    private func finish() {
        let message = NSLocalizedString("broadcast.noCall", comment: "")
        finishBroadcastWithError(
            NSError(domain: "dev.duet.sample", code: 1, userInfo: [NSLocalizedDescriptionKey: message]))
    }
}
