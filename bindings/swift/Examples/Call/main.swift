import Duet
import Foundation

// A call in a page of Swift: `duet-swift-call URL NAME [CALLEE]` rings CALLEE, or waits to be rung; the
// hundredth picture ends it.
let words = CommandLine.arguments
guard words.count > 2 else { exit(2) }

let engine = try Engine()
let session = try Session(url: words[1], options: SessionOptions(user: words[2]), engine: engine)
let call = try words.count > 3 ? session.ring(words[3]) : await session.nextCall()
try call.accept()  // Of a call that we placed, it does nothing.

let camera = Task {
    let gray = Data(repeating: 128, count: 640 * 480 * 3 / 2)
    while !Task.isCancelled {
        try call.localVideo.push(.i420(width: 640, height: 480, gray))
        try await Task.sleep(for: .milliseconds(33))
    }
}
var pictures = 0
for await _ in call.remoteVideo.ready where call.remoteVideo.acquire() != nil {
    pictures += 1
    if pictures == 100 { call.hangUp() }
}
camera.cancel()
print("\(pictures) pictures, \(try await call.ended().reason)")
_ = try await engine.closeAndWait()
