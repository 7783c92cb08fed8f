/// How the device reaches the network, as `NWPath` says.
public struct NetworkPath: Hashable, Sendable {
    /// Whether there is one.
    public var isSatisfied: Bool
    /// The interfaces by name (`en0`, `pdp_ip0`), the preferred one first.
    public var interfaces: [String]
    /// The routers' addresses: two Wi-Fis are one interface.
    public var gateways: [String]

    /// A path.
    public init(isSatisfied: Bool, interfaces: [String], gateways: [String] = []) {
        self.isSatisfied = isSatisfied
        self.interfaces = interfaces
        self.gateways = gateways
    }
}

/// Decides when the engine is told that the network is another one.
public struct NetworkMonitor: Hashable, Sendable {
    private var current: NetworkPath?
    /// Whether there is a network.
    public var isOnline: Bool { current?.isSatisfied ?? true }
    private var lastUsable: NetworkPath?

    /// Nothing is known yet.
    public init() {}

    /// - Returns: Whether to call `networkChanged()`: there is a network, and it is not the one that was
    ///   there before. The first one is no change, and losing it is none either: there is nothing to try.
    public mutating func update(_ path: NetworkPath) -> Bool {
        let wasOffline = current.map { !$0.isSatisfied } ?? false
        current = path
        guard path.isSatisfied else { return false }
        defer { lastUsable = path }
        guard let lastUsable else { return wasOffline }
        return wasOffline || lastUsable != path
    }
}
