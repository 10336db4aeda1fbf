import Foundation
import MagpieDomain

/// The bundles of a home: drafts become sealed bundles, one of them is current.
///
///     bundles/
///         .draft-<random>/                    being written; left by a crash, removed by ``removeAbandonedDrafts()``
///         20261124T083000Z-1f2e3d4c/          sealed, never changed again
///         CURRENT                             ids, one a line: the current bundle, then those published before it
///
/// Publishing is one rename of CURRENT, so a reader finds the old bundle or the new one. There is one writer, whoever
/// holds the ``WriterLock``; readers need no lock. Open files of a bundle stay readable when it is removed.
///
///     let draft = try store.draft()
///     try items.write(to: draft.appendingPathComponent("items.safetensors"))
///     let bundle = try store.seal(draft, manifest)
///     try store.publish(bundle.id)
public struct BundleStore: Sendable {
    public static let currentName = "CURRENT"
    private static let draftPrefix = ".draft-"
    /// How many earlier publications CURRENT remembers.
    private static let historyLimit = 100

    public let folder: URL

    public init(folder: URL) { self.folder = folder }

    /// A new empty folder for artifacts.
    public func draft() throws -> URL {
        let url = folder.appendingPathComponent(Self.draftPrefix + UUID().uuidString, isDirectory: true)
        try createFolder(url)
        return url
    }

    /// Makes a draft a bundle: every file in it is an artifact, its size and checksum go into the manifest. The
    /// draft is gone afterwards. Throws ``ArtifactError``, and then the draft stays as it was but for the manifest.
    public func seal(_ draft: URL, _ manifest: BundleManifest) throws -> BundleFolder {
        var manifest = manifest
        let written = [BundleFolder.manifestName, BundleFolder.sumsName]
        let names = try list(draft).filter { !written.contains($0) }
        manifest.artifacts = try names.map { name in
            let file = draft.appendingPathComponent(name)
            return BundleManifest.Artifact(
                name: name, size: try BundleFolder.size(of: file), sha256: try Checksum.sha256(of: file))
        }
        manifest.contentHash = try manifest.computedContentHash()
        let stamp = manifest.createdAt.iso8601.filter { $0 != "-" && $0 != ":" }
        let id = unusedID("\(stamp)-\(manifest.contentHash.prefix(8))")
        manifest.id = id
        let bytes = try manifest.encoded()
        try AtomicFile.write(bytes, to: draft.appendingPathComponent(BundleFolder.manifestName))
        let sums = BundleFolder.sums(manifest, manifestHash: Checksum.sha256(bytes))
        try AtomicFile.write(Array(sums.utf8), to: draft.appendingPathComponent(BundleFolder.sumsName))
        let url = folder.appendingPathComponent(id, isDirectory: true)
        guard rename(draft.path, url.path) == 0 else {
            throw ArtifactError.cannotWrite(path: url.path, got: lastSystemError())
        }
        try AtomicFile.syncFolder(folder)
        return try BundleFolder(url)
    }

    /// Makes a bundle the current one, after ``BundleFolder/verify(progress:)``.
    public func publish(_ id: String) throws {
        try open(id).verify()
        let history = try publications().filter { $0 != id }
        try writeCurrent([id] + history)
    }

    /// Makes the bundle that was published before the current one current again, and returns it. One that is gone
    /// is passed over; a damaged one is an error.
    public func rollback() throws -> BundleFolder {
        let earlier = try publications().dropFirst().drop { !isSealed($0) }
        guard let id = earlier.first else { throw ArtifactError.nothingToRollBackTo(folder: folder.path) }
        let bundle = try open(id)
        try bundle.verify()
        try writeCurrent(Array(earlier))
        return bundle
    }

    /// The id of the current bundle; nil when none was published. Cheap: a server asks it every few seconds.
    public func currentID() throws -> String? { try publications().first }

    /// The current bundle; nil when none was published.
    public func current() throws -> BundleFolder? { try currentID().map { try open($0) } }

    /// The bundle `id`. Throws ``ArtifactError/unknownBundle(id:folder:)``, or what is wrong with it.
    public func open(_ id: String) throws -> BundleFolder {
        guard isSealed(id) else { throw ArtifactError.unknownBundle(id: id, folder: folder.path) }
        let bundle = try BundleFolder(folder.appendingPathComponent(id, isDirectory: true))
        guard bundle.id == id else {
            throw ArtifactError.checksum(
                path: bundle.url.path, got: "the manifest of \(oneLine(bundle.id))", expected: "that of its folder")
        }
        return bundle
    }

    /// The ids of all sealed bundles, oldest first; ``open(_:)`` says whether one is whole.
    public func all() throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try list(folder).filter { isSealed($0) }
    }

    /// Deletes a bundle that is not current.
    public func remove(_ id: String) throws {
        guard isSealed(id), try currentID() != id else {
            throw ArtifactError.unknownBundle(id: id, folder: folder.path)
        }
        try FileManager.default.removeItem(at: folder.appendingPathComponent(id))
    }

    /// The oldest bundles beyond `count`, never the current one nor the one to roll back to.
    public func superfluous(keeping count: Int) throws -> [String] {
        let current = try publications().filter { isSealed($0) }.prefix(2)
        let others = try all().filter { !current.contains($0) }
        return Array(others.dropLast(max(count - current.count, 0)))
    }

    /// Deletes what crashed trainings left. Only the holder of the ``WriterLock`` may call it.
    public func removeAbandonedDrafts() throws {
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        for name in names.sorted() where name.hasPrefix(Self.draftPrefix) {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }

    /// An id comes from people and requests too: nothing in it may leave the folder.
    private func isSealed(_ id: String) -> Bool {
        let isPlain =
            !id.isEmpty
            && id.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
        guard isPlain else { return false }
        let manifest = folder.appendingPathComponent(id).appendingPathComponent(BundleFolder.manifestName)
        return FileManager.default.fileExists(atPath: manifest.path)
    }

    private func unusedID(_ wanted: String) -> String {
        var id = wanted
        var number = 2
        while FileManager.default.fileExists(atPath: folder.appendingPathComponent(id).path) {
            id = "\(wanted)-\(number)"
            number += 1
        }
        return id
    }

    /// The lines of CURRENT.
    private func publications() throws -> [String] {
        let url = folder.appendingPathComponent(Self.currentName)
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        let text = String(decoding: try BundleFolder.read(url), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    private func writeCurrent(_ ids: [String]) throws {
        let text = ids.prefix(Self.historyLimit).map { $0 + "\n" }.joined()
        try AtomicFile.write(Array(text.utf8), to: folder.appendingPathComponent(Self.currentName))
    }

    private func createFolder(_ url: URL) throws {
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw ArtifactError.cannotWrite(path: url.path, got: reason(error))
        }
    }

    /// Names in a folder, ascending by bytes, without hidden ones.
    private func list(_ url: URL) throws -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: url.path)
                .filter { !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw ArtifactError.cannotRead(path: url.path, got: reason(error))
        }
    }
}
