import CallCore
import SwiftUI

/// Whom to call.
struct ContactsScreen: View {
    @EnvironmentObject private var model: AppModel
    @State private var peer = ""
    @State private var room = ""

    var body: some View {
        NavigationStack {
            List {
                Section {
                    TextField(text: $peer) { Word.contactsWhom.text }
                    CallButtons(peer: peer)
                }
                Section {
                    TextField(text: $room) { Word.contactsRoom.text }
                    Button {
                        Task { await model.controller.join(room: room, video: true) }
                    } label: {
                        Label(Word.callJoin.key, systemImage: "door.left.hand.open")
                    }
                }
                Section(header: Word.contactsRecent.text) {
                    ForEach(model.screen.contacts, id: \.self) { contact in
                        VStack(alignment: .leading) {
                            Text(contact)
                            CallButtons(peer: contact)
                        }
                    }
                }
            }
            .textInputAutocapitalization(.never)
            .autocorrectionDisabled()
            .buttonStyle(.borderless)
            .navigationTitle(Word.contactsTitle.text)
            .safeAreaInset(edge: .bottom) {
                model.screen.serviceWord.text.font(.footnote).foregroundStyle(.secondary).padding()
            }
            .toolbar {
                Button {
                    model.controller.signOut()
                } label: {
                    Word.signOut.text
                }
            }
        }
    }
}

/// With sound only, or with pictures. Side by side, or one above the other where the text is large.
private struct CallButtons: View {
    @EnvironmentObject private var model: AppModel
    let peer: String

    var body: some View {
        ViewThatFits {
            HStack { buttons }
            VStack(alignment: .leading) { buttons }
        }
    }

    @ViewBuilder private var buttons: some View {
        Button {
            Task { await model.controller.ring(peer, video: false) }
        } label: {
            Label(Word.callAudio.key, systemImage: "phone")
        }
        Button {
            Task { await model.controller.ring(peer, video: true) }
        } label: {
            Label(Word.callVideo.key, systemImage: "video")
        }
    }
}
