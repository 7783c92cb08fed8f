import XCTest

@testable import Duet

/// Pictures in a platform's own memory, which this platform has none of: what must hold everywhere is that the
/// engine gives back what it was handed.
final class NativeVideoTests: XCTestCase {
    private final class Buffer {}

    func testAPictureThatTheEngineCannotReadIsGivenBackAtOnce() async throws {
        let users = try Users()
        let call = try users.alice.ring("bob")
        var buffer: Buffer? = Buffer()
        weak var watched = buffer
        for kind in [UInt32(1), 2, 77] {
            let picture = try XCTUnwrap(buffer)
            XCTAssertThrowsError(
                try call.localVideo.push(kind, picture, .clockwise90, .bt709Limited, .nanoseconds(1))
            ) { error in
                let expected: DuetError.Kind = kind == 77 ? .invalidArgument : .unsupported
                XCTAssertEqual((error as? DuetError)?.kind, expected, "kind \(kind)")
            }
        }
        buffer = nil
        XCTAssertNil(watched)
    }
}
