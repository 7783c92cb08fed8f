// swift-tools-version: 6.0
import PackageDescription

// The engine itself. On Apple's platforms it is an XCFramework: a release downloads it; in development it
// lies here, where `cargo xtask apple` puts it. Elsewhere the linker finds the shared library.
let release: (url: String, checksum: String)? = nil
#if os(Linux)
let engine: Target = .systemLibrary(name: "CDuet", path: "Sources/CDuet")
// What Apple wants to know of libraries in apps.
let privacy: (resources: [Resource], elsewhere: [String]) = ([], ["PrivacyInfo.xcprivacy"])
#else
let engine: Target =
    if let release {
        .binaryTarget(name: "CDuet", url: release.url, checksum: release.checksum)
    } else {
        .binaryTarget(name: "CDuet", path: "CDuet.xcframework")
    }
let privacy: (resources: [Resource], elsewhere: [String]) = ([.copy("PrivacyInfo.xcprivacy")], [])
#endif

let package = Package(
    name: "Duet",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [
        .library(name: "Duet", targets: ["Duet"]),
        .library(name: "DuetMedia", targets: ["DuetMedia"]),
    ],
    targets: [
        engine,
        .target(
            name: "Duet", dependencies: ["CDuet"], exclude: privacy.elsewhere, resources: privacy.resources),
        // Camera, microphone, speaker, screen and picture on Apple's platforms; elsewhere only its arithmetic.
        .target(name: "DuetMedia", dependencies: ["Duet"]),
        .executableTarget(name: "duet-swift-call", dependencies: ["Duet"], path: "Examples/Call"),
        .executableTarget(name: "duet-swift-cost", dependencies: ["Duet"], path: "Examples/Cost"),
        .testTarget(
            name: "DuetTests",
            dependencies: ["Duet", "CDuet", .target(name: "CMalloc", condition: .when(platforms: [.linux]))]),
        .testTarget(name: "DuetMediaTests", dependencies: ["DuetMedia"]),
        // glibc's word on how much memory is in use.
        .systemLibrary(name: "CMalloc", path: "Tests/CMalloc"),
    ],
    swiftLanguageModes: [.v6]
)
