// swift-tools-version: 6.0
import PackageDescription

// The engine itself. Apple's platforms link the XCFramework; elsewhere the linker finds the shared library.
#if os(Linux)
let engine: Target = .systemLibrary(name: "CDuet", path: "Sources/CDuet")
#else
let engine: Target = .binaryTarget(name: "CDuet", path: "CDuet.xcframework")
#endif

let package = Package(
    name: "Duet",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Duet", targets: ["Duet"])],
    targets: [
        engine,
        .target(name: "Duet", dependencies: ["CDuet"]),
        .executableTarget(name: "duet-swift-call", dependencies: ["Duet"], path: "Examples/Call"),
        .executableTarget(name: "duet-swift-cost", dependencies: ["Duet"], path: "Examples/Cost"),
        .testTarget(
            name: "DuetTests",
            dependencies: ["Duet", "CDuet", .target(name: "CMalloc", condition: .when(platforms: [.linux]))]),
        // One end of a call with a program in another language.
        .executableTarget(name: "duet-swift-peer", dependencies: ["Duet"], path: "Tests/Peer"),
        // glibc's word on how much memory is in use.
        .systemLibrary(name: "CMalloc", path: "Tests/CMalloc"),
    ],
    swiftLanguageModes: [.v6]
)
