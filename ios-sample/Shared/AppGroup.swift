import Foundation

/// What app and broadcast extension share. The name is in the entitlements of both.
enum AppGroup {
    /// Change it together with `project.yml`'s bundle identifiers and both `.entitlements`.
    static let name = "group.dev.duet.sample"

    /// The socket's path: one letter, since a path of a socket has at most 103 bytes and the group's folder
    /// takes most of them.
    static var socketPath: String? {
        FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: name)?
            .appendingPathComponent("s").path
    }
}
