import Foundation
import MagpieArtifacts
import MagpieDomain

/// Who may ask what: `keys.json` of a home.
///
///     {"keys": [{"id": "3f9a01c2", "name": "web shop", "sha256": "9b74...", "scopes": ["read", "write"],
///                "createdAt": "2026-11-26T09:00:00Z"}]}
///
/// A key is `magpie_<id>_<64 hexadecimal digits>`, 256 random bits behind a name, so that one hash of it is enough: nobody can
/// guess what has no dictionary. The file holds the hash only; whoever reads it cannot ask with it. A home without the
/// file asks for no key.
public struct APIKeys: Sendable, Equatable, Codable {
    public enum Scope: String, Sendable, Codable, CaseIterable {
        /// Ask: recommendations, search, similar, rank, metrics.
        case read
        /// Tell: events, items.
        case write
        /// Everything, and what cannot be taken back: deleting items, erasing people.
        case admin
    }

    public struct Key: Sendable, Equatable, Codable {
        public var id: String
        public var name: String
        /// Of the whole key, 64 hexadecimal digits.
        public var sha256: String
        public var scopes: [Scope]
        /// ISO 8601.
        public var createdAt: String
        /// Requests a second; nil = as many as the server can answer.
        public var perSecond: Double?

        public func allows(_ scope: Scope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
    }

    public private(set) var keys: [Key] = []

    public init() {}

    /// Makes a key. What is returned is the only time that it can be read.
    public mutating func add(
        name: String, scopes: [Scope], perSecond: Double? = nil, now: Timestamp
    ) -> String {
        var random = SystemRandomNumberGenerator()
        func hexadecimal(_ words: Int) -> String {
            (0..<words).map { _ in
                let digits = String(random.next(), radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }
        let id = String(hexadecimal(1).prefix(8))
        let key = "magpie_\(id)_\(hexadecimal(4))"
        keys.append(
            Key(
                id: id, name: name, sha256: Checksum.sha256(Array(key.utf8)),
                scopes: Scope.allCases.filter(scopes.contains), createdAt: now.iso8601, perSecond: perSecond))
        return key
    }

    /// False when there is no such key.
    public mutating func remove(id: String) -> Bool {
        let before = keys.count
        keys.removeAll { $0.id == id }
        return keys.count < before
    }

    /// The key that a request came with; nil for one that is not there, or any other text.
    func key(_ presented: String) -> Key? {
        // Whatever is longer is none of ours, and not worth hashing.
        guard presented.utf8.count < 200 else { return nil }
        let hash = Array(Checksum.sha256(Array(presented.utf8)).utf8)
        // All are compared, each to its end: time says nothing about how near a guess is.
        var found: Key?
        for key in keys {
            let own = Array(key.sha256.utf8)
            guard own.count == hash.count else { continue }
            if zip(own, hash).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 { found = key }
        }
        return found
    }

    // MARK: The file

    /// nil where there is none. Throws ``ServingError/badKeys(path:reason:)``.
    public init?(reading url: URL) throws {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            self = try JSONDecoder().decode(APIKeys.self, from: Data(contentsOf: url))
        } catch {
            throw ServingError.badKeys(path: url.path, reason: "it is no list of keys")
        }
    }

    /// Whole or not at all, readable by the owner only.
    public func write(to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(Array(try encoder.encode(self)) + [UInt8(ascii: "\n")], to: url)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
    }
}
