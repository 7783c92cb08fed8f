import CallCore
import SwiftUI

/// In a call, or on its way there.
struct InCallScreen: View {
    @EnvironmentObject private var model: AppModel
    @State private var showsStatistics = false

    private var call: CallView { model.screen.call ?? CallView() }

    var body: some View {
        ZStack {
            Color.black
            Picture(view: model.remotePicture, onPlaced: model.placed)
                .opacity(call.isRemoteVideoShown ? 1 : 0)
                .accessibilityLabel(Word.callRemotePicture.text)
        }
        .ignoresSafeArea()
        .overlay(alignment: .topLeading) { status }
        .overlay(alignment: .topTrailing) { own }
        .overlay(alignment: .bottom) { controls }
        .foregroundStyle(.white)
        .task {
            while !Task.isCancelled {
                model.look()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        .alert(Text(call.peer), isPresented: .constant(call.asksVideo)) {
            Button {
                Task { await model.controller.answerVideo(true) }
            } label: {
                Word.callAllow.text
            }
            Button(role: .cancel) {
                Task { await model.controller.answerVideo(false) }
            } label: {
                Word.callNotNow.text
            }
        } message: {
            Word.callAsksVideo.text
        }
    }

    private var status: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(call.peer).font(.title2).bold()
            call.word.text
            TimelineView(.periodic(from: .now, by: 1)) { time in
                Text(call.clock(now: time.date.timeIntervalSince1970) ?? "").monospacedDigit()
            }
            if let quality = call.quality { quality.word.text.font(.footnote) }
            if call.isRemoteMuted {
                Label(Word.callRemoteMuted.key, systemImage: "mic.slash").font(.footnote)
            }
            if showsStatistics { StatisticsOverlay(rows: model.rows) }
        }
        .padding()
        .shadow(radius: 4)
    }

    @ViewBuilder private var own: some View {
        if call.isSelfViewShown {
            Picture(view: model.ownPicture)
                .frame(width: 96, height: 128)
                .clipShape(RoundedRectangle(cornerRadius: 12))
                .padding()
                .accessibilityLabel(Word.callOwnPicture.text)
        }
    }

    /// As many in a row as there is room for.
    private var controls: some View {
        LazyVGrid(columns: [GridItem(.adaptive(minimum: 64))], spacing: 12) {
            RoundButton(
                symbol: call.isMuted ? "mic.slash.fill" : "mic.fill",
                word: call.isMuted ? .callUnmute : .callMute
            ) { model.controller.toggleMute() }
            RoundButton(
                symbol: call.isCameraOn ? "video.fill" : "video.slash.fill",
                word: call.isCameraOn ? .callCameraOff : .callCameraOn
            ) { await model.controller.toggleCamera() }
            RoundButton(symbol: "arrow.triangle.2.circlepath.camera", word: .callFlip) {
                model.controller.flipCamera()
            }
            RoundButton(
                symbol: call.isSpeakerOn ? "speaker.wave.3.fill" : "speaker.fill",
                word: call.isSpeakerOn ? .callSpeakerOff : .callSpeakerOn
            ) { model.controller.toggleSpeaker() }
            share
            RoundButton(symbol: "chart.bar", word: .callStatistics) { showsStatistics.toggle() }
            RoundButton(symbol: "phone.down.fill", word: .callHangUp, color: .red) {
                model.controller.hangUp()
            }
        }
        .padding()
    }

    @ViewBuilder private var share: some View {
        if call.isSharing {
            RoundButton(symbol: "rectangle.on.rectangle.slash", word: .callShareStop) {
                model.controller.stopSharing()
            }
        } else {
            BroadcastPicker()
                .frame(width: 56, height: 56)
                .background(Color.gray.opacity(0.5), in: Circle())
                .accessibilityLabel(Word.callShare.text)
        }
    }
}
