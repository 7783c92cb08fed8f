import CallCore
import DuetMedia
import ReplayKit
import SwiftUI
import UIKit

extension Word {
    /// For SwiftUI, which looks it up in the person's language.
    var key: LocalizedStringKey { LocalizedStringKey(rawValue) }
    /// For VoiceOver.
    var text: Text { Text(key) }
}

/// A round button with a symbol; its word is what VoiceOver reads. Grows with the person's text size.
struct RoundButton: View {
    let symbol: String
    let word: Word
    var color = Color.gray.opacity(0.5)
    let action: () async -> Void
    @ScaledMetric(relativeTo: .title2) private var side = 56

    var body: some View {
        Button {
            Task { await action() }
        } label: {
            Image(systemName: symbol)
                .font(.title2)
                .frame(width: side, height: side)
                .background(color, in: Circle())
                .foregroundStyle(.white)
        }
        .accessibilityLabel(word.text)
    }
}

/// A view of UIKit's that the model owns.
struct Picture: UIViewRepresentable {
    let view: VideoView
    var onPlaced: (VideoView) -> Void = { _ in }

    func makeUIView(context _: Context) -> VideoView {
        onPlaced(view)
        return view
    }

    func updateUIView(_: VideoView, context _: Context) {}
}

/// The system's own button that begins to share the screen.
struct BroadcastPicker: UIViewRepresentable {
    func makeUIView(context _: Context) -> UIView {
        let picker = RPSystemBroadcastPickerView(frame: CGRect(x: 0, y: 0, width: 56, height: 56))
        picker.preferredExtension = Bundle.main.bundleIdentifier.map { "\($0).broadcast" }
        picker.showsMicrophoneButton = false
        return picker
    }

    func updateUIView(_: UIView, context _: Context) {}
}
