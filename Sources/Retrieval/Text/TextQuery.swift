/// What a text asks of an index: clauses that each add to an item's score, and what can stand for each.
struct TextQuery: Sendable {
    /// A term that can stand for a clause, and what it is worth at impact 1.
    struct Alternative: Sendable, Equatable {
        /// Its number in the index, and in what was added since; -1 = it is not there.
        var term: Int
        var side: Int
        /// idf * (k1 + 1) * how often it was asked for * how surely it is meant.
        var weight: Float
    }

    /// A word of the query. An item gets the best of the alternatives that it has.
    struct Clause: Sendable, Equatable {
        var alternatives: [Alternative]
        /// Whether an item that has all the words must have this one: not joined forms, synonyms and stop words.
        var isRequired: Bool

        var weight: Float { alternatives.reduce(0) { max($0, $1.weight) } }
    }

    let clauses: [Clause]
    /// What a score is multiplied by to become the whole number that it is computed as: a power of two.
    ///
    /// Whole numbers, because their sums are the same in any order. So pruned and exhaustive search, index and side
    /// index, candidates and single scores agree to the last bit, and a bound that is reached is known to be reached.
    /// They stay below 2^24, where a `Float` is exact.
    let scale: Float

    init(clauses: [Clause]) {
        self.clauses = clauses
        let most: Float = clauses.reduce(0) { $0 + $1.weight }
        let room = Float(1 << 24) - Float(2 * clauses.count)
        var scale: Float = 1
        if most > 0, most.isFinite {
            while most * scale * 2 <= room { scale *= 2 }
            while most * scale > room { scale /= 2 }
        }
        self.scale = scale
    }

    /// The clauses that an item must have to have all the words.
    var required: [Clause] {
        let required = clauses.filter(\.isRequired)
        return required.isEmpty ? clauses : required
    }

    /// What ``points(_:_:)`` takes for an alternative.
    @inline(__always)
    func factor(_ alternative: Alternative) -> Float { alternative.weight * scale / 65535 }

    /// What a posting adds, at least 1: monotone in the impact, so that the largest impact has the largest.
    @inline(__always)
    static func points(_ impact: UInt16, _ factor: Float) -> Int32 { 1 + Int32(Float(impact) * factor) }

    @inline(__always)
    func score(_ points: Int32) -> Float { Float(points) / scale }
}

/// How a text is understood.
public struct TextSearchOptions: Sendable, Hashable, Codable {
    /// The last word may be the beginning of one, while somebody types.
    public var prefix = true
    /// Words that no item has may be misspelt ones.
    public var typos = true

    public init() {}
}
