import Foundation
import MagpieArtifacts

/// One configuration, measured.
public struct Trial: Sendable, Codable, Hashable {
    /// 0: the present configuration.
    public var number: Int
    /// The share of the users that it was fitted and asked with; 1: all.
    public var share: Double
    /// What differs from the present configuration, by path.
    public var values: [String: JSONValue]
    /// The mean over the requests; nil when it could not be made.
    public var metric: Double?
    public var requests: Int
    public var seconds: Double
    /// Why it could not be made.
    public var problem: String?
}

/// What a search has measured so far: a file of JSON lines, one a trial, appended and synced as they come, so that a
/// search that was cut off goes on where it stopped. Its name holds a hash of all that trials depend on.
struct TuningJournal {
    let url: URL
    private(set) var trials: [Trial] = []

    /// Reads what is there. Half a last line (a power cut) is not a trial; another bad line is an error.
    init(_ url: URL) throws {
        self.url = url
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        guard let bytes = FileManager.default.contents(atPath: url.path) else { return }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (place, line) in lines.enumerated() where !line.isEmpty {
            guard let trial = try? JSONDecoder().decode(Trial.self, from: Data(line)) else {
                if place == lines.count - 1 {
                    try truncate(to: bytes.count - line.count)
                    break
                }
                throw TuningError.journal(file: url.path, line: place + 1)
            }
            trials.append(trial)
        }
    }

    func done(_ number: Int, share: Double) -> Trial? { trials.first { $0.number == number && $0.share == share } }

    mutating func append(_ trial: Trial) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(trial) + Data("\n".utf8)
        let file: FileHandle
        do {
            if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
            file = try FileHandle(forWritingTo: url)
            defer { try? file.close() }
            try file.seekToEnd()
            try file.write(contentsOf: line)
            try file.synchronize()
        } catch {
            throw ArtifactError.cannotWrite(path: url.path, got: "\(error)")
        }
        trials.append(trial)
    }

    private func truncate(to size: Int) throws {
        let file = try FileHandle(forWritingTo: url)
        defer { try? file.close() }
        try file.truncate(atOffset: UInt64(size))
    }
}
