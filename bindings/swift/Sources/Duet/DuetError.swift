internal import CDuet
import Foundation

/// Why Duet refused something, or failed.
public struct DuetError: Error, Hashable, Sendable {
    /// What went wrong, for programs.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// An argument is out of range or malformed.
        case invalidArgument
        /// The signaling service cannot be reached or does not answer properly.
        case signaling
        /// The signaling service refused the user.
        case unauthorized
        /// Two are in the room already.
        case roomFull
        /// The other user is not there.
        case notFound
        /// The engine, session or call was closed.
        case closed
        /// Too many requests are waiting; try again.
        case overloaded
        /// A codec is missing or failed.
        case codec
        /// The operating system refused a resource, or a bug in Duet.
        case internalError
        /// Somebody of that name is connected already.
        case nameTaken
        /// The signaling system has no word for it.
        case unsupported
    }

    /// What went wrong, for programs.
    public let kind: Kind
    /// What went wrong, for people, in English.
    public let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// What a function of the library returned, other than `DUET_OK`.
    init(code: Int32, message: String) {
        self.init(Kind(code: code), message)
    }
}

extension DuetError: LocalizedError, CustomStringConvertible {
    /// The message.
    public var errorDescription: String? { message }
    /// Kind and message.
    public var description: String { "\(kind): \(message)" }
}

extension DuetError.Kind {
    fileprivate init(code: Int32) {
        switch UInt32(bitPattern: code) {
        case DUET_ERROR_INVALID_ARGUMENT.rawValue: self = .invalidArgument
        case DUET_ERROR_SIGNALING.rawValue: self = .signaling
        case DUET_ERROR_UNAUTHORIZED.rawValue: self = .unauthorized
        case DUET_ERROR_ROOM_FULL.rawValue: self = .roomFull
        case DUET_ERROR_NOT_FOUND.rawValue: self = .notFound
        case DUET_ERROR_CLOSED.rawValue: self = .closed
        case DUET_ERROR_OVERLOADED.rawValue: self = .overloaded
        case DUET_ERROR_CODEC.rawValue: self = .codec
        case DUET_ERROR_NAME_TAKEN.rawValue: self = .nameTaken
        case DUET_ERROR_UNSUPPORTED.rawValue: self = .unsupported
        default: self = .internalError
        }
    }
}

/// Throws what a function of the library refused. Must follow it on the same thread: that is where the
/// library keeps the message.
func check(_ code: Int32) throws(DuetError) {
    guard code != DUET_OK else { return }
    throw DuetError(code: code, message: String(cString: duet_last_error()))
}
