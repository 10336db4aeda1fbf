import Foundation
import MagpieDomain

/// `manifest.json`: what a bundle is and how it came to be. The trainer fills in what it knows;
/// ``BundleStore/seal(_:_:)`` adds `id`, `contentHash` and `artifacts`.
public struct BundleManifest: Sendable, Equatable, Codable {
    /// The version of the bundle's layout: this file, the checksums, which artifacts there are.
    public static let formatVersion = 1

    public struct Artifact: Sendable, Equatable, Codable {
        public var name: String
        public var size: Int
        /// 64 hexadecimal digits.
        public var sha256: String
    }

    /// Events with `from <= time < to` were used; nil = open.
    public struct Window: Sendable, Equatable, Codable {
        public var from: Timestamp?
        public var to: Timestamp?

        public init(from: Timestamp? = nil, to: Timestamp? = nil) {
            self.from = from
            self.to = to
        }
    }

    /// How good it is: measured on its twin, which was fitted the same way on less (the published bundle has
    /// seen everything, so nothing is left to measure it on).
    public struct Metrics: Sendable, Equatable, Codable {
        /// Which fit was measured, in words that name its window: "fit(2018-05-01) on [2018-05-01, 2018-09-24)".
        public var twin: String
        /// By system ("whole", or a retriever's name), then by metric ("ndcg@10").
        public var values: [String: [String: Double]]

        public init(twin: String, values: [String: [String: Double]]) {
            self.twin = twin
            self.values = values
        }
    }

    public var formatVersion = BundleManifest.formatVersion
    public internal(set) var id = ""
    /// Equal for two bundles with the same artifacts, configuration and seed, whenever and wherever made.
    public internal(set) var contentHash = ""
    /// Ascending by the bytes of the name.
    public internal(set) var artifacts: [Artifact] = []
    public var configuration: JSONValue
    public var seed: UInt64
    public var window: Window
    /// "items", "users", "events", ...
    public var counts: [String: Int]
    public var codeVersion: String
    public var metrics: Metrics?
    /// The newest event and the newest item revision that it knows: live state starts after them.
    public var logSeq: Int64
    public var catalogueSeq: Int64
    public var createdAt: Timestamp

    public init(
        configuration: JSONValue, seed: UInt64, window: Window, counts: [String: Int], codeVersion: String,
        metrics: Metrics? = nil, logSeq: Int64, catalogueSeq: Int64, createdAt: Timestamp
    ) {
        self.configuration = configuration
        self.seed = seed
        self.window = window
        self.counts = counts
        self.codeVersion = codeVersion
        self.metrics = metrics
        self.logSeq = logSeq
        self.catalogueSeq = catalogueSeq
        self.createdAt = createdAt
    }

    /// The file's bytes: members in the order of their names, so that equal manifests are equal files.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // JSON has no NaN; a metric of nothing is one.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return [UInt8](try encoder.encode(self)) + [0x0A]
    }

    /// Throws ``ArtifactError``: the version is looked at first, so that a newer manifest is told from a damaged one.
    init(bytes: Data, path: String) throws {
        struct Version: Decodable { var formatVersion: Int }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            let version = try decoder.decode(Version.self, from: bytes).formatVersion
            guard version <= Self.formatVersion else {
                throw ArtifactError.newerFormat(
                    path: path, what: "bundle", got: version, expected: Self.formatVersion)
            }
            self = try decoder.decode(BundleManifest.self, from: bytes)
        } catch let error as DecodingError {
            throw ArtifactError.malformed(path: path, at: 0, got: error.place, expected: "a bundle's manifest")
        }
        // A bundle may come from elsewhere: its names stay in its folder.
        let isOutside = { (name: String) in name.isEmpty || name.hasPrefix(".") || name.contains("/") }
        if let artifact = artifacts.first(where: { isOutside($0.name) }) {
            throw ArtifactError.malformed(
                path: path, at: 0, got: "the artifact name \(artifact.name)", expected: "names of files")
        }
    }

    /// SHA-256 over artifact names, sizes and checksums, the configuration and the seed; not over times, counts,
    /// metrics or the id.
    func computedContentHash() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = "magpie bundle \(formatVersion)\n"
        for artifact in artifacts { text += "\(artifact.sha256) \(artifact.size) \(artifact.name)\n" }
        text += "seed \(seed)\nconfiguration "
        return Checksum.sha256(Array(text.utf8) + [UInt8](try encoder.encode(configuration)))
    }
}

extension DecodingError {
    /// Where it went wrong, in a few words.
    var place: String {
        let (what, context) =
            switch self {
            case .typeMismatch(_, let context): ("another type", context)
            case .valueNotFound(_, let context): ("null", context)
            case .keyNotFound(let key, let context): ("no \"\(key.stringValue)\"", context)
            case .dataCorrupted(let context): ("something unreadable", context)
            @unknown default: ("something unreadable", Context(codingPath: [], debugDescription: ""))
            }
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? what : "\(what) at \(path)"
    }
}
