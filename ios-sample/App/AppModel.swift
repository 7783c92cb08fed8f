import CallCore
import Duet
import DuetMedia
import OSLog
import SwiftUI
import UIKit

/// Puts the controller and what it stands on together, and hands its screen to SwiftUI. What is decided is
/// decided in `CallCore`.
@MainActor
final class AppModel: ObservableObject {
    @Published private(set) var screen = CallScreen()
    /// The rows of the statistics, anew once a second.
    @Published private(set) var rows: [StatisticsTable.Row] = []
    let controller: CallController
    let ownPicture: VideoView
    let remotePicture = VideoView(frame: .zero)

    private let audio = AudioSessionAdapter()
    private let power = PowerAdapter()
    private let network = NetworkAdapter()
    private let pictureInPicture = PictureInPictureAdapter()
    private let camera: CameraAdapter
    private let shared: ScreenAdapter
    private let push: PushKitAdapter
    private let callKit: CallKitAdapter?
    private let inApp: InAppCalls?
    private var table = StatisticsTable()

    /// - Throws: `DuetError` when the system refuses the engine its threads.
    init() throws {
        let log = Logger(subsystem: "dev.duet.sample", category: "app")
        camera = CameraAdapter()
        ownPicture = camera.view
        shared = ScreenAdapter()
        let isCallKitAllowed = InAppCalls.isCallKitAllowed(region: Locale.current.region?.identifier)
        callKit = isCallKitAllowed ? CallKitAdapter() : nil
        inApp = isCallKitAllowed ? nil : InAppCalls(audio: audio)
        let system: (any SystemCalls)? = callKit ?? inApp
        var ports = CallPorts(
            system: system ?? InAppCalls(audio: audio), audio: audio, voice: VoiceAdapter(), camera: camera,
            screen: shared, permissions: PermissionAdapter(), accounts: AccountDefaults())
        ports.onPushToken = { token in
            // Your server needs it, with the account's name, to ring this device: docs/pushkit.md.
            log.info("push token: \(token ?? "none", privacy: .private)")
        }
        controller = try CallController(engine: Engine(), ports: ports)
        push = PushKitAdapter(controller.push)
        callKit?.bridge = controller.bridge
        inApp?.bridge = controller.bridge
        connect()
    }

    /// The app came in front, or went behind.
    func sceneChanged(isForeground: Bool) {
        // Long enough for the goodbye to the service.
        let task = UIApplication.shared.beginBackgroundTask()
        controller.sceneChanged(isForeground: isForeground)
        Task {
            try? await Task.sleep(for: .seconds(2))
            UIApplication.shared.endBackgroundTask(task)
        }
    }

    /// Reads the statistics; a screen that is seen calls it once a second.
    func look() {
        guard let statistics = controller.look() else { return }
        rows = table.rows(statistics, now: ProcessInfo.processInfo.systemUptime)
    }

    /// The view that picture-in-picture grows out of is on the screen.
    func placed(_ view: VideoView) {
        pictureInPicture.attach(to: view)
    }

    private func connect() {
        controller.onChange = { [weak self] screen in self?.show(screen) }
        show(controller.screen)
        audio.onHappening = { [controller] in controller.audioHappened($0) }
        power.onChange = { [controller] in controller.powerChanged(thermal: $0, isLowPower: $1) }
        network.onPath = { [controller] in controller.networkChanged($0) }
        shared.onNews = { [controller] isOn in controller.broadcastChanged(isOn: isOn) }
        pictureInPicture.onChange = { [controller] in controller.windowChanged(isOpen: $0) }
    }

    private func show(_ screen: CallScreen) {
        self.screen = screen
        for view in [ownPicture, remotePicture] { view.isPaused = !screen.isSeen }
        ownPicture.isMirrored = screen.call?.isMirrored ?? true
        remotePicture.fit = screen.call?.remoteFit ?? .fill
        pictureInPicture.isAllowed = screen.call?.allowsPictureInPicture ?? false
        remotePicture.show(controller.remoteVideo(in: .app))
        pictureInPicture.show(controller.remoteVideo(in: .window))
    }
}
