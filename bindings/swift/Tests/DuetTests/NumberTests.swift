import CDuet
import Duet
import XCTest

/// The library may grow; what it says now is understood.
final class NumberTests: XCTestCase {
    func testTheNumbersOfTheEnumsAreThoseOfTheLibrary() {
        XCTAssertEqual(EndReason.allCases.map(\.rawValue), Array(0...DUET_END_REASON_INTERNAL.rawValue))
        XCTAssertEqual(EndReason.ringTimeout.rawValue, DUET_END_REASON_RING_TIMEOUT.rawValue)
        XCTAssertEqual(EndReason.peerLeft.rawValue, DUET_END_REASON_PEER_LEFT.rawValue)
        XCTAssertEqual(EndReason.replaced.rawValue, DUET_END_REASON_REPLACED.rawValue)
        XCTAssertEqual(CallState.ended.rawValue, DUET_CALL_STATE_ENDED.rawValue)
        XCTAssertEqual(CallState.incoming.rawValue, DUET_CALL_STATE_INCOMING.rawValue)
        XCTAssertEqual(SessionState.closed.rawValue, DUET_SESSION_STATE_CLOSED.rawValue)
        XCTAssertEqual(Phase.reconnecting.rawValue, DUET_PHASE_RECONNECTING.rawValue)
        XCTAssertEqual(EndedBy.system.rawValue, DUET_ENDED_BY_SYSTEM.rawValue)
        XCTAssertEqual(VideoNews.stopped.rawValue, DUET_VIDEO_NEWS_STOPPED.rawValue)
        XCTAssertEqual(DeviceNews.thermalHot.rawValue, DUET_DEVICE_NEWS_THERMAL_HOT.rawValue)
        XCTAssertEqual(ColorSpace.bt709Limited.rawValue, DUET_COLOR_SPACE_BT709_LIMITED.rawValue)
        XCTAssertEqual(ConnectPolicy.afterAccept.rawValue, DUET_CONNECT_POLICY_AFTER_ACCEPT.rawValue)
        XCTAssertEqual(VideoCodec.vp8.rawValue, DUET_VIDEO_CODEC_VP8.rawValue)
        XCTAssertEqual(Played.decoded.rawValue, DUET_PLAYED_DECODED.rawValue)
        XCTAssertEqual(Log.Level.trace.rawValue, DUET_LOG_LEVEL_TRACE.rawValue)
    }
}
