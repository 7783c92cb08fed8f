import Duet
import Foundation

// One end of a call with a program in another language: `duet-swift-peer URL NAME [CALLEE]` rings CALLEE, or waits to be
// rung. Says `ready` when it can be rung, `media` when it has seen and heard the other end, and at last how the call
// ended. A line on its input, or the end of it, hangs up.

let arguments = CommandLine.arguments
guard arguments.count > 2 else { fatalError("usage: duet-swift-peer URL NAME [CALLEE]") }

let engine = try Engine()
let session = try Session(url: arguments[1], options: SessionOptions(user: arguments[2]), engine: engine)
try await session.connected()
say("ready")
let call = try arguments.count > 3 ? session.ring(arguments[3]) : await session.nextCall()
try call.accept()
try await call.connected()
Thread.detachNewThread { [call] in
    // Not `readLine`, which would hold up the end of a process whose input stays silent.
    _ = FileHandle.standardInput.availableData
    call.hangUp()
}
try await exchangeMedia(call)
let how = try await call.ended()
guard how.reason == .hangUp else { fatalError("\(how)") }
say("hang-up")
_ = try await engine.closeAndWait(timeout: .seconds(1))

func say(_ word: String) {
    FileHandle.standardOutput.write(Data("\(word)\n".utf8))
}

/// Sends a bar that moves and a tone until the call is over.
func exchangeMedia(_ call: Call) async throws {
    let (width, height) = (160, 120)
    var picture = [UInt8](repeating: 128, count: width * height * 3 / 2)
    var (buffer, before) = (VideoBuffer(format: .i420), [UInt8]())
    let tone = (0..<480).map { Int16($0 / 60 % 2 == 0 ? 8000 : -8000) }
    var (pictures, changes, heard, satisfied, tick) = (0, 0, false, false, 0)
    while call.state != .ended {
        tick += 1
        if tick % 4 == 0 {
            for row in 0..<height {
                let light: UInt8 = (row + tick) / 16 % 2 == 0 ? 200 : 60
                for column in 0..<width { picture[row * width + column] = light }
            }
            try call.localVideo.push(.i420(width: width, height: height, picture))
        }
        if call.remoteVideo.pull(into: &buffer) {
            pictures += 1
            let luma = Array(buffer.bytes.prefix(width * height))
            let changed = zip(luma, before).filter { pair in abs(Int(pair.0) - Int(pair.1)) > 20 }
            if changed.count > 100 { changes += 1 }
            before = luma
        }
        try call.localAudio.push(tone, rate: 48_000)
        var block = [Int16](repeating: 0, count: 480)
        try call.remoteAudio.pull(into: &block, rate: 48_000)
        heard = heard || block.contains { $0 > 1000 }
        if !satisfied, pictures >= 10, changes >= 5, heard {
            satisfied = true
            say("media")
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}
