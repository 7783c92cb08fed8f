import CallCore
import Foundation

/// What is kept between two starts: a server, a name and whom one called; no secret. A token of yours belongs
/// in the keychain, readable after the first unlock, since a push message may start the app on a locked
/// device.
@MainActor
final class AccountDefaults: AccountStore {
    private let defaults = UserDefaults.standard

    var account: Account? {
        get { defaults.data(forKey: "account").flatMap { try? JSONDecoder().decode(Account.self, from: $0) } }
        set { defaults.set(newValue.flatMap { try? JSONEncoder().encode($0) }, forKey: "account") }
    }

    var contacts: [String] {
        get { defaults.stringArray(forKey: "contacts") ?? [] }
        set { defaults.set(newValue, forKey: "contacts") }
    }
}
