/// Texts in the form of C, for as long as this object lives.
final class CTexts {
    private var copies: [UnsafeMutablePointer<CChar>] = []

    deinit {
        for copy in copies { copy.deallocate() }
    }

    /// A copy that ends with NUL; NULL for `nil`.
    func add(_ text: String?, _ what: String) throws(DuetError) -> UnsafePointer<CChar>? {
        guard let text else { return nil }
        let bytes = text.utf8
        guard !bytes.contains(0) else { throw DuetError(.invalidArgument, "\(what) has a NUL in it") }
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[bytes.count] = 0
        copies.append(copy)
        return UnsafePointer(copy)
    }
}

/// A number in the form of C.
func number(_ value: Int, _ what: String) throws(DuetError) -> UInt32 {
    guard let number = UInt32(exactly: value) else {
        throw DuetError(.invalidArgument, "\(what) cannot be \(value)")
    }
    return number
}

/// A number where zero means the default, which `nil` stands for here.
func optionalNumber(_ value: Int?, _ what: String) throws(DuetError) -> UInt32 {
    guard let value else { return 0 }
    guard value > 0 else { throw DuetError(.invalidArgument, "\(what) cannot be \(value)") }
    return try number(value, what)
}

/// The text of a C array of characters that ends with NUL.
func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
}

extension Duration {
    /// Whole milliseconds, for a C field where zero means the default.
    func milliseconds(_ what: String) throws(DuetError) -> UInt32 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let total = scaled &+ attoseconds / 1_000_000_000_000_000
        guard !overflow, total > 0, let milliseconds = UInt32(exactly: total) else {
            throw DuetError(.invalidArgument, "\(what) cannot be \(self)")
        }
        return milliseconds
    }

    /// Whole nanoseconds; what is before zero or beyond counting is zero.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (scaled, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? 0 : scaled &+ UInt64(attoseconds / 1_000_000_000)
    }

    init(nanoseconds: UInt64) {
        self.init(
            secondsComponent: Int64(nanoseconds / 1_000_000_000),
            attosecondsComponent: Int64(nanoseconds % 1_000_000_000) * 1_000_000_000)
    }

    init(microseconds: UInt64) {
        self.init(
            secondsComponent: Int64(microseconds / 1_000_000),
            attosecondsComponent: Int64(microseconds % 1_000_000) * 1_000_000_000_000)
    }
}
