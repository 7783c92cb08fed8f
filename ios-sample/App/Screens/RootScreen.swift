import CallCore
import SwiftUI
import UIKit

/// The screen that the controller says.
struct RootScreen: View {
    @EnvironmentObject private var model: AppModel

    var body: some View {
        Group {
            switch model.screen.page {
            case .signIn: SignInScreen()
            case .contacts: ContactsScreen()
            case .incoming: IncomingScreen()
            case .call: InCallScreen()
            }
        }
        .alert(item: notice) { item in
            if item.notice.leadsToSettings {
                Alert(
                    title: item.notice.word.text,
                    primaryButton: .default(Word.noticeSettings.text) { openSettings() },
                    secondaryButton: .cancel(Word.noticeClose.text))
            } else {
                Alert(title: item.notice.word.text, dismissButton: .default(Word.noticeClose.text))
            }
        }
    }

    private var notice: Binding<NoticeItem?> {
        Binding {
            model.screen.notice.map { NoticeItem(notice: $0) }
        } set: { _ in
            model.controller.dismissNotice()
        }
    }

    private func openSettings() {
        if let url = URL(string: UIApplication.openSettingsURLString) { UIApplication.shared.open(url) }
    }
}

/// A notice as SwiftUI's alerts take it.
private struct NoticeItem: Identifiable {
    let notice: Notice
    var id: Notice { notice }
}

/// The engine did not start.
struct FailureScreen: View {
    var body: some View {
        Word.endFailed.text.padding()
    }
}
