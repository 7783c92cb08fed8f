import Duet
import Foundation

// A whole call: `duet-swift-call URL NAME [CALLEE]` rings, or without the last word waits to be rung.
let arguments = CommandLine.arguments.dropFirst()
guard let url = arguments.first, let name = arguments.dropFirst().first else {
    print("usage: duet-swift-call URL NAME [CALLEE]")
    exit(2)
}

let session = try Session(url: url, options: SessionOptions(user: name), engine: Engine())
let call = try await placeOrAwait(callee: arguments.dropFirst(2).first)
try call.accept()  // Of a call that we placed, it does nothing.
let camera = Task {
    let gray = Data(repeating: 128, count: 640 * 480 * 3 / 2)
    while !Task.isCancelled {
        try call.localVideo.push(.i420(width: 640, height: 480, gray))
        try await Task.sleep(for: .milliseconds(33))
    }
}
let screen = Task {
    for await _ in call.remoteVideo.ready {
        if let frame = call.remoteVideo.acquire() {
            print("a \(frame.info.width)x\(frame.info.height) picture")
        }
    }
}
for await event in call.events { print("call:", event) }
camera.cancel()

func placeOrAwait(callee: String?) async throws -> Call {
    if let callee { return try session.ring(callee) }
    for await case .incoming(let call) in session.events { return call }
    throw CancellationError()
}
