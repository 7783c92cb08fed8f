import CallCore
import Network

/// The network's paths, as the system finds them.
@MainActor
final class NetworkAdapter {
    var onPath: ((NetworkPath) -> Void)?
    private let monitor = NWPathMonitor()

    init() {
        monitor.pathUpdateHandler = { [weak self] path in
            let network = NetworkPath(
                isSatisfied: path.status == .satisfied, interfaces: path.availableInterfaces.map(\.name),
                gateways: path.gateways.map { "\($0)" })
            MainActor.assumeIsolated { self?.onPath?(network) }
        }
        monitor.start(queue: .main)
    }

    deinit {
        monitor.cancel()
    }
}
