import MagpieDomain

/// Which items are popular and which are not: the *head* is the fewest items that together have 80 % of the positives,
/// the *tail* all others, those that nobody liked among them.
///
/// Source: the short head and the long tail of Anderson 2006; as a way to evaluate, Cremonesi, Koren and Turrin 2010,
/// "Performance of recommender algorithms on top-N recommendation tasks", 4 (there the head has 33 %).
public struct LongTail: Sendable {
    public static let headShare = 0.8

    /// By item.
    public let isTail: [Bool]
    public var headCount: Int { isTail.count { !$0 } }

    /// - Parameter positives: by item. Of items with equally many the smaller row is in the head first.
    public init(positives: [Int], headShare: Double = LongTail.headShare) {
        let order = positives.indices.sorted { (positives[$1], $0) < (positives[$0], $1) }
        let goal = headShare * Double(positives.reduce(0, +))
        var isTail = [Bool](repeating: true, count: positives.count)
        var sum = 0
        for item in order where positives[item] > 0 {
            if Double(sum) >= goal { break }
            isTail[item] = false
            sum += positives[item]
        }
        self.isTail = isTail
    }
}

/// The share of a request's relevant items outside the head that stand in the first k places:
///
///     recall@k over relevant ∩ tail
///
/// Requests that have no such item say nothing (nil) and are left out of the mean. A system that recommends only what
/// is popular has 0, however good its recall is.
///
/// Source: Cremonesi, Koren and Turrin 2010, as ``LongTail``; Steck 2011, "Item popularity and recommendation accuracy".
public struct LongTailRecall: Sendable {
    public static let baseName = "tail-recall"
    public let depth: Int
    public var name: String { "\(Self.baseName)@\(depth)" }

    public init(_ depth: Int) { self.depth = depth }

    public func value<ID: Hashable>(_ list: [ID], relevant: Set<ID>, isTail: (ID) -> Bool) -> Double? {
        let tail = relevant.filter(isTail)
        return tail.isEmpty ? nil : Recall(depth).value(list, relevant: tail)
    }
}
