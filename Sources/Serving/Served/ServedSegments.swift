import Foundation
import MagpieDomain

/// Append-only JSON Lines files of what was answered.
///
///     served/served-20261124T083000.123Z.jsonl      named by when it was begun, so names sort by time
///
///     {"requestId":"0192...","time":1796113800123,"scenario":"home","bundle":"...","rung":"ranked",
///      "appliedSeq":812,"user":"1f2e3d4c5b6a7988","query":"...","seed":"2571","items":["1","2"],"scores":[1.5,1]}
///
/// `user` is the 64-bit key in hexadecimal; `user`, `query` and `seed` are absent when there was none. A list is one
/// whole line. A process begins a new segment, so a line torn by a crash is always the last of its file. A full
/// segment is closed for good; beyond a number of segments the oldest is removed. Not safe for two threads.
public struct ServedSegments: ~Copyable {
    public struct Limits: Sendable {
        /// A segment that has reached this size is closed.
        public var bytesPerSegment = 32 << 20
        public var segments = 32

        public init() {}

        /// In 32 segments.
        public init(megabytes: Int) { bytesPerSegment = max(megabytes << 20, 32 << 20) / segments }
    }

    static let prefix = "served-"
    static let suffix = ".jsonl"

    private let folder: URL
    private let limits: Limits
    private var file: FileHandle?
    private var size = 0
    /// When the newest segment was begun, by its name: names go up even where the clock stands still.
    private var begun = Timestamp.distantPast

    /// The oldest segments of a folder beyond so many bytes, never the newest one.
    public static func superfluous(in folder: URL, bytes: Int) throws -> [String] {
        let all = try segments(in: folder)
        var sum = 0
        return all.indices.reversed().filter { place in
            sum += (try? FileManager.default.attributesOfItem(atPath: all[place].path)[.size] as? Int) ?? 0
            return sum > bytes && place < all.count - 1
        }.reversed().map { all[$0].lastPathComponent }
    }

    init(folder: URL, limits: Limits) {
        self.folder = folder
        self.limits = limits
    }

    /// Throws ``ServingError/cannotWriteServed(path:reason:)``.
    mutating func append(_ lists: [ServedList]) throws {
        var json = JSONWriter(capacity: lists.count * 512)
        for list in lists {
            json.write(list)
            json.newline()
        }
        do {
            let file = try self.file ?? begin()
            try file.write(contentsOf: json.bytes)
            size += json.bytes.count
        } catch {
            close()
            throw ServingError.cannotWriteServed(path: folder.path, reason: error.localizedDescription)
        }
        if size >= limits.bytesPerSegment { close() }
    }

    mutating func close() {
        try? file?.close()
        file = nil
    }

    /// Rewrites the segments that hold lists of these users without them.
    mutating func forget(_ users: Set<UserKey>) throws {
        close()
        // A quotation mark inside a query is escaped, so these bytes can only be the field itself.
        let marks = users.map { Data("\"user\":\"\(Self.hexadecimal($0))\"".utf8) }
        for url in try Self.segments(in: folder) {
            let bytes = try Data(contentsOf: url)
            guard marks.contains(where: { bytes.firstRange(of: $0) != nil }) else { continue }
            var kept = Data()
            for line in bytes.split(separator: 0x0A) where !marks.contains(where: { line.firstRange(of: $0) != nil }) {
                kept.append(line)
                kept.append(0x0A)
            }
            try kept.write(to: url, options: .atomic)
        }
    }

    /// The segments, oldest first.
    static func segments(in folder: URL) throws -> [URL] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
            .map { folder.appendingPathComponent($0) }
    }

    private mutating func begin() throws -> FileHandle {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var url: URL
        begun = max(.now, begun)
        repeat {
            begun.milliseconds += 1
            url = folder.appendingPathComponent(Self.prefix + Self.stamp(begun) + Self.suffix)
        } while FileManager.default.fileExists(atPath: url.path)
        try Data().write(to: url, options: .withoutOverwriting)
        for old in try Self.segments(in: folder).dropLast(limits.segments) {
            try FileManager.default.removeItem(at: old)
        }
        let opened = try FileHandle(forWritingTo: url)
        file = opened
        size = 0
        return opened
    }

    /// "20261124T083000.123Z".
    private static func stamp(_ time: Timestamp) -> String {
        let milliseconds = String(time.milliseconds % 1000)
        let whole = Timestamp(milliseconds: time.milliseconds - time.milliseconds % 1000)
        let seconds = whole.iso8601.filter { $0 != "-" && $0 != ":" }.dropLast()
        return seconds + "." + String(repeating: "0", count: 3 - milliseconds.count) + milliseconds + "Z"
    }

    static func hexadecimal(_ key: UserKey) -> String {
        let digits = String(key.raw, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension JSONWriter {
    mutating func write(_ list: ServedList) {
        object { json in
            json.field("requestId", list.requestId.description)
            json.field("time", list.now.milliseconds)
            json.field("scenario", list.scenario)
            json.field("bundle", list.bundle)
            json.field("rung", list.rung)
            json.field("appliedSeq", list.appliedSeq)
            if let user = list.user { json.field("user", ServedSegments.hexadecimal(user)) }
            if let query = list.query { json.field("query", query) }
            if let seed = list.seed { json.field("seed", seed.string) }
            json.field("items", list.items) { $0.write($1.string) }
            json.field("scores", list.scores) { $0.write($1) }
        }
    }
}
