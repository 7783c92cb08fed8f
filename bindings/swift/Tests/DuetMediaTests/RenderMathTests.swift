import Duet
import DuetMedia
import XCTest

final class RenderMathTests: XCTestCase {
    private let wide = VideoSize(width: 640, height: 320)
    private let square = VideoSize(width: 100, height: 100)

    func testALetterboxedPictureIsSeenWholeWithBarsAboveAndBelow() {
        let corners = RenderMath.vertices(
            picture: wide, rotation: .none, mirrored: false, view: square, fit: .letterbox)
        XCTAssertEqual(
            corners,
            [
                VideoVertex(x: -1, y: 0.5, u: 0, v: 0), VideoVertex(x: 1, y: 0.5, u: 1, v: 0),
                VideoVertex(x: -1, y: -0.5, u: 0, v: 1), VideoVertex(x: 1, y: -0.5, u: 1, v: 1),
            ])
    }

    func testAPictureThatFillsIsCutAtBothSidesAlike() {
        let corners = RenderMath.vertices(
            picture: wide, rotation: .none, mirrored: false, view: square, fit: .fill)
        XCTAssertEqual(
            corners,
            [
                VideoVertex(x: -1, y: 1, u: 0.25, v: 0), VideoVertex(x: 1, y: 1, u: 0.75, v: 0),
                VideoVertex(x: -1, y: -1, u: 0.25, v: 1), VideoVertex(x: 1, y: -1, u: 0.75, v: 1),
            ])
    }

    func testAMirrorSwapsLeftAndRightAsTheyAreSeenHoweverThePictureIsTurned() {
        for rotation in Rotation.allCases {
            for fit in VideoFit.allCases {
                let plain = RenderMath.vertices(
                    picture: wide, rotation: rotation, mirrored: false, view: square, fit: fit)
                let mirrored = RenderMath.vertices(
                    picture: wide, rotation: rotation, mirrored: true, view: square, fit: fit)
                for (left, right) in [(0, 1), (2, 3)] {
                    XCTAssertEqual(mirrored[left].u, plain[right].u)
                    XCTAssertEqual(mirrored[left].v, plain[right].v)
                    XCTAssertEqual(mirrored[left].x, plain[left].x)
                }
            }
        }
    }

    func testTheTopLeftOfTheViewShowsTheRightCornerOfTheMemory() {
        // Turned clockwise by a quarter, what was at the bottom left is at the top left.
        let expected: [Rotation: (u: Float, v: Float)] = [
            .none: (0, 0), .clockwise90: (0, 1), .clockwise180: (1, 1), .clockwise270: (1, 0),
        ]
        for (rotation, corner) in expected {
            let first = RenderMath.vertices(
                picture: square, rotation: rotation, mirrored: false, view: square, fit: .fill)[0]
            XCTAssertEqual(first.u, corner.u, "\(rotation)")
            XCTAssertEqual(first.v, corner.v, "\(rotation)")
        }
    }

    func testATurnedPictureTakesTheShapeThatIsSeen() {
        let corners = RenderMath.vertices(
            picture: wide, rotation: .clockwise90, mirrored: false, view: square, fit: .letterbox)
        XCTAssertEqual(corners.map(\.x), [-0.5, 0.5, -0.5, 0.5])
        XCTAssertEqual(corners.map(\.y), [1, 1, -1, -1])
        XCTAssertEqual(wide.turned(.clockwise270), VideoSize(width: 320, height: 640))
        XCTAssertEqual(wide.turned(.clockwise180), wide)
    }

    func testNoPictureAndNoViewAreNothingToDraw() {
        let nothing = VideoSize(width: 0, height: 0)
        for (picture, view) in [(nothing, square), (square, nothing)] {
            XCTAssertTrue(
                RenderMath.vertices(
                    picture: picture, rotation: .none, mirrored: false, view: view, fit: .fill
                ).isEmpty)
            XCTAssertEqual(RenderMath.fitted(picture: picture, rotation: .none, in: view), nothing)
        }
    }

    func testASelfViewTakesThePicturesShapeWithinItsBounds() {
        let bounds = VideoSize(width: 120, height: 160)
        let picture = VideoSize(width: 1280, height: 720)
        XCTAssertEqual(
            RenderMath.fitted(picture: picture, rotation: .clockwise90, in: bounds),
            VideoSize(width: 90, height: 160))
        XCTAssertEqual(
            RenderMath.fitted(picture: picture, rotation: .none, in: bounds),
            VideoSize(width: 120, height: 67))
    }

    func testBlackWhiteAndThePrimariesComeOutAsTheStandardsSay() {
        // Y, Cb, Cr of red and blue in 8 bits, from BT.601 and BT.709 themselves.
        let samples: [(ColorSpace, [Float], [Float])] = [
            (.bt601Limited, [16, 128, 128], [0, 0, 0]), (.bt601Limited, [235, 128, 128], [1, 1, 1]),
            (.bt601Limited, [81, 90, 240], [1, 0, 0]), (.bt601Limited, [41, 240, 110], [0, 0, 1]),
            (.bt709Limited, [63, 102, 240], [1, 0, 0]), (.bt709Limited, [173, 42, 26], [0, 1, 0]),
            (.bt601Full, [0, 128, 128], [0, 0, 0]), (.bt601Full, [255, 128, 128], [1, 1, 1]),
            (.bt601Full, [76, 85, 255], [1, 0, 0]),
        ]
        for (space, yuv, rgb) in samples {
            let seen = ColorMatrix(space).rgb(y: yuv[0] / 255, u: yuv[1] / 255, v: yuv[2] / 255)
            XCTAssertEqual(seen.red, rgb[0], accuracy: 0.015, "\(space) \(yuv)")
            XCTAssertEqual(seen.green, rgb[1], accuracy: 0.015, "\(space) \(yuv)")
            XCTAssertEqual(seen.blue, rgb[2], accuracy: 0.015, "\(space) \(yuv)")
        }
    }
}
