import AudioToolbox
import CallCore
import SwiftUI

/// Somebody calls, and CallKit does not show it.
struct IncomingScreen: View {
    @EnvironmentObject private var model: AppModel

    var body: some View {
        VStack(spacing: 24) {
            Spacer()
            Text(model.screen.call?.peer ?? "").font(.largeTitle)
            Word.phaseIncoming.text.font(.title3)
            Spacer()
            HStack(spacing: 64) {
                RoundButton(symbol: "phone.down.fill", word: .callDecline, color: .red) {
                    model.controller.hangUp()
                }
                RoundButton(symbol: "phone.fill", word: .callAnswer, color: .green) {
                    await model.controller.answer()
                }
            }
        }
        .padding()
        .task { await ring() }
    }

    /// Until the screen goes.
    private func ring() async {
        while !Task.isCancelled {
            AudioServicesPlayAlertSound(kSystemSoundID_Vibrate)
            try? await Task.sleep(for: .seconds(2))
        }
    }
}
