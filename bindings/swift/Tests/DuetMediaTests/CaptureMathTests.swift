import Duet
import DuetMedia
import XCTest

final class CaptureMathTests: XCTestCase {
    private func format(_ width: Int, _ height: Int, _ fps: Double, binned: Bool = false) -> CameraFormat {
        CameraFormat(size: VideoSize(width: width, height: height), maxFps: fps, isBinned: binned)
    }

    func testTheSmallestFormatThatIsLargeAndFastEnoughIsChosen() {
        let formats = [
            format(192, 144, 30), format(640, 480, 30), format(1280, 720, 15), format(1280, 720, 60),
            format(1920, 1080, 30), format(3840, 2160, 30),
        ]
        XCTAssertEqual(CaptureMath.choose(from: formats, for: .standard), 3)
        XCTAssertEqual(CaptureMath.choose(from: formats, for: .saving), 1)
        let fast = CameraWish(size: VideoSize(width: 1920, height: 1080), fps: 60)
        XCTAssertEqual(CaptureMath.choose(from: formats, for: fast), 3, "speed before size")
    }

    func testWithoutALargeEnoughFormatTheLargestIsChosen() {
        let formats = [format(352, 288, 30), format(640, 480, 30), format(480, 360, 30)]
        XCTAssertEqual(CaptureMath.choose(from: formats, for: .standard), 1)
    }

    func testOfEqualFormatsTheOneThatIsNotBinnedIsChosen() {
        let formats = [format(1280, 720, 60, binned: true), format(1280, 720, 30)]
        XCTAssertEqual(CaptureMath.choose(from: formats, for: .standard), 1)
    }

    func testFormatsThatTheEngineDoesNotTakeAreNotChosen() {
        XCTAssertNil(CaptureMath.choose(from: [format(8, 8, 30), format(5000, 3000, 30)], for: .standard))
        XCTAssertNil(CaptureMath.choose(from: [format(1281, 721, 30)], for: .standard))
        XCTAssertNil(CaptureMath.choose(from: [], for: .standard))
    }

    func testPicturesOfADeviceHeldUprightAreTurnedByAQuarter() {
        for position in CameraPosition.allCases {
            XCTAssertEqual(CaptureMath.rotation(of: position, in: .portrait), .clockwise90)
            XCTAssertEqual(CaptureMath.rotation(of: position, in: .portraitUpsideDown), .clockwise270)
        }
    }

    func testInLandscapeTheTwoCamerasAreHalfATurnApart() {
        XCTAssertEqual(CaptureMath.rotation(of: .back, in: .landscapeRight), .none)
        XCTAssertEqual(CaptureMath.rotation(of: .front, in: .landscapeRight), .clockwise180)
        XCTAssertEqual(CaptureMath.rotation(of: .back, in: .landscapeLeft), .clockwise180)
        XCTAssertEqual(CaptureMath.rotation(of: .front, in: .landscapeLeft), .none)
        XCTAssertEqual(CameraPosition.front.flipped, .back)
        XCTAssertEqual(CameraPosition.back.flipped, .front)
    }

    func testScreensAreTurnedAsReplayKitSays() {
        XCTAssertEqual([1, 6, 3, 8].map { CaptureMath.rotation(exif: $0) }, Rotation.allCases)
        XCTAssertEqual(CaptureMath.rotation(exif: 0), .none)
    }

    func testTwoPlanesOfChromaBecomeOneWhoseSamplesTakeTurns() {
        let (u, v): ([UInt8], [UInt8]) = ([1, 2, 0, 3, 4, 0], [5, 6, 9, 7, 8, 9])
        var chroma = [UInt8](repeating: 0, count: 12)
        u.withUnsafeBytes { u in
            v.withUnsafeBytes { v in
                chroma.withUnsafeMutableBytes { chroma in
                    PlaneMath.interleave(
                        .init(bytes: u, stride: 3), .init(bytes: v, stride: 3), width: 2, height: 2,
                        into: chroma, stride: 6)
                }
            }
        }
        XCTAssertEqual(chroma, [1, 5, 2, 6, 0, 0, 3, 7, 4, 8, 0, 0])
    }

    func testRowsAreCopiedBetweenDifferentStridesAndNeverBeyondTheirEnds() {
        let rows: [UInt8] = [1, 2, 0, 3, 4]
        var copy = [UInt8](repeating: 9, count: 8)
        rows.withUnsafeBytes { rows in
            copy.withUnsafeMutableBytes { copy in
                PlaneMath.copy(.init(bytes: rows, stride: 3), width: 2, height: 3, into: copy, stride: 4)
            }
        }
        XCTAssertEqual(copy, [1, 2, 9, 9, 3, 4, 9, 9])
    }

    func testScreensAreCutToEvenSizes() {
        XCTAssertEqual(
            CaptureMath.even(VideoSize(width: 1179, height: 2556)), VideoSize(width: 1178, height: 2556))
        XCTAssertNil(CaptureMath.even(VideoSize(width: 17, height: 15)))
        XCTAssertNil(CaptureMath.even(VideoSize(width: 4098, height: 100)))
    }

    func testBuffersAreOfTheColoursTheyAreMarkedWith() {
        XCTAssertEqual(CaptureMath.colorSpace(matrix: "ITU_R_709_2"), .bt709Limited)
        XCTAssertEqual(CaptureMath.colorSpace(matrix: "ITU_R_601_4"), .bt601Limited)
        XCTAssertEqual(CaptureMath.colorSpace(matrix: nil), .bt601Limited)
    }

    func testSoundTravelsAtTheHardwaresRateWithinWhatTheEngineTakes() {
        XCTAssertEqual(CaptureMath.audioRate(hardware: 44_100), 44_100)
        XCTAssertEqual(CaptureMath.audioRate(hardware: 96_000), 48_000)
        XCTAssertEqual(CaptureMath.audioRate(hardware: 0), 8_000)
        XCTAssertEqual(CaptureMath.audioRate(hardware: .nan), 48_000)
    }
}
