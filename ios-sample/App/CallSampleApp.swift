import CallCore
import Intents
import SwiftUI
import UIKit

/// The app's entry. The system may start it in the background for a push message, before any screen: so the
/// model is made with the app's delegate.
@main
struct CallSampleApp: App {
    @UIApplicationDelegateAdaptor(AppDelegate.self) private var delegate
    @Environment(\.scenePhase) private var phase

    var body: some Scene {
        WindowGroup {
            if let model = delegate.model {
                RootScreen().environmentObject(model)
                    .onContinueUserActivity(NSStringFromClass(INStartCallIntent.self)) { activity in
                        // From the system's list of recent calls.
                        guard let intent = activity.interaction?.intent as? INStartCallIntent,
                            let peer = intent.contacts?.first?.personHandle?.value
                        else { return }
                        let video = intent.callCapability == .videoCall
                        Task { await model.controller.ring(peer, video: video) }
                    }
            } else {
                FailureScreen()
            }
        }
        .onChange(of: phase) { phase in
            // Behind a question of the system's the app is inactive, but seen.
            delegate.model?.sceneChanged(isForeground: phase != .background)
        }
    }
}

/// Lives as long as the app does.
@MainActor
final class AppDelegate: NSObject, UIApplicationDelegate {
    private(set) var model: AppModel?

    func application(
        _: UIApplication, didFinishLaunchingWithOptions _: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool {
        model = try? AppModel()
        return true
    }
}
