import MagpieDomain

/// A corpus of item sequences for skip-gram, made when asked for: nobody holds all of it in memory.
///
/// Sentence i is a pure function of i, so that threads may ask in any order.
public protocol Sentences: Sendable {
    var count: Int { get }

    /// Appends the items of one sentence.
    func sentence(_ index: Int, into items: inout [ItemIndex])
}

/// Plain histories as sentences: the positives of each user by time.
public struct SessionSentences: Sentences {
    /// Longer ones are cut, as word2vec cuts sentences: it bounds the memory of a chunk.
    public static let lengthLimit = 10_000

    private let items: [ItemIndex]
    private let ranges: [Range<Int>]

    /// - Parameter gapMinutes: a longer pause starts a new sentence; nil = a user's history is one.
    public init(of interactions: Interactions, gapMinutes: Int? = nil) {
        let histories = Histories(of: interactions, limit: .max, distinct: false)
        var ranges: [Range<Int>] = []
        for user in 0..<histories.userCount {
            let positions = histories.positions(of: user)
            var begin = positions.lowerBound
            for position in positions.dropFirst() {
                let pause = histories.times[position] &- histories.times[position - 1]
                let isLong = gapMinutes.map { pause > Int64($0) * 60_000 } ?? false
                if isLong || position - begin == Self.lengthLimit {
                    ranges.append(begin..<position)
                    begin = position
                }
            }
            if begin < positions.upperBound { ranges.append(begin..<positions.upperBound) }
        }
        items = histories.items
        self.ranges = ranges
    }

    public var count: Int { ranges.count }

    public func sentence(_ index: Int, into items: inout [ItemIndex]) {
        items.append(contentsOf: self.items[ranges[index]])
    }
}

/// One corpus after another.
public struct JoinedSentences: Sentences {
    private let parts: [any Sentences]
    private let begins: [Int]
    public let count: Int

    public init(_ parts: [any Sentences]) {
        self.parts = parts
        var begins: [Int] = []
        var count = 0
        for part in parts {
            begins.append(count)
            count += part.count
        }
        self.begins = begins
        self.count = count
    }

    public func sentence(_ index: Int, into items: inout [ItemIndex]) {
        precondition(index >= 0 && index < count, "sentence \(index) of \(count)")
        let part = (begins.lastIndex { $0 <= index }) ?? 0
        parts[part].sentence(index - begins[part], into: &items)
    }
}

/// What skip-gram reads: the walks of the graph, the plain histories, or both. The ablation is one word of the
/// configuration.
public enum Corpus: String, Codable, Sendable, Hashable, CaseIterable {
    case walks, sessions, both

    /// - Parameter graph: may be nil where only histories are read.
    public func sentences(
        graph: ItemGraph?, interactions: Interactions, walks options: RandomWalkOptions, seed: UInt64, threads: Int
    ) -> any Sentences {
        var parts: [any Sentences] = []
        if self != .sessions {
            guard let graph else { preconditionFailure("\(rawValue) without a graph") }
            parts.append(RandomWalks(on: graph, options: options, seed: seed, threads: threads))
        }
        if self != .walks { parts.append(SessionSentences(of: interactions)) }
        return parts.count == 1 ? parts[0] : JoinedSentences(parts)
    }
}
