// swift-tools-version: 6.1
import PackageDescription

// Makefile and CI set MAGPIE_STRICT: warnings are errors there, and only there, so that a newer
// compiler's new warnings never break somebody's build.
let strict = Context.environment["MAGPIE_STRICT"] != nil
let swift: [SwiftSetting] = strict ? [.unsafeFlags(["-warnings-as-errors"])] : []

/// A folder of `Sources`: the folder has the plain name, the module carries the prefix.
func room(
    _ name: String, _ rooms: [String] = [], libraries: [Target.Dependency] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: "Magpie" + name, dependencies: rooms.map { .byName(name: "Magpie" + $0) } + libraries,
        path: "Sources/" + name, resources: resources, swiftSettings: swift)
}

func tests(_ name: String, _ rooms: [String], libraries: [Target.Dependency] = [], resources: [Resource]? = nil)
    -> Target
{
    .testTarget(
        name: name + "Tests", dependencies: rooms.map { .byName(name: "Magpie" + $0) } + libraries,
        path: "Tests/" + name, resources: resources, swiftSettings: swift)
}

let package = Package(
    name: "magpie",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "magpie", targets: ["magpie"]),
        .library(name: "MagpieOnline", targets: ["MagpieOnline"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0", traits: ["FullFoundation"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.25.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.29.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
    ],
    targets: [
        .target(name: "CKernels", path: "Sources/CKernels"),
        room("Domain"),
        .target(
            name: "MagpieKernels", dependencies: ["CKernels"], path: "Sources/Kernels",
            swiftSettings: swift),
        room("Artifacts", ["Domain"], libraries: [.product(name: "Crypto", package: "swift-crypto")]),
        // Snowball's stemmers (docs/adr/0017).
        .systemLibrary(
            name: "CStemmer", path: "Sources/CStemmer", providers: [.apt(["libstemmer-dev"]), .brew(["snowball"])]),
        room("Retrieval", ["Domain", "Kernels", "Artifacts"], libraries: ["CStemmer"]),
        room("Ranking", ["Domain", "Kernels", "Artifacts"]),
        // XGBoost's C library is opened when trees are trained, not linked: only that needs it.
        room("Boosting", ["Ranking", "Domain", "Kernels"]),
        room("Online", ["Retrieval", "Ranking", "Domain", "Kernels", "Artifacts"]),
        room("Evaluation", ["Online", "Domain", "Kernels", "Artifacts"]),
        room(
            "Offline",
            [
                "Evaluation", "Online", "Retrieval", "Boosting", "Ranking", "Formats", "Domain", "Kernels", "Artifacts",
            ]),
        room("Formats", ["Domain"]),
        room(
            "SQLiteStore", ["Domain"],
            libraries: [
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        room(
            "Serving", ["Online", "Retrieval", "Ranking", "Formats", "Domain", "Artifacts"],
            libraries: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        room(
            "LoadTest", ["Kernels"],
            libraries: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "magpie",
            dependencies: [
                "MagpieLoadTest",
                "MagpieOffline", "MagpieEvaluation", "MagpieServing", "MagpieOnline", "MagpieSQLiteStore",
                "MagpieFormats", "MagpieRetrieval", "MagpieBoosting", "MagpieRanking", "MagpieArtifacts",
                "MagpieKernels", "MagpieDomain",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            path: "Sources/magpie", swiftSettings: swift),
        .target(
            name: "MagpieTestSupport", dependencies: ["MagpieSQLiteStore", "MagpieKernels", "MagpieDomain"],
            path: "Tests/Support", swiftSettings: swift),
        tests("Domain", ["Domain"]),
        tests("Kernels", ["Kernels"], libraries: ["CKernels"]),
        tests("Artifacts", ["TestSupport", "Artifacts", "Domain"], resources: [.copy("Golden")]),
        tests("Retrieval", ["Retrieval", "Artifacts", "Kernels", "Domain"], resources: [.copy("Golden")]),
        tests("Ranking", ["TestSupport", "Ranking", "Artifacts", "Kernels", "Domain"], resources: [.copy("Golden")]),
        tests("Boosting", ["TestSupport", "Boosting", "Ranking", "Kernels", "Domain"]),
        tests(
            "Online",
            ["TestSupport", "SQLiteStore", "Online", "Retrieval", "Ranking", "Artifacts", "Kernels", "Domain"]),
        tests("Evaluation", ["Evaluation", "Domain"]),
        tests(
            "Offline",
            [
                "TestSupport", "SQLiteStore", "Offline", "Evaluation", "Online", "Retrieval", "Boosting", "Ranking",
                "Artifacts", "Kernels", "Domain",
            ]),
        tests(
            "LoadTest", ["LoadTest"],
            libraries: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("Formats", ["TestSupport", "Formats", "Domain"]),
        tests("SQLiteStore", ["TestSupport", "SQLiteStore", "Domain"], resources: [.copy("Golden")]),
        tests(
            "Serving",
            [
                "TestSupport", "Serving", "SQLiteStore", "Online", "Retrieval", "Ranking", "Artifacts", "Kernels",
                "Domain",
            ],
            libraries: [
                .product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),
        tests(
            "CommandLine",
            ["Domain"], libraries: ["magpie"]),
    ],
    swiftLanguageModes: [.v6]
)
