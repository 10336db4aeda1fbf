import Foundation
import MagpieDomain

/// Results of stages, kept under a key of everything they depend on: a second `train` reuses what is done, and
/// a session that was cut off goes on where it stopped.
///
/// A stage writes into a temporary folder that is renamed when complete; half a result has no name.
public struct StageCache: Sendable {
    public let folder: URL

    public init(folder: URL) { self.folder = folder }

    /// The key of a stage: a hash of its name, its version and everything it reads.
    public static func key(_ stage: String, version: Int, _ inputs: [String]) -> String {
        var bytes: [UInt8] = []
        for part in [stage, "\(version)"] + inputs {
            bytes += Array("\(part.utf8.count):".utf8) + Array(part.utf8)
        }
        let (a, b) = bytes.withUnsafeBytes { (StableHash.xxh64($0, seed: 0), StableHash.xxh64($0, seed: 1)) }
        return stage.replacing(" ", with: "-") + "-" + String(a, radix: 16) + String(b, radix: 16)
    }

    /// The folder of the result under `key`, made by `work` unless it is there.
    ///
    /// - Returns: the folder, and whether it was there before.
    public func result(_ key: String, _ work: (URL) throws -> Void) throws -> (folder: URL, reused: Bool) {
        let done = folder.appendingPathComponent(key, isDirectory: true)
        if FileManager.default.fileExists(atPath: done.path) { return (done, true) }
        let draft = folder.appendingPathComponent(".\(key)-\(ProcessInfo.processInfo.processIdentifier)")
        try? FileManager.default.removeItem(at: draft)
        try FileManager.default.createDirectory(at: draft, withIntermediateDirectories: true)
        do {
            try work(draft)
        } catch {
            try? FileManager.default.removeItem(at: draft)
            throw error
        }
        try FileManager.default.moveItem(at: draft, to: done)
        return (done, false)
    }

    /// Removes results that no key in `used` names: the cache holds what the last training needed.
    public func prune(keeping used: Set<String>) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where !used.contains(name) {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }
}
