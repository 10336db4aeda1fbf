import Foundation
import MagpieDomain
import Testing

@testable import MagpieArtifacts

@Suite struct BundleTests {
    static func manifest(seed: UInt64 = 7, at time: Int64 = 1_795_509_000_000, k: Int = 50) throws -> BundleManifest {
        struct Configuration: Codable {
            var neighbours: Int
            var alpha = 0.75
            var rules = ["rating>=4", "a/b \"é\""]
        }
        return BundleManifest(
            configuration: try JSONValue(encoding: Configuration(neighbours: k)), seed: seed,
            window: .init(from: nil, to: Timestamp(milliseconds: 10)), counts: ["items": 4, "events": 9],
            codeVersion: "0.1.0",
            metrics: .init(twin: "fit(a) on [a, b)", values: ["whole": ["ndcg@10": 0.125, "recall@10": .infinity]]),
            logSeq: 9, catalogueSeq: 4, createdAt: Timestamp(milliseconds: time))
    }

    static func makeBundle(_ store: BundleStore, _ manifest: BundleManifest, value: Float = 1) throws -> BundleFolder {
        let draft = try store.draft()
        var writer = TensorFileWriter(kind: "sample", layout: 1)
        writer.add("x", [value])
        try writer.write(to: draft.appendingPathComponent("x.safetensors"))
        try AtomicFile.write(Array("hello\n".utf8), to: draft.appendingPathComponent("notes.txt"))
        return try store.seal(draft, manifest)
    }

