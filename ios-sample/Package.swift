// swift-tools-version: 6.0
import PackageDescription

// What the app decides, without any screen or device, so that it is tested on Linux too. The app itself is
// described by project.yml.
let package = Package(
    name: "CallSample",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "CallCore", targets: ["CallCore"])],
    dependencies: [.package(name: "Duet", path: "../bindings/swift")],
    targets: [
        .target(
            name: "CallCore",
            dependencies: [
                .product(name: "Duet", package: "Duet"), .product(name: "DuetMedia", package: "Duet"),
            ]),
        .testTarget(name: "CallCoreTests", dependencies: ["CallCore"]),
    ],
    swiftLanguageModes: [.v6]
)
