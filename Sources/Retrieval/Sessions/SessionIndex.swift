import Foundation
import MagpieArtifacts
import MagpieDomain

/// The newest sessions of everybody, and for each item in which of them it is: `sessions.safetensors`, kind "sessions",
/// layout 1. Sessions are numbered from the newest, 0, on.
///
/// | tensor | type | shape | |
/// |---|---|---|---|
/// | `sessions.offsets` | I64 | s + 1 | session k has the items `sessions.offsets[k] ..< sessions.offsets[k + 1]` |
/// | `sessions.items` | U32 | | ascending within a session, each once, below n |
/// | `items.offsets` | I64 | n + 1 | item i is in the sessions `items.offsets[i] ..< items.offsets[i + 1]` |
/// | `items.sessions` | U32 | | ascending, below s; of an item only the newest `sample` sessions |
///
/// Metadata: `options`, JSON. Of all sessions that share an item with another one, the newest m are among the newest m
/// of each item, so no more than that is kept.
public struct SessionIndex: Sendable {
    static let kind = "sessions"
    static let layouts = 1...1

    public let options: SessionOptions
    public let itemCount: Int
    public let sessionCount: Int
    private let sessionOffsets: Tensor<Int64>
    private let sessionItems: Tensor<UInt32>
    private let itemOffsets: Tensor<Int64>
    private let itemSessions: Tensor<UInt32>

    /// Throws ``ArtifactError`` for a file that is not sound.
    /// - Parameter itemCount: the bundle's number of items; nil where it is not known.
    public init(opening url: URL, itemCount: Int? = nil) throws {
        let file = try TensorFile(url, kind: Self.kind, layouts: Self.layouts)
        sessionOffsets = try file.tensor("sessions.offsets", as: Int64.self, shape: [nil])
        sessionItems = try file.tensor("sessions.items", as: UInt32.self, shape: [nil])
        itemOffsets = try file.tensor("items.offsets", as: Int64.self, shape: [itemCount.map { $0 + 1 }])
        itemSessions = try file.tensor("items.sessions", as: UInt32.self, shape: [nil])
        for (name, offsets) in [("sessions.offsets", sessionOffsets), ("items.offsets", itemOffsets)]
        where offsets.isEmpty { throw file.wrongTensor(name, got: "shape [0]", expected: "at least [1]") }
        self.itemCount = itemOffsets.count - 1
        sessionCount = sessionOffsets.count - 1
        try file.checkOffsets(sessionOffsets, name: "sessions.offsets", end: sessionItems.count)
        try file.checkOffsets(itemOffsets, name: "items.offsets", end: itemSessions.count)
        try file.checkIndices(sessionItems, name: "sessions.items", below: self.itemCount)
        try file.checkIndices(itemSessions, name: "items.sessions", below: sessionCount)
        let words = Data(try file.requiredMetadata("options").utf8)
        guard let options = try? JSONDecoder().decode(SessionOptions.self, from: words), options.isSound else {
            throw ArtifactError.missing(path: url.path, name: "readable options in __metadata__")
        }
        self.options = options
    }

    /// The items of a session, ascending.
    func items(of session: UInt32) -> UnsafeBufferPointer<UInt32> {
        slice(sessionItems, sessionOffsets, Int(session), sessionCount)
    }

    /// The sessions of an item, newest first; empty for one at or past ``itemCount``.
    func sessions(of item: ItemIndex) -> UnsafeBufferPointer<UInt32> {
        slice(itemSessions, itemOffsets, Int(item), itemCount)
    }

    /// Valid as long as this index is.
    private func slice(
        _ values: Tensor<UInt32>, _ offsets: Tensor<Int64>, _ row: Int, _ count: Int
    ) -> UnsafeBufferPointer<UInt32> {
        guard row < count else { return UnsafeBufferPointer(start: nil, count: 0) }
        let begin = Int(offsets[row])
        return UnsafeBufferPointer(start: values.pointer + begin, count: Int(offsets[row + 1]) - begin)
    }
}

extension SessionIndex {
    /// What was built, for the training report.
    public struct Report: Codable, Sendable, Hashable {
        public var sessions: Int
        /// Items in at least one session.
        public var items: Int
    }

    /// Makes `sessions.safetensors` from the positives. A session of one item says nothing about others and is left
    /// out. Nothing is random, and one thread does it.
    public static func build(
        from interactions: Interactions, options: SessionOptions, to url: URL
    ) throws -> Report {
        let histories = Histories(of: interactions, limit: .max, distinct: false)
        let sessions = newest(histories, options)
        var offsets: [Int64] = [0]
        var items: [UInt32] = []
        var found = [[UInt32]](repeating: [], count: histories.itemCount)
        for (number, session) in sessions.enumerated() {
            for item in session.items {
                items.append(item)
                if found[Int(item)].count < options.sample { found[Int(item)].append(UInt32(number)) }
            }
            offsets.append(Int64(items.count))
        }
        var itemOffsets: [Int64] = [0]
        var total: Int64 = 0
        for list in found {
            total += Int64(list.count)
            itemOffsets.append(total)
        }
        var writer = TensorFileWriter(
            kind: kind, layout: layouts.upperBound, metadata: ["options": try canonicalJSON(options)])
        writer.add("sessions.offsets", offsets)
        writer.add("sessions.items", items)
        writer.add("items.offsets", itemOffsets)
        writer.add("items.sessions", Array(found.joined()))
        try writer.write(to: url)
        return Report(sessions: sessions.count, items: found.count { !$0.isEmpty })
    }

    private struct Session {
        var end: Int64
        /// Ascending, each once.
        var items: [UInt32]
    }

    /// The newest sessions of all users, newest first; of one moment in the order of the users.
    private static func newest(_ histories: Histories, _ options: SessionOptions) -> [Session] {
        let gap = Int64(options.gapMinutes) * 60_000
        var sessions: [Session] = []
        for user in 0..<histories.userCount {
            let range = histories.positions(of: user)
            var begin = range.lowerBound
            for position in range {
                let isLast =
                    position + 1 == range.upperBound
                    || isPause(histories.times[position], histories.times[position + 1], longerThan: gap)
                guard isLast else { continue }
                let newest = histories.items[max(begin, position + 1 - options.itemsPerSession)...position]
                let items = Set(newest).sorted()
                if items.count > 1 { sessions.append(Session(end: histories.times[position], items: items)) }
                begin = position + 1
            }
        }
        // Stable: users are in order already.
        let order = sessions.indices.sorted { (sessions[$1].end, $0) < (sessions[$0].end, $1) }
        return order.prefix(options.sessions).map { sessions[$0] }
    }

    /// Whether more than `gap` milliseconds lie between two moments, however far apart.
    static func isPause(_ a: Int64, _ b: Int64, longerThan gap: Int64) -> Bool {
        let (pause, isBeyond) = b.subtractingReportingOverflow(a)
        return isBeyond || pause.magnitude > UInt64(gap)
    }
}