    @Test func sealPublishRollback() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.file("bundles"))
        #expect(try store.current() == nil && store.all() == [])
        let first = try Self.makeBundle(store, try Self.manifest())
        let second = try Self.makeBundle(store, try Self.manifest(at: 1_795_509_001_000), value: 2)
        let third = try Self.makeBundle(store, try Self.manifest(at: 1_795_509_002_000), value: 3)
        #expect(first.id.hasPrefix("20261124T083000Z-") && first.id.hasSuffix(first.manifest.contentHash.prefix(8)))
        #expect(first.manifest.artifacts.map(\.name) == ["notes.txt", "x.safetensors"])
        #expect(try store.all() == [first.id, second.id, third.id])
        #expect(try store.current() == nil)
        for bundle in [first, second, third] { try store.publish(bundle.id) }
        #expect(try store.current() == third)
        #expect(try store.rollback() == second)
        #expect(try store.currentID() == second.id)
        try store.publish(third.id)
        try store.remove(second.id)
        #expect(try store.rollback() == first)
        #expect(throws: ArtifactError.nothingToRollBackTo(folder: store.folder.path)) { try store.rollback() }
        #expect(try store.currentID() == first.id)
        #expect(throws: ArtifactError.self) { try store.remove(first.id) }
        for id in ["", "..", "../bundles", "CURRENT", "nothing", second.id, first.id + "/"] {
            #expect(throws: ArtifactError.unknownBundle(id: id, folder: store.folder.path)) { try store.publish(id) }
        }
        #expect(try first.file("notes.txt").lastPathComponent == "notes.txt")
        #expect(throws: ArtifactError.self) { try first.file("manifest.json") }
    }

    @Test func whichAreSuperfluous() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.file("bundles"))
        #expect(try store.superfluous(keeping: 1).isEmpty)
        let ids = try (0..<6).map {
            try Self.makeBundle(store, try Self.manifest(at: 1_795_509_000_000 + $0 * 1_000)).id
        }
        #expect(try store.superfluous(keeping: 4) == Array(ids.prefix(2)))
        // The current one and the one before it stay, however old.
        for id in [ids[5], ids[0], ids[2]] { try store.publish(id) }
        #expect(try store.superfluous(keeping: 1) == [ids[1], ids[3], ids[4], ids[5]])
        #expect(try store.superfluous(keeping: 3) == [ids[1], ids[3], ids[4]])
        for id in try store.superfluous(keeping: 3) { try store.remove(id) }
        #expect(try store.superfluous(keeping: 3).isEmpty && store.rollback().id == ids[0])
    }

    @Test func manifestIsReadAsItWasWritten() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.url)
        let sealed = try Self.makeBundle(store, try Self.manifest(seed: .max))
        let opened = try store.open(sealed.id)
        #expect(opened == sealed)
        #expect(opened.manifest.seed == .max)
        #expect(opened.manifest.metrics?.values["whole"]?["recall@10"] == .infinity)
        struct Part: Codable { var neighbours: Int }
        #expect(try opened.manifest.configuration.decoded(as: Part.self).neighbours == 50)
    }

    @Test func equalContentHasEqualHash() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.url)
        var other = try Self.manifest(at: 5)
        other.counts = [:]
        other.metrics = nil
        other.codeVersion = "9"
        let bundles = [
            try Self.makeBundle(store, try Self.manifest()), try Self.makeBundle(store, try Self.manifest()),
            try Self.makeBundle(store, other), try Self.makeBundle(store, try Self.manifest(seed: 8)),
            try Self.makeBundle(store, try Self.manifest(k: 51)),
            try Self.makeBundle(store, try Self.manifest(), value: 2),
        ]
        let hashes = bundles.map(\.manifest.contentHash)
        #expect(hashes[0] == hashes[1] && hashes[0] == hashes[2])
        #expect(Set(hashes).count == 4)
        #expect(Set(bundles.map(\.id)).count == 6)
        #expect(bundles[1].id == bundles[0].id + "-2")
    }

    /// Every cut and every changed byte of every file: an error when opened or at the latest when verified.
    @Test func damageIsAnErrorAtActivation() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.url)
        let bundle = try Self.makeBundle(store, try Self.manifest())
        for name in ["manifest.json", "SHA256SUMS", "notes.txt", "x.safetensors"] {
            let file = bundle.url.appendingPathComponent(name)
            let original = [UInt8](try Data(contentsOf: file))
            let result = try damage(original, file: file, changes: [0x01], every: 11) {
                try store.open(bundle.id).verify()
            }
            #expect(result.survivedCuts == [] && result.wrongErrors == [] && result.readable == 0, "\(name)")
        }
        try store.publish(bundle.id)
        try FileManager.default.removeItem(at: bundle.url.appendingPathComponent("notes.txt"))
        #expect(throws: ArtifactError.self) { try store.open(bundle.id) }
    }

    /// Opening alone sees what needs no reading of whole files.
    @Test func openSeesSizesHeadersAndTheManifest() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.url)
        let bundle = try Self.makeBundle(store, try Self.manifest())
        let notes = bundle.url.appendingPathComponent("notes.txt")
        try Data("hellO\n".utf8).write(to: notes)
        let opened = try store.open(bundle.id)
        #expect(throws: ArtifactError.self) { try opened.verify() }
        #expect(throws: ArtifactError.self) { try store.publish(bundle.id) }
        #expect(try store.currentID() == nil)
        try Data("hell\n".utf8).write(to: notes)
        #expect(throws: ArtifactError.checksum(path: notes.path, got: "5 bytes", expected: "6 bytes")) {
            try store.open(bundle.id)
        }
    }

    @Test func newerBundleIsRefusedWithTheRemedy() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.url)
        let bundle = try Self.makeBundle(store, try Self.manifest())
        let file = bundle.url.appendingPathComponent("manifest.json")
        try Data(#"{"formatVersion": 2, "everything": "else"}"#.utf8).write(to: file)
        let error = #expect(throws: ArtifactError.self) { try store.open(bundle.id) }
        #expect(error == .newerFormat(path: file.path, what: "bundle", got: 2, expected: 1))
        #expect(error?.description.contains("Update this program") == true)
    }

    @Test func abandonedDraftsGo() throws {
        let folder = try TemporaryFolder()
        let store = BundleStore(folder: folder.url)
        let draft = try store.draft()
        let bundle = try Self.makeBundle(store, try Self.manifest())
        try store.removeAbandonedDrafts()
        #expect(!FileManager.default.fileExists(atPath: draft.path))
        #expect(try store.all() == [bundle.id])
    }

    /// FIPS 180-4 examples, and the two ways agree.
    @Test func sha256() throws {
        let folder = try TemporaryFolder()
        #expect(
            Checksum.sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        try Data("abc".utf8).write(to: folder.file("abc"))
        #expect(try Checksum.sha256(of: folder.file("abc")) == Checksum.sha256(Array("abc".utf8)))
    }
}
