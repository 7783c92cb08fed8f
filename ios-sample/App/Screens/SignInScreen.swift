import CallCore
import SwiftUI

/// Server and name.
struct SignInScreen: View {
    @EnvironmentObject private var model: AppModel
    @State private var server = ""
    @State private var name = ""

    var body: some View {
        NavigationStack {
            Form {
                Section {
                    TextField(text: $server, prompt: Word.signInServerHint.text) { Word.signInServer.text }
                        .textContentType(.URL)
                        .keyboardType(.URL)
                    TextField(text: $name) { Word.signInName.text }
                        .textContentType(.username)
                }
                .textInputAutocapitalization(.never)
                .autocorrectionDisabled()
                Button {
                    model.controller.signIn(server: server, name: name)
                } label: {
                    Word.signInButton.text
                }
            }
            .navigationTitle(Word.signInTitle.text)
        }
    }
}
