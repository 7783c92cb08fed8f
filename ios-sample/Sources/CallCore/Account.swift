import Foundation

/// Where calls are made, and as whom.
public struct Account: Hashable, Sendable, Codable {
    /// The signaling service, `https://host` or `http://host:port`.
    public let server: String
    /// The person's name at the service, 1 to 128 characters.
    public let name: String

    /// What is wrong with what was typed.
    public enum Problem: Error, Hashable, Sendable {
        /// No address, or one that names no host.
        case server
        /// No name, or one that is too long.
        case name
    }

    /// What a person typed, made complete: spaces around it are dropped, and an address without a scheme is
    /// one of `https`.
    ///
    /// - Throws: What is wrong.
    public init(server: String, name: String) throws(Problem) {
        let name = name.trimmingCharacters(in: .whitespacesAndNewlines)
        var server = server.trimmingCharacters(in: .whitespacesAndNewlines)
        if !server.contains("://") { server = "https://" + server }
        let url = URLComponents(string: server)
        guard let host = url?.host, !host.isEmpty, let scheme = url?.scheme?.lowercased(),
            ["http", "https", "ws", "wss"].contains(scheme)
        else { throw .server }
        guard (1...128).contains(name.count) else { throw .name }
        self.server = server
        self.name = name
    }
}

/// Where the account is kept between two starts: a push message may start the app anew.
@MainActor
public protocol AccountStore: AnyObject {
    /// The account that was kept.
    var account: Account? { get set }
    /// Whom this person called last, newest first.
    var contacts: [String] { get set }
}
