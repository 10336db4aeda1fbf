import Foundation

/// The folder that holds everything one tenant has.
///
///     magpie-home/
///         home.json         {"version": 1}: the layout of this folder
///         magpie.json       the configuration
///         log.sqlite        events, items, users
///         work/             artifacts between the stages, by cache key; may be deleted at any time
///         bundles/          see BundleStore
///         tune/             what searches for a better configuration have measured
///         served/           segments of what was answered
///         rejects/          rows that an import refused
///         lists.sqlite      lists made ahead of time
///         keys.json         who may ask over HTTP, when not everybody may
///         lock              held by the one writer, see WriterLock
public struct Home: Sendable, Equatable {
    public static let version = 1
    static let markerName = "home.json"

    public let url: URL

    public var configurationURL: URL { url.appendingPathComponent("magpie.json") }
    public var logURL: URL { url.appendingPathComponent("log.sqlite") }
    public var workFolder: URL { url.appendingPathComponent("work", isDirectory: true) }
    public var bundlesFolder: URL { url.appendingPathComponent("bundles", isDirectory: true) }
    public var servedFolder: URL { url.appendingPathComponent("served", isDirectory: true) }
    public var rejectsFolder: URL { url.appendingPathComponent("rejects", isDirectory: true) }
    public var listsURL: URL { url.appendingPathComponent("lists.sqlite") }
    public var keysURL: URL { url.appendingPathComponent("keys.json") }
    public var bundles: BundleStore { BundleStore(folder: bundlesFolder) }

    /// Takes the writer lock; throws ``ArtifactError/locked(path:holder:)`` when another process has it.
    /// - Parameter isShared: for replicas of a server, who may write side by side, an event or an item at a time.
    public func lock(isShared: Bool = false) throws -> WriterLock {
        try WriterLock(url.appendingPathComponent(WriterLock.name), isShared: isShared)
    }

    /// The right to train: `work/` and `bundles/` have one writer of their own, so that training goes on beside a
    /// server that appends to the log, and the server goes over to what was published.
    public func trainingLock() throws -> WriterLock {
        try WriterLock(url.appendingPathComponent(WriterLock.trainingName))
    }

    /// The right to change `keys.json`, beside a server that reads it.
    public func keysLock() throws -> WriterLock { try WriterLock(url.appendingPathComponent(WriterLock.keysName)) }

    /// Opens a home, bringing an older one up to date (under the writer lock). With `create`, a folder that is
    /// not there, or is empty, becomes one.
    ///
    /// Throws ``ArtifactError``: `notAHome`, `newerFormat`, `locked`, `cannotWrite`.
    public static func open(at url: URL, create: Bool) throws -> Home {
        try open(at: url, create: create, migrations: HomeMigration.all)
    }

    static func open(at url: URL, create: Bool, migrations: [HomeMigration]) throws -> Home {
        let home = Home(url: URL(fileURLWithPath: url.path, isDirectory: true).standardizedFileURL)
        let latest = migrations.last?.version ?? 0
        let found = try home.readVersion(latest: latest)
        if found == latest { return home }
        if found == nil { try home.checkCreatable(create: create) }
        let lock = try home.lock()
        // Another process may have done it while this one waited at the door.
        let version = try home.readVersion(latest: latest) ?? 0
        for migration in migrations where migration.version > version {
            try migration.run(home)
            try home.writeVersion(migration.version)
        }
        lock.release()
        return home
    }

    private struct Marker: Codable { var version: Int }

    private var markerURL: URL { url.appendingPathComponent(Self.markerName) }

    /// nil when there is no home.json.
    private func readVersion(latest: Int) throws -> Int? {
        guard FileManager.default.fileExists(atPath: markerURL.path) else { return nil }
        let data = try BundleFolder.read(markerURL)
        guard let marker = try? JSONDecoder().decode(Marker.self, from: data), marker.version >= 1 else {
            throw ArtifactError.notAHome(path: markerURL.path, got: "no {\"version\": ...}")
        }
        guard marker.version <= latest else {
            throw ArtifactError.newerFormat(path: url.path, what: "home", got: marker.version, expected: latest)
        }
        return marker.version
    }

    private func writeVersion(_ version: Int) throws {
        try AtomicFile.write(Array("{\"version\": \(version)}\n".utf8), to: markerURL)
    }

    /// A folder with other things in it does not become a home by accident; one where making it was interrupted does.
    private func checkCreatable(create: Bool) throws {
        let ours: Set = ["work", "bundles", "served", "rejects", WriterLock.name]
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        guard create else {
            throw ArtifactError.notAHome(path: url.path, got: exists ? "no \(Self.markerName) in it" : "no such folder")
        }
        guard exists else {
            do {
                return try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            } catch {
                throw ArtifactError.cannotWrite(path: url.path, got: reason(error))
            }
        }
        guard isFolder.boolValue else { throw ArtifactError.notAHome(path: url.path, got: "a file") }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        let foreign = names.filter { !ours.contains($0) && !$0.hasSuffix(".partial") }.sorted()
        if let first = foreign.first {
            throw ArtifactError.notAHome(
                path: url.path, got: "a folder with \(oneLine(first)) but no \(Self.markerName)")
        }
    }
}

/// One step of a home's layout. Steps are numbered from 1, run in order, each at most once, and are never changed
/// after a release. A step may be interrupted and run again: it must come to the same end.
struct HomeMigration: Sendable {
    var version: Int
    var run: @Sendable (Home) throws -> Void

    static let all = [
        HomeMigration(version: 1) { home in
            for folder in [home.workFolder, home.bundlesFolder, home.servedFolder, home.rejectsFolder] {
                do {
                    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                } catch {
                    throw ArtifactError.cannotWrite(path: folder.path, got: reason(error))
                }
            }
        }
    ]
}
